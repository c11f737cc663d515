"""One record of a file, cell by cell, with the place of each cell in the text: what reading and exact rewriting share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

#: A value as a file has it: text (CSV, JSON strings), or a JSON number, truth value or null.
Scalar = str | Decimal | int | bool | None


class Malformed(ValueError):
    """The text is not what its format says; ``line`` counts from 1, ``column`` is the file's column or empty."""

    def __init__(self, message: str, line: int = 0, column: str = "") -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True, slots=True)
class Cell:
    """One value and the half-open span ``text[start:end]`` that spells it (quotes included)."""

    value: Scalar
    start: int
    end: int

    @property
    def text(self) -> str:
        """The value as text: numbers as written, null as nothing, truth values as true and false."""
        if self.value is None:
            return ""
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        if isinstance(self.value, Decimal):
            return format(self.value, "f")
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it begins on, its cells by column, and where further cells would go."""

    line: int
    cells: Mapping[str, Cell] = field(default_factory=dict)
    end: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """``text[start:end]`` becomes ``new``."""

    start: int
    end: int
    new: str


class Format(Protocol):
    """CSV or JSON. All methods raise ``Malformed``."""

    def header(self, text: str) -> tuple[str, ...]:
        """The columns of the file, in order."""

    def rows(self, text: str) -> Iterator[Row]:
        """All records in order."""

    def change(self, row: Row, column: str, new: str, *, number: bool) -> Edit:
        """The edit that gives one cell a new value."""

    def append(self, text: str, values: Mapping[str, tuple[str, bool]]) -> str:
        """The text with one record more; values are (text, whether it is a number) by column."""


def apply(text: str, edits: list[Edit]) -> str:
    """The text with all edits made; they must not overlap."""
    pieces, at = [], 0
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        pieces += [text[at : edit.start], edit.new]
        at = edit.end
    return "".join([*pieces, text[at:]])
