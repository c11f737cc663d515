"""Shopify's search syntax, as far as it is used: terms ``name:value`` with comparisons, beside each other or with OR.

``updated_at:>='2026-09-01T00:00:00Z' sku:A-1`` means both, ``id:1 OR id:2`` either. A name that a list does not know is
left out and told as a warning, as Shopify does (shopify.dev, "Shopify API search syntax").
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.wire import Json

_TERM = re.compile(r"""(?P<name>\w+):(?P<how>>=|<=|>|<)?(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<plain>\S+))""")
_HOW: Mapping[str, Callable[[Any, Any], bool]] = {
    "": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
#: What a term of a list is compared with: its name, and the column of a row.
Columns = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Search:
    """``alternatives``: one of them must hold, each of them all its terms. ``unknown``: names that were left out."""

    alternatives: tuple[tuple[tuple[str, Callable[[Any, Any], bool], Any], ...], ...]
    unknown: tuple[str, ...]

    def matches(self, row: Json) -> bool:
        return any(
            all((value := _value(row.get(column))) is not None and how(value, wanted) for column, how, wanted in terms)
            for terms in self.alternatives
        )


def parse(text: str, columns: Columns) -> Search:
    """An empty text matches everything."""
    unknown: list[str] = []
    alternatives = tuple(tuple(_terms(part, columns, unknown)) for part in re.split(r"\s+OR\s+", text.strip()))
    return Search(alternatives, tuple(unknown))


def filtered(rows: Sequence[Json], text: str, columns: Columns) -> tuple[list[Json], tuple[str, ...]]:
    """The rows that a search finds, and the names that it does not know."""
    if not text:
        return list(rows), ()
    search = parse(text, columns)
    return [row for row in rows if search.matches(row)], search.unknown


def _terms(part: str, columns: Columns, unknown: list[str]) -> list[tuple[str, Callable[[Any, Any], bool], Any]]:
    found = []
    for term in _TERM.finditer(part):
        name, how = term["name"], term["how"] or ""
        value = next(text for text in (term["single"], term["double"], term["plain"]) if text is not None)
        if name not in columns:
            unknown.append(name)
            continue
        found.append((columns[name], _HOW[how], _value(value)))
    return found


def _value(value: Any) -> Any:
    """Numbers, moments and texts without regard to case, so that like is compared with like."""
    if value is None:
        return None
    text = str(value)
    if text.isdigit():
        return (0, int(text), "")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return (1, 0, text.casefold())
    return (0, int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()), "")
