"""OAuth 2 with a refresh token that rotates: one task refreshes, and the successor is kept before anything uses it.

The admin gives a refresh token once, by any kind of secret reference; it is only the seed. Its successors live in the
connection's token file, which is then the one truth. A read-only reference cannot hold a successor, so without a token file
the grant is refused. When Intuit refuses the kept token and the reference holds another seed by now (the admin
connected again), that one is taken.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from connectors.http import Client, Pace, Redactor, RetryPolicy, SecretSource, Token
from connectors.quickbooks.faults import DIALECT
from connectors.quickbooks.grant_file import Grant, GrantFile, digest
from connectors.quickbooks.settings import Settings
from engine.errors import AuthenticationError, Rejected
from engine.ports import ConnectionContext

_LIFETIME = 3600.0  # seconds of an access token, when the answer does not say
_HALF_MINUTE = 120.0  # token requests a minute: there is one an hour, this only bounds a loop of failures


class RotatingGrant:
    """``connectors.http.Auth`` for one company. Safe to call from several tasks of one loop at once."""

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
        file = context.token_file
        self._file = GrantFile(file, context.name, settings.realm, settings.client_id) if file else None
        policy = RetryPolicy(throttle=settings.backoff, throttle_longest=settings.backoff)
        self.client = Client(context.name, settings.tokens, DIALECT, Pace(_HALF_MINUTE), redactor, policy)
        self._grant: Grant | None = None
        self._unsaved = False
        self._lock = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        """The access token; refreshed first when it is about to end."""
        grant = self._grant
        if self._unsaved or grant is None or grant.access is None or not grant.access.usable(self._wall()):
            grant = await self._current(refused="")
        assert grant.access is not None
        return {"Authorization": f"Bearer {grant.access.value}"}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Another access token than the one that was answered with 401."""
        await self._current(refused=refused.get("Authorization", "").removeprefix("Bearer "))
        return True

    @property
    def refresh_expires_at(self) -> float:
        """When the refresh token ends unless it is used (seconds since the epoch), 0 when not known."""
        return self._grant.refresh_expires_at if self._grant else 0.0

    async def _current(self, refused: str) -> Grant:
        async with self._lock:
            if self._file is None:
                raise self._error(
                    "its refresh token rotates, and there is no file to keep the next one in: a read-only reference "
                    "(env:, command:) cannot hold it. Open the connection from a workspace. Nothing was sent"
                )
            if self._unsaved and self._grant is not None:
                await self._keep(self._file, self._grant)
            kept = await asyncio.to_thread(self._file.load)
            for grant in (self._grant, kept):
                if self._good(grant, refused):
                    assert grant is not None
                    return self._use(grant)
            return await self._refresh(self._file, kept, refused)

    def _good(self, grant: Grant | None, refused: str) -> bool:
        token = grant.access if grant else None
        return token is not None and token.value != refused and token.usable(self._wall())

    def _use(self, grant: Grant) -> Grant:
        self._redactor.add(grant.refresh_token)
        if grant.access:
            self._redactor.add(grant.access.value)
        self._grant = grant
        return grant

    async def _refresh(self, file: GrantFile, kept: Grant | None, refused: str) -> Grant:
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
            return await self._exchange(file, kept.refresh_token, kept.seed)
        except _UsedUp as used_up:
            newer = await asyncio.to_thread(file.load)
            if newer and newer.refresh_token != kept.refresh_token and self._good(newer, refused):
                return self._use(newer)  # another process was faster
            seed = await self._secrets.get("refresh_token", again=True)
            if digest(seed) == kept.seed:
                raise used_up.error from None
            return await self._exchange(file, seed, digest(seed))

    async def _exchange(self, file: GrantFile, refresh_token: str, seed: str) -> Grant:
        """Trade a refresh token for its successor and an access token. Raises ``_UsedUp`` when it is refused."""
        secret = await self._secrets.get("client_secret")
        basic = base64.b64encode(f"{self._settings.client_id}:{secret}".encode()).decode()
        self._redactor.add(basic)
        form = urlencode({"grant_type": "refresh_token", "refresh_token": refresh_token}).encode()
        try:
            reply = await self.client.request(
                "POST",
                self._settings.token_path,
                body=form,
                headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
                signed=False,
                safe=True,
            )
        except Rejected as error:
            if error.code != "invalid_grant":
                raise self._error(f"the token endpoint refused the app: {error}") from None
            raise _UsedUp(self._reconnect(error.request_id)) from None
        except AuthenticationError as error:
            again = await self._secrets.get("client_secret", again=True)
            if again != secret:
                return await self._exchange(file, refresh_token, seed)
            raise self._error(f"client_id and client_secret were refused: {error}") from None
        grant = self._read(reply.data, refresh_token, seed, reply.request_id)
        self._use(grant)
        await self._keep(file, grant)
        return grant

    def _read(self, data: Any, refresh_token: str, seed: str, request_id: str) -> Grant:
        answer = data if isinstance(data, dict) else {}
        access = answer.get("access_token")
        realm = str(answer.get("realmId") or answer.get("realm_id") or self._settings.realm)
        if not isinstance(access, str) or not access:
            raise self.client.protocol_error("the token endpoint's answer holds no access token", request_id)
        if realm != self._settings.realm:
            raise self._error(
                f"the tokens are for company {realm}, this connection is pinned to company {self._settings.realm}: "
                "connect the right company, or add a connection for the other. Nothing was written"
            )
        now = self._wall()
        lifetime = _seconds(answer.get("expires_in"), _LIFETIME)
        ends = _seconds(answer.get("x_refresh_token_expires_in"), 0.0)
        successor = str(answer.get("refresh_token") or refresh_token)
        return Grant(successor, now + ends if ends else 0.0, Token(access, now + lifetime, lifetime), seed)

    async def _keep(self, file: GrantFile, grant: Grant) -> None:
        """Save before use. A grant that cannot be saved stays in memory, is not used, and is saved by the next request."""
        self._unsaved = True
        try:
            await asyncio.to_thread(file.save, grant)
        except OSError as error:
            raise self._error(
                f"Intuit replaced the refresh token and the new one cannot be kept ({error.strerror or 'no reason given'}). "
                "It is held by this process only: repair the disk, then test the connection before ending this process"
            ) from None
        self._unsaved = False

    def _reconnect(self, request_id: str) -> AuthenticationError:
        error = self._error(
            f"Reconnect needed: Intuit refused the refresh token (invalid_grant, request {request_id}). It was replaced, "
            "revoked, unused for 100 days, or is five years old. Nothing was written. Connect the app to company "
            f"{self._settings.realm} again, put the new refresh token where option refresh_token refers to, and test "
            "the connection"
        )
        error.code, error.request_id = "invalid_grant", request_id
        return error

    def _error(self, message: str) -> AuthenticationError:
        return AuthenticationError(self._redactor.clean(message), connection=self._name)


class _UsedUp(AuthenticationError):
    """The token endpoint knows this refresh token no more. ``error`` is what to raise when there is no other."""

    def __init__(self, error: AuthenticationError) -> None:
        super().__init__(str(error), request_id=error.request_id, code=error.code)
        self.error = error


def _seconds(value: Any, default: float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return default
