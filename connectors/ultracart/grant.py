"""OAuth: a login that a person granted, whose refresh token is replaced with every use and kept before anything uses it.

There is no secret to refer to: the first refresh token comes from the login (``login``), and the connection's token file is the
one truth from then on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from connectors.http import Redactor
from connectors.ultracart.grant_file import GrantFile, Kept
from connectors.ultracart.settings import Settings
from connectors.ultracart.tokens import TOKENS, TokenEndpoint
from engine.errors import AuthenticationError, Rejected
from engine.ports import ConnectionContext


class Grant:
    """``connectors.http.Auth`` for one account. Safe to call from several tasks of one loop at once."""

    def __init__(
        self,
        context: ConnectionContext,
        settings: Settings,
        redactor: Redactor,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.connection, self._redactor, self._wall = context.name, redactor, wall
        where, file = settings.where.base_url, context.token_file
        self._file = GrantFile(file, context.name, where, settings.client_id) if file else None
        self.endpoint = TokenEndpoint(context.name, settings, redactor)
        self._kept: Kept | None = None
        self._unsaved = False
        self._lock = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        """The access token; refreshed first when it is about to end."""
        kept = self._kept
        if self._unsaved or kept is None or not kept.access.usable(self._wall()):
            kept = await self._current(refused="")
        return {"Authorization": f"Bearer {kept.access.value}"}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Another access token than the one that was answered with 401."""
        await self._current(refused=refused.get("Authorization", "").removeprefix("Bearer "))
        return True

    async def ready(self) -> None:
        """Before a login is asked for: raise ``AuthenticationError`` when its grant could not be kept."""
        file = self._place()
        await asyncio.to_thread(file.load)
        await self._prove(file)

    async def accept(self, answer: Mapping[str, Any]) -> str:
        """Keep what a login gave; the account's id. Another account's is refused and forgotten."""
        file = self._place()
        async with self._lock:
            before = await asyncio.to_thread(file.load)
            kept = self._read(answer, before.merchant if before else "", "")
            await self._keep(file, kept)
            return kept.merchant

    async def _current(self, refused: str) -> Kept:
        async with self._lock:
            file = self._place()
            if self._unsaved and self._kept is not None:
                await self._keep(file, self._kept)
            stored = await asyncio.to_thread(file.load)
            for kept in (stored, self._kept):
                if kept and kept.access.value != refused and kept.access.usable(self._wall()):
                    return self._use(kept)
            if stored is None:
                raise self._error(f"Reconnect needed: nobody has logged in yet. {self._advice}", "login_required")
            return await self._refresh(file, stored)

    async def _refresh(self, file: GrantFile, kept: Kept) -> Kept:
        await self._prove(file)
        try:
            answer = await self.endpoint.ask(TOKENS, grant_type="refresh_token", refresh_token=kept.refresh_token)
        except (Rejected, AuthenticationError) as error:
            if error.code == "invalid_grant":
                raise self._error(
                    f"Reconnect needed: UltraCart refused the login (invalid_grant, request {error.request_id}). It was "
                    f"revoked, replaced, or unused for too long. Nothing was written. {self._advice}",
                    error.code,
                    error.request_id,
                ) from None
            raise self.refused(error) from None
        new = self._read(answer, kept.merchant, kept.refresh_token)
        await self._keep(file, new)
        return new

    def _read(self, answer: Mapping[str, Any], merchant: str, refresh_token: str) -> Kept:
        access = self.endpoint.access_of(answer, self._wall())
        theirs = str(answer.get("merchant_id") or merchant)
        if merchant and theirs != merchant:
            raise self._error(
                f"the login is for account {theirs}, this connection is for account {merchant}. For another account add a "
                "connection of another name. Nothing was kept"
            )
        successor = str(answer.get("refresh_token") or refresh_token)
        if not successor:
            raise self.endpoint.client.protocol_error("the token endpoint's answer holds no refresh token")
        return Kept(successor, access, theirs)

    async def _keep(self, file: GrantFile, kept: Kept) -> None:
        """Save before use. A grant that cannot be saved stays in memory, is not used, and is saved by the next request."""
        self._use(kept)
        self._unsaved = True
        try:
            await asyncio.to_thread(file.save, kept)
        except OSError as error:
            raise self._error(
                f"UltraCart gave a new refresh token and it cannot be kept ({error.strerror or 'no reason given'}). It is "
                "held by this process only: repair the disk, then test the connection before ending this process"
            ) from None
        self._unsaved = False

    async def _prove(self, file: GrantFile) -> None:
        try:
            await asyncio.to_thread(file.prove)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise self._error(f"a new refresh token could not be kept ({why}), so none was asked for") from None

    def _place(self) -> GrantFile:
        if self._file is None:
            raise self._error(
                "its refresh token rotates, and there is no file to keep the next one in. Open the connection from a "
                "workspace. Nothing was sent"
            )
        return self._file

    def _use(self, kept: Kept) -> Kept:
        self._redactor.add(kept.refresh_token)
        self._redactor.add(kept.access.value)
        self._kept = kept
        return kept

    @property
    def _advice(self) -> str:
        return f"Log in: crosswalk connection login {self.connection} (in the console: Connections, l)"

    def refused(self, error: AuthenticationError | Rejected) -> AuthenticationError:
        """A refusal that another login does not cure: it is the application's."""
        return self._error(
            f"UltraCart refused the application: {error}. Check client_id and scope", error.code, error.request_id
        )

    def _error(self, message: str, code: str = "", request_id: str = "") -> AuthenticationError:
        return AuthenticationError(
            self._redactor.clean(message), connection=self.connection, code=code, request_id=request_id
        )
