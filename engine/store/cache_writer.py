"""A new generation of the cache in the making."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from engine.errors import WorkspaceError
from engine.model import Kind, Record, to_json, utc_text
from engine.store.cache_file import CacheFile, CacheSession

GENERATION_SHIFT = 32  # a record's key is its generation and its position: ``generation << 32 | position``
CHUNK = 1000  # records written in one transaction: the file's write lock is held for milliseconds


class GenerationWriter:
    """The CacheWriter port: invisible until ``commit``. Use it from the thread that began it."""

    def __init__(self, file: CacheFile, connection: str, kind: Kind) -> None:
        self._file, self.connection, self.kind = file, connection, kind
        self._pending: list[tuple[str, str, bytes]] = []
        self._written = 0
        self._generation: int = file.attempt(self._begin)

    def add(self, records: Iterable[Record]) -> None:
        """Append records in reading order. Raises ``WorkspaceError`` if an id comes a second time."""
        for record in records:
            self._pending.append((record.id, record.name, to_json(record)))
            if len(self._pending) >= CHUNK:
                session = self._file.session
                with session.transaction():
                    written = self._write_pending(session)
                self._written = written
                self._pending.clear()

    def commit(self, at: datetime, began: datetime | None = None) -> int:
        """Make this generation the current one, as of ``at``, by a read that ``began`` then; the new ``generation`` number."""
        session = self._file.session
        with session.transaction():
            written = self._write_pending(session)
            session.execute(
                "UPDATE generations SET state='old' WHERE connection=? AND kind=? AND state='current'",
                (self.connection, self.kind),
            )
            serial = next_serial(session)
            session.execute(
                "UPDATE generations SET state='current', serial=?, count=?, read_at=?, began_at=?, full_at=? "
                "WHERE generation=?",
                (serial, written, utc_text(at), utc_text(began or at), utc_text(at), self._generation),
            )
        self._pending.clear()
        return serial

    def abandon(self) -> None:
        """Forget what was added; the current generation stays."""
        self._pending.clear()
        self._file.attempt(lambda session: _remove(session, self._generation))

    def _begin(self, session: CacheSession) -> int:
        leftovers = session.fetch(
            "SELECT generation FROM generations WHERE connection=? AND kind=? AND state<>'current'",
            (self.connection, self.kind),
        )
        for (generation,) in leftovers:
            _remove(session, generation)
        with session.transaction():
            cursor = session.execute(
                "INSERT INTO generations(connection, kind, state, serial, count, read_at) VALUES(?,?,'writing',0,0,'')",
                (self.connection, self.kind),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def _write_pending(self, session: CacheSession) -> int:
        """Inside a transaction: write what is pending; how many records there are now. Remembers nothing itself."""
        state = session.value("SELECT state FROM generations WHERE generation=?", (self._generation,))
        if state != "writing":
            raise WorkspaceError(
                f"{self._file.path}: the cache was replaced while {self.kind} of {self.connection} were being read. "
                f"What was read now is not kept; read {self.connection} again"
            )
        first = (self._generation << GENERATION_SHIFT) + self._written
        rows = ((first + n, self._generation, *record) for n, record in enumerate(self._pending))
        try:
            session.executemany("INSERT INTO records VALUES(?,?,?,?,?)", rows)
        except WorkspaceError as error:
            if isinstance(error.__cause__, sqlite3.IntegrityError):
                raise WorkspaceError(
                    f"{self.connection} gave the same {self.kind.singular} id twice. What was read now is not kept, "
                    f"what was read before still is; read {self.connection} again"
                ) from error
            raise
        return self._written + len(self._pending)


def next_serial(session: CacheSession) -> int:
    """Inside a transaction: a number above all earlier ones."""
    session.execute("UPDATE counter SET value=value+1")
    return int(session.value("SELECT value FROM counter"))


def _remove(session: CacheSession, generation: int) -> None:
    """Delete a generation that is not current, in chunks."""
    first, end = generation << GENERATION_SHIFT, (generation + 1) << GENERATION_SHIFT
    deleted = CHUNK
    while deleted == CHUNK:
        with session.transaction():
            deleted = session.execute(
                "DELETE FROM records WHERE key IN (SELECT key FROM records WHERE key>=? AND key<? LIMIT ?)",
                (first, end, CHUNK),
            ).rowcount
    with session.transaction():
        session.execute("DELETE FROM generations WHERE generation=? AND state<>'current'", (generation,))
