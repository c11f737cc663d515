"""The request log of a sandbox: every vendor request, whether it was answered, and whether it changed anything."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.wire import Call, Json

#: Enough for the longest soak; older entries are dropped, their numbers are not reused.
KEEP = 200_000


@dataclass(slots=True)
class LogEntry:
    """One request. ``status`` is 0 until it is answered, and stays 0 when it never was.

    ``changed`` is true when state was changed and kept; ``touched`` names the records as ``table/id``. ``body`` is the
    request's JSON (or its text). ``fault`` is the kind of the fault that struck, or empty.
    """

    number: int
    method: str
    path: str
    query: str
    body: Any
    at: str
    status: int = 0
    changed: bool = False
    touched: list[str] = field(default_factory=list)
    fault: str = ""

    def as_json(self) -> Json:
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "body": self.body,
            "changed": self.changed,
            "touched": self.touched,
            "fault": self.fault,
            "at": self.at,
        }


class RequestLog:
    """Numbered from 1; ``clear`` starts again at 1."""

    def __init__(self) -> None:
        self.entries: deque[LogEntry] = deque(maxlen=KEEP)
        self.count = 0
        self._news = threading.Condition()

    def open(self, call: Call) -> LogEntry:
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        with self._news:
            self.count += 1
            entry = LogEntry(self.count, call.method, call.path, call.query_text, _readable(call.body), at)
            self.entries.append(entry)
            self._news.notify_all()
        return entry

    def note(
        self, entry: LogEntry, *, status: int | None = None, touched: list[str] | None = None, fault: str = ""
    ) -> None:
        """Complete an entry, and wake whoever waits for it."""
        with self._news:
            entry.fault = fault or entry.fault
            entry.status = entry.status if status is None else status
            if touched is not None:
                entry.touched, entry.changed = touched, bool(touched)
            self._news.notify_all()

    def wait_for(self, holds: Callable[[list[LogEntry]], bool], timeout: float = 30.0) -> list[LogEntry]:
        """The entries as soon as they satisfy ``holds``; for tests in the sandbox's own process.

        Raises ``TimeoutError`` with the last entries when they do not within ``timeout`` seconds.
        """
        with self._news:
            if not self._news.wait_for(lambda: holds(list(self.entries)), timeout):
                raise TimeoutError(f"not within {timeout:g} s; the log ends {list(self.entries)[-3:]}")
            return list(self.entries)

    def since(self, number: int = 0) -> list[LogEntry]:
        """Entries numbered above ``number``."""
        return [entry for entry in list(self.entries) if entry.number > number]

    def clear(self) -> None:
        with self._news:
            self.entries.clear()
            self.count = 0


def _readable(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
