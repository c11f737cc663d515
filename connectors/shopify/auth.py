"""Who we are to a store: an Admin API access token, which an admin gives or the store issues to an app for a day.

- An app made in the store's own admin has one token for good (``shpat_...``).
- An app of the Dev Dashboard, installed in a store of the same organisation, exchanges its client id and secret for a token
  that lasts a day (https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from connectors.http import Auth, Client, Pace, Redactor, SecretSource, Token, TokenAuth
from connectors.http.token_file import TokenFile
from connectors.shopify.errors import DIALECT
from connectors.shopify.settings import Settings
from engine.errors import AuthenticationError, Rejected
from engine.ports import ConnectionContext

HEADER = "X-Shopify-Access-Token"
TOKEN, SECRET = "access_token", "client_secret"
_PATH = "/admin/oauth/access_token"
_LIFETIME = 86_399.0  # seconds of a token, when the answer does not say
_A_MINUTE = 60.0  # token requests a minute: there is one a day, this only bounds a loop of failures


class AccessToken:
    """``connectors.http.Auth``. A 401 asks the reference once more: the token may have been replaced there."""

    def __init__(self, secrets: SecretSource) -> None:
        self._secrets = secrets

    async def headers(self) -> Mapping[str, str]:
        return {HEADER: await self._secrets.get(TOKEN)}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        await self._secrets.get(TOKEN, again=True)
        return await self.headers() != refused


class Credentials:
    """The client credentials of one app in one store; ``fetch`` gets a token for them."""

    def __init__(
        self, context: ConnectionContext, settings: Settings, secrets: SecretSource, redactor: Redactor
    ) -> None:
        self._settings, self._secrets = settings, secrets
        where = replace(settings.where, base_url=settings.site)
        self.client = Client(context.name, where, DIALECT, Pace(_A_MINUTE), redactor)

    async def fetch(self) -> Token:
        """Raises ``AuthenticationError`` where the store refuses the app."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": await self._secrets.get(SECRET),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            reply = await self.client.request("POST", _PATH, body=urlencode(form).encode(), headers=headers, safe=True)
        except (Rejected, AuthenticationError) as error:
            why = str(error).removeprefix(f"{error.connection}: ")
            raise AuthenticationError(
                f"{why} The client id and secret were refused: they must be those of an app of your own organisation that is "
                "installed in this store",
                connection=error.connection,
                request_id=error.request_id,
                code=error.code,
                status=error.status,
            ) from None
        data = reply.data if isinstance(reply.data, Mapping) else {}
        token, seconds = data.get("access_token"), data.get("expires_in")
        if not isinstance(token, str) or not token:
            raise self.client.protocol_error(f"the answer to POST {_PATH} has no access_token", reply.request_id)
        lifetime = float(seconds) if isinstance(seconds, int) and seconds > 0 else _LIFETIME
        return Token(token, time.time() + lifetime, lifetime)


def sign_in(context: ConnectionContext, settings: Settings, redactor: Redactor) -> tuple[Auth, list[Client]]:
    """What signs the requests of a connection, and the further clients it needs (to be closed with it)."""
    secrets = SecretSource(context, redactor)
    if not settings.client_id:
        return AccessToken(secrets), []
    app = Credentials(context, settings, secrets, redactor)
    kept = TokenFile(context.token_file, settings.site, settings.client_id) if context.token_file else None
    return TokenAuth(app.fetch, redactor, kept=kept, header=HEADER, scheme=""), [app.client]
