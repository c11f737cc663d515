"""A consistent copy of a database that others may be writing to: SQLite's backup API, never a copy of the file."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from engine.admin_files import told
from engine.errors import WorkspaceError
from engine.store.failures import explained
from engine.store.session import Session


def back_up(session: Session, to: Path) -> None:
    """Copy the database to the new file ``to``, complete or not at all. Raises ``WorkspaceError``."""
    if to.exists():
        raise WorkspaceError(f"{to} exists already: nothing was backed up; choose another name")
    partial = to.with_name(f"{to.name}.partial")
    try:
        with explained(to), closing(sqlite3.connect(partial)) as copy:
            session.copy_into(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        sync(partial)
        partial.rename(to)
        sync(to.parent)
    except OSError as error:
        raise WorkspaceError(
            f"{to}: the backup could not be written ({told(error, to, writing=True)}); nothing else was changed"
        ) from error
    finally:
        with suppress(OSError):  # where it cannot be made, there is nothing to remove
            partial.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Make a file's bytes, or a directory's names, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
