"""What was last read from each system: generations of compact records in a disposable file of its own.

A new generation is written in chunks beside the current one and swapped in when it is complete; whoever is reading
keeps reading the old one, which goes when the next is begun. A crash leaves the current one as it was.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from engine.errors import WorkspaceError
from engine.model import Kind, Record, from_json, to_json, utc_text
from engine.ports import Reading
from engine.store.cache_edits import Current, current_of, drop, merge, put
from engine.store.cache_file import CacheFile, CacheSession, is_damaged
from engine.store.cache_writer import GENERATION_SHIFT, GenerationWriter
from engine.store.order_cache import OrderCache
from engine.store.suggestion_cache import SuggestionCache

PAGE = 1000  # records fetched at a time: a snapshot of the file is held for milliseconds
IDS = 5000  # ids looked up at a time


class SqliteRecordCache(SuggestionCache, OrderCache):
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
            self._file.attempt(lambda session: put(session, connection, kind, rows))

    def drop(self, connection: str, kind: Kind, ids: Iterable[str]) -> None:
        """Take single records out of the current generation: a fresh single read did not find them any more."""
        gone = list(ids)
        if gone:
            self._file.attempt(lambda session: drop(session, connection, kind, gone))

    def merge(
        self, connection: str, kind: Kind, changed: Mapping[str, Record | None], *, began: datetime, at: datetime
    ) -> None:
        """Take a complete incremental read into the current generation, in one transaction; None means gone.

        Without a current generation nothing is kept, as with ``put``.
        """
        rows = [(record.id, record.name, to_json(record)) for record in changed.values() if record is not None]
        gone = [id for id, record in changed.items() if record is None]
        moments = (utc_text(at), utc_text(began))
        self._file.attempt(lambda session: merge(session, connection, kind, rows, gone, moments))

    def doubt(self, connection: str) -> None:
        """What was read may be of another account: keep it, but let the next read be of everything."""
        self._file.attempt(
            lambda session: session.execute("UPDATE generations SET full_at='' WHERE connection=?", (connection,))
        )

    def count(self, connection: str, kind: Kind) -> int:
        current = self._current(connection, kind)
        return current[2] if current else 0

    def read_at(self, connection: str, kind: Kind) -> datetime | None:
        """When the current generation was completed, aware UTC."""
        current = self._current(connection, kind)
        return datetime.fromisoformat(current[3]) if current else None

    def reading(self, connection: str, kind: Kind) -> Reading | None:
        """How current the current generation is; None before the first read."""
        rows = self._file.attempt(
            lambda session: session.fetch(
                "SELECT read_at, began_at, full_at FROM generations WHERE connection=? AND kind=? AND state='current'",
                (connection, kind),
            )
        )
        if not rows:
            return None
        at, began, full = (datetime.fromisoformat(text) if text else None for text in rows[0])
        assert at is not None
        return Reading(at, began or at, full)

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
        return self._file.attempt(lambda session: current_of(session, connection, kind))


def open_cache(path: Path) -> SqliteRecordCache:
    """Open the cache file ``path``, made new and empty where there is none, or where it cannot be used."""
    return SqliteRecordCache(path)


def _count_of(session: CacheSession, generation: int) -> int:
    """How many records a generation has, replaced or not; more than any if it is gone."""
    count = session.value("SELECT count FROM generations WHERE generation=?", (generation,))
    return sys.maxsize if count is None else int(count)


def _get(session: CacheSession, connection: str, kind: Kind, ids: list[str]) -> dict[str, Record]:
    current = current_of(session, connection, kind)
    if current is None:
        return {}
    rows = session.rows(
        "SELECT id, doc FROM records WHERE generation=? AND id IN (SELECT value FROM json_each(?))",
        (current[0], json.dumps(ids)),
    )
    return {id: from_json(kind, doc) for id, doc in rows}


def _forget(session: CacheSession, connection: str) -> None:
    with session.transaction():
        session.execute(
            "DELETE FROM records WHERE generation IN (SELECT generation FROM generations WHERE connection=?)",
            (connection,),
        )
        session.execute("DELETE FROM generations WHERE connection=?", (connection,))
