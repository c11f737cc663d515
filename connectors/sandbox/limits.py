"""A vendor's rate limit: so many requests in any window of so many seconds, per client address."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

MINUTE = 60.0


class RateLimit:
    """``limit`` requests per minute. ``rate`` speeds the vendor's clock up: 60 makes a window of one second.

    A ``rate`` of 0 lifts the limit. Refused requests do not count against it.
    """

    def __init__(self, limit: int, rate: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        if limit < 1 or rate < 0:
            raise ValueError(f"limit {limit} and rate {rate}: at least 1 and 0")
        self.limit, self.rate, self._clock = limit, rate, clock
        self._hits: dict[str, deque[float]] = {}

    @property
    def window(self) -> float:
        """Seconds, or 0 without a limit."""
        return MINUTE / self.rate if self.rate else 0.0

    @property
    def per_minute(self) -> float:
        """Requests per real minute, or 0 without a limit."""
        return self.limit * self.rate

    def wait(self, client: str) -> float:
        """Count a request: 0 when it is allowed, else the seconds until one would be."""
        if not self.rate:
            return 0.0
        now = self._clock()
        hits = self._hits.setdefault(client, deque())
        while hits and now - hits[0] >= self.window:
            hits.popleft()
        if len(hits) >= self.limit:
            return self.window - (now - hits[0])
        hits.append(now)
        return 0.0

    def clear(self) -> None:
        self._hits.clear()


class LeakyBucket:
    """``limit`` requests fit at once; then one for every ``seconds / limit`` that pass. ``rate`` speeds the clock up."""

    def __init__(
        self, limit: int, seconds: float, rate: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limit, self.seconds, self._clock = limit, seconds, clock
        self._leak = limit * rate / seconds
        self._level, self._at = 0.0, clock()

    def pour(self) -> bool:
        """Take one more request, or not: one that is refused does not fill the bucket."""
        now = self._clock()
        self._level = max(0.0, self._level - (now - self._at) * self._leak)
        self._at = now
        if self._level + 1 > self.limit:
            return False
        self._level += 1
        return True
