"""Orders that are not posted, over real HTTP: a store that sells while accounting does not know of it yet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.sandbox.faults import FaultKind
from tui import compose


def order(stores: Any, product: str, units: int, number: str = "9001") -> None:
    """Somebody buys a simple product just now."""
    state = stores.shop.state
    row = state.tables["products"][product]
    template = next(iter(state.tables["orders"].values()))
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    line = {
        **template["line_items"][0],
        "product_id": int(product),
        "variation_id": 0,
        "sku": row["sku"],
        "quantity": units,
    }
    times = dict.fromkeys(("date_created", "date_created_gmt", "date_modified", "date_modified_gmt"), now)
    new = {**template, **times, "id": int(number), "number": number, "status": "processing", "line_items": [line]}
    state.put("orders", number, new)


def sell(stores: Any, product: str, units: int) -> None:
    """The store's stock goes down, as it does at a checkout."""
    row = stores.shop.state.tables["products"][product]
    stores.shop.state.put("products", product, {**row, "stock_quantity": row["stock_quantity"] - units})


def post(stores: Any, number: str) -> None:
    """The order gets into the books."""
    books = stores.books.state
    template = next(iter(books.tables["invoice"].values()))
    books.put("invoice", number, {**template, "Id": number, "DocNumber": number})


@pytest.fixture
def mapped(stores: Any, crosswalk: Any) -> tuple[Any, str, str]:
    """One simple product, mapped and in sync once; accounting is the master and has other values now."""
    products = stores.shop.state.tables["products"]
    left, right = next(
        (str(left), str(right))
        for left, right in stores.world.pairs.items()
        if str(left) in products
        and stores.books.state.tables["item"][str(right)]["Active"]
        and stores.books.state.tables["item"][str(right)].get("QtyOnHand") is not None
    )
    assert crosswalk("map", "products", left, right).code == 0
    sync = ("sync", "--ids", left, "--yes", "--allow", "change-percent", "--allow", "below-cost")
    assert crosswalk(*sync).code == 0
    item = stores.books.state.tables["item"][right]
    stores.books.state.put("item", right, {**item, "QtyOnHand": 33, "SyncToken": "9"})
    return stores, left, right


def status(crosswalk: Any, product: str) -> Any:
    rows = crosswalk("list", "products", "--json").document["rows"]
    return next(row for row in rows if row["id"] == product)


def stock(stores: Any, product: str) -> int:
    return int(stores.shop.state.tables["products"][product]["stock_quantity"])


SYNC = ("--yes", "--json", "--allow", "change-percent")


def test_an_unposted_order_holds_the_whole_product_until_it_is_posted(mapped: Any, crosswalk: Any) -> None:
    stores, left, _ = mapped
    before = stock(stores, left)
    order(stores, left, 2)
    ended = crosswalk("sync", "--ids", left, *SYNC)
    (row,) = [row for row in ended.document["rows"] if row["field"] == "quantity"]
    assert "2 units in order 9001 are not posted" in row["blocked"]
    assert stock(stores, left) == before
    assert status(crosswalk, left)["status"] == "In orders"
    post(stores, "9001")
    assert crosswalk("sync", "--ids", left, *SYNC).code == 0
    assert stock(stores, left) == 33
    assert status(crosswalk, left)["status"] == "In sync"


def test_an_order_between_plan_and_apply_makes_the_row_stale_and_nothing_is_written(
    mapped: Any, crosswalk: Any, tmp_path: Any
) -> None:
    stores, left, _ = mapped
    plan = str(tmp_path / "plan.json")
    assert crosswalk("plan", "--ids", left, "-o", plan).code == 0
    order(stores, left, 2)
    sell(stores, left, 2)
    before = stock(stores, left)
    ended = crosswalk("sync", "--plan", plan, *SYNC)
    assert ended.code == 3
    assert "not posted" in ended.err or "moved" in ended.err
    assert stock(stores, left) == before  # no sale is lost


async def test_an_order_after_a_fresh_plan_is_seen_right_before_the_batch(mapped: Any) -> None:
    stores, left, _ = mapped
    ws = compose.open_workspace(stores.path)
    try:
        plan = await ws.plan("store", ids=[left])
        assert plan.sending
        order(stores, left, 2)  # the store sells after the plan was read, and before it is written
        sell(stores, left, 2)
        before = stock(stores, left)
        run = await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
        assert (run.totals.applied, run.totals.stale) == (0, run.totals.planned)
        assert run.totals.adds_up
        assert "2 units in order 9001" in ws.outcomes(run.id)[0].message
        assert stock(stores, left) == before
    finally:
        await ws.close()


def test_compensated_the_unposted_units_are_taken_off_what_is_on_hand(mapped: Any, crosswalk: Any) -> None:
    stores, left, _ = mapped
    crosswalk("integration", "set", "store", "--set", "orders.policy=compensate")
    order(stores, left, 4)
    assert crosswalk("sync", "--ids", left, *SYNC).code == 0
    assert stock(stores, left) == 29
    crosswalk("pull")
    assert status(crosswalk, left)["status"] == "In sync"


def test_compensated_the_other_way_accounting_gets_the_unposted_units_beside_the_stores(
    mapped: Any, crosswalk: Any
) -> None:
    """The store is master: its stock has the sold units taken off, accounting's has them until the order is posted."""
    stores, left, right = mapped
    assert crosswalk("sync", "--ids", left, *SYNC).code == 0
    settings = ("orders.policy=compensate", "masters.quantity=storefront", "fields=quantity")
    assert crosswalk("integration", "set", "store", *(f"--set={one}" for one in settings)).code == 0
    stores.shop.app.sell([{"product_id": int(left), "quantity": 4}])
    number = max(stores.shop.state.tables["orders"], key=int)
    assert stock(stores, left) == 29

    def on_hand() -> int:
        return int(stores.books.state.tables["item"][right]["QtyOnHand"])

    assert crosswalk("sync", "--ids", left, *SYNC).document["totals"]["planned"] == 0  # 29 + 4 are 33: nothing differs
    assert (on_hand(), status(crosswalk, left)["status"]) == (33, "In sync")
    sell(stores, left, -10)  # ten come in
    (row,) = crosswalk("sync", "--ids", left, *SYNC).document["rows"]
    assert (row["before"], row["after"], row["outcome"]) == ("33", "43", "applied")
    assert (stock(stores, left), on_hand()) == (39, 43)
    stores.books.app.sell(right, 4, number)  # the order is posted, and its units leave accounting's stock too
    assert crosswalk("sync", "--ids", left, *SYNC).document["totals"]["planned"] == 0
    assert (on_hand(), status(crosswalk, left)["status"]) == (39, "In sync")


def test_orders_that_cannot_be_read_make_no_plan(mapped: Any, crosswalk: Any) -> None:
    stores, left, _ = mapped
    before = stock(stores, left)
    stores.shop.app.faults.add(FaultKind.HTML, path="*/orders", times=50)
    ended = crosswalk("sync", "--ids", left, *SYNC)
    assert ended.code == 1
    assert stock(stores, left) == before


def test_orders_can_be_left_out_of_account(mapped: Any, crosswalk: Any) -> None:
    stores, left, _ = mapped
    crosswalk("integration", "set", "store", "--set", "orders.policy=ignore")
    order(stores, left, 2)
    assert crosswalk("sync", "--ids", left, *SYNC).code == 0
    assert stock(stores, left) == 33
