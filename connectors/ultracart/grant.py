"""The login of one account, which a person granted with a code (``login``); its refresh token rotates
(``connectors.http.rotating_grant``).

There is no secret to refer to: the first refresh token comes from the login, and the connection's token file is the one truth
from then on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from connectors.http import GrantFile, Redactor, RotatingGrant
from connectors.http.rotating_grant import USED_UP
from connectors.ultracart.grant_file import Kept, LoginFile
from connectors.ultracart.settings import Settings
from connectors.ultracart.tokens import TOKENS, TokenEndpoint
from engine.errors import AuthenticationError, Rejected
from engine.ports import ConnectionContext


class LoginGrant(RotatingGrant[Kept]):
    """``connectors.http.Auth`` for one account. Safe to call from several tasks of one loop at once."""

    system = "UltraCart"

    def __init__(
        self,
        context: ConnectionContext,
        settings: Settings,
        redactor: Redactor,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        path = context.token_file
        file = LoginFile(path, context.name, settings.where.base_url, settings.client_id) if path else None
        super().__init__(context.name, file, redactor, wall=wall)
        self.endpoint = TokenEndpoint(context.name, settings, redactor)

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

    async def _refresh(self, file: GrantFile[Kept], stored: Kept | None, refused: str) -> Kept:
        del refused
        if stored is None:
            raise self._error(f"Reconnect needed: nobody has logged in yet. {self._advice}", "login_required")
        await self._prove(file)
        try:
            answer = await self.endpoint.ask(TOKENS, grant_type="refresh_token", refresh_token=stored.refresh_token)
        except (Rejected, AuthenticationError) as error:
            if error.code == USED_UP:
                raise self._error(
                    f"Reconnect needed: UltraCart refused the login (invalid_grant, request {error.request_id}). It was "
                    f"revoked, replaced, or unused for too long. Nothing was written. {self._advice}",
                    error.code,
                    error.request_id,
                ) from None
            raise self.refused(error) from None
        return await self._keep(file, self._read(answer, stored.merchant, stored.refresh_token))

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
        return Kept(refresh_token=successor, access=access, merchant=theirs)

    @property
    def _advice(self) -> str:
        return f"Log in: crosswalk connection login {self.connection} (in the console: Connections, l)"

    def refused(self, error: AuthenticationError | Rejected) -> AuthenticationError:
        """A refusal that another login does not cure: it is the application's."""
        return self._error(
            f"UltraCart refused the application: {error}. Check client_id and scope", error.code, error.request_id
        )
