"""The recommended pause: from sizes, rate limits and the last runs; and the warning when a run takes too long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cron_bounds import check
from engine.cron_words import to_cron
from engine.pace import STEPS, Load, recommend, short_of, too_slow
from engine.schedule import Attempt, Schedule

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_batches_cost_calls_by_the_batch_and_what_goes_one_by_one_by_the_record():
    batched = Load("shop", 20_000, 100, 5, 240.0, batch_size=100)
    assert batched.seconds == (200 + 10 * 5) / 240 * 60
    single = Load("shop", 20_000, 100, 1, 240.0, batch_size=20, calls_per_record=2)
    light = replace(single, record_share=0.1)
    assert single.seconds - light.seconds == pytest.approx(1_000 * 2 * 0.9 / 4), "its single requests take a tenth each"
    assert single.seconds == (200 + 50 + 2 * 1000) / 240 * 60


def load(rows, rate=240.0, page=100, calls=1):
    return Load("shop", rows, page, calls, rate)


@given(
    st.lists(
        st.builds(load, st.integers(0, 10**6), st.one_of(st.none(), st.floats(1, 10_000)), st.integers(1, 1000)),
        max_size=2,
    ),
    st.lists(st.floats(0, 10**6), max_size=5),
)
def test_every_recommendation_is_a_schedule_that_leaves_half_of_it_free(loads, last):
    pace = recommend(loads, last)
    assert check(to_cron(pace.words)).shortest == pace.minutes
    assert pace.seconds * 2 <= pace.minutes * 60 or pace.minutes == STEPS[-1]
    earlier = [step for step in STEPS if step < pace.minutes]
    assert all(pace.seconds * 2 > step * 60 for step in earlier), "and none shorter would do"


def test_the_slower_side_and_the_longest_run_decide():
    small, large = load(100, 500), load(60_000, 240, calls=2)
    assert recommend([small], []).words == "every 15 minutes"
    # 600 pages and 3,000 writes of two requests, at 240 a minute: 27.5 minutes
    assert recommend([small, large], []).words == "hourly"
    assert recommend([small, large], [100 * 60, 40]).words == "every 4 hours"
    said = str(recommend([small, large], [100 * 60, 40]))
    assert "60,000 rows at 240 requests a minute" in said
    assert "a run is estimated at 28 min" in said
    assert "the last 2 runs took up to 1.7 h" in said
    assert recommend([large], [86_400.0]).words == "daily"
    assert "even a day" in str(recommend([large], [86_400.0]))


@pytest.mark.parametrize(("seconds", "slow"), [(449, False), (450, False), (451, True)])
def test_more_than_half_of_the_shortest_pause_is_too_slow(seconds, slow):
    runs = (Attempt(AT, 10_000, good=True), Attempt(AT, seconds, good=True), Attempt(AT, 9_999, good=False))
    schedule = Schedule("a", "shop", "*/15 * * * *", "UTC", AT, recent=runs)
    assert bool(too_slow(schedule)) is slow
    if slow:
        assert too_slow(schedule) == "a run takes more than half of its 15 minutes; every 20 minutes would do"
    assert bool(short_of("*/15 * * * *", recommend([], [seconds]))) is slow


def test_a_schedule_that_never_ran_is_not_slow():
    assert too_slow(Schedule("a", "shop", "*/15 * * * *", "UTC", AT)) == ""
