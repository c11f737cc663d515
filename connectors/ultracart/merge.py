"""What one write comes to: compared with the item as it is now, and turned into the whole item that is sent back. Pure.

Nothing is ever sent but what was read, with the changes in it: an update without a part of what it expands loses that part.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connectors.comparing import Settled, amount_of, compared
from connectors.ultracart import items
from connectors.ultracart.settings import Settings
from connectors.ultracart.values import leaves, section, text
from connectors.values import amount
from engine.model import Field, canonical
from engine.ports import FieldWrite, RecordWrite, Result

#: What an update changes by itself.
_BY_ITSELF = (
    "last_modified_dts",
    ".available_to_allocate",
    ".allocated_to_placed_orders",
    ".allocated_to_shopping_carts",
)


@dataclass(slots=True)
class Merge:
    """``before``: the item as read; ``after``: what is sent. ``settled`` and ``expected`` go by the name of a field."""

    before: dict[str, Any]
    after: dict[str, Any]
    settled: dict[str, Settled] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def stale(self) -> bool:
        return any(one.result is Result.STALE for one in self.settled.values())


def begin(row: Mapping[str, Any]) -> Merge:
    """A merge that changes nothing yet."""
    return Merge(dict(row), copy.deepcopy(dict(row)))


def merge(row: Mapping[str, Any], write: RecordWrite, settings: Settings) -> Merge:
    """Compare every ``before`` with the item. Raises ``ValueError`` for a bad value in it."""
    out = begin(row)
    for change in write.fields:
        name = change.field.value
        if why := _unfit(row, change, settings):
            out.settled[name] = Settled(Result.REJECTED, f"{why}; nothing of this field was written")
            continue
        found = items.value_of(row, change.field, settings)
        settled = compared(change, found)
        if settled is not None:
            out.settled[name] = settled
            continue
        out.expected[name] = change.after
        _put(out, change, settings)
    return out


def lost(merged: Merge, now: Mapping[str, Any]) -> list[str]:
    """What an item shows after its update that was not asked for, as ``path before -> after``; empty as it should be."""
    sent, told = dict(leaves(merged.after)), dict(leaves(now))
    moved = [path for path in dict.fromkeys((*sent, *told)) if sent.get(path) != told.get(path)]
    return [
        f"{path} {sent.get(path) or 'empty'} -> {told.get(path) or 'empty'}"
        for path in moved
        if not path.endswith(_BY_ITSELF)
    ]


def _unfit(row: Mapping[str, Any], change: FieldWrite, settings: Settings) -> str:
    """Why this field of this item cannot be written at all, or ""."""
    if change.field is Field.SKU:
        return "an item's id is what orders and links know it by: change it in UltraCart"
    after = amount_of(change)
    if after is None:
        return f"{change.after!r} is no amount"
    if change.field.is_money:
        return f"{change.after} is negative" if after < 0 else ""
    if not settings.center:
        return "set the option distribution_center: the stock of all centers together cannot be written"
    if section(row, "shipping").get("track_inventory") is not True:
        return "UltraCart does not track the inventory of this item"
    if len(items.centers(row, settings.center)) != 1:
        return f"the item is not in distribution center {settings.center}"
    return ""


def _put(out: Merge, change: FieldWrite, settings: Settings) -> None:
    after = Decimal(change.after)
    if change.field is Field.QUANTITY:
        centers = out.after["shipping"]["distribution_centers"]
        chosen = next(one for one in centers if text(one.get("distribution_center_code")) == settings.center)
        chosen["inventory_level"] = after
        return
    pricing = out.after.setdefault("pricing", {})
    if change.field is Field.PRICE:
        sale = amount(pricing.get("sale_cost"))
        if sale is not None:
            out.notes[change.field.value] = f"a sale price of {canonical(sale)} is set and was left alone"
    pricing["cost" if change.field is Field.PRICE else "cogs"] = after
