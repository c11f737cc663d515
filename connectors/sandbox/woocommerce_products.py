"""The store's products and variations: lists, single records, and batches whose errors stand inside a status of 200."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from connectors.sandbox.wire import Call, Json, Refused, Reply, Route, as_json
from connectors.sandbox.woocommerce_goods import changed, shown
from connectors.sandbox.woocommerce_seed import PRODUCT, VARIATION, slug
from connectors.sandbox.woocommerce_shapes import (
    Shop,
    by_dates,
    by_status,
    fields_of,
    invalid,
    page_of,
    problem,
    refuse,
    split,
)

TYPES = ("simple", "grouped", "external", "variable")
STATUSES = ("any", "future", "trash", "draft", "pending", "private", "publish")
ORDERS = ("date", "id", "include", "title", "slug", "price", "popularity", "rating", "menu_order", "modified")


class Products:
    """The resources below ``/products`` and ``/variations``."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def routes(self) -> Sequence[Route]:
        variations = "/products/{product_id}/variations"
        batches = [
            Route(method, path, act, "write")
            for path, act in (("/products/batch", self._batch), (variations + "/batch", self._variation_batch))
            for method in ("POST", "PUT", "PATCH")
        ]
        everything = [Route("GET", "/variations", self._all_variations, "read")] if self._shop.all_variations else []
        return (
            *batches,
            *everything,
            Route("GET", "/products/categories", self._categories, "read"),
            Route("GET", "/products", self._list, "read"),
            Route("POST", "/products", self._create, "write"),
            Route("GET", "/products/{id}", self._get, "read"),
            *(Route(method, "/products/{id}", self._update, "write") for method in ("PUT", "PATCH", "POST")),
            Route("DELETE", "/products/{id}", self._delete, "write"),
            Route("GET", variations, self._variations, "read"),
            Route("POST", variations, self._create_variation, "write"),
            Route("GET", variations + "/{id}", self._variation, "read"),
            *(
                Route(method, variations + "/{id}", self._update_variation, "write")
                for method in ("PUT", "PATCH", "POST")
            ),
        )

    # -------------------------------------------------------------------------------- reading
    def _list(self, call: Call) -> Reply:
        rows: list[Json] = self._shop.state.rows("products")
        if skus := split(call, "sku"):
            both = [*rows, *self._shop.state.rows("variations")]
            rows = [row for row in both if row["sku"] in {*skus, call.arg("sku")}]
        if kind := call.arg("type"):
            if kind not in TYPES:
                raise invalid("type", f"type is not one of {', '.join(TYPES)}.")
            rows = [row for row in rows if row["type"] == kind]
        return self._page(call, rows)

    def _all_variations(self, call: Call) -> Reply:
        return self._page(call, self._shop.state.rows("variations"))

    def _variations(self, call: Call) -> Reply:
        parent = self._product(call.params["product_id"])["id"]
        return self._page(call, [row for row in self._shop.state.rows("variations") if row["parent_id"] == parent])

    def _page(self, call: Call, rows: list[Json]) -> Reply:
        if unknown := set(split(call, "status")) - set(STATUSES):
            raise invalid("status", f"status[0] is not one of {', '.join(STATUSES)}: {', '.join(sorted(unknown))}.")
        if text := call.arg("search").casefold():
            rows = [row for row in rows if text in f"{row['name']} {row['description']}".casefold()]
        return page_of(call, by_dates(call, by_status(call, rows)), self._shown, ORDERS)

    def _get(self, call: Call) -> Reply:
        """A variation is found here too."""
        id = call.params["id"]
        found = self._shop.state.get("products", id) or self._shop.state.get("variations", id)
        if found is None:
            raise _no_product(404)
        return as_json(fields_of(call, self._shown(found)))

    def _variation(self, call: Call) -> Reply:
        return as_json(fields_of(call, self._shown(self._child(call.params["product_id"], call.params["id"]))))

    def _categories(self, call: Call) -> Reply:
        return page_of(call, self._shop.state.rows("categories"), lambda row: row, ("name", "id", "include", "slug"))

    # -------------------------------------------------------------------------------- writing
    def _create(self, call: Call) -> Reply:
        return as_json(self._shown(self._made(call.json())), 201)

    def _update(self, call: Call) -> Reply:
        return as_json(self._shown(self._changed(call.params["id"], call.json())))

    def _delete(self, call: Call) -> Reply:
        row = self._product(call.params["id"])
        if call.arg("force") == "true":
            self._shop.state.remove("products", str(row["id"]))
        else:
            now = self._shop.now()
            self._put({**row, "status": "trash", "date_modified": now, "date_modified_gmt": now})
        return as_json(self._shown(row))

    def _create_variation(self, call: Call) -> Reply:
        parent = self._product(call.params["product_id"])
        row = {**VARIATION, "id": self._shop.state.next_id("posts"), "parent_id": parent["id"]}
        row = self._put(changed(self._shop, row, call.json()))
        self._put({**parent, "variations": [*parent["variations"], row["id"]]})
        return as_json(self._shown(row), 201)

    def _update_variation(self, call: Call) -> Reply:
        row = self._child(call.params["product_id"], call.params["id"])
        return as_json(self._shown(self._put(changed(self._shop, row, call.json()))))

    def _batch(self, call: Call) -> Reply:
        acts: dict[str, Callable[[Any], Json]] = {
            "create": self._made,
            "update": lambda item: self._changed(str(item.get("id")), item),
        }
        return self._each(call, acts, 400)

    def _variation_batch(self, call: Call) -> Reply:
        parent = call.params["product_id"]
        acts: dict[str, Callable[[Any], Json]] = {
            "update": lambda item: self._put(changed(self._shop, self._child(parent, str(item.get("id")), 400), item))
        }
        return self._each(call, acts, 400)

    def _each(self, call: Call, acts: dict[str, Callable[[Any], Json]], _status: int) -> Reply:
        body = {name: items for name, items in call.json().items() if name in acts and isinstance(items, list)}
        limit = self._shop.batch_limit
        if sum(len(items) for items in body.values()) > limit:
            text = f"Unable to accept more than {limit} items for this request."
            raise refuse("woocommerce_rest_request_entity_too_large", text, 413)
        answer: Json = {}
        for name, items in body.items():
            for item in items:
                answer.setdefault(name, []).append(self._entry(acts[name], item))
        return as_json(answer) if answer else as_json([])

    def _entry(self, act: Callable[[Any], Json], item: Json) -> Json:
        try:
            return self._shown(act(item))
        except Refused as refused:
            error = json.loads(refused.reply.body)
            return {"id": item.get("id", 0), "error": problem(error["code"], error["message"], **error["data"])}

    def _made(self, body: Json) -> Json:
        kind = body.get("type", "simple")
        if kind not in TYPES:
            raise invalid("type", f"type is not one of {', '.join(TYPES)}.")
        blank = {**PRODUCT, "id": 0, "type": kind, "name": "Product", "date_created_gmt": self._shop.now()}
        row = changed(self._shop, blank, body)
        id = self._shop.state.next_id("posts")
        link = slug(row["name"])
        return self._put({**row, "id": id, "slug": link, "permalink": f"https://store.example/product/{link}/"})

    def _changed(self, id: str, body: Json) -> Json:
        if self._shop.state.get("variations", id) is not None:
            text = "To manipulate product variations you should use the /products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint."
            raise refuse("woocommerce_rest_invalid_product_id", text, 404)
        row = self._shop.state.get("products", id)
        if row is None:
            raise _no_product(400)
        return self._put(changed(self._shop, row, body))

    def _put(self, row: Json) -> Json:
        table = "variations" if row["type"] == "variation" else "products"
        return self._shop.state.put(table, str(row["id"]), row)

    # -------------------------------------------------------------------------------- finding
    def _shown(self, row: Json) -> Json:
        return shown(self._shop, row)

    def _product(self, id: str) -> Json:
        found = self._shop.state.get("products", id)
        if found is None:
            raise _no_product(404)
        return found

    def _child(self, parent: str, id: str, status: int = 404) -> Json:
        found = self._shop.state.get("variations", id)
        if found is None or str(found["parent_id"]) != parent:
            raise refuse("woocommerce_rest_product_variation_invalid_id", "Invalid ID.", status)
        return found


def _no_product(status: int) -> Refused:
    return refuse("woocommerce_rest_product_invalid_id", "Invalid ID.", status)
