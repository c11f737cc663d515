"""UltraCart's OAuth endpoints: the device flow, and refresh tokens that are replaced with every use."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors.sandbox.wire import Call, Reply, Route, as_json

__all__ = ["OAuth"]

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


@dataclass(slots=True)
class Waiting:
    """A device that waits for a person. ``polled`` is when it last asked, ``interval`` how long it must wait between."""

    device_code: str
    user_code: str
    ends: float
    interval: float
    polled: float = 0.0
    granted: bool | None = None


class OAuth:
    """The grants of one app. ``interval`` and ``seconds`` are real seconds; ``auto`` grants at the first poll."""

    def __init__(
        self,
        client_id: str,
        *,
        token_seconds: float = 3600,
        device_seconds: float = 600,
        interval: float = 5,
        auto: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client_id, self.token_seconds, self.device_seconds = client_id, token_seconds, device_seconds
        self.interval, self.auto, self._clock = interval, auto, clock
        self.restart()

    def restart(self) -> None:
        """Nobody was ever granted anything."""
        self.waiting: dict[str, Waiting] = {}
        self.refresh_token = ""
        self.refreshed = 0
        self._access: dict[str, float] = {}

    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/oauth/device/authorize", self._authorize),
            Route("POST", "/oauth/token", self._token),
            Route("POST", "/oauth/revoke", self._revoke),
        )

    def holds(self, access_token: str) -> bool:
        return self._clock() < self._access.get(access_token, 0.0)

    def expire(self) -> None:
        """All access tokens end now; the refresh token stays."""
        self._access.clear()

    def decide(self, user_code: str, *, granted: bool) -> None:
        """What the person at the address says. Raises ``ValueError`` for a code nobody waits with."""
        found = [one for one in self.waiting.values() if one.user_code == user_code]
        if not found:
            raise ValueError(f"nobody waits with code {user_code!r}")
        found[0].granted = granted

    def _authorize(self, call: Call) -> Reply:
        if call.arg("client_id") != self.client_id:
            return _no("invalid_client", "The client id is not known.", 401)
        if not call.arg("scope"):
            return _no("invalid_request", "scope is required.")
        word = "".join(secrets.choice(LETTERS) for _ in range(8))
        one = Waiting(
            secrets.token_urlsafe(24), f"{word[:4]}-{word[4:]}", self._clock() + self.device_seconds, self.interval
        )
        self.waiting[one.device_code] = one
        address = f"http://{call.headers.get('host', 'localhost')}/device"
        return as_json(
            {
                "device_code": one.device_code,
                "user_code": one.user_code,
                "verification_uri": address,
                "verification_uri_complete": f"{address}?user_code={one.user_code}",
                "expires_in": max(1, int(self.device_seconds)),
                "interval": self.interval if self.interval < 1 else int(self.interval),
            }
        )

    def _token(self, call: Call) -> Reply:
        if call.arg("client_id") != self.client_id:
            return _no("invalid_client", "The client id is not known.", 401)
        if call.arg("grant_type") == DEVICE:
            return self._poll(call.arg("device_code"))
        if call.arg("grant_type") != "refresh_token":
            return _no("unsupported_grant_type", "This grant type is not supported.")
        given = call.arg("refresh_token")
        if not self.refresh_token or not secrets.compare_digest(given.encode(), self.refresh_token.encode()):
            return _no("invalid_grant", "The refresh token is not valid.")
        self.refreshed += 1
        return self._granted()

    def _poll(self, device_code: str) -> Reply:
        one, now = self.waiting.get(device_code), self._clock()
        if one is None or now >= one.ends:
            return _no("expired_token", "The device code has expired.")
        too_soon, one.polled = one.polled and now < one.polled + one.interval * 0.9, now
        if too_soon:
            one.interval += self.interval
            return _no("slow_down", "Polled too often.")
        if one.granted is None and not self.auto:
            return _no("authorization_pending", "The user has not decided yet.")
        del self.waiting[device_code]
        if one.granted is False:
            return _no("access_denied", "The user denied the request.")
        return self._granted()

    def _granted(self) -> Reply:
        self.refresh_token = f"RT-{secrets.token_hex(16)}"
        access = secrets.token_urlsafe(32)
        self._access[access] = self._clock() + self.token_seconds
        return as_json(
            {
                "access_token": access,
                "refresh_token": self.refresh_token,
                "expires_in": str(int(self.token_seconds)),
                "scope": "item_read item_write",
                "token_type": "bearer",
                "merchant_id": "DEMO",
            }
        )

    def _revoke(self, call: Call) -> Reply:
        if call.arg("token") == self.refresh_token:
            self.refresh_token = ""
        self._access.pop(call.arg("token"), None)
        return as_json({"message": "revoked", "successful": True})


def _no(error: str, description: str, status: int = 400) -> Reply:
    return as_json({"error": error, "error_description": description, "error_uri": None}, status)
