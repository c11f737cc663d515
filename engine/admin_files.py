"""Files that an admin names: read whole, replaced whole, and every failure told in words.

A message says what could not be done, with which file (its whole path), why, what was and was not written, and what to do
next; never a number of the operating system's.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from engine.actor import login_name
from engine.errors import UsageError

#: What an error number means for a file, and what helps; the system's own words stand for the others.
_WHY: Mapping[int, tuple[str, str]] = {
    errno.EISDIR: ("it is a directory", "Name a file in it."),
    errno.ENOTDIR: ("a part of the path is a file, not a directory", "Correct the path."),
    errno.EROFS: ("the disk is mounted read-only", "Choose another place."),
    errno.ENOSPC: ("the disk is full", "Free some space, or choose another place."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space, or choose another place."),
    errno.EFBIG: ("it would be larger than files may be here", "Choose another place."),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter one."),
    errno.ELOOP: ("its links lead in a circle", "Correct the path."),
}


def why(error: OSError, path: Path, *, writing: bool = False) -> tuple[str, str]:
    """The reason and the advice for a file that could not be read or written."""
    code = error.errno or 0
    if code == errno.ENOENT:
        missing = _missing(path)
        if writing or missing != path:
            return f"there is no directory {missing}", "Make it, or correct the path."
        return "there is no such file", "Correct the name."
    if code in {errno.EACCES, errno.EPERM}:
        right = "write there" if writing else "read it"
        return f"permission denied for {login_name()}", f"Give that user the right to {right}, or choose another file."
    return _WHY.get(code, ((error.strerror or str(error)).lower(), "Look at the disk, then try again."))


def told(error: OSError, path: Path, *, writing: bool = False) -> str:
    """Only the reason, for messages with an advice of their own."""
    return why(error, path, writing=writing)[0]


def read_text(path: Path, what: str, untouched: str) -> str:
    """The UTF-8 text of a file, without its byte order mark. Line ends are as they are in the file.

    ``what`` it is, such as "the plan"; ``untouched`` ends the message of a failure, such as "nothing was written".
    Raises ``UsageError``.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason, advice = why(error, _whole(path))
        raise UsageError(f"cannot read {what} {_whole(path)}: {reason}; {untouched}. {advice}") from error
    except ValueError as error:  # a NUL in the name
        raise UsageError(f"cannot read {what} {str(path)!r}: no file has such a name; {untouched}") from error
    return decoded(raw, f"{what} {_whole(path)}", untouched)


def decoded(raw: bytes, name: str, untouched: str) -> str:
    """UTF-8 as text, without a byte order mark. Raises ``UsageError`` naming the line that is not."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{name}, line {line}: not UTF-8 text; {untouched}. Save it as UTF-8, then try again."
        ) from error


def replace(path: Path, content: str | bytes, untouched: str = "nothing was written") -> None:
    """Put a file in place of the one of that name, in one step: a full disk leaves the old one as it was.

    Text is written as UTF-8. A link is followed; what is no file (a pipe, a terminal) is written to as it stands.
    Raises ``UsageError``; ``untouched`` ends its message.
    """
    raw = content.encode() if isinstance(content, str) else content
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if target.exists() and not target.is_file():
            target.write_bytes(raw)
        else:
            _in_one_step(target, raw)
    except OSError as error:
        reason, advice = why(error, _whole(path), writing=True)
        raise UsageError(f"cannot write {_whole(path)}: {reason}; {untouched}. {advice}") from error
    except ValueError as error:  # a NUL in the name
        raise UsageError(f"cannot write {str(path)!r}: no file has such a name; {untouched}") from error


def _in_one_step(path: Path, raw: bytes) -> None:
    beside = path.with_name(f".{path.name[:200]}.{os.getpid()}.new")
    try:
        with beside.open("wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except OSError:
        with suppress(OSError):  # the first error is the one to tell
            beside.unlink(missing_ok=True)
        raise


def _whole(path: Path) -> Path:
    """The whole path: a relative one depends on where the program was started."""
    return Path(os.path.normpath(path.absolute()))


def _missing(path: Path) -> Path:
    """The first directory of a path that is not there, or the path itself."""
    for parent in reversed(path.parents):
        if not parent.exists():
            return parent
    return path
