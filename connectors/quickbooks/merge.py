"""Pure: what a write means for an item as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.comparing import Settled, compared, compared_amount
from connectors.quickbooks.records import BASE_TYPES, COST, PRICE, QUANTITY, counted
from connectors.quickbooks.settings import QuantityBy
from connectors.values import amount, text
from engine.model import Field, canonical
from engine.ports import FieldWrite, RecordWrite, Result


@dataclass(slots=True)
class Merge:
    """Per field what is known already (``settled``), and what is to be sent for the rest.

    ``columns`` are the item's own, for the fields ``by_item``; ``difference`` is a quantity to adjust by.
    """

    settled: dict[Field, Settled] = field(default_factory=dict)
    columns: dict[str, Any] = field(default_factory=dict)
    by_item: list[Field] = field(default_factory=list)
    difference: Decimal | None = None

    @property
    def stale(self) -> bool:
        return any(one.result is Result.STALE for one in self.settled.values())


def merge(row: Mapping[str, Any], write: RecordWrite, by: QuantityBy, today: date) -> Merge:
    """Compare every ``before`` with the row; collect what has to be sent. Raises ``ValueError`` for a row's bad amount."""
    out = Merge()
    refusal = _refusal(row, write)
    for change in write.fields:
        if refusal:
            out.settled[change.field] = Settled(Result.REJECTED, refusal)
        elif change.field is Field.PRICE:
            _number(out, change, row, PRICE)
        elif change.field is Field.COST:
            _number(out, change, row, COST)
        elif change.field is Field.SKU:
            _sku(out, change, row)
        else:
            _quantity(out, change, row, by, today)
    return out


def body(row: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    """A sparse update: what is left out stays. Name and Type go exactly as just read: some entities demand them."""
    return {
        "sparse": True,
        "Id": str(row["Id"]),
        "SyncToken": text(row.get("SyncToken")),
        "Name": row.get("Name"),
        "Type": row.get("Type"),
        **columns,
    }


def _refusal(row: Mapping[str, Any], write: RecordWrite) -> str:
    """Why nothing of this write may be sent; empty when it may."""
    fields = {change.field for change in write.fields}
    if row.get("Active") is False:
        return f"{write.name} is inactive in QuickBooks; nothing was written. Make it active there, or unmap it"
    if text(row.get("Type")) in BASE_TYPES:
        return f"{write.name} is a {text(row.get('Type')).lower()} in QuickBooks and is never written"
    if {Field.PRICE, Field.QUANTITY} <= fields:
        return "QuickBooks takes a price or a quantity in one sync, not both; nothing was written"
    return ""


def _number(out: Merge, change: FieldWrite, row: Mapping[str, Any], column: str) -> None:
    after = _compared(out, change, amount(row.get(column)))
    if after is not None:
        out.columns[column] = after
        out.by_item.append(change.field)


def _quantity(out: Merge, change: FieldWrite, row: Mapping[str, Any], by: QuantityBy, today: date) -> None:
    if not counted(row):
        why = f"QuickBooks keeps no quantity of this {text(row.get('Type'))} item; nothing was written"
        out.settled[change.field] = Settled(Result.REJECTED, why)
        return
    current = amount(row.get(QUANTITY)) or Decimal(0)
    after = _compared(out, change, current)
    if after is None:
        return
    if by is QuantityBy.ADJUSTMENT:
        out.difference = after - current
        return
    # In an update QuickBooks takes the start date as the date of the adjustment, and refuses a quantity without one.
    out.columns |= {QUANTITY: after, "InvStartDate": today.isoformat()}
    out.by_item.append(change.field)


def _compared(out: Merge, change: FieldWrite, current: Decimal | None) -> Decimal | None:
    """The number to send; None when the field is settled: equal already, moved, or no number."""
    settled = compared_amount(change, None if current is None else canonical(current))
    if settled is None:
        return Decimal(change.after)
    out.settled[change.field] = settled
    return None


def _sku(out: Merge, change: FieldWrite, row: Mapping[str, Any]) -> None:
    settled = compared(change, text(row.get("Sku")) or None)
    if settled is not None:
        out.settled[change.field] = settled
    else:
        out.columns["Sku"] = change.after
        out.by_item.append(change.field)
