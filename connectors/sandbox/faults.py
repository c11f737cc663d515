"""Faults on demand: which request is struck, and what happens to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from connectors.sandbox.wire import Call, Json


class FaultKind(StrEnum):
    """What happens. ``*_after`` carries the request out first; what fails otherwise leaves no trace."""

    RATE_LIMIT = "rate_limit"  # 429 in the vendor's shape
    ERROR = "error"  # ``status`` (503 unless told)
    ERROR_AFTER = "error_after"
    TIMEOUT = "timeout"  # no answer until the client goes away
    TIMEOUT_AFTER = "timeout_after"
    RESET = "reset"  # the connection is reset
    RESET_AFTER = "reset_after"
    CUT_AFTER = "cut_after"  # the answer breaks off in the middle
    HTML = "html"  # a web page with status 200
    HTML_AFTER = "html_after"
    NO_STORE = "no_store"  # answered as if stored, but nothing is
    STALE_READ = "stale_read"  # every record one version back, as a lagging replica shows it (GET only)
    REPEAT_PAGE = "repeat_page"  # a list answers with the page before the one asked for
    SHORT_PAGE = "short_page"  # a list leaves its last record out, and says nothing
    HOLD = "hold"  # waits until ``Sandbox.release`` before it is carried out
    HOLD_AFTER = "hold_after"  # carried out at once; the answer waits until ``Sandbox.release``
    PERMISSION = "permission"  # from now on ``permission`` (or the one this request needs) is gone
    SLOW = "slow"  # ``delay_ms`` longer
    KILL = "kill"  # SIGKILL to ``pid``, or to the process that sent the request
    KILL_AFTER = "kill_after"

    @property
    def applies(self) -> bool:
        """Whether the request is carried out before anything else happens."""
        return self.value.endswith("_after") or self in _PLAINLY_APPLIED


_PLAINLY_APPLIED = frozenset({FaultKind.SLOW, FaultKind.REPEAT_PAGE, FaultKind.SHORT_PAGE})


@dataclass(slots=True)
class Fault:
    """Strikes request number ``at``, or else the requests that match ``method`` and ``path``.

    ``path`` is a glob over the path below the system's prefix (``/products/*``); empty matches any. The first ``skip``
    matching requests pass, then ``times`` are struck (0: all). ``pid`` 0 means whoever sent the request.
    """

    kind: FaultKind
    at: int = 0
    method: str = ""
    path: str = ""
    skip: int = 0
    times: int = 1
    status: int = 503
    permission: str = ""
    delay_ms: float = 0.0
    pid: int = 0
    struck: int = 0

    def matches(self, number: int, call: Call) -> bool:
        if self.times and self.struck >= self.times:
            return False
        if self.at:
            return number == self.at
        return self.method in {"", call.method} and (not self.path or fnmatchcase(call.path, self.path))

    def as_json(self) -> Json:
        return asdict(self) | {"kind": self.kind.value}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Fault:
        """Raises ``ValueError`` naming what is wrong."""
        names = {item.name for item in fields(cls)}
        unknown = set(value) - names
        if unknown:
            raise ValueError(f"unknown fields {sorted(unknown)}; a fault has {sorted(names)}")
        if "kind" not in value:
            raise ValueError(f"no kind; one of {[kind.value for kind in FaultKind]}")
        return cls(**{**value, "kind": FaultKind(value["kind"])})


class Faults:
    """The faults in force, first come first struck."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, fault: Fault | FaultKind | str, /, **values: Any) -> Fault:
        """``add("reset", at=7)`` or ``add(Fault(...))``."""
        if not isinstance(fault, Fault):
            fault = Fault.from_json({"kind": fault, **values})
        self.active.append(fault)
        return fault

    def take(self, number: int, call: Call) -> Fault | None:
        """The fault that strikes this request, counted."""
        for fault in list(self.active):
            if not fault.matches(number, call):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.struck += 1
            return fault
        return None

    def clear(self) -> None:
        self.active.clear()
