"""The refresh token between processes: one file of mode 0600 beside the workspace, replaced as a whole.

It is not a cache: with rotation Salesforce replaces a refresh token and the old one dies, so a lost file means authorizing again.
The caller holds the connection's lock, so one process at a time writes it.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import AuthenticationError


@dataclass(frozen=True, slots=True)
class Kept:
    """What a refresh gave. ``seed`` is a digest of the refresh token that the admin gave, the first of this line."""

    refresh_token: str
    access_token: str
    instance_url: str
    org: str
    seed: str


def digest(*parts: str) -> str:
    """A short digest that identifies something without telling it."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


class GrantFile:
    """The grant of one connection, for one app and one login address."""

    def __init__(self, path: Path, connection: str, login: str, client_id: str) -> None:
        self._path, self._connection, self._account = path, connection, digest(login, client_id)

    def load(self) -> Kept | None:
        """The grant that is kept; None when there is none (or only a damaged one, or another app's).

        Raises ``AuthenticationError`` when others may read the file.
        """
        try:
            mode = stat.S_IMODE(self._path.stat().st_mode)
            text = self._path.read_text("utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        except OSError as error:
            raise self._refused(f"{self._path} cannot be read: {error.strerror}") from None
        if mode & 0o077:
            raise self._refused(f"{self._path} can be read by others (mode {mode:04o}); run: chmod 600 {self._path}")
        try:
            found = json.loads(text)
            account = found.pop("account")
            kept = Kept(**{name: str(value) for name, value in found.items()})
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        return kept if account == self._account else None

    def save(self, kept: Kept) -> None:
        """Replace the file atomically and durably. Raises ``OSError``."""
        folder = self._path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=self._path.name)  # created with mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"account": self._account, **asdict(kept)}, file)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
            _sync(folder)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def prove(self) -> None:
        """Raise ``OSError`` when a file of this size could not be kept: asked *before* a token is used up."""
        folder = self._path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=self._path.name) as file:
            file.write(b" " * 8192)
            file.flush()
            os.fsync(file.fileno())

    def _refused(self, why: str) -> AuthenticationError:
        return AuthenticationError(f"{why}. Nothing was sent", connection=self._connection)


def _sync(folder: Path) -> None:
    """The rename itself must survive a crash: the old token may be dead by now."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
