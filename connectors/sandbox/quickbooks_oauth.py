"""Intuit's OAuth 2 endpoints: refresh with rotation, revocation, discovery.

A refresh gives a new refresh token and the old one is dead at once: harsher than Intuit, which replaces it about once a day,
so that a client which keeps the wrong one is found out.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from collections.abc import Callable, Sequence

from connectors.sandbox.wire import Call, Reply, Route, as_json

TOKEN_PATH = "/oauth2/v1/tokens/bearer"  # noqa: S105 - a path
REVOKE_PATH = "/v2/oauth2/tokens/revoke"
REFRESH_SECONDS = 8_640_000


class OAuth:
    """The tokens of one app and one company."""

    def __init__(self, client_id: str, token_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.client_id = client_id
        self.client_secret = secrets.token_urlsafe(24)
        self.seconds, self._clock = token_seconds, clock
        self.first = self.refresh_token = f"RT1-{secrets.token_hex(16)}"
        self.refreshed = 0
        self._access: dict[str, float] = {}

    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", TOKEN_PATH, self._token),
            Route("POST", REVOKE_PATH, self._revoke),
            Route("GET", "/.well-known/openid_configuration", self._discovery),
            Route("GET", "/.well-known/openid_sandbox_configuration", self._discovery),
        )

    def holds(self, access_token: str) -> bool:
        return self._clock() < self._access.get(access_token, 0.0)

    def expire(self) -> None:
        """All access tokens end now; the refresh token stays."""
        self._access.clear()

    def disconnect(self) -> None:
        """The company's administrator ends the app's access."""
        self.expire()
        self.refresh_token = ""

    def restart(self) -> None:
        """As started: the first refresh token is good again."""
        self.expire()
        self.refresh_token, self.refreshed = self.first, 0

    def _token(self, call: Call) -> Reply:
        if not self._basic_holds(call):
            return as_json({"error": "invalid_client"}, 401)
        if call.arg("grant_type") != "refresh_token":
            return as_json({"error": "unsupported_grant_type"}, 400)
        given = call.arg("refresh_token")
        if not self.refresh_token or not secrets.compare_digest(given.encode(), self.refresh_token.encode()):
            said = {"error_description": "Incorrect or invalid refresh token", "error": "invalid_grant"}
            return as_json(said, 400)
        self.refreshed += 1
        self.refresh_token = f"RT1-{secrets.token_hex(16)}"
        access = f"eyJ{secrets.token_urlsafe(48)}"
        self._access[access] = self._clock() + self.seconds
        return as_json(
            {
                "token_type": "bearer",
                "access_token": access,
                "expires_in": int(self.seconds),
                "refresh_token": self.refresh_token,
                "x_refresh_token_expires_in": REFRESH_SECONDS,
            }
        )

    def _revoke(self, call: Call) -> Reply:
        if not self._basic_holds(call):
            return as_json({"error": "invalid_client"}, 401)
        token = json.loads(call.body or b"{}").get("token", "")
        if token != self.refresh_token and not self.holds(token):
            return as_json({"error": "invalid_request"}, 400)
        self.disconnect()
        return Reply(200)

    def _discovery(self, call: Call) -> Reply:
        origin = f"http://{call.headers.get('host', 'localhost')}"
        return as_json(
            {
                "issuer": f"{origin}/v1/op",
                "authorization_endpoint": f"{origin}/connect/oauth2",
                "token_endpoint": origin + TOKEN_PATH,
                "userinfo_endpoint": f"{origin}/v1/openid_connect/userinfo",
                "revocation_endpoint": origin + REVOKE_PATH,
                "jwks_uri": f"{origin}/v1/op/jwks",
            }
        )

    def _basic_holds(self, call: Call) -> bool:
        scheme, _, value = call.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(value, validate=True)
        except binascii.Error:
            return False
        wanted = f"{self.client_id}:{self.client_secret}".encode()
        return scheme.lower() == "basic" and secrets.compare_digest(given, wanted)
