"""The Store port over one SQLite file: what ``engine.store.open_store`` opens."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

from tinydb.table import Table

from engine.admin_files import told
from engine.errors import WorkspaceError
from engine.store.backup import back_up
from engine.store.database import SqliteTinyDB
from engine.store.migrations import MIGRATIONS, Migration, identify, migrate
from engine.store.schema import INDEXES, SILENT, TABLES


class SqliteStore:
    """The documents of one workspace. Usable from any thread; each has its own connection.

    Everything raises ``WorkspaceError`` when the file cannot be used, and ``Busy`` when another process kept the write
    lock for too long; in both cases the transaction at hand was not written and nothing else was lost.
    """

    def __init__(self, db: SqliteTinyDB, *, backup: Path | None = None) -> None:
        self.db, self.path, self.migration_backup = db, db.storage.path, backup
        if not db.table("schema").all():
            raise WorkspaceError(
                f"{self.path}: the workspace has lost its identity; put the newest backup in its place"
            )

    @property
    def lineage(self) -> str:
        """The workspace's random identity, made with it; a copy or an import of it has the same."""
        return str(self.db.table("schema").all()[0]["lineage"])

    def table(self, name: str) -> Table:
        """A TinyDB table, made at its first write if it is not one of ``schema.TABLES``."""
        return self.db.table(name)

    def transaction(self) -> AbstractContextManager[Any]:
        """All writes inside are kept together or not at all, and reads are of the newest state; nested use is fine.

        Holds the workspace's only write lock: be quick, and never ``await`` inside.
        """
        return self.db.transaction()

    def last_id(self, table: str) -> int:
        """The highest document id ever given out in a table, 0 when none: ids only grow and are never reused."""
        state = self.db.storage.state
        if table in state.next_ids:
            return state.next_ids[table] - 1
        found = state.session.value("SELECT next_id FROM tinydb_tables WHERE name=?", (table,))
        return int(found or 1) - 1

    def changes(self) -> dict[str, int]:
        """A counter per table that grows with every commit that changed it, by any process; about 20 us.

        ``heartbeats`` stays at 0: it wakes nobody.
        """
        return self.db.storage.changes()

    def data_version(self) -> int:
        """Changes whenever another thread or process has committed anything (heartbeats too)."""
        return self.db.storage.state.session.data_version()

    def backup(self, to: Path) -> None:
        """A complete copy in the new file ``to``, also while others write. Raises ``WorkspaceError``."""
        back_up(self.db.storage.state.session, to)

    def close(self) -> None:
        """Close the connections of all threads."""
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(path: Path, *, migrations: Sequence[Migration] = MIGRATIONS) -> SqliteStore:
    """Open the workspace file ``path``, made new with its directory where there is none, moved forward if it is older.

    A move forward makes a backup beside the file first (``migration_backup`` names it).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = told(error, path.parent, writing=True)
        raise WorkspaceError(
            f"{path.parent}: the workspace's directory cannot be created ({reason}); nothing was written. Name another "
            "directory with --workspace"
        ) from error
    identify(path, migrations[-1].version)
    db = SqliteTinyDB(path, indexes=INDEXES, silent=SILENT)
    try:
        backup = migrate(db, migrations)
        db.storage.complete(TABLES)
        db.storage.format = migrations[-1].version
        return SqliteStore(db, backup=backup)
    except BaseException:
        db.close()
        raise
