"""Pure: what a plan costs in calls, held against what is left of each connection's budget."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from tui.widgets.plan_lines import duration, many

if TYPE_CHECKING:
    from engine.changes import Plan
    from engine.ports import Budget


def cost_text(plan: Plan, budgets: Mapping[str, Budget], connections: Collection[str]) -> str:
    """Calls of the plan to each connection, those with none included, and what is left there.

    ``salesforce 6 calls of 99,994 left today · ultracart no calls``
    """
    return " · ".join(_cost(name, plan.calls.get(name, 0), budgets.get(name)) for name in dict.fromkeys(connections))


def _cost(name: str, calls: int, budget: Budget | None) -> str:
    text = f"{name} {many(calls, 'call') if calls else 'no calls'}"
    if budget is None or not budget.limit:
        return text
    limits = [one for one in (budget, *budget.also) if one.limit]
    return f"{text} of " + ", ".join(f"{left(one):,} left {_when(one.window)}" for one in limits)


def _when(window: float) -> str:
    return _WINDOWS.get(window) or f"in {duration(window)}"


_DAY = 86_400.0
_WINDOWS = {60.0: "this minute", 3600.0: "this hour", _DAY: "today"}


def left(budget: Budget) -> int:
    """Requests that are left in the window of a budget with a limit."""
    return max(0, int(budget.limit or 0) - budget.used)


def too_dear(plan: Plan, budgets: Mapping[str, Budget]) -> str:
    """What will happen where a day's budget does not last, or "". A shorter window only makes the run wait."""
    for name, calls in plan.calls.items():
        budget = budgets.get(name)
        if budget is not None and budget.limit and budget.window >= _DAY and calls > left(budget):
            return (
                f"{name} has {left(budget):,} calls left today and this needs {calls:,}: it stops there, what was "
                "done is kept, and the run is resumed when calls are free again"
            )
    return ""
