"""Shopify's search syntax (shopify.dev, "Shopify API search syntax").

``updated_at:>='2026-09-01T00:00:00Z' sku:A-1`` means both, ``id:1 OR id:2`` either; ``-`` and ``NOT`` negate, brackets
group, ``sku:A*`` is a beginning, ``sku:*`` anything at all, and a word without a name is looked for in every column. A
name that a list does not know is left out and told as a warning.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.wire import Json

_TOKEN = re.compile(
    r"""(?P<bracket>[()])|(?P<minus>-)(?=\S)
    |(?:(?P<name>\w+):(?P<how>>=|<=|>|<)?)?(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<plain>[^\s()'"]+))""",
    re.VERBOSE,
)
_HOW: Mapping[str, Callable[[Any, Any], bool]] = {
    "": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
#: What a term of a list is compared with: its name, and the column of a row or what tells its values.
Columns = Mapping[str, str | Callable[[Json], Sequence[str]]]
Holds = Callable[[Json], bool]


@dataclass(frozen=True, slots=True)
class Search:
    """``unknown``: names that were left out."""

    matches: Holds
    unknown: tuple[str, ...]


def parse(text: str, columns: Columns) -> Search:
    """An empty text matches everything."""
    parser = _Parser(list(_TOKEN.finditer(text)), columns)
    return Search(parser.query(), tuple(parser.unknown))


def filtered(rows: Sequence[Json], text: str, columns: Columns) -> tuple[list[Json], tuple[str, ...]]:
    """The rows that a search finds, and the names that it does not know."""
    if not text:
        return list(rows), ()
    search = parse(text, columns)
    return [row for row in rows if search.matches(row)], search.unknown


class _Parser:
    """Query = Term { [AND | OR] Term }, where AND binds closer and is meant where neither is given."""

    def __init__(self, tokens: list[re.Match[str]], columns: Columns) -> None:
        self._tokens, self._at, self._columns = tokens, 0, columns
        self.unknown: list[str] = []

    def query(self) -> Holds:
        alternatives: list[list[Holds]] = [[]]
        while (token := self._next()) is not None and token["bracket"] != ")":
            if token["plain"] == "OR" and not token["name"]:
                alternatives.append([])
            elif token["plain"] != "AND" or token["name"]:
                alternatives[-1].append(self._term(token))
        return lambda row: any(all(one(row) for one in terms) for terms in alternatives)

    def _next(self) -> re.Match[str] | None:
        self._at += 1
        return self._tokens[self._at - 1] if self._at <= len(self._tokens) else None

    def _term(self, token: re.Match[str]) -> Holds:
        if token["minus"] or (token["plain"] == "NOT" and not token["name"]):
            denied = self._next()
            wrong = self._term(denied) if denied is not None else _nothing
            return lambda row: not wrong(row)
        if token["bracket"]:
            return self.query()
        quoted = token["single"] if token["single"] is not None else token["double"]
        value = token["plain"] if quoted is None else quoted
        name = token["name"]
        if not name:
            texts = [key for key, column in self._columns.items() if isinstance(column, str)]
            return lambda row: any(value.casefold() in one.casefold() for key in texts for one in self._of(row, key))
        if name not in self._columns:
            self.unknown.append(name)
            return lambda _row: True
        if quoted is None and value.endswith("*") and not token["how"]:
            start = value[:-1].casefold()
            return lambda row: any(one.casefold().startswith(start) for one in self._of(row, name))
        how, wanted = _HOW[token["how"] or ""], _value(name, value)
        return lambda row: (
            wanted is not None and any(_compared(how, _value(name, one), wanted) for one in self._of(row, name))
        )

    def _of(self, row: Json, name: str) -> Iterator[str]:
        """What a row has to compare with: nothing where a column is empty."""
        column = self._columns[name]
        found = column(row) if callable(column) else [row.get(column)]
        return (str(one) for one in found if one is not None)


def _nothing(_row: Json) -> bool:
    return False


def _compared(how: Callable[[Any, Any], bool], mine: Any, wanted: Any) -> bool:
    return mine is not None and how(mine, wanted)


def _value(name: str, text: str) -> Any:
    """Moments, numbers of records, and texts without regard to case; None for what is not what it should be."""
    if name.endswith("_at"):
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return None
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    if name == "id" or name.endswith("_id"):
        return int(text) if text.isdecimal() else None
    return text.casefold()
