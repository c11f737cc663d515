"""One connection per thread, closed when its thread ends or all together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar
from weakref import WeakSet

from engine.errors import WorkspaceError


class Closable(Protocol):
    def close(self) -> None: ...


T = TypeVar("T", bound=Closable)


class _Owned(Generic[T]):
    """Ties the lifetime of a connection to that of its thread's local storage."""

    def __init__(self, value: T) -> None:
        self.value = value

    def __del__(self) -> None:
        self.value.close()


class PerThread(Generic[T]):
    """Makes a ``T`` for each thread at its first use."""

    def __init__(self, make: Callable[[], T], closed: str) -> None:
        self._make, self._message = make, closed
        self._local = threading.local()
        self._owned: WeakSet[_Owned[T]] = WeakSet()
        self._lock = threading.Lock()
        self._open = True

    def get(self) -> T:
        """The calling thread's own. Raises ``WorkspaceError`` once closed."""
        owned: _Owned[T] | None = getattr(self._local, "owned", None)
        if owned is not None:
            return owned.value
        if not self._open:
            raise WorkspaceError(self._message)
        owned = _Owned(self._make())
        with self._lock:
            self._owned.add(owned)
        self._local.owned = owned
        return owned.value

    def discard(self) -> None:
        """Close the calling thread's own; the next ``get`` makes a new one."""
        if getattr(self._local, "owned", None) is not None:
            del self._local.owned

    def close(self) -> None:
        """Close those of all threads, for good."""
        self._open = False
        with self._lock:
            for owned in list(self._owned):
                owned.value.close()
        self._local = threading.local()
