"""A small file of mode 0600 that must not be lost: a grant, whose predecessor is dead by the time it is written.

It is replaced as a whole and durably, and not trusted when others can read it. Callers hold the connection's lock
(engine, processes), so one process at a time writes it.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

_ROOM = 8192  # bytes: no grant is larger


class Exposed(OSError):
    """Others can read the file; its text says what to do."""


def read(path: Path) -> str | None:
    """The text of the file; None when there is none, or no text. Raises ``Exposed``, and ``OSError`` when it cannot be read."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text("utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    if mode & 0o077:
        raise Exposed(f"{path} can be read by others (mode {mode:04o}); run: chmod 600 {path}")
    return text


def replace(path: Path, text: str) -> None:
    """Replace the file atomically and durably. Raises ``OSError``."""
    folder = path.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=path.name)  # created with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
        _sync(folder)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def prove(path: Path) -> None:
    """Raise ``OSError`` when the file could not be replaced: asked *before* something is used up."""
    folder = path.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=path.name) as file:
        file.write(b" " * _ROOM)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """The rename itself must survive a crash."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
