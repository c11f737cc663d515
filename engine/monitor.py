"""What a monitor shows of automatic work: who runs it, what runs now, which schedules are in trouble, what pace fits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from engine import run_log
from engine.changes import Purpose, Run
from engine.connections import Connections
from engine.heartbeats import Work, work_now
from engine.integrations import Integration
from engine.model import Kind, Side
from engine.pace import Load, Pace, newest_seconds, recommend
from engine.ports import Clock, RecordCache, Store
from engine.schedule import Schedule
from engine.scheduler import next_fire
from engine.schedules import SCHEDULER, Schedules
from engine.views import ConnectionView

#: A slot may be taken up this much later than it fires before anybody is told.
LATE = timedelta(minutes=2)


class Mark(StrEnum):
    """What is wrong with automatic syncs."""

    DEAD = "no scheduler"
    MISSED = "missed"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong until it is mended, acknowledged or not; ``schedule`` is empty for ``DEAD``."""

    mark: Mark
    text: str
    integration: str = ""
    schedule: str = ""


@dataclass(frozen=True, slots=True)
class Pulse:
    """As of one moment: living schedulers by name, work under way in any process, troubles."""

    schedulers: tuple[str, ...] = ()
    work: tuple[Work, ...] = ()
    troubles: tuple[Trouble, ...] = ()


def troubles(schedules: Sequence[Schedule], now: datetime, alive: Collection[str]) -> list[Trouble]:
    """No scheduler lives although schedules wait, a slot passed unused, or the last run was not a good one."""
    waiting = [schedule for schedule in schedules if schedule.enabled]
    found = []
    if waiting and not alive:
        advice = "leave a console open or start `crosswalk watch`"
        found.append(Trouble(Mark.DEAD, f"no scheduler is running: {advice}"))
    for schedule in waiting:
        who = f"schedule {schedule.id} of {schedule.integration}"
        fires = next_fire(schedule)
        waits = any(one.running_by and one.purpose is not schedule.purpose for one in schedules
                    if one.integration == schedule.integration)  # fmt: skip
        if now - fires > LATE and not waits:
            text = f"{who} should have run at {fires:%Y-%m-%d %H:%M} UTC"
            found.append(Trouble(Mark.MISSED, text, schedule.integration, schedule.id))
        if schedule.failing:
            found.append(Trouble(Mark.FAILING, f"{who} {schedule.last_result}", schedule.integration, schedule.id))
    return found


class Monitor:
    """Reads the store only; quick enough to be asked every second."""

    def __init__(
        self, store: Store, cache: RecordCache, connections: Connections, schedules: Schedules, clock: Clock
    ) -> None:
        self._store, self._cache, self._connections, self._schedules = store, cache, connections, schedules
        self._clock = clock

    def pulse(
        self, schedules: Sequence[Schedule], running: Collection[Run], connections: Collection[ConnectionView]
    ) -> Pulse:
        """``schedules``, running runs and connections as just read."""
        docs = self._store.table("heartbeats").all()
        work = [doc for doc in docs if not str(doc["run"]).startswith(SCHEDULER)]
        now = self._clock.now()
        alive = self._schedules.alive() if len(work) < len(docs) else []
        held = {view.name: view.holder_purpose for view in connections if view.holder}
        under_way = work_now(work, now, {run.id: run.integration for run in running}, held)
        return Pulse(tuple(alive), under_way, tuple(troubles(schedules, now, alive)))

    def pace(self, integration: Integration) -> Pace:
        """The recommended pause between two automatic syncs of everything."""
        loads = [self._load(integration.connection(side)) for side in Side]
        seconds = [one for schedule in self._schedules.all(integration.name) for one in newest_seconds(schedule)]
        if not seconds:
            runs = [run for run in run_log.runs(self._store, integration.name, 20) if run.purpose is Purpose.SYNC]
            seconds = [(run.ended - run.started).total_seconds() for run in runs if run.ended is not None][:5]
        return recommend(loads, seconds)

    def _load(self, connection: str) -> Load:
        able = self._connections.connector(connection).capabilities
        rows = self._cache.count(connection, Kind.PRODUCTS)
        return Load(
            connection, rows, able.page_size, able.calls_per_write, able.rate_per_minute, able.batch_size,
            able.calls_per_record, able.record_share,
        )  # fmt: skip


def borrow_budgets(views: Sequence[ConnectionView], work: Sequence[Work]) -> tuple[ConnectionView, ...]:
    """The connections with the rate budgets of the process that works on them, which may be another one."""
    told: Mapping[str, ConnectionView] = {view.name: view for view in views}
    known = {name: budget for one in work if not one.silent for name, budget in one.budgets}
    return tuple(
        replace(view, budget=known[name]) if name in known and view.holder and not view.budget.requests else view
        for name, view in told.items()
    )
