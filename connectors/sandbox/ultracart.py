"""UltraCart REST v2, as the vendor's SDK and its documentation have it: one account with items, customers and orders.

What no document settles is an argument: ``totals`` (``total_records`` is told), ``mild`` (errors come with status 200 and an
``error`` in the body), ``links_writable`` (an update may write ``item.salesforce``), ``nulls`` (empty values are null, as in the
documentation's examples; otherwise they are left out, since the vendor's SDK takes no null). One request at a time is answered, a
second one meanwhile gets 429, as does whoever overruns one of two leaky buckets: ``limit`` an hour (1,000) and ten times that
a day. No 429 has a Retry-After.

Control operations of its own::

    POST /_control/grant      {"user_code": "ABCD-EFGH", "granted": true}: what the person with the code says
    POST /_control/meanwhile  {"method", "path", "edit": {"oid": {...}}}: once, right before the next matching request
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from connectors.sandbox.base import Sandbox
from connectors.sandbox.crm_world import CrmWorld
from connectors.sandbox.exchange import Receive, Scope, Send
from connectors.sandbox.limits import LeakyBucket
from connectors.sandbox.log import LogEntry
from connectors.sandbox.ultracart_items import Items
from connectors.sandbox.ultracart_oauth import OAuth
from connectors.sandbox.ultracart_people import People
from connectors.sandbox.ultracart_seed import tables_of
from connectors.sandbox.ultracart_shapes import problem, refuse, stamp
from connectors.sandbox.wire import Call, Json, Reply, Route, as_json
from connectors.sandbox.world import World

__all__ = ["UltraCart"]

VERSION = "2017-03-01"
HOUR, DAY, DAYS_SHARE = 3600.0, 86400.0, 10
PERMISSIONS = frozenset({"item_read", "item_write", "customer_read", "order_read"})


@dataclass(slots=True)
class Meanwhile:
    """What somebody else changes right before a request is carried out."""

    method: str = ""
    path: str = ""
    edit: Mapping[str, Json] = field(default_factory=dict)

    def matches(self, call: Call) -> bool:
        return self.method in {"", call.method} and (not self.path or fnmatchcase(call.path, self.path))


class UltraCart(Sandbox):
    """One account. Takes a CRM world, or a reseller's world of the same seed and size."""

    name: ClassVar[str] = "ultracart"
    prefix: ClassVar[str] = "/rest/v2"
    vendor_limit: ClassVar[int] = 1000  # an hour
    all_permissions: ClassVar[frozenset[str]] = PERMISSIONS

    def __init__(
        self,
        world: World | CrmWorld,
        *,
        simple_key: str = "",
        client_id: str = "crosswalk-app",
        token_seconds: float = 3600,
        device_seconds: float = 600,
        interval: float = 5,
        auto_grant: bool = False,
        totals: bool = True,
        nulls: bool = False,
        mild: bool = False,
        links_writable: bool = True,
        **settings: Any,
    ) -> None:
        crm = CrmWorld.of(world)
        self.simple_key = simple_key or secrets.token_hex(24)
        self.totals, self.nulls, self.mild, self.links_writable = totals, nulls, mild, links_writable
        self.oauth = OAuth(
            client_id, token_seconds=token_seconds, device_seconds=device_seconds, interval=interval, auto=auto_grant
        )
        self.events: list[Meanwhile] = []
        self.in_flight = self.most_in_flight = 0
        self._buckets: dict[tuple[float, int], tuple[LeakyBucket, LeakyBucket]] = {}
        super().__init__(tables_of(crm), truth=crm.truth(), **settings)

    def make_routes(self) -> Sequence[Route]:
        return (*self.oauth.routes(), *Items(self).routes(), *People(self).routes())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As every sandbox; requests that are being answered are counted."""
        if not str(scope.get("path", "")).startswith(self.prefix):
            await super().__call__(scope, receive, send)
            return
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.in_flight -= 1

    def handle(self, call: Call) -> Reply:
        """As every sandbox; forms are read as arguments first."""
        if call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            call = replace(call, query=(*call.query, *parse_qsl(call.body.decode(), keep_blank_values=True)), body=b"")
        for event in [event for event in self.events if event.matches(call)]:
            self.events.remove(event)
            for oid, change in event.edit.items():
                row = {**self.state.tables["items"][oid], **change, "last_modified_dts": stamp()}
                self.state.put("items", oid, row)
        return super().handle(call)

    def meanwhile(self, **event: Any) -> None:
        """Let something change once, right before the next request that matches. Raises ``TypeError``."""
        self.events.append(Meanwhile(**event))

    def _plainly(self, call: Call, entry: LogEntry) -> Reply:
        if call.path.startswith("/oauth/"):
            return self._apply(call, entry)
        if self.in_flight > 1:
            return problem("Concurrent requests are not allowed.", 429)
        for bucket in self.buckets:
            if not bucket.pour():
                words = f"rate of {bucket.limit} per {bucket.seconds:g} second(s) exceeded."
                return problem(words, 429)
        return self._apply(call, entry)

    @property
    def buckets(self) -> tuple[LeakyBucket, ...]:
        """The hour's and the day's, as the settings are now; none without a limit."""
        rate, limit = self.limiter.rate, self.limiter.limit
        if not rate:
            return ()
        if (rate, limit) not in self._buckets:
            self._buckets[rate, limit] = LeakyBucket(limit, HOUR, rate), LeakyBucket(limit * DAYS_SHARE, DAY, rate)
        return self._buckets[rate, limit]

    # -------------------------------------------------------------------------------- control
    def control_routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/grant", self._control(self._grant)),
            Route("POST", "/meanwhile", self._control(lambda event: self.meanwhile(**event))),
        )

    def _grant(self, said: Json) -> None:
        self.oauth.decide(str(said["user_code"]), granted=bool(said.get("granted", True)))

    def _control(self, act: Callable[[Json], None]) -> Callable[[Call], Reply]:
        def carry_out(call: Call) -> Reply:
            act(call.json())
            return as_json({"done": True})

        return carry_out

    def forget_sessions(self) -> None:
        self.oauth.expire()

    def reset(self) -> None:
        super().reset()
        self.oauth.restart()
        self.events.clear()
        self._buckets.clear()
        self.most_in_flight = 0

    # -------------------------------------------------------------------------------- what a system must say
    def authenticate(self, call: Call, route: Route, /) -> None:
        if route.path.startswith("/oauth/"):
            return
        if call.headers.get("x-ultracart-api-version") != VERSION:
            raise refuse("The header X-UltraCart-Api-Version is required.", 400)
        key = call.headers.get("x-ultracart-simple-key", "")
        if key and hmac.compare_digest(key.encode(), self.simple_key.encode()):
            return
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.oauth.holds(token):
            raise refuse("Invalid credentials.", 401)

    def deny(self, _call: Call, permission: str, /) -> Reply:
        return problem(f"The key lacks the permission {permission}.", 403)

    def not_found(self, call: Call, /) -> Reply:
        return problem(f"There is no {call.method} {call.path}.", 404)

    def bad_body(self, _call: Call, reason: str, /) -> Reply:
        return problem(f"Invalid JSON: {reason}", 400)

    def too_many(self, _call: Call, _wait: float, /) -> Reply:
        return problem(f"rate of {self.limiter.limit} per 3600 second(s) exceeded.", 429)

    def failure(self, _call: Call, status: int, /) -> Reply:
        return problem("An unexpected error occurred.", status)

    def page_before(self, call: Call) -> Call:
        size = call.number("_limit", 100)
        query = tuple((key, value) for key, value in call.query if key != "_offset")
        return replace(call, query=(*query, ("_offset", str(max(call.number("_offset", 0) - size, 0)))))

    def credentials(self) -> dict[str, str]:
        return {"simple_key": self.simple_key}

    def options(self, base_url: str) -> dict[str, str]:
        rate = self.limiter.rate
        an_hour = self.limiter.limit * rate
        return {
            "base_url": base_url,
            "currency": "USD",
            "distribution_center": "WEST",
            "requests_per_hour": f"{an_hour * 0.95:g}" if rate else "100000000",
            "requests_per_day": f"{an_hour * DAYS_SHARE * 0.95:g}" if rate else "1000000000",
            "burst": f"{self.limiter.limit * 0.9:g}" if rate else "100000000",
            "backoff_seconds": f"{60 / rate:g}" if rate else "0.2",
        }
