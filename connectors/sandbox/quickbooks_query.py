"""QuickBooks' query language: one entity, AND only, positions from 1, at most 1,000 records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from connectors.sandbox.quickbooks_shapes import Faulted
from connectors.sandbox.wire import Json

LARGEST = 1000
DEFAULT = 100
HIDES_INACTIVE = frozenset({"Item", "Customer", "Account"})
#: Left out of ``*``.
HIDDEN_COLUMNS = {"Item": frozenset({"Sku"})}
_TOKEN = re.compile(r"\s*(?:'((?:\\.|[^'\\])*)'|(>=|<=|[=<>(),*])|([\w.+:-]+))", re.DOTALL)
_WORDS = frozenset({"where", "order", "orderby", "startposition", "maxresults"})


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` of a word, sign or string literal."""

    text: str
    literal: bool = False

    def says(self, *words: str) -> bool:
        return not self.literal and self.text.lower() in words


@dataclass(slots=True)
class Query:
    columns: list[str] = field(default_factory=list)
    entity: str = ""
    conditions: list[tuple[str, str, list[str]]] = field(default_factory=list)
    order: str = ""
    descending: bool = False
    start: int = 1
    size: int = DEFAULT

    @property
    def counts(self) -> bool:
        return self.columns == ["count(*)"]


def parse(text: str) -> Query:
    """Raises ``Faulted`` 4000 for anything else than a query."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[Token] = []
        at, text = 0, text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if not found:
                raise Faulted("4000", f"QueryParserError: Encountered {text[at : at + 10]!r}")
            literal, sign, word = found.groups()
            if literal is not None:
                self._tokens.append(Token(re.sub(r"\\(.)", r"\1", literal), literal=True))
            else:
                self._tokens.append(Token(sign or word))
            at = found.end()

    def query(self) -> Query:
        out = Query()
        self._take("select")
        while not self._sees("from"):
            token = self._next()
            if token.text == "(":  # count ( * )
                out.columns[-1] = out.columns[-1].lower() + "(*)"
                self._take("*")
                self._take(")")
            elif token.text != ",":
                out.columns.append(token.text)
        self._take("from")
        out.entity = self._next().text
        if self._sees("where"):
            self._next()
            self._conditions(out)
        if self._sees("order", "orderby"):
            if self._next().says("order"):
                self._take("by")
            out.order = self._next().text
            if self._sees("asc", "desc"):
                out.descending = self._next().says("desc")
        if self._sees("startposition"):
            self._next()
            out.start = self._number(1)
        if self._sees("maxresults"):
            self._next()
            out.size = self._number(1)
        if self._tokens:
            raise Faulted("4000", f"QueryParserError: Encountered {self._tokens[0].text!r}")
        if out.size > LARGEST:
            raise Faulted("4001", f"Max results should be at most {LARGEST}")
        return out

    def _conditions(self, out: Query) -> None:
        while True:
            name, operator = self._next().text, self._next()
            values = []
            if operator.says("in"):
                self._take("(")
                while not self._sees(")"):
                    token = self._next()
                    if token.literal or token.text != ",":
                        values.append(token.text)
                self._take(")")
            elif operator.says("=", "<", ">", "<=", ">=", "like"):
                values.append(self._next().text)
            else:
                raise Faulted("4000", f"QueryParserError: Encountered {operator.text!r}")
            out.conditions.append((name, operator.text.lower(), values))
            if not self._sees("and"):
                return
            self._next()

    def _sees(self, *words: str) -> bool:
        return bool(self._tokens) and self._tokens[0].says(*words)

    def _next(self) -> Token:
        if not self._tokens:
            raise Faulted("4000", "QueryParserError: Encountered <EOF>")
        return self._tokens.pop(0)

    def _take(self, word: str) -> None:
        token = self._next()
        if not token.says(word):
            raise Faulted("4000", f"QueryParserError: Encountered {token.text!r}, was expecting {word!r}")

    def _number(self, least: int) -> int:
        token = self._next()
        if not token.text.isdigit() or int(token.text) < least:
            raise Faulted("4001", f"{token.text!r} is not a position")
        return int(token.text)


def run(query: Query, rows: Iterable[Json]) -> Json:
    """The ``QueryResponse``."""
    found = list(filter(_predicate(query), rows))
    if query.counts:
        return {"totalCount": len(found)}
    if query.order:
        found.sort(key=lambda row: _sortable(_value(row, query.order)), reverse=query.descending)
    page = found[query.start - 1 : query.start - 1 + query.size]
    if not page:
        return {}
    shown = [_columns(query, row) for row in page]
    return {query.entity: shown, "startPosition": query.start, "maxResults": len(page)}


def _columns(query: Query, row: Json) -> Json:
    hidden = HIDDEN_COLUMNS.get(query.entity, frozenset()) - set(query.columns)
    if "*" in query.columns:
        return {name: value for name, value in row.items() if name not in hidden}
    wanted = {"Id", *(name.partition(".")[0] for name in query.columns)}
    return {name: value for name, value in row.items() if name in wanted}


def _predicate(query: Query) -> Callable[[Json], bool]:
    """Whether a record is meant. What can be said of a condition once is said before the first record."""
    asked = any(name == "Active" for name, _, _ in query.conditions)
    hides = query.entity in HIDES_INACTIVE and not asked
    tests = [_condition(*condition) for condition in query.conditions]

    def matches(row: Json) -> bool:
        return not (hides and row.get("Active") is False) and all(test(row) for test in tests)

    return matches


def _condition(name: str, operator: str, values: list[str]) -> Callable[[Json], bool]:
    texts = frozenset(value.casefold() for value in values)

    def holds(row: Json) -> bool:
        value = _value(row, name)
        if isinstance(value, str) and operator in {"=", "in"} and value[4:5] != "-":
            return value.casefold() in texts
        return _holds(value, operator, values)

    return holds


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def _holds(value: Any, operator: str, values: list[str]) -> bool:
    if operator == "in":
        return any(_holds(value, "=", [one]) for one in values)
    if value is None:
        return False
    if operator == "like":
        return fnmatchcase(str(value).casefold(), values[0].casefold().replace("%", "*"))
    return _COMPARE[operator](*_alike(value, values[0]))


def _alike(value: Any, text: str) -> tuple[Any, Any]:
    """Both as what the record's value is; names are compared whatever their case."""
    if isinstance(value, bool):
        return value, text.lower() == "true"
    if isinstance(value, int | float):
        try:
            return float(value), float(text)
        except ValueError:
            raise Faulted("4001", f"{text!r} is not a number") from None
    try:
        return moment(str(value)), moment(text)
    except ValueError:
        return str(value).casefold(), text.casefold()


def moment(text: str) -> datetime:
    """A date with time, aware. Raises ``ValueError`` for anything else, a plain number too."""
    if "-" not in text[4:5]:
        raise ValueError(text)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _value(row: Json, name: str) -> Any:
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _sortable(value: Any) -> tuple[bool, float, str]:
    text = "" if value is None else str(value)
    return (value is None, float(text) if text.isdigit() else 0.0, text.casefold())
