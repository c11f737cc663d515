"""One SQLite connection of one thread, and its transactions.

Whoever writes takes the write lock at once (``BEGIN IMMEDIATE``), so that what is read inside is the newest state and
no upgrade of a read can fail half-way. While another process holds that lock we nap for short random times: SQLite's own
busy handler starves one of two steady writers.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import WorkspaceError
from engine.store.failures import explanation, is_busy, is_missing_table

PATIENCE = 15.0  # seconds to wait for another process's transaction before giving up
LONGEST_NAP = 0.002  # seconds
PAGE = 512  # rows fetched at a time

Row = tuple[Any, ...]


class Session:
    """A connection that belongs to one thread (``close`` alone may be called from another).

    SQLite frees a connection's memory when it is closed, also under a statement that runs in another thread: every call
    into it holds ``_calls``, so that ``close`` waits for the one that runs and later ones are refused.
    ``on_begin`` and ``on_commit`` are called inside the outermost transaction: right after BEGIN, right before COMMIT.
    """

    def __init__(self, path: Path, *, synchronous: str = "FULL", patience: float = PATIENCE) -> None:
        self.path, self.patience = path, patience
        self.depth = 0
        self.on_begin: Callable[[], None] = _nothing
        self.on_commit: Callable[[], None] = _nothing
        self._pid = os.getpid()
        self._task: object = None
        self._closed = False
        self._calls = threading.RLock()  # a trigger or a callback may call again
        try:
            self.con = sqlite3.connect(path, timeout=0.02, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise explanation(path, error) from error
        try:
            if self.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                self.execute("PRAGMA journal_mode=WAL")
            self.execute(f"PRAGMA synchronous={synchronous}")
        except WorkspaceError:
            self.con.close()
            raise

    def execute(self, sql: str, args: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run one statement, waiting while another process is in the way. Raises ``WorkspaceError``."""
        self.check_process()
        deadline = 0.0
        while True:
            try:
                with self._calls:
                    return self.con.execute(sql, args)
            except sqlite3.Error as error:
                deadline = deadline or time.monotonic() + self.patience
                if not is_busy(error) or self.con.in_transaction or time.monotonic() > deadline:
                    raise explanation(self.path, error) from error
            time.sleep(random.random() * LONGEST_NAP)

    def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> int:
        """Run one statement for many rows, inside a transaction; the number of rows changed."""
        try:
            with self._calls:
                return self.con.executemany(sql, rows).rowcount
        except sqlite3.Error as error:
            raise explanation(self.path, error) from error

    def rows(self, sql: str, args: Sequence[object] = ()) -> Generator[Row]:
        """Stream a query's rows; a table that does not exist (yet, or any more) is empty.

        Exhaust or close it before anything else: an open cursor pins its snapshot of the file.
        """
        cursor = self._query(sql, args)
        if cursor is None:
            return
        try:
            while page := self._page(cursor):
                yield from page
        except sqlite3.Error as error:
            raise explanation(self.path, error) from error
        finally:
            with self._calls:
                if not self._closed:  # closing the connection closed its cursors
                    cursor.close()

    def _page(self, cursor: sqlite3.Cursor) -> list[Row]:
        with self._calls:
            return cursor.fetchmany(PAGE)

    def fetch(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        """All rows of a query at once."""
        cursor = self._query(sql, args)
        try:
            with self._calls:
                return cursor.fetchall() if cursor else []
        except sqlite3.Error as error:
            raise explanation(self.path, error) from error

    def _query(self, sql: str, args: Sequence[object]) -> sqlite3.Cursor | None:
        try:
            return self.execute(sql, args)
        except WorkspaceError as error:
            if isinstance(error.__cause__, sqlite3.Error) and is_missing_table(error.__cause__):
                return None
            raise

    def value(self, sql: str, args: Sequence[object] = ()) -> Any:
        """The first column of the first row, or None; a missing table has no rows."""
        rows = self.fetch(sql, args)
        return rows[0][0] if rows else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside are kept together or not at all; nested use makes savepoints. Never ``await`` inside."""
        level, task = self.depth, _current_task()
        if level and task is not self._task:
            raise RuntimeError("another task has a transaction open in this thread: something awaited inside it")
        if level and not self.con.in_transaction:
            raise WorkspaceError(f"{self.path}: the surrounding transaction was rolled back; nothing was written")
        self.execute(f"SAVEPOINT s{level}" if level else "BEGIN IMMEDIATE")
        self.depth, self._task = level + 1, task
        try:
            if not level:
                self.on_begin()
            yield
            if not level:
                self.on_commit()
            self.execute(f"RELEASE s{level}" if level else "COMMIT")
        except BaseException:
            self._roll_back(level)
            raise
        finally:
            self.depth = level

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one instant; nobody waits for it. Writes nothing; short, it pins the file."""
        if self.con.in_transaction:
            yield
            return
        self.execute("BEGIN")
        try:
            yield
        finally:
            self.execute("COMMIT")

    def _roll_back(self, level: int) -> None:
        if self.con.in_transaction:  # a full disk may have rolled everything back already
            for sql in (f"ROLLBACK TO s{level}", f"RELEASE s{level}") if level else ("ROLLBACK",):
                self.execute(sql)

    def check_process(self) -> None:
        """SQLite must not be carried over ``fork``: two processes would share one file handle and its locks."""
        if os.getpid() != self._pid:
            raise WorkspaceError(f"{self.path} was opened before this process was forked: open it again here")

    def copy_into(self, copy: sqlite3.Connection) -> None:
        """A consistent copy of everything, by SQLite's backup API. Raises ``sqlite3.Error``."""
        with self._calls:
            self.con.backup(copy)

    def data_version(self) -> int:
        """Changes when *another* connection has committed; cheap enough to poll."""
        return int(self.value("PRAGMA data_version"))

    def close(self) -> None:
        """Waits for the call that another thread is in; what that thread asks later raises ``WorkspaceError``."""
        if os.getpid() == self._pid:
            with self._calls:
                self._closed = True
                self.con.close()


def _nothing() -> None:
    pass


def _current_task() -> object:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no running loop in this thread
        return None
