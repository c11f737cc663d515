"""What the engine's thread hands to the screens: one slot with the newest of everything, and at most one wake-up.

Without it a stalled terminal would let updates queue up without bound.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from engine.changes import Run
    from engine.events import Event
    from engine.integrations import Integration
    from engine.monitor import Pulse
    from engine.schedule import Schedule
    from engine.views import Alarm, ConnectionView, Snapshot

#: Events that are kept for a screen that does not come to take them; older ones are dropped and counted.
KEPT_EVENTS = 500


@dataclass(frozen=True, slots=True)
class Overview:
    """What the status line and the monitor show: everything outside the lists, as of one moment.

    ``runs`` are the running ones, ``pulse`` is what schedulers and other processes do and which schedules are in trouble.
    """

    integrations: tuple[Integration, ...] = ()
    connections: tuple[ConnectionView, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    runs: tuple[Run, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    pulse: Pulse | None = None


@dataclass(slots=True)
class Update:
    """All that changed since the last take. ``events`` keeps only the latest progress of each run and each pull."""

    snapshots: dict[tuple[str, str], Snapshot] = field(default_factory=dict)
    overview: Overview | None = None
    events: list[Event] = field(default_factory=list)
    changed: frozenset[str] = frozenset()  # tables of the store that any process touched
    lost: int = 0
    opened: bool = False
    error: BaseException | None = None  # something in the background went wrong
    fatal: bool = False  # ... and the engine's thread ended by it


class Slot:
    """The one slot between the two threads. ``wake`` is called from the engine's thread when the slot fills."""

    def __init__(self, wake: Callable[[], object]) -> None:
        self._lock = threading.Lock()
        self._wake = wake
        self._waiting = False
        self._update = Update()
        self._latest: dict[tuple[str, ...], Event] = {}
        self._events: deque[Event] = deque(maxlen=KEPT_EVENTS)

    def put(self, change: Callable[[Update], None]) -> None:
        with self._lock:
            change(self._update)
        self._notify()

    def event(self, event: Event) -> None:
        """Keep an event; a progress replaces the earlier one of the same run or pull."""
        what = type(event).__name__
        with self._lock:
            if what == "RunProgress":
                self._latest[what, cast("Any", event).run] = event
            elif what == "PullProgress":
                self._latest[what, cast("Any", event).connection, str(cast("Any", event).kind)] = event
            else:
                self._update.lost += len(self._events) == KEPT_EVENTS
                self._events.append(event)
                self._forget_progress(what, event)
        self._notify()

    def _forget_progress(self, what: str, event: Event) -> None:
        """What ended has no progress any more: it would be told after the end, and stay on the screen."""
        if what == "RowsChanged":
            kind = str(cast("Any", event).kind)
            over = [key for key in self._latest if key[0] == "PullProgress" and key[2] == kind]
        elif what == "PullEnded":
            ended = cast("Any", event)
            over = [key for key in self._latest if key == ("PullProgress", ended.connection, str(ended.kind))]
        elif what == "RunEnded":
            over = [key for key in self._latest if key == ("RunProgress", cast("Any", event).run.id)]
        else:
            return
        for key in over:
            del self._latest[key]

    def take(self) -> Update:
        """Everything since the last take; the next change wakes the screens again."""
        with self._lock:
            update, self._update = self._update, Update()
            update.events = [*self._events, *self._latest.values()]
            self._events.clear()
            self._latest.clear()
            self._waiting = False
        return update

    def _notify(self) -> None:
        with self._lock:
            if self._waiting:
                return
            self._waiting = True
        self._wake()
