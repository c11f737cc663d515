"""The fields of items and customers that can be mapped. UltraCart cannot be asked for them: this table is ours.

Lengths are those of the vendor's own client; names are the dotted ones of ``Product.custom`` and ``Customer.custom``.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from connectors.ultracart.settings import Settings
from connectors.values import amount
from engine.crm import SchemaField, SchemaObject
from engine.model import Kind

PROPERTY = "properties."


def _field(name: str, type: str = "string", length: int = 0, *, writes: bool = True, **more: Any) -> SchemaField:
    label = name.replace(".", " ").replace("_", " ").capitalize()
    return SchemaField(name, label, type, length, updateable=writes, **more)


ITEM_FIELDS = {
    field.name: field
    for field in (
        _field("merchant_item_id", length=20, writes=False, required=True, unique=True),
        _field("description", length=512),
        _field("creation_dts", "datetime", writes=False),
        _field("inactive", "boolean", writes=False),
        _field("kit", "boolean", writes=False),
        _field("parent_category_path", writes=False),
        _field("accounting.accounting_code", length=50),
        _field("accounting.qb_class", length=31),
        _field("content.custom_thank_you_url"),
        _field("content.extended_description", length=10_000),
        _field("content.meta_description"),
        _field("content.meta_keywords"),
        _field("content.meta_title"),
        _field("content.view_url", writes=False),
        _field("identifiers.barcode", length=30),
        _field("identifiers.manufacturer_name", length=50),
        _field("identifiers.manufacturer_sku", length=25),
        _field("identifiers.unspsc", length=20),
        _field("internal.memo", length=250),
        *(_field(f"physical.{what}.{part}", "number" if part == "value" else "string", writes=False)
          for what in ("weight", "height", "length", "width") for part in ("value", "uom")),
        _field("pricing.auto_order_cost", "number", writes=False),
        _field("pricing.cogs", "number", writes=False),
        _field("pricing.cost", "number", writes=False),
        _field("pricing.currency_code", length=3, writes=False),
        _field("pricing.manufacturer_suggested_retail_price", "number"),
        _field("pricing.minimum_advertised_price", "number"),
        _field("pricing.sale_cost", "number"),
        _field("pricing.sale_start", "datetime", writes=False),
        _field("pricing.sale_end", "datetime", writes=False),
        _field("shipping.allow_back_order", "boolean"),
        _field("shipping.customs_description"),
        _field("shipping.customs_value", "number"),
        _field("shipping.eta", "datetime", writes=False),
        _field("shipping.free_shipping", "boolean"),
        _field("shipping.track_inventory", "boolean", writes=False),
        _field("tax.tax_free", "boolean"),
        _field("tax.tax_product_type", writes=False),
        _field("tax.taxable_cost", "number"),
    )
}  # fmt: skip
_ADDRESS = {
    "first_name": 30, "last_name": 30, "company": 50, "title": 50, "address1": 50, "address2": 50, "city": 32,
    "state_region": 32, "postal_code": 20, "country_code": 2, "day_phone": 25, "evening_phone": 25,
}  # fmt: skip
CUSTOMER_FIELDS = (
    _field("business_notes", length=2000, writes=False),
    _field("email", writes=False),
    _field("fax", length=32, writes=False),
    _field("qb_class", writes=False),
    _field("qb_code", writes=False),
    _field("quickbooks_online_customer_id", length=50, writes=False),
    _field("referral_source", length=50, writes=False),
    _field("sales_rep_code", length=10, writes=False),
    _field("signup_dts", "datetime", writes=False),
    _field("tax_exempt", "boolean", writes=False),
    _field("tax_id", length=15, writes=False),
    _field("terms", writes=False),
    _field("website_url", length=100, writes=False),
    _field("billing.day_phone_e164", writes=False),
    *(
        _field(f"{place}.{name}", length=length, writes=False)
        for place in ("billing", "shipping")
        for name, length in _ADDRESS.items()
    ),
)


def objects(settings: Settings) -> tuple[SchemaObject, ...]:
    """``item`` and ``customer``; custom properties are those that the options name."""
    own = [_field(PROPERTY + name, length=1000, custom=True) for name in settings.item_properties]
    theirs = [_field(PROPERTY + name, length=1500, writes=False, custom=True) for name in settings.customer_properties]
    return (
        _object("item", "Item", [*ITEM_FIELDS.values(), *own], Kind.PRODUCTS),
        _object("customer", "Customer", [*CUSTOMER_FIELDS, *theirs], Kind.CUSTOMERS),
    )


def convert(field: SchemaField, text: str) -> str | bool | Decimal | None:
    """A text as the field's own type; empty text is null. Raises ``ValueError``."""
    if text == "":
        return None
    if field.type == "boolean":
        if text not in {"true", "false"}:
            raise ValueError(f"{field.name} is true or false, not {text!r}")
        return text == "true"
    return amount(text) if field.type == "number" else text


def _object(name: str, label: str, fields: Sequence[SchemaField], kind: Kind) -> SchemaObject:
    return SchemaObject(name, label, False, tuple(fields), kind)
