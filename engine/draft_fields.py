"""Pure: the further fields of a new product that its system declares (``Capabilities.draft_fields``), filled and checked.

Each field takes what was given (blank stays blank), else what the storefront's record says of its stock, else the field's default. What only
stocked products have is left out of the others. A first quantity is written after the record was made, never with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from engine.errors import UsageError
from engine.fields import parse
from engine.model import Field
from engine.ports import Capabilities, Draft, DraftField

QUANTITY = "quantity"
Problems = list[tuple[str, str]]


def names_of(able: Capabilities) -> tuple[str, ...]:
    """What a template or a form may set beyond the fields that every product has."""
    return (*(field.name for field in able.draft_fields), *((QUANTITY,) if takes_quantity(able) else ()))


def takes_quantity(able: Capabilities) -> bool:
    """Whether a new product can be given its first quantity: it is made with none, and its stock can be written."""
    return Field.QUANTITY in able.writes_fields and any(field.counted for field in able.draft_fields)


def completed(
    draft: Draft, given: Mapping[str, str], able: Capabilities, stock: Decimal | None
) -> tuple[Draft, Problems]:
    """The draft with its further fields, and what is wrong with them. ``stock`` is the source's quantity, None: uncounted."""
    wrong: Problems = [("name", text)] if (text := _name_problem(draft.name, able)) else []
    draft = replace(draft, maintain_stock=_stocked(draft, given, able, stock))
    details = []
    for field in able.draft_fields:
        if field.stocked and not draft.maintain_stock:
            continue
        value = given[field.name].strip() if field.name in given else _own(field, draft)
        if problem := _problem(field, value, stocked=draft.maintain_stock):
            wrong.append((field.name, problem))
        if value:
            details.append((field.name, value))
    quantity = _quantity(given, stock, wrong) if takes_quantity(able) and draft.maintain_stock else None
    return replace(draft, details=tuple(details), quantity=quantity), wrong


def _name_problem(name: str, able: Capabilities) -> str:
    if able.name_limit and len(name) > able.name_limit:
        return f"has {len(name)} characters; {able.name_limit} is the most there"
    met = [repr(letter) for letter in dict.fromkeys(name) if letter in able.name_forbids]
    return f"may not have {', '.join(met)} there" if met else ""


def _stocked(draft: Draft, given: Mapping[str, str], able: Capabilities, stock: Decimal | None) -> bool:
    deciding = next((field for field in able.draft_fields if field.counted), None)
    if deciding is None or "maintain_stock" in given:
        return draft.maintain_stock
    chosen = given.get(deciding.name, "").strip()
    return chosen == deciding.counted if chosen else stock is not None


def _own(field: DraftField, draft: Draft) -> str:
    return field.counted if field.counted and draft.maintain_stock else field.default


def _problem(field: DraftField, value: str, *, stocked: bool) -> str:
    if not value:
        needed = field.required == "always" or (field.required == "stocked" and stocked)
        return f"is needed: give the {field.label.lower()}" if needed else ""
    if field.choices and value not in dict(field.choices):
        return f"{value!r} is none of {', '.join(name for name, _ in field.choices)}"
    if field.kind == "date":
        try:
            date.fromisoformat(value)
        except ValueError:
            return f"{value!r} is not a date such as 2027-01-31"
    return ""


def _quantity(given: Mapping[str, str], stock: Decimal | None, wrong: Problems) -> Decimal | None:
    text = given.get(QUANTITY, "").strip()
    try:
        value = Decimal(parse(Field.QUANTITY, text)) if text else stock
    except UsageError as error:
        wrong.append((QUANTITY, str(error).partition(";")[0]))
        return None
    if value is not None and value < 0:
        wrong.append((QUANTITY, f"{value:f} is below zero; give one of zero or more"))
        return None
    return value
