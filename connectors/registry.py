"""Finding connector types: every entry point in the group ``crosswalk.connectors``, this project's or a third party's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from importlib import metadata

from engine.errors import UsageError
from engine.ports import ConnectorType

GROUP = "crosswalk.connectors"
OWN_DISTRIBUTION = "crosswalk"

log = logging.getLogger("crosswalk.connectors")


def _installed() -> Iterable[metadata.EntryPoint]:
    return metadata.entry_points(group=GROUP)


class EntryPointRegistry:
    """``engine.ports.Registry`` over entry points. Nothing is imported before it is asked for.

    A broken entry point is reported (``problems``, and a warning in the log) and never fatal: the other systems work.
    """

    def __init__(self, find: Callable[[], Iterable[metadata.EntryPoint]] = _installed) -> None:
        self._find = find
        self._points: dict[str, metadata.EntryPoint] | None = None
        self._types: dict[str, ConnectorType] = {}
        self._problems: dict[str, str] = {}

    def names(self) -> list[str]:
        """The names of all entry points, without importing any."""
        return sorted(self._entry_points())

    def types(self) -> list[ConnectorType]:
        """All connector types that load, by name."""
        loaded = (self._load(name) for name in self.names())
        return [type for type in loaded if type is not None]

    def get(self, name: str) -> ConnectorType:
        """One type; only its own entry point is imported. Raises ``UsageError`` naming the known types."""
        if name not in self._entry_points():
            known = ", ".join(self.names()) or "none"
            raise UsageError(f"no connector type {name!r}; the installed ones are: {known}")
        loaded = self._load(name)
        if loaded is None:
            raise UsageError(f"connector type {name!r} cannot be loaded: {self._problems[name]}")
        return loaded

    def problems(self) -> dict[str, str]:
        """What is wrong with the entry points tried so far, by name; call after ``types`` to have tried all."""
        return dict(self._problems)

    def _entry_points(self) -> dict[str, metadata.EntryPoint]:
        if self._points is None:
            self._points = {}
            for point in self._find():
                other = self._points.get(point.name)
                if other is None:
                    self._points[point.name] = point
                elif other.value != point.value:
                    self._settle(other, point)
        return self._points

    def _settle(self, first: metadata.EntryPoint, second: metadata.EntryPoint) -> None:
        """Two distributions claim one name: ours keeps it, otherwise the first found; both are named."""
        keep, drop = (second, first) if _distribution(second) == OWN_DISTRIBUTION else (first, second)
        assert self._points is not None
        self._points[keep.name] = keep
        self._report(
            f"{drop.name} ({_distribution(drop)})",
            f"the name {drop.name!r} is already taken by {_distribution(keep)}; uninstall one of the two",
        )

    def _load(self, name: str) -> ConnectorType | None:
        if name in self._types:
            return self._types[name]
        if name in self._problems:
            return None
        point = self._entry_points()[name]
        try:
            found = point.load()
        except Exception as error:  # noqa: BLE001 - whatever a third party's module raises is its own, and reported
            self._report(name, f"{point.value} ({_distribution(point)}): {type(error).__name__}: {error}")
            return None
        if not isinstance(found, ConnectorType):
            self._report(
                name, f"{point.value} ({_distribution(point)}) is no ConnectorType but a {type(found).__name__}"
            )
            return None
        if found.name != name:
            self._report(name, f"{point.value} ({_distribution(point)}) calls itself {found.name!r}")
            return None
        self._types[name] = found
        return found

    def _report(self, name: str, problem: str) -> None:
        self._problems[name] = problem
        log.warning("connector %s is left out: %s", name, problem)


def _distribution(point: metadata.EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unknown distribution"
