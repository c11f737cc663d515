"""The pace of one connection: evenly spaced requests, no bursts, and a budget that can be shown.

A limiter that hands out a full bucket lets a burst through that the vendor counts. Here every request gets
its own slot, one interval after the last one. Slots are absolute times, so a late wake-up costs no throughput.
What a vendor says (``Retry-After``, rate-limit headers) may only slow us down, never speed us up.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from engine.ports import Budget

WINDOW = 60.0  # seconds over which requests are counted for the budget
_EPOCH = 1_000_000_000  # a reset header above this is a point in time, below it a number of seconds
_LONGEST_PAUSE = 300.0  # no header may silence a connection for longer


class Pace:
    """Call ``turn`` before every request. ``per_minute`` None means no limit of our own."""

    def __init__(
        self,
        per_minute: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.per_minute = per_minute
        self._clock, self._sleep, self._wall = clock, sleep, wall
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._slower = 0.0  # an interval the vendor asked for, until _slower_until
        self._slower_until = 0.0
        self._next = 0.0
        self._paused_until = 0.0
        self._recent: deque[float] = deque()
        self._requests = self._throttled = 0
        self._note = ""

    async def turn(self) -> None:
        """Wait for this request's slot."""
        while True:
            now = self._clock()
            slot = max(now, self._next, self._paused_until)
            interval = max(self._interval, self._slower if slot < self._slower_until else 0.0)
            self._next = slot + interval
            if slot > now:
                await self._sleep(slot - now)
            if self._clock() >= self._paused_until:
                break  # otherwise a pause came while we waited: everybody takes a new slot, or they would all start at once
        self._recent.append(self._clock())
        self._requests += 1

    def pause(self, seconds: float, note: str = "") -> None:
        """Nothing is sent for so long; a shorter pause never ends a longer one."""
        self._throttled += 1
        self._paused_until = max(self._paused_until, self._clock() + min(seconds, _LONGEST_PAUSE))
        self._next = max(self._next, self._paused_until)
        self._note = note

    def heed(self, headers: Mapping[str, str]) -> None:
        """Slow down as ``X-RateLimit-Remaining`` / ``-Reset`` (or ``RateLimit-*``) say; they never speed us up."""
        remaining = _number(headers, "ratelimit-remaining")
        reset = _number(headers, "ratelimit-reset")
        if remaining is None or reset is None:
            return
        seconds = min(reset - self._wall() if reset > _EPOCH else reset, _LONGEST_PAUSE)
        if seconds <= 0:
            return
        now = self._clock()
        if remaining <= 0:
            self._paused_until = max(self._paused_until, now + seconds)
            self._note = "the system's own allowance is used up"
        elif seconds / remaining > self._interval:
            self._slower, self._slower_until = seconds / remaining, now + seconds
            self._next = max(self._next, (self._recent[-1] if self._recent else now) + self._slower)

    def budget(self) -> Budget:
        """What is used, what waits, and why."""
        now = self._clock()
        while self._recent and self._recent[0] <= now - WINDOW:
            self._recent.popleft()
        waiting = max(0.0, self._next - now, self._paused_until - now)
        note = self._note if self._paused_until > now else ""
        return Budget(self.per_minute, WINDOW, len(self._recent), waiting, self._requests, self._throttled, note)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that a ``Retry-After`` header asks for (a number or an HTTP date), or None."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass  # not a number: the other form the header may have is a date
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())


def _number(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(f"x-{name}", headers.get(name, "")).strip()
    try:
        return float(text) if text else None
    except ValueError:
        return None
