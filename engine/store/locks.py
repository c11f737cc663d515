"""One lock per connection: its rate limit, its tokens and its writes belong to one run at a time.

The lock is the kernel's, on an open file (``filelock``), so it goes with the process that holds it, however that ends.
A small file beside it says who holds it and for what; that is for people to read and decides nothing.

Two runs of one process exclude each other like two processes. Only what runs inside a hold (the same task, or tasks
started within it) may hold the same connection again; it must end before the outer hold does.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock, Timeout

from engine.admin_files import told
from engine.errors import Busy, WorkspaceError
from engine.model import utc_text

POLL = 0.05  # seconds between attempts while waiting

OnWait = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a connection's lock, as last written down; ``since`` is aware UTC."""

    pid: int
    user: str
    purpose: str
    since: datetime

    def __str__(self) -> str:
        return f"{self.purpose}, by {self.user} (process {self.pid}) since {self.since:%Y-%m-%d %H:%M:%S} UTC"


@dataclass(slots=True, eq=False)
class _Hold:
    file: Path
    lock: FileLock
    active: bool = True


_inherited: ContextVar[frozenset[_Hold]] = ContextVar("_inherited", default=frozenset())


class ConnectionLocks:
    """The locks of all connections of a workspace; ``directory`` is made when it is missing."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @contextmanager
    def hold(self, names: Collection[str], purpose: str, *, wait: float | None = 0.0) -> Iterator[None]:
        """Hold the locks of these connections; ``purpose`` is what others are told ("sync of shop").

        Waits up to ``wait`` seconds in all (None: as long as it takes), blocking the thread. Raises ``Busy``, holding
        none of them, and ``WorkspaceError`` if the lock files cannot be used.
        """
        taken: list[_Hold] = []
        try:
            for nap in self._acquire(names, purpose, wait, taken, None):
                time.sleep(nap)
            with _inside(taken):
                yield
        finally:
            _release(taken)

    @asynccontextmanager
    async def holding(
        self, names: Collection[str], purpose: str, *, wait: float | None = 0.0, on_wait: OnWait | None = None
    ) -> AsyncIterator[None]:
        """``hold`` without blocking the loop. ``on_wait`` is told who is in the way, once per holder."""
        taken: list[_Hold] = []
        try:
            for nap in self._acquire(names, purpose, wait, taken, on_wait):
                await asyncio.sleep(nap)
            with _inside(taken):
                yield
        finally:
            _release(taken)

    def holder(self, name: str) -> Holder | None:
        """Who holds the connection's lock now, as far as is known."""
        try:
            data = json.loads(self._note(name).read_text("utf-8"))
            holder = Holder(data["pid"], data["user"], data["purpose"], datetime.fromisoformat(data["since"]))
        except (OSError, ValueError, KeyError, TypeError):  # none, or just being replaced
            return None
        return holder if _is_alive(holder.pid) else None

    def _acquire(
        self, names: Collection[str], purpose: str, wait: float | None, taken: list[_Hold], on_wait: OnWait | None
    ) -> Iterator[float]:
        """Take the locks in sorted order, so that two runs never wait for each other; yields the naps to take."""
        deadline = None if wait is None else time.monotonic() + wait
        for name in sorted(set(names)):
            if self._is_inherited(name):
                continue
            told = ""
            while (hold := self._try(name, purpose)) is None:
                message = self._message(name)
                if deadline is not None and time.monotonic() >= deadline:
                    raise Busy(f"{message}. Nothing was done; wait for it to end or cancel it, then repeat")
                if on_wait is not None and message != told:
                    on_wait(message)
                    told = message
                yield POLL if deadline is None else max(0.0, min(POLL, deadline - time.monotonic()))
            taken.append(hold)

    def _is_inherited(self, name: str) -> bool:
        return any(hold.active and hold.file == self._file(name) for hold in _inherited.get())

    def _try(self, name: str, purpose: str) -> _Hold | None:
        file = self._file(name)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            # an instance of its own for each hold; without kernel locks it is refused rather than imitated
            lock = FileLock(file, thread_local=False, is_singleton=False, fallback_to_soft=False)
            lock.acquire(blocking=False)
        except Timeout:
            return None
        except OSError as error:
            reason = told(error, file, writing=True)
            raise WorkspaceError(
                f"{file}: the lock of connection {name!r} cannot be taken ({reason}). Nothing was done; make the "
                "workspace's directory writable for this user, on a local disk"
            ) from error
        note = {"pid": os.getpid(), "user": _user(), "purpose": purpose, "since": utc_text(datetime.now(UTC))}
        with suppress(OSError):  # only display: a full disk must not stop the run that frees it
            _write(self._note(name), json.dumps(note))
        return _Hold(file, lock)

    def _message(self, name: str) -> str:
        holder = self.holder(name)
        return f"connection {name!r} is in use: {holder or 'by another process'}"

    def _file(self, name: str) -> Path:
        return self.directory.absolute() / f"{quote(name, safe=' ')}.lock"

    def _note(self, name: str) -> Path:
        return _note_of(self._file(name))


@contextmanager
def _inside(taken: list[_Hold]) -> Iterator[None]:
    """Let everything that runs within know that these locks are held."""
    _inherited.set(_inherited.get() | set(taken))
    try:
        yield
    finally:
        _inherited.set(_inherited.get() - set(taken))


def _release(taken: list[_Hold]) -> None:
    for hold in reversed(taken):
        hold.active = False
        try:
            with suppress(OSError):  # only display
                _note_of(hold.file).unlink(missing_ok=True)
        finally:
            hold.lock.release()


def _note_of(lock_file: Path) -> Path:
    return lock_file.with_suffix(".holder")


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_text(text, "utf-8")
    partial.replace(path)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, in a container
        return f"user {os.getuid()}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's process
        return True
    return True
