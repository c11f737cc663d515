"""Two years of a simulated clock in three time zones, with two schedulers that are closed, killed and started at random.

No slot is run twice, no integration is synced twice at once, and every slot that was not run well is said by an alarm:
the counts are compared exactly. The store is TinyDB in memory; ``-m slow`` does it over SQLite with more slots.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import re
from collections import Counter
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from tinydb import TinyDB
from tinydb.storages import MemoryStorage

from engine import schedules as schedules_module
from engine.alarms import Alarms
from engine.changes import Plan, Purpose, Run, RunState, Totals
from engine.events import Events
from engine.history import History
from engine.schedule import next_slot
from engine.scheduler import Scheduler, next_fire
from engine.schedules import Schedules
from engine.store import open_store

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
YEARS = timedelta(days=731)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
SAID = re.compile(r"automatic sync (\w+) (?:(?:missed|skipped) (\d+) slot|was (cut short))")


class Killed(BaseException):
    """A process is gone: nothing it does reaches the store any more."""


class MemoryStore:
    """The Store port over TinyDB in memory, for one thread."""

    def __init__(self):
        self.db = TinyDB(storage=MemoryStorage)

    def table(self, name):
        return self.db.table(name)

    def transaction(self):
        return nullcontext()

    def last_id(self, table):
        return 0

    def close(self):
        self.db.close()


class Connected:
    """One process's way to the store, until it is killed."""

    def __init__(self, store):
        self.store, self.killed = store, False

    def table(self, name):
        if self.killed:
            raise Killed
        return self.store.table(name)

    def transaction(self):
        if self.killed:
            raise Killed
        return self.store.transaction()


class SimulatedClock:
    def __init__(self):
        self.at, self.sleepers, self.number = START, [], count()

    def now(self):
        return self.at

    def monotonic(self):
        return self.at.timestamp()

    async def sleep(self, seconds):
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self.sleepers, (self.at + timedelta(seconds=seconds), next(self.number), woken))
        await woken

    def advance(self, to):
        self.at = max(self.at, to)
        while self.sleepers and self.sleepers[0][0] <= self.at:
            woken = heapq.heappop(self.sleepers)[2]
            if not woken.done():
                woken.set_result(None)


class Simulation:
    def __init__(self, store, clock, seed):
        self.store, self.clock, self.random = store, clock, random.Random(seed)
        self.at_work, self.good, self.claimed, self.said = {}, Counter(), [], Counter()
        self.processes, self.overlaps, self.events = [], 0, Counter()
        self.book = Schedules(store, History(store), clock, "admin")
        self.watch = Alarms(store, clock, Events(), "admin")

    # ---------------------------------------------------------------------------------------- the world's side
    async def plan(self, integration, **_wanted):
        assert integration not in self.at_work, "never two at once"
        self.at_work[integration] = asyncio.current_task()
        try:
            await self.clock.sleep(self.random.choice([40, 40, 300, 900, 4 * 3600, 13 * 3600]))
            return Plan("p", integration, Purpose.SYNC, self.clock.at, "x", "l", "f")
        except BaseException:
            self.at_work.pop(integration, None)
            raise

    async def sync(self, plan, *, allow=(), trigger=""):
        try:
            self.good[trigger.removeprefix("schedule ")] += 1
            totals = Totals(planned=1, applied=1)
            return Run("r", plan.integration, Purpose.SYNC, RunState.DONE, START, START, "x", "p", totals)
        finally:
            self.at_work.pop(plan.integration, None)

    # ---------------------------------------------------------------------------------------- processes
    def start(self):
        connected = Connected(self.store)
        book = Schedules(connected, History(connected), self.clock, "x")
        claim = book.claim

        def noted(schedule_id, now, **more):
            found = claim(schedule_id, now, **more)
            if found.slot is not None:
                self.claimed.append((schedule_id, found.slot))
            return found

        book.claim = noted
        alarms = Alarms(connected, self.clock, Events(), "x")
        self.processes.append((Scheduler(self, book, alarms, self.clock, f"process {len(self.processes)}"), connected))
        self.events["started"] += 1

    async def end(self, place, *, kill):
        scheduler, connected = self.processes.pop(place)
        connected.killed = kill
        tasks = list(scheduler.running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if not kill:
            scheduler.schedules.silence(scheduler.token)
        self.events["killed" if kill else "closed"] += 1

    async def turn(self):
        """Every process says that it lives (in truth every 15 s), then every one looks; now and then soon again."""
        for _ in range(self.random.choice([1, 1, 1, 2])):
            for scheduler, _ in self.processes:
                scheduler.schedules.beat(scheduler.token, scheduler.name)
            for scheduler, _ in self.random.sample(self.processes, len(self.processes)):
                scheduler.turn()
            await self.settle()
            self.listen()
            self.clock.advance(self.clock.at + timedelta(seconds=7))
        await self.settle()

    async def settle(self):
        for _ in range(4):
            await asyncio.sleep(0)

    def listen(self):
        """Count what the alarms say, and acknowledge them."""
        for alarm in self.watch.all(open_only=True):
            if match := SAID.match(alarm.message):
                self.said[match[1]] += int(match[2] or 1)
            self.watch.acknowledge(alarm.id)
        if len(self.store.table("alarms")) > 50:
            self.store.table("alarms").truncate()

    async def live(self, until):
        while self.clock.at < until:
            fires = [next_fire(one) + timedelta(seconds=self.random.uniform(0, 5)) for one in self.book.all()]
            coming = [at for at in [*fires, *(s[0] for s in self.clock.sleepers[:1])] if at > self.clock.at]
            self.clock.advance(min(coming) if coming and self.processes else self.clock.at + timedelta(hours=5))
            await self.settle()
            await self.turn()
            await self.chance()

    async def chance(self):
        """Now and then something happens to a process, or the machine sleeps."""
        luck = self.random.random()
        if luck < 0.02 and self.processes:
            await self.end(self.random.randrange(len(self.processes)), kill=luck < 0.012)
        if luck > 0.995:
            self.clock.advance(self.clock.at + timedelta(hours=self.random.uniform(0.1, 60)))
            self.events["slept"] += 1
        if len(self.processes) < (1 if luck < 0.5 else 2) and self.random.random() < 0.5:
            self.start()


async def two_years(store, rhythms, zone, seed, length=YEARS):
    clock = SimulatedClock()
    simulated = Simulation(store, clock, seed)
    made = [simulated.book.add(integration, rhythm, zone) for integration, rhythm in rhythms]
    simulated.start()
    await simulated.live(START + length)
    if not simulated.processes:
        simulated.start()
    for _ in range(4):  # time enough to miss who was killed last
        clock.advance(clock.at + timedelta(seconds=20))
        await simulated.turn()
    while simulated.at_work:  # let the last runs end
        clock.advance(clock.sleepers[0][0])
        await simulated.settle()
        await simulated.turn()
    for place in reversed(range(len(simulated.processes))):
        await simulated.end(place, kill=False)
    simulated.listen()
    assert len(simulated.claimed) == len(set(simulated.claimed)), "no slot was run twice"
    for one in made:
        now = simulated.book.get(one.id)
        expected = []
        slot = START
        while (slot := next_slot(one, slot)) <= now.last_slot:
            expected.append(slot)
        mine = [slot for schedule, slot in simulated.claimed if schedule == one.id]
        assert set(mine) <= set(expected)
        accounted = simulated.good[one.id] + simulated.said[one.id]
        assert accounted == len(expected), "every slot was run well, or an alarm says that it was not"
        assert simulated.clock.at - now.last_slot <= timedelta(days=3)
    return simulated


@pytest.mark.parametrize(
    ("zone", "rhythms"),
    [
        (ZONES[0], [("shop", "daily at 02:30"), ("shop", "every 12 hours"), ("outlet", "daily at 03:00")]),
        (ZONES[1], [("shop", "every 12 hours"), ("shop", "daily at 01:30")]),
        (ZONES[2], [("shop", "daily at 01:45"), ("outlet", "every 12 hours")]),
    ],
)
async def test_two_years_of_random_ends_lose_no_slot_unsaid(monkeypatch, zone, rhythms):
    monkeypatch.setattr(schedules_module, "RECENT", 2)
    simulated = await two_years(MemoryStore(), rhythms, zone, seed=7)
    assert min(simulated.events[what] for what in ("killed", "closed", "slept")) > 3, "the years were eventful"
    assert sum(simulated.good.values()) > 900


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("zone", ZONES)
async def test_two_years_of_quarter_hours_over_sqlite(tmp_path, zone):
    store = open_store(tmp_path / "workspace.db")
    rhythms = [("shop", "every 15 minutes"), ("shop", "daily at 02:30"), ("outlet", "every 2 hours")]
    simulated = await two_years(store, rhythms, zone, seed=11)
    print(
        zone, dict(simulated.events), sum(simulated.good.values()), "good runs,", sum(simulated.said.values()), "said"
    )
    store.close()


@pytest.mark.parametrize("seed", range(4))
async def test_a_month_of_quarter_hours(seed):
    await two_years(
        MemoryStore(), [("shop", "every 30 minutes"), ("shop", "hourly")], ZONES[0], seed, timedelta(days=20)
    )
