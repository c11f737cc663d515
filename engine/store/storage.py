"""TinyDB's ``Storage`` over one SQLite file: sessions per thread, transactions, ids, change counters.

Layout: one SQL table per TinyDB table, ``t_<name>(id INTEGER PRIMARY KEY, doc TEXT)`` with ``doc`` as JSON, and
``tinydb_tables(name, next_id, changes, live)``: the next document id of each table and how many commits touched it.
"""
# ruff: noqa: S608  # table names are quoted by ``naming.table_name``; values are always bound

from __future__ import annotations

import json
from collections import UserDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinydb.storages import Storage
from tinydb.utils import LRUCache

from engine.errors import WorkspaceError
from engine.store.naming import bare_name, expression, index_name, table_name
from engine.store.session import PATIENCE, Row, Session
from engine.store.threads import PerThread

QueryCache = LRUCache[Any, list[Row]]

# NaN is not JSON: SQLite would call the document malformed, so it is refused at the door (ValueError)
encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
decode = json.loads


@dataclass(slots=True)
class ThreadState:
    """What one thread knows: its connection, its open transaction's counters, and its cached query results."""

    session: Session
    next_ids: dict[str, int] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)  # tables that certainly exist, with their indexes
    schema: int | None = None  # SQLite's schema_version for which ``known`` holds
    version: int | None = None  # SQLite's data_version for which ``caches`` hold
    caches: dict[str, QueryCache] = field(default_factory=dict)

    def refresh(self) -> None:
        """Forget cached query results if another connection has committed since."""
        if (version := self.session.data_version()) != self.version:
            self.version = version
            self.caches.clear()

    def forget(self) -> None:
        """Forget everything that a rollback or a foreign write may have made untrue."""
        self.known.clear()
        self.caches.clear()

    def close(self) -> None:
        self.session.close()


class LazyTables(UserDict[str, Any]):
    """What ``SqliteStorage.read`` returns: names at once, documents only if asked; remembers deletions for ``write``."""

    def __init__(self, storage: SqliteStorage, names: Iterable[str]) -> None:
        super().__init__(dict.fromkeys(names))
        self._storage = storage
        self.dropped: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        if self.data[name] is None:
            rows = self._storage.state.session.rows(f"SELECT id, doc FROM {table_name(name)} ORDER BY id")
            self.data[name] = {str(doc_id): decode(raw) for doc_id, raw in rows}
        return self.data[name]

    def __delitem__(self, name: str) -> None:
        del self.data[name]
        self.dropped.add(name)


class SqliteStorage(Storage):
    """One SQLite file in WAL mode. Any number of threads and processes may use it (local disks only).

    ``indexes`` names the indexed fields of each table, most selective first; tables in ``silent`` have no change
    counter; ``format`` is the ``user_version`` that the file must have whenever something is written.
    All methods raise ``WorkspaceError`` when SQLite fails.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        indexes: Mapping[str, tuple[str, ...]] | None = None,
        silent: Collection[str] = (),
        patience: float = PATIENCE,
    ) -> None:
        self.path = Path(path)
        self.indexes = dict(indexes or {})
        self.format: int | None = None
        self._silent, self._patience = frozenset(silent), patience
        self._states = PerThread(self._connect, f"{self.path}: the workspace is closed")
        if self.state.session.value("SELECT 1 FROM sqlite_master WHERE name='tinydb_tables'") is None:
            with self.transaction() as state:
                state.session.execute(
                    "CREATE TABLE IF NOT EXISTS tinydb_tables(name TEXT PRIMARY KEY, next_id INTEGER NOT NULL,"
                    " changes INTEGER NOT NULL, live INTEGER NOT NULL) WITHOUT ROWID"
                )

    @property
    def state(self) -> ThreadState:
        """The calling thread's connection and caches, opened at first use."""
        return self._states.get()

    def _connect(self) -> ThreadState:
        state = ThreadState(Session(self.path, patience=self._patience))
        state.session.on_begin, state.session.on_commit = self._begin, self._count
        return state

    @contextmanager
    def transaction(self) -> Iterator[ThreadState]:
        """All writes inside, to any tables, are kept together or not at all; nested use makes savepoints.

        Reads inside are of the newest state: nobody else can write. Never ``await`` inside.
        """
        state = self.state
        saved = dict(state.next_ids), set(state.touched)
        try:
            with state.session.transaction():
                yield state
        except BaseException:
            state.next_ids, state.touched = saved
            state.forget()
            raise
        if not state.session.depth:
            state.next_ids, state.touched = {}, set()

    def _begin(self) -> None:
        state = self.state
        if (schema := state.session.value("PRAGMA schema_version")) != state.schema:
            state.known, state.schema = set(), schema
        found = state.session.value("PRAGMA user_version")
        if self.format is not None and found != self.format:
            raise WorkspaceError(
                f"{self.path}: another process has upgraded the workspace from format {self.format} to {found}. "
                "Nothing was written; restart this program, upgraded if need be"
            )

    def _count(self) -> None:
        state = self.state
        for name in state.touched | state.next_ids.keys():
            step = int(name in state.touched and name not in self._silent)
            state.session.execute(
                "UPDATE tinydb_tables SET next_id=coalesce(?, next_id), changes=changes+? WHERE name=?",
                (state.next_ids.get(name), step, name),
            )

    def changes(self) -> dict[str, int]:
        """How many commits have touched each table, by any process; cheap enough to poll."""
        return dict(self.state.session.rows("SELECT name, changes FROM tinydb_tables"))

    def ensure(self, name: str) -> None:
        """Inside a transaction: create the table and its missing indexes."""
        state = self.state
        if name in state.known:
            return
        session, table = state.session, table_name(name)
        session.execute(f"CREATE TABLE IF NOT EXISTS {table}(id INTEGER PRIMARY KEY, doc TEXT NOT NULL)")
        session.execute(
            "INSERT INTO tinydb_tables VALUES(?, 1, 0, 1) ON CONFLICT(name) DO UPDATE SET live=1 WHERE live=0", (name,)
        )
        for indexed in self.indexes.get(name, ()):
            index = index_name(name, indexed)
            session.execute(f'CREATE INDEX IF NOT EXISTS "{index}" ON {table}({expression(indexed)})')
        state.schema = session.value("PRAGMA schema_version")
        state.known.add(name)

    def complete(self, names: Iterable[str]) -> None:
        """Create what is missing of these tables and their indexes; writes nothing if nothing is."""
        found = {row[0] for row in self.state.session.rows("SELECT name FROM sqlite_master")}
        wanted = {name: {bare_name(name), *(index_name(name, f) for f in self.indexes.get(name, ()))} for name in names}
        missing = [name for name, objects in wanted.items() if not found.issuperset(objects)]
        if missing:
            with self.transaction():
                for name in missing:
                    self.ensure(name)

    def take_id(self, name: str) -> int:
        """Inside a transaction: the next document id. The counter is in the file, so ids are never used twice."""
        next_ids = self.state.next_ids
        if name not in next_ids:
            next_ids[name] = self.state.session.value(
                f"SELECT max(next_id, (SELECT coalesce(max(id), 0) + 1 FROM {table_name(name)}))"
                " FROM tinydb_tables WHERE name=?",
                (name,),
            )
        next_ids[name] += 1
        return next_ids[name] - 1

    def reserve_id(self, name: str, doc_id: int) -> None:
        """Inside a transaction: an id that the caller chose; later ones are above it."""
        self.state.next_ids[name] = max(self.take_id(name), doc_id + 1)

    def restart_ids(self, name: str) -> None:
        """Inside a transaction: an emptied table counts from 1 again, as in TinyDB."""
        self.state.next_ids[name] = 1

    def read(self) -> LazyTables | None:  # type: ignore[override]  # a dict in all that TinyDB does with it
        """All tables, for TinyDB's own code; None when there are none."""
        names = [row[0] for row in self.state.session.rows("SELECT name FROM tinydb_tables WHERE live ORDER BY name")]
        return LazyTables(self, names) if names else None

    def write(self, data: Mapping[str, Any]) -> None:
        """Replace all tables, for TinyDB's own code (``drop_table``) and foreign code."""
        with self.transaction() as state:
            session = state.session
            lazy = isinstance(data, LazyTables)
            for name in data.dropped if isinstance(data, LazyTables) else set(self.read() or ()) - set(data):
                session.execute(f"DROP TABLE IF EXISTS {table_name(name)}")
                session.execute("UPDATE tinydb_tables SET live=0, next_id=1, changes=changes+1 WHERE name=?", (name,))
                state.next_ids.pop(name, None)
                state.touched.discard(name)
            tables = data.data if isinstance(data, LazyTables) else data
            for name, docs in tables.items():
                if lazy and docs is None:
                    continue
                rows = [(int(doc_id), encode(doc)) for doc_id, doc in docs.items()]
                self.ensure(name)
                session.execute(f"DELETE FROM {table_name(name)}")
                session.executemany(f"INSERT INTO {table_name(name)} VALUES(?,?)", rows)
                self.reserve_id(name, max((doc_id for doc_id, _ in rows), default=0))
                state.touched.add(name)
            state.forget()

    def close(self) -> None:
        """Close every thread's connection."""
        self._states.close()
