"""SimpleAPI's requests: token, pages, single customers, and its way to report failures.

The two published descriptions differ: 1.1 documents errors as ``{timeStamp, status, message, path, correlationId}``,
clients of 2025 read ``timestamp`` and ``error``, and the gateway in front answers ``{statusCode, message}``. All are read.
"""

from __future__ import annotations

import base64
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from connectors.http import (
    Client,
    Dialect,
    Explained,
    Pace,
    ReadLedger,
    Redactor,
    Reply,
    RetryPolicy,
    SecretSource,
    Token,
    TokenAuth,
    TotalMoved,
)
from connectors.http.token_file import TokenFile
from connectors.marketplace.settings import Settings
from engine.ports import ConnectionContext

_DEFAULT_LIFETIME = 1500.0  # seconds, the documented example


def explain(data: Any) -> Explained:
    """The message, status and correlation id of any of the three error documents."""
    if not isinstance(data, dict):
        return Explained(data if isinstance(data, str) else "")
    words = data.get("message") or data.get("error") or ""
    status = data.get("status") or data.get("statusCode") or ""
    return Explained(_flat(words), str(status), str(data.get("correlationId") or ""))


def _flat(words: Any) -> str:
    if isinstance(words, list):
        return "; ".join(_flat(item) for item in words)
    return str(words)


def permission(method: str, path: str) -> str:
    """The right a request needs, in the words of the API user's role."""
    resource = path.strip("/").partition("/")[0] or "API"
    return f"{resource}: {'read' if method == 'GET' else 'write'}"


DIALECT = Dialect(explain=explain, permission=permission, request_ids=("x-correlation-id", "x-request-id"))


class Api:
    """The requests of one connection, signed with a token that is fetched once for all of them."""

    def __init__(self, context: ConnectionContext, settings: Settings) -> None:
        redactor = Redactor()
        self._settings = settings
        self._secrets = SecretSource(context, redactor)
        self.client = Client(
            context.name,
            settings.where,
            DIALECT,
            Pace(settings.rate_per_minute),
            redactor,
            RetryPolicy(throttle=settings.backoff),
        )
        account = (settings.where.base_url, settings.username, settings.marketplace)
        kept = TokenFile(context.token_file, *account) if context.token_file else None
        self.auth = TokenAuth(self._fetch_token, redactor, extra=self._gateway_headers, kept=kept)
        self.client.auth = self.auth

    async def get(self, path: str, **params: str) -> Reply:
        """One GET with query parameters."""
        return await self.client.request("GET", path, params=list(params.items()))

    async def pages(self, path: str, what: str, **filters: str) -> AsyncIterator[tuple[list[dict[str, Any]], int]]:
        """All records of a list, page by page with the claimed total; every record once.

        Raises ``IncompleteRead`` when they do not add up. A total that moves in the middle starts the read over, once.
        """
        ledger = ReadLedger(self.client.connection, what)
        offset = 0
        while True:
            reply = await self.get(path, offset=str(offset), limit=str(self._settings.page_size), **filters)
            rows, total, at = self._page(reply, what, ledger)
            if at is not None and at != offset:
                raise ledger.incomplete(f"asked from record {offset} on, it answered from {at} on")
            try:
                fresh = ledger.page([identity(row, what, self.client) for row in rows], total)
            except TotalMoved:
                ledger.restart()
                offset = 0
                continue
            yield [row for row, new in zip(rows, fresh, strict=True) if new], total
            offset += len(rows)
            if offset >= total or not rows:
                ledger.finish()
                return

    def _page(self, reply: Reply, what: str, ledger: ReadLedger) -> tuple[list[dict[str, Any]], int, int | None]:
        data = reply.data
        rows = data.get("data") if isinstance(data, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.client.protocol_error(f"the list of {what} has no array of records in it", reply.request_id)
        pagination = data.get("pagination")
        total = pagination.get("total") if isinstance(pagination, dict) else None
        if not isinstance(total, int) or total < 0:
            raise ledger.incomplete("a page came without its total")
        at = pagination.get("offset")
        return rows, total, at if isinstance(at, int) else None

    async def _gateway_headers(self) -> Mapping[str, str]:
        headers = {"X-Subscription-Key": await self._secrets.get("subscription_key")}
        if self._settings.client_id:
            headers["X-Client-Id"] = self._settings.client_id
        return headers

    async def _fetch_token(self) -> Token:
        """``POST /token`` with the user's name and password. It changes nothing, so it may be repeated."""
        password = await self._secrets.get("password")
        basic = base64.b64encode(f"{self._settings.username}:{password}".encode()).decode()
        self.client.redactor.add(basic)
        reply = await self.client.request(
            "POST",
            "/token",
            body={"marketplace": self._settings.marketplace},
            headers={"Authorization": f"Basic {basic}", **await self._gateway_headers()},
            signed=False,
            safe=True,
        )
        token = reply.data.get("token") if isinstance(reply.data, dict) else None
        if not isinstance(token, str) or not token:
            raise self.client.protocol_error("the answer to POST /token holds no token", reply.request_id)
        try:
            lifetime = float(reply.data.get("expiresInSeconds") or _DEFAULT_LIFETIME)
        except (TypeError, ValueError):
            lifetime = _DEFAULT_LIFETIME
        return Token(token, time.time() + lifetime, lifetime)


def identity(row: Mapping[str, Any], what: str, client: Client) -> str:
    """The stable id of a record.

    ``id`` where there is one; a product without is known by MPN, vendor and both periods, since the product
    list is a flat list of rates in which one MPN occurs under several periods.
    """
    id = row.get("id")
    if isinstance(id, str | int) and id != "":
        return str(id)
    if what == "products" and row.get("mpn"):
        periods = (period_text(row.get(name)) for name in ("billingPeriod", "subscriptionPeriod"))
        parts = (row["mpn"], row.get("vendor") or "", *periods)
        return ":".join(str(part).strip().replace(" ", "-") for part in parts)
    raise client.protocol_error(f"a record in the list of {what} has no id")


def period_text(period: Any) -> str:
    """``{"type": "month", "duration": 1}`` as "1 month"; empty when unknown."""
    if not isinstance(period, dict) or (period.get("type") or "unknown") == "unknown":
        return ""
    duration, name = period.get("duration"), str(period["type"]).replace("_", " ")
    if not isinstance(duration, int) or duration < 1:
        return name
    return f"{duration} {name}" + ("s" if duration > 1 else "")
