"""Names to ids: vendors (an SKU belongs to one) and categories. Read once per connection, again when a name is missing."""

from __future__ import annotations

import asyncio
from typing import Any

from connectors.syncro.api import Api


class Lookups:
    """The two tables of names of one account."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._vendors: dict[str, int] | None = None
        self._categories: dict[str, int] | None = None
        self._lock = asyncio.Lock()

    async def vendor_id(self, name: str) -> int | None:
        """The id of a vendor by name (case aside), or None when Syncro has no such vendor."""
        return _find(await self.vendors(), name) or _find(await self.vendors(again=True), name)

    async def category_id(self, name: str) -> int | None:
        """The id of a category by its full path or, where that is unique, its own name."""
        return _find(await self.categories(), name) or _find(await self.categories(again=True), name)

    async def vendors(self, *, again: bool = False) -> dict[str, int]:
        """All vendors, by name."""
        async with self._lock:
            if self._vendors is None or again:
                found: dict[str, int] = {}
                async for rows, _ in self._api.pages("vendors"):
                    found.update((str(row.get("name") or ""), int(row["id"])) for row in rows)
                self._vendors = found
            return self._vendors

    async def categories(self, *, again: bool = False) -> dict[str, int]:
        """All categories, by path (``names_depth_cache``). The list has one page only."""
        async with self._lock:
            if self._categories is None or again:
                rows = await self._api.rows("products/categories", ())
                self._categories = {_path(row): int(row["id"]) for row in rows}
            return self._categories


def _path(row: dict[str, Any]) -> str:
    return str(row.get("names_depth_cache") or row.get("name") or "")


def _find(table: dict[str, int], name: str) -> int | None:
    if name in table:
        return table[name]
    wanted = name.strip().casefold()
    same = [id for known, id in table.items() if wanted in {known.casefold(), _last(known)}]
    return same[0] if len(same) == 1 else None


def _last(path: str) -> str:
    """A category's own name: paths are joined by ";" or "/"."""
    return path.replace(";", "/").rpartition("/")[2].strip().casefold()
