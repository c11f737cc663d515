"""Alarms: what needs a person. Raised by the engine, shown on every screen until acknowledged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tinydb import Query

from engine.alarm_hook import AlarmHook
from engine.errors import UnknownId
from engine.events import AlarmRaised, Events
from engine.model import utc_text
from engine.ports import Clock, Store
from engine.views import Alarm

Q = Query()


class Alarms:
    """The ``alarms`` table. The same open alarm (integration and message) is raised once, and told to ``hook`` once.

    The same trouble may be worded otherwise each time (a request id, a count): ``trouble`` is what tells it from others.
    """

    def __init__(self, store: Store, clock: Clock, events: Events, actor: str, hook: AlarmHook | None = None) -> None:
        self._store, self._clock, self._events, self._actor, self._hook = store, clock, events, actor, hook

    def raise_(
        self, integration: str, message: str, severity: str = "error", *, trouble: str = "", goes_on: bool = True
    ) -> None:
        """Raise an alarm, unless it is open already. ``goes_on=False``: the trouble had ended and is back, so an open
        alarm of the time before does not stand for it.
        """
        at = self._clock.now()
        named = (Q.trouble == trouble) if trouble else (Q.message == message)
        same = (Q.integration == integration) & named & (Q.acknowledged_by == "")
        with self._store.transaction():
            if goes_on and self._store.table("alarms").contains(same):
                return
            alarm_id = self._store.table("alarms").insert(
                {
                    "at": utc_text(at),
                    "integration": integration,
                    "severity": severity,
                    "message": message,
                    "trouble": trouble,
                    "acknowledged_by": "",
                    "acknowledged_at": None,
                }
            )
        self._events.publish(AlarmRaised(str(alarm_id), integration, message, at))
        if self._hook is not None:
            self._hook.tell(Alarm(alarm_id, at, integration, severity, message), self._told)

    def close(self) -> None:
        """Wait for the commands that tell of alarms. Blocks; the store must still be open."""
        if self._hook is not None:
            self._hook.close(self._told)

    def _told(self, alarm_id: int, how: str) -> None:
        """What became of an alarm's command; called from its thread, too."""
        with self._store.transaction():
            self._store.table("alarms").update({"told": how}, doc_ids=[alarm_id])

    def all(self, *, open_only: bool) -> list[Alarm]:
        """Newest first."""
        table = self._store.table("alarms")
        docs = table.search(Q.acknowledged_by == "") if open_only else table.all()
        return [_view(doc.doc_id, doc) for doc in sorted(docs, key=lambda doc: -doc.doc_id)]

    def acknowledge(self, alarm_id: int) -> None:
        change = {"acknowledged_by": self._actor, "acknowledged_at": utc_text(self._clock.now())}
        with self._store.transaction():
            if not self._store.table("alarms").contains(doc_id=alarm_id):
                raise UnknownId("alarm", str(alarm_id))
            self._store.table("alarms").update(change, doc_ids=[alarm_id])


def _view(alarm_id: int, doc: Mapping[str, str]) -> Alarm:
    acknowledged = doc["acknowledged_at"]
    return Alarm(
        alarm_id,
        datetime.fromisoformat(doc["at"]),
        doc["integration"],
        doc["severity"],
        doc["message"],
        doc["acknowledged_by"],
        datetime.fromisoformat(acknowledged) if acknowledged else None,
        doc.get("told", ""),
    )
