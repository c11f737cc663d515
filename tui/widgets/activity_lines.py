"""Pure: edits, written fields, runs and alarms as one list of lines, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tui.widgets.run_lines import moment, purpose, run_tone, short_totals

if TYPE_CHECKING:
    from engine.changes import Run
    from engine.views import Alarm, HistoryEntry

EDITS, WRITTEN, RUNS, ALARMS = "edits", "written fields", "runs", "alarms"
#: What is shown without a choice: a run stands for the fields it wrote.
USUAL = frozenset({EDITS, RUNS, ALARMS})
CATEGORIES = (EDITS, RUNS, WRITTEN, ALARMS)
HEADER = ("at", "category", "action", "integration", "kind", "name", "storefront_id", "backoffice_id", "field", "before",
          "after", "actor", "how", "outcome", "run", "request_id")  # fmt: skip


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One thing that happened; ``export`` holds the columns of ``HEADER``, ``search`` is case-folded."""

    key: tuple[str, str]
    at: datetime
    category: str
    action: str
    name: str
    change: str
    actor: str
    outcome: str
    tone: str
    search: str
    export: tuple[str, ...]
    source: HistoryEntry | Run | Alarm


def change_text(before: str | None, after: str | None) -> str:
    """``10 → 12.5``; only what there is.

    >>> change_text("10", "12.5"), change_text(None, "b1"), change_text("b1", None), change_text(None, None)
    ('10 → 12.5', '→ b1', 'b1 →', '')
    """
    if before is None and after is None:
        return ""
    return f"{before if before is not None else ''} → {after if after is not None else ''}".strip()


def entry_line(entry: HistoryEntry) -> ActivityLine:
    """A mapping edit, a decision or a setting; or one field that a run wrote."""
    kind = entry.kind.value if entry.kind is not None else ""
    field = entry.field.value if entry.field is not None else ""
    category = WRITTEN if entry.run else EDITS
    name = entry.name or entry.storefront_id or entry.backoffice_id
    change = change_text(entry.before, entry.after)
    outcome = entry.outcome or entry.how
    action = f"{entry.action} {field}".strip()
    tone = {"rejected": "bad", "unverified": "bad", "stale": "warn"}.get(entry.outcome, "")
    return ActivityLine(
        ("entry", str(entry.id)), entry.at, category, action, name, change, entry.actor, outcome, tone,
        f"{action} {name} {entry.storefront_id} {entry.backoffice_id} {change} {entry.actor} {outcome} {entry.integration}".casefold(),
        (entry.at.isoformat(), category, entry.action, entry.integration, kind, entry.name, entry.storefront_id,
         entry.backoffice_id, field, entry.before or "", entry.after or "", entry.actor, entry.how, entry.outcome,
         entry.run, entry.request_id),
        entry,
    )  # fmt: skip


def run_line(run: Run) -> ActivityLine:
    """A run as one line: its totals are its outcome."""
    what = f"run: {purpose(run)}"
    outcome = f"{run.state.value}: {short_totals(run)}"
    return ActivityLine(
        ("run", run.id), run.started, RUNS, what, run.integration, run.id, run.actor, outcome, run_tone(run),
        f"{what} {run.integration} {run.id} {run.actor} {outcome} {run.message}".casefold(),
        (run.started.isoformat(), RUNS, run.purpose.value, run.integration, "", "", "", "", "", "", "", run.actor,
         run.trigger, outcome, run.id, ""),
        run,
    )  # fmt: skip


def alarm_line(alarm: Alarm) -> ActivityLine:
    """An alarm, open or acknowledged."""
    seen = f"acknowledged by {alarm.acknowledged_by}" if alarm.acknowledged_by else "open"
    return ActivityLine(
        ("alarm", str(alarm.id)), alarm.at, ALARMS, f"alarm: {alarm.severity}", alarm.integration, alarm.message, "",
        seen, "" if alarm.acknowledged_by else "bad",
        f"alarm {alarm.severity} {alarm.integration} {alarm.message} {seen}".casefold(),
        (alarm.at.isoformat(), ALARMS, alarm.severity, alarm.integration, "", alarm.message, "", "", "", "", "",
         alarm.acknowledged_by, "", seen, "", ""),
        alarm,
    )  # fmt: skip


def activity(entries: Iterable[HistoryEntry], runs: Iterable[Run], alarms: Iterable[Alarm]) -> list[ActivityLine]:
    """Everything, newest first."""
    lines = [entry_line(entry) for entry in entries]
    lines += [run_line(run) for run in runs]
    lines += [alarm_line(alarm) for alarm in alarms]
    return sorted(lines, key=lambda line: (line.at, line.key), reverse=True)


def chosen(lines: Sequence[ActivityLine], text: str, category: str) -> list[int]:
    """The indices of the lines of a category (empty: the usual ones) that hold every word of ``text``."""
    words = text.casefold().split()
    return [
        n
        for n, line in enumerate(lines)
        if (line.category == category if category else line.category in USUAL)
        and all(word in line.search for word in words)
    ]


def time_text(line: ActivityLine) -> str:
    """When it happened, in the terminal's time zone."""
    return moment(line.at)
