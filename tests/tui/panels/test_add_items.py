"""Adding to accounting at the keyboard: the fields that the system asks for, and a template for many."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
import stamina

from connectors.registry import EntryPointRegistry
from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.store_world import StoreWorld
from connectors.sandbox.systems import make
from engine.model import Kind
from engine.workspace import Workspace
from tui.screens.add_products import BatchPage, add_products
from tui.widgets.forms import Form

SETTINGS = {
    "fields": "price,quantity",
    "masters.price": "backoffice",
    "masters.quantity": "backoffice",
    "sku.storefront": "sku",
    "match.products.primary": "sku:sku",
}


@pytest.fixture(autouse=True)
def _no_waiting_between_attempts():
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture(scope="module")
def systems():
    boxes = make(["woocommerce", "quickbooks"], StoreWorld.make(seed=5, products=40), rate=0)
    with ExitStack() as running:
        yield {name: running.enter_context(serve_in_thread(box)) for name, box in boxes.items()}


@pytest.fixture
async def stores(systems, tmp_path):
    """A workspace of a store and a company; ``.missing`` are products with stock that accounting lacks."""
    for one in systems.values():
        one.app.reset()
    secrets = {f"env:{name}_{key}": value for name, one in systems.items() for key, value in one.credentials.items()}
    ws = Workspace.open(tmp_path / "workspace", EntryPointRegistry(), actor="ada", secret=secrets.__getitem__)
    for name, one in systems.items():
        references = {key: f"env:{name}_{key}" for key in one.credentials}
        ws.add_connection(name, name, {**one.options, **references})
    ws.add_integration("acme", "woocommerce", "quickbooks", SETTINGS)
    assert (await ws.pull()).errors == ()
    known = {row.get("Sku") for row in systems["quickbooks"].state.rows("item")}
    rows = [*systems["woocommerce"].state.rows("products"), *systems["woocommerce"].state.rows("variations")]
    ws.missing = {
        str(row["id"]): int(row["stock_quantity"])
        for row in rows
        if row["sku"] and row["sku"] not in known and row["regular_price"] and (row["stock_quantity"] or 0) > 0
    }
    yield ws
    await ws.close()


@pytest.fixture
def adding(host, stores, eventually):
    app = host(stores)

    async def start(pilot, ids):
        async def run():
            app.result = await add_products(app, "acme", ids)
            app.finished.set()

        app.run_worker(run(), exit_on_error=True)
        await eventually(pilot, lambda: len(app.screen_stack) > 1)
        await pilot.pause()

    return app, start


def drafted(stores, *ids):
    drafts, problems = stores.draft_products("acme", ids)
    assert not problems
    return drafts


def item(systems, name):
    (found,) = [row for row in systems["quickbooks"].state.rows("item") if row["Name"] == name]
    return found


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_one_item_with_its_accounts_and_first_quantity(adding, stores, systems, painted, eventually, size):
    app, start = adding
    id, quantity = next(iter(stores.missing.items()))
    (draft,) = drafted(stores, id)
    async with app.run_test(size=size) as pilot:
        await start(pilot, [id])
        form = app.screen.query_one(Form)
        values = form.values()
        assert (values["type"], values["quantity"]) == ("inventory", str(quantity))
        assert values["income_account"] in dict(form.row("income_account").field.choices)
        form.row("start_date").value = "soon"
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: "write a day such as" in painted(app))
        form.row("start_date").value = "2026-10-01"
        account = form.row("asset_account").value
        form.row("asset_account").value = ""
        form.row("quantity").value = "3"
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: form.row("asset_account").has_class("-wrong"))
        form.row("asset_account").value = account
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: "2 applied" in painted(app))
        await pilot.press("escape")
        await app.finished.wait()
    made = item(systems, draft.name)
    assert (made["Type"], made["InvStartDate"], made["QtyOnHand"]) == ("Inventory", "2026-10-01", 3)


async def test_many_items_by_a_template(adding, stores, systems, painted, eventually):
    app, start = adding
    ids = list(stores.missing)[:3]
    drafts = drafted(stores, *ids)
    async with app.run_test(size=(160, 50)) as pilot:
        await start(pilot, ids)
        page = app.screen
        assert isinstance(page, BatchPage)
        assert all(f"{draft.quantity}" in painted(app) for draft in drafts)
        assert "inventory" in painted(app)
        await pilot.press("t")
        await eventually(pilot, lambda: "each product's own value" in painted(app))
        form = app.screen.query_one(Form)
        assert form.row("type").field.choices[0] == ("", "each its own")
        form.row("type").value = "non-inventory"
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: "template: type=non-inventory" in painted(app))
        assert [draft.maintain_stock for draft in page.ready()] == [False] * 3
        await pilot.press("s")
        await eventually(pilot, lambda: "They are created in the back office" in painted(app))
        await pilot.press("y")
        await eventually(pilot, lambda: "3 applied" in painted(app))
        await pilot.press("escape")
        await app.finished.wait()
    for draft in drafts:
        assert item(systems, draft.name)["Type"] == "NonInventory"
    rows = {row.id: row for row in stores.snapshot("acme", Kind.PRODUCTS).rows}
    assert all(rows[id].right_id for id in ids)


async def test_a_list_of_accounts_that_cannot_be_read_is_typed(adding, stores, systems, painted, eventually):
    systems["quickbooks"].app.faults.add("error", path="/v3/company/*/query", times=0)
    app, start = adding
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, [next(iter(stores.missing))])
        await eventually(pilot, lambda: "could not be read" in painted(app))
        assert not app.screen.query_one(Form).row("income_account").field.choices
        await pilot.press("escape")
        await app.finished.wait()
    assert app.result is False
