"""Syncro's products, their SKUs per vendor, and their categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.sandbox.syncro_shapes import Account, invalid, keep_ids, like, ordered, page_of
from connectors.sandbox.wire import Call, Json, Refused, Reply, Route, as_json

PAGE = 25

#: A product nobody has said anything about.
BLANK: Json = {
    "id": 0,
    "price_cost": 0.0,
    "price_retail": 0.0,
    "condition": None,
    "description": "",
    "maintain_stock": False,
    "name": "",
    "quantity": 0,
    "warranty": None,
    "sort_order": None,
    "reorder_at": None,
    "disabled": False,
    "taxable": True,
    "product_category": None,
    "category_path": None,
    "upc_code": None,
    "discount_percent": None,
    "warranty_template_id": None,
    "qb_item_id": None,
    "desired_stock_level": None,
    "price_wholesale": 0.0,
    "notes": None,
    "tax_rate_id": None,
    "physical_location": None,
    "serialized": False,
    "vendor_ids": [],
    "product_skus": [],
    "long_description": None,
    "location_quantities": [],
    "photos": [],
}

MONEY = frozenset({"price_cost", "price_retail", "price_wholesale", "discount_percent"})
BOOLEANS = frozenset({"maintain_stock", "disabled", "taxable", "serialized"})
WHOLE = frozenset(
    {
        "quantity",
        "sort_order",
        "reorder_at",
        "warranty_template_id",
        "qb_item_id",
        "desired_stock_level",
        "tax_rate_id",
    }
)
TEXTS = frozenset(
    {
        "condition",
        "description",
        "name",
        "warranty",
        "product_category",
        "upc_code",
        "notes",
        "physical_location",
        "long_description",
    }
)


class Products:
    """The resource below ``/products``."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> Sequence[Route]:
        listing, editing = "Products - List/Search", "Products - Edit"
        skus = "/products/{product_id}/product_skus"
        return (
            Route("GET", "/products", self._list, listing),
            Route("POST", "/products", self._create, "Products - Create"),
            Route("GET", "/products/barcode", self._barcode, listing),
            Route("GET", "/products/categories", self._categories, listing),
            Route("GET", "/products/{id}", self._get, listing),
            Route("PUT", "/products/{id}", self._update, editing),
            Route("GET", skus, self._skus, listing),
            Route("POST", skus, self._add_sku, editing),
            Route("PUT", skus + "/{id}", self._set_sku, editing),
        )

    # -------------------------------------------------------------------------------- reading
    def _list(self, call: Call) -> Reply:
        rows = keep_ids(call, self._account.state.rows("products"), "id", "id_not")
        rows = like(call, rows, "name")
        if sku := call.arg("sku"):
            rows = [row for row in rows if any(item["sku"] == sku for item in row["product_skus"])]
        if upc := call.arg("upc_code"):
            rows = [row for row in rows if row["upc_code"] == upc]
        if category := call.arg("category_id"):
            found = self._account.state.get("categories", category)
            rows = [row for row in rows if found and row["product_category"] == found["name"]]
        if text := call.arg("query").casefold():
            rows = [row for row in rows if text in _searchable(row)]
        return page_of(self._account, call, "products", ordered(call, rows), PAGE)

    def _get(self, call: Call) -> Reply:
        return as_json({"product": self._product(call, "id")})

    def _barcode(self, call: Call) -> Reply:
        code = call.arg("barcode")
        rows = self._account.state.rows("products")
        found = next((row for row in rows if code and row["upc_code"] == code), None)
        if found is None:
            raise Refused(Reply(404))
        return _short(found)

    def _categories(self, _call: Call) -> Reply:
        return as_json({"categories": self._account.state.rows("categories")})

    def _skus(self, call: Call) -> Reply:
        return as_json({"product_skus": self._product(call, "product_id")["product_skus"]})

    def _product(self, call: Call, param: str) -> Json:
        found = self._account.state.get("products", call.params[param])
        if found is None:
            raise Refused(as_json({"message": "Not found"}, 404))
        return found

    # -------------------------------------------------------------------------------- writing
    def _create(self, call: Call) -> Reply:
        body = call.json()
        missing = ["name" not in body or not body["name"], "description" not in body or not body["description"]]
        messages = [
            f"{field} can't be blank" for field, gone in zip(("Name", "Description"), missing, strict=True) if gone
        ]
        problems = messages + _type_problems(body)
        if problems:
            raise invalid(problems, body)
        state = self._account.state
        id = state.next_id("products")
        record = self._merged({**BLANK, "id": id}, body)
        return _short(state.put("products", str(id), record))

    def _update(self, call: Call) -> Reply:
        product, body = self._product(call, "id"), call.json()
        messages = [f"{field.capitalize()} can't be blank" for field in ("name", "description") if not body.get(field)]
        problems = messages + _type_problems(body)
        if problems:
            raise invalid(problems)
        forgotten = {name: False for name in self._account.resets if name not in body}
        record = self._merged({**product, **forgotten}, body)
        return _short(self._account.state.put("products", str(product["id"]), record))

    def _merged(self, product: Json, body: Json) -> Json:
        known = {name: value for name, value in body.items() if name in MONEY | BOOLEANS | WHOLE | TEXTS}
        known |= {name: float(value) for name, value in known.items() if name in MONEY and value is not None}
        merged = {**product, **known}
        if "category_ids" in body:
            merged |= self._category([str(id) for id in body["category_ids"]])
        if "vendor_ids" in body:
            merged["vendor_ids"] = [int(id) for id in body["vendor_ids"]]
        for item in body.get("product_skus_attributes", ()):
            vendor, value = self._sku_values(item)
            merged = self._with_sku(merged, vendor, value)
        return merged

    def _category(self, ids: list[str]) -> Json:
        found = self._account.state.get("categories", ids[0]) if ids else None
        if found is None:
            return {"product_category": None, "category_path": None}
        return {"product_category": found["name"], "category_path": found["names_depth_cache"]}

    # -------------------------------------------------------------------------------- product SKUs
    def _add_sku(self, call: Call) -> Reply:
        product = self._product(call, "product_id")
        vendor, value = self._sku_values(call.json())
        record = self._with_sku(product, vendor, value)
        self._account.state.put("products", str(product["id"]), record)
        return as_json({"product_sku": record["product_skus"][-1]})

    def _set_sku(self, call: Call) -> Reply:
        product = self._product(call, "product_id")
        if not any(str(item["id"]) == call.params["id"] for item in product["product_skus"]):
            raise Refused(as_json({"message": "Not found"}, 404))
        vendor, value = self._sku_values(call.json())
        changed = {"id": int(call.params["id"]), "vendor_name": vendor["name"], "sku": value}
        skus = [changed if str(item["id"]) == call.params["id"] else item for item in product["product_skus"]]
        self._account.state.put("products", str(product["id"]), {**product, "product_skus": skus})
        return as_json({"product_sku": changed})

    def _sku_values(self, body: Json) -> tuple[Json, str]:
        """The vendor and the value of a SKU that is written; both are demanded."""
        vendor = self._account.state.get("vendors", str(body.get("vendor_id") or ""))
        value = str(body.get("value") or "")
        messages = [text for text, blank in (("Vendor is blank", not vendor), ("Value is blank", not value)) if blank]
        if vendor is None or messages:
            raise Refused(as_json({"message": messages}, 400))
        return vendor, value

    def _with_sku(self, product: Json, vendor: Json, value: str) -> Json:
        sku = {"id": self._next_sku_id(), "vendor_name": vendor["name"], "sku": value}
        return {
            **product,
            "product_skus": [*product["product_skus"], sku],
            "vendor_ids": list(dict.fromkeys([*product["vendor_ids"], vendor["id"]])),
        }

    def _next_sku_id(self) -> int:
        """SKU ids are numbered over all products."""
        return self._account.state.next_id("skus")


def _short(product: Json) -> Reply:
    """A product as POST, PUT and barcode answer it: the documented examples leave ``product_skus`` out."""
    return as_json({"product": {name: value for name, value in product.items() if name != "product_skus"}})


def _searchable(row: Json) -> str:
    skus = " ".join(item["sku"] for item in row["product_skus"])
    return f"{row['name']} {row['description']} {row['upc_code'] or ''} {skus}".casefold()


def _type_problems(body: Json) -> list[str]:
    """Numbers must be numbers and booleans booleans; Rails' casting of anything else is not relied on here."""
    problems = []
    for name, value in body.items():
        if value is None:
            continue
        if name in MONEY and not _is_number(value):
            problems.append(f"{_human(name)} is not a number")
        elif name in WHOLE and not (isinstance(value, int) and not isinstance(value, bool)):
            problems.append(f"{_human(name)} must be an integer")
        elif name in BOOLEANS and not isinstance(value, bool):
            problems.append(f"{_human(name)} is not included in the list")
    return problems


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _human(name: str) -> str:
    return name.replace("_", " ").capitalize()
