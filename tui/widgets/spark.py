"""A sparkline of one row of text: it costs as many cells as it shows values, and nothing while they stay."""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p

NONE, ZERO, FAILED = " ", "▁", "×"
LEVELS = "▂▃▄▅▆▇█"


def spark(values: Sequence[int | None], width: int) -> str:
    """The newest ``width`` values, the newest at the right; None (there was no result) is a cross.

    The scale is logarithmic, because one run writes three rows and the next three thousand; zero is the lowest line.

    >>> spark([0, 1, 10, 100, None], 6)
    ' ▁▂▅█×'
    >>> spark([0, 0], 2), spark([], 3), spark([7], 1)
    ('▁▁', '   ', '█')
    """
    shown = values[-width:] if width > 0 else []
    top = log1p(max((value for value in shown if value), default=0))
    return "".join(_sign(value, top) for value in shown).rjust(width, NONE)


def _sign(value: int | None, top: float) -> str:
    if value is None:
        return FAILED
    if value <= 0:
        return ZERO
    share = log1p(value) / top
    return LEVELS[min(len(LEVELS) - 1, int(share * len(LEVELS) - 1e-9))]
