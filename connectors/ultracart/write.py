"""Prices, costs, quantities, and names with their kin: two kinds of write over one way to update an item."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from connectors.ultracart import texts
from connectors.ultracart.merge import merge
from connectors.ultracart.settings import Settings
from connectors.ultracart.update import Job, Sent, Updater
from engine.crm import TextOutcome, TextWrite
from engine.errors import UsageError
from engine.model import Kind
from engine.ports import RecordWrite, Result, WriteOutcome


class ItemWriter:
    """Writes items of one connection, one batch at a time."""

    def __init__(self, updater: Updater, settings: Settings) -> None:
        self._updater, self._settings = updater, settings
        self._lock = asyncio.Lock()

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """One outcome per write and field, in order. Raises only when nothing of the batch was sent."""
        jobs = [
            Job(
                write.id,
                write.name,
                tuple(change.field.value for change in write.fields),
                partial(merge, write=write, settings=self._settings),
            )
            for write in writes
        ]
        for job, write in zip(jobs, writes, strict=True):
            if write.kind.counterpart is not Kind.PRODUCTS:
                job.all(Sent(Result.REJECTED, "only items are written to UltraCart"))
        await self._update(jobs)
        return [
            WriteOutcome(write.key, change.field, one.result, one.message, one.code, one.request_id, one.found)
            for job, write in zip(jobs, writes, strict=True)
            for change in write.fields
            for one in (job.ended[change.field.value],)
        ]

    async def write_texts(self, writes: Sequence[TextWrite]) -> list[TextOutcome]:
        """One outcome per write and value, in order."""
        jobs = [
            Job(
                write.id,
                write.id,
                tuple(value.name for value in write.values),
                partial(texts.merge, values=write.values),
            )
            for write in writes
        ]
        for job, write in zip(jobs, writes, strict=True):
            if write.kind is not Kind.PRODUCTS:
                job.all(Sent(Result.REJECTED, "only items are written to UltraCart"))
        await self._update(jobs)
        return [
            TextOutcome(write.key, value.name, one.result, one.message, one.code, one.request_id, one.found)
            for job, write in zip(jobs, writes, strict=True)
            for value in write.values
            for one in (job.ended[value.name],)
        ]

    async def link(self, id: str, value: str) -> WriteOutcome:
        """Write the counterpart's id where an item has none."""
        if not self._settings.mirror_links:
            return WriteOutcome(
                id, None, Result.REJECTED, "links are kept here alone: set the option mirror_links=true to write them"
            )
        job = Job(id, id, (texts.LINK,), partial(texts.link, value=value))
        await self._update([job])
        one = job.ended[texts.LINK]
        return WriteOutcome(id, None, one.result, one.message, one.code, one.request_id, one.found)

    async def _update(self, jobs: Sequence[Job]) -> None:
        open_jobs = [job for job in jobs if len(job.ended) < len(job.fields)]
        if any(len(set(job.fields)) < len(job.fields) for job in open_jobs):
            raise UsageError("one write names a field twice")
        if open_jobs:
            async with self._lock:
                await self._updater.update(open_jobs)
