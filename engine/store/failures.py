"""What SQLite says, turned once, at this border, into the errors an admin reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import Busy, WorkspaceError

_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full. This change was not written and nothing earlier was lost; "
    "free some space, then repeat it",
    sqlite3.SQLITE_READONLY: "the file or its directory is read-only. Nothing was written; "
    "make both writable for this user (SQLite keeps two more files beside it), or open another workspace",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened or created. Nothing was written; "
    "check that its directory exists and that this user may read and write both",
    sqlite3.SQLITE_PERM: "this user may not use the file. Nothing was written; check its permissions",
    sqlite3.SQLITE_AUTH: "this user may not use the file. Nothing was written; check its permissions",
    sqlite3.SQLITE_NOTADB: "the file is not a Crosswalk workspace (not an SQLite database). Nothing was changed; "
    "open another workspace, or put a backup in its place",
    sqlite3.SQLITE_CORRUPT: "the file is damaged. This change was not written; keep the file, "
    "and put the newest backup in its place",
    sqlite3.SQLITE_IOERR: "the disk reports an input/output error. This change was not written; "
    "check the disk and its free space, then repeat it",
}


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection was in the way: worth another try."""
    return _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is unreadable."""
    return _code(error) in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}


def is_missing_table(error: sqlite3.Error) -> bool:
    return "no such table" in str(error)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise what SQLite raises inside as ``WorkspaceError`` (``Busy`` for a lock that never came free)."""
    try:
        yield
    except sqlite3.Error as error:
        raise explanation(path, error) from error


def explanation(path: Path, error: sqlite3.Error) -> WorkspaceError:
    """The error to show for one of SQLite's, about the file ``path``."""
    if is_busy(error):
        return Busy(
            f"{path}: another process kept the workspace locked for too long. This change was not written; repeat it"
        )
    advice = _ADVICE.get(_code(error))
    if advice is None:
        return WorkspaceError(f"{path}: the workspace could not be used ({error}). This change was not written")
    return WorkspaceError(f"{path}: {advice} ({error})")


def _code(error: sqlite3.Error) -> int:
    """The primary result code; 0 for errors of Python's own module."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
