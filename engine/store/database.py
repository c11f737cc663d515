"""``TinyDB`` with the SQLite storage and table in place, and transactions over several tables."""

from __future__ import annotations

from contextlib import AbstractContextManager

from tinydb import TinyDB

from engine.store.storage import SqliteStorage, ThreadState
from engine.store.table import SqliteTable


class SqliteTinyDB(TinyDB):
    """Arguments are those of ``SqliteStorage``."""

    table_class: type[SqliteTable] = SqliteTable
    default_storage_class: type[SqliteStorage] = SqliteStorage  # type: ignore[assignment]  # TinyDB infers JSONStorage

    @property
    def storage(self) -> SqliteStorage:
        """The storage with its sessions and counters."""
        storage = self._storage
        assert isinstance(storage, SqliteStorage)
        return storage

    def transaction(self) -> AbstractContextManager[ThreadState]:
        """``with db.transaction(): db.table("a").insert(...); db.table("b").update(...)``"""
        return self.storage.transaction()
