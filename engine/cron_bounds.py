"""Pure: the shortest and longest pause of a cron expression, and why one is refused.

croniter reads the expression; the pauses are computed from its expanded fields in local wall-clock time, not by iterating
over a year: a day's fires repeat, and only restricted days (day of month, month, weekday) need a look at the calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from croniter import croniter
from croniter.croniter import CroniterError

from engine.errors import UsageError

MINIMUM = 15  # minutes between two automatic syncs
MAXIMUM = 24 * 60
DAY = 24 * 60
#: A window that holds every combination of weekday, month length and leap day (the calendar repeats after 28 years).
CALENDAR = (datetime(2024, 1, 1), datetime(2052, 1, 1))  # noqa: DTZ001 - wall-clock days, in no zone


@dataclass(frozen=True, slots=True)
class Bounds:
    """Minutes of local wall-clock time between two consecutive fires: the fewest and the most."""

    shortest: int
    longest: int


def bounds(expression: str) -> Bounds:
    """The pauses of a five-field expression. Raises ``UsageError`` for anything that is not one, or that never fires."""
    fields = expression.split()
    if len(fields) != 5 and not expression.startswith("@"):
        raise UsageError(f"{expression!r}: a schedule has exactly five fields: minute hour day month weekday")
    try:
        expanded, nth = croniter.expand(expression)[:2]
    except (CroniterError, ValueError, KeyError) as error:
        raise UsageError(f"{expression!r} is not a cron expression: {error}") from None
    if len(expanded) != 5:
        raise UsageError(f"{expression!r}: a schedule has exactly five fields: minute hour day month weekday")
    if not croniter.is_valid(expression, strict=True):
        raise UsageError(f"{expression!r} never fires: no such date exists")
    minutes, hours, days, months, weekdays = ([_number(one) for one in field] for field in expanded)
    times = sorted(h * 60 + m for h in _all(hours, 24) for m in _all(minutes, 60))
    within = [later - earlier for earlier, later in pairwise(times)]
    overnight = DAY - times[-1] + times[0]
    if all(field == [None] for field in (days, months, weekdays)) and not nth:
        pauses = [*within, overnight]
        return Bounds(min(pauses), max(pauses))
    nearest, furthest = _days_apart(" ".join(("0 12", *expression.split()[2:])))
    return Bounds(min([*within, overnight + DAY * (nearest - 1)]), max([*within, overnight + DAY * (furthest - 1)]))


def check(expression: str) -> Bounds:
    """``bounds``, and a refusal of anything under 15 minutes or over 24 hours, saying which pause is meant."""
    found = bounds(expression)
    if found.shortest < MINIMUM:
        raise UsageError(
            f"{expression!r} fires {found.shortest} minutes apart at its shortest; the minimum is {MINIMUM} minutes"
        )
    if found.longest > MAXIMUM:
        raise UsageError(
            f"{expression!r} pauses {found.longest / 60:g} hours at its longest; the maximum is {MAXIMUM // 60} hours"
        )
    return found


def _days_apart(daily: str) -> tuple[int, int]:
    """Fewest and most days between two matching days. One pause over a day is already too long: then we stop looking."""
    start, end = CALENDAR
    fires = croniter(daily, start - timedelta(days=1), ret_type=datetime, max_years_between_matches=30)
    last: datetime | None = None
    nearest, furthest = 10**6, 0
    while (day := fires.get_next(datetime)) < end:
        if last is not None:
            nearest, furthest = min(nearest, (day - last).days), max(furthest, (day - last).days)
            if furthest > 1:
                break
        last = day
    if not furthest:
        return 366, 366  # fires once in the window at most
    return min(nearest, furthest), furthest


def _number(value: int | str) -> int | None:
    return None if value == "*" else int(value)


def _all(values: list[int | None], count: int) -> list[int]:
    return list(range(count)) if values == [None] else [value for value in values if value is not None]
