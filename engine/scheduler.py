"""Automatic syncs: runs what is due, one run of an integration at a time, and raises an alarm for what needs a person.

The same loop runs in the background of an open console and in ``crosswalk watch``; slots are claimed in the store, so any
number of them may run. Nothing is ever forced: a guard that fires stops the run. No slot is lost unsaid: one that was not
run, or was cut short, is an alarm, also when the process that had claimed it is gone without a word.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import uuid
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from engine.account_work import AccountsRun
from engine.alarms import Alarms
from engine.changes import Plan, Purpose, Run, RunState
from engine.errors import Blocked, Busy, CrosswalkError, UnknownId
from engine.left_over import left_to_people, sentence
from engine.model import Field, Kind, Side
from engine.pace import too_slow
from engine.ports import Clock
from engine.schedule import Attempt, Due, Schedule, jitter, next_slot
from engine.schedules import Schedules, may_be_due

log = logging.getLogger(__name__)

#: How often the loop looks: schedules may be changed by another process at any time.
TICK = 5.0
#: How often it says that it lives; a console calls it dead after a minute.
BEAT = 15.0
#: After a longer sleep (of the machine) nobody is called dead yet: the others need a moment to wake up, too.
NAP = timedelta(seconds=30)
#: What an error's text names anew each time it happens.
_REQUEST = re.compile(r"\brequest [^\s,;)]+")


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

    async def plan_push(
        self, integration: str | None, ids: Collection[str] | None = None, *, unattended: bool = False
    ) -> Plan: ...

    async def sync(self, plan: Plan, *, allow: Collection[str] = (), trigger: str = "by hand") -> Run: ...

    async def keep_buyers_unattended(self, integration: str, trigger: str) -> AccountsRun: ...


@dataclass(slots=True)
class Scheduler:
    """Made by ``Workspace.scheduler()``; ``run`` it in a task and cancel that task to stop.

    ``name`` is for people; ``token`` tells this scheduler from every other one, also from one with the same process id.
    """

    syncs: Syncs
    schedules: Schedules
    alarms: Alarms
    clock: Clock
    name: str = field(default_factory=lambda: f"process {os.getpid()}")
    token: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    beaten: float = float("-inf")
    looked: datetime | None = None

    async def run(self) -> None:
        """Until cancelled. The batch in flight of a running sync is settled before this returns.

        A store that cannot be used for a while (full disk, busy) does not end the loop; its silence is noticed elsewhere.
        """
        try:
            while True:
                try:
                    self.turn()
                except CrosswalkError:
                    log.exception("the scheduler could not look for what is due; it tries again")
                await self.clock.sleep(TICK)
        finally:
            await self.stop()
            self.schedules.silence(self.token)

    def turn(self) -> list[Schedule]:
        """One look: say that we live, notice who does not, start what is due; returns the schedules that were started."""
        if self.clock.monotonic() - self.beaten >= BEAT:
            self.schedules.beat(self.token, self.name)
            self.beaten = self.clock.monotonic()
        now = self.clock.now()
        awake = self.looked is not None and now - self.looked <= NAP
        self.looked = now
        if awake:
            self.notice_dead()
        return self.start_due()

    def notice_dead(self) -> None:
        """Alarms for schedulers that died, and for the runs that died with them."""
        gone = self.schedules.forget_dead(self.token)
        if gone and any(schedule.enabled for schedule in self.schedules.all()):
            for name, heard in gone:
                text = f"the scheduler of {name} stopped without a word, last heard of at {heard:%Y-%m-%d %H:%M} UTC"
                self.alarms.raise_("", f"{text}; automatic syncs go on in {self.name}", "warning")
        for schedule in self.schedules.release_dead(self.token):
            self._say_cut_short(schedule)

    def start_due(self) -> list[Schedule]:
        """Claim and start everything that is due now; returns the schedules that were started."""
        started = []
        now = self.clock.now()
        for schedule in self.schedules.all():
            if not may_be_due(schedule, now - jitter(schedule)):
                continue
            found = self.schedules.claim(schedule.id, now - jitter(schedule), by=self.token)
            self._say_missed(schedule, found)
            if found.slot is None:
                continue
            task = asyncio.create_task(self.run_once(schedule), name=f"automatic {schedule.purpose} {schedule.id}")
            self.running[schedule.id] = task
            task.add_done_callback(partial(self._over, schedule.id))
            started.append(schedule)
        return started

    async def run_once(self, schedule: Schedule) -> None:
        """Plan and sync once; whatever goes wrong is recorded with the schedule and raised as an alarm."""
        began, at = self.clock.monotonic(), self.clock.now()

        def attempt(run: Run | None = None, *, good: bool = False, left: int = 0) -> Attempt:
            seconds = round(self.clock.monotonic() - began, 1)
            if run is None:
                return Attempt(at, seconds, good)
            return Attempt(at, seconds, good, run.totals.planned, run.totals.applied, run.id, left)

        try:
            if schedule.purpose is Purpose.ACCOUNTS:
                self._kept(schedule, await self._keep(schedule), attempt)
                return
            run, left = await self._sync(schedule)
        except Busy as error:
            self._skipped(schedule, str(error))
        except Blocked as error:
            self._failed(schedule, str(error), attempt(), ", ".join(error.guards))
        except CrosswalkError as error:
            self._failed(schedule, str(error), attempt())
        except asyncio.CancelledError:
            self._cut_short(schedule, attempt())
            raise
        except Exception:
            log.exception("automatic %s %s failed unexpectedly", schedule.purpose, schedule.id)
            self._failed(schedule, "an unexpected error; the details are in the log", attempt())
        else:
            self._judged(schedule, run, partial(attempt, left=left.total()))
            self._say_left(schedule, left)

    def _judged(self, schedule: Schedule, run: Run, attempt: Callable[..., Attempt], tail: str = "") -> None:
        totals = run.totals
        good = run.state is RunState.DONE and not (totals.rejected or totals.unverified)
        text = f"{run.state}: {totals.applied} written, {totals.stale} stale, {totals.rejected} rejected, {totals.blocked} blocked, {totals.unverified} unverified{tail}"
        if good:
            self._good(schedule, text, attempt(run, good=True))
        else:
            bad = f"{run.state}, {totals.rejected} rejected, {totals.unverified} unverified"
            self._failed(schedule, text, attempt(run), bad)

    async def _keep(self, schedule: Schedule) -> AccountsRun:
        return await self.syncs.keep_buyers_unattended(schedule.integration, f"schedule {schedule.id}")

    def _kept(self, schedule: Schedule, done: AccountsRun, attempt: Callable[..., Attempt]) -> None:
        """Who waits for a person is an alarm of its own, and no failure."""
        text = f"{len(done.linked)} linked, {len(done.waiting)} wait"
        if done.run is None:
            self._good(schedule, text, attempt(good=True))
        else:
            self._judged(schedule, done.run, attempt, f"; {text}")

    async def _sync(self, schedule: Schedule) -> tuple[Run, Counter[str]]:
        """The run, and the rows that it leaves to a person."""
        plan = await self._plan(schedule)
        if plan.guards:
            reasons = "; ".join(f"{hit.guard}: {hit.message}" for hit in plan.guards)
            by_hand = f"Look at it, then {schedule.purpose} by hand"
            raise Blocked(
                f"stopped by a guard, nothing was written: {reasons}. {by_hand}",
                tuple(hit.guard for hit in plan.guards),
            )
        return await self.syncs.sync(plan, trigger=f"schedule {schedule.id}"), left_to_people(plan)

    async def _plan(self, schedule: Schedule) -> Plan:
        if schedule.purpose is Purpose.PUSH:
            return await self.syncs.plan_push(schedule.integration, schedule.ids or None, unattended=True)
        return await self.syncs.plan(
            schedule.integration,
            kinds=schedule.kinds,
            fields=schedule.fields or None,
            ids=schedule.ids or None,
            overwrite=schedule.overwrite,
            unattended=True,
        )

    async def stop(self) -> None:
        """Cancel what runs and wait for it: the batch in flight is settled."""
        tasks = list(self.running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def next_fire(self, schedule: Schedule) -> str:
        """When it fires next, as ISO 8601 in UTC; empty while it is paused."""
        return next_fire(schedule).isoformat() if schedule.enabled else ""

    # ------------------------------------------------------------------------------------------------ inside
    def _over(self, schedule_id: str, _task: asyncio.Task[None]) -> None:
        self.running.pop(schedule_id, None)

    def _say_cut_short(self, schedule: Schedule) -> None:
        text = f"automatic {schedule.purpose} {schedule.id} was cut short: the program that ran it ended without a word"
        self.alarms.raise_(schedule.integration, f"{text}; it runs again at its next slot")

    def _say_missed(self, schedule: Schedule, found: Due) -> None:
        if found.cut_short:
            self._say_cut_short(schedule)
        if found.given_up is not None and not found.busy:
            text = f"automatic {schedule.purpose} {schedule.id} missed {found.missed} slot(s), the newest at {found.given_up:%Y-%m-%d %H:%M} UTC"
            self.alarms.raise_(schedule.integration, f"{text}; it runs again at its next slot", "warning")
        elif found.busy:
            text = f"automatic {schedule.purpose} {schedule.id} skipped {found.missed} slot(s), because a run of {schedule.integration} was still going on"
            self.alarms.raise_(schedule.integration, f"{text}; choose a longer pause", "warning")
        elif found.missed:
            text = f"automatic {schedule.purpose} {schedule.id} missed {found.missed} slot(s); one run now stands for all of them"
            self.alarms.raise_(schedule.integration, text, "warning")

    def _say_left(self, schedule: Schedule, left: Counter[str]) -> None:
        """Said when there are more than in the run before: those that wait already were said then."""
        before = next((one.left for one in reversed(schedule.recent) if one.run), 0)
        if left.total() > before:
            text = f"automatic {schedule.purpose} {schedule.id}: {sentence(left)}. See: crosswalk plan, or the Products tab"
            self.alarms.raise_(schedule.integration, text, "warning")

    def _good(self, schedule: Schedule, text: str, attempt: Attempt) -> None:
        self._ended(schedule, text, attempt)
        try:
            warning = too_slow(self.schedules.get(schedule.id))
        except UnknownId:  # removed while it ran
            return
        if warning:
            self.alarms.raise_(
                schedule.integration, f"automatic {schedule.purpose} {schedule.id}: {warning}", "warning"
            )

    def _failed(self, schedule: Schedule, reason: str, attempt: Attempt, bad: str = "") -> None:
        """``bad`` is what is wrong without what differs from run to run: an outage of a weekend is one alarm, not 200."""
        self._ended(schedule, f"failed: {reason}", attempt)
        who = f"automatic {schedule.purpose} {schedule.id}"
        trouble = f"{who}: {bad or _REQUEST.sub('', reason)}"
        self.alarms.raise_(schedule.integration, f"{who}: {reason}", trouble=trouble, goes_on=schedule.failing)

    def _cut_short(self, schedule: Schedule, attempt: Attempt) -> None:
        self._ended(schedule, "cut short: the program was closed", attempt)
        text = f"automatic {schedule.purpose} {schedule.id} was cut short: the program was closed; it runs again at its next slot"
        self.alarms.raise_(schedule.integration, text, "warning")

    def _skipped(self, schedule: Schedule, reason: str) -> None:
        try:
            self.schedules.skip(schedule.id, f"skipped: {reason}")
        except UnknownId:
            log.warning("schedule %s was removed while it waited", schedule.id)
        text = f"automatic {schedule.purpose} {schedule.id} skipped 1 slot(s), because another program was at work"
        self.alarms.raise_(schedule.integration, f"{text}; it runs again at its next slot", "warning")

    def _ended(self, schedule: Schedule, result: str, attempt: Attempt) -> None:
        try:
            self.schedules.ended(schedule.id, result, attempt)
        except UnknownId:
            log.warning("schedule %s was removed while it ran; %s", schedule.id, result)


def next_fire(schedule: Schedule) -> datetime:
    """When a schedule fires next, its jitter included; in the past where a slot passed unused."""
    return next_slot(schedule, schedule.last_slot or schedule.since) + jitter(schedule)
