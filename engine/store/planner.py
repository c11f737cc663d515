"""From a TinyDB query to a SQL WHERE clause that may let too many documents through, never too few.

The Python query decides on every document that SQL lets through, so a plan cannot add a wrong hit; and only terms that
SQLite certainly answers like Python are planned (str, bool, None, small int), so it cannot lose a right one. Floats and
``Decimal`` are never planned: store money as text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeGuard

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


def _terms(key: Any) -> list[Term]:
    """Equality terms that must hold, from the query's structural hash (a private name of TinyDB, held by a test)."""
    if not isinstance(key, tuple):
        return []
    if len(key) == 3 and key[0] == "==" and isinstance(key[1], tuple):
        field = _field(key[1])
        return [(field, _plain(key[2]))] if field and _is_planned(key[2]) else []
    if len(key) == 2 and key[0] == "and":
        return [term for part in key[1] for term in _terms(part)]
    return []


@lru_cache(maxsize=1024)
def _field(path: tuple[object, ...]) -> str:
    """The dotted field of a query's path; empty if it has no such spelling."""
    names = [part for part in path if isinstance(part, str) and can_be_sql(part) and "." not in part]
    return ".".join(names) if len(names) == len(path) else ""


def _is_planned(value: object) -> bool:
    if value is None or type(value) is bool:
        return True
    if type(value) is int:
        return abs(value) < SAFE_INT
    return _is_text(value) and not _UNSAFE_TEXT.search(str.__str__(value))


def _is_text(value: object) -> TypeGuard[str]:
    """A str, or a subclass (``StrEnum``) that compares like one."""
    return isinstance(value, str) and type(value).__eq__ is str.__eq__


def _plain(value: Any) -> str | int | None:
    return str.__str__(value) if isinstance(value, str) else value
