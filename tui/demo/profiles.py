"""What a demo needs to know of a pair of systems: how its wire records spell prices, codes and being switched off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.errors import UsageError
from tui.demo.control import Control, Record

if TYPE_CHECKING:
    from engine.changes import Change

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Profile:
    """A storefront and a back office that the sandbox can play.

    ``reprice(control, id, percent)`` changes a storefront product's price, ``drift`` a back-office product's,
    ``switch_off`` makes a back-office product inactive; ``written(record, change)`` is the back-office record with one
    planned change carried out. ``table`` is the back office's table of products.
    """

    name: str
    storefront: str
    backoffice: str
    settings: Mapping[str, str]
    reprice: Callable[[Control, str, int], None]
    drift: Callable[[Control, str, int], None]
    switch_off: Callable[[Control, str], None]
    written: Callable[[Record, Change], Record]
    table: str = "products"


def profile(name: str) -> Profile:
    """Raises ``UsageError`` naming the known profiles."""
    if name not in PROFILES:
        raise UsageError(f"no demo profile {name!r}; there are: {', '.join(PROFILES)}")
    return PROFILES[name]


def _percent(amount: Any, percent: int) -> Decimal:
    return (Decimal(str(amount)) * (100 + percent) / 100).quantize(CENT)


def _marketplace_price(control: Control, product: str, percent: int) -> None:
    """Amounts are strings in SimpleAPI; the first price that counts is changed, with its cost alike."""
    record = control.get("products", product)
    for name in ("prices", "costs"):
        moved = [
            {**one, "amount": str(_percent(one["amount"], percent))} if one["type"] == "recurring" else one
            for one in record[name]
        ]
        control.change("products", product, **{name: moved})


def _syncro_price(control: Control, product: str, percent: int) -> None:
    record = control.get("products", product)
    control.change("products", product, price_retail=_percent(record["price_retail"], percent))


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
)

PROFILES = {MARKETPLACE_SYNCRO.name: MARKETPLACE_SYNCRO}
DEFAULT = MARKETPLACE_SYNCRO.name
