"""UltraCart's requests: one at a time, with the version it demands, and lists read to their end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from connectors.http import Client, LeakyPace, ReadLedger, Redactor, Reply, RetryPolicy, SecretSource, TotalMoved
from connectors.http.client import Params
from connectors.ultracart.auth import SimpleKey
from connectors.ultracart.errors import DIALECT, gone
from connectors.ultracart.grant import LoginGrant
from connectors.ultracart.login import Login, begin
from connectors.ultracart.settings import DAY, DAYS_SHARE, HOUR, VERSION, Settings
from engine.errors import AuthenticationError, NotFound, Rejected, UsageError
from engine.ports import ConnectionContext

Row = dict[str, Any]


class Api:
    """The requests of one connection. UltraCart answers a second request meanwhile with 429, so there is none."""

    def __init__(self, context: ConnectionContext, settings: Settings) -> None:
        redactor = Redactor()
        self.settings = settings
        burst, whole_day = settings.burst, settings.burst * DAYS_SHARE
        hour = burst, burst / settings.per_hour * HOUR
        pace = LeakyPace((hour, (whole_day, whole_day / settings.per_day * DAY)))
        policy = RetryPolicy(
            throttle=settings.backoff, throttle_longest=settings.backoff * 8, patience=settings.backoff * 8
        )
        self.client = Client(context.name, settings.where, DIALECT, pace, redactor, policy)
        self.grant = None if settings.simple_key else LoginGrant(context, settings, redactor)
        self.client.auth = self.grant or SimpleKey(SecretSource(context, redactor))
        self._turn = asyncio.Lock()

    async def start_login(self) -> Login:
        """Ask for a code that a person types. Raises ``UsageError`` where a simple key is used."""
        if self.grant is None:
            raise UsageError(f"{self.client.connection}: a simple key needs no login. Nothing was sent")
        return await begin(self.grant, self.settings.scope, self._turn)

    async def request(
        self, method: str, path: str, *, params: Params = (), body: Any = None, safe: bool | None = None
    ) -> Reply:
        """One request, when no other is under way."""
        async with self._turn:
            try:
                return await self.client.request(method, path, params=params, body=body, headers=VERSION, safe=safe)
            except NotFound as error:
                if error.status != 410:
                    raise
                raise AuthenticationError(
                    f"UltraCart has disabled this application (410): {error}. Ask UltraCart, or make a new key",
                    request_id=error.request_id,
                    code=error.code,
                    status=410,
                ) from None

    async def record(self, path: str, id: str, name: str, expand: str) -> Row | None:
        """One record by its id, or None when there is none (any more)."""
        try:
            reply = await self.request("GET", f"{path}/{quote(id, safe='')}", params=[("_expand", expand)])
        except Rejected as error:
            if gone(error):
                return None
            raise
        row = reply.data.get(name) if isinstance(reply.data, dict) else None
        if not isinstance(row, dict):
            raise self.client.protocol_error(f"the answer to GET {path}/{id} holds no {name}", reply.request_id)
        return row

    async def pages(
        self, path: str, name: str, key: str, params: Params, *, size: int, query: Any = None
    ) -> AsyncIterator[tuple[list[Row], int | None]]:
        """All records of a list with the total where UltraCart tells one; every record once.

        A total that moves starts the read over (once). A page that is not the one asked for, that holds less than it
        says, or that repeats records makes the read incomplete.
        """
        ledger, offset = ReadLedger(self.client.connection, name), 0
        while True:
            window = [*params, ("_limit", str(size)), ("_offset", str(offset))]
            if query is None:
                reply = await self.request("GET", path, params=window)
            else:
                reply = await self.request("POST", path, params=window, body=query, safe=True)
            rows, result = self._page(reply, path, name, key)
            total = _count(result.get("total_records"))
            if _count(result.get("offset"), offset) != offset:
                raise ledger.incomplete(f"asked from {offset} on, it answered from {result.get('offset')} on")
            if _count(result.get("count"), len(rows)) != len(rows):
                raise ledger.incomplete(f"a page says {result.get('count')} records and holds {len(rows)}")
            try:
                fresh = ledger.page([str(row[key]) for row in rows], total)
            except TotalMoved:
                ledger.restart()
                offset = 0
                continue
            yield [row for row, new in zip(rows, fresh, strict=True) if new], total
            following = self._next(result, len(rows), offset, size, ledger)
            if following is None:
                ledger.finish()
                return
            offset = following

    def _page(self, reply: Reply, path: str, name: str, key: str) -> tuple[list[Row], Row]:
        data = reply.data if isinstance(reply.data, dict) else {}
        metadata = data.get("metadata")
        result = metadata.get("result_set") if isinstance(metadata, dict) else None
        rows = data.get(name, [])
        whole = isinstance(rows, list) and all(isinstance(row, dict) and row.get(key) is not None for row in rows)
        if not whole or not isinstance(result, dict):
            raise self.client.protocol_error(f"the answer of {path} is no page of {name}", reply.request_id)
        return rows, result

    def _next(self, result: Row, held: int, offset: int, size: int, ledger: ReadLedger) -> int | None:
        """Where the next page begins, or None at the end."""
        total, more = _count(result.get("total_records")), result.get("more")
        if more is None:
            more = ledger.count < total if total is not None else held >= size
        if not more:
            return None
        if held == 0:
            raise ledger.incomplete(f"it sent {ledger.count} records, said there are more, and then nothing")
        following = _count(result.get("next_offset"), offset + held)
        if following is None or following <= offset:
            raise ledger.incomplete(f"after offset {offset} it names offset {result.get('next_offset')}")
        if following > offset + held:
            raise ledger.incomplete(f"a page of {held} from {offset} on is followed by one from {following} on")
        return following

    async def close(self) -> None:
        await self.client.close()
        if self.grant is not None:
            await self.grant.endpoint.client.close()


def _count(value: Any, default: int | None = None) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
