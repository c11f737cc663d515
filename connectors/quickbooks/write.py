"""Writing items: read them fresh, compare, merge; the items' own fields in one batch, then the adjustments.

QuickBooks compares the SyncToken, so a field that somebody changed in between is met as 5010 and looked at again: a moved
value is stale, an untouched one is written once more with the new token. The token is assumed not to guard a quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from connectors.http import FAILED_WRITE, each, fate
from connectors.quickbooks.accounts import Accounts
from connectors.quickbooks.adjust import Adjuster
from connectors.quickbooks.api import Api, Row
from connectors.quickbooks.counting import StockWatch
from connectors.quickbooks.faults import STALE
from connectors.quickbooks.merge import Merge, body, merge
from connectors.quickbooks.sending import Sent, made, request_id, send, spelled
from connectors.quickbooks.settings import QuantityBy
from engine.errors import ConnectorError
from engine.model import Field, Kind
from engine.ports import RecordWrite, Result, WriteOutcome

ITEM = "Item"
INCOMPLETE = "incomplete"  # our own code: a setting is missing, nothing was asked of QuickBooks


@dataclass(slots=True)
class Job:
    """One record's write on its way: the row it was compared with, what is to be sent, and what is known."""

    write: RecordWrite
    row: Row
    plan: Merge
    outcomes: dict[Field, WriteOutcome] = field(default_factory=dict)

    def settle(self, sent: Sent, *fields: Field, id: str = "") -> None:
        for one in fields:
            self.outcomes[one] = WriteOutcome(
                self.write.key, one, sent.result, sent.message, sent.code, sent.request_id, id=id
            )

    def take(self, plan: Merge) -> None:
        """Take over a (new) comparison: what it settled, and nothing else to send when a field moved."""
        self.plan = plan
        for one, (result, message, found) in plan.settled.items():
            self.outcomes[one] = WriteOutcome(self.write.key, one, result, message, found=found)
        if plan.stale:
            self.settle(Sent(Result.NOT_SENT, "not sent: another field of this item moved"), *self.open)
            plan.columns, plan.by_item, plan.difference = {}, [], None

    @property
    def open(self) -> list[Field]:
        return [one.field for one in self.write.fields if one.field not in self.outcomes]


class ItemWriter:
    """Writes items of one connection. The day of ``now`` here is that of an adjustment by the item's own number."""

    def __init__(self, api: Api, accounts: Accounts, now: Callable[[], datetime]) -> None:
        self._api, self._now = api, now
        self._by = api.settings.quantity_by
        self.adjuster = Adjuster(api, accounts)

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """One outcome per field, in order. Raises only when nothing of it was sent."""
        watch = StockWatch(self._api, self._now) if self._may_lose(writes) else None
        if watch is not None:
            await watch.begin()
        rows = await self._api.some(ITEM, [write.id for write in writes if write.kind is Kind.PRODUCTS])
        counting = [write for write in writes if any(one.field is Field.QUANTITY for one in write.fields)]
        adjusted = await self.adjuster.made(counting) if counting and self._by is QuantityBy.ADJUSTMENT else {}
        jobs = [self._job(write, rows.get(write.id), adjusted.get(write.key)) for write in writes]
        account = ("", "")
        if any(job.plan.difference is not None for job in jobs):
            account = await self.adjuster.account()
        await self._items([job for job in jobs if job.plan.columns])
        if watch is not None:
            await self._doubt(jobs, watch)
        await self._adjustments([job for job in jobs if job.plan.difference is not None], *account, jobs)
        return [job.outcomes[one.field] for job in jobs for one in job.write.fields]

    def _job(self, write: RecordWrite, row: Row | None, adjusted: Sent | None) -> Job:
        job = Job(write, row or {}, Merge())
        if row is None:
            why = f"item {write.name} ({write.id}) is not in QuickBooks any more; nothing was written"
            job.settle(Sent(Result.REJECTED, why, "610"), *job.open)
            return job
        if adjusted is not None:  # what is left of this write is compared without the quantity it moved itself
            job.settle(adjusted, Field.QUANTITY, id=adjusted.id)
        job.take(self._merge(job))
        return job

    def _merge(self, job: Job) -> Merge:
        """The fields that are not settled yet, compared with the row."""
        left = replace(job.write, fields=tuple(one for one in job.write.fields if one.field in job.open))
        try:
            return merge(job.row, left, self._by, self._now().astimezone().date())
        except ValueError as error:
            raise self._api.client.protocol_error(f"item {left.id} cannot be read: {error}") from None

    # ------------------------------------------------------------------------------------------------ the items' fields
    async def _items(self, jobs: Sequence[Job]) -> None:
        """All in one batch; what met a stale token is looked at again, one by one."""
        if not jobs:
            return
        for job, sent in zip(jobs, await self._send(jobs), strict=True):
            if sent.code != STALE:
                job.settle(sent, *job.plan.by_item)
                continue
            try:
                await self._again(job, sent)
            except ConnectorError as error:  # the batch was sent: what is known of it must not be lost with this error
                job.settle(Sent(Result.NOT_SENT, str(error), error.code, error.request_id), *job.plan.by_item)

    async def _send(self, jobs: Sequence[Job]) -> list[Sent]:
        bodies = [body(job.row, job.plan.columns) for job in jobs]
        if len(jobs) == 1:
            return [await send(self._api, ITEM, bodies[0], request_id(jobs[0].write.key, spelled(bodies[0])))]
        entries = [{"bId": str(at), "operation": "update", ITEM: one} for at, one in enumerate(bodies)]
        one_request = request_id(*(job.write.key for job in jobs), *(spelled(entry) for entry in entries))
        try:
            answers, request = await self._api.batch(entries, one_request)
        except FAILED_WRITE as error:
            return [Sent(*fate(error))] * len(jobs)
        return [made(ITEM, answers.get(str(at)), request) for at in range(len(jobs))]

    async def _again(self, job: Job, stale: Sent) -> None:
        """After 5010: read by id, compare, and write once more when the fields we write are as they were."""
        row = await self._api.record(ITEM, job.write.id)
        if row is None:
            job.settle(Sent(Result.REJECTED, stale.message, "610", stale.request_id), *job.plan.by_item)
            return
        job.row = row
        job.take(self._merge(job))
        if job.plan.columns:
            content = body(row, job.plan.columns)
            sent = await send(self._api, ITEM, content, request_id(job.write.key, spelled(content)))
            if sent.code == STALE:
                sent = Sent(Result.STALE, sent.message, sent.code, sent.request_id)
            job.settle(sent, *job.plan.by_item)

    def _may_lose(self, writes: Sequence[RecordWrite]) -> bool:
        """Whether quantities are written as plain numbers, over which a sale could be lost."""
        counting = any(one.field is Field.QUANTITY for write in writes for one in write.fields)
        return counting and self._by is QuantityBy.ITEM

    async def _doubt(self, jobs: Sequence[Job], watch: StockWatch) -> None:
        """Mark the quantities that were (or may have been) written while a transaction moved the same stock."""
        sent = [job for job in jobs if Field.QUANTITY in job.plan.by_item]
        if not sent:
            return
        why_of = await watch.doubts()
        for job in sent:
            outcome = job.outcomes[Field.QUANTITY]
            if outcome.result in {Result.APPLIED, Result.UNKNOWN}:
                job.outcomes[Field.QUANTITY] = replace(outcome, doubt=why_of(job.write.id))

    # ------------------------------------------------------------------------------------------------ adjustments
    async def _adjustments(self, jobs: Sequence[Job], account: str, problem: str, every: Sequence[Job]) -> None:
        sent_before = [job for job in every if job.plan.by_item]
        failures: list[ConnectorError] = []
        reached = bool(sent_before)

        async def one(job: Job) -> None:
            nonlocal reached
            if job.plan.difference is None:
                return
            if any(job.outcomes[other].result is not Result.APPLIED for other in job.plan.by_item):
                why = "not sent: the change of the item before it was not confirmed"
                job.settle(Sent(Result.NOT_SENT, why), Field.QUANTITY)
                return
            if failures:
                error = failures[0]
                job.settle(Sent(Result.NOT_SENT, str(error), error.code, error.request_id), Field.QUANTITY)
                return
            try:
                sent = await self._adjust(job, job.plan.difference, account, problem)
            except ConnectorError as error:
                failures.append(error)
                job.settle(Sent(Result.NOT_SENT, str(error), error.code, error.request_id), Field.QUANTITY)
                return
            reached = reached or sent.code != INCOMPLETE
            job.settle(sent, Field.QUANTITY, id=sent.id)

        await each(jobs, one)
        if failures and not reached:
            raise failures[0]

    async def _adjust(self, job: Job, difference: Decimal, account: str, problem: str) -> Sent:
        """Take our own adjustment back where this undoes one, else make one. Raises when certainly nothing was done."""
        (ours,) = (one.takes_back for one in job.write.fields if one.field is Field.QUANTITY)
        back = await self.adjuster.take_back(ours, job.row, difference) if ours else None
        if back is not None:
            return back
        if problem:
            return Sent(Result.REJECTED, f"{job.write.name}: {problem}; not written", INCOMPLETE)
        return await self.adjuster.adjust(job.write, job.row, difference, account)
