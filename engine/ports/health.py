"""What a connection test found, and how much of a connection's rate budget is used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One line of a connection test: what was tried, whether it works, and what to do if not."""

    name: str
    ok: bool
    message: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a connection test found. ``reconnect``: the credentials were refused, and nothing else helps than new ones."""

    items: tuple[CheckItem, ...]
    account: str = ""
    reconnect: bool = False

    @property
    def ok(self) -> bool:
        return all(item.ok for item in self.items if item.required)


@dataclass(frozen=True, slots=True)
class Budget:
    """The rate budget of one connection as of now; ``limit`` of ``unit`` per ``window`` seconds.

    ``also`` are longer limits that hold at the same time, such as a day's beside an hour's.
    """

    limit: float | None = None
    window: float = 60.0
    used: int = 0
    waiting_seconds: float = 0.0
    requests: int = 0
    throttled: int = 0
    note: str = ""
    unit: str = "requests"
    also: tuple[Budget, ...] = ()
