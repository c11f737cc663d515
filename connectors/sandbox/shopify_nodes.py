"""The store's rows as GraphQL objects: plain values, and functions for what is only looked up when asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from connectors.sandbox.shopify_lists import connection, refused
from connectors.sandbox.shopify_search import Columns, filtered
from connectors.sandbox.shopify_seed import CURRENCY, level_id
from connectors.sandbox.state import State
from connectors.sandbox.wire import Json

WINDOW = 25_000


def _standing(row: Json) -> tuple[str, ...]:
    """The words by which an order's ``status`` finds it."""
    if row["cancelledAt"]:
        return ("any", "cancelled", "not_closed")
    return ("any", "closed") if row["closedAt"] else ("any", "open", "not_closed")


_VARIANT_SEARCH: Columns = {
    "id": "id",
    "sku": "sku",
    "barcode": "barcode",
    "product_id": "product",
    "updated_at": "updatedAt",
}
_PRODUCT_SEARCH: Columns = {"id": "id", "title": "title", "status": "status", "updated_at": "updatedAt"}
_ORDER_SEARCH: Columns = {
    "id": "id",
    "name": "name",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "financial_status": "displayFinancialStatus",
    "fulfillment_status": "displayFulfillmentStatus",
    "status": _standing,
}
_CUSTOMER_SEARCH: Columns = {"id": "id", "email": "email", "updated_at": "updatedAt"}
_COLUMNS = {
    "CREATED_AT": "createdAt",
    "NAME": "name",
    "PROCESSED_AT": "createdAt",
    "SKU": "sku",
    "TITLE": "title",
    "UPDATED_AT": "updatedAt",
}


class Store(Protocol):
    """What the objects need of the sandbox."""

    state: State

    def allow(self, field: str, permission: str) -> None:
        """Raise ``ACCESS_DENIED`` when the app may not see a field."""

    def warn(self, path: str, query: str, unknown: tuple[str, ...]) -> None:
        """Tell that a search did not know some names."""


def gid(kind: str, id: str) -> str:
    return f"gid://shopify/{kind}/{id}"


def number(kind: str, value: str) -> str:
    """The number in a global id of that kind, or ""."""
    head, _, id = value.rpartition("/")
    return id.partition("?")[0] if head == f"gid://shopify/{kind}" else ""


class Nodes:
    """Makes the objects of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = store.state

    def root(self) -> Json:
        """The fields of ``QueryRoot``."""
        return {
            "shop": lambda _info: {
                "id": gid("Shop", "1"),
                "name": "Sandbox store",
                "myshopifyDomain": "sandbox.myshopify.com",
                "currencyCode": CURRENCY,
                "ianaTimezone": "America/New_York",
            },
            "products": partial(self._list, "products", self.product, _PRODUCT_SEARCH, "products"),
            "productVariants": partial(self._list, "productVariants", self.variant, _VARIANT_SEARCH, "variants"),
            "customers": partial(self._list, "customers", self.customer, _CUSTOMER_SEARCH, "customers"),
            "orders": partial(self._list, "orders", self.order, _ORDER_SEARCH, "orders"),
            "locations": self._locations,
            "inventoryItem": lambda _info, **named: self.item_of(number("InventoryItem", named["id"])),
        }

    # -------------------------------------------------------------------------------- lists
    def _list(
        self,
        name: str,
        node: Callable[[Json], Json],
        columns: Columns,
        table: str,
        _info: Any,
        *,
        query: str | None = None,
        sortKey: str = "ID",  # noqa: N803 - the vendor's name
        **page: Any,
    ) -> Json:
        rows, unknown = filtered(self._rows.rows(table), query or "", columns)
        self._store.warn(name, query or "", unknown)
        return connection(rows, node, order=_order(sortKey), window=WINDOW, **page)

    def _locations(self, _info: Any, *, includeInactive: bool = False, **page: Any) -> Json:  # noqa: N803
        rows = [row for row in self._rows.rows("locations") if includeInactive or row["isActive"]]
        page.pop("query", None)
        sort = page.pop("sortKey", "NAME")
        return connection(rows, self.location, order=_order(sort), **page)

    def _of_product(self, row: Json, _info: Any, *, sortKey: str = "POSITION", **page: Any) -> Json:  # noqa: N803
        rows = [one for one in (self._rows.get("variants", id) for id in row["variants"]) if one is not None]
        places = {one["id"]: at for at, one in enumerate(rows)}
        order = (lambda one: places[one["id"]]) if sortKey == "POSITION" else _order(sortKey)
        return connection(rows, self.variant, order=order, **page)

    # -------------------------------------------------------------------------------- goods
    def product(self, row: Json) -> Json:
        return {**row, "id": gid("Product", row["id"]), "variants": partial(self._of_product, row)}

    def product_of(self, id: str) -> Json | None:
        row = self._rows.get("products", id)
        return None if row is None else self.product(row)

    def variant(self, row: Json) -> Json:
        return {
            **row,
            "id": gid("ProductVariant", row["id"]),
            "displayName": lambda _info: f"{self._title(row)} - {row['title']}",
            "selectedOptions": [{"name": name, "value": value} for name, value in row["options"]],
            "product": lambda _info: self.product_of(row["product"]),
            "inventoryItem": lambda _info: self.item_of(row["item"]),
            "inventoryQuantity": lambda _info: sum(one["available"] for one in self._levels(row["item"])),
        }

    def variant_of(self, id: str) -> Json | None:
        row = self._rows.get("variants", id)
        return None if row is None else self.variant(row)

    def item_of(self, id: str) -> Json | None:
        row = self._rows.get("items", id)
        if row is None:
            return None
        variant = self._rows.get("variants", row["variant"]) or {}
        return {
            **row,
            "id": gid("InventoryItem", id),
            "sku": variant.get("sku"),
            "unitCost": None if row["cost"] is None else {"amount": row["cost"], "currencyCode": CURRENCY},
            "duplicateSkuCount": lambda _info: self._twins(variant.get("sku")),
            "inventoryLevel": lambda _info, locationId, includeInactive=False: self.level_of(  # noqa: N803
                id, number("Location", locationId), inactive=includeInactive
            ),
            "inventoryLevels": partial(self._levels_of, id),
        }

    def level_of(self, item: str, location: str, *, inactive: bool = False) -> Json | None:
        self._store.allow("inventoryLevel", "read_inventory")
        row = self._rows.get("levels", level_id(item, location))
        return None if row is None or not (row["isActive"] or inactive) else self.level(row)

    def level(self, row: Json) -> Json:
        return {
            **row,
            "id": gid("InventoryLevel", f"{row['location']}?inventory_item_id={row['item']}"),
            "item": lambda _info: self.item_of(row["item"]),
            "location": lambda _info: self.location(self._rows.tables["locations"][row["location"]]),
            "quantities": partial(_quantities, row),
        }

    def location(self, row: Json) -> Json:
        return {**row, "id": gid("Location", row["id"])}

    def _levels(self, item: str) -> list[Json]:
        locations = self._rows.tables["locations"]
        found = (self._rows.get("levels", level_id(item, location)) for location in locations)
        return [row for row in found if row is not None]

    def _levels_of(self, item: str, _info: Any, **page: Any) -> Json:
        self._store.allow("inventoryLevels", "read_inventory")
        wanted = {name: page[name] for name in ("first", "after", "last", "before", "reverse") if name in page}
        rows = [{**row, "id": row["location"]} for row in self._levels(item)]
        return connection(rows, self.level, order=_order("ID"), **wanted)

    def _twins(self, sku: str | None) -> int:
        return Counter(row["sku"] for row in self._rows.rows("variants"))[sku] - 1 if sku else 0

    def _title(self, row: Json) -> str:
        product = self._rows.get("products", row["product"])
        return product["title"] if product else ""

    # -------------------------------------------------------------------------------- people and sales
    def customer(self, row: Json) -> Json:
        orders = sum(1 for one in self._rows.rows("orders") if one["customer"] == row["id"])
        return {
            **row,
            "id": gid("Customer", row["id"]),
            "displayName": f"{row['firstName']} {row['lastName']}".strip() or row["email"],
            "defaultEmailAddress": {"emailAddress": row["email"]} if row["email"] else None,
            "defaultPhoneNumber": {"phoneNumber": row["phone"]} if row["phone"] else None,
            "numberOfOrders": str(orders),
            "note": None,
            "tags": [],
            "taxExempt": False,
        }

    def order(self, row: Json) -> Json:
        return {
            **row,
            "id": gid("Order", row["id"]),
            "customer": lambda _info: self._buyer(row),
            "lineItems": lambda _info, **page: connection(row["lines"], self._line, order=_order("ID"), **page),
        }

    def _buyer(self, row: Json) -> Json | None:
        self._store.allow("customer", "read_customers")
        found = self._rows.get("customers", row["customer"])
        return None if found is None else self.customer(found)

    def _line(self, line: Json) -> Json:
        return {**line, "id": gid("LineItem", line["id"]), "variant": lambda _info: self.variant_of(line["variant"])}


def _quantities(row: Json, _info: Any, names: list[str]) -> list[Json]:
    known = {
        "available": row["available"],
        "committed": row["committed"],
        "on_hand": row["available"] + row["committed"],
        "incoming": 0,
        "reserved": 0,
    }
    unknown = [name for name in names if name not in known]
    if unknown:
        raise refused(f"The specified quantity name {unknown[0]!r} is invalid.", "BAD_REQUEST")
    return [
        {
            "id": gid("InventoryQuantity", f"{row['item']}-{row['location']}?name={name}"),
            "name": name,
            "quantity": known[name],
            "updatedAt": row["updatedAt"],
        }
        for name in names
    ]


def _order(key: str) -> Callable[[Json], Any]:
    if key not in _COLUMNS:
        return lambda row: int(row["id"])
    return lambda row: row.get(_COLUMNS[key]) or ""
