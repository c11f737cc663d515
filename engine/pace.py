"""Pure: how often an integration can be synced, from the size of its catalogues, the rate limits and the last runs."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from engine.cron_bounds import bounds
from engine.schedule import Schedule

#: Pauses that can be said in plain words, in minutes.
STEPS = (15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
#: One row in so many is taken to differ in an ordinary run.
CHANGED = 20
#: So many of the newest attempts say how long a run takes.
NEWEST = 5


@dataclass(frozen=True, slots=True)
class Load:
    """One side: its rows, and what reading and writing them costs under its rate limit (requests a minute)."""

    connection: str
    rows: int
    page_size: int
    calls_per_write: int
    rate_per_minute: float | None
    batch_size: int = 1
    calls_per_record: int = 0
    record_share: float = 1.0

    @property
    def seconds(self) -> float:
        """Reading everything, and writing one row in twenty, at the full rate; 0 where no rate is known."""
        if not self.rate_per_minute:
            return 0.0
        changed = math.ceil(self.rows / CHANGED)
        single = changed * self.calls_per_record * self.record_share
        writes = math.ceil(changed / self.batch_size) * self.calls_per_write + single
        calls = math.ceil(self.rows / max(1, self.page_size)) + writes
        return calls / self.rate_per_minute * 60


@dataclass(frozen=True, slots=True)
class Pace:
    """The recommended pause, as plain words that a schedule takes, and why; ``seconds`` is what a run takes."""

    words: str
    minutes: int
    seconds: float
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.words} is recommended: {'; '.join(self.reasons)}"


def recommend(loads: Sequence[Load], last_seconds: Collection[float]) -> Pace:
    """A pause of at least twice what a run takes: by the rate limits of both sides, or by the last runs if they took longer."""
    estimate = max((load.seconds for load in loads), default=0.0)
    longest = max(last_seconds, default=0.0)
    seconds = max(estimate, longest)
    minutes = next((step for step in STEPS if step * 60 >= 2 * seconds), STEPS[-1])
    sizes = ", ".join(
        f"{load.connection} {load.rows:,} rows"
        + (f" at {load.rate_per_minute:,.0f} requests a minute" if load.rate_per_minute else "")
        for load in loads
    )
    reasons = [sizes, f"a run is estimated at {said(estimate)}"]
    if last_seconds:
        count = len(last_seconds)
        last = f"the last {count} runs took up to" if count > 1 else "the last run took"
        reasons.append(f"{last} {said(longest)}")
    if 2 * seconds > STEPS[-1] * 60:
        reasons.append("even a day is less than twice that: raise the rate limits, or sync fewer products or fields")
    return Pace(words_of(minutes), minutes, seconds, tuple(reasons))


def short_of(expression: str, pace: Pace) -> str:
    """A warning when a run takes more than half of an expression's shortest pause; else empty."""
    pause = bounds(expression).shortest
    if pace.seconds <= pause * 30:
        return ""
    return f"a run takes about {said(pace.seconds)}, more than half of this pause of {pause} minutes; {pace.words} would do"


def words_of(minutes: int) -> str:
    """A pause in the words that schedules take."""
    if minutes == 1440:
        return "daily"
    return f"every {minutes} minutes" if minutes < 60 else "hourly" if minutes == 60 else f"every {minutes // 60} hours"


def said(seconds: float) -> str:
    """About how long, for people."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def newest_seconds(schedule: Schedule) -> list[float]:
    """How long the newest good runs of a schedule took, reading and planning included."""
    return [one.seconds for one in schedule.recent if one.good][-NEWEST:]


def too_slow(schedule: Schedule) -> str:
    """A warning when the newest good run took more than half of the shortest pause; else empty."""
    newest = newest_seconds(schedule)[-1:]
    pause = bounds(schedule.expression).shortest
    if not newest or newest[0] <= pause * 30:
        return ""
    better = recommend((), newest)
    return f"a run takes more than half of its {pause} minutes; {better.words} would do"
