"""A grant between processes: one file of mode 0600 beside the workspace, replaced as a whole.

It is not a cache: the system replaces a refresh token and the old one dies, so a lost file means connecting again. The
caller holds the connection's lock, so one process at a time writes it.
"""

from __future__ import annotations

import hashlib
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from connectors.http import private_file
from connectors.http.auth import Token
from engine.errors import AuthenticationError


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptGrant:
    """What a login or a refresh gave. ``seed`` is a digest of the refresh token that an admin gave, the first of this line.

    A token of a system that tells no lifetime ends at infinity: it is used until it is refused.
    """

    refresh_token: str
    access: Token
    seed: str = ""


K = TypeVar("K", bound=KeptGrant)


def digest(*parts: str) -> str:
    """A short digest that identifies something without telling it."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


class GrantFile(ABC, Generic[K]):
    """The grant of one connection. A connector says what it holds (``_content``) and whether it is the right one (``_parse``)."""

    def __init__(self, path: Path, connection: str) -> None:
        self._path, self._connection = path, connection

    def load(self) -> K | None:
        """The grant that is kept; None when there is none (or only a damaged one, or another app's).

        Raises ``AuthenticationError`` for a file that others can read, or that ``_parse`` refuses.
        """
        try:
            text = private_file.read(self._path)
        except private_file.Exposed as error:
            raise self._refused(str(error)) from None
        except OSError as error:
            raise self._refused(f"{self._path} cannot be read: {error.strerror}") from None
        try:
            return None if text is None else self._parse(json.loads(text))
        except (ValueError, LookupError, TypeError, AttributeError):
            return None

    def save(self, kept: K) -> None:
        """Replace the file atomically and durably. Raises ``OSError``."""
        content = {"refresh_token": kept.refresh_token, "access_token": kept.access.value}
        if kept.seed:
            content["seed"] = kept.seed
        ends = {"expires_at": kept.access.expires_at, "lifetime": kept.access.lifetime}
        private_file.replace(
            self._path,
            json.dumps({**self._content(kept), **content, **(ends if math.isfinite(kept.access.expires_at) else {})}),
        )

    def prove(self) -> None:
        """Raise ``OSError`` when a file of this size could not be kept: asked *before* a token is used up."""
        private_file.prove(self._path)

    @abstractmethod
    def _content(self, kept: K) -> Mapping[str, Any]:
        """What is kept besides the tokens: whose they are above all."""

    @abstractmethod
    def _parse(self, found: Mapping[str, Any]) -> K | None:
        """The grant in a file's content; None for another app's. What raises for want of a part counts as damaged."""

    def _refused(self, why: str) -> AuthenticationError:
        return AuthenticationError(f"{why}. Nothing was sent", connection=self._connection)


def access_in(found: Mapping[str, Any]) -> Token:
    """The access token in a file's content; its value is empty where it holds none."""
    ends, lifetime = (float(found.get(name, math.inf)) for name in ("expires_at", "lifetime"))
    return Token(str(found["access_token"]), ends, lifetime)
