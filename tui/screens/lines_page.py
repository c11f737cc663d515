"""A page that only lists lines: what changed, what a preview says, who else has the same code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from textual import on
from textual.widget import Widget
from textual.widgets import Static

from tui.screens.page import Page
from tui.widgets.columns import Column
from tui.widgets.lines import LineTable
from tui.widgets.text import content

R = TypeVar("R")


class LinesPage(Page[None]):
    """``lines`` under ``columns``; ``about`` says in a line or two what they are."""

    AUTO_FOCUS = "LineTable"

    def __init__(
        self, title: str, columns: Sequence[Column[R]], lines: Sequence[R], empty: str, about: str = ""
    ) -> None:
        super().__init__()
        self.HEADING, self.about = title, about
        self._lines = lines
        places = {id(line): place for place, line in enumerate(lines)}
        self._table: LineTable[R] = LineTable(columns, lambda line: places[id(line)], empty=empty)

    def body(self) -> Iterable[Widget]:
        if self.about:
            yield Static(content(self.about), classes="page--lines")
        yield self._table

    def on_mount(self) -> None:
        self._table.show(self._lines)

    @on(LineTable.Moved)
    @on(LineTable.Chosen)
    def _quiet(self, event: LineTable.Moved) -> None:
        event.stop()
