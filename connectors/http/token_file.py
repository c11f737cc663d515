"""A token kept between processes: a cache in one small private file, replaced as a whole.

Callers hold the connection's lock (engine, processes), so one process at a time writes it. A token is only used for
the account it was issued to: ``account`` is a digest of whatever identifies it, never a secret.
"""

from __future__ import annotations

import json
from pathlib import Path

from connectors.http import private_file
from connectors.http.auth import Token
from connectors.http.grant_file import digest


class TokenFile:
    """Loads and saves the token of one account; a file that others can read is not trusted."""

    def __init__(self, path: Path, *account: str) -> None:
        self._path = path
        self._account = digest(*account)

    def load(self) -> Token | None:
        """The token kept for this account, expired or not; None when there is none that can be used."""
        try:
            kept = json.loads(private_file.read(self._path) or "")
            if kept["account"] != self._account:
                return None
            return Token(str(kept["token"]), float(kept["expires_at"]), float(kept["lifetime"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # absent, damaged or open to others: it is a cache, a new token is fetched instead

    def save(self, token: Token) -> None:
        """Replace the file atomically; raises ``OSError`` when the directory cannot be written."""
        content = {
            "account": self._account,
            "token": token.value,
            "expires_at": token.expires_at,
            "lifetime": token.lifetime,
        }
        private_file.replace(self._path, json.dumps(content))
