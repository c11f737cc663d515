"""When a schedule is due: bounds, plain words, clock changes, missed slots; and two years of a simulated clock."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import given
from hypothesis import strategies as st

from engine.cron_bounds import bounds, check
from engine.cron_words import to_cron, to_words
from engine.errors import UsageError
from engine.history import History
from engine.schedule import Schedule, due, jitter, next_slot
from engine.schedules import Schedules
from engine.store import open_store

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class SetClock:
    def __init__(self, at=START):
        self.at = at

    def now(self):
        return self.at

    def monotonic(self):
        return self.at.timestamp()

    async def sleep(self, seconds):
        raise AssertionError("nothing here sleeps")


def fields(low, high):
    step = st.integers(1, 20).map(lambda n: f"*/{n}")
    span = st.integers(low, high - 1).flatmap(lambda a: st.integers(a + 1, high).map(lambda b: f"{a}-{b}"))
    return st.one_of(st.just("*"), st.integers(low, high).map(str), step, span)


@given(fields(0, 59), fields(0, 23), st.sampled_from(["*", "*", "1-5", "*/2", "0"]))
def test_bounds_hold_for_every_pause_that_croniter_makes(minute, hour, weekday):
    expression = f"{minute} {hour} * * {weekday}"
    found = bounds(expression)
    slots = croniter(expression, START.replace(tzinfo=None), ret_type=datetime)
    last = slots.get_next(datetime)
    for _ in range(300):
        slot = slots.get_next(datetime)
        assert found.shortest <= (slot - last).total_seconds() / 60 <= found.longest
        last = slot


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("*/10 * * * *", "minimum is 15"),
        ("*/25 * * * *", "fires 10 minutes apart"),
        ("0,50 * * * *", "fires 10 minutes apart"),
        ("59,0 * * * *", "fires 1 minutes apart"),
        ("0 3 * * 1-5", "pauses 72 hours"),
        ("0 0 31 2 *", "never fires"),
        ("0 0 1 * *", "maximum is 24 hours"),
        ("* * * * * *", "exactly five fields"),
        ("0 25 * * *", "not a cron expression"),
        ("٣ 3 * * *", "not a cron expression"),
    ],
)
def test_an_expression_out_of_bounds_is_refused_with_the_reason(expression, message):
    with pytest.raises(UsageError, match=message):
        check(expression)


@pytest.mark.parametrize("expression", ["*/15 * * * *", "0 3 * * *", "30 2 * * *", "0 */6 * * *", "0 3 * * 0-6"])
def test_what_is_within_bounds_is_accepted(expression):
    found = check(expression)
    assert 15 <= found.shortest <= found.longest <= 1440


@pytest.mark.parametrize(
    ("words", "expression"),
    [
        ("every 30 minutes", "*/30 * * * *"),
        ("Every  15 Minutes", "*/15 * * * *"),
        ("every 2 hours", "0 */2 * * *"),
        ("every 60 minutes", "0 * * * *"),
        ("hourly", "0 * * * *"),
        ("daily at 02:30", "30 2 * * *"),
        ("every day at 7:05", "5 7 * * *"),
        ("every 24 hours", "0 0 * * *"),
        ("0 */6 * * *", "0 */6 * * *"),
    ],
)
def test_plain_words_mean_cron(words, expression):
    assert to_cron(words) == expression
    check(expression)


@pytest.mark.parametrize(
    "words", ["every 25 minutes", "every 7 hours", "every 2 days", "sometimes", "daily at 24:00", ""]
)
def test_words_without_an_even_rhythm_are_refused(words):
    with pytest.raises(UsageError):
        to_cron(words)


@given(
    st.sampled_from([*(f"every {n} minutes" for n in (15, 20, 30)), *(f"every {n} hours" for n in (2, 3, 4, 6, 8, 12))])
)
def test_words_survive_the_way_there_and_back(words):
    assert to_words(to_cron(words)) == words
    assert to_words("30 2 * * *") == "daily at 02:30"
    assert to_words("*/45 * * * *") == "*/45 * * * *"


@pytest.mark.parametrize("zone", ZONES)
def test_a_daily_schedule_fires_once_every_local_day_of_two_years(zone):
    schedule = Schedule("a", "i", "30 2 * * *", zone, START)
    days = []
    slot = START
    while slot < START + timedelta(days=731):
        slot = next_slot(schedule, slot)
        days.append(slot.astimezone(ZoneInfo(zone)).date())
    assert len(days) == len(set(days)), "never twice in one local day, also where 02:30 happens twice"
    assert [b - a for a, b in pairwise(days)] == [timedelta(days=1)] * (len(days) - 1)


@pytest.mark.parametrize("zone", ZONES)
def test_a_half_hourly_schedule_keeps_both_folds_and_never_pauses_longer(zone):
    schedule = Schedule("a", "i", "*/30 * * * *", zone, START)
    for month in (3, 4, 10, 11):  # the months in which these zones change their clocks
        slot, end = (
            datetime(2026, month, 1, tzinfo=UTC),
            datetime(2026, month, 9 if month in {4, 11} else 31, tzinfo=UTC),
        )
        if month in {3, 10}:
            slot = slot.replace(day=24 if zone == "Europe/Berlin" else 1)
            end = end if zone == "Europe/Berlin" else slot.replace(day=12)
        while slot < end:
            following = next_slot(schedule, slot)
            assert timedelta(0) < following - slot <= timedelta(minutes=60)
            slot = following


def test_missed_slots_are_one_run_and_very_late_ones_none():
    schedule = Schedule("a", "i", "*/15 * * * *", "UTC", START, last_slot=START)
    late = due(schedule, START + timedelta(hours=2, minutes=7))
    assert (late.slot, late.missed) == (START + timedelta(hours=2), 7)
    daily = Schedule("a", "i", "0 3 * * *", "UTC", START, last_slot=START)
    found = due(daily, START.replace(hour=3) + timedelta(days=2, hours=7))
    assert found.slot is None
    assert found.given_up == START.replace(hour=3) + timedelta(days=2)
    assert due(schedule, START + timedelta(days=400)).missed >= 999


def test_jitter_is_fixed_and_small():
    schedule = Schedule("a1b2", "i", "*/15 * * * *", "UTC", START)
    assert jitter(schedule) == jitter(Schedule("a1b2", "j", "*/15 * * * *", "UTC", START))
    assert timedelta(0) <= jitter(schedule) < timedelta(seconds=60)


@pytest.mark.parametrize(
    ("zone", "rhythm"),
    [(ZONES[0], "daily at 02:30"), (ZONES[1], "every 6 hours"), (ZONES[2], "daily at 01:45")],
)
def test_two_years_with_restarts_run_no_slot_twice_and_miss_none_unsaid(tmp_path, zone, rhythm):
    clock = SetClock()
    store = open_store(tmp_path / "workspace.db")
    book = Schedules(store, History(store), clock, "tester")
    schedule = book.add("i", rhythm, zone)
    expected = []
    slot = START
    while (slot := next_slot(schedule, slot)) <= START + timedelta(days=730):
        expected.append(slot)
    random_pause = random.Random(7)
    run, missed = [], 0
    while clock.at < START + timedelta(days=730):
        asleep = random_pause.random() < 0.02
        clock.at += timedelta(minutes=random_pause.randrange(1, 3000)) if asleep else timedelta(hours=4, minutes=47)
        if random_pause.random() < 0.05:
            book = Schedules(store, History(store), clock, "tester")  # a restart remembers nothing but the store
        found = book.claim(schedule.id, clock.at)
        missed += found.missed
        if found.slot is not None:
            rival = Schedules(store, History(store), clock, "somebody else")
            assert rival.claim(schedule.id, clock.at).slot is None, "a claimed slot is nobody else's"
            run.append(found.slot)
    store.close()
    assert len(run) == len(set(run))
    assert set(run) <= set(expected)
    accounted = len(run) + missed
    past = [slot for slot in expected if slot <= clock.at]
    assert accounted == len(past), "every slot ran, or was counted as missed"


def test_a_paused_schedule_misses_nothing(tmp_path):
    clock = SetClock()
    store = open_store(tmp_path / "workspace.db")
    book = Schedules(store, History(store), clock, "tester")
    schedule = book.add("i", "every 15 minutes", "UTC")
    book.enable(schedule.id, enabled=False)
    clock.at += timedelta(days=3)
    assert book.claim(schedule.id, clock.at).slot is None
    book.enable(schedule.id, enabled=True)
    assert book.claim(schedule.id, clock.at).missed == 0
    with pytest.raises(UsageError, match="minimum"):
        book.add("i", "*/10 * * * *", "UTC")
    with pytest.raises(UsageError, match="no time zone"):
        book.add("i", "hourly", "Europe/Atlantis")
    assert len(book.all()) == 1
    book.remove(schedule.id)
    assert book.all() == []
    store.close()
