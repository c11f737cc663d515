from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.shopify import Shopify
from connectors.sandbox.store_world import StoreWorld
from engine.ports import CheckItem, CheckReport
from tests.waiting import Heard
from tui.screens.setup import BACKOFFICE, INTEGRATION, READING, STOREFRONT, SetupScreen
from tui.widgets.forms import Form


class Wizard:
    """The wizard over a real workspace and real files."""

    def __init__(self, app, pilot, eventually):
        self.app, self.pilot, self._eventually = app, pilot, eventually

    @property
    def screen(self):
        return next(screen for screen in self.app.screen_stack if isinstance(screen, SetupScreen))

    @property
    def form(self):
        return self.screen.query_one(Form)

    async def at(self, step):
        await self._eventually(
            self.pilot, lambda: self.screen.step == step and not self.screen.busy and self._shown(step)
        )
        await self.pilot.pause()

    async def files(self):
        """Choose the files connector, whichever comes first."""
        self.form.row("type").value = "files"
        await self._eventually(
            self.pilot, lambda: any(row.field.name == "option-products.path" for row in self.form.rows)
        )
        await self.pilot.pause()

    def _shown(self, step):
        return step == READING or bool(self.form.rows)

    def fill(self, **values):
        for name, value in values.items():
            self.form.row(
                name if name in {"name", "use", "type"} else f"option-{name.replace('__', '.')}"
            ).value = value

    async def press(self, *keys):
        await self.pilot.press(*keys)
        await self.pilot.pause()


@pytest.fixture
def wizard(host, real, eventually):
    async def start(pilot, app):
        app.shown = []
        app.show_integration = app.shown.append
        app.opened = []
        app.open_tab = app.opened.append
        app.open(SetupScreen())
        await pilot.pause()
        made = Wizard(app, pilot, eventually)
        await made.at(STOREFRONT)
        await made.files()
        return made

    return host(real), start


async def test_from_nothing_to_the_products_by_keyboard(wizard, real, files, golden, eventually):
    app, start = wizard
    heard = Heard()
    async with app.run_test(size=(80, 24), notifications=False, message_hook=heard) as pilot:
        made = await start(pilot, app)
        golden("setup_storefront", app)
        await made.press("tab", "ctrl+a", "ctrl+k", *"shop", "tab", "tab", "tab", "tab", "tab", "tab")
        assert made.form.row("option-products.path").control.has_focus
        await made.press(*str(files / "shop.csv"), "ctrl+s")
        await made.at(BACKOFFICE)
        await made.files()
        made.fill(name="erp", products__path=str(files / "erp.csv"), writable="true")
        await made.press("ctrl+s")
        await made.at(INTEGRATION)
        assert "How Crosswalk calls this pair." in str(made.form.query_one(".form--help").content)
        golden("setup_integration", app)
        await made.press("ctrl+s")
        await made.at(READING)
        assert app.screen.focused.id == "next"
        await made.press("enter")
        await app.finished.wait()
        await pilot.pause()
        assert "every 15 minutes fits these catalogues" in heard.notes[-1].message
    assert app.result == "main"
    assert app.shown == ["main"]
    assert app.opened == ["products"]
    assert [view.name for view in real.connections()] == ["erp", "shop"]
    assert real.integration("main").storefront == "shop"
    assert real.cache.count("erp", "products") == 3


async def test_a_secret_itself_is_refused_beside_its_field(wizard, real, painted):
    app, start = wizard
    async with app.run_test(size=(80, 24)) as pilot:
        made = await start(pilot, app)
        made.form.row("type").value = "marketplace"
        await made._eventually(pilot, lambda: any(row.field.name == "option-password" for row in made.form.rows))
        made.fill(
            base_url="http://127.0.0.1:1",
            username="u",
            password="hunter2",
            subscription_key="env:KEY",
            marketplace="us",
        )
        await made.press("ctrl+s")
        assert "this must be a reference" in painted(app)
        assert made.form.row("option-password").control.has_focus
    assert real.connections() == []


async def test_a_connection_that_does_not_work_is_told_and_kept(wizard, real, painted, files):
    app, start = wizard
    async with app.run_test(size=(80, 24)) as pilot:
        made = await start(pilot, app)
        made.fill(name="shop", products__path=str(files / "missing.csv"))
        await made.press("ctrl+s")
        await made._eventually(pilot, lambda: not made.screen.busy and "!" in painted(app))
        assert made.screen.step == STOREFRONT
        assert "missing.csv" in painted(app).replace("\n", "").replace(" ", "")
        made.fill(name="market", products__path=str(files / "shop.csv"))
        await made.press("ctrl+s")
        await made.at(BACKOFFICE)
    assert [view.name for view in real.connections()] == ["market"]


async def test_going_back_changes_what_was_saved(wizard, real, files):
    app, start = wizard
    async with app.run_test(size=(80, 24)) as pilot:
        made = await start(pilot, app)
        made.fill(name="shop", products__path=str(files / "shop.csv"))
        await made.press("ctrl+s")
        await made.at(BACKOFFICE)
        await made.press("ctrl+b")
        await made.at(STOREFRONT)
        assert made.form.values()["use"] == "shop"
        assert made.form.values()["option-products.path"] == str(files / "shop.csv")
        made.fill(products__delimiter=",")
        await made.press("ctrl+s")
        await made.at(BACKOFFICE)
    assert real.connection("shop").options["products.delimiter"] == ","
    assert len(real.connections()) == 1


async def test_leaving_asks_only_when_something_was_typed(wizard, real, painted):
    app, start = wizard
    async with app.run_test(size=(80, 24)) as pilot:
        made = await start(pilot, app)
        await made.press("tab", "x", "escape")
        assert "Discard what you typed?" in painted(app)
        await made.press("escape")
        assert made.form.values()["name"] == "filesx"
        await made.press("backspace", "escape")
        await app.finished.wait()
    assert app.result is None


async def test_a_key_that_does_nothing_on_a_step_says_so(wizard, real, files, eventually):
    app, start = wizard
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        made = await start(pilot, app)
        assert not made.screen.active_bindings["ctrl+b"].enabled
        assert made.screen.active_bindings["ctrl+t"].enabled
        await made.press("ctrl+b")
        await eventually(pilot, lambda: any("the first step" in toast.message for toast in app._notifications))
        made.fill(name="shop", products__path=str(files / "shop.csv"))
        await made.press("ctrl+s")
        await made.at(BACKOFFICE)
        await made.files()
        made.fill(name="erp", products__path=str(files / "erp.csv"), writable="true")
        await made.press("ctrl+s")
        await made.at(INTEGRATION)
        await eventually(pilot, lambda: not made.screen.active_bindings["ctrl+t"].enabled)
        assert made.screen.active_bindings["ctrl+b"].enabled
        await made.press("ctrl+t")
        await eventually(pilot, lambda: any("no connection to test" in toast.message for toast in app._notifications))


async def test_a_test_alone_does_not_go_on(wizard, real, files, painted, eventually):
    app, start = wizard
    async with app.run_test(size=(80, 24)) as pilot:
        made = await start(pilot, app)
        made.fill(name="shop", products__path=str(files / "shop.csv"))
        await made.press("ctrl+t")
        await eventually(pilot, lambda: made.screen.tested and not made.screen.busy)
        assert made.screen.step == STOREFRONT
        assert "products file" in painted(app)
    assert real.connection("shop").state == "ok"


async def test_connections_that_exist_can_be_chosen(wizard, real, files, eventually):
    app, start = wizard
    real.add_connection("old", "files", {"products.path": str(files / "shop.csv")})
    async with app.run_test(size=(160, 50)) as pilot:
        made = await start(pilot, app)
        made.form.row("use").value = "old"
        await eventually(pilot, lambda: made.form.values().get("option-products.path") == str(files / "shop.csv"))
        await made.press("ctrl+s")
        await made.at(BACKOFFICE)
    assert [view.name for view in real.connections()] == ["old"]


PANEL = {
    "base_url": "http://127.0.0.1:1",
    "username": "u",
    "password": "env:P",
    "subscription_key": "env:K",
    "marketplace": "us",
}
SHOP = {"base_url": "http://127.0.0.1:1", "consumer_key": "env:K", "consumer_secret": "env:S"}


@pytest.mark.parametrize(
    ("type", "options", "first"), [("marketplace", PANEL, "syncro"), ("woocommerce", SHOP, "quickbooks")]
)
async def test_the_back_office_that_goes_with_the_storefront_comes_first(
    wizard, real, monkeypatch, type, options, first
):
    async def works(_name):
        return CheckReport((CheckItem("access", ok=True),), "somebody")

    app, start = wizard
    real.add_connection("front", type, options)
    monkeypatch.setattr(real, "check_connection", works)
    async with app.run_test(size=(80, 24), notifications=False) as pilot:
        made = await start(pilot, app)
        made.form.row("use").value = "front"
        await made._eventually(pilot, lambda: "option-base_url" in made.form.values())
        await made.press("ctrl+s")
        await made.at(BACKOFFICE)
        assert made.form.values()["type"] == first


async def test_two_connections_of_one_system_show_their_own_options(wizard, real, files, eventually):
    app, start = wizard
    for name in ("one", "two"):
        real.add_connection(name, "files", {"products.path": str(files / f"{name}.csv")})
    async with app.run_test(size=(160, 50)) as pilot:
        made = await start(pilot, app)
        for name in ("one", "two", "one"):
            made.form.row("use").value = name
            wanted = str(files / f"{name}.csv")
            shown = {"use": name, "option-products.path": wanted}
            await eventually(pilot, lambda shown=shown: shown.items() <= made.form.values().items())


async def test_a_new_connection_is_offered_a_name_that_is_free(wizard, real, files, eventually):
    app, start = wizard
    for name in ("files", "files-2"):
        real.add_connection(name, "files", {"products.path": str(files / "shop.csv")})
    async with app.run_test(size=(160, 50)) as pilot:
        made = await start(pilot, app)
        await made.files()
        await eventually(pilot, lambda: made.form.values().get("name") == "files-3")


async def test_a_field_that_both_sides_can_be_given_has_no_silent_master(wizard, real, painted, files):
    app, start = wizard
    async with app.run_test(size=(80, 24), notifications=False) as pilot:
        made = await start(pilot, app)
        await made.files()
        made.fill(name="shop", products__path=str(files / "shop.csv"))
        await made.press("ctrl+s")
        await made.at(BACKOFFICE)
        await made.files()
        made.fill(name="erp", products__path=str(files / "erp.csv"))
        await made.press("ctrl+s")
        await made.at(INTEGRATION)
        assert made.form.row("masters.price").value == "storefront"
        assert made.form.row("masters.quantity").value == ""
        made.form.row("field-quantity").value = "true"
        await made.press("ctrl+s")
        assert "choose which side wins" in painted(app)
        assert not real.integrations()
        made.form.row("masters.quantity").value = "backoffice"
        await made.press("ctrl+s")
        await made.at(READING)
    assert real.integration("main").settings.masters["quantity"] == "backoffice"


@pytest.fixture
def offering(real, monkeypatch):
    """The files connector as if its currency had to be chosen from what the connected system offers."""
    asked = []

    async def choices(name, what):
        asked.append((name, what))
        return ["CAD", "USD"]

    async def check(name):
        chosen = real.connection(name).options.get("currency", "")
        return CheckReport((CheckItem("Currency", ok=bool(chosen), message="" if chosen else "they are: CAD; USD"),))

    kinds = [
        replace(kind, options=tuple(replace(one, choices_of="currencies") if one.name == "currency" else one for one in kind.options))
        for kind in real.connection_types()
    ]  # fmt: skip
    monkeypatch.setattr(real, "connection_types", lambda: kinds)
    monkeypatch.setattr(real, "connection_choices", choices)
    monkeypatch.setattr(real, "check_connection", check)
    return asked


async def test_what_the_system_offers_is_a_list_and_nothing_is_picked_silently(wizard, real, files, painted, offering):
    app, start = wizard
    async with app.run_test(size=(80, 24), notifications=False) as pilot:
        made = await start(pilot, app)
        made.fill(name="shop", products__path=str(files / "shop.csv"))
        await made.press("ctrl+s")
        await made._eventually(pilot, lambda: "Something has to be chosen" in painted(app))
        row = made.form.row("option-currency")
        assert row.control.has_focus
        assert [value for value, _ in row.field.choices] == ["CAD", "USD"]
        assert made.form.values()["option-currency"] == ""
        assert made.form.values()["option-products.path"] == str(files / "shop.csv")
        assert offering == [("shop", "currencies")]
        row.value = "CAD"
        await made.press("ctrl+s")
        await made.at(BACKOFFICE)
    assert real.connection("shop").options["currency"] == "CAD"


async def test_the_locations_of_a_store_with_several_are_offered(wizard, real, painted, monkeypatch):
    app, start = wizard
    with serve_in_thread(Shopify(StoreWorld.make(seed=3, products=4), rate=0)) as store:
        monkeypatch.setattr(real._connections, "_secret", lambda _: store.credentials["access_token"])
        async with app.run_test(size=(80, 24), notifications=False) as pilot:
            made = await start(pilot, app)
            made.form.row("type").value = "shopify"
            await made._eventually(pilot, lambda: any(row.field.name == "option-location" for row in made.form.rows))
            made.fill(name="shop", base_url=store.options["base_url"], access_token="env:SHOP_TOKEN")
            await made.press("ctrl+s")
            await made._eventually(pilot, lambda: "Something has to be chosen" in painted(app))
            row = made.form.row("option-location")
            assert row.control.has_focus
            assert row.value == ""
            offered = [value for value, _ in row.field.choices]
            assert [value.partition(" (")[0] for value in offered] == ["Main warehouse", "Shop floor", "none"]
            row.value = offered[1]
            await made.press("ctrl+s")
            await made.at(BACKOFFICE)
    view = real.connection("shop")
    assert (view.state, view.options["location"]) == ("ok", offered[1])
