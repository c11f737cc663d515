"""Which rows of a list are seen, and in which order: indices into an untouched model.

Long lists are worked through in slices, so that the screen's loop is never held for longer than a slice.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from engine.views import Row

T = TypeVar("T")

#: Rows worked through between two looks at the clock; about a millisecond.
SLICE = 4_000
#: Seconds the screen's loop is held at most.
HOLD = 0.012
#: Lists up to here are done at once: nobody sees it.
SHORT = 15_000
UNMAPPED = frozenset({"Unmapped", "Ambiguous"})

Steps = Generator[None, None, T]


@dataclass(frozen=True)
class Lens:
    """What the admin asked to see. ``backoffice`` shows the records nothing is mapped to instead of the storefront's.

    ``out`` names a field (``price``): only rows whose sides differ in it.
    """

    text: str = ""
    unmapped: bool = False
    statuses: frozenset[str] = frozenset()
    backoffice: bool = False
    out: str = ""
    sort: str = ""
    descending: bool = False

    @property
    def tokens(self) -> tuple[str, ...]:
        return tuple(self.text.casefold().split())

    @property
    def filters(self) -> bool:
        """Whether any row may be hidden by it (the choice of side aside)."""
        return bool(self.tokens or self.unmapped or self.statuses or self.out)

    def wanted(self) -> frozenset[str]:
        """The statuses that are let through; empty means all."""
        if not self.unmapped:
            return self.statuses
        return self.statuses & UNMAPPED or frozenset({"nothing"}) if self.statuses else UNMAPPED

    def narrows(self, earlier: Lens) -> bool:
        """Whether every row seen through this lens was seen through the earlier one, in the same order."""
        return (
            self.text.startswith(earlier.text)
            and (self.backoffice, self.sort, self.descending) == (earlier.backoffice, earlier.sort, earlier.descending)
            and earlier.out in {"", self.out}
            and (not earlier.wanted() or (bool(self.wanted()) and self.wanted() <= earlier.wanted()))
        )


class Selector:
    """Applies lenses to one snapshot's rows; keeps what makes the next answer cheap (search texts, orders, last hits)."""

    def __init__(self, rows: Sequence[Row], sorts: dict[str, Callable[[Row], Any]]) -> None:
        self.rows = rows
        self.boundary = bisect_left(rows, True, key=lambda row: row.side == "backoffice")
        self._sorts = sorts
        self._texts: list[str] | None = None
        self._orders: dict[str, list[int]] = {}
        self._last: tuple[Lens, Sequence[int]] | None = None

    def total(self, lens: Lens) -> int:
        """How many rows there are on the side that the lens looks at."""
        return len(self.rows) - self.boundary if lens.backoffice else self.boundary

    def select(self, lens: Lens) -> Steps[Sequence[int]]:
        """The indices seen through a lens; a generator that pauses after each slice and returns the answer."""
        if self._last is not None and lens.narrows(self._last[0]):
            hits = self._last[1]
        else:
            hits = yield from self._all(lens)
        wanted = lens.wanted()
        if wanted:
            hits = yield from _sieve(hits, lambda part: [i for i in part if self.rows[i].status in wanted])
        if lens.out:
            hits = yield from _sieve(
                hits, lambda part: [i for i in part if self.rows[i].differs and self.rows[i].differing(lens.out)]
            )
        if lens.tokens:
            texts = yield from self._search_texts()
            hits = yield from search(texts, lens.tokens, hits)
        self._last = (lens, hits)
        return hits

    def _all(self, lens: Lens) -> Steps[Sequence[int]]:
        side = range(self.boundary, len(self.rows)) if lens.backoffice else range(self.boundary)
        if lens.sort not in self._sorts:
            return side[::-1] if lens.descending else side
        order = yield from self._order(lens.sort)
        hits = yield from _sieve(order, lambda part: [i for i in part if i in side])
        return list(reversed(hits)) if lens.descending else hits

    def _order(self, sort: str) -> Steps[list[int]]:
        if sort not in self._orders:
            rows, key = self.rows, self._sorts[sort]
            keys: list[Any] = []
            runs: list[int] = []
            for start in range(0, len(rows), SLICE):
                keys.extend([key(row) for row in rows[start : start + SLICE]])
                runs.extend(sorted(range(start, len(keys)), key=keys.__getitem__))
                yield
            runs.sort(key=keys.__getitem__)  # sorted runs already: the last step only merges
            self._orders[sort] = runs
        return self._orders[sort]

    def _search_texts(self) -> Steps[list[str]]:
        if self._texts is None:
            texts: list[str] = []
            for start in range(0, len(self.rows), SLICE):
                texts.extend([row.search for row in self.rows[start : start + SLICE]])
                yield
            self._texts = texts
        return self._texts


def search(texts: Sequence[str], tokens: Sequence[str], hits: Sequence[int]) -> Steps[Sequence[int]]:
    """Those of ``hits`` whose text contains every token."""
    for token in tokens:
        hits = yield from _sieve(hits, partial(_holding, texts, token))
    return hits


def _holding(texts: Sequence[str], token: str, part: Sequence[int]) -> list[int]:
    return [index for index in part if token in texts[index]]


def _sieve(hits: Sequence[int], keep: Callable[[Sequence[int]], list[int]]) -> Steps[Sequence[int]]:
    kept: list[int] = []
    for start in range(0, len(hits), SLICE):
        kept.extend(keep(hits[start : start + SLICE]))
        yield
    return kept


def at_once(steps: Steps[T]) -> T:
    """Run to the end without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # StopIteration is not generic


async def in_slices(steps: Steps[T]) -> T:
    """Run to the end, letting the loop breathe whenever ``HOLD`` seconds have passed."""
    since = time.perf_counter()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # StopIteration is not generic
        if time.perf_counter() - since > HOLD:
            await asyncio.sleep(0)
            since = time.perf_counter()
