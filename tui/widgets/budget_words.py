"""A rate budget in words: how much of it is used, and in what time it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.ports import Budget

_PER = {60.0: "a min", 3600.0: "an hour", 86_400.0: "a day"}


def per(window: float) -> str:
    """The window of a limit.

    >>> per(60), per(3600), per(10), per(170.526)
    ('a min', 'an hour', 'in 10 s', 'in 171 s')
    """
    return _PER.get(window) or (f"in {window:.0f} s" if window >= 10 else f"in {window:g} s")


def used_text(budget: Budget) -> str:
    """Every limit that holds: ``12/950 an hour · 40/9,500 a day``. The budget has a limit."""
    unit = "" if budget.unit == "requests" else f"{budget.unit} "
    limits = [one for one in (budget, *budget.also) if one.limit is not None]
    return " · ".join(f"{one.used:,}/{one.limit:,.0f} {unit}{per(one.window)}" for one in limits)
