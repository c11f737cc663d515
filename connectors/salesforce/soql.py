"""SOQL, as far as this connector speaks it: literals are escaped here and nowhere else.

A query travels in the address, and Salesforce takes 16,384 bytes of address and headers together: long lists of values and of
fields are cut so that an address stays below ``LONGEST``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

LONGEST = 12_000  # bytes of an address as sent; the headers have the rest
MOST_FIELDS = 6_000  # bytes of the SELECT list, so that a condition fits beside it
MOST_VALUES = 500  # in one IN list: an answer is one page
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"})


def quoted(text: str) -> str:
    r"""A string literal.

    >>> quoted("it's")
    "'it\\'s'"
    """
    return f"'{text.translate(_ESCAPES)}'"


def at(moment: datetime) -> str:
    """A date-time literal (not quoted), in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def among(field: str, values: Iterable[str]) -> str:
    return f"{field} IN ({','.join(quoted(value) for value in values)})"


def anyone(*conditions: str) -> str:
    """At least one of the conditions; empty ones are left out."""
    parts = [part for part in conditions if part]
    return parts[0] if len(parts) == 1 else f"({' OR '.join(f'({part})' for part in parts)})"


def select(fields: Sequence[str], entity: str, *conditions: str, order: str = "Id") -> str:
    """One query in a stable order; empty conditions are left out."""
    parts = [part for part in conditions if part]
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    return f"SELECT {','.join(fields)} FROM {entity}{where} ORDER BY {order}"  # noqa: S608 - literals are quoted


def size(text: str) -> int:
    """Bytes that a text takes in an address.

    >>> size("a b")
    5
    """
    return len(quote(text, safe=""))


def value_lists(values: Iterable[str], room: int) -> Iterator[list[str]]:
    """The values, each once, in lists whose literals take at most ``room`` bytes of an address."""
    return _cut(dict.fromkeys(values), room, lambda value: size(quoted(value)) + 3, MOST_VALUES)


def field_lists(fields: Iterable[str], room: int = MOST_FIELDS) -> list[list[str]]:
    """Field names in lists that fit a SELECT; at least one list."""
    return list(_cut(fields, room, lambda name: size(name) + 3, 10_000)) or [[]]


def _cut(values: Iterable[str], room: int, cost: Callable[[str], int], most: int) -> Iterator[list[str]]:
    part: list[str] = []
    used = 0
    for value in values:
        needs = cost(value)
        if part and (used + needs > room or len(part) >= most):
            yield part
            part, used = [], 0
        part.append(value)
        used += needs
    if part:
        yield part
