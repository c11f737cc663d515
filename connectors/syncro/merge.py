"""What one product write comes to: compared with what Syncro has now, and merged into the body of a PUT. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connectors.comparing import Settled, compared, compared_amount, moved
from connectors.syncro.records import COST, PRICE, skus
from connectors.values import amount, text
from engine.model import Field, Sku, canonical
from engine.ports import FieldWrite, RecordWrite, Result

UPC, VENDOR = "upc", "vendor:"
_NO_REMOVAL = "Syncro has no way to remove a vendor's SKU; change or clear it in Syncro itself"


@dataclass(slots=True)
class SkuChange:
    """One vendor's SKU to be set; ``entry_id`` is the existing entry, empty for a new one."""

    vendor: str
    value: str
    entry_id: str


@dataclass(slots=True)
class Merge:
    """Per field what is known already (``settled``), and what is to be sent for the rest."""

    settled: dict[Field, Settled] = field(default_factory=dict)
    columns: dict[str, Any] = field(default_factory=dict)
    by_product: list[Field] = field(default_factory=list)
    sku: SkuChange | None = None

    @property
    def stale(self) -> bool:
        return any(one.result is Result.STALE for one in self.settled.values())


def merge(row: Mapping[str, Any], write: RecordWrite) -> Merge:
    """Compare every ``before`` with the row; collect what has to be sent. Raises ``ValueError`` for a row's bad amount."""
    out = Merge()
    for change in write.fields:
        if change.field is Field.PRICE:
            _money(out, change, row, PRICE)
        elif change.field is Field.COST:
            _money(out, change, row, COST)
        elif change.field is Field.SKU and write.sku_slot == UPC:
            _text(out, change, row, "upc_code")
        elif change.field is Field.SKU and write.sku_slot.startswith(VENDOR):
            _sku(out, change, skus(row), write.sku_slot.removeprefix(VENDOR))
        elif change.field is Field.SKU:
            why = "a Syncro product has no SKU of its own: let the integration use its UPC or a vendor's SKU"
            out.settled[change.field] = Settled(Result.REJECTED, why)
        else:
            why = f"{change.field.value} is not written to Syncro"
            out.settled[change.field] = Settled(Result.REJECTED, why)
    return out


def body(row: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a PUT: what changes, and what Syncro demands or would reset, exactly as just read.

    Name and description are required; a boolean left out may become false (seen with ``maintain_stock``).
    """
    kept = {name: row.get(name) for name in ("name", "description")}
    booleans = {name: value for name, value in row.items() if isinstance(value, bool)}
    return {**kept, **booleans, **columns}


def _money(out: Merge, change: FieldWrite, row: Mapping[str, Any], column: str) -> None:
    current = amount(row.get(column))
    settled = compared_amount(change, None if current is None else canonical(current))
    if settled is not None:
        out.settled[change.field] = settled
    else:
        out.columns[column] = Decimal(change.after)
        out.by_product.append(change.field)


def _text(out: Merge, change: FieldWrite, row: Mapping[str, Any], column: str) -> None:
    settled = compared(change, text(row.get(column)) or None)
    if settled is not None:
        out.settled[change.field] = settled
    else:
        out.columns[column] = change.after or None
        out.by_product.append(change.field)


def _sku(out: Merge, change: FieldWrite, entries: tuple[Sku, ...], vendor: str) -> None:
    """A vendor may have several SKUs on a product: the one that holds ``before`` is meant."""
    own = [entry for entry in entries if entry.vendor.strip().casefold() == vendor.strip().casefold() and entry.value]
    values = [entry.value for entry in own]
    found = ", ".join(values) or None
    if change.after in values or (not change.after and not values):
        out.settled[change.field] = Settled(Result.UNCHANGED, "", found)
    elif (change.before or "") not in (values or [""]):
        out.settled[change.field] = Settled(Result.STALE, moved(change.field.value, change.before, found), found)
    elif not change.after:
        out.settled[change.field] = Settled(Result.REJECTED, _NO_REMOVAL, found)
    else:
        entry = next((entry for entry in own if entry.value == change.before), None)
        out.sku = SkuChange(vendor, change.after, entry.id if entry else "")
