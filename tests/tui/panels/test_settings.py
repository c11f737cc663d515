from __future__ import annotations

import pytest
from textual.widgets import Input, Select

from engine.integrations import setting_values
from engine.model import Kind
from tui.screens.settings import SettingsScreen
from tui.widgets.forms import Form
from tui.widgets.settings_form import settings_fields, settings_of


@pytest.fixture
def open_settings(host, connected, eventually):
    async def start(pilot, app):
        app.show_integration = lambda name: setattr(app, "integration", name)
        app.open(SettingsScreen())
        await eventually(pilot, lambda: len(app.screen.query("FormRow")) > 10)
        await pilot.pause()
        return app.screen.query_one(Form)

    return host(connected), start


def test_the_form_holds_every_setting_and_means_the_same(connected):
    values = setting_values(connected.integration("acme").settings)
    fields = settings_fields(values)
    shown = {field.name: field.value for field in fields if field.kind != "heading"}
    assert settings_of(shown) == values


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_settings_are_changed_and_saved(open_settings, connected, golden, size, eventually):
    app, start = open_settings
    async with app.run_test(size=size, notifications=False) as pilot:
        form = await start(pilot, app)
        golden(f"settings_{size[0]}", app)
        form.row("guards.max_change_percent").value = "12"
        form.row("field-sku").value = "false"
        form.row("masters.price").value = "backoffice"
        form.row("guards.max_rows").value = ""
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: not form.dirty)
        await pilot.press("escape")
        await app.finished.wait()
    settings = connected.integration("acme").settings
    assert settings.guards.max_change_percent == 12
    assert settings.guards.max_rows is None
    assert [field.value for field in settings.fields] == ["price", "cost"]
    assert settings.masters["price"] == "backoffice"
    assert app.result is True


async def test_what_the_engine_refuses_is_shown_and_kept(open_settings, connected, painted, eventually):
    app, start = open_settings
    async with app.run_test(size=(80, 24)) as pilot:
        form = await start(pilot, app)
        form.row("guards.max_percent_of_catalogue").value = "400"
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: "max_percent_of_catalogue" in painted(app))
        assert form.values()["guards.max_percent_of_catalogue"] == "400"
    assert connected.integration("acme").settings.guards.max_percent_of_catalogue == 50


async def test_which_price_counts_is_chosen_from_those_of_the_catalogue(open_settings, connected):
    quoted = connected.price_kinds("acme")
    app, start = open_settings
    async with app.run_test(size=(80, 24)) as pilot:
        form = await start(pilot, app)
        for name in ("price.type", "price.model"):
            what, part = name.split(".")
            assert quoted[what, part], "the catalogue was read"
            shown = [value for _, value in form.row(name).query_one(Select)._options if isinstance(value, str)]
            assert set(shown) == {*quoted[what, part], getattr(connected.integration("acme").settings.price, part)}


async def test_no_field_at_all_is_refused(open_settings, painted):
    app, start = open_settings
    async with app.run_test(size=(80, 24)) as pilot:
        form = await start(pilot, app)
        for name in ("price", "cost", "sku"):
            form.row(f"field-{name}").value = "false"
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert "tick at least one field" in painted(app)


async def test_escape_asks_before_it_throws_changes_away(open_settings, connected, painted, eventually):
    app, start = open_settings
    async with app.run_test(size=(80, 24)) as pilot:
        form = await start(pilot, app)
        form.row("currency").value = "EUR"
        await pilot.press("escape")
        await eventually(pilot, lambda: "Discard what you typed?" in painted(app))
        await pilot.press("y")
        await app.finished.wait()
    assert connected.integration("acme").settings.currency == "USD"
    assert app.result is False


async def test_an_integration_is_forgotten_only_by_its_name(open_settings, connected, painted, eventually):
    app, start = open_settings
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, app)
        await pilot.press("f8")
        await eventually(pilot, lambda: "Type acme to go on" in painted(app))
        await pilot.press(*"acme", "enter", "enter")
        await app.finished.wait()
    assert connected.integrations() == []


async def test_the_connections_are_one_key_away(open_settings, painted, eventually):
    app, start = open_settings
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, app)
        await pilot.press("f2")
        await eventually(pilot, lambda: "Connection " in painted(app) and "erp" in painted(app))
        await pilot.press("escape")
        await eventually(pilot, lambda: "Settings of acme" in painted(app))


async def test_settings_of_another_integration(open_settings, connected, painted, eventually):
    connected.add_integration("second", "shop", "erp", {"fields": "quantity"})
    app, start = open_settings
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, app)
        await pilot.press("f3")
        await eventually(pilot, lambda: "Whose settings?" in painted(app))
        await pilot.press("2")
        await eventually(pilot, lambda: "Settings of second" in painted(app))


async def test_mappings_are_written_and_read_back_from_here(open_settings, connected, painted, eventually, files):
    connected.map("acme", Kind.PRODUCTS, [("p1", "b1")])
    app, start = open_settings
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await start(pilot, app)
        await pilot.press("f5")
        await eventually(pilot, lambda: "Export mappings" in painted(app))
        app.screen.query_one(Input).value = str(files / "m.json")
        await pilot.press("enter")
        await eventually(pilot, lambda: "this is written as CSV" in painted(app))
        assert not (files / "m.json").exists()
        app.screen.query_one(Input).value = str(files / "m.csv")
        await pilot.press("enter")
        await eventually(pilot, (files / "m.csv").exists)
        await app.workers.wait_for_complete()
        connected.unmap("acme", Kind.PRODUCTS, ["p1"])
        await pilot.press("f6")
        await eventually(pilot, lambda: "Import mappings" in painted(app))
        app.screen.query_one(Input).value = str(files / "m.csv")
        await pilot.press("enter")
        await eventually(pilot, lambda: "1 line: 1 map" in painted(app))
        await pilot.press("s")
        await eventually(pilot, lambda: "Import 1 mapping" in painted(app))
        await pilot.press("y")
        await eventually(pilot, lambda: "Settings of acme" in painted(app))
    assert [row.right_id for row in connected.snapshot("acme", Kind.PRODUCTS).rows if row.id == "p1"] == ["b1"]
