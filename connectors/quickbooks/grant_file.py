"""The refresh token between processes: one file of mode 0600 beside the workspace, replaced as a whole.

It is not a cache: Intuit replaces a refresh token and the old one dies, so a lost file means connecting again. The caller
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
class Grant:
    """What a refresh gave. ``seed`` is a digest of the refresh token that the admin gave, the first of this line."""

    refresh_token: str
    refresh_expires_at: float
    access: Token | None
    seed: str


def digest(*parts: str) -> str:
    """A short digest that identifies something without telling it."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


class GrantFile:
    """The grant of one company and one app."""

    def __init__(self, path: Path, connection: str, realm: str, client_id: str) -> None:
        self._path, self._connection, self._realm, self._client = path, connection, realm, digest(client_id)

    def load(self) -> Grant | None:
        """The grant that is kept, or None when there is none (or only a damaged one, or another app's).

        Raises ``AuthenticationError`` for a file that others can read, and for another company's: a connection is
        pinned to the company it was first connected to.
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
            kept = json.loads(text)
            realm, client, refresh = str(kept["realm"]), str(kept["client"]), str(kept["refresh_token"])
            token = Token(str(kept["access_token"]), float(kept["expires_at"]), float(kept["lifetime"]))
            expires, seed = float(kept["refresh_expires_at"]), str(kept["seed"])
        except (ValueError, KeyError, TypeError):
            return None
        if realm != self._realm:
            raise self._refused(
                f"this connection is connected to company {realm}, and realm_id says {self._realm}. For another company "
                f"add a connection of another name; to let this one change companies delete {self._path} first"
            )
        if client != self._client:
            return None
        return Grant(refresh, expires, token if token.value else None, seed)

    def save(self, grant: Grant) -> None:
        """Replace the file atomically and durably. Raises ``OSError``."""
        access = grant.access or Token("", 0.0, 0.0)
        content = {
            "realm": self._realm,
            "client": self._client,
            "seed": grant.seed,
            "refresh_token": grant.refresh_token,
            "refresh_expires_at": grant.refresh_expires_at,
            "access_token": access.value,
            "expires_at": access.expires_at,
            "lifetime": access.lifetime,
        }
        private_file.replace(self._path, json.dumps(content))

    def prove(self) -> None:
        """Raise ``OSError`` when a file of this size could not be kept: asked *before* a token is used up."""
        private_file.prove(self._path)

    def _refused(self, why: str) -> AuthenticationError:
        return AuthenticationError(f"{why}. Nothing was sent", connection=self._connection)
