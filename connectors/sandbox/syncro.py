"""Syncro MSP's REST API v1, as its API description and the live tests reported in public repositories have it.

Source of shapes: Syncro's own OpenAPI document (``syncro-subset.openapi.json``); the contract tests hold this module to
it. Behaviour that no document settles is a constructor argument: ``meta`` (whether lists carry paging totals) and
``resets`` (booleans that a PUT silently sets to false when it leaves them out: ``maintain_stock`` was seen to).

Faithful oddities: 401 is also the answer to a missing permission; 429 carries no Retry-After; prices are JSON floats;
products have neither currency nor update time and cannot be deleted; the replies to a product's POST and PUT leave
``product_skus`` out; a 404 is sometimes empty.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Literal

from connectors.sandbox.base import Sandbox
from connectors.sandbox.syncro_customers import Customers
from connectors.sandbox.syncro_products import Products
from connectors.sandbox.syncro_shapes import NOT_AUTHORIZED, Meta
from connectors.sandbox.syncro_vendors import Vendors
from connectors.sandbox.wire import Call, Json, Refused, Reply, Route, as_json
from connectors.sandbox.world import World

__all__ = ["PERMISSIONS", "Syncro"]

PERMISSIONS = frozenset(
    {
        "Customers - List/Search",
        "Customers - View Detail",
        "Customers - Create",
        "Customers - Edit",
        "Customers - Delete",
        "Products - List/Search",
        "Products - Create",
        "Products - Edit",
        "Vendors - List",
        "Vendors - View Details",
        "Vendors - New",
        "Vendors - Edit",
    }
)


class Syncro(Sandbox):
    """One Syncro account. ``token`` is the API token clients must send as a bearer token."""

    name: ClassVar[str] = "syncro"
    prefix: ClassVar[str] = "/api/v1"
    vendor_limit: ClassVar[int] = 180
    all_permissions: ClassVar[frozenset[str]] = PERMISSIONS

    def __init__(
        self,
        world: World,
        *,
        token: str = "",
        meta: Meta | Literal["documented", "always", "never"] = Meta.DOCUMENTED,
        resets: Collection[str] = ("maintain_stock",),
        **settings: Any,
    ) -> None:
        self.token = token or f"T{secrets.token_hex(20)}"
        self.meta = Meta(meta)
        self.resets = frozenset(resets)
        tables = {
            "customers": {str(row["id"]): row for row in world.syncro_customers},
            "products": {str(row["id"]): row for row in world.syncro_products},
            "vendors": {str(row["id"]): row for row in world.syncro_vendors},
            "categories": {str(row["id"]): row for row in world.syncro_categories},
        }
        skus = max((sku["id"] for row in world.syncro_products for sku in row["product_skus"]), default=0)
        super().__init__(tables, counters={"skus": skus}, truth=world.truth(), **settings)

    def make_routes(self) -> Sequence[Route]:
        return (
            Route("GET", "/me", self._me),
            *Customers(self).routes(),
            *Products(self).routes(),
            *Vendors(self).routes(),
        )

    def _me(self, _call: Call) -> Reply:
        def crud(kind: str) -> Json:
            return {
                "read": f"{kind} - List/Search" in self.permissions,
                "write": f"{kind} - Edit" in self.permissions,
                "delete": f"{kind} - Delete" in self.permissions,
            }

        nothing = {"read": False, "write": False, "delete": False}
        return as_json(
            {
                "user_token": self.token,
                "user_email": "operator@sandbox.example",
                "user_name": "Sandbox Operator",
                "user_id": 1,
                "admin": self.permissions == PERMISSIONS,
                "can_use_app": True,
                "two_factor_required": False,
                "subdomain": "sandbox",
                "default_location": None,
                "enable_multi_locations": False,
                "locations_allowed": [],
                "permissions": {
                    "asset": nothing,
                    "customer": crud("Customers"),
                    "ticket": nothing,
                    "invoice": nothing,
                    "payment": nothing,
                    "worksheet": {"add": False, "manage": False, "delete": False},
                    "script": {"execute": False},
                },
            }
        )

    # -------------------------------------------------------------------------------- what a system must say
    def authenticate(self, call: Call, _route: Route, /) -> None:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secrets.compare_digest(token.encode(), self.token.encode()):
            raise Refused(as_json(NOT_AUTHORIZED, 401))

    def deny(self, _call: Call, _permission: str, /) -> Reply:
        return as_json(NOT_AUTHORIZED, 401)

    def not_found(self, _call: Call, /) -> Reply:
        return as_json({"message": "Not found"}, 404)

    def bad_body(self, _call: Call, _reason: str, /) -> Reply:
        return as_json({"error": "There was a problem in the JSON you submitted"}, 400)

    def too_many(self, _call: Call, _wait: float, /) -> Reply:
        return Reply(429, b"Retry later\n", (("content-type", "text/plain"),))

    def failure(self, _call: Call, status: int, /) -> Reply:
        return as_json({"status": status, "error": "Internal Server Error"}, status)

    def page_before(self, call: Call) -> Call:
        page = max(call.number("page", 1) - 1, 1)
        query = (*((key, value) for key, value in call.query if key != "page"), ("page", str(page)))
        return Call(call.method, call.path, query, call.headers, call.body, call.client)

    def credentials(self) -> dict[str, str]:
        return {"token": self.token}

    def options(self, base_url: str) -> dict[str, str]:
        # the margin below the vendor's limit that an operator would keep: 150 of 180
        allowed = self.limiter.per_minute * 5 / 6
        return {"base_url": base_url, "rate_per_minute": f"{allowed:g}" if allowed else "1000000"}
