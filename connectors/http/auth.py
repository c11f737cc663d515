"""Who we are to a system: a fixed bearer secret, or a token that is fetched and expires.

Secrets are resolved from their references when first needed, kept in memory only, and known to the redactor before use.
A token is fetched by one task at a time; whoever comes meanwhile waits for the same token (single flight).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from connectors.http.redact import Redactor
from engine.errors import AuthenticationError, CrosswalkError
from engine.ports import ConnectionContext

log = logging.getLogger("crosswalk.http")
_LONGEST_MARGIN = 60.0  # seconds before its expiry from which a token is not used any more
_MARGIN_SHARE = 0.2  # of a short-lived token's life


class Auth(Protocol):
    """What signs the requests of one connection."""

    async def headers(self) -> Mapping[str, str]:
        """The headers that say who we are; may fetch a token first."""

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """The system answered 401 to these headers: get better ones. False when there are none to get."""


class SecretSource:
    """The secrets of one connection, by option name. References are resolved off the event loop."""

    def __init__(self, context: ConnectionContext, redactor: Redactor) -> None:
        self._context, self._redactor = context, redactor
        self._known: dict[str, str] = {}

    async def get(self, option: str, *, again: bool = False) -> str:
        """The secret that ``option`` refers to; ``again`` asks its source anew (it may have been replaced there).

        Raises ``AuthenticationError`` when the reference leads nowhere.
        """
        if again or option not in self._known:
            reference = self._context.options.get(option, "")
            try:
                secret = await asyncio.to_thread(self._context.secret, reference)
            except CrosswalkError as error:
                raise AuthenticationError(
                    f"the secret of option {option} cannot be had: {error}. Nothing was sent",
                    connection=self._context.name,
                ) from error
            self._redactor.add(secret)
            self._known[option] = secret
        return self._known[option]


class BearerSecret:
    """``Authorization: Bearer`` with a secret that an admin issued. A 401 asks the reference once more."""

    def __init__(self, secrets: SecretSource, option: str) -> None:
        self._secrets, self._option = secrets, option

    async def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {await self._secrets.get(self._option)}"}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        await self._secrets.get(self._option, again=True)
        return await self.headers() != refused


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the wall-clock time (seconds since the epoch) at which it ends."""

    value: str
    expires_at: float
    lifetime: float

    def usable(self, now: float) -> bool:
        """Whether it still has enough life for a request: a margin of a fifth of its life, at most a minute."""
        return now < self.expires_at - min(_LONGEST_MARGIN, self.lifetime * _MARGIN_SHARE)


class TokenKeeper(Protocol):
    """Where a token outlives this process."""

    def load(self) -> Token | None: ...

    def save(self, token: Token) -> None: ...


class TokenAuth:
    """``Authorization: Bearer`` with a fetched token, renewed before it expires and once after a 401.

    ``fetch`` asks the system for a token; ``extra`` gives headers that go with it; ``kept`` keeps it
    between processes (see ``token_file``) and is called by one task at a time. ``header`` and ``scheme`` are for a
    system that wants its token elsewhere.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Token]],
        redactor: Redactor,
        *,
        extra: Callable[[], Awaitable[Mapping[str, str]]] | None = None,
        kept: TokenKeeper | None = None,
        wall: Callable[[], float] = time.time,
        header: str = "Authorization",
        scheme: str = "Bearer ",
    ) -> None:
        self._fetch, self._redactor, self._extra = fetch, redactor, extra
        self._header, self._scheme = header, scheme
        self._kept, self._wall = kept, wall
        self._token: Token | None = None
        self._lock = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        token = self._token
        if token is None or not token.usable(self._wall()):
            token = await self._current(refused="")
        extra = await self._extra() if self._extra else {}
        return {self._header: f"{self._scheme}{token.value}", **extra}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        await self._current(refused=refused.get(self._header, "").removeprefix(self._scheme))
        return True

    async def _current(self, refused: str) -> Token:
        """The token that is good now, other than the ``refused`` one; only one task fetches."""
        async with self._lock:
            kept = await asyncio.to_thread(self._kept.load) if self._kept else None
            for token in (self._token, kept):
                if token is not None and token.value != refused and token.usable(self._wall()):
                    self._redactor.add(token.value)
                    self._token = token
                    return token
            token = await self._fetch()
            self._redactor.add(token.value)
            self._token = token
            if self._kept:
                try:
                    await asyncio.to_thread(self._kept.save, token)
                except OSError as error:
                    log.warning(
                        "the token cannot be kept for the next process: %s", error.strerror or "no reason given"
                    )
            return token
