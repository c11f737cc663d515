"""The pace of a system that charges points for what is asked, and gives them back at a steady rate.

The store tells with every answer what the request cost and how much is left (``extensions.cost``): that is the budget
shown. A request whose expected cost does not fit waits until it does. An app's points are its own in every store, but
another process may use the same token, so what the store says always counts for more than what is reckoned here.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.http import Pace
from engine.ports import Budget

#: Of the smallest plan, until the store has told its own (shopify.dev, "GraphQL Admin API rate limits").
SMALLEST_RESTORE = 100.0


@dataclass(frozen=True, slots=True)
class Cost:
    """``extensions.cost`` of one answer, in points; ``actual`` is None where nothing was carried out."""

    requested: float
    actual: float | None
    maximum: float
    available: float
    restore: float


def cost_of(document: Mapping[str, Any]) -> Cost | None:
    """What an answer says of its cost, or None where it says nothing that can be used."""
    extensions = document.get("extensions")
    cost = extensions.get("cost") if isinstance(extensions, Mapping) else None
    status = cost.get("throttleStatus") if isinstance(cost, Mapping) else None
    if not isinstance(cost, Mapping) or not isinstance(status, Mapping):
        return None
    maximum, available, restore = (
        _number(status.get(name)) for name in ("maximumAvailable", "currentlyAvailable", "restoreRate")
    )
    if not maximum or available is None or not restore:
        return None
    return Cost(
        _number(cost.get("requestedQueryCost")) or 0.0,
        _number(cost.get("actualQueryCost")),
        maximum,
        available,
        restore,
    )


class CostPace(Pace):
    """``connectors.http.pace.Pace`` in points. Call ``spend`` around every request and ``learn`` with its answer."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(None, clock=clock, sleep=sleep)
        self._turns = asyncio.Lock()
        self._maximum = 0.0  # 0: the store has not told yet
        self._restore = SMALLEST_RESTORE
        self._available = 0.0
        self._at = clock()
        self._reserved = 0.0
        self._needed = 0.0
        self._told = 0

    @property
    def restore(self) -> float:
        """Points that come back every second."""
        return self._restore

    def holds(self, cost: float) -> bool:
        """Whether so many points can ever be there, as far as is known."""
        return not self._maximum or cost <= self._maximum

    @asynccontextmanager
    async def spend(self, cost: float) -> AsyncIterator[None]:
        """Wait until ``cost`` points fit beside what is in flight, and keep them reserved meanwhile."""
        async with self._turns:
            self._needed = cost
            while (wait := self.wait(cost)) > 0:
                await self._sleep(wait)
            self._needed = 0.0
            self._reserved += cost
        told = self._told
        try:
            yield
        finally:
            self._reserved -= cost
            if self._told == told:  # no answer, or one without its cost: it counts as carried out
                self._available, self._at = self._left() - cost, self._clock()

    def wait(self, cost: float) -> float:
        """Seconds until so many points are there; a request larger than the whole bucket waits for a full one."""
        if not self._maximum:
            return 0.0
        lacking = min(cost, self._maximum) - (self._left() - self._reserved)
        return max(0.0, lacking / self._restore)

    def learn(self, cost: Cost) -> None:
        """What the store said; what it has not yet taken for requests in flight stays reserved."""
        self._maximum, self._restore = cost.maximum, cost.restore
        self._available, self._at = cost.available, self._clock()
        self._told += 1

    def throttled(self, cost: float, times: int = 1) -> float:
        """The store refused for want of points: everybody waits until there are enough. Returns the seconds.

        Where it does not say how many there are, the wait doubles each time.
        """
        seconds = max(self.wait(cost), 1 / self._restore) if self._maximum else 0.5 * 2**times
        self.pause(seconds, "the store's points are used up")
        return seconds

    def budget(self) -> Budget:
        """Points used of the store's own bucket; its window is the time in which an empty one fills."""
        told = super().budget()
        if not self._maximum:
            return told
        used = math.ceil(self._maximum - self._left())
        waiting = max(told.waiting_seconds, self.wait(self._needed) if self._needed else 0.0)
        window = self._maximum / self._restore
        return Budget(self._maximum, window, used, waiting, told.requests, told.throttled, told.note, unit="points")

    def _left(self) -> float:
        return min(self._maximum, self._available + (self._clock() - self._at) * self._restore)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
