"""What processes do right now, as they say it every second in ``heartbeats``: a table that wakes nobody."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tinydb import Query

from engine.model import Kind, utc_text
from engine.ports import Budget, Clock, Store

Q = Query()
READ = "read:"
EVERY = 1.0  # seconds between two beats
#: Work that has not been heard of for this long is shown as such.
SILENT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Work:
    """A run or a reading that some process has under way. ``total`` 0: not known; ``rate`` a second; ``eta`` in seconds.

    ``key`` is the run's id, or ``CONNECTION/KIND`` of a reading; ``silent`` when its process has not been heard of.
    """

    key: str
    integration: str
    phase: str
    done: int
    total: int
    rate: float
    eta: float | None
    budgets: tuple[tuple[str, Budget], ...]
    at: datetime
    silent: bool = False


def budget_words(budgets: Mapping[str, Budget]) -> dict[str, list[float | None]]:
    """Budgets as a heartbeat keeps them."""
    return {name: [one.limit, one.window, one.used, one.requests, one.throttled] for name, one in budgets.items()}


class ReadingBeat:
    """Says once a second how far the reading of one list is; ``end`` takes it back."""

    def __init__(self, store: Store, clock: Clock, connection: str, kind: Kind) -> None:
        self._store, self._clock, self._connection, self._kind = store, clock, connection, kind
        self._run = f"{READ}{connection}/{kind.value}"
        self._began = self._said = clock.monotonic()
        self._doc: int | None = None

    def say(self, done: int, total: int | None, budget: Budget) -> None:
        now = self._clock.monotonic()
        if now - self._said < EVERY:
            return
        self._said = now
        rate = done / (now - self._began) if now > self._began else 0.0
        left = max(0, (total or 0) - done)
        beat = {
            "run": self._run,
            "at": utc_text(self._clock.now()),
            "done": done,
            "total": total or 0,
            "rate": round(rate, 3),
            "eta": round(left / rate, 1) if total and rate else None,
            "phase": f"reading {self._kind.value}",
            "budgets": budget_words({self._connection: budget}),
            "pid": os.getpid(),
        }
        table = self._store.table("heartbeats")
        if self._doc is None:
            table.remove(Q.run == self._run)
            self._doc = table.insert(beat)
        else:
            table.update(beat, doc_ids=[self._doc])

    def end(self) -> None:
        if self._doc is not None:
            self._store.table("heartbeats").remove(doc_ids=[self._doc])
            self._doc = None


def work_now(
    docs: Collection[Mapping[str, Any]], now: datetime, running: Mapping[str, str], held: Mapping[str, str]
) -> tuple[Work, ...]:
    """What is under way, from the documents of ``heartbeats``.

    ``running`` is the integration of each running run; ``held`` is the purpose of each connection that some process
    holds: what a killed process left behind is told from what goes on.
    """
    found = []
    for doc in docs:
        run = str(doc["run"])
        key = run.removeprefix(READ)
        reading = run != key
        if (reading and key.partition("/")[0] not in held) or (not reading and run not in running):
            continue
        at = datetime.fromisoformat(doc["at"])
        budgets = tuple((name, _budget(kept)) for name, kept in doc.get("budgets", {}).items())
        found.append(
            Work(
                key, key.partition("/")[0] if reading else running[run], str(doc["phase"]), int(doc["done"]),
                int(doc["total"]), float(doc["rate"]), doc["eta"], budgets, at, now - at > SILENT,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda work: work.key))


def _budget(kept: list[Any]) -> Budget:
    limit, window, used, requests, throttled = kept
    return Budget(limit, float(window), int(used), requests=int(requests), throttled=int(throttled))
