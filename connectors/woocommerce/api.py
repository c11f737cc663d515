"""The store's requests: signed, a read-only key told apart from a wrong one, and lists read to their end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from connectors.http import Client, Pace, ReadLedger, Redactor, Reply, SecretSource, TotalMoved
from connectors.http.client import Params
from connectors.woocommerce.auth import BasicKey
from connectors.woocommerce.errors import DIALECT, KEY_LACKS, permission
from connectors.woocommerce.settings import LARGEST, Settings
from engine.errors import AuthenticationError, ConnectorError, NotFound, PermissionMissing
from engine.ports import ConnectionContext

Row = dict[str, Any]
_ORDER = (("orderby", "id"), ("order", "asc"))
_WRONG = "The key or its secret is wrong or revoked"
_UNSEEN = (
    "WordPress saw no key: the host removes the Authorization header, or WordPress does not know that it is reached by "
    "https (a proxy before it must say so, as by X-Forwarded-Proto)"
)


class Api:
    """The requests of one connection."""

    def __init__(self, context: ConnectionContext, settings: Settings) -> None:
        redactor = Redactor()
        self.client = Client(context.name, settings.where, DIALECT, Pace(settings.rate_per_minute), redactor)
        self.client.auth = BasicKey(SecretSource(context, redactor), redactor)
        self._size = settings.page_size

    async def request(
        self, method: str, path: str, *, params: Params = (), body: Any = None, signed: bool = True
    ) -> Reply:
        """One request. A 401 is the store's answer to a wrong key *and* to a key that may not do this: the latter
        raises ``PermissionMissing``.
        """
        try:
            return await self.client.request(method, path, params=params, body=body, signed=signed)
        except AuthenticationError as error:
            if error.status != 401:
                raise
            if await self._key_holds(error, method):
                raise _permission_missing(error, method, path) from None
            raise AuthenticationError(
                f"{_words(error)}. {_WRONG if error.code == KEY_LACKS else _UNSEEN}",
                connection=error.connection,
                request_id=error.request_id,
                code=error.code,
                status=error.status,
            ) from None

    async def record(self, path: str) -> Row | None:
        """One record, or None when there is none (any more)."""
        try:
            reply = await self.request("GET", path)
        except NotFound:
            return None
        if not isinstance(reply.data, dict) or "id" not in reply.data:
            raise self.client.protocol_error(f"the answer to GET {path} is no record", reply.request_id)
        return reply.data

    async def some(self, path: str, ids: Sequence[str], params: Params = ()) -> dict[str, Row]:
        """Records of a list by id, at most a hundred at a time; absent ids are left out."""
        found: dict[str, Row] = {}
        for start in range(0, len(ids), LARGEST):
            chunk = ids[start : start + LARGEST]
            asked = [*params, ("include", ",".join(chunk)), ("per_page", str(LARGEST))]
            rows = self.rows(await self.request("GET", path, params=asked), path)
            wanted = set(chunk)
            found.update((str(row["id"]), row) for row in rows if str(row["id"]) in wanted)
        return found

    async def pages(self, path: str, what: str, params: Params = ()) -> AsyncIterator[tuple[list[Row], int]]:
        """All records of a list with the claimed total, every record once.

        Each page begins with the last record of the page before it: a record that was added or removed in between
        shifts it, even where the total stays the same. Then, or when the total moves, it starts over once; after that
        the read is incomplete.
        """
        ledger = ReadLedger(self.client.connection, what)
        last = ""
        while True:
            offset = max(ledger.count - 1, 0)
            window = [("per_page", str(self._size)), *([("offset", str(offset))] if offset else [])]
            reply = await self.request("GET", path, params=[*params, *_ORDER, *window])
            rows, total = self.rows(reply, path), self._total(reply, ledger)
            try:
                rows = self._without_seam(rows, last, total, ledger)
                fresh = ledger.page([str(row["id"]) for row in rows], total)
            except TotalMoved:
                ledger.restart()
                last = ""
                continue
            yield [row for row, new in zip(rows, fresh, strict=True) if new], total
            if ledger.count >= total:
                ledger.finish()
                return
            if not rows:
                raise ledger.incomplete(f"it sent {ledger.count} of {total} and then nothing")
            last = str(rows[-1]["id"])

    def rows(self, reply: Reply, path: str) -> list[Row]:
        """The records of a list. Raises ``ProtocolError`` for anything else."""
        rows = reply.data
        if not isinstance(rows, list) or not all(isinstance(row, dict) and "id" in row for row in rows):
            raise self.client.protocol_error(f"the answer to GET {path} is no list of records", reply.request_id)
        return rows

    def _without_seam(self, rows: list[Row], last: str, total: int, ledger: ReadLedger) -> list[Row]:
        if not last:
            return rows
        if ledger.total is not None and total != ledger.total:
            raise TotalMoved
        if not rows or str(rows[0]["id"]) != last:
            raise TotalMoved
        return rows[1:]

    def _total(self, reply: Reply, ledger: ReadLedger) -> int:
        texts = [reply.headers.get(name, "").strip() for name in ("x-wp-total", "x-wp-totalpages")]
        if not all(text.isdigit() for text in texts):
            raise ledger.incomplete("the answer has no X-WP-Total and X-WP-TotalPages; a proxy may remove them")
        total, pages = map(int, texts)
        if pages != -(-total // self._size):
            raise ledger.incomplete(f"{total} records in {pages} pages of {self._size} do not add up")
        return total

    async def _key_holds(self, error: ConnectorError, method: str) -> bool:
        """Whether the key is good after all, and may just not do what was asked."""
        if error.code == KEY_LACKS and "permission" in str(error):
            return True
        if method == "GET":
            return False
        try:
            await self.client.request("GET", "/products", params=[("per_page", "1"), ("_fields", "id")])
        except ConnectorError:
            return False
        return True


def _words(error: ConnectorError) -> str:
    return str(error).removeprefix(f"{error.connection}: ").rstrip(".")


def _permission_missing(error: ConnectorError, method: str, path: str) -> PermissionMissing:
    name = permission(method, path)
    missing = PermissionMissing(
        f'{method} {path} was refused: the key lacks the permission "{name}" (request {error.request_id}). Nothing was '
        "written by it. Change the key under WooCommerce > Settings > Advanced > REST API, then test the connection again",
        connection=error.connection,
        request_id=error.request_id,
        code=error.code,
        status=error.status,
    )
    missing.permission = name
    return missing
