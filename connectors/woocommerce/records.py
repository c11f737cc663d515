"""The store's rows as records, and the values in them that a sync compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import Any

from connectors.values import amount, text
from engine.model import Customer, Field, Order, OrderLine, PriceOption, Product, Sku, canonical

#: What is asked for of a product or variation: all else costs the store time and is not used.
FIELDS = (
    "id,parent_id,type,status,name,description,short_description,permalink,sku,global_unique_id,regular_price,sale_price,"
    "on_sale,manage_stock,stock_quantity,categories,attributes,variations,date_modified_gmt,cost_of_goods_sold"
)
VARIATION = "variation"


@dataclass(frozen=True, slots=True)
class Parent:
    """What a variation takes from its parent: the first part of its name, and its SKU where it has none of its own."""

    id: str
    name: str
    sku: str
    active: bool


def parent_of(row: Mapping[str, Any]) -> Parent:
    return Parent(str(row["id"]), _plain(row.get("name")), text(row.get("sku")), row.get("status") == "publish")


def is_base(row: Mapping[str, Any]) -> bool:
    """Whether a row only shows others: a variable product (of a plugin, too), or a group."""
    kind = text(row.get("type"))
    return kind == "grouped" or kind.startswith("variable") or (kind != VARIATION and bool(row.get("variations")))


def product(row: Mapping[str, Any], currency: str | None, parent: Parent | None = None) -> Product:
    """A product, or with ``parent`` one of its variations. Raises ``ValueError`` for a value that is none.

    Prices are texts that plugins and imports write past WooCommerce: one that is no amount is that product's own trouble, and
    told in its notes.
    """
    price, sale, cost = readable(row, "regular_price"), readable(row, "sale_price"), cost_of(row)
    prices: tuple[PriceOption, ...] = () if price is None else (PriceOption(price, currency),)
    if sale is not None:
        prices += (PriceOption(sale, currency, type="sale"),)
    sku = own_sku(row, parent)
    return Product(
        id=str(row["id"]),
        name=_variation_name(row, parent) if parent else _plain(row.get("name")),
        description=text(row.get("description")) or text(row.get("short_description")),
        active=row.get("status") == "publish" and (parent is None or parent.active),
        upc=text(row.get("global_unique_id")),
        category=_category(row),
        prices=prices,
        costs=() if cost is None else (PriceOption(cost, currency),),
        skus=(Sku(sku),) if sku else (),
        quantity=quantity_of(row),
        is_base=is_base(row),
        parent_id=parent.id if parent else "",
        version=text(row.get("date_modified_gmt")),
        url=text(row.get("permalink")),
        notes="; ".join(
            [
                *filter(None, (unreadable(row, name) for name in ("regular_price", "sale_price"))),
                *([f"on sale at {canonical(sale)}"] if sale is not None and row.get("on_sale") else []),
            ]
        ),
    )


def unreadable(row: Mapping[str, Any], name: str) -> str:
    """What is wrong with the text of a price, or nothing."""
    try:
        amount(row.get(name))
    except ValueError as error:
        return f"its {name.replace('_', ' ')} cannot be read: {error}; correct it in WooCommerce"
    return ""


def readable(row: Mapping[str, Any], name: str) -> Decimal | None:
    """A price, or None where there is none or none that can be read."""
    return None if unreadable(row, name) else amount(row.get(name))


def customer(row: Mapping[str, Any], site: str) -> Customer:
    """A customer; who has no name is known by company, e-mail address or login name."""
    found = row.get("billing")
    billing: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    first = text(row.get("first_name")) or text(billing.get("first_name"))
    last = text(row.get("last_name")) or text(billing.get("last_name"))
    email = text(row.get("email")) or text(billing.get("email"))
    return Customer(
        id=str(row["id"]),
        name=f"{first} {last}".strip() or text(billing.get("company")) or email or text(row.get("username")),
        email=email,
        phone=text(billing.get("phone")),
        first_name=first,
        last_name=last,
        street=text(billing.get("address_1")),
        street2=text(billing.get("address_2")),
        city=text(billing.get("city")),
        postal_code=text(billing.get("postcode")),
        region=text(billing.get("state")),
        country=text(billing.get("country")),
        version=text(row.get("date_modified_gmt")),
        url=f"{site}/wp-admin/user-edit.php?user_id={row['id']}",
    )


def order(row: Mapping[str, Any]) -> Order:
    """An order with its lines; a line of a variation names the variation. Raises ``ValueError``.

    In an order with refunds a line counts with the units that are out of the stock now: what was put back is not sold.
    """
    lines, refunded = row.get("line_items") or [], bool(row.get("refunds"))
    if not isinstance(lines, list) or not all(isinstance(line, Mapping) for line in lines):
        raise ValueError("line_items is no list of lines")
    return Order(
        id=str(row["id"]),
        number=text(row.get("number")) or str(row["id"]),
        at=moment(row.get("date_created_gmt")),
        status=text(row.get("status")),
        lines=tuple(
            OrderLine(
                text(line.get("variation_id") or line.get("product_id")),
                _left_out(line) if refunded else amount(line.get("quantity")) or Decimal(0),
                text(line.get("sku")),
            )
            for line in lines
        ),
        customer_id=text(row.get("customer_id") or ""),
    )


def _left_out(line: Mapping[str, Any]) -> Decimal:
    """Units of a line that WooCommerce has out of the stock: ``_reduced_stock`` of its meta data, which is gone when all were
    put back.
    """
    kept = line.get("meta_data")
    for one in kept if isinstance(kept, list) else ():
        if isinstance(one, Mapping) and one.get("key") == "_reduced_stock":
            return amount(one.get("value")) or Decimal(0)
    return Decimal(0)


def value_of(row: Mapping[str, Any], field: Field, parent: Parent | None) -> str | None:
    """One field as canonical text, or None when it is empty. Raises ``ValueError``."""
    if field is Field.SKU:
        return own_sku(row, parent) or None
    read = {Field.PRICE: lambda: amount(row.get("regular_price")), Field.COST: lambda: cost_of(row)}
    found = read.get(field, lambda: quantity_of(row))()
    return None if found is None else canonical(found)


def own_sku(row: Mapping[str, Any], parent: Parent | None) -> str:
    """The SKU of the row itself: a variation without one is shown with its parent's, which no two may have."""
    sku = text(row.get("sku"))
    return "" if parent is not None and sku == parent.sku else sku


def quantity_of(row: Mapping[str, Any]) -> Decimal | None:
    """Units in stock where the row counts its own: not where it does not count, or its parent does (``"parent"``)."""
    return amount(row.get("stock_quantity")) if row.get("manage_stock") is True else None


def cost_of(row: Mapping[str, Any]) -> Decimal | None:
    """``cost_of_goods_sold.total_value``; None without the feature, and where nobody has entered a cost."""
    goods = row.get("cost_of_goods_sold")
    if not isinstance(goods, Mapping):
        return None
    total, values = amount(goods.get("total_value")), goods.get("values")
    entered = isinstance(values, list) and any(
        isinstance(one, Mapping) and one.get("defined_value") is not None for one in values
    )
    return total if total or entered else None


def moment(value: Any) -> datetime:
    """A ``..._gmt`` time, which carries no zone, as aware UTC. Raises ``ValueError``."""
    at = datetime.fromisoformat(text(value))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _plain(value: Any) -> str:
    """Names come with their HTML entities."""
    return unescape(text(value))


def _variation_name(row: Mapping[str, Any], parent: Parent) -> str:
    attributes = row.get("attributes")
    options = (
        [_plain(one.get("option")) for one in attributes if isinstance(one, Mapping)]
        if isinstance(attributes, list)
        else []
    )
    return " - ".join(part for part in (parent.name, ", ".join(option for option in options if option)) if part)


def _category(row: Mapping[str, Any]) -> str:
    categories = row.get("categories")
    if not isinstance(categories, list) or not categories or not isinstance(categories[0], Mapping):
        return ""
    return _plain(categories[0].get("name"))
