"""The ``schedules`` table: adding, changing and listing schedules, and claiming a slot so that no two processes run it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from tinydb import Query
from tinydb.table import Document

from engine.cron_words import to_cron
from engine.errors import UnknownId, UsageError
from engine.history import History, entry
from engine.model import Field, Kind, Side, utc_text
from engine.ports import Clock, Store
from engine.schedule import GRACE, Due, Schedule, due, validate

Q = Query()
_ADAPTER = TypeAdapter(Schedule)
#: A scheduler that has not said for this long that it lives is taken for dead.
ALIVE = timedelta(seconds=60)


class Schedules:
    """Every change is one transaction; a slot is claimed inside one, against what any process wrote before."""

    def __init__(self, store: Store, history: History, clock: Clock, actor: str) -> None:
        self._store, self._history, self._clock, self._actor = store, history, clock, actor

    def all(self, integration: str | None = None) -> list[Schedule]:
        docs = self._store.table("schedules").all()
        found = [_read(doc) for doc in docs if integration is None or doc["integration"] == integration]
        return sorted(found, key=lambda schedule: (schedule.integration, schedule.id))

    def get(self, schedule_id: str) -> Schedule:
        doc = self._store.table("schedules").get(Q.id == schedule_id)
        if not isinstance(doc, Document):
            known = ", ".join(schedule.id for schedule in self.all()) or "none yet"
            raise UnknownId("schedule", schedule_id, f"known: {known}")
        return _read(doc)

    def add(
        self,
        integration: str,
        rhythm: str,
        timezone: str,
        *,
        fields: Collection[Field] = (),
        kinds: Collection[Kind] = (Kind.PRODUCTS, Kind.FEES),
        overwrite: Side | None = None,
        ids: Collection[str] = (),
    ) -> Schedule:
        """``rhythm`` in plain words or cron. Raises ``UsageError`` when it is out of bounds; then nothing was saved."""
        expression = to_cron(rhythm)
        validate(expression, timezone)
        now = self._clock.now()
        schedule = Schedule(
            uuid.uuid4().hex[:8],
            integration,
            expression,
            timezone,
            now,
            tuple(fields),
            tuple(kinds),
            overwrite,
            tuple(ids),
        )
        with self._store.transaction():
            self._store.table("schedules").insert(_ADAPTER.dump_python(schedule, mode="json"))
            self._note(schedule, "schedule", None, f"{expression} {timezone}")
        return schedule

    def remove(self, schedule_id: str) -> None:
        schedule = self.get(schedule_id)
        with self._store.transaction():
            self._store.table("schedules").remove(Q.id == schedule_id)
            self._note(schedule, "unschedule", f"{schedule.expression} {schedule.timezone}", None)

    def enable(self, schedule_id: str, *, enabled: bool) -> Schedule:
        """Pause or go on; slots that pass while paused are not missed."""
        with self._store.transaction():
            current = self.get(schedule_id)
            changed = replace(current, enabled=enabled, since=self._clock.now(), last_slot=None)
            self._save(changed)
            self._note(changed, "resume schedule" if enabled else "pause schedule", None, None)
        return changed

    def claim(self, schedule_id: str, now: datetime, *, grace: timedelta = GRACE) -> Due:
        """Take what is due, durably: whoever asks next, in whatever process, finds nothing due any more."""
        with self._store.transaction():
            schedule = self.get(schedule_id)
            found = due(schedule, now, grace=grace)
            taken = found.slot or found.given_up
            if taken is not None:
                self._save(replace(schedule, last_slot=taken, skipped=schedule.skipped + found.missed))
        return found

    def skip(self, schedule_id: str, reason: str) -> None:
        """Record that a claimed slot was not run."""
        with self._store.transaction():
            schedule = self.get(schedule_id)
            self._save(replace(schedule, skipped=schedule.skipped + 1, last_result=reason))

    def ended(self, schedule_id: str, result: str, run: str, *, good: bool) -> None:
        """Record how a run of the schedule ended; ``last_good`` is stamped only at the end of a good one."""
        with self._store.transaction():
            schedule = self.get(schedule_id)
            last_good = self._clock.now() if good else schedule.last_good
            self._save(replace(schedule, last_result=result, last_run=run or schedule.last_run, last_good=last_good))

    def beat(self, name: str) -> None:
        """Say that the scheduler of this process lives (kept apart: it wakes nobody)."""
        table, at = self._store.table("heartbeats"), utc_text(self._clock.now())
        if not table.update({"at": at}, Q.run == f"scheduler:{name}"):
            table.insert({"run": f"scheduler:{name}", "at": at})

    def silence(self, name: str) -> None:
        """Say that the scheduler of one process ends in order."""
        self._store.table("heartbeats").remove(Q.run == f"scheduler:{name}")

    def alive(self) -> list[str]:
        """Schedulers, by name, that have said within the last minute that they live."""
        oldest = utc_text(self._clock.now() - ALIVE)
        docs = self._store.table("heartbeats").all()
        names = (str(doc["run"]) for doc in docs if str(doc["run"]).startswith("scheduler:") and doc["at"] >= oldest)
        return sorted(name.partition(":")[2] for name in names)

    def _save(self, schedule: Schedule) -> None:
        changed = self._store.table("schedules").update(
            _ADAPTER.dump_python(schedule, mode="json"), Q.id == schedule.id
        )
        if not changed:
            raise UsageError(f"schedule {schedule.id} was removed meanwhile")

    def _note(self, schedule: Schedule, action: str, before: str | None, after: str | None) -> None:
        now = self._clock.now()
        text = entry(now, self._actor, action, schedule.integration, name=schedule.id, before=before, after=after)
        self._history.append([text])


def _read(doc: Mapping[str, Any]) -> Schedule:
    return _ADAPTER.validate_python(dict(doc))
