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

from engine.changes import Purpose
from engine.cron_words import to_cron
from engine.errors import UnknownId, UsageError
from engine.history import History, entry
from engine.model import Field, Kind, Side, utc_text
from engine.ports import Clock, Store
from engine.schedule import GRACE, Attempt, Due, Schedule, due, next_slot, validate

Q = Query()
_ADAPTER = TypeAdapter(Schedule)
#: A scheduler that has not said for this long that it lives is taken for dead.
ALIVE = timedelta(seconds=60)
#: So many attempts are remembered with a schedule.
RECENT = 40
SCHEDULER = "scheduler:"


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
        purpose: Purpose = Purpose.SYNC,
    ) -> Schedule:
        """``rhythm`` in plain words or cron. Raises ``UsageError`` when it is out of bounds; then nothing was saved.

        A push has no fields and no direction: it is told what to write by the integration's settings.
        """
        expression = _checked(rhythm, timezone, purpose, fields, overwrite)
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
            purpose=purpose,
        )
        with self._store.transaction():
            self._store.table("schedules").insert(_ADAPTER.dump_python(schedule, mode="json"))
            self._note(schedule, "schedule", None, f"{expression} {timezone}")
        return schedule

    def change(
        self,
        schedule_id: str,
        rhythm: str,
        timezone: str,
        *,
        fields: Collection[Field],
        kinds: Collection[Kind],
        overwrite: Side | None,
        ids: Collection[str],
    ) -> Schedule:
        """Let a schedule run otherwise; its integration, purpose and record stay. Raises ``UsageError``: nothing was saved.

        Slots of the old rhythm that nobody used yet are given up with it.
        """
        with self._store.transaction():
            old = self.get(schedule_id)
            expression = _checked(rhythm, timezone, old.purpose, fields, overwrite)
            new = replace(
                old,
                expression=expression,
                timezone=timezone,
                fields=tuple(fields),
                kinds=tuple(kinds),
                overwrite=overwrite,
                ids=tuple(ids),
            )
            if (expression, timezone) != (old.expression, old.timezone):
                new = replace(new, since=self._clock.now(), last_slot=None)
            self._save(new)
            self._note(new, "change schedule", _told(old), _told(new))
        return new

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

    def claim(self, schedule_id: str, now: datetime, *, grace: timedelta = GRACE, by: str = "") -> Due:
        """Take what is due, durably: whoever asks next, in whatever process, finds nothing due any more.

        A slot whose integration is being synced by any scheduler is given up (``busy``); a push waits for a sync to end,
        and a sync for a push. ``by`` is who will run the slot.
        """
        with self._store.transaction():
            schedule = self.get(schedule_id)
            found = due(schedule, now, grace=grace)
            taken = found.slot or found.given_up
            if taken is None:
                return found
            alive = {by, *self._alive()}
            flying = self._in_flight(schedule.integration, alive)
            if found.slot is not None and flying:
                if all(one.purpose is not schedule.purpose for one in flying):
                    return Due(None)
                found = Due(None, found.missed + 1, given_up=found.slot, busy=True)
            if schedule.running_by and schedule.running_by not in alive:
                found = replace(found, cut_short=True)
                schedule = replace(schedule, running_by="", running_since=None)
            skipped = schedule.skipped + found.missed
            changed = replace(schedule, last_slot=taken, skipped=skipped)
            if found.busy:
                changed = replace(changed, last_result="skipped: the run before was still going on")
            elif found.slot is not None:
                changed = replace(changed, running_by=by, running_since=now)
            self._save(changed)
        return found

    def skip(self, schedule_id: str, reason: str) -> None:
        """Record that a claimed slot was not run."""
        with self._store.transaction():
            current = self.get(schedule_id)
            done = replace(current, skipped=current.skipped + 1, last_result=reason, running_by="", running_since=None)
            self._save(done)

    def ended(self, schedule_id: str, result: str, attempt: Attempt) -> None:
        """Record how a run of the schedule ended; ``last_good`` is stamped only at the end of a good one."""
        with self._store.transaction():
            schedule = self.get(schedule_id)
            changed = replace(
                schedule,
                last_result=result,
                last_run=attempt.run or schedule.last_run,
                last_good=self._clock.now() if attempt.good else schedule.last_good,
                running_by="",
                running_since=None,
                recent=(*schedule.recent, attempt)[-RECENT:],
            )
            self._save(changed)

    def release_dead(self, own: str = "") -> list[Schedule]:
        """Schedules whose scheduler died while it ran them, as they were; they are recorded as cut short.

        ``own`` is the scheduler that asks: it lives, however late its last beat is.
        """
        if not any(doc.get("running_by") for doc in self._store.table("schedules").all()):
            return []
        with self._store.transaction():
            alive = {own, *self._alive()}
            dead = [one for one in self.all() if one.running_by and one.running_by not in alive]
            for one in dead:
                attempt = Attempt(one.running_since or self._clock.now(), 0.0, good=False)
                self.ended(one.id, "cut short: the program that ran it ended without a word", attempt)
        return dead

    def _in_flight(self, integration: str, alive: Collection[str]) -> list[Schedule]:
        return [one for one in self.all(integration) if one.running_by and one.running_by in alive]

    # ------------------------------------------------------------------------------------------------ schedulers
    def beat(self, token: str, name: str = "") -> None:
        """Say that a scheduler lives (kept apart: it wakes nobody). ``token`` is one process's, ``name`` is for people."""
        table, beat = self._store.table("heartbeats"), {"at": utc_text(self._clock.now()), "name": name or token}
        if not table.update(beat, Q.run == f"{SCHEDULER}{token}"):
            table.insert({"run": f"{SCHEDULER}{token}", **beat})

    def silence(self, token: str) -> None:
        """Say that a scheduler ends in order."""
        self._store.table("heartbeats").remove(Q.run == f"{SCHEDULER}{token}")

    def alive(self) -> list[str]:
        """Schedulers, by name, that have said within the last minute that they live."""
        return sorted(self._alive().values())

    def forget_dead(self, own: str = "") -> list[tuple[str, datetime]]:
        """Schedulers other than ``own`` that have been silent for over a minute and did not end in order: (name, last
        heard of); once.
        """
        oldest, mine = utc_text(self._clock.now() - ALIVE), f"{SCHEDULER}{own}"
        if not any(doc["at"] < oldest and doc["run"] != mine for doc in self._beats()):
            return []
        with self._store.transaction():
            dead = [doc for doc in self._beats() if doc["at"] < oldest and doc["run"] != mine]
            self._store.table("heartbeats").remove(doc_ids=[doc.doc_id for doc in dead])
        return [(str(doc["name"]), datetime.fromisoformat(doc["at"])) for doc in dead]

    def _alive(self) -> dict[str, str]:
        """Names by token."""
        oldest = utc_text(self._clock.now() - ALIVE)
        return {doc["run"].removeprefix(SCHEDULER): str(doc["name"]) for doc in self._beats() if doc["at"] >= oldest}

    def _beats(self) -> list[Document]:
        return [doc for doc in self._store.table("heartbeats").all() if str(doc["run"]).startswith(SCHEDULER)]

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


def _checked(rhythm: str, timezone: str, purpose: Purpose, fields: Collection[Field], overwrite: Side | None) -> str:
    """The cron expression of a rhythm. Raises ``UsageError``."""
    if purpose is not Purpose.SYNC and (fields or overwrite is not None):
        word = "a push" if purpose is Purpose.PUSH else "keeping buyers"
        raise UsageError(f"{word} has no fields and no direction to choose; nothing was saved")
    expression = to_cron(rhythm)
    validate(expression, timezone)
    return expression


def _told(schedule: Schedule) -> str:
    """All of a schedule that can be chosen, in one line of the history."""
    parts = [f"{schedule.expression} {schedule.timezone}", ",".join(schedule.kinds)]
    parts += [",".join(schedule.fields)] if schedule.fields else []
    parts += [f"overwrites {schedule.overwrite}"] if schedule.overwrite is not None else []
    parts += [f"only {','.join(schedule.ids)}"] if schedule.ids else []
    return "; ".join(parts)


def _read(doc: Mapping[str, Any]) -> Schedule:
    return _ADAPTER.validate_python(dict(doc))


def may_be_due(schedule: Schedule, now: datetime) -> bool:
    """Without the store's write lock: whether it is worth to try and claim something."""
    return schedule.enabled and next_slot(schedule, schedule.last_slot or schedule.since) <= now
