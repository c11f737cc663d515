"""Writing quantities: compared and set in one step, a request as a whole or not at all, and the same one only once.

From 2026-04 on a request needs ``@idempotent(key:)``, and every quantity what it is changed from (null: whatever it is).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from graphql import FieldNode, value_from_ast_untyped

from connectors.sandbox.shopify_lists import refused
from connectors.sandbox.shopify_nodes import Nodes, gid, number
from connectors.sandbox.shopify_seed import level, level_id
from connectors.sandbox.state import State
from connectors.sandbox.wire import Json

_NAMES = ("available", "on_hand")
_MOST = 1_000_000_000
_REASONS = frozenset(
    [
        "correction",
        "cycle_count_available",
        "damaged",
        "movement_created",
        "other",
        "promotion",
        "quality_control",
        "received",
        "reservation_created",
        "restock",
        "safety_stock",
        "shrinkage",
    ]
)


class Store(Protocol):
    """What writing needs of the sandbox."""

    state: State

    def now(self) -> str: ...


class Stock:
    """``inventorySetQuantities``, ``inventoryAdjustQuantities`` and ``inventoryActivate``."""

    def __init__(self, store: Store, nodes: Nodes) -> None:
        self._store, self._nodes = store, nodes

    def set_quantities(self, info: Any, input: Json) -> Json:
        """Sets ``available`` or ``on_hand`` of up to 250 levels."""

        def to(row: Json, given: Json) -> tuple[int, str]:
            wanted = given["quantity"]
            if not 0 <= wanted <= _MOST:
                sign = "NEGATIVE" if wanted < 0 else "TOO_HIGH"
                return 0, f"INVALID_QUANTITY_{sign}"
            return wanted - shown(row, input["name"]), ""

        return self._once(info, input, lambda: self._move(input, input["quantities"], "quantities", to))

    def adjust_quantities(self, info: Any, input: Json) -> Json:
        """Adds to them, or takes away."""
        return self._once(
            info,
            input,
            lambda: self._move(input, input["changes"], "changes", lambda _row, given: (given["delta"], "")),
        )

    def activate(
        self,
        _info: Any,
        inventoryItemId: str,  # noqa: N803 - the vendor's names
        locationId: str,  # noqa: N803
        available: int | None = None,
        onHand: int | None = None,  # noqa: N803
    ) -> Json:
        item, location = number("InventoryItem", inventoryItemId), number("Location", locationId)
        state = self._store.state
        if state.get("items", item) is None or state.get("locations", location) is None:
            wrong = {"field": ["inventoryItemId"], "message": "The product or the location could not be found."}
            return {"inventoryLevel": None, "userErrors": [wrong]}
        id = level_id(item, location)
        if state.get("levels", id) is None:
            units = available if available is not None else onHand or 0
            state.put("levels", id, {**level(item, location, units), "updatedAt": self._store.now()})
        return {"inventoryLevel": self._nodes.level_of(item, location), "userErrors": []}

    # -------------------------------------------------------------------------------- once
    def _once(self, info: Any, given: Json, carry_out: Callable[[], Json]) -> Json:
        """The answer of the first request with a key, for every later one with the same key and input."""
        key = _key(info)
        if not key:
            raise refused(
                "The @idempotent directive is required for this mutation but was not provided.", "BAD_REQUEST"
            )
        told, state = json.dumps(given, sort_keys=True), self._store.state
        before = state.get("keys", key)
        if before is not None and before["input"] != told:
            why = "The same idempotency key cannot be used with different operation parameters."
            return _payload([_error(None, why, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")])
        if before is not None:
            return self._group(before["group"])
        made = carry_out()
        if made["userErrors"]:
            return made
        state.put("keys", key, {"id": key, "input": told, "group": made["group"]})
        return self._group(made["group"])

    def _group(self, group: Json) -> Json:
        changes = [
            {
                **one,
                "item": self._nodes.item_of(one["item"]),
                "location": self._nodes.location(self._store.state.tables["locations"][one["location"]]),
            }
            for one in group["changes"]
        ]

        def chosen(_info: Any, quantityNames: list[str] | None = None, **_ids: Any) -> list[Json]:  # noqa: N803
            return [one for one in changes if quantityNames is None or one["name"] in quantityNames]

        return _payload([], {**group, "changes": chosen})

    # -------------------------------------------------------------------------------- the levels
    def _move(
        self, given: Json, listed: Sequence[Json], name: str, by: Callable[[Json, Json], tuple[int, str]]
    ) -> Json:
        """``by`` tells how many units a level moves, or the code of why it may not."""
        general = _general(given, name)
        if general is not None:
            return _payload([general])
        moves, errors, seen = list[tuple[str, int]](), list[Json](), set[str]()
        for at, one in enumerate(listed):
            path = ["input", name, str(at)]
            id = level_id(number("InventoryItem", one["inventoryItemId"]), number("Location", one["locationId"]))
            wrong = self._wrong(one, id, given["name"], path)
            if wrong is None and id in seen:
                why = "The combination of inventoryItemId and locationId must be unique"
                wrong = _error(path, why, "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR")
            if wrong is None:
                units, code = by(self._store.state.tables["levels"][id], one)
                wrong = _error([*path, "quantity"], f"The quantity is refused: {code}", code) if code else None
                moves.append((id, units))
            seen.add(id)
            errors += [wrong] if wrong else []
        if errors:
            return _payload(errors)
        return {"group": self._carry_out(given, moves), "userErrors": []}

    def _wrong(self, one: Json, id: str, counted: str, path: list[str]) -> Json | None:
        state = self._store.state
        item = state.get("items", number("InventoryItem", one["inventoryItemId"]))
        if item is None:
            why = "The specified inventory item could not be found."
            return _error([*path, "inventoryItemId"], why, "INVALID_INVENTORY_ITEM")
        if state.get("locations", number("Location", one["locationId"])) is None:
            return _error([*path, "locationId"], "The specified location could not be found.", "INVALID_LOCATION")
        if state.tables["variants"][item["variant"]]["requiresComponents"]:
            why = "The specified inventory item is not allowed to be adjusted via API. Example: if the inventory item is a parent bundle."
            return _error([*path, "inventoryItemId"], why, "NON_MUTABLE_INVENTORY_ITEM")
        row = state.get("levels", id)
        if row is None:
            why = "The specified inventory item is not stocked at the location."
            return _error([*path, "locationId"], why, "ITEM_NOT_STOCKED_AT_LOCATION")
        if "changeFromQuantity" not in one:
            raise refused("changeFromQuantity must be given for every quantity (null opts out).", "BAD_REQUEST")
        expected = one["changeFromQuantity"]
        if expected is not None and expected != shown(row, counted):
            why = "The changeFromQuantity argument no longer matches the persisted quantity."
            return _error([*path, "changeFromQuantity"], why, "CHANGE_FROM_QUANTITY_STALE")
        return None

    def _carry_out(self, given: Json, moves: Sequence[tuple[str, int]]) -> Json:
        state, now, changes = self._store.state, self._store.now(), list[Json]()
        for id, units in moves:
            row = state.tables["levels"][id]
            if not units:
                continue
            new = state.put("levels", id, {**row, "available": row["available"] + units, "updatedAt": now})
            for name in _NAMES:
                changes.append(
                    {
                        "name": name,
                        "delta": units,
                        "quantityAfterChange": shown(new, name),
                        "item": row["item"],
                        "location": row["location"],
                    }
                )
            self._touch(row["item"], now)
        return {
            "id": gid("InventoryAdjustmentGroup", str(state.next_id("groups"))),
            "createdAt": now,
            "reason": given["reason"],
            "referenceDocumentUri": given.get("referenceDocumentUri"),
            "changes": changes,
        }

    def _touch(self, item: str, now: str) -> None:
        """A correction of stock counts as a change of the variant's product."""
        state = self._store.state
        product = state.tables["variants"][state.tables["items"][item]["variant"]]["product"]
        state.put("products", product, {**state.tables["products"][product], "updatedAt": now})


def shown(row: Json, name: str) -> int:
    """A number of a level: what can be sold, or that and what is promised."""
    return int(row["available"]) + (int(row["committed"]) if name == "on_hand" else 0)


def _general(given: Json, name: str) -> Json | None:
    if given["name"] not in _NAMES:
        code = "INVALID_NAME" if name == "quantities" else "INVALID_QUANTITY_NAME"
        return _error(["input", "name"], "The quantity name must be either 'available' or 'on_hand'.", code)
    if given["reason"] not in _REASONS:
        return _error(["input", "reason"], "The specified reason is invalid.", "INVALID_REASON")
    document = given.get("referenceDocumentUri")
    if document is not None and "://" not in document:
        why = "The specified reference document is invalid."
        return _error(["input", "referenceDocumentUri"], why, "INVALID_REFERENCE_DOCUMENT")
    return None


def _key(info: Any) -> str:
    """The key of the ``@idempotent`` directive on the field that is carried out, or ""."""
    node: FieldNode = info.field_nodes[0]
    for one in node.directives:
        if one.name.value == "idempotent":
            return str(value_from_ast_untyped(one.arguments[0].value, info.variable_values) or "")
    return ""


def _error(field: list[str] | None, message: str, code: str) -> Json:
    return {"field": field, "message": message, "code": code}


def _payload(errors: list[Json], group: Json | None = None) -> Json:
    return {"inventoryAdjustmentGroup": group, "userErrors": errors}
