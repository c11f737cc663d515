"""From a TinyDB query to a SQL WHERE clause that may let too many documents through, never too few.

The Python query decides on every document that SQL lets through, so a plan cannot add a wrong hit; and only terms that
SQLite certainly answers like Python are planned (str, bool, None, small int), so it cannot lose a right one. Floats and
``Decimal`` are never planned: store money as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from engine.store.naming import can_be_sql, expression

SAFE_INT = 2**49  # SQLite and Python are certain to compare smaller ones alike, also with floats
_UNSAFE_TEXT = re.compile("[\0\ud800-\udfff]")

Term = tuple[str, str | int | None]


def plan(cond: object, indexed: Sequence[str]) -> tuple[str, list[str | int | None]]:
    """The WHERE clause and its arguments; ``("", [])`` means a scan.

    ``indexed`` names the fields with an index, most selective first: the first one that the query fixes decides and
    all other terms only filter (the unary plus keeps SQLite from choosing), so plans do not depend on statistics.
    """
    rank = {field: n for n, field in enumerate(indexed)}
    terms = sorted(_terms(getattr(cond, "_hash", None)), key=lambda term: rank.get(term[0], len(rank)))
    if not terms:
        return "", []
    sql = " AND ".join(f"{'+' if n else ''}{expression(field)} IS ?" for n, (field, _) in enumerate(terms))
    return f" WHERE {sql}", [value for _, value in terms]


def _terms(key: Any) -> Iterator[Term]:
    """Equality terms that must hold, from the query's structural hash (a private name of TinyDB, held by a test)."""
    match key:
        case ("==", tuple() as path, value) if all(isinstance(part, str) for part in path):
            field = ".".join(path)
            if can_be_sql(field) and not any("." in part for part in path) and _is_planned(value):
                yield field, value
        case ("and", frozenset() as parts):
            for part in parts:
                yield from _terms(part)


def _is_planned(value: object) -> bool:
    if value is None or type(value) is bool:
        return True
    if type(value) is int:
        return abs(value) < SAFE_INT
    return type(value) is str and not _UNSAFE_TEXT.search(value)
