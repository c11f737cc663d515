"""An automatic push: new and changed items, on the clock; what needs a person is left to one, with an alarm."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.changes import Purpose, PushAction
from engine.errors import UsageError
from engine.model import Side
from tests.waiting import until


@pytest.fixture
async def due(shop: Any) -> Any:
    """Everything was pushed by hand once; a push is due every 15 minutes."""
    plan, _ = await shop.push()
    shop.plain = [push.item.source_id for push in plan.pushes if push.sends and push.action is PushAction.CREATE]
    shop.schedule = shop.ws.schedules.add("acme", "every 15 minutes", "UTC", purpose=Purpose.PUSH)
    shop.scheduler = shop.ws.scheduler("watch")
    return shop


async def fire(shop: Any) -> Any:
    """Let a slot pass and the runs that it starts end; the schedule afterwards."""
    shop.clock.pass_by(minutes=16)
    shop.scheduler.turn()
    await asyncio.gather(*shop.scheduler.running.values())
    return shop.ws.schedules.get(shop.schedule.id)


def messages(shop: Any) -> list[str]:
    return [alarm.message for alarm in shop.ws.alarms()]


async def test_new_and_changed_items_are_pushed_and_nothing_twice(due: Any) -> None:
    new = due.add("900001", "NEW-1", 12.5)
    renamed, repriced = due.plain[:2]
    due.sell(renamed, description="Renamed in the store")
    raised = round(due.items[repriced]["pricing"]["cost"] * 1.1, 2)
    due.sell(repriced, cost=raised)
    done = await fire(due)
    assert done.last_result.startswith("done: 3 written")
    assert (due.codes["NEW-1"], due.price(new)) == (1, 12.5)
    assert due.product(renamed)["Name"] == "Renamed in the store"
    assert due.price(repriced) == raised
    run = due.ws.run(done.last_run)
    assert (run.purpose, run.trigger, run.totals.adds_up) == ("push", f"schedule {due.schedule.id}", True)
    assert messages(due) == []
    again = await fire(due)
    assert again.last_result.startswith("done: 0 written")
    assert due.codes["NEW-1"] == 1


async def test_what_needs_a_person_is_left_to_one(due: Any) -> None:
    both, gone, alike = due.plain[0], due.plain[1], due.add("900002", "FOUND-1")
    due.sell(both, cost=round(due.items[both]["pricing"]["cost"] * 1.05, 2))
    due.reprice(both, 55.0)
    lost = due.mapped[gone]
    due.crm.state.remove("Product2", lost)
    template = due.product(both)
    due.crm.state.put("Product2", "01t5gTWIN00000001AA",
                      {**template, "Id": "01t5gTWIN00000001AA", "ProductCode": "FOUND-1", "UC_Item_Id__c": None,
                       "SystemModstamp": "2026-06-01T09:00:00.000+0000"})  # fmt: skip
    due.ws.set_integration("acme", {"reads.full_every_hours": "0"})
    done = await fire(due)
    assert done.last_result.startswith("done: 0 written")
    assert due.price(both) == 55.0  # both sides moved: a conflict is never forced
    assert due.mapped[gone] == lost  # a person may have deleted it on purpose
    assert alike not in due.mapped
    told = {one.storefront_id: one.message for one in due.ws.outcomes(done.last_run)}
    assert "is gone; push it by hand" in told[gone]
    assert "match_is_mapping" in told[alike]


async def test_a_guard_stops_the_run_with_an_alarm_and_nothing_is_written(due: Any) -> None:
    item = due.plain[0]
    before = due.price(item)
    new = due.add("900003", "NEW-3")
    due.sell(item, cost=round(before * 3, 2))
    done = await fire(due)
    assert done.failing
    assert done.last_good is None
    assert "NEW-3" not in due.codes
    assert due.price(item) == before
    (told,) = messages(due)
    assert told.startswith(f"automatic push {due.schedule.id}: stopped by a guard, nothing was written: change-percent")
    assert told.endswith("then push by hand")
    assert new not in due.mapped
    plan, _ = await due.push()  # the person it was left to
    assert "change-percent" in {hit.guard for hit in plan.guards}
    assert due.price(item) == round(before * 3, 2)
    assert (await fire(due)).last_result.startswith("done: 0 written")


async def test_it_waits_for_a_sync_of_the_same_integration_and_is_not_missed(due: Any) -> None:
    sync = due.ws.schedules.add("acme", "every 15 minutes", "UTC")
    due.clock.pass_by(minutes=16)
    due.scheduler.turn()
    assert len(due.scheduler.running) == 1
    for _ in range(2):
        await asyncio.gather(*due.scheduler.running.values())
        due.scheduler.turn()
    assert {one.last_result[:5] for one in due.ws.schedules.all()} == {"done:"}
    assert {one.skipped for one in due.ws.schedules.all()} == {0}
    assert {run.purpose for run in due.ws.runs("acme", 2)} == {"push", "sync"}
    (said,) = messages(due)
    assert f"automatic sync {sync.id}" in said
    assert "1 row waits for a person: 1 with a counterpart that is gone" in said
    assert due.ws.schedules.get(sync.id).purpose is Purpose.SYNC


async def test_the_loop_of_watch_runs_it(due: Any) -> None:
    """The very loop of ``crosswalk watch`` and of an open console, on the test's clock."""
    due.add("900004", "NEW-4")
    loop = asyncio.create_task(due.scheduler.run())
    due.clock.pass_by(minutes=16)
    await until(lambda: due.ws.schedules.get(due.schedule.id).last_good is not None)
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop
    assert due.codes["NEW-4"] == 1
    assert due.ws.schedules.alive() == []


async def test_a_push_has_no_fields_and_no_direction(shop: Any) -> None:
    for wrong in ({"fields": ("price",)}, {"overwrite": Side.BACKOFFICE}):
        with pytest.raises(UsageError, match="no fields and no direction"):
            shop.ws.schedules.add("acme", "hourly", "UTC", purpose=Purpose.PUSH, **wrong)
    assert shop.ws.schedules.all() == []
