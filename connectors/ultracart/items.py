"""Items as products. ``pricing.cost`` is the *selling* price and ``pricing.cogs`` what the goods cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from connectors.ultracart.settings import Settings
from connectors.ultracart.values import flat, listed, section, text
from connectors.values import amount
from engine.model import Field, PriceOption, Product, Sku, canonical

#: What every item is read *and* written with: an update with another ``_expand`` than the read loses data.
EXPAND = (
    "accounting,content,identifiers,internal,physical,pricing,pricing.tiers,properties,salesforce,shipping,"
    "shipping.distribution_centers,tax"
)
_STOCK = ("shipping", "shipping.distribution_centers")
#: The same without stock, for updates that do not mean it: units that are sold between the read and the update stay sold.
EXPAND_WITHOUT_STOCK = ",".join(part for part in EXPAND.split(",") if part not in _STOCK)
KEY = "merchant_item_oid"
#: Not offered as custom fields: they are the account's, or change by themselves.
_OWN = frozenset({KEY, "merchant_id", "last_modified_dts", "salesforce", "description_translated_text_instance_oid"})


def product(row: Mapping[str, Any], settings: Settings) -> Product:
    """One item. Raises ``ValueError`` for a value that is none."""
    pricing, identifiers = section(row, "pricing"), section(row, "identifiers")
    currency = text(pricing.get("currency_code")) or settings.currency or None
    cogs, sku, quantity = amount(pricing.get("cogs")), text(row.get("merchant_item_id")), quantity_of(row, settings)
    sale = amount(pricing.get("sale_cost"))
    return Product(
        id=str(row[KEY]),
        name=text(row.get("description")),
        description=text(row.get("description")),
        active=row.get("inactive") is not True,
        brand=text(identifiers.get("manufacturer_name")),
        mpn=text(identifiers.get("manufacturer_sku")),
        upc=text(identifiers.get("barcode")),
        category=text(row.get("parent_category_path")).strip("/"),
        external_id=text(section(row, "salesforce").get("sfdc_product_id")),
        prices=tuple(_prices(pricing, currency)),
        costs=() if cogs is None else (PriceOption(cogs, currency),),
        skus=(Sku(sku),) if sku else (),
        quantity=quantity,
        version=text(row.get("last_modified_dts")),
        url=text(section(row, "content").get("view_url")),
        notes=f"on sale at {canonical(sale)}" if sale is not None else "",
        custom=tuple(flat(row, _OWN)),
    )


def _prices(pricing: Mapping[str, Any], currency: str | None) -> Iterator[PriceOption]:
    """The selling price, then sale, suggested and tier prices. Raises ``ValueError``."""
    for name, type in (
        ("cost", "recurring"),
        ("sale_cost", "sale"),
        ("manufacturer_suggested_retail_price", "msrp"),
    ):
        found = amount(pricing.get(name))
        if found is not None:
            yield PriceOption(found, currency, type=type)
    for tier in listed(pricing.get("tiers")):
        for discount in listed(tier.get("discounts")):
            found, least = amount(discount.get("cost")), amount(discount.get("quantity")) or Decimal(0)
            if found is not None:
                limit = least if least > 1 else Decimal(0)
                yield PriceOption(found, currency, type=f"tier:{text(tier.get('name'))}", lower_limit=limit)


def quantity_of(row: Mapping[str, Any], settings: Settings) -> Decimal | None:
    """The stock level of the chosen distribution center, else of all together; None where it is not tracked.

    Raises ``ValueError``.
    """
    if section(row, "shipping").get("track_inventory") is not True:
        return None
    levels = [amount(one.get("inventory_level")) for one in centers(row, settings.center)]
    known = [level for level in levels if level is not None]
    return sum(known, Decimal(0)) if known else None


def centers(row: Mapping[str, Any], code: str) -> list[Mapping[str, Any]]:
    """The distribution centers of an item, or the one with this code."""
    found = listed(section(row, "shipping").get("distribution_centers"))
    return [one for one in found if not code or text(one.get("distribution_center_code")) == code]


def value_of(row: Mapping[str, Any], field: Field, settings: Settings) -> str | None:
    """One field as canonical text, or None when it is empty. Raises ``ValueError``."""
    if field is Field.SKU:
        return text(row.get("merchant_item_id")) or None
    pricing = section(row, "pricing")
    if field is Field.QUANTITY:
        found = quantity_of(row, settings)
    else:
        found = amount(pricing.get("cost" if field is Field.PRICE else "cogs"))
    return None if found is None else canonical(found)


def expand_for(fields: Iterable[str]) -> str:
    """What an update of these fields (``quantity``, or a field's name in the API) is read and written with."""
    stock = any(name == Field.QUANTITY.value or name.partition(".")[0] == "shipping" for name in fields)
    return EXPAND if stock else EXPAND_WITHOUT_STOCK
