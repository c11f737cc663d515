"""Who we are to UltraCart with a simple key, which an admin issues."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.http import SecretSource

KEY = "simple_key"


class SimpleKey:
    """``connectors.http.Auth``. A 401 asks the reference once more: the key may have been replaced there."""

    def __init__(self, secrets: SecretSource) -> None:
        self._secrets = secrets

    async def headers(self) -> Mapping[str, str]:
        return {"x-ultracart-simple-key": await self._secrets.get(KEY)}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        await self._secrets.get(KEY, again=True)
        return await self.headers() != refused
