"""An automatic sync reads only what changed, where a system can say so; both sandboxes keep the log of it."""

from __future__ import annotations

from datetime import timedelta

from engine.model import Field, Kind


async def planned(it):
    return await it.ws.plan(None, kinds=(Kind.PRODUCTS,), unattended=True)


def lists(served):
    """Requests that read a catalogue from its beginning, without a word about since when."""
    return [
        entry
        for entry in served.requests
        if (entry.path.endswith("/products") and "modified_after" not in entry.query and "include" not in entry.query)
        or (entry.path.endswith("/query") and "FROM+Item" in entry.query and "Id+IN" not in entry.query)
    ]


def changed_since(served):
    return [entry for entry in served.requests if "modified_after" in entry.query or entry.path.endswith("/cdc")]


async def test_a_run_without_differences_writes_nothing_and_reads_only_what_changed(it):
    it.clock.ahead = timedelta(minutes=10)  # the first sync's own writes are out of the overlap then
    await planned(it)
    for one in (it.shop, it.books):
        one.app.log.clear()
    plan = await planned(it)
    run = await it.ws.sync(plan)
    assert not plan.sending
    assert run.totals.applied == 0
    for one in (it.shop, it.books):
        assert [entry for entry in one.requests if entry.changed] == []
        assert lists(one) == []
        assert changed_since(one) != []
    assert [entry.path.rpartition("/")[2] for entry in it.books.requests] == ["cdc", "cdc"]  # items; what was posted
    goods = [entry for entry in it.shop.requests if not entry.path.endswith("/orders")]
    assert all("modified_after" in entry.query for entry in goods), "products, variations, the trash"
    looks = [entry for entry in it.shop.requests if entry.path.endswith("/orders")]
    assert all("modified_after" in entry.query for entry in looks)


async def test_a_change_on_either_side_is_read_and_planned(it):
    mapped = list(it.ws._mappings.mapped("trial", Kind.PRODUCTS).items())
    rows = {str(row["id"]): row for row in it.shop.state.rows("products")}
    sid, mapping = next((s, m) for s, m in mapped if rows.get(s, {}).get("type") == "simple" and not rows[s]["on_sale"])
    it.shop.app.meanwhile(edit={sid: {"regular_price": "77.70"}})
    plan = await planned(it)
    assert [(c.storefront_id, c.field, c.after) for c in plan.sending] == [(sid, Field.PRICE, "77.7")]
    item = it.books.state.get("item", mapping.backoffice_id)
    it.books.app.objects.save(
        "Item", {"sparse": True, "Id": item["Id"], "SyncToken": item["SyncToken"], "UnitPrice": 5.5}
    )
    plan = await planned(it)
    (change,) = [c for c in plan.changes if c.storefront_id == sid]
    assert change.before == "5.5"
    assert lists(it.shop) == lists(it.books) == []


async def test_what_went_to_the_trash_leaves_the_list(it):
    gone = next(str(row["id"]) for row in it.shop.state.rows("products") if row["type"] == "simple")
    before = it.ws.cache.count("shop", Kind.PRODUCTS)
    it.shop.app.meanwhile(edit={gone: {"status": "trash"}})
    await planned(it)
    assert it.ws.cache.count("shop", Kind.PRODUCTS) == before - 1
    assert it.ws.cache.get("shop", Kind.PRODUCTS, [gone]) == {}


async def test_everything_is_read_by_hand_after_a_day_and_where_it_is_set_so(it):
    await it.ws.plan(None, kinds=(Kind.PRODUCTS,))
    assert lists(it.shop)
    assert lists(it.books)
    it.shop.app.log.clear()
    await planned(it)
    assert lists(it.shop) == []
    it.clock.ahead = timedelta(hours=25)
    await planned(it)
    assert lists(it.shop), "a day after the last complete read everything is read again"
    it.shop.app.log.clear()
    it.ws.set_integration("trial", {"reads.full_every_hours": "0"})
    await planned(it)
    assert lists(it.shop)


async def test_other_options_may_mean_another_account_and_read_everything(it):
    it.ws.set_connection("shop", {"page_size": "50"})
    await planned(it)
    assert lists(it.shop)
    assert lists(it.books) == []


async def test_what_the_system_cannot_tell_is_read_completely(it):
    objects, items = it.books.app.objects, it.books.state.rows("item")
    row = next(one for one in items if one["Type"] == "Inventory" and one["Active"])
    detail = {"ItemRef": {"value": row["Id"]}, "QtyDiff": 1}
    line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}
    made = objects.save("InventoryAdjustment", {"AdjustAccountRef": {"value": "91"}, "Line": [line]})
    objects.delete("InventoryAdjustment", made)
    await planned(it)
    assert changed_since(it.books), "the changes were asked for first"
    assert lists(it.books), "a deleted adjustment does not say whose stock it moved"
