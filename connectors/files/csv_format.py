"""CSV with exact places: RFC 4180, any one-sign delimiter, any newline; quotes inside an unquoted cell are text (27").

Its own reader, because the standard library's cannot say where a cell stood: a cell is changed without touching the
spelling of any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from connectors.files.rows import Cell, Edit, Malformed, Row


class CsvFormat:
    """One CSV dialect; see ``rows.Format``."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        plain = rf"[^{re.escape(delimiter)}\r\n]*"
        self._cell = re.compile(rf'"((?:[^"]|"")*)"|({plain})')
        self._must_quote = re.compile(rf'["\r\n{re.escape(delimiter)}]|^\s|\s$')

    def header(self, text: str) -> tuple[str, ...]:
        first = next(self._lines(text), None)
        if first is None:
            raise Malformed("the file is empty: it has no header line", 1)
        columns = tuple(str(cell.value).strip() for cell in first[1])
        for column in columns:
            if columns.count(column) > 1:
                raise Malformed(f"the header has two columns {column!r}", first[0], column)
        return columns

    def rows(self, text: str) -> Iterator[Row]:
        columns = self.header(text)
        lines = self._lines(text)
        next(lines)
        for line, cells in lines:
            if len(cells) != len(columns):
                raise Malformed(
                    f"{len(cells)} cells, the header has {len(columns)}",
                    line,
                    columns[len(cells)] if len(cells) < len(columns) else columns[-1],
                )
            yield Row(line, dict(zip(columns, cells, strict=True)), cells[-1].end)

    def change(self, row: Row, column: str, new: str, *, number: bool) -> Edit:  # noqa: ARG002 - all is text here
        cell = row.cells[column]
        quoted = cell.end - cell.start >= 2 and len(cell.text) != cell.end - cell.start
        return Edit(cell.start, cell.end, self._spell(new, always=quoted))

    def append(self, text: str, values: Mapping[str, tuple[str, bool]]) -> str:
        columns = self.header(text)
        line = self._delimiter.join(self._spell(values.get(column, ("", False))[0]) for column in columns)
        found = re.search(r"\r\n|\n|\r", text)
        newline = found.group() if found else "\n"
        gap = "" if text.endswith(("\n", "\r")) else newline
        return f"{text}{gap}{line}{newline}"

    def _spell(self, value: str, *, always: bool = False) -> str:
        if always or self._must_quote.search(value):
            return '"' + value.replace('"', '""') + '"'
        return value

    def _lines(self, text: str) -> Iterator[tuple[int, list[Cell]]]:
        """(line number, cells) of every line that is not blank."""
        at, line, size = 0, 1, len(text)
        while at < size:
            begun, cells, start = line, list[Cell](), at
            while True:
                cell, at = self._read(text, at, line)
                line += text.count("\n", cell.start, cell.end) if text.startswith('"', cell.start) else 0
                cells.append(cell)
                if at < size and text[at] == self._delimiter:
                    at += 1
                    continue
                break
            if at < size and text[at] not in "\r\n":
                raise Malformed(
                    f"text after the closing quote: {text[at : at + 20].split(chr(10), maxsplit=1)[0]!r}",
                    line,
                    f"no. {len(cells)}",
                )
            blank = at == start
            at += 2 if text.startswith("\r\n", at) else 1
            line += 1
            if not blank:
                yield begun, cells

    def _read(self, text: str, at: int, line: int) -> tuple[Cell, int]:
        found = self._cell.match(text, at)
        assert found is not None  # the second alternative matches the empty text
        if found[1] is not None:
            return Cell(found[1].replace('""', '"'), at, found.end()), found.end()
        if found[2].startswith('"'):
            raise Malformed("a quote is opened and never closed", line)
        return Cell(found[2], at, found.end()), found.end()
