"""How runs and times look in lists."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tui.widgets.columns import Column
from tui.widgets.plan_lines import duration

if TYPE_CHECKING:
    from engine.changes import Run


def moment(at: datetime | None) -> str:
    """A time in the terminal's own time zone, to the second; a dash where there is none."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S") if at is not None else "–"


def short_moment(at: datetime) -> str:
    """As ``moment``, without the year: for lists."""
    return at.astimezone().strftime("%m-%d %H:%M:%S")


def run_tone(run: Run) -> str:
    """The tone of a run's state."""
    wrong = run.totals.rejected + run.totals.unverified
    state = run.state.value
    if state == "running":
        return ""
    return "good" if state == "done" and not wrong and run.totals.adds_up else "warn" if state == "done" else "bad"


def short_totals(run: Run) -> str:
    """The totals without those that are zero: ``12 applied, 1 rejected of 13``."""
    totals = run.totals
    if not totals.planned and run.state.value == "done":
        return "no differences"
    counts = (
        (totals.applied, "applied"),
        (totals.rejected, "rejected"),
        (totals.unverified, "unverified"),
        (totals.stale, "stale"),
        (totals.blocked, "blocked"),
        (totals.not_sent, "not sent"),
        (totals.unchanged, "unchanged"),
    )
    parts = ", ".join(f"{count:,} {name}" for count, name in counts if count)
    warning = "" if totals.adds_up or run.state.value == "running" else " DOES NOT ADD UP"
    return f"{parts or 'nothing yet'} of {totals.planned:,}{warning}"


def took(run: Run) -> str:
    """How long a run took."""
    return duration((run.ended - run.started).total_seconds()) if run.ended is not None else ""


def purpose(run: Run) -> str:
    """What a run was for: an undone or undoing run says which."""
    if run.undo_of:
        return f"undo of {run.undo_of}"
    return f"{run.purpose.value}, undone" if run.undone_by else run.purpose.value


RUN_COLUMNS: tuple[Column[Run], ...] = (
    Column("started", "Started", lambda run: short_moment(run.started), 14),
    Column("integration", "Integration", lambda run: run.integration, 8, weight=1),
    Column("purpose", "What", purpose, 12, weight=1, drop=2),
    Column("state", "State", lambda run: run.state.value, 11, tone=run_tone),
    Column("totals", "Outcomes", short_totals, 16, weight=4),
    Column("took", "Took", took, 9, drop=3),
    Column("actor", "By", lambda run: run.actor, 8, drop=4),
    Column("trigger", "Trigger", lambda run: run.trigger, 8, drop=5),
)
