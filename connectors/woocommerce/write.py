"""Writing a batch: per group (the products, then each parent's variations) read, compare, send, and read the answer.

A batch is answered with status 200 whatever became of its records: each has its own entry, a record or an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.woocommerce.api import Api, Row
from connectors.woocommerce.errors import ItemError, item_error
from connectors.woocommerce.merge import Merge, differs, merge
from connectors.woocommerce.reading import ProductReader, group
from connectors.woocommerce.records import Parent
from connectors.woocommerce.settings import Settings
from connectors.woocommerce.site import Site
from engine.errors import ConnectorError, ProtocolError, Rejected, Unreachable
from engine.model import Field, Kind
from engine.ports import RecordWrite, Result, WriteOutcome

Outcomes = dict[tuple[int, Field], WriteOutcome]
_TOO_LARGE = 413


@dataclass(frozen=True, slots=True)
class Job:
    """One write of the batch, its place in it, and what it came to."""

    at: int
    write: RecordWrite
    merged: Merge
    parent: Parent | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """How one record of a request ended: an answered row, or what is told instead."""

    result: Result
    message: str = ""
    code: str = ""
    request_id: str = ""
    row: Row | None = field(default=None)


class ProductWriter:
    """Writes products and variations of one connection, one batch at a time."""

    def __init__(self, api: Api, reader: ProductReader, site: Site, settings: Settings) -> None:
        self._api, self._reader, self._site, self._settings = api, reader, site, settings
        self._lock = asyncio.Lock()

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """One outcome per write and field, in order. Raises only when nothing of the batch was sent."""
        outcomes: Outcomes = {}
        async with self._lock:
            try:
                await self._groups(writes, outcomes)
            except ConnectorError as error:
                if not any(
                    one.result in {Result.APPLIED, Result.UNKNOWN, Result.UNVERIFIED} for one in outcomes.values()
                ):
                    raise
                _fill(outcomes, writes, str(error), error.code, error.request_id)
        return [outcomes[at, change.field] for at, write in enumerate(writes) for change in write.fields]

    async def _groups(self, writes: Sequence[RecordWrite], outcomes: Outcomes) -> None:
        await self._site.features()
        mine = [at for at, write in enumerate(writes) if write.kind.counterpart is Kind.PRODUCTS]
        for at in set(range(len(writes))) - set(mine):
            _all(outcomes, at, writes[at], Sent(Result.REJECTED, "only products are written to WooCommerce"))
        parent_ids = await self._reader.parent_ids(list(dict.fromkeys(writes[at].id for at in mine)))
        simple = [at for at in mine if writes[at].id not in parent_ids]
        size = self._settings.batch_size
        for start in range(0, len(simple), size):
            await self._group("", simple[start : start + size], writes, outcomes)
        groups = group([writes[at].id for at in mine], parent_ids)
        for parent, ids in groups.items():
            several = [at for at in mine if writes[at].id in ids]
            for start in range(0, len(several), size):
                await self._group(parent, several[start : start + size], writes, outcomes)

    async def _group(
        self, above: str, places: Sequence[int], writes: Sequence[RecordWrite], outcomes: Outcomes
    ) -> None:
        """Read, compare and send some records that one request may hold; ``above`` is the variations' product."""
        ids = list(dict.fromkeys(writes[at].id for at in places))
        parent: Parent | None = None
        if above:
            if any(change.field is Field.SKU for at in places for change in writes[at].fields):
                parent = await self._reader.parent(above)
            parent = parent or Parent(above, "", "", active=True)
        rows = await (self._reader.children(above, ids) if above else self._reader.fresh(ids))
        jobs: dict[str, Job] = {}
        for at in places:
            write = writes[at]
            row = rows.get(write.id)
            if row is None:
                why = f"product {write.name} ({write.id}) is not in WooCommerce any more, or in the trash; nothing was written"
                _all(outcomes, at, write, Sent(Result.REJECTED, why, "404"))
                continue
            job = Job(at, write, self._merge(row, write, parent), parent)
            _settle(outcomes, job)
            if job.merged.body and not job.merged.stale:
                if write.id in jobs:
                    _all(
                        outcomes, at, write, Sent(Result.NOT_SENT, "another write of this product is in the same batch")
                    )
                    continue
                jobs[write.id] = job
        path = f"/products/{above}/variations/batch" if above else "/products/batch"
        await self._send(path, list(jobs.values()), outcomes)

    async def _send(self, path: str, jobs: Sequence[Job], outcomes: Outcomes) -> None:
        """Send some records in one request; what is too large for the store is halved until it is taken."""
        if not jobs:
            return
        body = {"update": [{"id": int(job.write.id), **job.merged.body} for job in jobs]}
        try:
            reply = await self._api.request("POST", path, body=body)
        except Rejected as error:
            if error.status == _TOO_LARGE and len(jobs) > 1:
                half = len(jobs) // 2
                await self._send(path, jobs[:half], outcomes)
                await self._send(path, jobs[half:], outcomes)
                return
            self._ended(outcomes, jobs, Sent(Result.REJECTED, str(error), error.code, error.request_id))
            return
        except (Unreachable, ProtocolError) as error:
            if not error.maybe_sent:
                raise
            self._ended(outcomes, jobs, Sent(Result.UNKNOWN, str(error), error.code, error.request_id))
            return
        await self._answered(reply.data, reply.request_id, jobs, outcomes)

    async def _answered(self, data: Any, request_id: str, jobs: Sequence[Job], outcomes: Outcomes) -> None:
        listed = data.get("update") if isinstance(data, Mapping) else None
        entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
        by_id = {str(entry.get("id")): entry for entry in entries}
        for job in jobs:
            entry = by_id.get(job.write.id)
            if entry is None:
                why = f"the answer says nothing of product {job.write.name} ({job.write.id}): it may have been written"
                sent = Sent(Result.UNKNOWN, why, request_id=request_id)
            elif (problem := item_error(entry)) is not None:
                sent = await self._refused(job, problem, request_id)
            else:
                sent = Sent(Result.APPLIED, request_id=request_id, row=entry)
            self._ended(outcomes, [job], sent)

    async def _refused(self, job: Job, problem: ItemError, request_id: str) -> Sent:
        words = self._api.client.redactor.clean(problem.message) or problem.code
        head = f"WooCommerce refused {job.write.name} ({job.write.id}): {words}"
        if problem.status >= 500:
            return Sent(Result.UNKNOWN, f"{head}. It may have been written", problem.code, request_id)
        if problem.other and problem.other != job.write.id:
            head += f" It is taken by {await self.name_of(problem.other)}."
        return Sent(Result.REJECTED, f"{head} Nothing of this record was written", problem.code, request_id)

    async def name_of(self, id: str) -> str:
        """How an admin knows a record; its id alone where it cannot be read now."""
        try:
            found = (await self._reader.some([id])).get(id)
        except ConnectorError:
            found = None
        return f'"{found.name}" ({id})' if found else f"product {id}"

    def _ended(self, outcomes: Outcomes, jobs: Sequence[Job], sent: Sent) -> None:
        for job in jobs:
            for name, expected in job.merged.expected.items():
                result, message = sent.result, sent.message
                if sent.row is not None:
                    result, message = self._stored(sent.row, name, expected, job)
                outcomes[job.at, name] = WriteOutcome(job.write.key, name, result, message, sent.code, sent.request_id)

    def _stored(self, row: Row, name: Field, expected: str | None, job: Job) -> tuple[Result, str]:
        """What the store's own answer says of one field: a sale in between shows here."""
        try:
            found = differs(row, name, expected, job.parent)
        except ValueError as error:
            return Result.UNVERIFIED, f"the answer cannot be read: {error}; look at the product"
        if found is None:
            return Result.APPLIED, job.merged.notes.get(name, "")
        why = (
            "units moved in the same moment and none was lost"
            if name is Field.QUANTITY
            else "something else changed it"
        )
        return (
            Result.UNVERIFIED,
            f"the store shows {name.value} {found} instead of {expected or 'empty'} after writing: {why}; sync again",
        )

    def _merge(self, row: Row, write: RecordWrite, parent: Parent | None) -> Merge:
        try:
            return merge(row, write, parent, delta=self._settings.delta, cost=self._site.cost)
        except ValueError as error:
            raise self._api.client.protocol_error(f"product {write.id} cannot be read: {error}") from None


def _settle(outcomes: Outcomes, job: Job) -> None:
    """What is known without sending; with a stale field the record's other fields are not sent either."""
    for name, known in job.merged.settled.items():
        outcomes[job.at, name] = WriteOutcome(job.write.key, name, known.result, known.message, found=known.found)
    if job.merged.stale:
        for name in job.merged.expected:
            why = "not sent: another field of this product moved"
            outcomes[job.at, name] = WriteOutcome(job.write.key, name, Result.NOT_SENT, why)


def _all(outcomes: Outcomes, at: int, write: RecordWrite, sent: Sent) -> None:
    for change in write.fields:
        outcomes.setdefault(
            (at, change.field),
            WriteOutcome(write.key, change.field, sent.result, sent.message, sent.code, sent.request_id),
        )


def _fill(outcomes: Outcomes, writes: Sequence[RecordWrite], message: str, code: str, request_id: str) -> None:
    """What an error left open was not sent: what went before it must not be lost with it."""
    for at, write in enumerate(writes):
        _all(outcomes, at, write, Sent(Result.NOT_SENT, message, code, request_id))
