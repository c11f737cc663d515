"""The refresh token between processes: one file of mode 0600 beside the workspace, replaced as a whole.

It is not a cache: with rotation Salesforce replaces a refresh token and the old one dies, so a lost file means authorizing again.
The caller holds the connection's lock, so one process at a time writes it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from connectors.http import private_file
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
            text = private_file.read(self._path)
        except private_file.Exposed as error:
            raise self._refused(str(error)) from None
        except OSError as error:
            raise self._refused(f"{self._path} cannot be read: {error.strerror}") from None
        if text is None:
            return None
        try:
            found = json.loads(text)
            account = found.pop("account")
            kept = Kept(**{name: str(value) for name, value in found.items()})
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        return kept if account == self._account else None

    def save(self, kept: Kept) -> None:
        """Replace the file atomically and durably. Raises ``OSError``."""
        private_file.replace(self._path, json.dumps({"account": self._account, **asdict(kept)}))

    def prove(self) -> None:
        """Raise ``OSError`` when a file of this size could not be kept: asked *before* a token is used up."""
        private_file.prove(self._path)

    def _refused(self, why: str) -> AuthenticationError:
        return AuthenticationError(f"{why}. Nothing was sent", connection=self._connection)
