"""The daily allowance: what Salesforce says is used, what this connection may use of it, and parking when it is gone.

Salesforce counts calls of the whole org over 24 hours and says so in every answer (``Sforce-Limit-Info``). Sleeping until
calls are free again could take a day, so nothing more is sent and the rest is resumed later.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from connectors.http import Pace
from engine.errors import Parked
from engine.ports import Budget

DAY = 86_400.0
_HOUR = 3600
_SAVE_EVERY = 25  # calls; so many may be forgotten by a killed process
_RECHECK = 900.0  # seconds after which a parked connection may ask again: the allowance frees bit by bit
_USAGE = re.compile(r"(?:^|[;\s])api-usage=(\d+)/(\d+)")


class Calls:
    """Calls sent in the last 24 hours, by hour; kept in a file between processes where there is one."""

    def __init__(self, path: Path | None, wall: Callable[[], float] = time.time) -> None:
        self._path, self._wall, self._unsaved = path, wall, 0
        self._hours: dict[int, int] = self._load()

    def add(self) -> None:
        hour = int(self._wall() // _HOUR)
        self._hours[hour] = self._hours.get(hour, 0) + 1
        self._unsaved += 1
        if self._unsaved >= _SAVE_EVERY:
            self.save()

    @property
    def sent(self) -> int:
        oldest = int(self._wall() // _HOUR) - 24
        self._hours = {hour: count for hour, count in self._hours.items() if hour > oldest}
        return sum(self._hours.values())

    def save(self) -> None:
        """Replace the file; the count stays in memory where that fails, it guards nothing but a budget."""
        if self._path is None or not self._unsaved:
            return
        self._unsaved = 0
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(self._hours, file)
            Path(name).replace(self._path)
        except OSError:
            self._unsaved = 1

    def _load(self) -> dict[int, int]:
        try:
            found = json.loads(self._path.read_text("utf-8")) if self._path else {}
            return {int(hour): int(count) for hour, count in found.items()}
        except (OSError, ValueError, AttributeError):
            return {}  # absent or damaged: the count starts again


class DailyPace(Pace):
    """No pace by the minute, but a share of the day. ``most`` None: whatever the org has left."""

    def __init__(
        self,
        connection: str,
        most: int | None,
        calls: Calls,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(None)
        self._connection, self._most, self.calls, self._monotonic = connection, most, calls, clock
        self._org_used: int | None = None
        self._org_limit: int | None = None
        self._parked_at: float | None = None

    async def turn(self) -> None:
        """Raises ``Parked`` when nothing may be sent today; nothing was sent then."""
        if self._parked_at is not None and self._monotonic() - self._parked_at < _RECHECK:
            raise self.parked("the org's daily API calls are used up")
        if self._most is not None and self.calls.sent >= self._most:
            raise self.parked(f"this connection has used its {self._most} calls of today (max_calls_per_day)")
        self._parked_at = None
        await super().turn()
        self.calls.add()

    def heed(self, headers: Mapping[str, str]) -> None:
        """Learn from ``Sforce-Limit-Info: api-usage=10018/100000; ...``."""
        found = _USAGE.search(headers.get("sforce-limit-info", ""))
        if found:
            self._org_used, self._org_limit = int(found[1]), int(found[2])

    def pause(self, seconds: float, note: str = "") -> None:
        """As any pace, but hours are not waited for: that is what parking is."""
        if seconds < _RECHECK:
            super().pause(seconds, note)

    def park(self) -> None:
        """The org refused a call for its daily limit: nothing more is sent for a while."""
        self._parked_at = self._monotonic()
        self._throttled += 1
        if self._org_limit is not None:
            self._org_used = self._org_limit

    def parked(self, why: str) -> Parked:
        error = Parked(
            f"parked: {why}. Nothing more was sent; what was done is kept, and the rest is resumed by the next run "
            "after calls are free again (within 24 hours)",
            connection=self._connection,
            code="REQUEST_LIMIT_EXCEEDED",
        )
        error.retry_after = DAY / 24
        return error

    def budget(self) -> Budget:
        """Calls of the last 24 hours: ours against our share, where there is one, else the org's against its own."""
        used, limit = self._org_used or 0, self._org_limit
        note = f"the org used {self._org_used} of {self._org_limit} calls today" if self._org_limit else ""
        if self._most is not None:
            used = self.calls.sent
            left = self._most if limit is None else min(self._most, used + max(0, limit - (self._org_used or 0)))
            limit = left
        parked = self._parked_at is not None
        return Budget(
            limit=None if limit is None else float(limit),
            window=DAY,
            used=used,
            requests=self._requests,
            throttled=self._throttled,
            note=f"parked; {note}".rstrip("; ") if parked else note,
        )
