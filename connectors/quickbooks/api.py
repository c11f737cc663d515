"""QuickBooks' requests: signed, queries read to their end, batches, and one id per logical write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.http import Client, Pace, ReadLedger, Redactor, Reply, RetryPolicy, TotalMoved, each
from connectors.http.client import Params
from connectors.quickbooks import query
from connectors.quickbooks.faults import DIALECT, NOT_FOUND
from connectors.quickbooks.grant import CompanyGrant
from connectors.quickbooks.settings import Settings
from engine.errors import IncompleteRead, Rejected
from engine.ports import ConnectionContext

Row = dict[str, Any]
MINOR = ("minorversion", "75")
AT_ONCE = 50  # values in one IN (...): addresses stay far below any proxy's limit


class Api:
    """The requests of one connection."""

    def __init__(self, context: ConnectionContext, settings: Settings) -> None:
        redactor = Redactor()
        self.settings = settings
        self.grant = CompanyGrant(context, settings, redactor)
        policy = RetryPolicy(throttle=settings.backoff, throttle_longest=settings.backoff)
        self.client = Client(context.name, settings.where, DIALECT, Pace(settings.rate_per_minute), redactor, policy)
        self.client.auth = self.grant
        self._batches = Pace(settings.batches_per_minute)

    async def get(self, path: str, *params: tuple[str, str]) -> Reply:
        return await self.client.request("GET", path, params=[*params, MINOR])

    async def post(self, path: str, body: Any, request_id: str, *params: tuple[str, str]) -> Reply:
        """A write. The same ``request_id`` (50 characters at most) with the same body is carried out once."""
        given: Params = [*params, ("requestid", request_id), MINOR]
        return await self.client.request("POST", path, params=given, body=body)

    # ------------------------------------------------------------------------------------------------ reading
    async def query(self, text: str) -> tuple[Row, str]:
        """The ``QueryResponse`` of a query and the request's id; an empty object when nothing matches."""
        reply = await self.get("/query", ("query", text))
        found = reply.data.get("QueryResponse") if isinstance(reply.data, dict) else None
        if not isinstance(found, dict):
            raise self.client.protocol_error("the answer to a query holds no QueryResponse", reply.request_id)
        return found, reply.request_id

    async def rows(self, entity: str, *conditions: str, start: int = 1, size: int = 1000) -> list[Row]:
        """One page of records."""
        found, request_id = await self.query(query.select(entity, *conditions, start=start, size=size))
        rows = found.get(entity, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("Id") for row in rows):
            raise self.client.protocol_error(f"a page of {entity} holds something else than records", request_id)
        at = found.get("startPosition", start)
        if rows and at != start:
            raise self._incomplete(entity, f"asked from position {start} on, it answered from {at} on")
        return rows

    async def count(self, entity: str, *conditions: str) -> int:
        found, request_id = await self.query(query.count(entity, *conditions))
        total = found.get("totalCount")
        if not isinstance(total, int) or isinstance(total, bool) or total < 0:
            raise self.client.protocol_error(f"the count of {entity} is no number", request_id)
        return total

    async def pages(self, entity: str, *conditions: str) -> AsyncIterator[tuple[list[Row], int]]:
        """All records of an entity, inactive ones too, with the counted total; every record once.

        They are counted before and after: a number that moved starts the read over (once), anything else that does not
        add up raises ``IncompleteRead``.
        """
        ledger, size = ReadLedger(self.client.connection, entity), self.settings.page_size
        start, total = 1, await self.count(entity, *conditions)
        while True:
            rows = await self.rows(entity, *conditions, start=start, size=size)
            if len(rows) > size:
                raise ledger.incomplete(f"asked for {size} records, it sent {len(rows)}")
            if ledger.count + len(rows) > total and (more := await self.count(entity, *conditions)) != total:
                ledger.restart()
                start, total = 1, more
                continue
            fresh = ledger.page([str(row["Id"]) for row in rows], total)
            yield [row for row, new in zip(rows, fresh, strict=True) if new], total
            start += len(rows)
            if len(rows) == size and ledger.count < total:
                continue
            again = await self.count(entity, *conditions)
            try:
                ledger.page((), again)
            except TotalMoved:
                ledger.restart()
                start, total = 1, again
                continue
            ledger.finish()
            return

    async def some(self, entity: str, ids: Iterable[str]) -> dict[str, Row]:
        """Fresh rows by id; an id that does not exist is absent."""
        wanted = [id for id in dict.fromkeys(ids) if id.isdigit()]
        chunks = [wanted[at : at + AT_ONCE] for at in range(0, len(wanted), AT_ONCE)]
        asked = set(wanted)
        found = await each(chunks, lambda chunk: self.rows(entity, query.among("Id", chunk)))
        return {str(row["Id"]): row for rows in found for row in rows if str(row["Id"]) in asked}

    async def record(self, entity: str, id: str) -> Row | None:
        """One record read by its id, or None when there is none. The only read whose SyncToken can be trusted wholly."""
        try:
            reply = await self.get(f"/{entity.lower()}/{quote(id, safe='')}")
        except Rejected as error:
            if error.status == 404 or error.code == NOT_FOUND:
                return None
            raise
        row = reply.data.get(entity) if isinstance(reply.data, dict) else None
        if not isinstance(row, dict) or str(row.get("Id")) != id:
            raise self.client.protocol_error(f"the answer for {entity} {id} is not that {entity}", reply.request_id)
        return row

    # ------------------------------------------------------------------------------------------------ writing
    async def batch(self, entries: Sequence[Mapping[str, Any]], request_id: str) -> tuple[dict[str, Row], str]:
        """Up to thirty operations in one request: the answers by ``bId``, and the request's id."""
        await self._batches.turn()
        reply = await self.post("/batch", {"BatchItemRequest": list(entries)}, request_id)
        rows = reply.data.get("BatchItemResponse") if isinstance(reply.data, dict) else None
        answers = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return {str(row.get("bId")): row for row in answers}, reply.request_id

    async def close(self) -> None:
        await self.client.close()
        await self.grant.client.close()

    def _incomplete(self, entity: str, why: str) -> IncompleteRead:
        return ReadLedger(self.client.connection, entity).incomplete(why)
