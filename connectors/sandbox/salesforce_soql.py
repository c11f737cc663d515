"""SOQL as far as clients of a catalogue speak it: one object, parents by dot, AND/OR/NOT, ORDER BY, LIMIT, OFFSET.

As in Salesforce AND and OR are mixed in brackets only, long texts cannot be asked for, texts are compared whatever their case,
and an id of 15 characters is the same as its 18.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.salesforce_shapes import Denied
from connectors.sandbox.wire import Json

_TOKEN = re.compile(
    r"\s*(?:'((?:\\.|[^'\\])*)'|(!=|<>|<=|>=|[=<>(),])|(\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d))?)|([\w.:+-]+))",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
Test = Callable[[Callable[[str], Any]], bool]


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    kind: str = "word"  # word, sign, text, date

    def says(self, *words: str) -> bool:
        return self.kind in {"word", "sign"} and self.text.upper() in words


@dataclass(slots=True)
class Query:
    """``fields`` as written; ``test`` takes a function that gives a field's value; ``asked`` are the WHERE's fields."""

    fields: list[str] = field(default_factory=list)
    entity: str = ""
    test: Test = lambda _value: True
    asked: list[str] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0

    @property
    def counts(self) -> bool:
        return self.fields == ["COUNT()"]


def parse(text: str) -> Query:
    """Raises ``Denied`` MALFORMED_QUERY."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[Token] = []
        at, text = 0, text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if not found:
                raise _malformed(text[at : at + 10])
            literal, sign, date, word = found.groups()
            if literal is not None:
                plain = re.sub(r"\\(.)", lambda one: _ESCAPES.get(one[1], one[1]), literal)
                self._tokens.append(Token(plain, "text"))
            else:
                kind = "sign" if sign else "date" if date else "word"
                self._tokens.append(Token(sign or date or word, kind))
            at = found.end()
        self._asked: list[str] = []

    def query(self) -> Query:
        out = Query()
        self._take("SELECT")
        while not self._sees("FROM"):
            token = self._next()
            if token.says("("):
                self._take(")")
                out.fields[-1] = f"{out.fields[-1].upper()}()"
            elif not token.says(","):
                out.fields.append(token.text)
        self._take("FROM")
        out.entity = self._next().text
        if self._skip("WHERE"):
            out.test = self._some()
        if self._skip("ORDER"):
            self._take("BY")
            self._order(out)
        if self._skip("LIMIT"):
            out.limit = int(self._next().text)
        if self._skip("OFFSET"):
            out.offset = int(self._next().text)
        if self._tokens:
            raise _malformed(self._tokens[0].text)
        out.asked = self._asked
        return out

    def _order(self, out: Query) -> None:
        while True:
            name, down = self._next().text, False
            if self._sees("ASC", "DESC"):
                down = self._next().says("DESC")
            if self._skip("NULLS"):
                self._next()
            out.order.append((name, down))
            if not self._skip(","):
                return

    def _some(self) -> Test:
        """Conditions joined by AND, or by OR: never by both without brackets."""
        tests, joint = [self._one()], ""
        while self._sees("AND", "OR"):
            word = self._next().text.upper()
            if joint and word != joint:
                raise Denied("MALFORMED_QUERY", f"unexpected token: '{word}'")
            joint = word
            tests.append(self._one())
        if len(tests) == 1:
            return tests[0]
        together = any if joint == "OR" else all
        return lambda value: together(test(value) for test in tests)

    def _one(self) -> Test:
        if self._skip("NOT"):
            test = self._one()
            return lambda value: not test(value)
        if self._skip("("):
            inner = self._some()
            self._take(")")
            return inner
        name = self._next().text
        self._asked.append(name)
        if self._skip("NOT"):
            self._take("IN")
            values = self._values()
            return lambda value: not _among(value(name), values)
        if self._skip("IN"):
            values = self._values()
            return lambda value: _among(value(name), values)
        if self._skip("LIKE"):
            pattern = _pattern(self._next().text)
            return lambda value: pattern.fullmatch(str(value(name) or "")) is not None
        sign = self._next().text
        if sign not in _COMPARE:
            raise _malformed(sign)
        literal = _literal(self._next())
        compare = _COMPARE[sign]
        return lambda value: compare(value(name), literal)

    def _values(self) -> frozenset[Any]:
        self._take("(")
        found = []
        while not self._sees(")"):
            token = self._next()
            if not token.says(","):
                found.append(_key(_literal(token)))
        self._take(")")
        return frozenset(found)

    def _sees(self, *words: str) -> bool:
        return bool(self._tokens) and self._tokens[0].says(*words)

    def _skip(self, word: str) -> bool:
        if self._sees(word):
            self._tokens.pop(0)
            return True
        return False

    def _next(self) -> Token:
        if not self._tokens:
            raise _malformed("<EOF>")
        return self._tokens.pop(0)

    def _take(self, word: str) -> None:
        token = self._next()
        if not token.says(word):
            raise _malformed(token.text)


def _malformed(near: str) -> Denied:
    return Denied("MALFORMED_QUERY", f"unexpected token: '{near}'")


def _literal(token: Token) -> Any:
    if token.kind == "text":
        return token.text
    if token.kind == "date":
        return moment(token.text)
    words = {"TRUE": True, "FALSE": False, "NULL": None}
    if token.text.upper() in words:
        return words[token.text.upper()]
    try:
        return float(token.text)
    except ValueError:
        raise _malformed(token.text) from None


def moment(text: str) -> datetime:
    """A date or a date with time, aware."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _key(value: Any) -> Any:
    """What two values are compared by: ids by 15 characters, texts whatever their case, times as times."""
    if isinstance(value, str):
        if len(value) == 18 and value.isalnum() and value[:3] in _ID_STARTS:
            return value[:15]
        if len(value) > 18 and value[10:11] == "T" and value[4:5] == "-":
            return moment(value)
        return value if len(value) == 15 and value[:3] in _ID_STARTS else value.casefold()
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


_ID_STARTS = frozenset({"001", "003", "006", "00k", "012", "01s", "01t", "01u", "a01"})


def _among(value: Any, keys: frozenset[Any]) -> bool:
    return _key(value) in keys


def _less(value: Any, literal: Any) -> bool:
    return value is not None and literal is not None and _key(value) < _key(literal)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, literal: _key(value) == _key(literal),
    "!=": lambda value, literal: _key(value) != _key(literal),
    "<>": lambda value, literal: _key(value) != _key(literal),
    "<": _less,
    ">": lambda value, literal: _less(literal, value),
    "<=": lambda value, literal: value is not None and not _less(literal, value),
    ">=": lambda value, literal: value is not None and not _less(value, literal),
}


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"(\\.|%|_)", text)
    wild = {"%": ".*", "_": "."}
    made = "".join(
        wild.get(part) or re.escape(part[1:] if part.startswith("\\") and part != "\\" else part) for part in parts
    )
    return re.compile(made, re.IGNORECASE | re.DOTALL)


def sort_key(value: Any) -> tuple[bool, Any]:
    """Nulls first, as Salesforce sorts."""
    return (value is not None, "" if value is None else _key(value))


def nested(fields: list[str]) -> Json:
    """Field names as a tree: ``Account.Name`` below ``Account``; a plain field's value is None."""
    tree: Json = {}
    for name in fields:
        here, *more = name.split(".")
        if more:
            tree.setdefault(here, {}).update(nested([".".join(more)]))
        else:
            tree[here] = None
    return tree
