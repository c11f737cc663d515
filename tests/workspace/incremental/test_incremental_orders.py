"""Orders of an automatic sync: only those that changed, and only what was posted since; and always what a full read finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import ConnectorError
from engine.model import Kind


async def planned(it, *, unattended=True):
    return await it.ws.plan(None, kinds=(Kind.PRODUCTS,), unattended=unattended)


async def settle(it):
    """Everything is known; the logs begin."""
    await planned(it)
    clear(it)


def clear(it):
    for one in (it.shop, it.books):
        one.app.log.clear()


def looks(it):
    """How orders were asked for: (lists from the beginning, lists of changes)."""
    asked = [entry for entry in it.shop.requests if entry.path.endswith("/orders")]
    return (
        [entry for entry in asked if "modified_after" not in entry.query],
        [entry for entry in asked if "modified_after" in entry.query],
    )


def unposted(it):
    return {
        (line.order, product, line.units)
        for product, lines in it.ws.cache.load_unposted("trial").items()
        for line in lines
    }


def sell(it, units=2):
    row = next(row for row in it.shop.state.rows("products") if row["type"] == "simple" and row["manage_stock"] is True)
    order = it.shop.app.sell([{"product_id": row["id"], "quantity": units}])
    return str(order["number"]), str(row["id"])


async def test_without_differences_only_changes_are_asked_for_and_nothing_is_written(it):
    it.clock.ahead = timedelta(minutes=20)  # what the first sync itself changed is out of the overlap then
    await settle(it)
    known = unposted(it)
    plan = await planned(it)
    run = await it.ws.sync(plan)
    assert (plan.sending, run.totals.applied) == ((), 0)
    everything, changed = looks(it)
    assert (len(everything), len(changed)) == (0, 2)  # the orders and their trash
    assert [entry.path.rpartition("/")[2] for entry in it.books.requests] == [
        "cdc",
        "cdc",
    ]  # items, and what was posted
    assert not any(entry.changed for one in (it.shop, it.books) for entry in one.requests)
    assert unposted(it) == known


async def test_a_new_order_and_its_posting_are_seen(it):
    await settle(it)
    number, product = sell(it)
    before = unposted(it)
    await planned(it)
    assert unposted(it) - before == {(number, product, 2)}
    item = next(iter(it.ws._mappings.mapped("trial", Kind.PRODUCTS).values())).backoffice_id
    it.books.app.sell(item, 1, number)
    await planned(it)
    assert unposted(it) == before
    assert looks(it)[0] == []


@pytest.mark.parametrize("status", ["cancelled", "trash"])
async def test_an_order_that_does_not_count_any_more_holds_nothing(it, status):
    number, product = sell(it)
    await settle(it)
    assert (number, product, 2) in unposted(it)
    row = it.shop.state.tables["orders"][number]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    it.shop.state.put("orders", number, {**row, "status": status, "date_modified_gmt": now})
    await planned(it)
    assert not any(number == order for order, _, _ in unposted(it))


async def test_a_deleted_invoice_makes_all_orders_be_asked_for_again(it):
    number, product = sell(it)
    item = next(iter(it.ws._mappings.mapped("trial", Kind.PRODUCTS).values())).backoffice_id
    invoice = it.books.app.sell(item, 1, number)
    await settle(it)
    assert not any(number == order for order, _, _ in unposted(it))
    it.books.app.objects.delete("Invoice", {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"]})
    await planned(it)
    assert (number, product, 2) in unposted(it)
    assert looks(it)[0], "nothing says whose order it was: all are read"


@pytest.mark.parametrize("change", ["by hand", "after a day", "a longer look-back", "another account"])
async def test_all_orders_are_read_when_it_is_time(it, change):
    await settle(it)
    if change == "after a day":
        it.clock.ahead += timedelta(hours=25)
    elif change == "a longer look-back":
        it.ws.set_integration("trial", {"orders.days": "60"})
    elif change == "another account":
        it.ws.set_connection("books", {"page_size": "500"})
    await planned(it, unattended=change != "by hand")
    assert looks(it)[0]
    clear(it)
    await planned(it)
    assert looks(it)[0] == []


async def test_a_look_that_fails_makes_no_plan_and_forgets_nothing(it):
    number, product = sell(it)
    await settle(it)
    it.shop.app.faults.add("html", path="/orders", times=50)
    with pytest.raises(ConnectorError):
        await planned(it)
    assert (number, product, 2) in unposted(it)
