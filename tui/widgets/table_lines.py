"""The lines of a virtual table as strips: the header, and one row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.columns import GAP, Column
from tui.widgets.plain import clip, clip_right, plain

R = TypeVar("R")

#: The cursor's sign, the mark box and a blank: what stands before the first column.
LEAD = 5
#: A blank and the three dots after the last column.
TAIL = 2
DOTS = "⋯"

Fitted = Sequence[tuple[Column[R], int]]


class Styles(NamedTuple):
    """The resolved styles of a table; ``tones`` are laid over the ground of a line."""

    base: Style
    header: Style
    cursor: Style
    marked: Style
    dim: Style
    tones: dict[str, Style]


def header_line(fitted: Fitted[R], box: str, sorted_by: tuple[str, bool], styles: Styles, width: int) -> Strip:
    """Mark box of the page, titles, and an arrow at the column that sorts."""
    by, down = sorted_by
    titles = [
        (clip_right if column.right else clip)(
            plain(column.title) + (" ▾" if down else " ▴") * (column.id == by), cells
        )
        for column, cells in fitted
    ]
    return Strip([Segment(clip(f" {box} " + (" " * GAP).join(titles), width), styles.header)], width)


def row_line(row: R, fitted: Fitted[R], styles: Styles, width: int, *, at_cursor: bool, marked: bool) -> Strip:
    """One row: the cursor's sign, mark box, cells, three dots. All text is made plain here."""
    ground = styles.cursor if at_cursor else styles.marked if marked else styles.base
    segments = [Segment(("›" if at_cursor else " ") + ("[x] " if marked else "[ ] "), ground)]
    used = LEAD
    until = ""
    for at, (column, cells) in enumerate(fitted):
        if until:
            until = "" if column.id == until else until
            continue
        room = cells
        if until := column.covers(row):
            room = span(fitted, at, until)
            until = until if room > cells else ""
        text = plain(column.cell(row))
        tone = "" if at_cursor else column.tone(row)
        shown = clip_right(text, room) if column.right else clip(text, room)
        segments.append(Segment(shown + " " * GAP, ground + styles.tones[tone] if tone else ground))
        used += room + GAP
    segments.append(Segment(" " * max(0, width - used - 1), ground))
    segments.append(Segment(DOTS, ground if at_cursor else ground + styles.tones["dim"]))
    return Strip(list(Segment.simplify(segments))).adjust_cell_length(width, ground)


def span(fitted: Fitted[R], at: int, until: str) -> int:
    """The cells from one column to another (as far as that one is shown), the gaps between them included."""
    ids = [column.id for column, _ in fitted]
    end = ids.index(until) if until in ids else at
    return sum(width for _, width in fitted[at : end + 1]) + GAP * (end - at)
