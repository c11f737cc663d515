"""Writing variants: several of one product at once, each whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from connectors.sandbox.shopify_nodes import Nodes, number
from connectors.sandbox.shopify_seed import money
from connectors.sandbox.state import State
from connectors.sandbox.wire import Json

_LONGEST_SKU = 255
_PLAIN = ("barcode", "inventoryPolicy", "taxable")


class Store(Protocol):
    """What writing needs of the sandbox."""

    state: State

    def now(self) -> str: ...


class Variants:
    """``productVariantsBulkUpdate`` and ``inventoryItemUpdate``."""

    def __init__(self, store: Store, nodes: Nodes) -> None:
        self._store, self._nodes = store, nodes

    def bulk_update(
        self,
        _info: Any,
        productId: str,  # noqa: N803 - the vendor's names
        variants: Sequence[Json],
        allowPartialUpdates: bool = False,  # noqa: N803
    ) -> Json:
        """Without ``allowPartialUpdates`` one variant that is refused keeps all the others from being written."""
        product = number("Product", productId)
        if self._store.state.get("products", product) is None:
            return _payload([_error(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")])
        changes, errors = dict[str, Json](), list[Json]()
        for at, given in enumerate(variants):
            id = number("ProductVariant", str(given.get("id") or ""))
            wrong = self._wrong(product, id, given, ["variants", str(at)])
            errors += wrong
            if not wrong:
                changes[id] = given
        if errors and not allowPartialUpdates:
            return _payload(errors, self._nodes.product_of(product))
        for id, given in changes.items():
            self._change(id, given)
        if changes:
            self._touch(product)
        written = [self._nodes.variant_of(id) for id in changes]
        return {**_payload(errors, self._nodes.product_of(product)), "productVariants": written}

    def item_update(self, _info: Any, id: str, input: Json) -> Json:
        item = number("InventoryItem", id)
        row = self._store.state.get("items", item)
        if row is None:
            return {
                "inventoryItem": None,
                "userErrors": [{"field": ["id"], "message": "The inventory item does not exist."}],
            }
        if (cost := _amount(input.get("cost"))) is not None and cost < 0:
            wrong = {"field": ["input", "cost"], "message": "Cost must be greater than or equal to 0"}
            return {"inventoryItem": self._nodes.item_of(item), "userErrors": [wrong]}
        self._change(row["variant"], {"inventoryItem": input})
        return {"inventoryItem": self._nodes.item_of(item), "userErrors": []}

    def _wrong(self, product: str, id: str, given: Json, path: list[str]) -> list[Json]:
        if not given.get("id"):
            return [_error([*path, "id"], "Product variant is missing ID attribute", "PRODUCT_VARIANT_ID_MISSING")]
        row = self._store.state.get("variants", id)
        if row is None or row["product"] != product:
            return [_error([*path, "id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST")]
        item, found = given.get("inventoryItem") or {}, []
        try:
            price, cost = _amount(given.get("price")), _amount(item.get("cost"))
        except InvalidOperation:
            return [_error([*path, "price"], "is not a number", "INVALID_VALUE")]
        if price is not None and price < 0:
            found.append(_error([*path, "price"], "Price must be greater than or equal to 0", "NEGATIVE_PRICE_VALUE"))
        if cost is not None and cost < 0:
            why = "Cost must be greater than or equal to 0"
            found.append(_error([*path, "inventoryItem", "cost"], why, "GREATER_THAN_OR_EQUAL_TO"))
        if len(str(item.get("sku") or "")) > _LONGEST_SKU:
            why = f"SKU is too long (maximum is {_LONGEST_SKU} characters)"
            found.append(_error([*path, "inventoryItem", "sku"], why, "TOO_LONG"))
        return found

    def _change(self, id: str, given: Mapping[str, Any]) -> None:
        """A null empties a value; what is not given stays."""
        state, now = self._store.state, self._store.now()
        row = state.tables["variants"][id]
        new = {**row, **{name: given[name] for name in _PLAIN if name in given}}
        if given.get("price") is not None:
            new["price"] = money(Decimal(given["price"]))
        if "compareAtPrice" in given:
            before = _amount(given["compareAtPrice"])
            new["compareAtPrice"] = None if before is None else money(before)
        changed = given.get("inventoryItem") or {}
        item = state.tables["items"][row["item"]]
        fresh = {**item, **{name: changed[name] for name in ("tracked", "requiresShipping") if name in changed}}
        if "cost" in changed:
            cost = _amount(changed["cost"])
            fresh["cost"] = None if cost is None else money(cost)
        if "sku" in changed:
            new["sku"] = changed["sku"] or None
        if fresh != item:
            state.put("items", item["id"], {**fresh, "updatedAt": now})
        if new != row or fresh != item:
            state.put("variants", id, {**new, "updatedAt": now})

    def _touch(self, product: str) -> None:
        row = self._store.state.tables["products"][product]
        self._store.state.put("products", product, {**row, "updatedAt": self._store.now()})


def _amount(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _error(field: list[str], message: str, code: str) -> Json:
    return {"field": field, "message": message, "code": code}


def _payload(errors: list[Json], product: Json | None = None) -> Json:
    return {"product": product, "productVariants": None, "userErrors": errors}
