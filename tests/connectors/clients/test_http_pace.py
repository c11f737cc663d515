"""The pace: evenly spaced, no bursts, and only ever slowed down by what a system says."""

from __future__ import annotations

import asyncio
import itertools
import time
from datetime import UTC, datetime

import pytest

from connectors.http.pace import Pace, retry_after


class FakeTime:
    """A clock that only sleeping moves; ``late`` is how much too late every sleeper wakes."""

    def __init__(self, late: float = 0.0) -> None:
        self.now, self.late = 1000.0, late
        self.turns: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + self.late

    def pace(self, per_minute: float | None) -> Pace:
        return Pace(per_minute, clock=self.clock, sleep=self.sleep, wall=lambda: self.now + 2_000_000_000)

    async def take(self, pace: Pace, times: int) -> list[float]:
        for _ in range(times):
            await pace.turn()
            self.turns.append(self.now)
        return self.turns


async def test_requests_are_evenly_spaced_from_the_first_one_on() -> None:
    fake = FakeTime()
    turns = await fake.take(fake.pace(150), 10)
    assert [round(later - sooner, 6) for sooner, later in itertools.pairwise(turns)] == [0.4] * 9


async def test_no_minute_ever_holds_more_than_the_allowance() -> None:
    fake = FakeTime(late=0.003)
    turns = await fake.take(fake.pace(150), 600)
    most = max(sum(1 for turn in turns if start <= turn < start + 60) for start in turns)
    assert most <= 151


async def test_waking_up_late_costs_no_throughput() -> None:
    fake = FakeTime(late=0.002)
    turns = await fake.take(fake.pace(6000), 1000)
    assert 1000 / (turns[-1] - turns[0]) * 60 >= 0.99 * 6000


async def test_an_idle_connection_saves_up_nothing() -> None:
    fake = FakeTime()
    pace = fake.pace(60)
    await pace.turn()
    fake.now += 3600
    turns = await fake.take(pace, 3)
    assert turns[2] - turns[0] == pytest.approx(2.0)


async def test_concurrent_requests_share_one_pace() -> None:
    pace, started = Pace(6000), time.monotonic()
    await asyncio.gather(*(pace.turn() for _ in range(21)))
    assert time.monotonic() - started >= 0.2
    assert pace.budget().used == 21


async def test_a_pause_holds_back_even_those_who_were_already_waiting() -> None:
    fake = FakeTime()
    pace = fake.pace(60)
    await pace.turn()
    sleeping, resume = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        sleeping.set()
        await resume.wait()
        fake.now += seconds

    pace._sleep = sleep
    waiting = asyncio.create_task(pace.turn())
    await sleeping.wait()
    pace.pause(30, "the system answered 429")
    resume.set()
    await waiting
    assert fake.now >= 1030
    assert pace.budget().throttled == 1


async def test_after_a_pause_everybody_takes_turns_again() -> None:
    fake = FakeTime()
    pace = fake.pace(60)
    pace.pause(10)
    turns = await fake.take(pace, 3)
    assert turns == [1010.0, 1011.0, 1012.0]


async def test_headers_may_slow_us_down() -> None:
    fake = FakeTime()
    pace = fake.pace(600)
    await pace.turn()
    pace.heed({"x-ratelimit-remaining": "5", "x-ratelimit-reset": "10"})
    turns = await fake.take(pace, 3)
    assert turns[1] - turns[0] == pytest.approx(2.0)


async def test_headers_never_speed_us_up() -> None:
    fake = FakeTime()
    pace = fake.pace(60)
    await pace.turn()
    pace.heed({"x-ratelimit-remaining": "100000", "x-ratelimit-reset": "1"})
    turns = await fake.take(pace, 3)
    assert turns[2] - turns[1] == pytest.approx(1.0)


async def test_a_used_up_allowance_waits_for_its_reset_given_as_a_point_in_time() -> None:
    fake = FakeTime()
    pace = fake.pace(None)
    pace.heed({"ratelimit-remaining": "0", "ratelimit-reset": str(fake.now + 2_000_000_000 + 7)})
    assert (await fake.take(pace, 1))[0] == pytest.approx(1007.0)
    assert pace.budget().waiting_seconds == 0


async def test_headers_that_make_no_sense_change_nothing() -> None:
    fake = FakeTime()
    pace = fake.pace(60)
    for headers in ({}, {"x-ratelimit-remaining": "many", "x-ratelimit-reset": "1"}, {"x-ratelimit-remaining": "0"}):
        pace.heed(headers)
    assert pace.budget().waiting_seconds == 0


async def test_the_budget_counts_one_minute_and_says_what_it_waits_for() -> None:
    fake = FakeTime()
    pace = fake.pace(60)
    await fake.take(pace, 90)
    assert pace.budget().used == 60
    assert pace.budget().requests == 90
    pace.pause(5, "the system answered 429")
    assert pace.budget().note == "the system answered 429"
    assert pace.budget().waiting_seconds == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37.0),
        ("Sun, 06 Nov 1994 08:48:00 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str, seconds: float | None) -> None:
    now = datetime(1994, 11, 6, 8, 49, 0, tzinfo=UTC)
    assert retry_after({"retry-after": header}, now) == seconds
