"""UltraCart's OAuth endpoints: forms in, JSON out. What they answer holds secrets, which the redactor knows before anybody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from connectors.http import Client, Pace, Redactor, RetryPolicy, Token
from connectors.ultracart.errors import DIALECT
from connectors.ultracart.settings import VERSION, Settings

AUTHORIZE, TOKENS = "/oauth/device/authorize", "/oauth/token"
_A_MINUTE = 60.0  # requests a minute: a login asks every few seconds, this only bounds a loop of failures
_LIFETIME = 3600.0  # seconds of an access token, when the answer does not say


class TokenEndpoint:
    """The requests that obtain tokens. They are not signed, and count against no budget of items and orders."""

    def __init__(self, connection: str, settings: Settings, redactor: Redactor) -> None:
        self._settings, self._redactor = settings, redactor
        policy = RetryPolicy(
            throttle=settings.backoff, throttle_longest=settings.backoff * 8, patience=settings.backoff * 8
        )
        pace = Pace(max(_A_MINUTE, settings.per_hour / 60))
        self.client = Client(connection, settings.where, DIALECT, pace, redactor, policy)

    async def ask(self, path: str, **form: str) -> dict[str, Any]:
        """Raises ``AuthenticationError`` or ``Rejected`` with OAuth's own code (``invalid_grant``, ``slow_down`` ...)."""
        for name in ("refresh_token", "device_code"):
            if name in form:
                self._redactor.add(form[name])
        kind = {"Content-Type": "application/x-www-form-urlencoded", **VERSION}
        body = urlencode({"client_id": self._settings.client_id, **form}).encode()
        reply = await self.client.request("POST", path, body=body, headers=kind, signed=False, safe=True)
        if not isinstance(reply.data, dict):
            raise self.client.protocol_error(f"the answer of {path} is no object", reply.request_id)
        for name in ("access_token", "refresh_token", "device_code"):
            if reply.data.get(name):
                self._redactor.add(str(reply.data[name]))
        return reply.data

    def access_of(self, answer: Mapping[str, Any], now: float) -> Token:
        """The access token of an answer, which ends so many seconds after ``now``."""
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise self.client.protocol_error("the token endpoint's answer holds no access token")
        lifetime = seconds(answer.get("expires_in"), _LIFETIME)
        return Token(token, now + lifetime, lifetime)


def seconds(value: Any, default: float) -> float:
    """A number of seconds, which UltraCart sends as a number or as text."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return default
    return found if 0 < found < float("inf") else default
