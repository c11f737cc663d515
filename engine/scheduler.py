"""Automatic syncs: runs what is due, one run of an integration at a time, and raises an alarm for what needs a person.

The same loop runs in the background of an open console and in ``crosswalk watch``; slots are claimed in the store, so any
number of them may run. Nothing is ever forced: a guard that fires stops the run.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from engine.alarms import Alarms
from engine.changes import Plan, Run, RunState
from engine.errors import Busy, CrosswalkError, UsageError
from engine.model import Field, Kind, Side
from engine.ports import Clock
from engine.schedule import Schedule, jitter, next_slot
from engine.schedules import Schedules

log = logging.getLogger(__name__)

#: How often the loop looks: schedules may be changed by another process at any time.
TICK = 5.0
#: How often it says that it lives; a console calls it dead after a minute.
BEAT = 15.0


class Syncs(Protocol):
    """What the scheduler asks of the workspace."""

    async def plan(
        self,
        integration: str | None,
        *,
        kinds: Collection[Kind],
        fields: Collection[Field] | None,
        ids: Collection[str] | None,
        overwrite: Side | None,
        unattended: bool,
    ) -> Plan: ...

    async def sync(self, plan: Plan, *, allow: Collection[str] = (), trigger: str = "by hand") -> Run: ...


@dataclass(slots=True)
class Scheduler:
    """Made by ``Workspace.scheduler()``; ``run`` it in a task and cancel that task to stop."""

    syncs: Syncs
    schedules: Schedules
    alarms: Alarms
    clock: Clock
    name: str = field(default_factory=lambda: f"process {os.getpid()}")
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled. The batch in flight of a running sync is settled before this returns."""
        beaten = float("-inf")
        try:
            while True:
                if self.clock.monotonic() - beaten >= BEAT:
                    self.schedules.beat(self.name)
                    beaten = self.clock.monotonic()
                self.start_due()
                await self.clock.sleep(TICK)
        finally:
            await self.stop()
            self.schedules.silence(self.name)

    def start_due(self) -> list[Schedule]:
        """Claim and start everything that is due now; returns the schedules that were started."""
        started = []
        now = self.clock.now()
        for schedule in self.schedules.all():
            found = self.schedules.claim(schedule.id, now - jitter(schedule))
            if found.given_up is not None:
                text = f"automatic sync {schedule.id} missed {found.missed} slot(s), the newest at {found.given_up:%Y-%m-%d %H:%M} UTC"
                self.alarms.raise_(schedule.integration, f"{text}; it runs again at its next slot", "warning")
            if found.slot is None:
                continue
            if schedule.integration in self.running:
                self.schedules.skip(schedule.id, "skipped: the run before was still going on")
                continue
            if found.missed:
                text = f"automatic sync {schedule.id} missed {found.missed} slot(s); one run now stands for all of them"
                self.alarms.raise_(schedule.integration, text, "warning")
            task = asyncio.create_task(self.run_once(schedule), name=f"automatic sync {schedule.id}")
            self.running[schedule.integration] = task
            task.add_done_callback(lambda _, name=schedule.integration: self.running.pop(name, None))  # type: ignore[misc]
            started.append(schedule)
        return started

    async def run_once(self, schedule: Schedule) -> None:
        """Plan and sync once; whatever goes wrong is recorded with the schedule and raised as an alarm."""
        try:
            plan = await self.syncs.plan(
                schedule.integration,
                kinds=schedule.kinds,
                fields=schedule.fields or None,
                ids=schedule.ids or None,
                overwrite=schedule.overwrite,
                unattended=True,
            )
            if plan.guards:
                reasons = "; ".join(f"{hit.guard}: {hit.message}" for hit in plan.guards)
                raise UsageError(f"stopped by a guard, nothing was written: {reasons}. Look at it, then sync by hand")
            run = await self.syncs.sync(plan, trigger=f"schedule {schedule.id}")
        except Busy as error:
            self.schedules.skip(schedule.id, f"skipped: {error}")
            return
        except CrosswalkError as error:
            self._failed(schedule, str(error), "")
            return
        except asyncio.CancelledError:
            self.schedules.ended(schedule.id, "cut short: the program was closed", "", good=False)
            raise
        except Exception:
            log.exception("automatic sync %s failed unexpectedly", schedule.id)
            self._failed(schedule, "an unexpected error; the details are in the log", "")
            return
        totals = run.totals
        good = run.state is RunState.DONE and not (totals.rejected or totals.unverified)
        text = f"{run.state}: {totals.applied} written, {totals.stale} stale, {totals.rejected} rejected, {totals.blocked} blocked, {totals.unverified} unverified"
        if good:
            self.schedules.ended(schedule.id, text, run.id, good=True)
        else:
            self._failed(schedule, text, run.id)

    async def stop(self) -> None:
        """Cancel what runs and wait for it: the batch in flight is settled."""
        tasks = list(self.running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def next_fire(self, schedule: Schedule) -> str:
        """When it fires next, as ISO 8601 in UTC; empty while it is paused."""
        if not schedule.enabled:
            return ""
        return (next_slot(schedule, schedule.last_slot or self.clock.now()) + jitter(schedule)).isoformat()

    def _failed(self, schedule: Schedule, reason: str, run: str) -> None:
        self.schedules.ended(schedule.id, f"failed: {reason}", run, good=False)
        self.alarms.raise_(schedule.integration, f"automatic sync {schedule.id}: {reason}")


def overdue(schedules: Sequence[Schedule], clock: Clock, alive: Collection[str]) -> list[str]:
    """What a monitor should say: no scheduler runs although schedules wait, or a schedule's slot passed unused."""
    waiting = [schedule for schedule in schedules if schedule.enabled]
    if not waiting:
        return []
    problems = []
    if not alive:
        problems.append("no scheduler is running: leave a console open or start `crosswalk watch`")
    for schedule in waiting:
        fires = next_slot(schedule, schedule.last_slot or schedule.since) + jitter(schedule)
        late = clock.now() - fires
        if late > timedelta(minutes=2):
            problems.append(f"schedule {schedule.id} of {schedule.integration} should have run {late} ago")
        if schedule.last_result.startswith("failed"):
            problems.append(f"schedule {schedule.id} of {schedule.integration} {schedule.last_result}")
    return problems
