"""A client of the sandbox's control endpoint: looking into a simulated system, and playing somebody who changes it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

Record = dict[str, Any]
TIMEOUT = 30.0  # seconds; loopback


class Control:
    """One simulated system, as the sandbox announced it. Amounts come as ``Decimal``."""

    def __init__(self, announced: Mapping[str, Any]) -> None:
        self._url, self._token = announced["control_url"], announced["control_token"]
        # A proxy variable in the environment must not capture loopback.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def tables(self) -> dict[str, dict[str, Record]]:
        """Everything the system holds: table -> id -> record."""
        return {name: self.table(name) for name in self._ask("GET", "")["tables"]}

    def table(self, name: str) -> dict[str, Record]:
        """One table: id -> record."""
        found = self._ask("GET", f"/tables/{quote(name, safe='')}")
        return dict(zip(map(str, found["ids"]), found["data"], strict=True))

    def get(self, table: str, record_id: str) -> Record:
        found: Record = self._ask("GET", _path(table, record_id))
        return found

    def change(self, table: str, record_id: str, **values: Any) -> None:
        """Change columns of one record behind everybody's back."""
        self._ask("PATCH", _path(table, record_id), values)

    def put(self, table: str, record_id: str, record: Record) -> None:
        """Add a record, or replace one."""
        self._ask("PUT", _path(table, record_id), record)

    def remove(self, table: str, record_id: str) -> None:
        """Take a record away."""
        self._ask("DELETE", _path(table, record_id))

    def truth(self) -> Record:
        """Which records of the seeded world belong together."""
        found: Record = self._ask("GET", "/truth")
        return found

    def requests(self) -> int:
        """How many requests the system has answered so far."""
        return int(self._ask("GET", "")["requests"])

    def log(self) -> list[Record]:
        """The requests that the system has answered so far, oldest first."""
        found: list[Record] = self._ask("GET", "/log")["data"]
        return found

    def points(self) -> Record:
        """Points of a system that charges by them: spent so far, and its bucket (Shopify)."""
        found: Record = self._ask("GET", "/points")
        return found

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(  # noqa: S310  # the address of our own child process
            self._url + path,
            method=method,
            data=None if body is None else json.dumps(body, default=float).encode(),
            headers={"X-Control-Token": self._token, "Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=TIMEOUT) as reply:
            return json.loads(reply.read(), parse_float=Decimal)


def _path(table: str, record_id: str) -> str:
    return f"/tables/{table}/{quote(record_id, safe='')}"
