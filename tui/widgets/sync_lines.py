"""The monitor's list: each integration with its automatic syncs, how it is with them, and what the last runs found and wrote."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tui.widgets.columns import Column
from tui.widgets.run_lines import run_tone, short_totals
from tui.widgets.spark import spark

if TYPE_CHECKING:
    from engine.changes import Run
    from engine.monitor import Trouble
    from engine.schedule import Schedule
    from engine.workspace import Workspace

#: So many of the newest runs are drawn at most.
DRAWN = 40
#: A line's sign and tone by its state; every other state is quiet.
_SIGNS = {"missed": ("▲", "bad"), "failing": ("▲", "bad"), "slow": ("▲", "warn"), "running": ("▶", "good"),
          "well": ("●", "good")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """One run, or one automatic attempt that came to none (``found`` is None): for the sparklines."""

    at: datetime
    found: int | None
    written: int | None


@dataclass(frozen=True, slots=True)
class SyncLine:
    """One automatic sync, or an integration without one (``schedule`` is None, ``next`` too)."""

    integration: str
    schedule: Schedule | None
    words: str
    state: str
    next: datetime | None
    last: datetime | None
    good: datetime | None
    note: str
    results: tuple[Result, ...]

    @property
    def key(self) -> str:
        return self.schedule.id if self.schedule is not None else f"integration {self.integration}"


def read_lines(ws: Workspace, runs: Sequence[Run]) -> list[SyncLine]:
    """All lines. Runs in the engine's thread."""
    from engine.monitor import troubles

    schedules = ws.schedules.all()
    wrong = troubles(schedules, ws.clock.now(), ws.schedules.alive())
    return sync_lines([one.name for one in ws.integrations()], schedules, runs, wrong)


def sync_lines(
    integrations: Iterable[str], schedules: Sequence[Schedule], runs: Sequence[Run], troubles: Collection[Trouble]
) -> list[SyncLine]:
    """``runs`` newest first."""
    lines = []
    for name in integrations:
        mine = [one for one in schedules if one.integration == name]
        if not mine:
            lines.append(_by_hand(name, _runs_of(runs, name, "sync")))
        for one in mine:
            own = _runs_of(runs, name, one.purpose.value)
            results = _results(own, [each for each in mine if each.purpose is one.purpose])
            state = _state(one, troubles, running=any(run.state.value == "running" for run in own))
            best = max((at for at in (one.last_good, _newest_good(own)) if at is not None), default=None)
            lines.append(_line(one, state, results[-1].at if results else None, best, results))
    return lines


def _by_hand(name: str, own: Sequence[Run]) -> SyncLine:
    """An integration without an automatic sync."""
    state = "running" if any(run.state.value == "running" for run in own) else "by hand"
    note = f"{own[0].state.value}: {short_totals(own[0])}" if own else "never synced; + adds an automatic sync"
    results = _results(own, ())
    return SyncLine(name, None, "", state, None, results[-1].at if results else None, _newest_good(own), note, results)


def _runs_of(runs: Sequence[Run], integration: str, purpose: str) -> list[Run]:
    return [run for run in runs if run.integration == integration and run.purpose.value == purpose]


def _newest_good(runs: Sequence[Run]) -> datetime | None:
    return max((run.ended for run in runs if run.ended is not None and run_tone(run) == "good"), default=None)


def _line(
    one: Schedule, state: str, last: datetime | None, good: datetime | None, results: tuple[Result, ...]
) -> SyncLine:
    from engine.cron_words import to_words
    from engine.pace import too_slow
    from engine.scheduler import next_fire

    note = one.last_result or "not run yet"
    if slow := too_slow(one):
        note = f"{note} · {slow}"
    what = [text for text in (",".join(one.fields), f"{len(one.ids)} rows" if one.ids else "") if text]
    if one.overwrite is not None:
        what.append(f"overwrites the {'back office' if one.overwrite.value == 'backoffice' else 'storefront'}")
    words = {"sync": "", "accounts": "buyers "}.get(one.purpose.value, f"{one.purpose.value} ")
    words += f"{to_words(one.expression)} {one.timezone}" + (f" ({', '.join(what)})" if what else "")
    fires = next_fire(one) if one.enabled else None
    return SyncLine(one.integration, one, words, state, fires, last, good, note, results)


def _state(one: Schedule, troubles: Collection[Trouble], *, running: bool) -> str:
    """The worst first."""
    from engine.pace import too_slow

    marks = [trouble.mark.value for trouble in troubles if trouble.schedule == one.id]
    if not one.enabled:
        return "paused"
    if "missed" in marks:
        return "missed"
    if running or one.running_by:
        return "running"
    if marks:
        return "failing"
    if too_slow(one):
        return "slow"
    return "well" if one.last_good is not None else "not yet"


def _results(runs: Sequence[Run], schedules: Sequence[Schedule]) -> tuple[Result, ...]:
    """Oldest first."""
    found = [Result(run.started, run.totals.planned, run.totals.applied) for run in runs if run.ended is not None]
    found += [Result(one.at, None, None) for each in schedules for one in each.recent if not one.run]
    return tuple(sorted(found, key=lambda result: result.at)[-DRAWN:])


def when(at: datetime | None) -> str:
    """A moment to the minute, in the terminal's own time zone."""
    return at.astimezone().strftime("%m-%d %H:%M") if at is not None else "–"


def _sign(line: SyncLine) -> str:
    return f"{_SIGNS.get(line.state, ('○', ''))[0]} {line.state}"


def _tone(line: SyncLine) -> str:
    return _SIGNS.get(line.state, ("", "dim"))[1]


SYNC_COLUMNS: tuple[Column[SyncLine], ...] = (
    Column("integration", "Sync", lambda line: line.integration, 13, weight=2),
    Column("state", "State", _sign, 9, tone=_tone),
    Column("rhythm", "Rhythm", lambda line: line.words or "–", 24, weight=3, drop=2),
    Column("next", "Next", lambda line: when(line.next), 11),
    Column("last", "Last run", lambda line: when(line.last), 11),
    Column("good", "Last good", lambda line: when(line.good), 11),
    Column("found", "Found", lambda _line: "", 8, weight=1,
           drawn=lambda line, width: spark([one.found for one in line.results], width)),
    Column("written", "Written", lambda _line: "", 8, weight=1,
           drawn=lambda line, width: spark([one.written for one in line.results], width)),
    Column("note", "Last result", lambda line: line.note, 20, weight=5, drop=3),
)  # fmt: skip


def next_of(schedules: Iterable[Schedule]) -> tuple[str, datetime] | None:
    """Whose automatic sync comes next, and when."""
    from engine.scheduler import next_fire

    coming = [(next_fire(one), one.integration) for one in schedules if one.enabled]
    if not coming:
        return None
    at, name = min(coming)
    return name, at
