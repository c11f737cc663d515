"""Rows In orders: which orders hold them, and asking again, at the keyboard and on the command line."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connectors.registry import EntryPointRegistry
from connectors.secrets import resolve
from engine.model import Kind
from engine.workspace import Workspace
from tests.waiting import DEADLINE, eventually, painted
from tui.app import Console


@pytest.fixture
def held(stores: Any, crosswalk: Any) -> tuple[Any, str, str, str]:
    """A mapped product two of which were sold in an order nobody has posted: (stores, product, item, order number)."""
    products, items = stores.shop.state.tables["products"], stores.books.state.tables["item"]
    left, right = next(
        (str(left), str(right))
        for left, right in stores.world.pairs.items()
        if products.get(str(left), {}).get("manage_stock") is True and items[str(right)]["Active"]
    )
    assert crosswalk("map", "products", left, right).code == 0
    number = str(stores.shop.app.sell([{"product_id": int(left), "quantity": 2}])["number"])
    assert crosswalk("pull").code == 0
    return stores, left, right, number


def test_the_list_can_be_narrowed_to_rows_in_orders_and_show_names_the_orders(held: Any, crosswalk: Any) -> None:
    _, left, _, number = held
    rows = crosswalk("list", "products", "--status", "in-orders", "--json").document["rows"]
    assert left in {row["id"] for row in rows}
    assert {row["status"] for row in rows} == {"In orders"}
    assert rows[0]["reason"].endswith("not posted in accounting")
    shown = crosswalk("show", "products", left)
    assert "NOT POSTED" in shown.out
    assert [line.split()[0] for line in shown.out.splitlines() if line.startswith(number)] == [number]
    (one,) = [one for one in crosswalk("show", "products", left, "--json").document["orders"] if one["order"] == number]
    assert (one["units"], one["storefront_id"]) == ("2", left)


def test_orders_are_listed_and_asked_for_again(held: Any, crosswalk: Any) -> None:
    stores, left, right, number = held
    listed = crosswalk("orders", "--json").document
    assert (number, left, "2") in {(one["order"], one["storefront_id"], one["units"]) for one in listed["orders"]}
    stores.books.app.sell(right, 2, number)
    assert number in crosswalk("orders").out  # as last read
    ended = crosswalk("orders", "--check")
    assert ended.code == 0
    assert number not in ended.out
    assert crosswalk("list", "products", "--status", "in-orders", "--json").document["found"] == listed["products"] - 1


def test_where_orders_hold_nothing_that_is_said(held: Any, crosswalk: Any) -> None:
    assert crosswalk("integration", "set", "store", "--set", "orders.policy=ignore").code == 0
    ended = crosswalk("orders", "--check")
    assert ended.code == 2
    assert "store looks at no orders: its setting orders.policy is ignore; nothing was read" in ended.err


def test_a_look_that_fails_leaves_what_was_known(held: Any, crosswalk: Any) -> None:
    stores, _, _, number = held
    stores.shop.app.faults.add("html", path="/orders", times=50)
    assert crosswalk("orders", "--check").code == 1
    stores.shop.app.faults.clear()
    assert number in crosswalk("orders").out


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_at_the_keyboard_the_panel_names_the_orders_and_the_verb_frees_the_row(
    stores: Any, size: tuple[int, int]
) -> None:
    def open_workspace() -> Workspace:
        return Workspace.open(stores.path, EntryPointRegistry(), actor="ada", secret=resolve)

    ws = open_workspace()
    products, items = stores.shop.state.tables["products"], stores.books.state.tables["item"]
    left, right = next(
        (str(left), str(right))
        for left, right in stores.world.pairs.items()
        if products.get(str(left), {}).get("manage_stock") is True and items[str(right)]["Active"]
    )
    ws.map("store", Kind.PRODUCTS, [(left, right)])
    number = str(stores.shop.app.sell([{"product_id": int(left), "quantity": 2}])["number"])
    await ws.pull("store")
    await ws.close()
    console = Console(open_workspace, first_tab="products", poll=0.05)

    def status() -> str:
        rows = console.live.snapshots["store", "products"].rows
        return next(row.status for row in rows if row.id == left)

    try:
        async with console.run_test(size=size, notifications=True) as pilot:

            async def until(condition: Any) -> None:
                await eventually(pilot, condition)

            await until(lambda: len(console.live.snapshots) == 3)
            assert status() == "In orders"
            await pilot.press("slash", *products[left]["sku"], "enter")
            await until(lambda: "In orders" in painted(console))
            await pilot.press("O")
            await until(lambda: f"order {number}" in painted(console) or f"orders {number}" in painted(console))
            assert status() == "In orders"
            if not console.screen.detail_shown:
                await pilot.press("d")
            await until(lambda: f"order {number}: 2 units" in painted(console))
            stores.books.app.sell(right, 2, number)
            await pilot.press("full_stop")
            await until(lambda: "Check orders again" in painted(console))
            await pilot.press("escape", "O")
            await until(lambda: status() != "In orders")
            await until(lambda: "Posted by now" in painted(console))
    finally:
        await asyncio.to_thread(console.bridge.close, DEADLINE)
