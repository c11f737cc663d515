"""A Shopify store's Admin GraphQL API (2026-07), as its public schema and shopify.dev have it.

A subset: products, variants, inventory items and levels, locations, orders, customers, and the mutations that a sync of
prices, costs, SKUs and quantities needs. The contract tests hold it to the vendor's schema. Answers tell what a query
cost; ``points`` come back every second (``rate`` speeds the clock up; 0: there is always enough), and a query that does
not fit is answered *Throttled*, carried out not at all.

The log and the faults know an operation by its root field: a query of variants is ``GET /productVariants``, setting
quantities is ``POST /inventorySetQuantities``.

Control operations of its own::

    POST  /_control/sell          {"lines": [{"variant": "1", "quantity": 2}], "status": "processing"}: an order is placed
    GET   /_control/points        what was spent so far, and the bucket as it is
    POST  /_control/meanwhile     once, right before the next matching request: {"method", "path", "skip", "insert": n,
                                  "delete": [ids], "sell": {"id": units}, "edit": {"id": {...}}}
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
    parse,
    validate,
)

from connectors.sandbox.base import Sandbox
from connectors.sandbox.shopify_apps import TOKEN_PATH, Apps
from connectors.sandbox.shopify_cost import HIGHEST, Bucket, Costs
from connectors.sandbox.shopify_events import Events
from connectors.sandbox.shopify_lists import refused
from connectors.sandbox.shopify_nodes import Nodes
from connectors.sandbox.shopify_schema import VERSION, schema
from connectors.sandbox.shopify_seed import MAIN, tables_of
from connectors.sandbox.shopify_stock import Stock
from connectors.sandbox.shopify_variants import Variants
from connectors.sandbox.store_world import StoreWorld
from connectors.sandbox.wire import Call, Json, Refused, Reply, Route, as_json
from connectors.sandbox.world import World

__all__ = ["Shopify"]

#: The access that a root field needs.
READS = {
    "shop": "",
    "products": "read_products",
    "productVariants": "read_products",
    "inventoryItem": "read_inventory",
    "locations": "read_locations",
    "orders": "read_orders",
    "customers": "read_customers",
}
WRITES = {
    "productVariantsBulkUpdate": "write_products",
    "inventoryItemUpdate": "write_inventory",
    "inventorySetQuantities": "write_inventory",
    "inventoryAdjustQuantities": "write_inventory",
    "inventoryActivate": "write_inventory",
}
_PATH = "/graphql.json"


class Shopify(Sandbox):
    """One store. ``permissions`` are the app's access scopes."""

    name: ClassVar[str] = "shopify"
    prefix: ClassVar[str] = f"/admin/api/{VERSION}"
    vendor_limit: ClassVar[int] = 6000  # of requests there is none: points are counted
    all_permissions: ClassVar[frozenset[str]] = frozenset({*READS.values(), *WRITES.values()} - {""})

    def __init__(
        self,
        world: World | StoreWorld,
        *,
        store: int = 0,
        access_token: str = "",
        client_id: str = "sandbox-app",
        points: float = 100.0,
        rate: float = 1.0,
        **settings: Any,
    ) -> None:
        shop = StoreWorld.of(world)
        self.access_token = access_token or f"shpat_{secrets.token_hex(16)}"
        self.bucket = Bucket(points * rate)
        self.apps = Apps(client_id, lambda: sorted(self.permissions))
        self.events = Events(self)
        self._warnings: list[Json] = []
        super().__init__(tables_of(shop, store), counters={"groups": 0}, truth=shop.truth(store), rate=0, **settings)
        nodes = Nodes(self)
        variants, stock = Variants(self, nodes), Stock(self, nodes)
        fields: dict[str, Callable[..., Any]] = {
            **nodes.root(),
            "productVariantsBulkUpdate": variants.bulk_update,
            "inventoryItemUpdate": variants.item_update,
            "inventorySetQuantities": stock.set_quantities,
            "inventoryAdjustQuantities": stock.adjust_quantities,
            "inventoryActivate": stock.activate,
        }
        self._fields = {name: partial(self._guarded, name, resolve) for name, resolve in fields.items()}

    def now(self) -> str:
        """The store's clock, to the second."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def make_routes(self) -> Sequence[Route]:
        return (
            *(Route("GET", f"/{field}", self._answer, scope) for field, scope in READS.items()),
            *(Route("POST", f"/{field}", self._answer, scope) for field, scope in WRITES.items()),
            Route("POST", _PATH, self._answer),
            *self.apps.routes(),
        )

    def control_routes(self) -> Sequence[Route]:
        return (*self.events.routes(), Route("GET", "/points", lambda _call: as_json(self._points())))

    def _points(self) -> Json:
        return {"spent": self.bucket.spent, **self.bucket.status()}

    # -------------------------------------------------------------------------------- one document
    def operation(self, call: Call) -> Call:
        """The call named by what its document asks for; as it is where that is no single field."""
        if call.method != "POST" or call.path != _PATH:
            return call
        try:
            found = _document(str(call.json().get("query") or ""))
        except (GraphQLError, ValueError):
            return call
        asked = [one for one in found.definitions if isinstance(one, OperationDefinitionNode)]
        fields = [one for one in asked[0].selection_set.selections if isinstance(one, FieldNode)] if asked else []
        if len(asked) != 1 or len(fields) != 1 or fields[0].name.value not in READS | WRITES:
            return call
        writes = asked[0].operation is OperationType.MUTATION
        return replace(call, method="POST" if writes else "GET", path=f"/{fields[0].name.value}")

    def handle(self, call: Call) -> Reply:
        if call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            call = replace(call, query=(*call.query, *parse_qsl(call.body.decode(), keep_blank_values=True)), body=b"")
        self.events.happen(call)
        return super().handle(call)

    def _answer(self, call: Call) -> Reply:
        """What the document's fields answer, and what they cost."""
        body = call.json()
        try:
            document = _document(str(body.get("query") or ""))
        except GraphQLError as error:
            return _said({"errors": [error.formatted]})
        variables = body.get("variables") or {}
        wrong = _checked(document)
        if wrong:
            return _said({"errors": [one.formatted for one in wrong]})
        costs = Costs(schema(), document, variables, body.get("operationName"))
        requested = costs.of()
        if requested > HIGHEST:
            why = f"Query cost is {requested:g}, which exceeds the single query max cost limit ({HIGHEST:g})."
            costly = refused(why, "MAX_COST_EXCEEDED", cost=requested, maxCost=HIGHEST)
            return _said({"errors": [costly.formatted]})
        if not self.bucket.take(requested):
            return _said({"errors": [_throttled().formatted], "extensions": self._cost(requested, None)})
        self._warnings = []
        result = execute_sync(
            schema(), document, self._fields, variable_values=variables, operation_name=body.get("operationName")
        )
        for failed in result.errors or ():
            if failed.original_error is not None and not isinstance(failed.original_error, GraphQLError):
                raise failed.original_error  # a mistake of the sandbox's own is no answer of a store
        actual = costs.of(result.data or {})
        self.bucket.give_back(max(0.0, requested - actual))
        told: Json = {"data": result.data} if result.data is not None or result.errors else {}
        if result.errors:
            told["errors"] = [one.formatted for one in result.errors]
        search = {"search": self._warnings} if self._warnings else {}
        return _said({**told, "extensions": {**self._cost(requested, actual), **search}})

    def _cost(self, requested: float, actual: float | None) -> Json:
        told = {"requestedQueryCost": round(requested), "actualQueryCost": None if actual is None else round(actual)}
        return {"cost": {**told, "throttleStatus": self.bucket.status()}}

    def _guarded(self, field: str, resolve: Callable[..., Any], info: Any, **given: Any) -> Any:
        """A root field, for an app that may see it: a document of several fields has no route of its own."""
        self.allow(field, (READS | WRITES)[field])
        return resolve(info, **given)

    def allow(self, field: str, permission: str) -> None:
        """Raise the vendor's error when the app may not see a field."""
        if permission and permission not in self.permissions:
            raise _denied(field, permission)

    def warn(self, path: str, query: str, unknown: tuple[str, ...]) -> None:
        """Tell that a search did not know some names: it has left them out."""
        if unknown:
            told = [{"field": name, "message": "Invalid search field for this query."} for name in unknown]
            self._warnings.append({"path": [path], "query": query, "warnings": told})

    # -------------------------------------------------------------------------------- what a system must say
    def authenticate(self, call: Call, route: Route, /) -> None:
        if route.path == TOKEN_PATH:
            return  # it looks at the app's id and secret itself
        given = call.headers.get("x-shopify-access-token", "")
        if not hmac.compare_digest(given.encode(), self.access_token.encode()) and not self.apps.holds(given):
            why = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            raise Refused(_said({"errors": why}, 401))

    def deny(self, call: Call, permission: str, /) -> Reply:
        error = _denied(call.path.removeprefix("/"), permission)
        return _said({"data": None, "errors": [error.formatted]})

    def not_found(self, _call: Call, /) -> Reply:
        return _said({"errors": "Not Found"}, 404)

    def bad_body(self, _call: Call, reason: str, /) -> Reply:
        return _said({"errors": {"query": f"Bad request: {reason}"}}, 400)

    def too_many(self, _call: Call, wait: float, /) -> Reply:
        told = {"errors": [_throttled().formatted]}
        return _said(told, 429, (("retry-after", f"{max(1.0, wait):.1f}"),))

    def failure(self, _call: Call, status: int, /) -> Reply:
        why = "Internal error. Looks like something went wrong on our end."
        return _said({"errors": [refused(why, "INTERNAL_SERVER_ERROR").formatted]}, status)

    def page_before(self, call: Call) -> Call:
        """A list's first page, whichever was asked for."""
        body = call.json()
        variables: Mapping[str, Any] = body.get("variables") or {}
        if "after" not in variables:
            return call
        return replace(call, body=json.dumps({**body, "variables": {**variables, "after": None}}).encode())

    def credentials(self) -> dict[str, str]:
        return {"access_token": self.access_token}

    def options(self, base_url: str) -> dict[str, str]:
        return {"base_url": base_url, "location": MAIN}

    def reset(self) -> None:
        super().reset()
        self.bucket.clear()
        self.events.clear()

    def forget_sessions(self) -> None:
        self.apps.forget()


@lru_cache(maxsize=64)
def _document(text: str) -> DocumentNode:
    return parse(text)


@lru_cache(maxsize=64)
def _checked(document: DocumentNode) -> tuple[GraphQLError, ...]:
    return tuple(validate(schema(), document))


def _throttled() -> GraphQLError:
    return refused("Throttled", "THROTTLED", documentation="https://shopify.dev/api/usage/rate-limits")


def _denied(field: str, permission: str) -> GraphQLError:
    needed = f"`{permission}` access scope."
    return refused(
        f"Access denied for {field} field. Required access: {needed}", "ACCESS_DENIED", requiredAccess=needed
    )


def _said(value: Json, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Reply:
    known = (("x-request-id", secrets.token_hex(8)), ("x-shopify-api-version", VERSION))
    return as_json(value, status, (*known, *headers))
