"""The virtual table of all lists: rows stay outside the widget and only the visible ones are ever rendered.

``view`` is a list of indices into an untouched model (the result of filtering and sorting). Marks are row keys, so
that sorting, filtering and refreshing keep them. Moving the cursor paints two lines.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.columns import GAP, Column, fit
from tui.widgets.plain import clip
from tui.widgets.table_lines import LEAD, TAIL, Styles, header_line, row_line

R = TypeVar("R")

STRIPS = 1024


def _ink(style: Style) -> Style:
    """A style without its ground: it is laid over whatever ground a line has."""
    return Style(color=style.color, bold=style.bold, dim=style.dim, italic=style.italic)


def _find(view: Sequence[int], index: int) -> int | None:
    """The place of an index in a view; instantly in an unfiltered one."""
    try:
        return view.index(index)
    except ValueError:
        return None


class Table(ScrollView, Generic[R], can_focus=True):
    """A list of rows with mark boxes, columns that fit the width, and a three-dot column."""

    TONES: ClassVar[tuple[str, ...]] = ("good", "warn", "bad", "dim")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--cursor",
        "table--marked",
        *(f"table--{tone}" for tone in TONES),
    }
    DEFAULT_CSS = """
    Table {
        height: 1fr; width: 1fr; background: $surface; color: $foreground;
        overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        & > .table--header { background: $panel; color: $foreground; text-style: bold; }
        & > .table--cursor { background: $block-cursor-blurred-background; color: $foreground; text-style: bold; }
        & > .table--marked { background: $secondary-muted; }
        & > .table--good { color: $text-success; }
        & > .table--warn { color: $text-warning; }
        & > .table--bad { color: $text-error; text-style: bold; }
        & > .table--dim { color: $text-muted; }
    }
    Table:focus > .table--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "goto(0)", "First row", show=False),
        Binding("end,G", "goto(-1)", "Last row", show=False),
        Binding("shift+up,K", "mark_move(-1)", "Mark and go up", show=False),
        Binding("shift+down,J", "mark_move(1)", "Mark and go down", show=False),
    ]
    ALLOW_SELECT = False

    cursor: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, table: Table[Any]) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> Table[Any]:
            return self.table

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Table.Moved) and message.table is self.table

    class MarksChanged(Moved):
        """Rows were marked or unmarked."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Table.MarksChanged) and message.table is self.table

    class Chosen(Moved):
        """A row was double-clicked."""

        def can_replace(self, message: Message) -> bool:
            del message
            return False

    class MenuWanted(Chosen):
        """The three dots of the cursor's row were clicked."""

    class SortWanted(Chosen):
        """The title of a column was clicked."""

        def __init__(self, table: Table[Any], column: str) -> None:
            super().__init__(table)
            self.column = column

    def __init__(
        self,
        columns: Sequence[Column[R]],
        key: Callable[[R], Hashable],
        *,
        markable: Callable[[R], bool] | None = None,
        id: str | None = None,
    ) -> None:
        """``key`` names a row for good; ``markable`` says which rows can be marked (all of them if None)."""
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.key = key
        self.markable = markable
        self.rows: Sequence[R] = ()
        self.view: Sequence[int] = range(0)
        self.marks: set[Hashable] = set()
        self.sorted_by: tuple[str, bool] = ("", False)
        self.empty = "Nothing here"
        self._fitted: list[tuple[Column[R], int]] = []
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(STRIPS)
        self._styles: Styles | None = None
        self._focused_style = False
        self._last_marked: Hashable | None = None
        self._key_list: list[Hashable] | None = None

    # ------------------------------------------------------------------------------------------------ the model
    def show(self, rows: Sequence[R], view: Sequence[int] | None = None) -> None:
        """Replace the model; the cursor stays on its row and marks stay with theirs, as far as these still exist."""
        here = self.row
        index = self.view[self.cursor] if here is not None else -1
        if here is not None and rows is not self.rows:
            known = self.key(here)
            if not (index < len(rows) and self.key(rows[index]) == known):
                index = next((n for n, row in enumerate(rows) if self.key(row) == known), -1)
        if rows is not self.rows:
            self.rows, self._key_list = rows, None
            gone = self.marks.difference(self.keys) if self.marks else None
            if gone:
                self.marks -= gone
                self.post_message(self.MarksChanged(self))
        self._look(view if view is not None else range(len(rows)), index)

    def set_view(self, view: Sequence[int]) -> None:
        """Show these rows of the model, in this order; the cursor stays on its row if that is among them."""
        self._look(view, self.view[self.cursor] if self.row is not None else -1)

    def _look(self, view: Sequence[int], index: int) -> None:
        """Another view, with the cursor on the row with this index if the view has it."""
        self.view = view
        self.virtual_size = Size(self._cells, len(view) + 1)
        self._strips.clear()
        place = _find(view, index)
        self.set_reactive(Table.cursor, min(self.cursor, max(0, len(view) - 1)) if place is None else place)
        self.scroll_to_cursor()
        self.refresh()
        if place is None:
            self.post_message(self.Moved(self))

    @property
    def keys(self) -> list[Hashable]:
        """The keys of all rows, in the model's order."""
        if self._key_list is None:
            self._key_list = [self.key(row) for row in self.rows]
        return self._key_list

    def _place_of(self, known: Hashable | None) -> int | None:
        return None if known is None or known not in self.keys else _find(self.view, self.keys.index(known))

    @property
    def row(self) -> R | None:
        """The row under the cursor."""
        if self.cursor < len(self.view) and (index := self.view[self.cursor]) < len(self.rows):
            return self.rows[index]
        return None

    def shows(self, column: str) -> bool:
        """Whether there is room for a column."""
        return any(one.id == column for one, _ in self._fitted)

    @property
    def _cells(self) -> int:
        """The width without the scrollbar."""
        return self.scrollable_content_region.width

    @property
    def page(self) -> range:
        """The places of the rows that are visible now."""
        top = self.scroll_offset.y
        return range(top, min(len(self.view), top + max(1, self.size.height - 1)))

    def go_to(self, key: Hashable) -> bool:
        """Put the cursor on the row with this key, if the view shows it."""
        place = self._place_of(key)
        if place is not None:
            self.cursor = place
        return place is not None

    # ------------------------------------------------------------------------------------------------ marks
    def targets(self) -> list[R]:
        """The marked rows in the model's order (also those that a filter hides), else the row under the cursor."""
        if self.marks:
            return [row for row, key in zip(self.rows, self.keys, strict=True) if key in self.marks]
        return [self.row] if self.row is not None else []

    def hidden_marks(self) -> int:
        """How many marked rows the view does not show."""
        if not self.marks or len(self.view) == len(self.rows):
            return 0
        return len(self.marks) - sum(map(self.marks.__contains__, map(self.keys.__getitem__, self.view)))

    def toggle_mark(self) -> None:
        """Mark or unmark the row under the cursor and go one down."""
        row = self.row
        if row is not None and self._may_mark(row):
            self._last_marked = self.key(row)
            self.marks ^= {self._last_marked}
            self._marked(range(self.cursor, self.cursor + 1))
        self.cursor += 1

    def mark_range(self) -> None:
        """Mark everything between the row marked last (else the first visible one) and the cursor."""
        anchor = self._place_of(self._last_marked) if self._last_marked in self.marks else None
        start = self.page.start if anchor is None else anchor
        self.mark_places(range(min(start, self.cursor), max(start, self.cursor) + 1))

    def mark_page(self) -> None:
        """Mark all visible rows, or unmark them if they all are."""
        self._toggle(self.page)

    def mark_all(self) -> None:
        """Mark every row of the view (what the filter lets through), or unmark them if they all are."""
        self._toggle(range(len(self.view)))

    def mark_places(self, places: Iterable[int]) -> None:
        self._change(places, on=True)

    def unmark(self) -> None:
        """Forget all marks."""
        if self.marks:
            self.marks.clear()
            self._marked(self.page)

    def _may_mark(self, row: R) -> bool:
        return self.markable is None or self.markable(row)

    def _keys(self, places: Iterable[int]) -> set[Hashable]:
        indices = map(self.view.__getitem__, places)
        if self.markable is None:
            return set(map(self.keys.__getitem__, indices))
        return {self.keys[index] for index in indices if self.markable(self.rows[index])}

    def _toggle(self, places: Sequence[int]) -> None:
        keys = self._keys(places)
        self._apply(keys, on=not keys <= self.marks)

    def _change(self, places: Iterable[int], *, on: bool) -> None:
        self._apply(self._keys(places), on=on)

    def _apply(self, keys: set[Hashable], *, on: bool) -> None:
        self.marks = self.marks | keys if on else self.marks - keys
        row = self.row
        self._last_marked = self.key(row) if row is not None else None
        self._marked(self.page)

    def _marked(self, places: range) -> None:
        for place in places:
            self._repaint(place)
        self.refresh(Region(0, 0, self.size.width, 1))
        self.post_message(self.MarksChanged(self))

    # ------------------------------------------------------------------------------------------------ the cursor
    def validate_cursor(self, value: int) -> int:
        return max(0, min(value, len(self.view) - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        self._repaint(old)
        self._repaint(new)
        self.scroll_to_cursor()
        self.post_message(self.Moved(self))

    def _repaint(self, place: int) -> None:
        y = place + 1 - self.scroll_offset.y
        if 0 < y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def scroll_to_cursor(self) -> None:
        """Bring the cursor's row into view with the least scrolling."""
        top, height = self.scroll_offset.y, max(1, self.size.height - 1)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, immediate=True)

    def line_of_cursor(self) -> int:
        """The cursor's line on the screen: where a menu opens."""
        return self.region.y + 1 + self.cursor - self.scroll_offset.y

    def action_move(self, by: int) -> None:
        self.cursor += by

    def action_page(self, by: int) -> None:
        self.cursor += by * max(1, self.size.height - 2)

    def action_goto(self, place: int) -> None:
        self.cursor = place if place >= 0 else len(self.view) - 1

    def action_mark_move(self, by: int) -> None:
        """Mark the cursor's row and the one the cursor moves to."""
        here = self.cursor
        self.cursor += by
        if len(self.view):
            self.mark_places({here, self.cursor})

    # ------------------------------------------------------------------------------------------------ the mouse
    def on_click(self, event: events.Click) -> None:
        event.stop()
        if event.y == 0:
            self._header_clicked(event.x)
            return
        place = self.scroll_offset.y + event.y - 1
        if place >= len(self.view):
            return
        self.cursor = place
        if event.x < LEAD:
            self.toggle_mark()
            self.cursor = place
        elif event.x >= self._cells - TAIL:
            self.post_message(self.MenuWanted(self))
        elif event.chain == 2:
            self.post_message(self.Chosen(self))

    def _header_clicked(self, x: int) -> None:
        if x < LEAD:
            self.mark_page()
            return
        left = LEAD
        for column, width in self._fitted:
            if left <= x < left + width:
                self.post_message(self.SortWanted(self, column.id))
            left += width + GAP

    # ------------------------------------------------------------------------------------------------ painting
    def on_resize(self) -> None:
        self._fitted = fit(self.columns, self._cells - LEAD - TAIL)
        self.virtual_size = Size(self._cells, len(self.view) + 1)
        self._strips.clear()
        self.scroll_to_cursor()

    def set_columns(self, columns: Sequence[Column[R]]) -> None:
        """Show other columns of the same rows."""
        self.columns = tuple(columns)
        self._fitted = fit(self.columns, self._cells - LEAD - TAIL)
        self._strips.clear()
        self.refresh()

    def say_empty(self, text: str) -> None:
        """What is shown where the view has no row."""
        if text != self.empty:
            self.empty = text
            if not len(self.view):
                self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
        self._styles = None

    def render_lines(self, crop: Region) -> list[Strip]:
        if self._styles is None or self._focused_style != self.has_focus:  # once a paint, not once a line
            part = self.get_component_rich_style
            tones = {"": Style(), **{tone: _ink(part(f"table--{tone}")) for tone in self.TONES}}
            self._styles = Styles(
                self.rich_style,
                part("table--header"),
                part("table--cursor"),
                part("table--marked"),
                part("table--dim"),
                tones,
            )
            self._focused_style = self.has_focus
            self._strips.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        styles, width = self._styles, self._cells
        assert styles is not None
        if y == 0:
            return self._header(styles, width)
        place = self.scroll_offset.y + y - 1
        if place >= len(self.view):
            if y == 2 and not len(self.view):
                return Strip([Segment(clip("  " + self.empty, width), styles.dim)], width)
            return Strip.blank(width, styles.base)
        index = self.view[place]
        row = self.rows[index]
        at_cursor, marked = place == self.cursor, bool(self.marks) and self.key(row) in self.marks
        cached = (index, at_cursor, marked)
        strip = self._strips.get(cached)
        if strip is None:
            strip = self._strips[cached] = self._line(row, styles, width, at_cursor=at_cursor, marked=marked)
        return strip

    def _line(self, row: R, styles: Styles, width: int, *, at_cursor: bool, marked: bool) -> Strip:
        return row_line(row, self._fitted, styles, width, at_cursor=at_cursor, marked=marked)

    def _header(self, styles: Styles, width: int) -> Strip:
        box = "[ ]"
        if self.marks and len(self.page):
            on = sum(self.key(self.rows[self.view[place]]) in self.marks for place in self.page)
            box = "[x]" if on == len(self.page) else "[-]" if on else box
        return header_line(self._fitted, box, self.sorted_by, styles, width)
