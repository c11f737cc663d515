"""Writing prices and SKUs: read fresh, compare, then collections of 200; each record's own answer counts.

A price is the UnitPrice of the product's entry in the synced book. Where there is no entry one is made, and the standard
price before it: Salesforce takes no other price of a product without one. Names and descriptions are never part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.salesforce.api import Api, Row
from connectors.salesforce.merge import Merge, merge
from connectors.salesforce.meta import CURRENCY, ENTRY, PRODUCT, Meta
from connectors.salesforce.reading import Reader
from connectors.salesforce.sending import Sent, raise_if_nothing_sent, record, store
from engine.errors import ConnectorError
from engine.model import Field, Kind
from engine.ports import RecordWrite, Result, WriteOutcome

_COMPARED = ("ProductCode", "IsActive", "IsArchived")


@dataclass(slots=True)
class Job:
    """One record's write on its way: what is to be sent, and what is known of each field."""

    write: RecordWrite
    plan: Merge
    outcomes: dict[Field, WriteOutcome] = field(default_factory=dict)

    def settle(self, what: Field, sent: Sent) -> None:
        self.outcomes[what] = WriteOutcome(self.write.key, what, sent.result, sent.message, sent.code, sent.request_id)

    def take(self, plan: Merge) -> None:
        """Take over a comparison: what it settled, and nothing to send when a field moved."""
        self.plan = plan
        for one, (result, message, found) in plan.settled.items():
            self.outcomes[one] = WriteOutcome(self.write.key, one, result, message, found=found)
        if plan.stale:
            for one in [change.field for change in self.write.fields if change.field not in self.outcomes]:
                self.settle(one, Sent(Result.NOT_SENT, "not sent: another field of this product moved"))
            plan.price = plan.code = None


class PriceWriter:
    """Writes prices and SKUs of one org."""

    def __init__(self, api: Api, meta: Meta, reader: Reader) -> None:
        self._api, self._meta, self._reader = api, meta, reader

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """One outcome per field, in order. Raises only when nothing of it was sent."""
        plans = await self._plans(writes)
        jobs = []
        for one, plan in zip(writes, plans, strict=True):
            job = Job(one, Merge())
            job.take(plan)
            jobs.append(job)
        sent = await self._prices([job for job in jobs if job.plan.price is not None])
        sent += await self._codes([job for job in jobs if job.plan.code is not None], sent)
        if not any(outcome.result is not Result.NOT_SENT for job in jobs for outcome in job.outcomes.values()):
            raise_if_nothing_sent(sent)
        return [job.outcomes[change.field] for job in jobs for change in job.write.fields]

    async def _plans(self, writes: Sequence[RecordWrite]) -> list[Merge]:
        """Every write compared with the product as it is this moment."""
        ids = [one.id for one in writes if one.kind is Kind.PRODUCTS]
        described = await self._meta.of(PRODUCT)
        rows = await self._reader.product_rows(ids, fields=described.only(_COMPARED))
        entries = await self._reader.entries_of(list(rows))
        try:
            return [merge(rows.get(one.id), entries.get(one.id, []), one) for one in writes]
        except ValueError as error:
            raise self._api.error(f"a price cannot be read: {error}") from None

    # ------------------------------------------------------------------------------------------------ prices
    async def _prices(self, jobs: Sequence[Job]) -> list[Sent]:
        updated = [job for job in jobs if job.plan.entry]
        created = [job for job in jobs if not job.plan.entry]
        by_entry = {job.plan.entry: job for job in updated}

        async def still(locked: Sequence[Row]) -> list[Sent | None]:
            return await self._look([by_entry[str(row["id"])] for row in locked], Field.PRICE)

        rows = [record(ENTRY, {"UnitPrice": job.plan.price}, job.plan.entry) for job in updated]
        sent = await store(self._api, "PATCH", rows, still=still) if rows else []
        for job, one in zip(updated, sent, strict=True):
            job.settle(Field.PRICE, one)
        if created and any(one.error is not None for one in sent):
            made = [next(one for one in sent if one.error is not None)] * len(created)
        else:
            made = await self._entries(created) if created else []
        for job, one in zip(created, made, strict=True):
            job.settle(Field.PRICE, one)
        return sent + made

    async def _entries(self, jobs: Sequence[Job]) -> list[Sent]:
        """New entries in the synced book, standard prices first where there are none."""
        try:
            book, standard = await self._meta.book(), await self._meta.standard()
            several = await self._meta.multicurrency()
            known = await self._reader.entries_of([job.write.id for job in jobs], every_book=True)
        except ConnectorError as error:
            return [Sent(Result.NOT_SENT, str(error), error.code, error.request_id, error=error)] * len(jobs)

        def row(job: Job, book_id: str) -> Row:
            currency = {CURRENCY: job.plan.currency} if several and job.plan.currency else {}
            fields = {
                "Pricebook2Id": book_id,
                "Product2Id": job.write.id,
                "UnitPrice": job.plan.price,
                "IsActive": True,
            }
            return record(ENTRY, {**fields, **currency})

        def has_standard(job: Job) -> bool:
            wanted = job.plan.currency
            rows = [one for one in known.get(job.write.id, []) if one["Pricebook2Id"] == standard.id]
            return any(not several or not wanted or one.get(CURRENCY) == wanted for one in rows)

        if book.id == standard.id:
            return await store(self._api, "POST", [row(job, book.id) for job in jobs])
        bare = [job for job in jobs if not has_standard(job)]
        first = await store(self._api, "POST", [row(job, standard.id) for job in bare]) if bare else []
        failed = {id(job): one for job, one in zip(bare, first, strict=True) if one.result is not Result.APPLIED}
        ready = [job for job in jobs if id(job) not in failed]
        then = await store(self._api, "POST", [row(job, book.id) for job in ready]) if ready else []
        done = {id(job): one for job, one in zip(ready, then, strict=True)}
        return [done.get(id(job)) or failed[id(job)] for job in jobs]

    # ------------------------------------------------------------------------------------------------ SKUs
    async def _codes(self, jobs: Sequence[Job], before: Sequence[Sent]) -> list[Sent]:
        if not jobs:
            return []
        by_id = {job.write.id: job for job in jobs}

        async def still(locked: Sequence[Row]) -> list[Sent | None]:
            return await self._look([by_id[str(row["id"])] for row in locked], Field.SKU)

        failed = next((one for one in before if one.error is not None), None)
        rows = [record(PRODUCT, {"ProductCode": job.plan.code or None}, job.write.id) for job in jobs]
        sent = [failed] * len(jobs) if failed else await store(self._api, "PATCH", rows, still=still)
        for job, one in zip(jobs, sent, strict=True):
            job.settle(Field.SKU, one)
        return sent

    async def _look(self, jobs: Sequence[Job], what: Field) -> list[Sent | None]:
        """Whether a locked field may be sent again: not when whoever held the record changed it."""
        try:
            plans = await self._plans([job.write for job in jobs])
        except ConnectorError as error:
            return [
                Sent(Result.REJECTED, f"the record was locked, and then: {error}", error.code, error.request_id)
            ] * len(jobs)
        out: list[Sent | None] = []
        for plan in plans:
            known = plan.settled.get(what)
            out.append(Sent(known[0], known[1]) if known else None)
        return out
