"""Sessions of one org: who we are (three grants) and where the org lives (``instance_url``).

Salesforce tells no lifetime: a session is used until it is refused (401), then there is one other, and the request is sent
once more. One task signs in at a time; whoever comes meanwhile waits for the same session.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from connectors.http import Client, Endpoint, Pace, Redactor, SecretSource, endpoint
from connectors.salesforce.assertion import sign
from connectors.salesforce.faults import DIALECT
from connectors.salesforce.grant_file import GrantFile, Kept, digest
from connectors.salesforce.settings import Grants, Settings
from engine.errors import AuthenticationError, Rejected, UsageError
from engine.ports import ConnectionContext

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_A_MINUTE = 60.0  # sign-ins a minute: this only bounds a loop of failures


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in session. ``org`` is the org's id, empty when the answer did not tell."""

    token: str
    where: Endpoint
    org: str


class Grant:
    """``connectors.http.Auth`` for one org. Safe to call from several tasks of one loop at once."""

    def __init__(
        self,
        context: ConnectionContext,
        settings: Settings,
        redactor: Redactor,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._context, self._settings, self._redactor, self._wall = context, settings, redactor, wall
        self._secrets = SecretSource(context, redactor)
        file = context.token_file
        login = settings.login.base_url
        self._file = GrantFile(file, context.name, login, settings.client_id) if file else None
        self.client = Client(context.name, settings.login, DIALECT, Pace(_A_MINUTE * 60), redactor)
        self._session: Session | None = None
        self._unsaved: Kept | None = None
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
            if self._session is not None and self._session.token != refused and self._unsaved is None:
                return self._session
            if self._settings.auth is Grants.REFRESH_TOKEN:
                self._session = await self._refreshed(refused)
            else:
                answer = await self._ask(await self._form(), "the app or the user")
                self._session = self._read(answer)
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
            self._context.name,
            settings.client_id,
            settings.username,
            settings.audience,
            key,
            self._wall(),
        )
        self._redactor.add(assertion)
        return {"grant_type": JWT_BEARER, "assertion": assertion}

    # ------------------------------------------------------------------------------------------------ refresh tokens
    async def _refreshed(self, refused: str) -> Session:
        file = self._file
        if file is None:
            raise self._error(
                "its refresh token may rotate, and there is no file to keep the next one in: a read-only reference "
                "(env:, command:) cannot hold it. Open the connection from a workspace. Nothing was sent"
            )
        if self._unsaved is not None:
            await self._keep(file, self._unsaved)
        kept = await asyncio.to_thread(file.load)
        if kept and kept.access_token and kept.access_token != refused:
            return self._use(kept)  # another process signed in, or this one did before
        try:
            await asyncio.to_thread(file.prove)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise self._error(f"the next refresh token could not be kept ({why}), so none was asked for") from None
        if kept is None:
            seed = await self._secrets.get("refresh_token", again=True)
            return await self._exchange(file, seed, digest(seed))
        self._redactor.add(kept.refresh_token)
        try:
            return await self._exchange(file, kept.refresh_token, kept.seed, kept.org)
        except AuthenticationError as error:
            seed = await self._secrets.get("refresh_token", again=True)
            if error.code != "invalid_grant" or digest(seed) == kept.seed:
                raise
            return await self._exchange(file, seed, digest(seed), kept.org)  # the admin authorized again

    async def _exchange(self, file: GrantFile, refresh_token: str, seed: str, org: str = "") -> Session:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": self._settings.client_id}
        if self._settings.has_secret:
            form["client_secret"] = await self._secrets.get("client_secret", again=True)
        answer = await self._ask(form, "the refresh token")
        session = self._read(answer)
        if org and session.org and org != session.org:
            raise self._error(
                f"the tokens are for org {session.org}, this connection is for org {org}. For another org add a connection "
                "of another name. Nothing was written"
            )
        successor = str(answer.get("refresh_token") or refresh_token)
        kept = Kept(successor, session.token, session.where.base_url, session.org, seed)
        self._redactor.add(successor)
        await self._keep(file, kept)
        return session

    async def _keep(self, file: GrantFile, kept: Kept) -> None:
        """Save before use. A grant that cannot be saved stays in memory, is not used, and is saved by the next request."""
        self._unsaved = kept
        try:
            await asyncio.to_thread(file.save, kept)
        except OSError as error:
            raise self._error(
                f"Salesforce may have replaced the refresh token and the new one cannot be kept ({error.strerror or 'no reason given'}). "
                "It is held by this process only: repair the disk, then test the connection before ending this process"
            ) from None
        self._unsaved = None

    def _use(self, kept: Kept) -> Session:
        self._redactor.add(kept.refresh_token)
        self._redactor.add(kept.access_token)
        return Session(kept.access_token, self._at(kept.instance_url), kept.org)

    # ------------------------------------------------------------------------------------------------ the token endpoint
    async def _ask(self, form: Mapping[str, str], what: str) -> dict[str, Any]:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form).encode()
        try:
            reply = await self.client.request("POST", TOKEN_PATH, body=body, headers=kind, signed=False, safe=True)
        except (Rejected, AuthenticationError) as error:
            refusal = self._error(f"Salesforce refused {what}: {error}. {_advice(error.code, self._settings.auth)}")
            refusal.code, refusal.request_id = error.code, error.request_id
            raise refusal from None
        if not isinstance(reply.data, dict):
            raise self.client.protocol_error("the token endpoint's answer is no object", reply.request_id)
        return reply.data

    def _read(self, answer: Mapping[str, Any]) -> Session:
        token, address = answer.get("access_token"), answer.get("instance_url")
        if not isinstance(token, str) or not token or not isinstance(address, str):
            raise self.client.protocol_error("the token endpoint's answer holds no access token and instance_url")
        self._redactor.add(token)
        parts = str(answer.get("id") or "").rstrip("/").split("/")
        return Session(token, self._at(address), parts[-2] if len(parts) > 1 and parts[-2].startswith("00D") else "")

    def _at(self, address: str) -> Endpoint:
        try:
            return endpoint(replace(self._context, options={**self._context.options, "base_url": address}))
        except UsageError as error:
            raise self.client.protocol_error(f"the token endpoint's instance_url is no good: {error}") from None

    def _error(self, message: str) -> AuthenticationError:
        return AuthenticationError(self._redactor.clean(message), connection=self._context.name)


def _advice(code: str, auth: Grants) -> str:
    """What to do about a refusal, in the words of Salesforce's set-up."""
    if code in {"invalid_client_id", "invalid_client"}:
        return "Check client_id and client_secret against the external client app"
    if auth is Grants.JWT:
        return "Check username, audience and the app's certificate, and that an administrator pre-authorized the user"
    if auth is Grants.REFRESH_TOKEN:
        return "Reconnect needed: authorize the app again and put the new refresh token where option refresh_token refers to"
    return "Check that the app allows the client credentials flow and names an execution user"
