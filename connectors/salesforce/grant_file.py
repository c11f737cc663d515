"""The file that keeps one org's grant (``connectors.http.grant_file``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.http.grant_file import GrantFile, KeptGrant, access_in, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(KeptGrant):
    """``instance_url`` is where the org lives; ``org`` its id, empty when it was not told."""

    instance_url: str
    org: str


class OrgFile(GrantFile[Kept]):
    """The grant of one connection, for one app and one login address."""

    def __init__(self, path: Path, connection: str, login: str, client_id: str) -> None:
        super().__init__(path, connection)
        self._account = digest(login, client_id)

    def _content(self, kept: Kept) -> Mapping[str, Any]:
        return {"account": self._account, "instance_url": kept.instance_url, "org": kept.org}

    def _parse(self, found: Mapping[str, Any]) -> Kept | None:
        kept = Kept(
            refresh_token=str(found["refresh_token"]),
            access=access_in(found),
            seed=str(found["seed"]),
            instance_url=str(found["instance_url"]),
            org=str(found["org"]),
        )
        return kept if found["account"] == self._account else None
