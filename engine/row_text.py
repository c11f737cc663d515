"""Pure: what one line of a list says. Plain text only; amounts with their currency, differences with their percentage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.fields import difference, display
from engine.model import Customer, Fee, Field, Product, Record, Side, Status, canonical
from engine.pairs import FieldState, RowState
from engine.settings import IntegrationSettings
from engine.views import Difference, Suggestion


def search_text(record: Record) -> str:
    """Case-folded name, ids and codes: what a filter looks in."""
    parts: list[str] = [record.name, record.id]
    if isinstance(record, Product):
        parts += [record.mpn, record.upc, record.brand, record.external_id, *(sku.value for sku in record.skus)]
    elif isinstance(record, Customer):
        parts += [record.email, record.external_id, record.phone, record.city]
    else:
        parts.append(record.type)
    return " ".join(filter(None, parts)).casefold()


def raw_search_text(doc: dict[str, Any]) -> str:
    """The same from a cached document, without building the record (a hundred thousand of them)."""
    parts = [doc["name"], doc["id"]]
    parts += [doc.get(name, "") for name in ("mpn", "upc", "brand", "external_id", "email", "phone", "city")]
    parts += [sku["value"] for sku in doc.get("skus", ())]
    return " ".join(filter(None, parts)).casefold()


def suggestion_text(suggestions: Sequence[Suggestion]) -> str:
    """The best suggestion in one cell: exactness or score, its name, and the first reason."""
    if not suggestions:
        return ""
    best = suggestions[0]
    mark = "= " if best.exact else "? " if best.ambiguous else f"{best.score:.2f} "
    evidence = f" · {best.evidence[0]}" if best.evidence else ""
    return f"{mark}{best.backoffice_name or best.backoffice_id}{evidence}"


def difference_text(state: RowState, settings: IntegrationSettings) -> str:
    """The fields that differ, worst first: ``price 10.00 → 12.00 +20.0%``."""
    differing = [f for f in state.fields if f.target is not None]
    return " · ".join(field_text(f, settings.currency) for f in differing)


def differences(state: RowState, settings: IntegrationSettings) -> tuple[Difference, ...]:
    """The fields of a row whose sides differ, with both values: the lines of the out-of-sync views."""
    return tuple(_difference(f, settings.currency) for f in state.fields if f.target is not None)


def _difference(state: FieldState, currency: str) -> Difference:
    assert state.target is not None
    after = state.after if state.after is not None else state.source
    gap, percent = difference(state.before, after) if state.field is not Field.SKU else (None, None)
    change = "" if gap is None else f"{'-' if gap < 0 else '+'}{_plain(state.field, canonical(abs(gap)), currency)}"
    change += f" {percent:+.1f}%" if percent is not None and state.field.is_money else ""
    left, right = (_plain(state.field, value.text, currency) for value in (state.storefront, state.backoffice))
    return Difference(state.field, left, right, state.target, change, state.reason, state.blocked)


def _plain(field: Field, text: str | None, currency: str) -> str:
    """A value as it is shown where its currency goes without saying."""
    return display(field, text, currency).removesuffix(f" {currency}")


def field_text(state: FieldState, currency: str) -> str:
    """One field: the value that would be overwritten, an arrow to what would be written, and the percentage."""
    if state.status is Status.NEEDS_CHOICE:
        return f"{state.field}: {state.reason}"
    arrow = "→" if state.target is Side.BACKOFFICE else "←"
    before, after = state.before, state.after if state.after is not None else state.source
    old, new = (_plain(state.field, text, currency) for text in (before, after))
    _, percent = difference(before, after) if state.field.is_money else (None, None)
    tail = f" {percent:+.1f}%" if percent is not None else ""
    return f"{state.field} {old} {arrow} {new}{tail}"


def fee_amount(fee: Fee, settings: IntegrationSettings) -> str:
    """The amount of a fee, or why it has none."""
    if fee.amount is not None:
        return f"{fee.amount:,.2f} {fee.currency or settings.currency}"
    return "no amount: its product is gone" if not fee.active else "no amount"
