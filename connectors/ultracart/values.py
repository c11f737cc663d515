"""Values in UltraCart's rows: text, amounts, times, and nested sections as dotted names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from engine.model import canonical


def text(value: Any) -> str:
    """Null is empty, numbers are canonical, flags are ``true`` and ``false``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return canonical(Decimal(value))
    return str(value)


def moment(value: Any) -> datetime:
    """An ISO 8601 time as aware UTC; one without a zone is UTC. Raises ``ValueError``."""
    at = datetime.fromisoformat(text(value))
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def section(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An expanded part of a row; empty where it was not answered."""
    found = row.get(name)
    return found if isinstance(found, Mapping) else {}


def listed(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; anything else is no list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def flat(row: Mapping[str, Any], leave_out: Collection[str] = (), above: str = "") -> Iterator[tuple[str, str]]:
    """Every filled value of a row and its sections as (dotted name, text); lists are left out, but properties go by name."""
    for name, value in row.items():
        dotted = f"{above}{name}"
        if dotted in leave_out:
            continue
        if isinstance(value, Mapping):
            yield from flat(value, leave_out, f"{dotted}.")
        elif name == "properties":
            for one in listed(value):
                if one.get("name") and text(one.get("value")):
                    yield f"{dotted}.{one['name']}", text(one.get("value"))
        elif not isinstance(value, list) and text(value):
            yield dotted, text(value)


def leaves(value: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Every filled value below, lists too, with its path: what two versions of a record are compared by."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(inner, f"{above}.{name}" if above else str(name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{above}[{place}]")
    elif text(value):
        yield above, text(value)
