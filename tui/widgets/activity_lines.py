"""Pure: edits, written fields, runs and alarms as one list of lines, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tui.widgets.run_lines import purpose, run_tone, short_moment, short_totals

if TYPE_CHECKING:
    from engine.changes import Run
    from engine.views import Alarm, HistoryEntry

EDITS, WRITTEN, RUNS, ALARMS = "edits", "written fields", "runs", "alarms"
#: How the history marks the entries of one mapping edit.
EDIT_GROUP = "edit:"
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


def is_edit(entry: HistoryEntry) -> bool:
    """Whether an entry is a mapping edit, a decision or a setting, not a field that a run wrote."""
    return not entry.run or entry.run.startswith(EDIT_GROUP)


def exported(entry: HistoryEntry) -> tuple[str, ...]:
    """One entry as the columns of ``HEADER``."""
    kind = entry.kind.value if entry.kind is not None else ""
    field = entry.field.value if entry.field is not None else ""
    return (
        entry.at.isoformat(), EDITS if is_edit(entry) else WRITTEN, entry.action, entry.integration, kind, entry.name,
        entry.storefront_id, entry.backoffice_id, field, entry.before or "", entry.after or "", entry.actor, entry.how,
        entry.outcome, entry.run, entry.request_id,
    )  # fmt: skip


def entry_line(entry: HistoryEntry, more: int = 0) -> ActivityLine:
    """One edit (``more`` further rows were changed by it) or one field that a run wrote."""
    field = entry.field.value if entry.field is not None else ""
    name = entry.name or entry.storefront_id or entry.backoffice_id
    name = f"{more + 1:,} rows: {name} …" if more else name
    change = "" if more else change_text(entry.before, entry.after)
    outcome = entry.outcome or entry.how
    action = f"{entry.action} {field}".strip()
    tone = {"rejected": "bad", "unverified": "bad", "stale": "warn"}.get(entry.outcome, "")
    search = f"{action} {name} {entry.storefront_id} {entry.backoffice_id} {change} {entry.actor} {outcome} {entry.integration}"
    key = ("edit", entry.run) if more else ("entry", str(entry.id))
    category = EDITS if is_edit(entry) else WRITTEN
    return ActivityLine(
        key, entry.at, category, action, name, change, entry.actor, outcome, tone, search.casefold(), exported(entry),
        entry,
    )  # fmt: skip


def edit_lines(entries: Iterable[HistoryEntry]) -> list[ActivityLine]:
    """One line per edit, however many rows it changed; one per written field."""
    lines: list[ActivityLine] = []
    groups: dict[str, list[HistoryEntry]] = {}
    for entry in entries:
        if entry.run.startswith(EDIT_GROUP):
            groups.setdefault(entry.run, []).append(entry)
        else:
            lines.append(entry_line(entry))
    return lines + [entry_line(group[-1], len(group) - 1) for group in groups.values()]


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
    lines = edit_lines(entries)
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
    return short_moment(line.at)
