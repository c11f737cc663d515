"""The disposable ``cache.db``: opened, found unusable and thrown away, but never a reason to stop.

A file that is damaged, from another version, or whose records have another shape is replaced by an empty one. The
program that still has the old file open notices that another file has taken its name, and opens that one.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from engine.admin_files import told
from engine.errors import WorkspaceError
from engine.model import Customer, Fee, PriceOption, Product, Sku
from engine.store.failures import is_damage
from engine.store.session import Session
from engine.store.threads import PerThread

T = TypeVar("T")

LAYOUT = """
CREATE TABLE generations(
    generation INTEGER PRIMARY KEY AUTOINCREMENT, connection TEXT NOT NULL, kind TEXT NOT NULL,
    state TEXT NOT NULL, serial INTEGER NOT NULL, count INTEGER NOT NULL, read_at TEXT NOT NULL,
    began_at TEXT NOT NULL DEFAULT '', full_at TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX one_current ON generations(connection, kind) WHERE state = 'current';
CREATE TABLE records(
    key INTEGER PRIMARY KEY, generation INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, doc BLOB NOT NULL);
CREATE UNIQUE INDEX records_by_id ON records(generation, id);
CREATE TABLE counter(value INTEGER NOT NULL);
CREATE TABLE suggestions(
    integration TEXT NOT NULL, kind TEXT NOT NULL, storefront_id TEXT NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY(integration, kind, storefront_id));
CREATE TABLE unposted(
    integration TEXT NOT NULL, product_id TEXT NOT NULL, number TEXT NOT NULL, units TEXT NOT NULL, at TEXT NOT NULL,
    order_id TEXT NOT NULL);
CREATE TABLE unposted_sets(
    integration TEXT PRIMARY KEY, read_at TEXT NOT NULL, full_at TEXT NOT NULL, since TEXT NOT NULL);
"""


def _fingerprint() -> int:
    """Changes with the layout and with the fields of the records, so that nothing is ever read back wrongly."""
    shape = [LAYOUT]
    for record in (Product, PriceOption, Sku, Customer, Fee):
        shape += [record.__name__, *(f"{field.name}: {field.type}" for field in fields(record))]
    return zlib.crc32("\n".join(shape).encode()) & 0x7FFFFFFF or 1


FINGERPRINT = _fingerprint()


class CacheSession(Session):
    """A connection that knows which file it opened."""

    inode = 0


class CacheFile:
    """Connections to the cache, one per thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sessions = PerThread(self._connect, f"{path}: the cache is closed")

    @property
    def session(self) -> CacheSession:
        """The calling thread's connection to the file that has the cache's name now."""
        session = self._sessions.get()
        if session.depth or session.inode == _inode(self.path):
            return session
        self._sessions.discard()
        return self._sessions.get()

    def attempt(self, work: Callable[[CacheSession], T]) -> T:
        """Do ``work``; if the file turns out to be damaged, do it again on an empty one."""
        session = self.session
        try:
            return work(session)
        except WorkspaceError as error:
            if not is_damaged(error):
                raise
            self.throw_away(session)
        return work(self.session)

    def throw_away(self, session: CacheSession) -> None:
        """Remove the damaged file that this connection has open; the next use makes an empty one."""
        self._sessions.discard()
        self._remove(session.inode)

    def close(self) -> None:
        """Close the connections of all threads."""
        self._sessions.close()

    def _connect(self) -> CacheSession:
        for _ in range(5):
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.touch()
            except OSError as error:
                raise WorkspaceError(
                    f"{self.path}: the cache cannot be created ({told(error, self.path, writing=True)}); nothing was "
                    "written. Make the workspace's directory writable"
                ) from error
            inode, session = _inode(self.path), None
            try:
                session = CacheSession(self.path, synchronous="NORMAL")  # what a power cut takes is read again
                session.inode = inode
                usable = _prepare(session)
            except WorkspaceError as error:
                if not is_damaged(error):
                    raise
                usable = False
            if session and usable and inode == _inode(self.path):
                return session
            if session:
                session.close()
            if not usable:
                self._remove(inode)
        raise WorkspaceError(f"{self.path}: the cache cannot be made anew; remove the file by hand")

    def _remove(self, inode: int) -> None:
        """Remove the file with this inode, unless another process already has."""
        try:
            with FileLock(self.path.with_name(f"{self.path.name}.lock"), timeout=30):
                if _inode(self.path) == inode:
                    for suffix in ("", "-wal", "-shm"):
                        self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        except OSError as error:  # a Timeout is one, too
            raise WorkspaceError(
                f"{self.path}: the damaged cache cannot be removed ({told(error, self.path, writing=True)}). "
                "Remove it by hand: it is read again from the systems"
            ) from error


def is_damaged(error: WorkspaceError) -> bool:
    """Whether the error says that the file is unreadable, so that it may be thrown away."""
    return isinstance(error.__cause__, sqlite3.Error) and is_damage(error.__cause__)


def _prepare(session: CacheSession) -> bool:
    """Lay out a new file; False if it is somebody else's or another version's."""
    found = session.value("PRAGMA user_version")
    if found == 0:
        with session.transaction():
            found = session.value("PRAGMA user_version")  # another process may have been quicker
            if found == 0 and session.value("SELECT count(*) FROM sqlite_master") == 0:
                for statement in LAYOUT.split(";")[:-1]:
                    session.execute(statement)
                # serials keep growing when the cache is made anew: they start at the time in milliseconds
                session.execute("INSERT INTO counter VALUES(?)", (time.time_ns() // 1_000_000,))
                session.execute(f"PRAGMA user_version={FINGERPRINT}")
                found = FINGERPRINT
    return bool(found == FINGERPRINT)


def _inode(path: Path) -> int:
    """Which file has this name now; 0 if none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0
