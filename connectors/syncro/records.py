"""Syncro's rows as records, and the values in them that a sync compares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.values import amount, text
from engine.model import Customer, PriceOption, Product, Sku

PRICE, COST = "price_retail", "price_cost"


def customer(row: Mapping[str, Any], site: str) -> Customer:
    """A customer, complete in list and detail alike. Named by ``business_then_name``: ``business_name`` may be null."""
    return Customer(
        id=str(row["id"]),
        name=text(row.get("business_then_name")) or text(row.get("business_name")) or text(row.get("fullname")),
        active=not row.get("disabled"),
        email=text(row.get("email")),
        phone=text(row.get("phone")) or text(row.get("mobile")),
        first_name=text(row.get("firstname")),
        last_name=text(row.get("lastname")),
        street=text(row.get("address")),
        street2=text(row.get("address_2")),
        city=text(row.get("city")),
        postal_code=text(row.get("zip")),
        region=text(row.get("state")),
        url=f"{site}/customers/{row['id']}",
    )


def product(row: Mapping[str, Any], site: str) -> Product:
    """A product. Raises ``ValueError`` for an amount that is none."""
    price, cost, quantity = (amount(row.get(name)) for name in (PRICE, COST, "quantity"))
    return Product(
        id=str(row["id"]),
        name=text(row.get("name")),
        description=text(row.get("description")),
        active=not row.get("disabled"),
        upc=text(row.get("upc_code")),
        category=text(row.get("category_path")) or text(row.get("product_category")),
        prices=() if price is None else (PriceOption(price),),
        costs=() if cost is None else (PriceOption(cost),),
        skus=skus(row),
        quantity=quantity,
        url=f"{site}/products/{row['id']}",
        notes=text(row.get("notes")),
    )


def skus(row: Mapping[str, Any]) -> tuple[Sku, ...]:
    """The SKUs of a product, one or more per vendor. Raises ``ValueError`` for a list that is none."""
    entries = row.get("product_skus") or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("product_skus is no list of SKUs")
    return tuple(
        Sku(text(entry.get("sku")), text(entry.get("vendor_name")), text(entry.get("id"))) for entry in entries
    )
