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
