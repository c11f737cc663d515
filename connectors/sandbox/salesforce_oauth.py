"""The token endpoint: client credentials, JWT bearer and refresh tokens with rotation (the old one is dead at once)."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable
from typing import Any

from connectors.sandbox.wire import Call, Reply, as_json

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ORG = "00D5g000001XyZaEAK"


class OAuth:
    """Sessions of one org and one external client app. ``audience`` is what an assertion must be for."""

    def __init__(self, username: str, audience: str, wall: Callable[[], float] = time.time) -> None:
        self.client_id = "3MVG9sandboxConsumerKey"
        self.client_secret = secrets.token_urlsafe(24)
        self.username, self.audience, self._wall = username, audience, wall
        self.first = self.refresh_token = f"5Aep{secrets.token_urlsafe(24)}"
        self.public_key = b""  # PEM of the app's certificate; without one no assertion holds
        self.rotates = True
        self.issued = 0
        self._sessions: set[str] = set()

    def holds(self, token: str) -> bool:
        return token in self._sessions

    def expire(self) -> None:
        """All sessions end now; the refresh token stays."""
        self._sessions.clear()

    def disconnect(self) -> None:
        """An administrator revokes the app's access."""
        self.expire()
        self.refresh_token = ""

    def restart(self) -> None:
        self.expire()
        self.refresh_token, self.issued = self.first, 0

    def token(self, call: Call) -> Reply:
        match call.arg("grant_type"):
            case "client_credentials":
                return self._no_client(call) or self._session(call)
            case "refresh_token":
                return self._no_client(call) or self._refresh(call)
            case kind if kind == JWT_BEARER:
                wrong = self._wrong(call.arg("assertion"))
                return _no("invalid_grant", wrong) if wrong else self._session(call, {"scope": "id full"})
        return _no("unsupported_grant_type", "grant type not supported")

    def _no_client(self, call: Call) -> Reply | None:
        """The app's key and secret come in the form or as basic authorization."""
        client_id, secret = call.arg("client_id"), call.arg("client_secret")
        scheme, _, basic = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic" and not client_id:
            client_id, _, secret = base64.b64decode(basic).decode().partition(":")
        if client_id != self.client_id:
            return _no("invalid_client_id", "client identifier invalid")
        if not secrets.compare_digest(secret.encode(), self.client_secret.encode()):
            return _no("invalid_client", "invalid client credentials")
        return None

    def _refresh(self, call: Call) -> Reply:
        given = call.arg("refresh_token")
        if not self.refresh_token or not secrets.compare_digest(given.encode(), self.refresh_token.encode()):
            return _no("invalid_grant", "expired access/refresh token")
        if not self.rotates:
            return self._session(call)
        self.refresh_token = f"5Aep{secrets.token_urlsafe(24)}"
        return self._session(call, {"refresh_token": self.refresh_token})

    def _session(self, call: Call, more: dict[str, str] | None = None) -> Reply:
        self.issued += 1
        token = f"{ORG[:15]}!{secrets.token_urlsafe(32)}"
        self._sessions.add(token)
        origin = f"http://{call.headers.get('host', 'localhost')}"
        return as_json(
            {
                "access_token": token,
                "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
                "token_format": "opaque",
                "instance_url": origin,
                "id": f"https://login.salesforce.com/id/{ORG}/0055g00000AbCdEAAV",
                "token_type": "Bearer",
                "issued_at": str(int(self._wall() * 1000)),
                **(more or {}),
            }
        )

    def _wrong(self, assertion: str) -> str:
        """Why an assertion is refused; empty when it holds."""
        # the library that checks signatures is an optional extra: a sandbox whose certificate nobody set needs none
        if not self.public_key:
            return "invalid assertion"
        import jwt

        claims: dict[str, Any]
        try:
            claims = jwt.decode(
                assertion, self.public_key, algorithms=["RS256"], options={"verify_aud": False, "verify_exp": False}
            )
        except jwt.PyJWTError:
            return "invalid assertion"
        if claims.get("iss") != self.client_id or claims.get("sub") != self.username:
            return "user hasn't approved this consumer"
        if claims.get("aud") != self.audience:
            return "audience is invalid"
        if not self._wall() < float(claims.get("exp") or 0) <= self._wall() + 300:
            return "assertion is expired or lives too long"
        return ""


def _no(error: str, description: str) -> Reply:
    return as_json({"error": error, "error_description": description}, 400)
