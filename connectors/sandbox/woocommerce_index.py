"""The index of the store's API: its routes and the arguments of each, from which a client learns what the store can do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from connectors.sandbox.wire import Json, Route
from connectors.sandbox.woocommerce_goods import PLAIN
from connectors.sandbox.woocommerce_products import ORDERS, STATUSES, TYPES

LISTS: Json = {
    "context": {"default": "view", "enum": ["view", "edit"], "type": "string"},
    "page": {"default": 1, "minimum": 1, "type": "integer"},
    "per_page": {"default": 10, "minimum": 1, "maximum": 100, "type": "integer"},
    "search": {"type": "string"},
    "exclude": {"default": [], "type": "array", "items": {"type": "integer"}},
    "include": {"default": [], "type": "array", "items": {"type": "integer"}},
    "offset": {"type": "integer"},
    "order": {"default": "desc", "enum": ["asc", "desc"], "type": "string"},
    "orderby": {"default": "date", "enum": list(ORDERS), "type": "string"},
}
DATES = ("after", "before", "modified_after", "modified_before")
GOODS = (
    "sku", "regular_price", "sale_price", "manage_stock", "stock_quantity", "categories", "attributes", "meta_data", "type",
)  # fmt: skip


def index(routes: Iterable[Route], statuses: Iterable[str], *, cogs: bool, incremental: bool) -> Json:
    """``GET /wp-json/wc/v3``; ``statuses`` are those of orders."""
    found: Json = {}
    for route in routes:
        path = re.sub(r"\{(\w+)\}", r"(?P<\1>[\\d]+)", route.path)
        entry = found.setdefault(f"/wc/v3{path}", {"namespace": "wc/v3", "methods": [], "endpoints": []})
        if route.method not in entry["methods"]:
            entry["methods"].append(route.method)
        args = _args(route, list(statuses), cogs, incremental)
        entry["endpoints"].append({"methods": [route.method], "args": args})
    return {"namespace": "wc/v3", "routes": found}


def _args(route: Route, statuses: list[str], cogs: bool, incremental: bool) -> Json:
    goods = ("product" in route.path or "variation" in route.path) and "categories" not in route.path
    if route.method == "GET" and not route.path.endswith("}"):
        args = {name: value for name, value in LISTS.items() if name != "offset" or "categories" not in route.path}
        if goods or route.path == "/orders":
            dates = DATES if incremental else DATES[:2]
            args |= {name: {"format": "date-time", "type": "string"} for name in dates}
            args |= {"dates_are_gmt": {"default": False, "type": "boolean"}} if incremental else {}
        if goods:
            args |= {
                "status": {"default": "any", "enum": list(STATUSES), "type": "string"},
                "type": {"enum": list(TYPES), "type": "string"},
                "sku": {"type": "string"},
            }
        if route.path == "/orders":
            args["status"] = {"default": ["any"], "items": {"enum": statuses}, "type": "array"}
            args["customer"] = {"type": "integer"}
        if route.path == "/customers":
            args |= {"role": {"default": "customer", "type": "string"}, "email": {"type": "string"}}
        return args
    if goods and route.method in {"POST", "PUT", "PATCH"}:
        args = {name: {"type": "string"} for name in (*sorted(PLAIN), *GOODS)}
        return args | ({"cost_of_goods_sold": {"type": "object"}} if cogs else {})
    return {}
