"""Typed events the engine publishes; screens and the command line subscribe, nothing in the engine prints."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from engine.changes import Outcome, Run
from engine.model import Kind
from engine.ports import LoginCode

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PullProgress:
    connection: str
    kind: Kind
    read: int
    total: int | None


@dataclass(frozen=True, slots=True)
class PullEnded:
    """A reading is over, also where it failed."""

    connection: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class RunStarted:
    run: Run


@dataclass(frozen=True, slots=True)
class RunProgress:
    """``done`` and ``total`` count changes; ``rate`` is changes a second; ``eta`` seconds, None while unknown."""

    run: str
    integration: str
    done: int
    total: int
    rate: float
    eta: float | None
    phase: str


@dataclass(frozen=True, slots=True)
class OutcomeRecorded:
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class RunEnded:
    run: Run


@dataclass(frozen=True, slots=True)
class RowsChanged:
    """Rows of a list changed (an edit, a pull, outcomes); a snapshot taken now shows them."""

    integration: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    id: str
    integration: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """Network work waits for another process (``holder``) or for a rate limit."""

    connection: str
    holder: str
    since: datetime


@dataclass(frozen=True, slots=True)
class LoginWaiting:
    """A login waits for a person, who goes to the code's address and types it, before ``until`` (aware UTC)."""

    connection: str
    code: LoginCode
    until: datetime


Event = (
    PullProgress
    | PullEnded
    | RunStarted
    | RunProgress
    | OutcomeRecorded
    | RunEnded
    | RowsChanged
    | AlarmRaised
    | Waiting
    | LoginWaiting
)
Listener = Callable[[Event], None]


class Events:
    """A list of listeners. A listener that fails is reported in the log and does not stop the engine or the others."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Returns the function that ends the subscription."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def publish(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:
                log.exception("a listener failed on %s", type(event).__name__)
