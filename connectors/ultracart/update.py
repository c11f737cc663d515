"""Sending changed items back: twenty in one request, read again after it and held against what they were before.

A refused batch says nothing of its other items, so each is then read, merged and sent by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from connectors.ultracart import images, items
from connectors.ultracart.api import Api, Row
from connectors.ultracart.merge import Merge, lost
from connectors.ultracart.reading import Reader
from connectors.ultracart.settings import Settings
from engine.errors import ConnectorError, ProtocolError, Rejected, Unreachable
from engine.ports import Result


@dataclass(frozen=True, slots=True)
class Sent:
    """How one field of one item ended."""

    result: Result
    message: str = ""
    code: str = ""
    request_id: str = ""
    found: str | None = None


@dataclass(slots=True)
class Job:
    """One item's changes. ``again`` merges them into a fresh row, ``ended`` is what became of each field."""

    id: str
    name: str
    fields: tuple[str, ...]
    again: Callable[[Row], Merge]
    ended: dict[str, Sent] = field(default_factory=dict)

    def all(self, sent: Sent) -> None:
        """The same for every field that has no outcome yet."""
        for name in self.fields:
            self.ended.setdefault(name, sent)

    def settle(self, merged: Merge) -> bool:
        """Take what is known without sending; whether something is left to send."""
        for name, known in merged.settled.items():
            self.ended[name] = Sent(known.result, known.message, found=known.found)
        if merged.stale:
            self.all(Sent(Result.NOT_SENT, "not sent: another field of this item moved"))
        return bool(merged.expected) and not merged.stale


class Updater:
    """Updates items of one connection. ``folder`` is where items are kept that an update did more to than it should."""

    def __init__(self, api: Api, reader: Reader, settings: Settings, folder: Path | None = None) -> None:
        self._api, self._reader, self._settings, self._images = api, reader, settings, folder

    async def update(self, jobs: Sequence[Job]) -> None:
        """Read, compare and send; every field of every job has an outcome then. Raises only when nothing was sent."""
        try:
            await self._update(jobs)
        except ConnectorError as error:
            sent = {Result.APPLIED, Result.UNKNOWN, Result.UNVERIFIED}
            if not any(one.result in sent for job in jobs for one in job.ended.values()):
                raise
            for job in jobs:
                job.all(Sent(Result.NOT_SENT, str(error), error.code, error.request_id))

    async def _update(self, jobs: Sequence[Job]) -> None:
        """Those that mean stock apart from those that do not: an item is read and sent with the least that it needs."""
        for expand in (items.EXPAND_WITHOUT_STOCK, items.EXPAND):
            mine = [job for job in jobs if items.expand_for(job.fields) == expand]
            if mine:
                await self._update_with(expand, mine)

    async def _update_with(self, expand: str, jobs: Sequence[Job]) -> None:
        rows = await self._reader.rows([job.id for job in jobs], expand)
        pairs: list[tuple[Job, Merge]] = []
        taken: set[str] = set()
        for job in jobs:
            row = rows.get(job.id)
            if row is None:
                job.all(self._gone(job))
                continue
            merged = self._merged(job, row)
            if not job.settle(merged):
                continue
            if job.id in taken:
                job.all(Sent(Result.NOT_SENT, "another write of this item is in the same batch"))
                continue
            taken.add(job.id)
            pairs.append((job, merged))
        for start in range(0, len(pairs), self._settings.batch_size):
            await self._send(pairs[start : start + self._settings.batch_size], expand)

    async def _send(self, pairs: Sequence[tuple[Job, Merge]], expand: str) -> None:
        body, began = {"items": [merged.after for _, merged in pairs]}, datetime.now(UTC)
        try:
            reply = await self._api.request("PUT", "/item/items/batch", params=[("_expand", expand)], body=body)
        except (Unreachable, ProtocolError) as error:
            if not error.maybe_sent:
                raise
            for job, _ in pairs:
                job.all(Sent(Result.UNKNOWN, str(error), error.code, error.request_id))
            return
        except Rejected as error:
            if len(pairs) == 1:
                pairs[0][0].all(Sent(Result.REJECTED, str(error), error.code, error.request_id))
                return
            for job, _ in pairs:
                await self._alone(job, expand)
            return
        data = reply.data if isinstance(reply.data, dict) else {}
        listed = data.get("items")
        answers = {str(row.get(items.KEY)): row for row in listed or [] if isinstance(row, dict)}
        fresh, unread = await self._fresh([job.id for job, _ in pairs if job.id in answers], began, expand)
        for job, merged in pairs:
            if job.id not in answers:
                why = f"the answer says nothing of item {job.name} ({job.id}): it may have been written"
                job.all(Sent(Result.UNKNOWN, why, request_id=reply.request_id))
            else:
                await self._compare(job, merged, fresh.get(job.id), unread, reply.request_id, expand)

    async def _fresh(self, ids: Sequence[str], began: datetime, expand: str) -> tuple[dict[str, Row], str]:
        """The items as they are after their update, or why they could not be read: they were written all the same."""
        try:
            return await self._reader.again(ids, began, expand), ""
        except ConnectorError as error:
            return {}, str(error)

    async def _alone(self, job: Job, expand: str) -> None:
        """One item by itself, after a batch with it was refused."""
        row = await self._reader.row(job.id, expand)
        if row is None:
            job.all(self._gone(job))
            return
        merged = self._merged(job, row)
        if job.settle(merged):
            await self._send([(job, merged)], expand)

    async def _compare(
        self, job: Job, merged: Merge, row: Row | None, unread: str, request_id: str, expand: str
    ) -> None:
        """Hold the item as it is now against what was sent: an update must have changed nothing else of it."""
        moved = [] if row is None else lost(merged, row)
        if moved:  # a list may be behind: the item itself decides
            try:
                row = await self._reader.row(job.id, expand)
                moved = [] if row is None else lost(merged, row)
            except ConnectorError as error:
                unread = str(error)
        why = ""
        if moved:
            shown = "; ".join(moved[:8]) + (f"; and {len(moved) - 8} more" if len(moved) > 8 else "")
            kept = images.keep(self._images, self._api.client.connection, job.id, merged.before)
            why = f"after the update the item shows what was not written: {shown}. Look at it in UltraCart. {kept}".strip()
        elif unread:
            why = f"the update was answered, but the item could not be read again: {unread}. Look at it in UltraCart"
        elif row is None:
            why = "the update was answered, but the item is not there any more"
        for name in merged.expected:
            if why:
                job.ended[name] = Sent(Result.UNVERIFIED, why, request_id=request_id)
            else:
                job.ended[name] = Sent(Result.APPLIED, merged.notes.get(name, ""), request_id=request_id)

    def _merged(self, job: Job, row: Row) -> Merge:
        try:
            return job.again(row)
        except ValueError as error:
            raise self._api.client.protocol_error(f"item {job.id} cannot be read: {error}") from None

    def _gone(self, job: Job) -> Sent:
        why = f"item {job.name} ({job.id}) is not in UltraCart any more; nothing was written"
        return Sent(Result.REJECTED, why, "404")
