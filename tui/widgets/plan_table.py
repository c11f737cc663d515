"""The two lists of a sync: what a plan would do, and what became of each row and field."""

from __future__ import annotations

from collections.abc import Hashable

from tui.widgets.columns import Column
from tui.widgets.lines import LineTable
from tui.widgets.plan_lines import OutcomeLine, PlanLine

_RESULT_TONES = {
    "applied": "good",
    "unchanged": "dim",
    "stale": "warn",
    "blocked": "warn",
    "not sent": "dim",
    "rejected": "bad",
    "unverified": "bad",
}


def _plan_status(line: PlanLine) -> str:
    if line.blocked:
        return f"! {line.verb or 'blocked'}"
    return "! guard" if line.guards else line.status


def _plan_tone(line: PlanLine) -> str:
    return "warn" if line.blocked or line.guards else ""


def _plan_key(line: PlanLine) -> Hashable:
    return (line.change.kind if line.change is not None else "", line.id, line.field)


_PLAN: tuple[Column[PlanLine], ...] = (
    Column("name", "Name", lambda line: line.name, 14, weight=5, tone=_plan_tone),
    Column("field", "Field", lambda line: line.field, 5),
    Column("old", "Old", lambda line: line.old, 9, weight=1, right=True),
    Column("arrow", "", lambda line: line.arrow, 1),
    Column("new", "New", lambda line: line.new, 9, weight=1, right=True),
    Column("difference", "Diff", lambda line: line.difference, 8, drop=3, right=True),
    Column("percent", "%", lambda line: line.percent, 7, drop=1, right=True),
    Column("margin", "Margin", lambda line: line.margin, 6, drop=2, right=True),
    Column("status", "Status", _plan_status, 12, weight=1, tone=_plan_tone),
)


class PlanTable(LineTable[PlanLine]):
    """Every row and field of a plan; ``!`` marks what is blocked (with the verb that unblocks it) or set off a guard."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(_PLAN, _plan_key, empty="Nothing to sync: what is mapped is equal.", id=id)


def _outcome_tone(line: OutcomeLine) -> str:
    return _RESULT_TONES.get(line.result, "")


def _outcome_key(line: OutcomeLine) -> Hashable:
    return (line.outcome.kind, line.id, line.field)


_OUTCOMES: tuple[Column[OutcomeLine], ...] = (
    Column("name", "Name", lambda line: line.name, 16, weight=3),
    Column("field", "Field", lambda line: line.field, 5),
    Column("old", "Old", lambda line: line.old, 9, weight=1, drop=1, right=True),
    Column("new", "New", lambda line: line.new, 9, weight=1, right=True),
    Column("result", "Result", lambda line: line.result, 10, tone=_outcome_tone),
    Column("message", "Message", lambda line: line.message, 14, weight=5),
)


class OutcomeTable(LineTable[OutcomeLine]):
    """The outcome of every row and field of a run."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(_OUTCOMES, _outcome_key, empty="No outcome yet.", id=id)
