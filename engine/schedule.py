"""Pure: when a schedule is due. Slots are UTC; a fixed hour fires once per wall-clock day, also when clocks change.

croniter fires ``30 2 * * *`` twice in the autumn night in which 02:30 happens twice: slots of schedules with fixed hours
are told apart by their wall clock, those that fire every hour by UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter

from engine.changes import Purpose
from engine.cron_bounds import bounds, check
from engine.errors import UsageError
from engine.model import Field, Kind, Side

#: A slot missed by more than this is recorded and not run any more: the next one is near enough.
GRACE = timedelta(hours=6)
#: Counting missed slots stops here; "over a thousand" says enough.
COUNT_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a schedule, reading and planning included: ``found`` differences, ``written`` of them; ``run`` may be
    empty where there was nothing to record (a failed reading, a guard). ``left``: rows that wait for a person.
    """

    at: datetime
    seconds: float
    good: bool
    found: int = 0
    written: int = 0
    run: str = ""
    left: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """One automatic sync (or push) of an integration. Times are aware UTC; ``last_slot`` is the newest slot taken or given
    up. A push makes, and keeps up, products in the back office; ``ids`` empty is then every product of the storefront.

    ``fields`` empty: the integration's. ``overwrite`` None: the masters decide. ``ids`` empty: every mapped row.
    ``running_by`` is the scheduler that runs it now, ``recent`` the newest attempts, the last one at the end.
    """

    id: str
    integration: str
    expression: str
    timezone: str
    since: datetime
    fields: tuple[Field, ...] = ()
    kinds: tuple[Kind, ...] = (Kind.PRODUCTS, Kind.FEES)
    overwrite: Side | None = None
    ids: tuple[str, ...] = ()
    enabled: bool = True
    last_slot: datetime | None = None
    last_run: str = ""
    last_good: datetime | None = None
    last_result: str = ""
    skipped: int = 0
    running_by: str = ""
    running_since: datetime | None = None
    recent: tuple[Attempt, ...] = ()
    purpose: Purpose = Purpose.SYNC

    @property
    def failing(self) -> bool:
        """Whether the last run was not a good one."""
        return self.last_result.startswith(("failed", "cut short"))


@dataclass(frozen=True, slots=True)
class Due:
    """What is due now: a slot to run (None: nothing), how many older ones it stands for, and what was given up: a slot
    too long ago, or (``busy``) one whose integration was still being synced. ``cut_short``: the run before was never ended,
    its scheduler died in it.
    """

    slot: datetime | None
    missed: int = 0
    given_up: datetime | None = None
    busy: bool = False
    cut_short: bool = False


def validate(expression: str, timezone: str) -> None:
    """Raises ``UsageError`` for an expression out of bounds, or a time zone that does not exist."""
    check(expression)
    zone(timezone)


def zone(name: str) -> ZoneInfo:
    """Raises ``UsageError``."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"no time zone {name!r}; write one such as Europe/Berlin or UTC") from None


def next_slot(schedule: Schedule, after: datetime) -> datetime:
    """The first slot later than ``after`` (aware), in UTC; the second fold of a fixed hour is passed over."""
    return _next_slot(schedule.expression, schedule.timezone, after)


@lru_cache(maxsize=1024)
def _next_slot(expression: str, timezone: str, after: datetime) -> datetime:
    """Remembered, because a monitor asks the same every second."""
    tz = zone(timezone)
    fixed = _has_fixed_hours(expression)
    slots = croniter(expression, after.astimezone(tz), ret_type=datetime)
    key = _key(after.astimezone(tz)) if fixed else None
    while True:
        slot: datetime = slots.get_next(datetime)
        if slot.astimezone(UTC) <= after.astimezone(UTC):
            continue
        if fixed and slot.fold and _fired_at(expression, slot.replace(fold=0)) and key != _key(slot):
            continue  # the same wall clock happened an hour ago and fired then
        if fixed and key is not None and _key(slot) == key:
            continue
        return slot.astimezone(UTC)


def due(schedule: Schedule, now: datetime, *, grace: timedelta = GRACE) -> Due:
    """At most one run for any number of missed slots: the newest wins; one later than ``grace`` is given up."""
    if not schedule.enabled:
        return Due(None)
    seen = schedule.last_slot or schedule.since
    newest: datetime | None = None
    count = 0
    slot = next_slot(schedule, seen)
    while slot <= now:
        newest, count = slot, count + 1
        if count >= COUNT_LIMIT:
            newest = _newest_before(schedule, now)
            break
        slot = next_slot(schedule, slot)
    if newest is None:
        return Due(None)
    if now - newest > grace:
        return Due(None, count, given_up=newest)
    return Due(newest, count - 1)


def jitter(schedule: Schedule) -> timedelta:
    """A fixed delay of this schedule, up to a tenth of its shortest pause and a minute: the same after every restart."""
    return _jitter(schedule.id, schedule.expression)


@lru_cache(maxsize=1024)
def _jitter(schedule_id: str, expression: str) -> timedelta:
    width = max(1, min(60, bounds(expression).shortest * 6))
    digest = blake2b(schedule_id.encode(), digest_size=8).digest()
    return timedelta(seconds=int.from_bytes(digest, "big") % width)


def _newest_before(schedule: Schedule, now: datetime) -> datetime:
    tz = zone(schedule.timezone)
    slots = croniter(schedule.expression, now.astimezone(tz) + timedelta(microseconds=1), ret_type=datetime)
    newest: datetime = slots.get_prev(datetime)
    return newest.astimezone(UTC)


def _has_fixed_hours(expression: str) -> bool:
    hours = croniter.expand(expression)[0][1]
    return hours != ["*"] and len(hours) < 24


def _fired_at(expression: str, local: datetime) -> bool:
    return bool(croniter.match(expression, local.replace(tzinfo=None)))


def _key(local: datetime) -> str:
    return local.replace(tzinfo=None, fold=0).isoformat()
