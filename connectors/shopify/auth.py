"""Who we are to a store: the Admin API access token of an app that is installed there."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.http import SecretSource

TOKEN = "access_token"  # noqa: S105 - the option's name


class AccessToken:
    """``connectors.http.Auth``. A 401 asks the reference once more: the token may have been replaced there."""

    def __init__(self, secrets: SecretSource) -> None:
        self._secrets = secrets

    async def headers(self) -> Mapping[str, str]:
        return {"X-Shopify-Access-Token": await self._secrets.get(TOKEN)}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        await self._secrets.get(TOKEN, again=True)
        return await self.headers() != refused
