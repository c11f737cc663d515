"""What one write comes to: compared with what the store has now, and turned into the few values that are sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connectors.comparing import Settled, amount_of, compared, same_amount, same_text
from connectors.shopify import records
from engine.model import Field, canonical
from engine.ports import FieldWrite, RecordWrite, Result

_LARGEST_QUANTITY = 1_000_000_000  # by Shopify's own limit, below zero as well


@dataclass(frozen=True, slots=True)
class Units:
    """A quantity to be set, and what it must be changed from."""

    item: str  # the inventory item's global id
    before: int
    after: int


@dataclass(slots=True)
class Merge:
    """``settled``: fields that need nothing sent; ``units`` and ``body``: what is sent for the rest.

    ``body`` is a ``ProductVariantsBulkInput`` without its id, ``expected`` what the store shows once it is stored.
    """

    settled: dict[Field, Settled] = field(default_factory=dict)
    units: Units | None = None
    body: dict[str, Any] = field(default_factory=dict)
    expected: dict[Field, str | None] = field(default_factory=dict)

    @property
    def stale(self) -> bool:
        return any(one.result is Result.STALE for one in self.settled.values())


def merge(row: Mapping[str, Any], write: RecordWrite, quantity: str, *, counts: bool) -> Merge:
    """Compare every ``before`` with the variant. ``counts``: the connection has a location whose quantities count.

    Raises ``ValueError`` for a variant that cannot be read.
    """
    out = Merge()
    for change in write.fields:
        settled = _unfit(row, change, counts=counts) or compared(change, records.value_of(row, change.field, quantity))
        if settled is not None:
            out.settled[change.field] = settled
        elif change.field is Field.QUANTITY:
            item = records.text(row["inventoryItem"].get("id"))
            out.units = Units(item, int(Decimal(change.before or 0)), int(Decimal(change.after)))
        else:
            out.expected[change.field] = change.after or None
            _add(out.body, change)
    return out


def differs(row: Mapping[str, Any], field: Field, expected: str | None) -> str | None:
    """What an answer shows instead of what was sent, ``empty`` for nothing; None when it shows that.

    Raises ``ValueError`` for a bad value.
    """
    found = records.value_of(row, field, "")
    alike = same_text if field is Field.SKU else same_amount
    return None if alike(found, expected) else (found or "empty")


def _unfit(row: Mapping[str, Any], change: FieldWrite, *, counts: bool) -> Settled | None:
    """Why this field of this variant cannot be written at all, or None."""
    why = ""
    if row.get("requiresComponents"):
        why = "it is a bundle of others; sync those"
    elif change.field is Field.QUANTITY:
        why = _uncounted(row, counts=counts)
    if not why and change.field is not Field.SKU:
        why = _no_amount(change)
    return Settled(Result.REJECTED, f"{why}; nothing of this field was written") if why else None


def _uncounted(row: Mapping[str, Any], *, counts: bool) -> str:
    item = row.get("inventoryItem")
    if not counts:
        return "the connection has no inventory location (option location)"
    if not isinstance(item, Mapping) or item.get("tracked") is not True:
        return "its stock is not tracked: switch on Track quantity in Shopify first"
    level = item.get("inventoryLevel")
    if not isinstance(level, Mapping) or level.get("isActive") is False:
        return "it is not stocked at the connection's inventory location: stock it there in Shopify first"
    return ""


def _no_amount(change: FieldWrite) -> str:
    after = amount_of(change)
    if after is None:
        return f"{change.after!r} is no amount"
    if change.field.is_money:
        return f"{change.after} is negative" if after < 0 else ""
    if after != after.to_integral_value():
        return f"Shopify counts whole units, not {change.after}"
    return f"{change.after} is beyond what Shopify counts" if abs(after) > _LARGEST_QUANTITY else ""


def _add(body: dict[str, Any], change: FieldWrite) -> None:
    """Amounts are strings in Shopify; cost and SKU belong to the variant's inventory item."""
    if change.field is Field.PRICE:
        body["price"] = canonical(Decimal(change.after))
        return
    item: dict[str, Any] = body.setdefault("inventoryItem", {})
    if change.field is Field.COST:
        item["cost"] = canonical(Decimal(change.after))
    else:
        item["sku"] = change.after
