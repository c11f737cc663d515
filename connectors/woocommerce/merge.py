"""What one write comes to: compared with what the store has now, and turned into the few fields that are sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connectors.comparing import Settled, amount_of, compared, same_amount, same_text
from connectors.woocommerce import records
from connectors.woocommerce.records import Parent
from engine.model import Field, canonical
from engine.ports import FieldWrite, RecordWrite, Result

_STOCK_ELSEWHERE = {
    "parent": "its stock is counted by its parent product: write the quantity there, or let the variation manage stock",
}
_NO_STOCK = "the product does not manage stock: switch on Manage stock in WooCommerce first"


@dataclass(slots=True)
class Merge:
    """``settled``: fields that need nothing sent; ``body``: what is sent for the rest, ``expected`` once it is stored.

    ``notes`` go with what was applied.
    """

    settled: dict[Field, Settled] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    expected: dict[Field, str | None] = field(default_factory=dict)
    notes: dict[Field, str] = field(default_factory=dict)

    @property
    def stale(self) -> bool:
        return any(one.result is Result.STALE for one in self.settled.values())


def merge(row: Mapping[str, Any], write: RecordWrite, parent: Parent | None, *, delta: bool, cost: bool) -> Merge:
    """Compare every ``before`` with the row. ``delta`` sends quantities as differences, ``cost``: the store has costs.

    Raises ``ValueError`` for a row's bad value.
    """
    out = Merge()
    for change in write.fields:
        settled = _unfit(row, change, cost=cost) or compared(change, records.value_of(row, change.field, parent))
        if settled is not None:
            out.settled[change.field] = settled
            continue
        out.expected[change.field] = change.after or None
        out.body |= _sent(out, row, change, delta=delta)
    return out


def _unfit(row: Mapping[str, Any], change: FieldWrite, *, cost: bool) -> Settled | None:
    """Why this field of this row cannot be written at all, or None."""
    why = ""
    if records.is_base(row):
        why = "it is the parent of others; sync those"
    elif change.field is Field.PRICE and (wrong := records.unreadable(row, "regular_price")):
        why = wrong
    elif change.field is Field.COST and not cost:
        why = "this store has no costs: switch on Cost of Goods Sold in WooCommerce"
    elif change.field is Field.COST and _values(row) > 1:
        why = "its cost is the sum of several values; change it in WooCommerce"
    elif change.field is Field.QUANTITY and row.get("manage_stock") is not True:
        why = _STOCK_ELSEWHERE.get(str(row.get("manage_stock")), _NO_STOCK)
    elif change.field is not Field.SKU:
        after = amount_of(change)
        if after is None:
            why = f"{change.after!r} is no amount"
        elif change.field is Field.QUANTITY and after != after.to_integral_value():
            why = f"WooCommerce counts whole units and would cut {change.after} off"
        elif change.field.is_money and after < 0:
            why = f"{change.after} is negative"
        elif change.field is Field.PRICE:
            why = _ends_sale(row, after)
    return Settled(Result.REJECTED, f"{why}; nothing of this field was written") if why else None


def _ends_sale(row: Mapping[str, Any], after: Decimal) -> str:
    """WooCommerce deletes a sale price, running or planned, that is not below the regular price any more."""
    sale = records.readable(row, "sale_price")
    if sale is None or sale < after or records.readable(row, "regular_price") == after:
        return ""
    return f"WooCommerce would delete its sale price of {canonical(sale)}, which is not below {canonical(after)}: change or end the sale first"


def _sent(out: Merge, row: Mapping[str, Any], change: FieldWrite, *, delta: bool) -> dict[str, Any]:
    if change.field is Field.SKU:
        return {"sku": change.after}
    after = Decimal(change.after)
    if change.field is Field.PRICE:
        sale = records.readable(row, "sale_price")
        if sale is not None:
            out.notes[Field.PRICE] = f"a sale price of {canonical(sale)} is set and was left alone"
        return {"regular_price": canonical(after)}
    if change.field is Field.COST:
        goods: dict[str, Any] = {"values": [{"defined_value": after}]}
        if _adds_to_parent(row):
            goods["defined_value_overrides_parent"] = True
        return {"cost_of_goods_sold": goods}
    if delta:
        return {"inventory_delta": int(after - (records.quantity_of(row) or 0))}
    return {"stock_quantity": int(after)}


def _values(row: Mapping[str, Any]) -> int:
    goods = row.get("cost_of_goods_sold")
    values = goods.get("values") if isinstance(goods, Mapping) else None
    return len(values) if isinstance(values, list) else 0


def _adds_to_parent(row: Mapping[str, Any]) -> bool:
    """Whether a variation's cost is what its parent costs plus its own: then only an override makes it one number."""
    goods = row.get("cost_of_goods_sold")
    return isinstance(goods, Mapping) and goods.get("defined_value_overrides_parent") is False


def differs(row: Mapping[str, Any], field: Field, expected: str | None, parent: Parent | None) -> str | None:
    """What the store's answer shows instead of what was sent; None when it shows that, or does not show the field.

    Raises ``ValueError`` for a bad value.
    """
    columns = {Field.PRICE: "regular_price", Field.COST: "cost_of_goods_sold", Field.QUANTITY: "stock_quantity"}
    if columns.get(field, "sku") not in row:
        return None
    found = records.value_of(row, field, parent)
    alike = same_text if field is Field.SKU else same_amount
    return None if alike(found, expected) else (found or "empty")
