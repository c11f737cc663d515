"""A login between processes: one file of mode 0600 beside the workspace, replaced as a whole.

It is not a cache: UltraCart replaces a refresh token and the old one dies, so a lost file means logging in again. The caller
holds the connection's lock, so one process at a time writes it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from connectors.http import Token, private_file
from engine.errors import AuthenticationError


@dataclass(frozen=True, slots=True)
class Kept:
    """What a login or a refresh gave; ``merchant`` is the account's id, empty when it was not told."""

    refresh_token: str
    access: Token
    merchant: str


class GrantFile:
    """The login of one connection, with one application at one address."""

    def __init__(self, path: Path, connection: str, where: str, client_id: str) -> None:
        self._path, self._connection = path, connection
        self._account = hashlib.sha256(f"{where}\0{client_id}".encode()).hexdigest()[:16]

    def load(self) -> Kept | None:
        """The login that is kept; None when there is none (or only a damaged one, or another application's).

        Raises ``AuthenticationError`` for a file that others can read.
        """
        try:
            text = private_file.read(self._path)
        except private_file.Exposed as error:
            raise self._refused(str(error)) from None
        except OSError as error:
            raise self._refused(f"{self._path} cannot be read: {error.strerror}") from None
        if text is None:
            return None
        try:
            found = json.loads(text)
            access = Token(str(found["access_token"]), float(found["expires_at"]), float(found["lifetime"]))
            kept = Kept(str(found["refresh_token"]), access, str(found["merchant"]))
            account = found["account"]
        except (ValueError, KeyError, TypeError):
            return None
        return kept if account == self._account else None

    def save(self, kept: Kept) -> None:
        """Replace the file atomically and durably. Raises ``OSError``."""
        content = {
            "account": self._account,
            "merchant": kept.merchant,
            "refresh_token": kept.refresh_token,
            "access_token": kept.access.value,
            "expires_at": kept.access.expires_at,
            "lifetime": kept.access.lifetime,
        }
        private_file.replace(self._path, json.dumps(content))

    def prove(self) -> None:
        """Raise ``OSError`` when a file of this size could not be kept: asked *before* a token is used up."""
        private_file.prove(self._path)

    def _refused(self, why: str) -> AuthenticationError:
        return AuthenticationError(f"{why}. Nothing was sent", connection=self._connection)
