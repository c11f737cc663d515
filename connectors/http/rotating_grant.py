"""OAuth 2 with a refresh token that its use replaces: one task refreshes, and the successor is kept before anything uses it.

The connection's token file (``grant_file``) is the one truth. Before a refresh token is used up the file is proved to be
writable; a successor that cannot be saved all the same stays in memory, is not used, and is saved by the next request.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, Generic

from connectors.http.auth import SecretSource
from connectors.http.grant_file import GrantFile, K, digest
from connectors.http.redact import Redactor
from engine.errors import AuthenticationError

USED_UP = "invalid_grant"  # RFC 6749, 5.2: the refresh token is expired, revoked or replaced


class RotatingGrant(ABC, Generic[K]):
    """``connectors.http.Auth`` for one account. Safe to call from several tasks of one loop at once."""

    system: ClassVar[str]  # who gives the tokens, for messages
    no_file: ClassVar[str] = "its refresh token rotates, and there is no file to keep the next one in"

    def __init__(
        self,
        connection: str,
        file: GrantFile[K] | None,
        redactor: Redactor,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.connection, self._file, self._redactor, self._wall = connection, file, redactor, wall
        self._kept: K | None = None
        self._unsaved = False
        self._lock = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        """The access token; refreshed first when it is about to end."""
        kept = self._kept
        if self._unsaved or kept is None or not self._good(kept, refused=""):
            kept = await self.current()
        return {"Authorization": f"Bearer {kept.access.value}"}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Another access token than the one that was answered with 401."""
        await self.current(refused.get("Authorization", "").removeprefix("Bearer "))
        return True

    async def current(self, refused: str = "") -> K:
        """The grant whose access token is good now, other than the ``refused`` one; whoever comes meanwhile waits for it.

        Raises ``AuthenticationError``, of code ``invalid_grant`` when only connecting again helps.
        """
        async with self._lock:
            file = self._place()
            if self._unsaved and self._kept is not None:
                await self._keep(file, self._kept)
            stored = await asyncio.to_thread(file.load)
            for kept in (stored, self._kept):
                if kept is not None and self._good(kept, refused):
                    return self._use(kept)
            return await self._refresh(file, stored, refused)

    @abstractmethod
    async def _refresh(self, file: GrantFile[K], stored: K | None, refused: str) -> K:
        """Trade the stored refresh token for its successor, and ``_keep`` that."""

    def _good(self, kept: K, refused: str) -> bool:
        token = kept.access
        return bool(token.value) and token.value != refused and token.usable(self._wall())

    def _use(self, kept: K) -> K:
        self._redactor.add(kept.refresh_token)
        self._redactor.add(kept.access.value)
        self._kept = kept
        return kept

    async def _keep(self, file: GrantFile[K], kept: K) -> K:
        """Save before use."""
        self._use(kept)
        self._unsaved = True
        try:
            await asyncio.to_thread(file.save, kept)
        except OSError as error:
            raise self._error(
                f"{self.system} may have replaced the refresh token and the new one cannot be kept "
                f"({error.strerror or 'no reason given'}). It is held by this process only: repair the disk, then test the "
                "connection before ending this process"
            ) from None
        self._unsaved = False
        return kept

    async def _prove(self, file: GrantFile[K]) -> None:
        try:
            await asyncio.to_thread(file.prove)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise self._error(f"the next refresh token could not be kept ({why}), so none was asked for") from None

    def _place(self) -> GrantFile[K]:
        if self._file is None:
            raise self._error(f"{self.no_file}. Open the connection from a workspace. Nothing was sent")
        return self._file

    def _error(self, message: str, code: str = "", request_id: str = "") -> AuthenticationError:
        return AuthenticationError(
            self._redactor.clean(message), connection=self.connection, code=code, request_id=request_id
        )


class SeededGrant(RotatingGrant[K]):
    """A grant whose first refresh token, the seed, an admin gives by any kind of secret reference; it is used once.

    A read-only reference cannot hold a successor, so without a token file the grant is refused. When the system refuses
    the kept token and the reference holds another seed by now (the admin connected again), that one is taken.
    """

    no_file = f"{RotatingGrant.no_file}: a read-only reference (env:, command:) cannot hold it"

    def __init__(
        self,
        connection: str,
        file: GrantFile[K] | None,
        secrets: SecretSource,
        redactor: Redactor,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(connection, file, redactor, wall=wall)
        self._secrets = secrets

    async def _refresh(self, file: GrantFile[K], stored: K | None, refused: str) -> K:
        await self._prove(file)
        if stored is None:
            seed = await self._secrets.get("refresh_token", again=True)
            return await self._keep(file, await self._exchange(seed, digest(seed), None))
        self._redactor.add(stored.refresh_token)
        try:
            return await self._keep(file, await self._exchange(stored.refresh_token, stored.seed, stored))
        except AuthenticationError as error:
            if error.code != USED_UP:
                raise
            newer = await asyncio.to_thread(file.load)
            if newer and newer.refresh_token != stored.refresh_token and self._good(newer, refused):
                return self._use(newer)  # another process was faster
            seed = await self._secrets.get("refresh_token", again=True)
            if digest(seed) == stored.seed:
                raise
            return await self._keep(file, await self._exchange(seed, digest(seed), stored))

    @abstractmethod
    async def _exchange(self, refresh_token: str, seed: str, before: K | None) -> K:
        """Ask the token endpoint. ``before`` is what was kept until now: its account is the connection's.

        Raises ``AuthenticationError``, of code ``invalid_grant`` when this refresh token is used up.
        """
