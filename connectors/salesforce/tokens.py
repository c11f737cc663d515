"""Salesforce's token endpoint: a form in, a session out. What it answers holds secrets, which the redactor knows before anybody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from connectors.http import Client, Endpoint, Pace, Redactor, endpoint
from connectors.salesforce.faults import DIALECT
from connectors.salesforce.settings import Grants, Settings
from engine.errors import AuthenticationError, Rejected, UsageError
from engine.ports import ConnectionContext

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path
_A_MINUTE = 60.0  # sign-ins a minute: this only bounds a loop of failures


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in session. ``org`` is the org's id, empty when the answer did not tell."""

    token: str
    where: Endpoint
    org: str


class TokenEndpoint:
    """The requests that obtain sessions. They are not signed."""

    def __init__(self, context: ConnectionContext, settings: Settings, redactor: Redactor) -> None:
        self._context, self._settings, self._redactor = context, settings, redactor
        self.client = Client(context.name, settings.login, DIALECT, Pace(_A_MINUTE * 60), redactor)

    async def ask(self, form: Mapping[str, str], what: str) -> dict[str, Any]:
        """The answer to one form. Raises ``AuthenticationError`` with OAuth's own code, saying that ``what`` was refused."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form).encode()
        try:
            reply = await self.client.request("POST", TOKEN_PATH, body=body, headers=kind, signed=False, safe=True)
        except (Rejected, AuthenticationError) as error:
            why = f"Salesforce refused {what}: {error}. {_advice(error.code, self._settings.auth)}"
            raise AuthenticationError(
                self._redactor.clean(why),
                connection=self._context.name,
                code=error.code,
                request_id=error.request_id,
            ) from None
        if not isinstance(reply.data, dict):
            raise self.client.protocol_error("the token endpoint's answer is no object", reply.request_id)
        return reply.data

    def session(self, answer: Mapping[str, Any]) -> Session:
        """The session in an answer. Raises ``ProtocolError`` for one without a token or an address."""
        token, address = answer.get("access_token"), answer.get("instance_url")
        if not isinstance(token, str) or not token or not isinstance(address, str):
            raise self.client.protocol_error("the token endpoint's answer holds no access token and instance_url")
        self._redactor.add(token)
        parts = str(answer.get("id") or "").rstrip("/").split("/")
        return Session(token, self.at(address), parts[-2] if len(parts) > 1 and parts[-2].startswith("00D") else "")

    def at(self, address: str) -> Endpoint:
        """Where an org lives, by its ``instance_url``, validated as any base URL is."""
        try:
            return endpoint(replace(self._context, options={**self._context.options, "base_url": address}))
        except UsageError as error:
            raise self.client.protocol_error(f"the token endpoint's instance_url is no good: {error}") from None


def _advice(code: str, auth: Grants) -> str:
    """What to do about a refusal, in the words of Salesforce's set-up."""
    if code in {"invalid_client_id", "invalid_client"}:
        return "Check client_id and client_secret against the external client app"
    if auth is Grants.JWT:
        return "Check username, audience and the app's certificate, and that an administrator pre-authorized the user"
    if auth is Grants.REFRESH_TOKEN:
        return "Reconnect needed: authorize the app again and put the new refresh token where option refresh_token refers to"
    return "Check that the app allows the client credentials flow and names an execution user"
