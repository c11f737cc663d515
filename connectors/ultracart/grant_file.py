"""The file that keeps one account's login (``connectors.http.grant_file``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.http.grant_file import GrantFile, KeptGrant, access_in, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(KeptGrant):
    """``merchant`` is the account's id, empty when it was not told."""

    merchant: str


class LoginFile(GrantFile[Kept]):
    """The login of one connection, with one application at one address."""

    def __init__(self, path: Path, connection: str, where: str, client_id: str) -> None:
        super().__init__(path, connection)
        self._account = digest(where, client_id)

    def _content(self, kept: Kept) -> Mapping[str, Any]:
        return {"account": self._account, "merchant": kept.merchant}

    def _parse(self, found: Mapping[str, Any]) -> Kept | None:
        kept = Kept(refresh_token=str(found["refresh_token"]), access=access_in(found), merchant=str(found["merchant"]))
        return kept if found["account"] == self._account else None
