"""WooCommerce's REST API v3, as its index (``woocommerce_v3_index.json``) and its public source have it.

A subset: products, variations, orders, customers, categories. The contract tests hold it to the index, the community
client drives it. Constructor arguments say what differs between stores: ``cogs`` (Cost of Goods Sold switched on),
``all_variations`` (10.3: one list of all variations), ``incremental`` (5.8: ``modified_after``), ``takes_delta`` (the
undocumented ``inventory_delta``), ``batch_limit``, ``statuses`` (order statuses that a plugin added), ``guarded`` (a plugin
answers nobody without a key), ``told_https=False`` (WordPress takes its address for plain HTTP: Basic is not looked at). Plain HTTP is for loopback: as behind a proxy that ends TLS, Basic
is taken there too, beside OAuth 1.0a.

Control operations of its own::

    POST  /_control/sell          {"lines": [{"product_id": 1, "quantity": 2}], "status": "processing"}: an order is placed
    POST  /_control/meanwhile     once, right before the next matching request: {"method", "path", "skip", "insert": n,
                                  "delete": [ids], "sell": {"id": units}, "edit": {"id": {...}}}
    PATCH /_control/maintenance   {"on": true}: every request is answered by the maintenance page
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from connectors.sandbox.base import Sandbox
from connectors.sandbox.store_world import StoreWorld
from connectors.sandbox.wire import Call, Json, Reply, Route, as_json
from connectors.sandbox.woocommerce_goods import changed
from connectors.sandbox.woocommerce_index import index
from connectors.sandbox.woocommerce_oauth import signed
from connectors.sandbox.woocommerce_orders import STATUSES, Orders
from connectors.sandbox.woocommerce_products import Products
from connectors.sandbox.woocommerce_seed import CURRENCY, PRODUCT, tables_of
from connectors.sandbox.woocommerce_shapes import CLOCK, problem, refuse
from connectors.sandbox.world import World

__all__ = ["Meanwhile", "WooCommerce"]

_MAINTENANCE = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Briefly unavailable for scheduled maintenance. Check back in a minute.</h1></body></html>"


@dataclass(slots=True)
class Meanwhile:
    """What happens in the store right before a request is carried out; see the module's control operations."""

    method: str = ""
    path: str = ""
    skip: int = 0
    insert: int = 0
    delete: Sequence[str] = ()
    sell: Mapping[str, int] = field(default_factory=dict)
    edit: Mapping[str, Json] = field(default_factory=dict)

    def matches(self, call: Call) -> bool:
        return self.method in {"", call.method} and (not self.path or fnmatchcase(call.path, self.path))


class WooCommerce(Sandbox):
    """One store. ``permissions`` without ``write`` is a read-only key."""

    name: ClassVar[str] = "woocommerce"
    prefix: ClassVar[str] = "/wp-json/wc/v3"
    vendor_limit: ClassVar[int] = 6000  # none in fact; a host's firewall has one
    all_permissions: ClassVar[frozenset[str]] = frozenset({"read", "write"})

    def __init__(
        self,
        world: World | StoreWorld,
        *,
        store: int = 0,
        consumer_key: str = "",
        consumer_secret: str = "",
        cogs: bool = True,
        all_variations: bool = True,
        incremental: bool = True,
        takes_delta: bool = True,
        batch_limit: int = 100,
        statuses: Sequence[str] = (),
        guarded: bool = False,
        told_https: bool = True,
        **settings: Any,
    ) -> None:
        shop = StoreWorld.of(world)
        self.consumer_key = consumer_key or f"ck_{secrets.token_hex(20)}"
        self.consumer_secret = consumer_secret or f"cs_{secrets.token_hex(20)}"
        self.cogs, self.all_variations, self.incremental = cogs, all_variations, incremental
        self.takes_delta, self.batch_limit = takes_delta, batch_limit
        self.statuses: Sequence[str] = (*STATUSES, *statuses)
        self.guarded, self.told_https = guarded, told_https
        self.maintenance = False
        self.events: list[Meanwhile] = []
        self._orders = Orders(self)
        tables = tables_of(shop, store)
        last = max((int(id) for rows in tables.values() for id in rows), default=0)
        super().__init__(tables, counters={"posts": last, "meta": 1000}, truth=shop.truth(store), **settings)

    def now(self) -> str:
        """The store's clock, to the second."""
        return datetime.now(UTC).strftime(CLOCK)

    def make_routes(self) -> Sequence[Route]:
        return (
            *Products(self).routes(),
            *self._orders.routes(),
            Route("GET", "/data/currencies/current", self._currency, "read"),
            Route("GET", "", lambda _call: as_json(self._index())),
        )

    def handle(self, call: Call) -> Reply:
        if self.maintenance:
            return Reply(503, _MAINTENANCE, (("content-type", "text/html; charset=utf-8"), ("retry-after", "600")))
        self._let_happen(call)
        return super().handle(call)

    def _index(self) -> Json:
        routes = (route for route in self.routes if route.path)
        return index(routes, self.statuses, cogs=self.cogs, incremental=self.incremental)

    def _currency(self, _call: Call) -> Reply:
        return as_json({"code": CURRENCY, "name": "United States (US) dollar", "symbol": "&#36;"})

    # -------------------------------------------------------------------------------- what happens meanwhile
    def meanwhile(self, **event: Any) -> Meanwhile:
        """Let something happen once, right before the next request that matches. Raises ``TypeError``."""
        self.events.append(Meanwhile(**event))
        return self.events[-1]

    def sell(self, lines: Sequence[Json], status: str = "processing") -> Json:
        """Place an order now."""
        return self._orders.place(lines, status)

    def _let_happen(self, call: Call) -> None:
        for event in [event for event in self.events if event.matches(call)]:
            if event.skip:
                event.skip -= 1
                continue
            self.events.remove(event)
            for _ in range(event.insert):
                new = self.state.next_id("posts")
                row = {**PRODUCT, "id": new, "name": f"New product {new}", "date_modified_gmt": self.now()}
                self.state.put("products", str(new), row)
            for id in event.delete:
                self.state.remove(self._table(id), id)
            for id, change in event.edit.items():
                self.state.put(self._table(id), id, changed(self, self.state.tables[self._table(id)][id], change))
            if event.sell:
                self.sell([{"product_id": int(id), "quantity": units} for id, units in event.sell.items()])

    def _table(self, id: str) -> str:
        return "variations" if self.state.get("variations", id) else "products"

    def control_routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/sell", lambda call: as_json(self.sell(**call.json()))),
            Route("POST", "/meanwhile", self._control_meanwhile),
            Route("PATCH", "/maintenance", self._control_maintenance),
        )

    def _control_meanwhile(self, call: Call) -> Reply:
        self.meanwhile(**call.json())
        return as_json({"waiting": len(self.events)})

    def _control_maintenance(self, call: Call) -> Reply:
        self.maintenance = bool(call.json().get("on", True))
        return as_json({"on": self.maintenance})

    def reset(self) -> None:
        super().reset()
        self.events.clear()
        self.maintenance = False

    # -------------------------------------------------------------------------------- what a system must say
    def authenticate(self, call: Call, route: Route, /) -> None:
        if not route.path and not self.guarded:
            return  # the index is public
        if "oauth_signature" in dict(call.query):
            url = f"http://{call.headers.get('host', '')}{self.prefix}{call.path}"
            if call.arg("oauth_consumer_key") != self.consumer_key or not signed(call, url, self.consumer_secret):
                raise refuse(
                    "woocommerce_rest_authentication_error",
                    "Invalid signature - provided signature does not match.",
                    401,
                )
            return
        basic = _basic(call) if self.told_https else None
        given = basic or (call.arg("consumer_key"), call.arg("consumer_secret"))
        if not given[0] and not route.path:
            raise refuse("rest_not_logged_in", "You are not currently logged in.", 401)
        if not given[0]:
            raise refuse("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 401)
        if not hmac.compare_digest(given[0].encode(), self.consumer_key.encode()):
            raise refuse("woocommerce_rest_authentication_error", "Consumer key is invalid.", 401)
        if not hmac.compare_digest(given[1].encode(), self.consumer_secret.encode()):
            raise refuse("woocommerce_rest_authentication_error", "Consumer secret is invalid.", 401)

    def deny(self, _call: Call, permission: str, /) -> Reply:
        text = f"The API key provided does not have {permission} permissions."
        return as_json(problem("woocommerce_rest_authentication_error", text, 401), 401)

    def not_found(self, _call: Call, /) -> Reply:
        text = "No route was found matching the URL and request method."
        return as_json(problem("rest_no_route", text, 404), 404)

    def bad_body(self, _call: Call, _reason: str, /) -> Reply:
        return as_json(problem("rest_invalid_json", "Invalid JSON body passed.", 400), 400)

    def too_many(self, _call: Call, wait: float, /) -> Reply:
        headers = (("content-type", "text/html"), ("retry-after", str(max(1, round(wait)))))
        return Reply(429, b"<html><body><h1>429 Too Many Requests</h1></body></html>", headers)

    def failure(self, _call: Call, status: int, /) -> Reply:
        text = "<p>There has been a critical error on this website.</p>"
        return as_json(problem("internal_server_error", text, status), status)

    def page_before(self, call: Call) -> Call:
        size = call.number("per_page", 10)
        moved = {"offset": max(call.number("offset", 0) - size, 0), "page": max(call.number("page", 1) - 1, 1)}
        query = (
            *((key, value) for key, value in call.query if key not in moved),
            *((k, str(v)) for k, v in moved.items()),
        )
        return Call(call.method, call.path, query, call.headers, call.body, call.client)

    def credentials(self) -> dict[str, str]:
        return {"consumer_key": self.consumer_key, "consumer_secret": self.consumer_secret}

    def options(self, base_url: str) -> dict[str, str]:
        allowed = self.limiter.per_minute * 5 / 6
        return {"base_url": base_url, "rate_per_minute": f"{allowed:g}" if allowed else "1000000"}


def _basic(call: Call) -> tuple[str, str] | None:
    """User and password of Basic authentication, or None."""
    scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password
