"""Columns of a virtual table: what each shows, how wide it is, and which go first when the terminal is narrow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

R = TypeVar("R")

#: One blank cell between two columns.
GAP = 1


def _nothing(_row: Any) -> str:
    return ""


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column. ``cell`` gives text of any kind; the table makes it plain and cuts it.

    ``minimum`` is the least useful width in cells. What is left over goes to columns by ``weight`` (0: none).
    ``drop`` says when the column goes: the highest first, 0 never. A ``luxury`` is shown
    only where all others have their ``comfort`` (cells in which they show all they usually have to say). ``tone`` names one of the table's component
    classes, always in addition to a word or a sign. ``sort`` gives a row's place when sorted by this column.
    ``covers`` names the last of the columns to the right that this cell runs on over ("": none) in a row.
    ``drawn`` draws the cell for its width in place of ``cell``, in lists without mark boxes (a sparkline).
    """

    id: str
    title: str
    cell: Callable[[R], str]
    minimum: int
    weight: int = 0
    drop: int = 0
    comfort: int = 0
    luxury: bool = False
    right: bool = False
    tone: Callable[[R], str] = _nothing
    sort: Callable[[R], Any] | None = None
    covers: Callable[[R], str] = _nothing
    drawn: Callable[[R, int], str] | None = None


def fit(columns: Sequence[Column[R]], room: int) -> list[tuple[Column[R], int]]:
    """The columns that are shown in ``room`` cells, in order, with their widths; gaps are included in ``room``.

    >>> a, b = Column("a", "A", str, 4, weight=1), Column("b", "B", str, 4, drop=1)
    >>> [(c.id, w) for c, w in fit([a, b], 12)], [(c.id, w) for c, w in fit([a, b], 8)]
    ([('a', 7), ('b', 4)], [('a', 8)])
    """
    shown = list(columns)

    def needed(*, comfort: bool = False) -> int:
        cells = (max(column.comfort, column.minimum) if comfort else column.minimum for column in shown)
        return sum(cells) + GAP * (len(shown) - 1)

    while needed(comfort=True) > room and (luxuries := [column for column in shown if column.luxury]):
        shown.remove(max(luxuries, key=lambda column: column.drop))
    while needed() > room:
        last = max(shown, key=lambda column: column.drop, default=None)
        if last is None or not last.drop:
            break
        shown.remove(last)
    left = room - needed()
    weights = sum(column.weight for column in shown)
    widths: list[tuple[Column[R], int]] = []
    for column in shown:
        share = left * column.weight // weights if weights else 0  # negative where not even the least fits
        left -= share
        weights -= column.weight
        widths.append((column, max(1, column.minimum + share)))
    return widths
