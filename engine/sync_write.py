"""Writing changes: journal, send, read back, commit.

A chunk of records is one unit: its intents are durable before its first request, and its outcomes, baselines, history
and the end of its intents are one transaction after its last. A crash in between is settled by ``engine.recovery``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.changes import Change
from engine.errors import ConnectorError
from engine.events import OutcomeRecorded, RowsChanged
from engine.journal import Journal
from engine.model import Kind, Record, Side, utc_text
from engine.ports import RecordWrite, Result, WriteOutcome
from engine.sync_context import SyncContext
from engine.sync_control import Control, Progress
from engine.sync_orders import OrderWatch
from engine.sync_targets import Target, intent, targets
from engine.sync_verify import Answers, Verdicts, Verifier
from engine.verdict import Settled

CHUNK = 25  # records that are journalled, and read back, together; a whole batch where the system takes larger ones


class Writer:
    """Writes the changes of one run, in the plan's order, as far as ``control`` lets it."""

    def __init__(self, context: SyncContext, journal: Journal, control: Control, progress: Progress) -> None:
        self._context, self._journal, self._control, self._progress = context, journal, control, progress
        self._slots = {side: asyncio.Semaphore(max(1, context.capabilities(side).concurrency)) for side in Side}
        self._orders = OrderWatch(context, control)
        self._verifier = Verifier(context, journal.run_id, control, self._ask, self._read)

    async def write(self, changes: Iterable[Change]) -> None:
        """Until all are settled or the run is stopped; what was not sent then has no outcome yet."""
        running: set[asyncio.Task[None]] = set()
        try:
            sizes = {side: max(CHUNK, self._context.capabilities(side).batch_size) for side in Side}
            for chunk in _chunks(targets(changes), sizes):
                if self._control.stopped():
                    break
                running.add(asyncio.create_task(self._chunk(chunk)))
                # With several writes in flight: one chunk being read back, one being written, and one waiting in the
                # queue, so that no slot is idle while another chunk is journalled.
                deep = 3 if self._context.capabilities(chunk[0].side).concurrency > 1 else 1
                while len(running) >= deep:
                    running = await _first_done(running)
            while running:
                running = await _first_done(running)
        except BaseException:
            for task in running:
                task.cancel()
            raise

    async def _chunk(self, chunk: Sequence[Target]) -> None:
        side = chunk[0].side
        try:
            chunk, stale = await self._orders.before(chunk)
        except ConnectorError as error:
            self._control.fail(error)  # what cannot be looked at is not written
            return
        if stale:
            for outcome in self._journal.settle(stale, []):
                self._context.events.publish(OutcomeRecorded(outcome))
            self._progress.advance(len(stale))
        if not chunk:
            return
        place = (self._journal.run_id, self._context.integration, self._context.connections[side])
        now = utc_text(self._context.clock.now())
        intents = self._journal.open([intent(target, *place, now) for target in chunk])
        answers = await self._send(side, chunk)
        verdicts, records = await self._verifier.settle(side, chunk, answers)
        verdicts = await self._orders.after(side, chunk, verdicts)
        self._commit(chunk, intents, verdicts, records)

    def _commit(
        self, chunk: Sequence[Target], intents: Sequence[int], verdicts: Sequence[Verdicts], records: dict[str, Record]
    ) -> None:
        settled: list[Settled] = []
        ended: list[int] = []
        for target, doc_id, fates in zip(chunk, intents, verdicts, strict=True):
            settled += [(change, fates[change.field]) for change in target.changes]
            if not any(fate.provisional for fate in fates.values()):
                ended.append(doc_id)
        outcomes = self._journal.settle(settled, ended)
        self._context.cache.put(self._context.connections[chunk[0].side], chunk[0].kind, records.values())
        for outcome in outcomes:
            self._context.events.publish(OutcomeRecorded(outcome))
        for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
            self._context.events.publish(RowsChanged(self._context.integration, kind))

    # ------------------------------------------------------------------------------------------------ sending
    async def _send(self, side: Side, chunk: Sequence[Target]) -> list[Answers]:
        """The answers for every target, in the chunk's order."""
        writes = [target.request(self._journal.run_id, self._context.settings.currency) for target in chunk]
        able = self._context.capabilities(side)
        size = max(1, able.batch_size)
        batches = [writes[start : start + size] for start in range(0, len(writes), size)]
        if able.concurrency > 1:
            answered = await asyncio.gather(*(self._batch(side, batch) for batch in batches))
        else:
            answered = [await self._batch(side, batch) for batch in batches]
        return [answer for batch in answered for answer in batch]

    async def _batch(self, side: Side, writes: Sequence[RecordWrite]) -> list[Answers]:
        async with self._slots[side]:
            # Asked when its turn has come, not when it queued up: a cancel waits for what is in flight only.
            if self._control.stopped():
                return [_all(write, Result.NOT_SENT, self._control.message) for write in writes]
            answers = await self._answers(side, writes)
        self._progress.advance(sum(len(write.fields) for write in writes))
        return answers

    async def _ask(self, side: Side, writes: Sequence[RecordWrite]) -> list[Answers]:
        """A write that must be settled, stopped or not."""
        async with self._slots[side]:
            return await self._answers(side, writes)

    async def _answers(self, side: Side, writes: Sequence[RecordWrite]) -> list[Answers]:
        """The connector's answers; an error becomes the answer of every field, a missing answer is unknown."""
        try:
            outcomes = await self._context.connectors[side].write(writes)
        except Exception as error:  # noqa: BLE001 - a connector's own fault too is an outcome
            got = self._control.trouble(error)
            return [_all(write, got.result, got.message, got.code, got.request_id) for write in writes]
        self._control.answered(refused=False)
        by_field = {(one.key, one.field): one for one in outcomes}
        silent = "the connector gave no answer"
        return [
            {
                one.field: by_field.get((write.key, one.field))
                or WriteOutcome(write.key, one.field, Result.UNKNOWN, silent)
                for one in write.fields
            }
            for write in writes
        ]

    async def _read(self, side: Side, chunk: Sequence[Target]) -> dict[str, Record]:
        async with self._slots[side]:
            return await self._context.connectors[side].read_some(chunk[0].kind, [target.id for target in chunk])


def _all(write: RecordWrite, result: Result, message: str, code: str = "", request_id: str = "") -> Answers:
    return {one.field: WriteOutcome(write.key, one.field, result, message, code, request_id) for one in write.fields}


def _chunks(found: Sequence[Target], sizes: Mapping[Side, int]) -> Iterator[list[Target]]:
    """So many targets of one side and kind; the plan's order is kept within each."""
    groups: dict[tuple[Side, Kind], list[Target]] = {}
    for target in found:
        groups.setdefault((target.side, target.kind), []).append(target)
    for (side, _), group in groups.items():
        for start in range(0, len(group), sizes[side]):
            yield group[start : start + sizes[side]]


async def _first_done(running: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    done, pending = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    return pending
