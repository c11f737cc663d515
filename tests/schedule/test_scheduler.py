"""The loop that runs schedules: claims, overlap, guards, alarms, first syncs left to people, and its end in order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.alarms import Alarms
from engine.changes import Change, GuardHit, Plan, Purpose, Run, RunState, Totals
from engine.errors import AuthenticationError, Busy, Unreachable, WorkspaceError
from engine.events import Events
from engine.history import History
from engine.model import Field, Kind, Side, Status
from engine.monitor import Mark, troubles
from engine.schedule import jitter, next_slot
from engine.scheduler import Scheduler
from engine.schedules import Schedules
from engine.store import open_store

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLAN = Plan("p", "shop", Purpose.SYNC, START, "tester", "lineage", "fingerprint")
GOOD = Run(
    "r1", "shop", Purpose.SYNC, RunState.DONE, START, START, "tester", "p", Totals(planned=2, applied=1, blocked=1)
)


class ManualClock:
    """Sleeping is waiting for the test to let time pass."""

    def __init__(self):
        self.at = START
        self.ticks = asyncio.Queue()

    def now(self):
        return self.at

    def monotonic(self):
        return self.at.timestamp()

    async def sleep(self, seconds):
        await self.ticks.get()


class Syncs:
    """Plans and runs as told; ``gate`` holds a run until the test opens it."""

    def __init__(self):
        self.plan_answer, self.run_answer, self.calls = PLAN, GOOD, []
        self.gate = asyncio.Event()
        self.gate.set()
        self.started = asyncio.Event()

    async def plan(self, integration, **wanted):
        self.calls.append(("plan", wanted["unattended"]))
        if isinstance(self.plan_answer, Exception):
            raise self.plan_answer
        return self.plan_answer

    async def sync(self, plan, *, allow=(), trigger=""):
        self.calls.append(("sync", tuple(allow), trigger))
        self.started.set()
        await self.gate.wait()
        if isinstance(self.run_answer, Exception):
            raise self.run_answer
        return self.run_answer


class Stage:
    def __init__(self, path):
        self.clock, self.syncs, self.store = ManualClock(), Syncs(), open_store(path / "workspace.db")
        self.schedules = Schedules(self.store, History(self.store), self.clock, "tester")
        self.alarms = Alarms(self.store, self.clock, Events(), "tester")
        self.scheduler = Scheduler(self.syncs, self.schedules, self.alarms, self.clock, "here")
        self.schedule = self.schedules.add("shop", "every 15 minutes", "UTC")

    def pass_slots(self, count):
        slot = self.schedules.get(self.schedule.id).last_slot or START
        for _ in range(count):
            slot = next_slot(self.schedule, slot)
        self.clock.at = slot + jitter(self.schedule)

    async def settle(self):
        await asyncio.gather(*self.scheduler.running.values())

    def messages(self):
        return [alarm.message for alarm in self.alarms.all(open_only=True)]

    def now(self):
        return self.schedules.get(self.schedule.id)


@pytest.fixture
def stage(tmp_path):
    made = Stage(tmp_path)
    yield made
    made.store.close()


async def test_what_is_due_runs_once_unattended_and_allows_no_guard(stage):
    assert stage.scheduler.start_due() == []
    stage.pass_slots(1)
    assert [s.id for s in stage.scheduler.start_due()] == [stage.schedule.id]
    await stage.settle()
    assert stage.syncs.calls == [("plan", True), ("sync", (), f"schedule {stage.schedule.id}")]
    assert (stage.now().last_run, stage.now().last_good) == ("r1", stage.clock.at)
    assert stage.scheduler.start_due() == []
    assert stage.messages() == []


async def test_a_guard_stops_the_run_and_raises_an_alarm(stage):
    hit = GuardHit("zero-price", "1 row would get a price of zero", 1)
    stage.syncs.plan_answer = replace(PLAN, guards=(hit,))
    stage.pass_slots(1)
    stage.scheduler.start_due()
    await stage.settle()
    assert [call[0] for call in stage.syncs.calls] == ["plan"]
    assert stage.now().last_good is None
    assert "zero-price" in stage.messages()[0]
    assert "nothing was written" in stage.messages()[0]


@pytest.mark.parametrize(
    "answer",
    [
        Unreachable("no answer", connection="psa"),
        replace(GOOD, totals=Totals(planned=1, rejected=1)),
        replace(GOOD, state=RunState.FAILED),
    ],
)
async def test_a_bad_run_is_an_alarm_and_not_a_good_one(stage, answer):
    stage.syncs.run_answer = answer
    stage.pass_slots(1)
    stage.scheduler.start_due()
    await stage.settle()
    assert stage.now().last_good is None
    assert stage.now().last_result.startswith("failed")
    assert len(stage.messages()) == 1
    assert [one.mark for one in troubles(stage.schedules.all(), stage.clock.now(), ["here"])] == [Mark.FAILING]


async def test_runs_of_one_integration_never_overlap(stage):
    stage.syncs.gate.clear()
    stage.pass_slots(1)
    stage.scheduler.start_due()
    await stage.syncs.started.wait()
    stage.pass_slots(1)
    assert stage.scheduler.start_due() == []
    assert "still going on" in stage.now().last_result
    assert stage.now().skipped == 1
    stage.syncs.gate.set()
    await stage.settle()
    assert [call[0] for call in stage.syncs.calls] == ["plan", "sync"]


async def test_missed_slots_are_one_run_and_said(stage):
    stage.pass_slots(5)
    stage.scheduler.start_due()
    await stage.settle()
    assert [call[0] for call in stage.syncs.calls] == ["plan", "sync"]
    assert "missed 4 slot(s)" in stage.messages()[0]
    stage.clock.at += timedelta(days=2)
    stage.clock.at = stage.clock.at.replace(minute=14)
    daily = stage.schedules.add("other", "daily at 03:00", "UTC")
    stage.clock.at += timedelta(days=1)
    stage.clock.at = stage.clock.at.replace(hour=20)
    started = stage.scheduler.start_due()
    assert daily.id not in {s.id for s in started}
    assert any("missed" in message and daily.id in message for message in stage.messages())
    await stage.settle()


async def test_another_process_at_work_means_skipped_not_failed(stage):
    stage.syncs.plan_answer = Busy("connection 'psa' is in use: sync of shop")
    stage.pass_slots(1)
    stage.scheduler.start_due()
    await stage.settle()
    assert stage.now().last_result.startswith("skipped")
    assert stage.messages() == [
        f"automatic sync {stage.schedule.id} skipped 1 slot(s), because another program was at work; it runs again at its next slot"
    ]


async def test_two_schedulers_on_one_store_run_a_slot_once(stage):
    rival = Scheduler(
        stage.syncs, Schedules(stage.store, History(stage.store), stage.clock, "rival"), stage.alarms, stage.clock
    )
    stage.pass_slots(1)
    assert len(stage.scheduler.start_due()) + len(rival.start_due()) == 1
    await stage.settle()


async def test_the_loop_says_that_it_lives_and_ends_in_order(stage):
    stage.syncs.gate.clear()
    stage.pass_slots(1)
    loop = asyncio.create_task(stage.scheduler.run())
    await stage.syncs.started.wait()
    assert stage.schedules.alive() == ["here"]
    assert troubles(stage.schedules.all(), stage.clock.now(), stage.schedules.alive()) == []
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop
    assert stage.now().last_result == "cut short: the program was closed"
    assert stage.schedules.alive() == []
    assert "no scheduler is running" in troubles(stage.schedules.all(), stage.clock.now(), [])[0].text


async def test_a_scheduler_that_died_is_noticed_within_a_minute(stage):
    stage.schedules.beat("gone")
    assert stage.schedules.alive() == ["gone"]
    stage.clock.at += timedelta(seconds=61)
    assert stage.schedules.alive() == []


async def test_a_run_that_takes_more_than_half_of_its_pause_is_an_alarm(stage):
    async def slow_sync(plan, *, allow=(), trigger=""):
        stage.clock.at += timedelta(minutes=8)
        return GOOD

    stage.syncs.sync = slow_sync
    stage.pass_slots(1)
    stage.scheduler.start_due()
    await stage.settle()
    assert stage.now().recent[-1].seconds == 480
    assert stage.messages() == [
        f"automatic sync {stage.schedule.id}: a run takes more than half of its 15 minutes; every 20 minutes would do"
    ]


async def test_attempts_are_remembered_with_what_they_found_and_wrote(stage):
    for _ in range(45):
        stage.pass_slots(1)
        stage.scheduler.start_due()
        await stage.settle()
    recent = stage.now().recent
    assert len(recent) == 40, "and no more"
    assert (recent[-1].found, recent[-1].written, recent[-1].run, recent[-1].good) == (2, 1, "r1", True)


async def test_a_scheduler_that_dies_in_a_run_leaves_no_slot_unsaid(stage):
    """``stage.scheduler`` is killed while it runs; another one notices within a minute and two looks."""
    stage.syncs.gate.clear()
    stage.pass_slots(1)
    stage.scheduler.turn()
    await stage.syncs.started.wait()
    lost = list(stage.scheduler.running.values())
    stage.syncs.gate = asyncio.Event()
    other = Scheduler(stage.syncs, stage.schedules, stage.alarms, stage.clock, "there")
    other.turn()
    for _ in range(14):
        stage.clock.at += timedelta(seconds=5)
        other.turn()
    assert stage.schedules.alive() == ["there"]
    assert stage.now().last_result == "cut short: the program that ran it ended without a word"
    assert [alarm.integration for alarm in stage.alarms.all(open_only=True)] == ["shop", ""]
    cut, gone = stage.messages()
    assert "cut short" in cut
    assert gone.startswith("the scheduler of here stopped without a word")
    for task in lost:
        task.cancel()
    await asyncio.gather(*lost, return_exceptions=True)


async def test_after_a_sleep_of_the_machine_nobody_is_called_dead_at_once(stage):
    other = Scheduler(stage.syncs, stage.schedules, stage.alarms, stage.clock, "there")
    stage.scheduler.turn()
    other.turn()
    stage.clock.at += timedelta(minutes=7)
    other.turn()
    stage.scheduler.turn()
    stage.clock.at += timedelta(seconds=5)
    other.turn()
    assert stage.schedules.alive() == ["here", "there"]
    assert stage.messages() == []


async def test_a_store_that_cannot_be_used_for_a_while_does_not_end_the_loop(stage, caplog):
    real, failing = stage.schedules.all, [True]

    def broken(*which):
        if failing[0]:
            raise WorkspaceError("the disk is full")
        return real(*which)

    stage.schedules.all = broken
    loop = asyncio.create_task(stage.scheduler.run())
    for _ in range(3):
        await asyncio.sleep(0)
    assert "could not look" in caplog.text
    failing[0] = False
    stage.pass_slots(1)
    stage.clock.ticks.put_nowait(None)
    await stage.syncs.started.wait()
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop


async def test_a_schedule_removed_while_it_runs_hurts_nobody(stage):
    stage.syncs.gate.clear()
    stage.pass_slots(1)
    stage.scheduler.start_due()
    await stage.syncs.started.wait()
    stage.schedules.remove(stage.schedule.id)
    stage.syncs.gate.set()
    await stage.settle()
    assert stage.schedules.all() == []


async def test_a_scheduler_whose_loop_was_held_up_does_not_call_itself_dead(stage):
    stage.syncs.gate.clear()
    stage.pass_slots(1)
    stage.scheduler.turn()
    await stage.syncs.started.wait()
    beat = stage.schedules.beat

    def slow_beat(token, name):
        beat(token, name)
        stage.clock.at += timedelta(seconds=90)  # a disk that takes its time

    stage.schedules.beat = slow_beat
    stage.clock.at += timedelta(seconds=20)
    stage.scheduler.turn()
    stage.scheduler.notice_dead()
    assert stage.messages() == []
    assert stage.now().running_by == stage.scheduler.token
    stage.syncs.gate.set()
    await stage.settle()


def change(id, status, blocked="somebody has to decide", field=Field.PRICE):
    return Change(Kind.PRODUCTS, id, f"b{id}", id, field, Side.BACKOFFICE, "1", "2", "2", "", status, blocked=blocked)


async def test_what_waits_for_a_person_is_an_alarm_once_and_again_when_it_grows(stage):
    waiting = [
        change("1", Status.FIRST_SYNC),
        change("1", Status.CONFLICT, field=Field.COST),
        change("2", Status.FIRST_SYNC),
        change("3", Status.FIRST_SYNC, blocked=""),
        change("4", Status.IN_ORDERS),
    ]

    async def slot_with(*changes):
        stage.syncs.plan_answer = replace(PLAN, changes=changes)
        stage.pass_slots(1)
        stage.scheduler.start_due()
        await stage.settle()

    await slot_with(*waiting)
    (said,) = stage.messages()
    assert "2 rows wait for a person: 1 in conflict, 1 never synced before (preview them and sync by hand once)" in said
    assert (stage.now().last_good, stage.now().recent[-1].left) == (stage.clock.at, 2), "and the run is a good one"
    stage.alarms.acknowledge(stage.alarms.all(open_only=True)[0].id)
    await slot_with(*waiting)
    stage.syncs.run_answer = Unreachable("no answer", connection="psa")
    await slot_with()
    stage.syncs.run_answer = GOOD
    stage.alarms.acknowledge(stage.alarms.all(open_only=True)[0].id)
    await slot_with(*waiting)
    assert stage.messages() == []
    await slot_with(*waiting, change("5", Status.BROKEN))
    assert "3 rows wait for a person: 1 with a counterpart that is gone" in stage.messages()[0]


async def test_a_changed_rhythm_begins_now_and_other_changes_keep_the_slots(stage):
    def change(rhythm, zone="UTC"):
        kept = {"fields": (), "kinds": (Kind.PRODUCTS,), "overwrite": None, "ids": ()}
        return stage.schedules.change(stage.schedule.id, rhythm, zone, **kept)

    stage.pass_slots(3)
    change("every 15 minutes")
    assert [one.id for one in stage.scheduler.start_due()] == [stage.schedule.id]
    await stage.settle()
    stage.pass_slots(3)
    stage.alarms.acknowledge(stage.alarms.all(open_only=True)[0].id)
    change("every 30 minutes", "Europe/Berlin")
    assert stage.scheduler.start_due() == []
    assert stage.messages() == [], "nothing of the new rhythm was missed"
    assert (stage.now().last_run, len(stage.now().recent)) == ("r1", 1)


@pytest.mark.parametrize(
    "outage",
    [
        lambda n: Unreachable(f"GET /products answered 503 (request {n:032x}). Nothing was written", connection="psa"),
        lambda n: AuthenticationError(f"refused (invalid_grant, request {n:032x}). Connect again", connection="books"),
        lambda n: replace(PLAN, guards=(GuardHit("catalogue-percent", f"{60 + n} of 96 rows would be written", 1),)),
        lambda n: replace(GOOD, totals=Totals(planned=n + 1, applied=n, rejected=1)),
    ],
    ids=["unreachable", "refused", "guard", "rejected"],
)
async def test_an_outage_of_many_runs_is_one_alarm_and_the_next_outage_another(stage, outage):
    async def run(answer):
        stage.syncs.run_answer = answer if isinstance(answer, Run | Exception) else GOOD
        stage.syncs.plan_answer = answer if isinstance(answer, Plan) else PLAN
        stage.pass_slots(1)
        stage.scheduler.start_due()
        await stage.settle()

    for n in range(4):
        await run(outage(n))
    assert len(stage.messages()) == 1
    await run(GOOD)
    await run(outage(5))
    await run(outage(6))
    assert len(stage.messages()) == 2, "it was well in between"


async def test_more_rejected_rows_than_were_said_are_an_alarm_of_their_own(stage):
    for rejected in (1, 1, 7):
        stage.syncs.run_answer = replace(GOOD, totals=Totals(planned=10, applied=10 - rejected, rejected=rejected))
        stage.pass_slots(1)
        stage.scheduler.start_due()
        await stage.settle()
    assert len(stage.messages()) == 2
    assert "7 rejected" in stage.messages()[0]
