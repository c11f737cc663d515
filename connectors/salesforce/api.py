"""Salesforce's requests: at the org's own address, in a version it lists, queries read to their end, collections of 200."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.http import Client, Pace, ReadLedger, Redactor, Reply, TotalMoved, each
from connectors.http.client import Params
from connectors.salesforce import soql
from connectors.salesforce.daily import Calls, DailyPace
from connectors.salesforce.faults import CONCURRENT, DIALECT, LIMIT, NO_FIELD, NO_LOCATOR, NO_TYPE, PASSING
from connectors.salesforce.grant import OrgGrant
from connectors.salesforce.settings import Settings
from connectors.salesforce.tokens import Session
from engine.errors import PermissionMissing, ProtocolError, Rejected
from engine.ports import ConnectionContext

Row = dict[str, Any]
COLLECTION = 200  # records of one collection request
SUBREQUESTS = 25  # of one composite request
#: The same code is told for too many long requests at once, which passes within seconds.
_AT_ONCE = re.compile(r"concurrent", re.IGNORECASE)
_TRIES = 4  # of a request that was refused for a reason that passes


class Api:
    """The requests of one connection."""

    def __init__(self, context: ConnectionContext, settings: Settings) -> None:
        self._context, self.settings = context, settings
        self._redactor = Redactor()
        self.grant = OrgGrant(context, settings, self._redactor)
        file = context.token_file
        self.pace = DailyPace(
            context.name, settings.max_calls, Calls(file.with_name(f"{file.stem}.calls") if file else None)
        )
        self.connection = context.name
        self._client: Client | None = None
        self._session: Session | None = None
        self._listed: list[str] | None = None
        self._lock = asyncio.Lock()

    # ------------------------------------------------------------------------------------------------ the org
    async def site(self) -> str:
        """The org's own address."""
        return (await self.grant.session()).where.base_url

    async def org(self) -> str:
        """The org's id, as the token endpoint tells it; may be empty."""
        return (await self.grant.session()).org

    async def versions(self) -> list[str]:
        """The API versions that the org lists, oldest first (``v67.0``). Neither signed nor counted."""
        await self._at_home()
        if self._listed is None:
            session = await self.grant.session()
            client = Client(self.connection, session.where, DIALECT, Pace(None), self._redactor)
            try:
                reply = await client.request("GET", "/services/data/", signed=False)
            finally:
                await client.close()
            rows = reply.data if isinstance(reply.data, list) else []
            found = [str(row["version"]) for row in rows if isinstance(row, dict) and row.get("version")]
            if not found:
                raise client.protocol_error("the list of API versions is empty", reply.request_id)
            self._listed = [f"v{version}" for version in sorted(found, key=float)]
        return self._listed

    async def root(self) -> str:
        """The path of the pinned version. Raises ``Rejected`` when the org does not list it."""
        listed, version = await self.versions(), self.settings.version
        if version not in listed:
            raise Rejected(
                f"the org does not offer API {version} (option api_version); it lists {listed[0]} to {listed[-1]}. "
                "Nothing was sent",
                connection=self.connection,
                code="UNSUPPORTED_API_VERSION",
            )
        return f"/services/data/{version}"

    # ------------------------------------------------------------------------------------------------ requests
    async def get(self, path: str, *params: tuple[str, str], headers: Mapping[str, str] | None = None) -> Reply:
        """A read below the version's root; a refusal that passes (a lock, a full server) is waited for."""
        for attempt in range(1, _TRIES + 1):
            try:
                return await self.request("GET", path, params=params, headers=headers)
            except Rejected as error:
                if error.code not in PASSING or attempt == _TRIES:
                    raise
            await self.wait(attempt)
        raise AssertionError("the last attempt answers or raises")  # pragma: no cover

    async def wait(self, attempt: int) -> None:
        """Before another attempt: twice as long each time, and never in step with others."""
        await asyncio.sleep(self.settings.backoff * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params = (),
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        safe: bool | None = None,
    ) -> Reply:
        """One request, ``path`` below the version's root. Raises ``Parked`` when the day's calls are used up."""
        full = await self.root() + path
        client = await self._at_home()
        try:
            return await client.request(method, full, params=params, body=body, headers=headers, safe=safe)
        except PermissionMissing as error:
            if error.code != LIMIT:
                raise
            if _AT_ONCE.search(str(error)):
                raise Rejected(
                    f"{error} Too many long requests were under way in the org at that moment; nothing of this one was "
                    "carried out. Try again",
                    connection=self.connection,
                    request_id=error.request_id,
                    code=CONCURRENT,
                    status=error.status,
                ) from None
            self.pace.park()
            raise self.pace.parked("the org's daily API calls are used up (REQUEST_LIMIT_EXCEEDED)") from None

    async def composite(
        self, parts: Sequence[Mapping[str, Any]], *, all_or_none: bool, safe: bool = False
    ) -> list[Row]:
        """Up to 25 requests in one call; ``url`` of each below the version's root. Answers in the order of ``parts``."""
        root = await self.root()
        asked = [{**part, "url": root + str(part["url"])} for part in parts]
        body = {"allOrNone": all_or_none, "compositeRequest": asked}
        reply = await self.request("POST", "/composite", body=body, safe=safe)
        rows = reply.data.get("compositeResponse") if isinstance(reply.data, dict) else None
        answers = {str(row.get("referenceId")): row for row in rows or () if isinstance(row, dict)}
        if [part["referenceId"] for part in parts if part["referenceId"] not in answers]:
            error = self.error("the answer to a composite request does not answer every part", reply.request_id)
            error.maybe_sent = not safe
            raise error
        return [{**answers[str(part["referenceId"])], "requestId": reply.request_id} for part in parts]

    # ------------------------------------------------------------------------------------------------ queries
    async def pages(self, text: str, what: str, *, even_deleted: bool = False) -> AsyncIterator[tuple[list[Row], int]]:
        """All rows of a query with its total, page by page, every row once; complete or ``IncompleteRead``.

        Every row needs its ``Id``. A query that Salesforce forgot in the middle, or whose total moved, starts over (once).
        """
        ledger = ReadLedger(self.connection, what)
        start = "/queryAll" if even_deleted else "/query"
        path: str = start
        params: Params = (("q", text),)
        while True:
            try:
                rows, total, following = await self._page(path, params, what)
                fresh = ledger.page([str(row["Id"]) for row in rows], total)
            except TotalMoved:
                ledger.restart()
                path, params = start, (("q", text),)
                continue
            except Rejected as error:
                if error.code != NO_LOCATOR:
                    raise
                ledger.restart()
                path, params = start, (("q", text),)
                continue
            yield [row for row, new in zip(rows, fresh, strict=True) if new], total
            if not following:
                ledger.finish()
                return
            path, params = following, ()

    async def rows(self, text: str, what: str, *, even_deleted: bool = False) -> list[Row]:
        """All rows of a query at once."""
        return [row async for page, _ in self.pages(text, what, even_deleted=even_deleted) for row in page]

    async def some(
        self,
        entity: str,
        fields: Sequence[str],
        values: Iterable[str],
        *conditions: str,
        by: Sequence[str] = ("Id",),
        even_deleted: bool = False,
    ) -> list[Row]:
        """Rows one of whose fields ``by`` has one of the values; long lists of values and of fields in several queries.

        Archived records are among them only with ``even_deleted``.
        """
        first, *more = soql.field_lists(name for name in fields if name != "Id")
        used = soql.size(soql.select(["Id", *first], entity, *by, *conditions))
        chunks = list(soql.value_lists(values, (soql.LONGEST - used) // len(by)))

        async def ask(chunk: list[str]) -> list[Row]:
            text = soql.select(
                ["Id", *first], entity, soql.anyone(*(soql.among(name, chunk) for name in by)), *conditions
            )
            return await self.rows(text, entity, even_deleted=even_deleted)

        found = [row for rows in await each(chunks, ask) for row in rows]
        return await self.widen(entity, found, more)

    async def widen(self, entity: str, rows: list[Row], more: Sequence[Sequence[str]]) -> list[Row]:
        """The rows with further fields, which did not fit the first query's address. Raises ``IncompleteRead``."""
        for fields in more:
            chunks = list(soql.value_lists((str(row["Id"]) for row in rows), soql.LONGEST - soql.MOST_FIELDS))

            async def ask(chunk: list[str], fields: Sequence[str] = fields) -> list[Row]:
                return await self.rows(
                    soql.select(["Id", *fields], entity, soql.among("Id", chunk)), entity, even_deleted=True
                )

            found = {str(row["Id"]): row for part in await each(chunks, ask) for row in part}
            gone = [str(row["Id"]) for row in rows if str(row["Id"]) not in found]
            if gone:
                raise ReadLedger(self.connection, entity).incomplete(f"{gone[0]} disappeared while reading")
            rows = [{**row, **found[str(row["Id"])]} for row in rows]
        return rows

    async def _page(self, path: str, params: Params, what: str) -> tuple[list[Row], int, str]:
        """Rows, total and the path of the next page (empty at the end)."""
        size = {"Sforce-Query-Options": f"batchSize={self.settings.page_size}"}
        try:
            reply = await self.get(path, *params, headers=size)
        except Rejected as error:
            if error.code in {NO_TYPE, NO_FIELD}:
                missing = PermissionMissing(
                    f"{error} The integration user cannot see {what}, or one of the fields: grant read access (object and "
                    "field-level security) and test the connection again",
                    connection=self.connection,
                    request_id=error.request_id,
                    code=error.code,
                )
                missing.permission = f"read {what}"
                raise missing from None
            raise
        data = reply.data if isinstance(reply.data, dict) else {}
        rows, total, done = data.get("records"), data.get("totalSize"), data.get("done")
        good = isinstance(rows, list) and all(isinstance(row, dict) and row.get("Id") for row in rows)
        if not good or not isinstance(total, int) or not isinstance(done, bool):
            raise self.error(f"a page of {what} is no page of records", reply.request_id)
        assert isinstance(rows, list)
        if done:
            return rows, total, ""
        following, root = str(data.get("nextRecordsUrl") or ""), await self.root()
        if not following.startswith(f"{root}/query"):
            raise self.error(f"a page of {what} is not the last and names no next one", reply.request_id)
        return rows, total, following.removeprefix(root)

    # ------------------------------------------------------------------------------------------------ metadata
    async def described(self, entity: str) -> Row:
        """The describe of one object. Raises ``NotFound`` when this user cannot see it."""
        reply = await self.get(f"/sobjects/{quote(entity, safe='')}/describe")
        if not isinstance(reply.data, dict) or not isinstance(reply.data.get("fields"), list):
            raise self.error(f"the describe of {entity} names no fields", reply.request_id)
        return reply.data

    def error(self, message: str, request_id: str = "") -> ProtocolError:
        """A ``ProtocolError`` of this connection."""
        assert self._client is not None
        return self._client.protocol_error(message, request_id)

    async def close(self) -> None:
        self.pace.calls.save()
        if self._client is not None:
            await self._client.close()
        await self.grant.endpoint.client.close()

    async def _at_home(self) -> Client:
        """The client of the org's address; another one when a new session lives elsewhere."""
        session = await self.grant.session()
        async with self._lock:
            if self._client is None or self._session is None or self._session.where != session.where:
                if self._client is not None:
                    await self._client.close()
                self._client = Client(self.connection, session.where, DIALECT, self.pace, self._redactor)
                self._client.auth = self.grant
                self._listed = None
            self._session = session
            return self._client
