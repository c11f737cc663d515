"""The automatic syncs as lines: rhythm, next fire, last good run, how the last one ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tui.widgets.columns import Column
from tui.widgets.run_lines import moment

if TYPE_CHECKING:
    from engine.schedule import Schedule
    from engine.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    """One schedule as it is listed; ``next`` is None while it is paused."""

    schedule: Schedule
    words: str
    next: datetime | None

    @property
    def failing(self) -> bool:
        return self.schedule.last_result.startswith("failed")


def schedule_lines(ws: Workspace) -> list[ScheduleLine]:
    """All schedules with their next fires. Runs in the engine's thread."""
    from engine.cron_words import to_words

    scheduler = ws.scheduler()
    lines = []
    for schedule in ws.schedules.all():
        fires = scheduler.next_fire(schedule)
        lines.append(
            ScheduleLine(schedule, to_words(schedule.expression), datetime.fromisoformat(fires) if fires else None)
        )
    return lines


SCHEDULE_COLUMNS: tuple[Column[ScheduleLine], ...] = (
    Column("integration", "Automatic sync", lambda line: line.schedule.integration, 14, weight=1),
    Column("rhythm", "Rhythm", lambda line: f"{line.words} {line.schedule.timezone}", 20, weight=1),
    Column("next", "Next", lambda line: moment(line.next) if line.next else "paused", 19),
    Column(
        "good",
        "Last good",
        lambda line: moment(line.schedule.last_good) if line.schedule.last_good else "never",
        19,
        drop=1,
    ),
    Column(
        "last",
        "Last run",
        lambda line: line.schedule.last_result or "not run yet",
        16,
        weight=4,
        tone=lambda line: "bad" if line.failing else "",
    ),
)
