"""Changes to single records of the current generation of the cache, each in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence

from engine.model import Kind
from engine.store.cache_file import CacheSession
from engine.store.cache_writer import GENERATION_SHIFT, next_serial

Current = tuple[int, int, int, str]  # generation, serial, count, read_at
Raw = tuple[str, str, bytes]  # id, name, JSON


def current_of(session: CacheSession, connection: str, kind: Kind) -> Current | None:
    """The current generation; None before the first complete read."""
    rows = session.fetch(
        "SELECT generation, serial, count, read_at FROM generations WHERE connection=? AND kind=? AND state='current'",
        (connection, kind),
    )
    return (rows[0][0], rows[0][1], rows[0][2], rows[0][3]) if rows else None


def put(session: CacheSession, connection: str, kind: Kind, rows: Sequence[Raw]) -> None:
    """Replace records, or add them at the end."""
    with session.transaction():
        current = current_of(session, connection, kind)
        if current is not None:
            generation, _, count, _ = current
            _recount(session, generation, count + _replace(session, generation, rows))


def drop(session: CacheSession, connection: str, kind: Kind, ids: Sequence[str]) -> None:
    """Take records out."""
    with session.transaction():
        current = current_of(session, connection, kind)
        if current is not None:
            generation, _, count, _ = current
            _recount(session, generation, count - _delete(session, generation, ids))


def merge(
    session: CacheSession,
    connection: str,
    kind: Kind,
    rows: Sequence[Raw],
    gone: Sequence[str],
    moments: tuple[str, str],
) -> None:
    """Both, and the moments as of which the generation is complete and its read began.

    Records that are as they were (systems tell changes twice, to be safe) leave the serial alone, and with it
    everything that was computed from it.
    """
    with session.transaction():
        current = current_of(session, connection, kind)
        if current is None:
            return
        generation, _, count, _ = current
        known = session.rows(
            "SELECT id, doc FROM records WHERE generation=? AND id IN (SELECT value FROM json_each(?))",
            (generation, json.dumps([id for id, _, _ in rows])),
        )
        same = {(id, doc) for id, doc in known}
        fresh = [row for row in rows if (row[0], row[2]) not in same]
        more = _replace(session, generation, fresh)
        less = _delete(session, generation, gone) if gone else 0
        if fresh or less:
            _recount(session, generation, count + more - less)
        session.execute("UPDATE generations SET read_at=?, began_at=? WHERE generation=?", (*moments, generation))


def _replace(session: CacheSession, generation: int, rows: Sequence[Raw]) -> int:
    """Inside a transaction; how many are new."""
    added = 0
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
            added += 1
    return added


def _delete(session: CacheSession, generation: int, ids: Sequence[str]) -> int:
    """Inside a transaction; how many there were."""
    return session.execute(
        "DELETE FROM records WHERE generation=? AND id IN (SELECT value FROM json_each(?))",
        (generation, json.dumps(list(ids))),
    ).rowcount


def _recount(session: CacheSession, generation: int, count: int) -> None:
    session.execute(
        "UPDATE generations SET serial=?, count=? WHERE generation=?", (next_serial(session), count, generation)
    )
