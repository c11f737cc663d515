"""The demo of the reseller marketplace and Syncro."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tui.demo.control import Control, Record
from tui.demo.profile import Profile, percent_of

if TYPE_CHECKING:
    from engine.changes import Change


def _marketplace_price(control: Control, product: str, percent: int) -> None:
    """Amounts are strings in SimpleAPI; the first price that counts is changed, with its cost alike."""
    record = control.get("products", product)
    for name in ("prices", "costs"):
        moved = [
            {**one, "amount": str(percent_of(one["amount"], percent))} if one["type"] == "recurring" else one
            for one in record[name]
        ]
        control.change("products", product, **{name: moved})


def _syncro_price(control: Control, product: str, percent: int) -> None:
    record = control.get("products", product)
    control.change("products", product, price_retail=percent_of(record["price_retail"], percent))


def _syncro_off(control: Control, product: str) -> None:
    control.change("products", product, disabled=True)


def _syncro_written(record: Record, change: Change) -> Record:
    """Prices are JSON numbers in Syncro; an SKU lives in ``upc_code`` or in its vendor's entry."""
    if change.field.is_money:
        column = "price_retail" if change.field == "price" else "price_cost"
        return {**record, column: Decimal(change.after or 0)}
    if change.sku_slot == "upc":
        return {**record, "upc_code": change.after}
    vendor = change.sku_slot.partition(":")[2]
    entries = [{**one, "sku": change.after} if one["vendor_name"] == vendor else one for one in record["product_skus"]]
    return {**record, "product_skus": entries}


MARKETPLACE_SYNCRO = Profile(
    name="marketplace-syncro",
    storefront="marketplace",
    backoffice="syncro",
    settings={
        "currency": "USD",
        "fields": "price,cost,sku",
        "sku.storefront": "mpn",
        "sku.backoffice": "upc",
        "customers.country": "US",  # the back office has no country; without it no profile is complete
    },
    reprice=_marketplace_price,
    drift=_syncro_price,
    switch_off=_syncro_off,
    written=_syncro_written,
    tables={"marketplace": ("products",), "syncro": ("products",)},
)
