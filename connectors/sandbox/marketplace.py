"""CloudBlue SimpleAPI (Ingram Micro "Marketplace API"), as its two API descriptions have it.

Shapes: SimpleAPI 1.15 for records, Marketplace API 1.1 for status codes and errors; the contract tests hold this module
to both. What no document settles: the number of requests of the rate limit (300 a minute here; the real one goes with
the subscription key), the gateway's 429 body, and the spelling of an error (``errors="1.1"`` answers ``timeStamp`` and
``message``, ``"2025"`` answers ``timestamp`` and ``error``, as a public client of that year reads them).
"""

from __future__ import annotations

import base64
import binascii
import math
import secrets
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from connectors.sandbox.base import Sandbox
from connectors.sandbox.jwt import Tokens
from connectors.sandbox.marketplace_customers import Customers
from connectors.sandbox.wire import Call, Json, Refused, Reply, Route, as_json
from connectors.sandbox.world import World

__all__ = ["PERMISSIONS", "Marketplace"]

PERMISSIONS = frozenset({"customers.read", "customers.write", "products.read", "plans.read"})
TOKEN_PATH = "/token"  # noqa: S105 - a path
TOKEN_SECONDS = 1500
#: Largest page the simulated gateway serves; the documents state no maximum, clients use up to 500.
MAX_LIMIT = 1000


class Marketplace(Sandbox):
    """One reseller's account. Credentials not given are drawn at random."""

    name: ClassVar[str] = "marketplace"
    prefix: ClassVar[str] = "/marketplace"
    vendor_limit: ClassVar[int] = 300
    all_permissions: ClassVar[frozenset[str]] = PERMISSIONS

    def __init__(
        self,
        world: World,
        *,
        username: str = "reseller@sandbox.example",
        password: str = "",
        subscription_key: str = "",
        marketplace: str = "us",
        token_seconds: float = TOKEN_SECONDS,
        errors: Literal["1.1", "2025"] = "1.1",
        **settings: Any,
    ) -> None:
        self.username = username
        self.password = password or secrets.token_urlsafe(12)
        self.subscription_key = subscription_key or secrets.token_hex(16)
        self.marketplace = marketplace
        self.tokens = Tokens(token_seconds)
        self.errors = errors
        tables = {
            "customers": {row["id"]: row for row in world.marketplace_customers},
            "products": {row["id"]: row for row in world.marketplace_products},
            "plans": {row["id"]: row for row in world.marketplace_plans},
        }
        super().__init__(tables, truth=world.truth(), **settings)

    def make_routes(self) -> Sequence[Route]:
        return (
            Route("POST", TOKEN_PATH, self._token),
            *Customers(self).routes(),
            Route("GET", "/products", self._products, "products.read"),
            Route("GET", "/plans", self._plans, "plans.read"),
            Route("GET", "/plans/{id}", self._plan, "plans.read"),
        )

    def _token(self, call: Call) -> Reply:
        if call.json().get("marketplace", self.marketplace) != self.marketplace:
            raise Refused(self.error(call, 401, "Unknown marketplace"))
        token = {"token": self.tokens.issue(self.username), "expiresInSeconds": int(self.tokens.seconds)}
        return self.ok(token)

    def _products(self, call: Call) -> Reply:
        rows = self.state.rows("products")
        if name := call.arg("name").casefold():
            rows = [row for row in rows if name in row["name"].casefold()]
        for field in ("serviceName", "mpn", "vendor"):
            if value := call.arg(field):
                rows = [row for row in rows if row.get(field) == value]
        return self.page(call, rows)

    def _plans(self, call: Call) -> Reply:
        rows = self.state.rows("plans")
        brief = [{name: value for name, value in row.items() if name != "planSwitches"} for row in rows]
        return self.page(call, brief)

    def _plan(self, call: Call) -> Reply:
        found = self.state.get("plans", call.params["id"])
        if found is None:
            raise Refused(self.error(call, 404, f"Service plan {call.params['id']} is not found"))
        return self.ok(found)

    # -------------------------------------------------------------------------------- shapes
    def ok(self, value: Any) -> Reply:
        return as_json(value, 200, (("X-Correlation-ID", _correlation_id()),))

    def page(self, call: Call, rows: list[Json]) -> Reply:
        """One page of a list. Raises 400 for an offset or limit that is no number or out of range."""
        offset, limit = call.number("offset", 0), call.number("limit", 10)
        digits = all(value.isdigit() for value in (call.arg("offset", "0"), call.arg("limit", "10")))
        if not digits or not 1 <= limit <= MAX_LIMIT:
            raise Refused(self.error(call, 400, f"limit must be 1 to {MAX_LIMIT} and offset at least 0"))
        pagination = {"offset": offset, "limit": limit, "total": len(rows)}
        return self.ok({"data": rows[offset : offset + limit], "pagination": pagination})

    def error(self, call: Call, status: int, message: str) -> Reply:
        correlation = _correlation_id()
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        time_key, text_key = ("timeStamp", "message") if self.errors == "1.1" else ("timestamp", "error")
        body = {
            time_key: at,
            "status": status,
            text_key: message,
            "path": self.prefix + call.path,
            "correlationId": correlation,
        }
        return as_json(body, status, (("X-Correlation-ID", correlation),))

    # -------------------------------------------------------------------------------- what a system must say
    def authenticate(self, call: Call, route: Route, /) -> None:
        key = call.headers.get("x-subscription-key", "")
        if not secrets.compare_digest(key.encode(), self.subscription_key.encode()):
            message = "Access denied due to invalid subscription key. Make sure to provide a valid key."
            raise Refused(as_json({"statusCode": 401, "message": message}, 401))
        scheme, _, value = call.headers.get("authorization", "").partition(" ")
        if route.path == TOKEN_PATH:
            if scheme.lower() != "basic" or not self._basic_holds(value):
                raise Refused(self.error(call, 401, "Bad credentials"))
            return
        problem = self.tokens.problem(value) if scheme.lower() == "bearer" else "Full authentication is required"
        if problem:
            raise Refused(self.error(call, 401, problem))

    def _basic_holds(self, value: str) -> bool:
        try:
            given = base64.b64decode(value, validate=True)
        except binascii.Error:
            return False
        return secrets.compare_digest(given, f"{self.username}:{self.password}".encode())

    def deny(self, call: Call, _permission: str, /) -> Reply:
        return self.error(call, 403, "Access to the operation is forbidden.")

    def not_found(self, _call: Call, /) -> Reply:
        return as_json({"statusCode": 404, "message": "Resource not found"}, 404)

    def bad_body(self, call: Call, _reason: str, /) -> Reply:
        return self.error(call, 400, "Malformed JSON request")

    def too_many(self, _call: Call, wait: float, /) -> Reply:
        seconds = max(math.ceil(wait), 1)
        message = f"Rate limit is exceeded. Try again in {seconds} seconds."
        return as_json({"statusCode": 429, "message": message}, 429, (("Retry-After", str(seconds)),))

    def failure(self, call: Call, status: int, /) -> Reply:
        return self.error(call, status, "An internal server error occurred.")

    def page_before(self, call: Call) -> Call:
        offset = max(call.number("offset", 0) - call.number("limit", 10), 0)
        query = (*((key, value) for key, value in call.query if key != "offset"), ("offset", str(offset)))
        return Call(call.method, call.path, query, call.headers, call.body, call.client)

    def forget_sessions(self) -> None:
        self.tokens.revoke()

    def credentials(self) -> dict[str, str]:
        return {"password": self.password, "subscription_key": self.subscription_key}

    def options(self, base_url: str) -> dict[str, str]:
        allowed = self.limiter.per_minute * 5 / 6
        return {
            "base_url": base_url,
            "username": self.username,
            "marketplace": self.marketplace,
            "page_size": "200",
            "rate_per_minute": f"{allowed:g}" if allowed else "1000000",
        }


def _correlation_id() -> str:
    return f"sbx-{uuid.uuid4()}"
