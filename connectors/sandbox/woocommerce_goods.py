"""Changing one product or variation as WooCommerce does: what a body may set, unique SKUs, stock, prices, costs."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.sandbox.wire import Json
from connectors.sandbox.woocommerce_shapes import Shop, refuse

PLAIN = frozenset(
    {
        "name", "slug", "description", "short_description", "status", "featured", "catalog_visibility", "virtual",
        "tax_status", "tax_class", "global_unique_id", "backorders", "low_stock_amount", "weight", "menu_order",
        "purchase_note", "external_url", "button_text", "sold_individually", "reviews_allowed", "attributes",
        "grouped_products", "images",
    }
)  # fmt: skip


def changed(shop: Shop, row: Json, body: Json) -> Json:
    """The row with a body's changes. Raises ``Refused`` with the store's error; unknown names are ignored, as there."""
    out = {**row, **{name: value for name, value in body.items() if name in PLAIN and name in row}}
    if "sku" in body:
        out["sku"] = _unique(shop, row, str(body["sku"] or ""))
    for name in ("regular_price", "sale_price"):
        if name in body and row.get("type") not in {"variable", "grouped"}:
            out[name] = _decimal(body[name])
    touched = bool({"regular_price", "sale_price"} & body.keys())
    if touched and out["sale_price"] and Decimal(out["sale_price"]) >= Decimal(out["regular_price"] or 0):
        out["sale_price"] = ""  # what is no reduction is deleted
    _stock(shop, out, body)
    if shop.cogs and isinstance(goods := body.get("cost_of_goods_sold"), dict):
        values = goods.get("values") or []
        out["cogs"] = float(sum(float(one.get("defined_value") or 0) for one in values)) if values else None
        if "cogs_overrides_parent" in out and "defined_value_overrides_parent" in goods:
            out["cogs_overrides_parent"] = bool(goods["defined_value_overrides_parent"])
    if isinstance(body.get("meta_data"), list):
        out["meta_data"] = _meta(shop, row["meta_data"], body["meta_data"])
    if isinstance(body.get("categories"), list):
        known = [shop.state.get("categories", str(one.get("id"))) for one in body["categories"]]
        out["categories"] = [{name: one[name] for name in ("id", "name", "slug")} for one in known if one]
    out["on_sale"] = bool(out["sale_price"]) and Decimal(out["sale_price"]) < Decimal(out["regular_price"] or 0)
    if out.get("type") not in {"variable", "grouped"}:
        out["price"] = out["sale_price"] if out["on_sale"] else out["regular_price"]
    if body:
        out["date_modified"] = out["date_modified_gmt"] = shop.now()
    return out


def take(shop: Shop, product_id: int, variation_id: int, units: int) -> None:
    """Sell units (negative: give them back) where the product, or the parent of the variation, counts its stock."""
    for table, id in (("variations", variation_id), ("products", product_id)):
        row = shop.state.get(table, str(id))
        if row is not None and row["manage_stock"]:
            left = (row["stock_quantity"] or 0) - units
            shop.state.put(
                table, str(id), {**row, **_in_stock(left), "date_modified_gmt": shop.now(), "date_modified": shop.now()}
            )
            return


def shown(shop: Shop, row: Json) -> Json:
    """The row as it is answered: costs where the feature is on, and what a variation takes from its parent."""
    out = {name: value for name, value in row.items() if name not in {"cogs", "cogs_overrides_parent"}}
    parent = shop.state.get("products", str(row["parent_id"])) if row.get("type") == "variation" else None
    if parent is not None:
        out["sku"] = row["sku"] or parent["sku"]
        if not row["manage_stock"] and parent["manage_stock"]:
            out |= {"manage_stock": "parent", "stock_quantity": parent["stock_quantity"]}
    if shop.cogs:
        out["cost_of_goods_sold"] = _costs(row, parent)
    return out


def _costs(row: Json, parent: Json | None) -> Json:
    defined = row["cogs"]
    above = (parent["cogs"] or 0.0) if parent is not None and not row["cogs_overrides_parent"] else 0.0
    effective = (defined or 0.0) + above
    out: Json = {
        "values": [{"defined_value": defined, "effective_value": effective}],
        "total_value": effective,
    }
    if parent is not None:
        out["defined_value_overrides_parent"] = row["cogs_overrides_parent"]
    return out


def _stock(shop: Shop, out: Json, body: Json) -> None:
    if "manage_stock" in body:
        out["manage_stock"] = body["manage_stock"] in {True, "true", "1"}
    if not out["manage_stock"]:
        out["stock_quantity"] = None
        return
    if body.get("stock_quantity") is not None:
        out |= _in_stock(_whole(body["stock_quantity"]))
    elif shop.takes_delta and body.get("inventory_delta") is not None:
        out |= _in_stock((out["stock_quantity"] or 0) + _whole(body["inventory_delta"]))
    elif out["stock_quantity"] is None:
        out |= _in_stock(0)


def _in_stock(units: int) -> Json:
    return {"stock_quantity": units, "stock_status": "instock" if units > 0 else "outofstock"}


def _whole(value: Any) -> int:
    """WooCommerce counts whole units: it cuts fractions off and takes what is no number for nothing."""
    try:
        return math.trunc(float(value))
    except (TypeError, ValueError):
        return 0


def _decimal(value: Any) -> str:
    """Prices are kept as text; what is no number is kept as none."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return ""
    return format(amount, "f") if amount.is_finite() else ""


def _unique(shop: Shop, row: Json, sku: str) -> str:
    """Raises WooCommerce's error for an SKU that another product or variation has."""
    if not sku or sku == row["sku"]:
        return sku
    for table in ("products", "variations"):
        for other in shop.state.tables[table].values():
            if other["sku"] == sku and other["id"] != row["id"] and other["status"] != "trash":
                about = {"resource_id": other["id"], "unique_sku": f"{sku}-1"}
                raise refuse("product_invalid_sku", "Invalid or duplicated SKU.", 400, **about)
    return sku


def _meta(shop: Shop, old: list[Json], new: list[Json]) -> list[Json]:
    kept = {one["key"]: one for one in old}
    for one in new:
        key = str(one.get("key") or "")
        id = kept[key]["id"] if key in kept else shop.state.next_id("meta")
        kept[key] = {"id": id, "key": key, "value": one.get("value")}
    return list(kept.values())
