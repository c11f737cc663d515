"""What happens in the store while somebody works on it: orders are placed, records are edited, added and removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from connectors.sandbox.shopify_seed import FLOOR, MAIN, level_id, order_line, order_row
from connectors.sandbox.state import State
from connectors.sandbox.wire import Call, Json, Reply, Route, as_json
from connectors.sandbox.woocommerce import Meanwhile


class Store(Protocol):
    """What an event needs of the sandbox."""

    state: State

    def now(self) -> str: ...


class Events:
    """Orders placed now, and what waits for a request."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.waiting: list[Meanwhile] = []

    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/sell", lambda call: as_json(self.sell(**call.json()))),
            Route("POST", "/meanwhile", self._control_meanwhile),
        )

    def meanwhile(self, **event: Any) -> Meanwhile:
        """Let something happen once, right before the next request that matches. Raises ``TypeError``."""
        self.waiting.append(Meanwhile(**event))
        return self.waiting[-1]

    def clear(self) -> None:
        self.waiting.clear()

    def sell(self, lines: Sequence[Json], status: str = "processing", customer: str = "") -> Json:
        """Place an order of ``{"variant", "quantity"}`` now: its units are promised, and cannot be sold again."""
        state, now = self._store.state, self._store.now()
        id = state.next_id("orders")
        made = []
        for at, line in enumerate(lines):
            variant, units = state.tables["variants"][str(line["variant"])], int(line.get("quantity", 1))
            title = state.tables["products"][variant["product"]]["title"]
            made.append(order_line(id * 100 + at, variant["id"], variant["sku"] or "", title, units))
            self._promise(variant, units, now)
        return state.put("orders", str(id), order_row(id, status, now, str(customer), made))

    def happen(self, call: Call) -> None:
        """What waits for this request."""
        for event in [event for event in self.waiting if event.matches(call)]:
            if event.skip:
                event.skip -= 1
                continue
            self.waiting.remove(event)
            for _ in range(event.insert):
                self._insert()
            for id in event.delete:
                self._remove(id)
            for id, change in event.edit.items():
                self._edit(str(id), change)
            for id, units in event.sell.items():
                self.sell([{"variant": id, "quantity": units}])

    def _promise(self, variant: Json, units: int, now: str) -> None:
        """Units leave the first location where the goods are stocked."""
        state = self._store.state
        for location in (MAIN, FLOOR):
            id = level_id(variant["item"], location)
            row = state.get("levels", id)
            if row is not None:
                moved = {"available": row["available"] - units, "committed": row["committed"] + units}
                state.put("levels", id, {**row, **moved, "updatedAt": now})
                break
        self._touch(variant["product"], now)

    def _insert(self) -> None:
        """A copy of the first product, with one variant."""
        state, now = self._store.state, self._store.now()
        model = state.rows("variants")[0]
        id, product = str(state.next_id("variants")), str(state.next_id("products"))
        item = str(state.next_id("items"))
        options = [["Title", "Default Title"]]
        named = {"id": product, "title": f"New product {product}", "handle": f"new-product-{product}"}
        first = state.tables["products"][model["product"]]
        state.put("products", product, {**first, **named, "variants": [id], "updatedAt": now})
        new = {"id": id, "product": product, "item": item, "sku": f"NEW-{id}", "options": options}
        state.put("variants", id, {**model, **new, "title": "Default Title", "updatedAt": now})
        state.put("items", item, {**state.tables["items"][model["item"]], "id": item, "variant": id, "updatedAt": now})

    def _remove(self, id: str) -> None:
        """A variant, and its product when it was the last."""
        state = self._store.state
        row = state.get("variants", id)
        if row is None:
            return
        product = state.tables["products"][row["product"]]
        left = [one for one in product["variants"] if one != id]
        for location in state.tables["locations"]:
            state.remove("levels", level_id(row["item"], location))
        state.remove("items", row["item"])
        state.remove("variants", id)
        if left:
            state.put("products", product["id"], {**product, "variants": left, "updatedAt": self._store.now()})
        else:
            state.remove("products", product["id"])

    def _edit(self, id: str, change: Json) -> None:
        """``price``, ``sku`` ... of a variant, ``cost`` of its item, ``available`` at the first location, ``title``."""
        state, now = self._store.state, self._store.now()
        row = state.tables["variants"][id]
        apart = {"cost": "items", "available": "levels", "name": "products"}
        state.put("variants", id, {**row, **{k: v for k, v in change.items() if k not in apart}, "updatedAt": now})
        if "cost" in change:
            item = state.tables["items"][row["item"]]
            state.put("items", item["id"], {**item, "cost": change["cost"], "updatedAt": now})
        if "available" in change:
            at = level_id(row["item"], MAIN)
            state.put("levels", at, {**state.tables["levels"][at], "available": change["available"], "updatedAt": now})
        if "name" in change:
            product = state.tables["products"][row["product"]]
            state.put("products", product["id"], {**product, "title": change["name"], "updatedAt": now})
        self._touch(row["product"], now)

    def _touch(self, product: str, now: str) -> None:
        row = self._store.state.tables["products"][product]
        self._store.state.put("products", product, {**row, "updatedAt": now})

    def _control_meanwhile(self, call: Call) -> Reply:
        self.meanwhile(**call.json())
        return as_json({"waiting": len(self.waiting)})
