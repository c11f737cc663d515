"""Sessions of one org: who we are (three grants) and where the org lives (``instance_url``).

Salesforce tells no lifetime: a session is used until it is refused (401), then there is one other, and the request is sent
once more. One task signs in at a time; whoever comes meanwhile waits for the same session.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping

from connectors.http import Redactor, SecretSource, SeededGrant, Token
from connectors.salesforce.assertion import sign
from connectors.salesforce.grant_file import Kept, OrgFile
from connectors.salesforce.settings import Grants, Settings
from connectors.salesforce.tokens import Session, TokenEndpoint
from engine.ports import ConnectionContext

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class OrgGrant:
    """``connectors.http.Auth`` for one org. Safe to call from several tasks of one loop at once."""

    def __init__(
        self,
        context: ConnectionContext,
        settings: Settings,
        redactor: Redactor,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._name, self._settings, self._redactor, self._wall = context.name, settings, redactor, wall
        self._secrets = SecretSource(context, redactor)
        self.endpoint = TokenEndpoint(context, settings, redactor)
        self._refreshing = _Refreshing(context, settings, self.endpoint, self._secrets, redactor)
        self._session: Session | None = None
        self._lock = asyncio.Lock()

    async def session(self) -> Session:
        """The session that is good as far as is known."""
        return self._session or await self._current(refused="")

    async def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {(await self.session()).token}"}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Another session than the one that was answered with 401, at the same org."""
        old = self._session
        new = await self._current(refused=refused.get("Authorization", "").removeprefix("Bearer "))
        # a client speaks to one address: where the org moved meanwhile the request must not be sent there again
        return old is None or old.where == new.where

    async def _current(self, refused: str) -> Session:
        async with self._lock:
            if self._settings.auth is Grants.REFRESH_TOKEN:
                kept = await self._refreshing.current(refused)
                self._session = Session(kept.access.value, self.endpoint.at(kept.instance_url), kept.org)
            elif self._session is None or self._session.token == refused:
                answer = await self.endpoint.ask(await self._form(), "the app or the user")
                self._session = self.endpoint.session(answer)
            return self._session

    async def _form(self) -> dict[str, str]:
        settings = self._settings
        if settings.auth is Grants.CLIENT_CREDENTIALS:
            secret = await self._secrets.get("client_secret", again=True)
            return {"grant_type": "client_credentials", "client_id": settings.client_id, "client_secret": secret}
        key = await self._secrets.get("private_key", again=True)
        # signing takes milliseconds of arithmetic: not on the loop
        assertion = await asyncio.to_thread(
            sign,
            self._name,
            settings.client_id,
            settings.username,
            settings.audience,
            key,
            self._wall(),
        )
        self._redactor.add(assertion)
        return {"grant_type": JWT_BEARER, "assertion": assertion}


class _Refreshing(SeededGrant[Kept]):
    """The grant by a refresh token, which rotates where the app says so."""

    system = "Salesforce"

    def __init__(
        self,
        context: ConnectionContext,
        settings: Settings,
        endpoint: TokenEndpoint,
        secrets: SecretSource,
        redactor: Redactor,
    ) -> None:
        path = context.token_file
        file = OrgFile(path, context.name, settings.login.base_url, settings.client_id) if path else None
        super().__init__(context.name, file, secrets, redactor)
        self._settings, self._endpoint = settings, endpoint

    async def _exchange(self, refresh_token: str, seed: str, before: Kept | None) -> Kept:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": self._settings.client_id}
        if self._settings.has_secret:
            form["client_secret"] = await self._secrets.get("client_secret", again=True)
        answer = await self._endpoint.ask(form, "the refresh token")
        session = self._endpoint.session(answer)
        org = before.org if before else ""
        if org and session.org and org != session.org:
            raise self._error(
                f"the tokens are for org {session.org}, this connection is for org {org}. For another org add a connection "
                "of another name. Nothing was written"
            )
        return Kept(
            refresh_token=str(answer.get("refresh_token") or refresh_token),
            access=Token(session.token, math.inf, math.inf),
            seed=seed,
            instance_url=session.where.base_url,
            org=session.org,
        )
