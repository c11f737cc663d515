"""A list of lines without mark boxes and row menus: the console's virtual table, plain.

Plans, outcomes, runs and history use it: they are read, not marked. ``Table`` explains how rows and views work.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar, TypeVar

from rich.segment import Segment
from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip

from tui.widgets.columns import GAP, Column, fit
from tui.widgets.plain import clip, clip_right, plain
from tui.widgets.table import Table
from tui.widgets.table_lines import Styles

R = TypeVar("R")

#: The cursor's sign before the first column.
MARGIN = 1


class LineTable(Table[R]):
    """Rows with a cursor; Enter or a double click sends ``Chosen``."""

    DEFAULT_CSS = """
    LineTable { overflow-y: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "Open", show=False)]

    def __init__(
        self, columns: Sequence[Column[R]], key: Callable[[R], Hashable], *, empty: str = "", id: str | None = None
    ) -> None:
        super().__init__(columns, key, markable=lambda _row: False, id=id)
        self.empty = empty

    def action_choose(self) -> None:
        """Send ``Chosen``. Without a row the key is the screen's, which says why it can do nothing."""
        if self.row is None:
            raise SkipAction
        self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        place = self.scroll_offset.y + event.y - 1
        if event.y > 0 and place < len(self.view):
            self.cursor = place
            if event.chain == 2 and self.row is not None:
                self.action_choose()

    def on_resize(self) -> None:
        self._fitted = fit(self.columns, self.size.width - MARGIN)
        self.virtual_size = Size(self.size.width, len(self.view) + 1)
        self._strips.clear()
        self.scroll_to_cursor()

    def _header(self, styles: Styles, width: int) -> Strip:
        titles = [
            clip_right(column.title, cells) if column.right else clip(column.title, cells)
            for column, cells in self._fitted
        ]
        return Strip([Segment(clip(" " + (" " * GAP).join(titles), width), styles.header)], width)

    def _line(self, row: R, styles: Styles, width: int, *, at_cursor: bool, marked: bool) -> Strip:
        del marked
        ground = styles.cursor if at_cursor else styles.base
        segments = [Segment("›" if at_cursor else " ", ground)]
        for column, cells in self._fitted:
            text = plain(column.cell(row)) if column.drawn is None else column.drawn(row, cells)
            tone = "" if at_cursor else column.tone(row)
            shown = clip_right(text, cells) if column.right else clip(text, cells)
            segments.append(Segment(shown + " " * GAP, ground + styles.tones[tone] if tone else ground))
        return Strip(list(Segment.simplify(segments)), None).adjust_cell_length(width, ground)
