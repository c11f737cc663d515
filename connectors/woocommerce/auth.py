"""Who we are to a store: Basic authentication with the key and the secret of one REST API key, over TLS only."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

from connectors.http import Redactor, SecretSource

KEY, SECRET = "consumer_key", "consumer_secret"


class BasicKey:
    """``connectors.http.Auth``. A 401 asks both references once more: they may have been replaced there."""

    def __init__(self, secrets: SecretSource, redactor: Redactor) -> None:
        self._secrets, self._redactor = secrets, redactor

    async def headers(self) -> Mapping[str, str]:
        pair = f"{await self._secrets.get(KEY)}:{await self._secrets.get(SECRET)}"
        encoded = b64encode(pair.encode()).decode()
        self._redactor.add(encoded)
        return {"Authorization": f"Basic {encoded}"}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        await self._secrets.get(KEY, again=True)
        await self._secrets.get(SECRET, again=True)
        return await self.headers() != refused
