"""Writing a batch: read, compare, set the quantities (which the store itself compares), then write the variants."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from connectors.shopify import records
from connectors.shopify.api import Api, Row
from connectors.shopify.jobs import Ended, Job, Outcomes, end, end_rest, fill
from connectors.shopify.merge import Merge, merge
from connectors.shopify.quantities import QuantityWriter
from connectors.shopify.reading import Reader
from connectors.shopify.shop import Shop
from connectors.shopify.variants import VariantWriter
from engine.errors import ConnectorError
from engine.model import Field, Kind
from engine.ports import RecordWrite, Result, WriteOutcome

_SENT = frozenset({Result.APPLIED, Result.UNKNOWN, Result.UNVERIFIED})


class ProductWriter:
    """Writes variants of one connection, one batch at a time."""

    def __init__(self, api: Api, shop: Shop, reader: Reader) -> None:
        self._api, self._shop, self._reader = api, shop, reader
        self._quantities = QuantityWriter(api, reader)
        self._variants = VariantWriter(api)
        self._lock = asyncio.Lock()

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """One outcome per write and field, in order. Raises only when nothing of the batch was sent."""
        outcomes: Outcomes = {}
        async with self._lock:
            try:
                await self._batch(writes, outcomes)
            except ConnectorError as error:
                if not any(one.result in _SENT for one in outcomes.values()):
                    raise
                fill(outcomes, writes, Ended(Result.NOT_SENT, str(error), error.code, error.request_id))
        return [outcomes[at, change.field] for at, write in enumerate(writes) for change in write.fields]

    async def _batch(self, writes: Sequence[RecordWrite], outcomes: Outcomes) -> None:
        mine = [at for at, write in enumerate(writes) if write.kind.counterpart is Kind.PRODUCTS]
        for at in set(range(len(writes))) - set(mine):
            end_rest(outcomes, at, writes[at], Ended(Result.REJECTED, "only products are written to Shopify"))
        location = await self._shop.location()
        rows = await self._reader.rows([writes[at].id for at in mine])
        jobs: dict[str, Job] = {}
        for at in mine:
            write = writes[at]
            if write.id not in rows:
                end_rest(outcomes, at, write, _absent(write))
                continue
            row = rows[write.id]
            job = Job(at, write, str(row["product"]["id"]), self._merge(row, write, counts=location is not None))
            self._settle(outcomes, job)
            if job.merged.stale or not (job.merged.body or job.merged.units):
                continue
            if write.id in jobs:
                why = "another write of this variant is in the same batch"
                end_rest(outcomes, at, write, Ended(Result.NOT_SENT, why))
                continue
            jobs[write.id] = job
        if location is not None:
            counted = [job for job in jobs.values() if job.merged.units is not None]
            await self._quantities.send(counted, location.gid, outcomes)
            jobs = {job.write.id: job for job in jobs.values() if not self._moved(outcomes, job)}
        await self._variants.send([job for job in jobs.values() if job.merged.body], outcomes)

    def _merge(self, row: Row, write: RecordWrite, *, counts: bool) -> Merge:
        try:
            return merge(row, write, self._api.settings.quantity, counts=counts)
        except ValueError as error:
            raise self._api.unreadable(f"variant {write.name} ({write.id})", error) from None

    def _settle(self, outcomes: Outcomes, job: Job) -> None:
        """What is known without sending; with a stale field the variant's other fields are not sent either."""
        for name, known in job.merged.settled.items():
            end(outcomes, job, name, Ended(known.result, known.message, found=known.found))
        if job.merged.stale:
            end_rest(outcomes, job.at, job.write, _MOVED)

    def _moved(self, outcomes: Outcomes, job: Job) -> bool:
        """Whether the store refused the quantity as stale: then nothing else of the variant is written."""
        told = outcomes.get((job.at, Field.QUANTITY))
        if job.merged.units is None or told is None or told.result is not Result.STALE:
            return False
        end_rest(outcomes, job.at, job.write, _MOVED)
        return True


_MOVED = Ended(Result.NOT_SENT, "not sent: another field of this variant moved")


def _absent(write: RecordWrite) -> Ended:
    if records.product_id(write.id):
        why = f"{write.name} ({write.id}) is the parent of variants: sync those; nothing was written"
        return Ended(Result.REJECTED, why)
    return Ended(Result.REJECTED, f"{write.name} ({write.id}) is not in Shopify any more; nothing was written", "404")
