"""The grant of one company: Intuit's refresh token, which rotates (``connectors.http.rotating_grant``)."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from connectors.http import Client, Pace, Redactor, RetryPolicy, SecretSource, SeededGrant, Token
from connectors.http.rotating_grant import USED_UP
from connectors.quickbooks.faults import DIALECT
from connectors.quickbooks.grant_file import CompanyFile, Kept
from connectors.quickbooks.settings import Settings
from engine.errors import AuthenticationError, Rejected
from engine.ports import ConnectionContext

_LIFETIME = 3600.0  # seconds of an access token, when the answer does not say
_HALF_MINUTE = 120.0  # token requests a minute: there is one an hour, this only bounds a loop of failures


class CompanyGrant(SeededGrant[Kept]):
    """``connectors.http.Auth`` for one company. Safe to call from several tasks of one loop at once."""

    system = "Intuit"

    def __init__(
        self,
        context: ConnectionContext,
        settings: Settings,
        redactor: Redactor,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        path = context.token_file
        file = CompanyFile(path, context.name, settings.realm, settings.client_id) if path else None
        super().__init__(context.name, file, SecretSource(context, redactor), redactor, wall=wall)
        self._settings = settings
        policy = RetryPolicy(throttle=settings.backoff, throttle_longest=settings.backoff)
        self.client = Client(context.name, settings.tokens, DIALECT, Pace(_HALF_MINUTE), redactor, policy)

    @property
    def refresh_expires_at(self) -> float:
        """When the refresh token ends unless it is used (seconds since the epoch), 0 when not known."""
        return self._kept.refresh_expires_at if self._kept else 0.0

    async def _exchange(self, refresh_token: str, seed: str, before: Kept | None) -> Kept:
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
            if error.code != USED_UP:
                raise self._error(f"the token endpoint refused the app: {error}") from None
            raise self._reconnect(error.request_id) from None
        except AuthenticationError as error:
            again = await self._secrets.get("client_secret", again=True)
            if again != secret:
                return await self._exchange(refresh_token, seed, before)
            raise self._error(f"client_id and client_secret were refused: {error}") from None
        return self._read(reply.data, refresh_token, seed, reply.request_id)

    def _read(self, data: Any, refresh_token: str, seed: str, request_id: str) -> Kept:
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
        return Kept(
            refresh_token=str(answer.get("refresh_token") or refresh_token),
            access=Token(access, now + lifetime, lifetime),
            seed=seed,
            refresh_expires_at=now + ends if ends else 0.0,
        )

    def _reconnect(self, request_id: str) -> AuthenticationError:
        return self._error(
            f"Reconnect needed: Intuit refused the refresh token (invalid_grant, request {request_id}). It was replaced, "
            "revoked, unused for 100 days, or is five years old. Nothing was written. Connect the app to company "
            f"{self._settings.realm} again, put the new refresh token where option refresh_token refers to, and test "
            "the connection",
            USED_UP,
            request_id,
        )


def _seconds(value: Any, default: float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return default
