"""Apps of the Dev Dashboard: their id and secret are exchanged for a token that lasts a day.

As https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant has it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence

from connectors.sandbox.wire import Call, Reply, Route, as_json

TOKEN_PATH = "/admin/oauth/access_token"  # noqa: S105 - an address
DAY = 86_399


class Apps:
    """The one app that is installed in the store, and the tokens it got."""

    def __init__(self, client_id: str, scopes: Callable[[], Sequence[str]]) -> None:
        self._scopes = scopes
        self.client_id, self.client_secret = client_id, f"shpss_{secrets.token_hex(16)}"
        self._tokens: list[str] = []

    def routes(self) -> Sequence[Route]:
        return (Route("POST", TOKEN_PATH, self._exchange),)

    def holds(self, token: str) -> bool:
        return any(hmac.compare_digest(token.encode(), one.encode()) for one in self._tokens)

    def forget(self) -> None:
        """Every token that was handed out is void."""
        self._tokens.clear()

    def _exchange(self, call: Call) -> Reply:
        if call.arg("grant_type") != "client_credentials":
            return as_json(
                {"error": "unsupported_grant_type", "error_description": "The grant type is not supported."}, 400
            )
        known = hmac.compare_digest(call.arg("client_id").encode(), self.client_id.encode())
        if not known or not hmac.compare_digest(call.arg("client_secret").encode(), self.client_secret.encode()):
            return as_json({"error": "application_cannot_be_found", "error_description": "No such application."}, 400)
        self._tokens.append(f"shpat_{secrets.token_hex(16)}")
        return as_json({"access_token": self._tokens[-1], "scope": ",".join(self._scopes()), "expires_in": DAY})
