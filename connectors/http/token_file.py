"""A token kept between processes: one small file of mode 0600, replaced as a whole.

Callers hold the connection's lock (engine, processes), so one process at a time writes it. A token is only used for
the account it was issued to: ``account`` is a digest of whatever identifies it, never a secret.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from pathlib import Path

from connectors.http.auth import Token


class TokenFile:
    """Loads and saves the token of one account; a file that others can read is not trusted."""

    def __init__(self, path: Path, *account: str) -> None:
        self._path = path
        self._account = hashlib.sha256("\0".join(account).encode()).hexdigest()[:16]

    def load(self) -> Token | None:
        """The token kept for this account, expired or not; None when there is none that can be used."""
        try:
            if stat.S_IMODE(self._path.stat().st_mode) & 0o077:
                return None
            kept = json.loads(self._path.read_text("utf-8"))
            if kept["account"] != self._account:
                return None
            return Token(str(kept["token"]), float(kept["expires_at"]), float(kept["lifetime"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # absent or damaged: it is a cache, a new token is fetched instead

    def save(self, token: Token) -> None:
        """Replace the file atomically; raises ``OSError`` when the directory cannot be written."""
        content = {
            "account": self._account,
            "token": token.value,
            "expires_at": token.expires_at,
            "lifetime": token.lifetime,
        }
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)  # created with mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
