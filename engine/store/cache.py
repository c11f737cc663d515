"""What was last read from each system: generations of compact records in a disposable file of its own.

A new generation is written in chunks beside the current one and swapped in when it is complete; whoever is reading
keeps reading the old one, which goes when the next is begun. A crash leaves the current one as it was.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from engine.errors import WorkspaceError
from engine.model import Kind, Record, from_json, to_json
from engine.store.cache_file import CacheFile, CacheSession, is_damaged
from engine.store.cache_writer import GENERATION_SHIFT, GenerationWriter, next_serial
from engine.store.suggestion_cache import SuggestionCache

PAGE = 1000  # records fetched at a time: a snapshot of the file is held for milliseconds
IDS = 5000  # ids looked up at a time

Current = tuple[int, int, int, str]  # generation, serial, count, read_at


class SqliteRecordCache(SuggestionCache):
    """The RecordCache port. Usable from any thread. A damaged file is replaced by an empty one, without an error,
    unless that would show a part of a catalogue as if it were whole (``WorkspaceError``: read again).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = CacheFile(path)
        self._file.attempt(lambda session: session.value("SELECT value FROM counter"))

    def begin(self, connection: str, kind: Kind) -> GenerationWriter:
        """Start a new generation. Only one writer per (connection, kind): the caller holds the connection's lock.

        Removes what an earlier, interrupted one has left, and the generation before the current one.
        """
        return GenerationWriter(self._file, connection, kind)

    def records(self, connection: str, kind: Kind) -> Iterator[Record]:
        """All records of the current generation in reading order, streamed."""
        try:
            for _, _, raw in self.raw(connection, kind):
                yield from_json(kind, raw)
        except ValidationError as error:
            raise WorkspaceError(
                f"{self.path}: a record of {connection} was kept by another version; read {connection} again"
            ) from error

    def raw(self, connection: str, kind: Kind) -> Iterator[tuple[str, str, bytes]]:
        """The same as (id, name, JSON), a third of the cost: for building columns."""
        current = self._current(connection, kind)
        if current is None:
            return
        generation, _, count, _ = current
        last, end, seen = (generation << GENERATION_SHIFT) - 1, (generation + 1) << GENERATION_SHIFT, 0
        while True:
            session = self._file.session
            try:
                page = session.fetch(
                    "SELECT key, id, name, doc FROM records WHERE key>? AND key<? ORDER BY key LIMIT ?",
                    (last, end, PAGE),
                )
            except WorkspaceError as error:
                if not is_damaged(error):
                    raise
                self._file.throw_away(session)
                page = []
            for _, id, name, doc in page:
                yield id, name, doc
            seen += len(page)
            if len(page) < PAGE:
                break
            last = page[-1][0]
        left = self._file.attempt(lambda session: _count_of(session, generation))
        if seen < min(count, left):  # single records may have been dropped meanwhile
            raise WorkspaceError(
                f"{self.path}: only {seen} of {count} {kind} of {connection} could be read from the cache, because it was "
                f"replaced or damaged meanwhile. Nothing was changed; read {connection} again"
            )

    def get(self, connection: str, kind: Kind, ids: Iterable[str]) -> dict[str, Record]:
        """Single records of the current generation; an id it does not have is absent."""
        wanted, found = iter(ids), dict[str, Record]()
        while chunk := list(islice(wanted, IDS)):
            found |= self._file.attempt(partial(_get, connection=connection, kind=kind, ids=chunk))
        return found

    def put(self, connection: str, kind: Kind, records: Iterable[Record]) -> None:
        """Replace single records of the current generation, or add them at its end.

        Without a current generation nothing is kept: a few records must not look like a catalogue.
        """
        rows = [(record.id, record.name, to_json(record)) for record in records]
        if rows:
            self._file.attempt(lambda session: _put(session, connection, kind, rows))

    def drop(self, connection: str, kind: Kind, ids: Iterable[str]) -> None:
        """Take single records out of the current generation: a fresh single read did not find them any more."""
        gone = list(ids)
        if gone:
            self._file.attempt(lambda session: _drop(session, connection, kind, gone))

    def count(self, connection: str, kind: Kind) -> int:
        current = self._current(connection, kind)
        return current[2] if current else 0

    def read_at(self, connection: str, kind: Kind) -> datetime | None:
        """When the current generation was completed, aware UTC."""
        current = self._current(connection, kind)
        return datetime.fromisoformat(current[3]) if current else None

    def generation(self, connection: str, kind: Kind) -> int:
        """A number that grows with every swap and every ``put``, by any process; 0 before the first read."""
        current = self._current(connection, kind)
        return current[1] if current else 0

    def forget(self, connection: str) -> None:
        """Remove everything read from a connection."""
        self._file.attempt(lambda session: _forget(session, connection))

    def close(self) -> None:
        """Close the connections of all threads."""
        self._file.close()

    def _current(self, connection: str, kind: Kind) -> Current | None:
        return self._file.attempt(lambda session: _current(session, connection, kind))


def open_cache(path: Path) -> SqliteRecordCache:
    """Open the cache file ``path``, made new and empty where there is none, or where it cannot be used."""
    return SqliteRecordCache(path)


def _current(session: CacheSession, connection: str, kind: Kind) -> Current | None:
    rows = session.fetch(
        "SELECT generation, serial, count, read_at FROM generations WHERE connection=? AND kind=? AND state='current'",
        (connection, kind),
    )
    return (rows[0][0], rows[0][1], rows[0][2], rows[0][3]) if rows else None


def _count_of(session: CacheSession, generation: int) -> int:
    """How many records a generation has, replaced or not; more than any if it is gone."""
    count = session.value("SELECT count FROM generations WHERE generation=?", (generation,))
    return sys.maxsize if count is None else int(count)


def _get(session: CacheSession, connection: str, kind: Kind, ids: list[str]) -> dict[str, Record]:
    current = _current(session, connection, kind)
    if current is None:
        return {}
    rows = session.rows(
        "SELECT id, doc FROM records WHERE generation=? AND id IN (SELECT value FROM json_each(?))",
        (current[0], json.dumps(ids)),
    )
    return {id: from_json(kind, doc) for id, doc in rows}


def _put(session: CacheSession, connection: str, kind: Kind, rows: list[tuple[str, str, bytes]]) -> None:
    with session.transaction():
        current = _current(session, connection, kind)
        if current is None:
            return
        generation, _, count, _ = current
        for id, name, doc in rows:
            replaced = session.execute(
                "UPDATE records SET name=?, doc=? WHERE generation=? AND id=?", (name, doc, generation, id)
            ).rowcount
            if not replaced:
                # the counter of the generation is no position any more once a record was dropped
                first, end = generation << GENERATION_SHIFT, (generation + 1) << GENERATION_SHIFT
                newest = session.value("SELECT max(key) FROM records WHERE key>=? AND key<?", (first, end))
                key = first if newest is None else newest + 1
                session.execute("INSERT INTO records VALUES(?,?,?,?,?)", (key, generation, id, name, doc))
                count += 1
        session.execute(
            "UPDATE generations SET serial=?, count=? WHERE generation=?", (next_serial(session), count, generation)
        )


def _drop(session: CacheSession, connection: str, kind: Kind, ids: list[str]) -> None:
    with session.transaction():
        current = _current(session, connection, kind)
        if current is None:
            return
        generation, _, count, _ = current
        gone = session.execute(
            "DELETE FROM records WHERE generation=? AND id IN (SELECT value FROM json_each(?))",
            (generation, json.dumps(ids)),
        ).rowcount
        session.execute(
            "UPDATE generations SET serial=?, count=? WHERE generation=?",
            (next_serial(session), count - gone, generation),
        )


def _forget(session: CacheSession, connection: str) -> None:
    with session.transaction():
        session.execute(
            "DELETE FROM records WHERE generation IN (SELECT generation FROM generations WHERE connection=?)",
            (connection,),
        )
        session.execute("DELETE FROM generations WHERE connection=?", (connection,))
