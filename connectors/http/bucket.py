"""The pace of a system with leaky buckets: a number of requests at once, then as fast as the bucket empties.

Ours mirror the system's. Another process may have filled its bucket before, so after a 429 ours counts as full.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from connectors.http.pace import Pace
from engine.ports import Budget


@dataclass(slots=True)
class Bucket:
    """``limit`` requests in ``seconds``; ``level`` of them are in it as of ``at``."""

    limit: float
    seconds: float
    level: float = 0.0
    at: float = 0.0

    def wait(self, now: float) -> float:
        """Let it leak until now; seconds until one more request fits."""
        leak = self.limit / self.seconds
        self.level = max(0.0, self.level - (now - self.at) * leak)
        self.at = now
        return max(0.0, (self.level + 1 - max(self.limit, 1.0)) / leak)


class LeakyPace(Pace):
    """``connectors.http.pace.Pace`` over buckets of (limit, seconds); the budget shows the first one and, as ``also``, the others."""

    def __init__(
        self,
        limits: Sequence[tuple[float, float]],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(None, clock=clock, sleep=sleep)
        self._buckets = [Bucket(limit, seconds, at=clock()) for limit, seconds in limits]
        self._turns = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until the request fits into every bucket."""
        async with self._turns:
            while (wait := max(bucket.wait(self._clock()) for bucket in self._buckets)) > 0:
                await self._sleep(wait)
            await super().turn()
            for bucket in self._buckets:
                bucket.wait(self._clock())
                bucket.level += 1

    def pause(self, seconds: float, note: str = "") -> None:
        super().pause(seconds, note)
        first = self._buckets[0]
        first.wait(self._clock())
        first.level = max(first.level, first.limit)

    def budget(self) -> Budget:
        """What the buckets hold, and how long the next request waits."""
        told, now = super().budget(), self._clock()
        waiting = max([told.waiting_seconds, *(bucket.wait(now) for bucket in self._buckets)])
        first, *others = [Budget(one.limit, one.seconds, math.ceil(one.level)) for one in self._buckets]
        return replace(
            first,
            waiting_seconds=waiting,
            requests=told.requests,
            throttled=told.throttled,
            note=told.note,
            also=tuple(others),
        )
