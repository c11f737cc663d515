"""Syncro's requests: signed, told apart where a 401 means a missing permission, and lists read to their end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from connectors.http import (
    BearerSecret,
    Client,
    Pace,
    ReadLedger,
    Redactor,
    Reply,
    RetryPolicy,
    SecretSource,
    TotalMoved,
)
from connectors.http.client import Params
from connectors.syncro.errors import DIALECT, permission
from connectors.syncro.settings import Settings
from engine.errors import AuthenticationError, ConnectorError, NotFound, PermissionMissing
from engine.ports import ConnectionContext

Row = dict[str, Any]
#: Ordered by id, new records come at the end and a rename moves nothing: pages do not shift under a reader.
_ORDER = ("sort", "id ASC")


class Api:
    """The requests of one connection."""

    def __init__(self, context: ConnectionContext, settings: Settings) -> None:
        redactor = Redactor()
        self.client = Client(
            context.name,
            settings.where,
            DIALECT,
            Pace(settings.rate_per_minute),
            redactor,
            RetryPolicy(throttle=settings.backoff, throttle_longest=settings.backoff * 6),
        )
        self.client.auth = BearerSecret(SecretSource(context, redactor), "token")

    async def request(self, method: str, path: str, *, params: Params = (), body: Any = None) -> Reply:
        """One request. A 401 is Syncro's answer to a bad token *and* to a missing permission: ``/me``, which needs
        none, tells them apart; the latter raises ``PermissionMissing``.
        """
        try:
            return await self.client.request(method, path, params=params, body=body)
        except AuthenticationError as error:
            if error.status != 401 or path == "/me" or not await self._token_holds():
                raise
            raise _permission_missing(error, method, path) from None

    async def me(self) -> Row:
        """Who the token belongs to, without its secret: the reply's ``user_token`` is dropped here."""
        reply = await self.client.request("GET", "/me")
        if not isinstance(reply.data, dict):
            raise self.client.protocol_error("the answer to GET /me is no object", reply.request_id)
        self.client.redactor.add(str(reply.data.get("user_token") or ""))
        return {name: value for name, value in reply.data.items() if name != "user_token"}

    async def record(self, resource: str, key: str, id: str) -> Row | None:
        """One record, or None when there is none with this id (any more)."""
        try:
            reply = await self.request("GET", f"/{resource}/{quote(id, safe='')}")
        except NotFound:
            return None
        row = reply.data.get(key) if isinstance(reply.data, dict) else None
        if not isinstance(row, dict) or str(row.get("id")) != id:
            raise self.client.protocol_error(f"the answer for {key} {id} is not that {key}", reply.request_id)
        return row

    async def rows(self, resource: str, params: Params) -> list[Row]:
        """One page of a list, as it comes."""
        reply = await self.request("GET", f"/{resource}", params=params)
        return self._rows(reply, resource.rpartition("/")[2])

    async def pages(self, resource: str, params: Params = ()) -> AsyncIterator[tuple[list[Row], int | None]]:
        """All records of a list, page by page with the claimed total, every record once.

        With ``meta`` everything must add up to its totals; if those move while reading, it starts over once.
        Without ``meta`` the end is where two pages in a row bring the same nothing: both empty, or both a repetition (a
        server that ignores or clamps ``page``). Anything else is a hole and raises ``IncompleteRead``.
        """
        what = resource.rpartition("/")[2]
        ledger = ReadLedger(self.client.connection, what)
        page, last, quiet = 1, None, None
        while True:
            reply = await self.request("GET", f"/{resource}", params=[*params, _ORDER, ("page", str(page))])
            rows = self._rows(reply, what)
            ids = tuple(str(row["id"]) for row in rows)
            totals = _totals(reply.data)
            if totals is None and last is not None:
                raise ledger.incomplete(f"page {page} came without the totals that page 1 had")
            if totals is not None:
                last, total, at = totals
                if at not in {None, page}:
                    raise ledger.incomplete(f"asked for page {page}, it sent page {at}")
                if not rows and page < last:
                    raise ledger.incomplete(f"page {page} of {last} is empty")
                try:
                    fresh = ledger.page(ids, total)
                except TotalMoved:
                    ledger.restart()
                    page, last = 1, None
                    continue
                yield [row for row, new in zip(rows, fresh, strict=True) if new], total
                if page >= last:
                    ledger.finish()
                    return
            else:
                if quiet is not None and quiet == ids:
                    ledger.finish()
                    return
                if quiet is not None:
                    raise ledger.incomplete(
                        f"page {page - 1} was {'repeated' if quiet else 'empty'}, page {page} is not"
                    )
                quiet = ids if ledger.known(ids) else None
                fresh = ledger.page(ids, None, repeats=True)
                yield [row for row, new in zip(rows, fresh, strict=True) if new], None
            page += 1

    async def _token_holds(self) -> bool:
        try:
            await self.me()
        except AuthenticationError:
            return False
        return True

    def _rows(self, reply: Reply, what: str) -> list[Row]:
        rows = reply.data.get(what) if isinstance(reply.data, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) and "id" in row for row in rows):
            raise self.client.protocol_error(f"the list of {what} has no array of records in it", reply.request_id)
        return rows


def _totals(data: Row) -> tuple[int, int | None, int | None] | None:
    """``total_pages``, ``total_entries`` and ``page`` of a list's ``meta``, or None where it has none."""
    meta = data.get("meta")
    if not isinstance(meta, dict) or not isinstance(meta.get("total_pages"), int):
        return None
    entries, page = meta.get("total_entries"), meta.get("page")
    return meta["total_pages"], entries if isinstance(entries, int) else None, page if isinstance(page, int) else None


def _permission_missing(error: ConnectorError, method: str, path: str) -> PermissionMissing:
    name = permission(method, path)
    missing = PermissionMissing(
        f'{method} {path} was refused: the token lacks the permission "{name}" (request {error.request_id}). '
        f"Nothing was written by it. Grant it in Syncro under Admin > API Tokens, then test the connection again",
        connection=error.connection,
        request_id=error.request_id,
        code=error.code,
        status=error.status,
    )
    missing.permission = name
    return missing
