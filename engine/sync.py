"""Applying a plan: recovery first, guards, then every change journalled, written, read back and committed.

The one entrance is ``Runner``. A run that was cut short in any way can be resumed; a run that is over has an outcome for
every row and field, and its totals are counted from them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence

from tinydb import where

from engine.adoption import adopt as adopt_baselines
from engine.baselines import Save
from engine.changes import Change, Item, Plan, Run, RunState
from engine.creation import Creator, placed
from engine.errors import Blocked, StalePlan, UsageError
from engine.events import OutcomeRecorded, RunEnded, RunStarted
from engine.journal import Journal
from engine.model import Field, Kind, Side
from engine.plan import fingerprint
from engine.ports import Result
from engine.push_write import Pusher
from engine.recovery import needs_recovery, recover
from engine.run_log import plan as plan_of
from engine.run_log import run as run_of
from engine.sync_context import SyncContext
from engine.sync_control import Control, Progress
from engine.sync_write import Writer
from engine.text_write import TextWriter
from engine.verdict import Settled, Verdict

log = logging.getLogger(__name__)

#: Rows that moved since a run was planned, with what moved (``engine.plan.moved_rows``).
Moved = Mapping[tuple[Kind, str, Field], str]


class Runner:
    """Runs the plans of one integration. The caller holds the locks of both its connections."""

    def __init__(self, context: SyncContext) -> None:
        self._context = context

    async def run(
        self, plan: Plan, *, allow: Collection[str] = (), trigger: str = "by hand", adopt: Sequence[Save] = ()
    ) -> Run:
        """Apply a plan. ``adopt`` are baselines to store with it if it ends well (``engine.adoption.adoptions``).

        Raises ``Blocked`` for a guard that fired and is not in ``allow``, ``StalePlan`` when the settings or mappings the
        plan saw have changed; then nothing was written. Cancelling the task settles the batch in flight first.
        """
        self._check(plan, allow)
        await self._recover_first()
        journal = Journal.create(self._context, plan, allow, trigger)
        self._context.events.publish(RunStarted(journal.run()))
        return await self._protected(journal, plan, {}, adopt)

    async def resume(self, run_id: str, *, moved: Moved | None = None) -> Run:
        """Send what a cancelled, interrupted or failed run has not sent. ``moved`` rows are stale and left alone.

        Raises ``UnknownId``, ``UsageError`` for a run that is over, ``StalePlan`` if the settings have changed since.
        """
        await self._recover_first()
        found = run_of(self._context.store, run_id)
        if found.state is RunState.RUNNING or (found.state is RunState.DONE and not found.totals.not_sent):
            raise UsageError(f"run {run_id} is {found.state}; only what a run has not sent can be resumed")
        plan = plan_of(self._context.store, run_id)
        if plan.fingerprint != fingerprint(plan, self._context.settings):
            raise StalePlan(f"the settings have changed since run {run_id} was planned; nothing was written, plan anew")
        journal = Journal(self._context, run_id)
        journal.restart()
        self._context.events.publish(RunStarted(journal.run()))
        return await self._protected(journal, plan, moved or {}, ())

    # ------------------------------------------------------------------------------------------------ before
    def _check(self, plan: Plan, allow: Collection[str]) -> None:
        if plan.lineage != self._context.lineage or plan.integration != self._context.integration:
            raise StalePlan("this plan was made for another workspace or integration; nothing was written")
        if plan.fingerprint != fingerprint(plan, self._context.settings):
            raise StalePlan(
                f"the settings of {plan.integration} have changed since this plan was made (or it was edited); "
                "nothing was written. Make a new plan"
            )
        fired = [hit for hit in plan.guards if hit.guard not in allow]
        if fired:
            reasons = "; ".join(f"{hit.guard}: {hit.message}" for hit in fired)
            raise Blocked(f"nothing was written: {reasons}", tuple(hit.guard for hit in fired))
        docs = self._context.store.table("mappings").search(where("integration") == plan.integration)
        mapped = {(doc["kind"], doc["storefront_id"]): doc["backoffice_id"] for doc in docs}
        links = [
            (change.kind, change.storefront_id, change.backoffice_id, change.name)
            for change in plan.sending
            if not change.follows  # else its record is made, and mapped, by this plan
        ]
        links += [(one.kind, one.storefront_id, one.backoffice_id, one.name) for one in plan.texts if one.sends]
        for kind, storefront_id, backoffice_id, name in links:
            if mapped.get((kind.value, storefront_id)) != backoffice_id:
                raise StalePlan(
                    f"{name} ({storefront_id}) is mapped differently since this plan was made; "
                    "nothing was written. Make a new plan"
                )

    async def _recover_first(self) -> None:
        if self._context.integration in needs_recovery(self._context.store):
            recovered = await recover(self._context)
            if recovered.error is not None:
                raise recovered.error

    # ------------------------------------------------------------------------------------------------ the run itself
    async def _protected(self, journal: Journal, plan: Plan, moved: Moved, adopt: Sequence[Save]) -> Run:
        """Closing the program (cancelling this task) lets the batch in flight settle; a second time it does not."""
        control = Control(journal)
        work = asyncio.ensure_future(self._work(journal, control, plan, moved, adopt))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            if not work.done():
                control.interrupt()
                await _let_it_end(work)
            raise

    def _without_moved(self, journal: Journal, changes: list[Change], moved: Moved) -> list[Change]:
        """Record moved rows, and rows that share a write with one, as stale; the others remain."""
        whys = {
            _shared(change): moved[key]
            for change in changes
            if (key := (change.kind, change.storefront_id, change.field)) in moved
        }
        if not whys:
            return changes
        stale: list[Settled] = [
            (change, Verdict(Result.STALE, f"{whys[_shared(change)]} since the run was planned; nothing was written"))
            for change in changes
            if _shared(change) in whys
        ]
        for outcome in journal.settle(stale, []):
            self._context.events.publish(OutcomeRecorded(outcome))
        return [change for change in changes if _shared(change) not in whys]

    async def _work(self, journal: Journal, control: Control, plan: Plan, moved: Moved, adopt: Sequence[Save]) -> Run:
        calls = self._context.requests()
        changes = [change for change in plan.sending if _open(journal, change)]
        creations = [one for one in plan.creations if not one.blocked and _open(journal, one)]
        changes = self._without_moved(journal, changes, moved)
        pushes = [one for one in plan.pushes if one.sends and _open(journal, one)]
        texts = [one for one in plan.texts if one.sends and _open(journal, one)]
        total = len(changes) + len(creations) + len(pushes) + len(texts)
        progress = Progress(journal, self._context, total)
        writer = Writer(self._context, journal, control, progress)
        await writer.write([change for change in changes if not change.follows])
        await Creator(self._context, journal, control, progress).create(creations)
        await self._follow(journal, writer, plan, [change for change in changes if change.follows])
        await Pusher(self._context, journal, control, progress).push(pushes)
        await TextWriter(self._context, journal, control, progress).write(texts)
        items: list[Item] = [*changes, *creations, *pushes, *texts]
        rest: list[Settled] = [
            (item, Verdict(Result.NOT_SENT, control.message)) for item in items if journal.recorded(item) is None
        ]
        state = control.state
        if state is RunState.CANCELLED and not any(_open(journal, item) for item in items):
            state, control.message = RunState.DONE, ""  # the cancel came too late to stop anything
        run = journal.finish(state, control.message, rest, self._context.requests() - calls)
        if state is RunState.DONE and adopt:
            adopt_baselines(self._context, adopt, run.id)
        self._context.events.publish(RunEnded(run))
        return run

    async def _follow(self, journal: Journal, writer: Writer, plan: Plan, changes: list[Change]) -> None:
        """Write what goes into the records that were just made."""
        ready, lost = placed(self._context, journal, plan.creations, changes)
        for outcome in journal.settle(lost, []) if lost else ():
            self._context.events.publish(OutcomeRecorded(outcome))
        await writer.write(ready)


def _open(journal: Journal, item: Item) -> bool:
    """Whether an item is still to be sent: it has no outcome, or that of not having been sent."""
    return journal.recorded(item) in {None, Result.NOT_SENT}


def _shared(change: Change) -> tuple[Side, Kind, str, Field]:
    """What changes that make one write have in common."""
    kind = change.kind.counterpart if change.target is Side.BACKOFFICE else change.kind
    return (change.target, kind, change.target_id, change.field)


async def _let_it_end(work: asyncio.Future[Run]) -> None:
    """Wait for the batch in flight to settle; cancelled again, give it up (recovery settles it at the next start)."""
    try:
        await asyncio.wait([work])
    except asyncio.CancelledError:
        work.cancel()
        raise
    if (error := work.exception()) is not None:
        log.error("the run could not be ended while the program was closing; it is recovered next time", exc_info=error)
