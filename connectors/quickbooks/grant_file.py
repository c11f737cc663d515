"""The file that keeps one company's grant (``connectors.http.grant_file``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.http.grant_file import GrantFile, KeptGrant, access_in, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(KeptGrant):
    """``refresh_expires_at`` is when the refresh token ends unless it is used (seconds since the epoch), 0 when not known."""

    refresh_expires_at: float


class CompanyFile(GrantFile[Kept]):
    """The grant of one company and one app. Another company's is refused: a connection is pinned to its first one."""

    def __init__(self, path: Path, connection: str, realm: str, client_id: str) -> None:
        super().__init__(path, connection)
        self._realm, self._client = realm, digest(client_id)

    def _content(self, kept: Kept) -> Mapping[str, Any]:
        return {"realm": self._realm, "client": self._client, "refresh_expires_at": kept.refresh_expires_at}

    def _parse(self, found: Mapping[str, Any]) -> Kept | None:
        kept = Kept(
            refresh_token=str(found["refresh_token"]),
            access=access_in(found),
            seed=str(found["seed"]),
            refresh_expires_at=float(found["refresh_expires_at"]),
        )
        realm, client = str(found["realm"]), str(found["client"])
        if realm != self._realm:
            raise self._refused(
                f"this connection is connected to company {realm}, and realm_id says {self._realm}. For another company "
                f"add a connection of another name; to let this one change companies delete {self._path} first"
            )
        return kept if client == self._client else None
