"""The workspace's format: telling files apart, and moving an older one forward. Never backward: newer ones are refused."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import WorkspaceError
from engine.model import utc_text
from engine.store.backup import back_up
from engine.store.database import SqliteTinyDB
from engine.store.failures import explained
from engine.store.schema import APPLICATION_ID


@dataclass(frozen=True, slots=True)
class Migration:
    """One step forward: ``apply`` changes documents of format ``version - 1`` into ``version``, in a transaction."""

    version: int
    summary: str
    apply: Callable[[SqliteTinyDB], None]


def _create(db: SqliteTinyDB) -> None:
    db.table("schema").insert({"version": 1, "lineage": uuid.uuid4().hex, "created_at": utc_text(datetime.now(UTC))})


MIGRATIONS: tuple[Migration, ...] = (Migration(1, "create the workspace and its identity", _create),)


def identify(path: Path, newest: int) -> int:
    """The format of the file, 0 when it is new or empty. Looks only; refuses what is not ours or from the future."""
    with explained(path), closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as con:
        con.execute("BEGIN")  # one snapshot: another process may be making the workspace between two of these reads
        (version,) = con.execute("PRAGMA user_version").fetchone()
        (application,) = con.execute("PRAGMA application_id").fetchone()
        # that one table alone is a workspace whose making was interrupted, or is under way in another process
        (objects,) = con.execute("SELECT count(*) FROM sqlite_master WHERE tbl_name<>'tinydb_tables'").fetchone()
    if application != APPLICATION_ID and (objects or version):
        raise WorkspaceError(
            f"{path} is an SQLite database, but not a Crosswalk workspace. Nothing was changed; open another workspace"
        )
    refuse_newer(path, version, newest)
    return int(version)


def refuse_newer(path: Path, version: int, newest: int) -> None:
    if version > newest:
        raise WorkspaceError(
            f"{path} was written by a newer version of Crosswalk (workspace format {version}; this program knows up to "
            f"{newest}). Nothing was changed; upgrade Crosswalk, or open another workspace"
        )


def migrate(db: SqliteTinyDB, migrations: Sequence[Migration]) -> Path | None:
    """Bring the workspace to the newest format in one transaction; the backup that was made first, if any.

    Another process may do the same at the same time: the format is read again under the write lock.
    """
    session, newest = db.storage.state.session, migrations[-1].version
    found = session.value("PRAGMA user_version")
    backup = None
    if 0 < found < newest:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        backup = db.storage.path.with_name(f"{db.storage.path.name}.format{found}-{stamp}.backup")
        back_up(session, backup)
    if found < newest:
        with db.transaction():
            apply_from(db, session.value("PRAGMA user_version"), migrations)
    return backup


def apply_from(db: SqliteTinyDB, found: int, migrations: Sequence[Migration]) -> None:
    """Inside a transaction: take documents of format ``found`` to the newest one."""
    session, newest = db.storage.state.session, migrations[-1].version
    refuse_newer(db.storage.path, found, newest)
    for migration in migrations:
        if migration.version > found:
            migration.apply(db)
    session.execute(f"PRAGMA application_id={APPLICATION_ID}")
    session.execute(f"PRAGMA user_version={newest}")
    db.table("schema").update({"version": newest})
