"""JSON (a list of objects, or an object that holds it under its kind's name) and JSON lines, with exact places.

Numbers are read as ``Decimal``, never through a float; a key given twice, NaN and Infinity are errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from connectors.files.rows import Cell, Edit, Malformed, Row

_SPACE = re.compile(r"[ \t\r\n]*")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice in one object")
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a value of JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_pairs)


class JsonFormat:
    """See ``rows.Format``. ``lines``: one object a line; ``key``: the name of the list inside an outer object."""

    def __init__(self, key: str, *, lines: bool) -> None:
        self._key, self._lines = key, lines

    def header(self, text: str) -> tuple[str, ...]:
        columns: dict[str, None] = {}
        for row in self.rows(text):
            columns.update(dict.fromkeys(row.cells))
        return tuple(columns)

    def rows(self, text: str) -> Iterator[Row]:
        at = self._start(text)
        line, seen = 1, 0
        first = True
        while True:
            at = _skip(text, at)
            if self._lines:
                if at >= len(text):
                    return
            else:
                if text[at : at + 1] == "]":
                    return
                if not first:
                    at = _skip(text, _expect(text, at, ","))
            line, seen = line + text.count("\n", seen, at), at
            cells, at = self._object(text, at, line)
            first = False
            yield Row(line, cells, at - 1)

    def change(self, row: Row, column: str, new: str, *, number: bool) -> Edit:
        cell = row.cells.get(column)
        if cell is None:
            gap = ", " if row.cells else ""
            last = max((one.end for one in row.cells.values()), default=row.end)
            return Edit(last, last, f"{gap}{json.dumps(column)}: {_spell(new, number=number)}")
        as_number = isinstance(cell.value, (int, Decimal)) or (cell.value is None and number)
        return Edit(cell.start, cell.end, _spell(new, number=as_number))

    def append(self, text: str, values: Mapping[str, tuple[str, bool]]) -> str:
        body = ", ".join(f"{json.dumps(c)}: {_spell(v, number=n)}" for c, (v, n) in values.items())
        if self._lines:
            gap = "" if not text.strip() or text.endswith("\n") else "\n"
            return f"{text}{gap}{{{body}}}\n"
        last = None
        for row in self.rows(text):
            last = row
        if last is None:
            at = self._start(text)
            return f"{text[:at]}{{{body}}}{text[at:]}"
        at = last.end + 1
        newline = "\n" if "\n" in text else ""
        return f"{text[:at]},{newline or ' '}{{{body}}}{text[at:]}"

    def _start(self, text: str) -> int:
        """Where the first object may begin."""
        at = _skip(text, 0)
        if self._lines:
            return at
        if text[at : at + 1] == "[":
            self._whole(text)
            return at + 1
        if text[at : at + 1] == "{":
            self._whole(text)
            at = _skip(text, at + 1)
            while text[at : at + 1] == '"':
                name, at = _decode(text, at)
                at = _skip(text, _expect(text, at, ":"))
                if name == self._key and text[at : at + 1] == "[":
                    return at + 1
                _, at = _decode(text, at)
                at = _skip(text, at)
                at = _skip(text, at + 1) if text[at : at + 1] == "," else at
        raise Malformed(f"neither a list of objects nor an object with a list {self._key!r}", 1)

    def _whole(self, text: str) -> None:
        """The document as a whole is JSON, to its end: nothing is read of a file that was cut off."""
        _, end = _decode(text, _skip(text, 0))
        if _skip(text, end) != len(text):
            raise Malformed("text after the end of the document", _line(text, end))

    def _object(self, text: str, at: int, line: int) -> tuple[dict[str, Cell], int]:
        cells: dict[str, Cell] = {}
        at = _skip(text, _expect(text, at, "{"))
        while text[at : at + 1] != "}":
            if cells:
                at = _skip(text, _expect(text, at, ","))
            if text[at : at + 1] != '"':
                raise Malformed("a key in quotes is expected", _line(text, at))
            name, at = _decode(text, at)
            if name in cells:
                raise Malformed(f"the key {name!r} is given twice", line, name)
            start = _skip(text, _expect(text, _skip(text, at), ":"))
            value, end = _decode(text, start)
            cells[name] = Cell(value, start, end)
            at = _skip(text, end)
        return cells, at + 1


def _decode(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error.msg}", _line(text, error.pos)) from error
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {error}", _line(text, at)) from error


def _spell(value: str, *, number: bool) -> str:
    return value if number and value else json.dumps(value, ensure_ascii=False)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _expect(text: str, at: int, sign: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != sign:
        raise Malformed(f"{sign!r} is expected, there is {text[at : at + 20]!r}", _line(text, at))
    return at + 1


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
