"""Pure: what a price or an SKU to be written means for a product and its entries as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connectors.comparing import Settled, compared, compared_amount
from connectors.values import amount, text
from engine.model import Field, canonical
from engine.ports import FieldWrite, RecordWrite, Result

Row = Mapping[str, Any]


@dataclass(slots=True)
class Merge:
    """Per field what is known already (``settled``: result, words, value found), and what is to be sent for the rest.

    ``entry`` is the price entry to update, empty for one to create; ``price`` and ``code`` are None where nothing is sent.
    """

    settled: dict[Field, Settled] = field(default_factory=dict)
    entry: str = ""
    currency: str = ""
    price: Decimal | None = None
    code: str | None = None

    @property
    def stale(self) -> bool:
        return any(one.result is Result.STALE for one in self.settled.values())


def merge(row: Row | None, entries: Sequence[Row], write: RecordWrite) -> Merge:
    """Compare every ``before`` with the product and its entries in the synced book.

    Raises ``ValueError`` for an amount of Salesforce's that is none.
    """
    out = Merge(currency=write.currency)
    refusal = _refusal(row, write)
    for change in write.fields:
        if refusal:
            out.settled[change.field] = Settled(Result.REJECTED, refusal)
        elif change.field is Field.PRICE:
            _price(out, change, entries, write)
        elif change.field is Field.SKU:
            _code(out, change, text((row or {}).get("ProductCode")))
        else:
            why = f"Salesforce keeps no {change.field.value} of a product; nothing was written"
            out.settled[change.field] = Settled(Result.REJECTED, why)
    return out


def _refusal(row: Row | None, write: RecordWrite) -> str:
    """Why nothing of this write may be sent; empty when it may."""
    if row is None:
        return f"product {write.name} ({write.id}) is not in Salesforce any more; nothing was written"
    if row.get("IsArchived") is True:
        return f"{write.name} is archived in Salesforce; nothing was written. Map another product"
    if row.get("IsActive") is not True:
        return f"{write.name} is inactive in Salesforce; nothing was written. Make it active there, or unmap it"
    return ""


def _price(out: Merge, change: FieldWrite, entries: Sequence[Row], write: RecordWrite) -> None:
    mine = [one for one in entries if not write.currency or text(one.get("CurrencyIsoCode")) in {"", write.currency}]
    active = [one for one in mine if one.get("IsActive") is True]
    if len(active) > 1:
        names = ", ".join(sorted(text(one.get("CurrencyIsoCode")) for one in active))
        why = f"{write.name} has prices in {names}: it is not known which is meant; nothing was written"
        out.settled[change.field] = Settled(Result.REJECTED, why)
        return
    if not active and mine:
        why = (
            f"the price of {write.name} in the price book is inactive; nothing was written. Reconcile the products to make "
            "it active, or activate the price book entry in Salesforce"
        )
        out.settled[change.field] = Settled(Result.REJECTED, why)
        return
    current = amount(active[0].get("UnitPrice")) if active else None
    settled = compared_amount(change, None if current is None else canonical(current))
    if settled is not None:
        out.settled[change.field] = settled
    else:
        out.entry, out.price = (str(active[0]["Id"]) if active else ""), Decimal(change.after)


def _code(out: Merge, change: FieldWrite, current: str) -> None:
    settled = compared(change, current or None)
    if settled is not None:
        out.settled[change.field] = settled
    else:
        out.code = change.after
