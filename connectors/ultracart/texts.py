"""Names, descriptions, the active flag and custom fields of an item, merged into the item as it is now. Pure.

UltraCart has one text for both name and description: writing either writes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.comparing import Settled, compared_value
from connectors.ultracart.merge import Merge, begin
from connectors.ultracart.schema import ITEM_FIELDS, PROPERTY, convert
from connectors.ultracart.values import flat, listed, section, text
from engine.crm import TextValue
from engine.ports import Result

LINK = "salesforce.sfdc_product_id"
_ONE_TEXT = frozenset({"name", "description"})


def merge(row: Mapping[str, Any], values: Sequence[TextValue]) -> Merge:
    """Compare every ``before`` with the item and put every new value in. Raises ``ValueError`` for a bad value in it."""
    out = begin(row)
    held = dict(flat(row))
    texts = {value.after for value in values if value.name in _ONE_TEXT}
    for value in values:
        name = value.name
        if name in _ONE_TEXT and len(texts) > 1:
            why = "name and description are one text in UltraCart and cannot become two"
            out.settled[name] = Settled(Result.REJECTED, f"{why}; nothing of this field was written")
            continue
        if why := _unfit(value):
            out.settled[name] = Settled(Result.REJECTED, f"{why}; nothing of this field was written")
            continue
        found = _held(row, held, name)
        before = found if value.before is None else value.before or None
        settled = compared_value(name, found, before, value.after, _same)
        if settled is not None:
            out.settled[name] = settled
            continue
        out.expected[name] = value.after
        _put(out.after, name, value.after)
    return out


def link(row: Mapping[str, Any], value: str) -> Merge:
    """Put the counterpart's id into an item that has none; another one is left alone."""
    out, found = begin(row), text(section(row, "salesforce").get("sfdc_product_id"))
    if found == value:
        out.settled[LINK] = Settled(Result.UNCHANGED, "", found)
    elif found:
        out.settled[LINK] = Settled(Result.REJECTED, f"the item is linked to {found}; nothing was written", found)
    else:
        out.expected[LINK] = value
        out.after["salesforce"] = {**section(row, "salesforce"), "sfdc_product_id": value}
    return out


def _unfit(value: TextValue) -> str:
    """Why this value cannot be written, or ""."""
    if value.name in _ONE_TEXT:
        if not value.after.strip():
            return "an item needs a description"
        return _long(value.after, ITEM_FIELDS["description"].length)
    if value.name == "active":
        return "" if value.after in {"true", "false"} else f"active is true or false, not {value.after!r}"
    if value.name == "code":
        return "an item's id is what orders and links know it by: change it in UltraCart"
    if value.name.startswith(PROPERTY):
        return _long(value.after, 1000)
    field = ITEM_FIELDS.get(value.name)
    if field is None or not field.updateable:
        return f"UltraCart has no field {value.name!r} that can be written"
    try:
        convert(field, value.after)
    except ValueError as error:
        return str(error)
    return _long(value.after, field.length)


def _long(text: str, most: int) -> str:
    return f"{len(text)} characters are more than the {most} UltraCart keeps" if most and len(text) > most else ""


def _held(row: Mapping[str, Any], held: Mapping[str, str], name: str) -> str | None:
    if name == "active":
        return "false" if row.get("inactive") is True else "true"
    return held.get("description" if name in _ONE_TEXT else name)


def _same(left: str | None, right: str | None) -> bool:
    return (left or "") == (right or "")


def _put(row: dict[str, Any], name: str, after: str) -> None:
    if name in _ONE_TEXT:
        row["description"] = after
    elif name == "active":
        row["inactive"] = after != "true"
    elif name.startswith(PROPERTY):
        _property(row, name.removeprefix(PROPERTY), after)
    else:
        *sections, last = name.split(".")
        for one in sections:
            row[one] = row[one] if isinstance(row.get(one), dict) else {}
            row = row[one]
        row[last] = convert(ITEM_FIELDS[name], after)


def _property(row: dict[str, Any], name: str, after: str) -> None:
    """Set, add, or with an empty text take away."""
    kept = [dict(one) for one in listed(row.get("properties"))]
    mine = [one for one in kept if one.get("name") == name]
    if after and mine:
        mine[0]["value"] = after
    elif after:
        kept.append({"name": name, "value": after})
    else:
        kept = [one for one in kept if one.get("name") != name]
    row["properties"] = kept
