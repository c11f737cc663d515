"""Accounts and categories by name: what an adjustment and a new item refer to."""

from __future__ import annotations

import asyncio

from connectors.quickbooks.api import Api, Row
from connectors.quickbooks.query import quoted
from connectors.values import text

#: What a form asks for -> the types of account that fit (and the subtypes, where only some of a type do).
CHOICES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "income accounts": (frozenset({"Income"}), frozenset()),
    "asset accounts": (frozenset({"Other Current Asset"}), frozenset({"Inventory"})),
    "expense accounts": (frozenset({"Cost of Goods Sold"}), frozenset()),
    "adjustment accounts": (
        frozenset({"Cost of Goods Sold", "Expense", "Other Expense", "Equity"}),
        frozenset(),
    ),
}


class Accounts:
    """The chart of accounts of one company. Read once per connection, again when a name is missing."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._rows: list[Row] | None = None
        self._lock = asyncio.Lock()

    async def id_of(self, name: str) -> str | None:
        """The id of an active account by its full name, its own name where that is unique, or its id."""
        return _find(await self._read(), name) or _find(await self._read(again=True), name)

    async def names(self, what: str) -> list[str]:
        """The full names of the active accounts that fit, sorted."""
        types, subtypes = CHOICES[what]
        return sorted(
            _full_name(row)
            for row in await self._read(again=True)
            if text(row.get("AccountType")) in types and (not subtypes or text(row.get("AccountSubType")) in subtypes)
        )

    async def category_id(self, name: str) -> str | None:
        """The id of a category of items by its full name."""
        rows = await self._api.rows("Item", "Type = 'Category'", f"FullyQualifiedName = {quoted(name)}")
        return next((str(row["Id"]) for row in rows if row.get("Active") is not False), None)

    async def categories(self) -> list[str]:
        """The full names of the active categories of items, sorted."""
        found = []
        async for rows, _ in self._api.pages("Item", "Type = 'Category'"):
            found += [_full_name(row) for row in rows if row.get("Active") is not False]
        return sorted(found)

    async def _read(self, *, again: bool = False) -> list[Row]:
        async with self._lock:
            if self._rows is None or again:
                found: list[Row] = []
                async for rows, _ in self._api.pages("Account"):
                    found += [row for row in rows if row.get("Active") is not False]
                self._rows = found
            return self._rows


def _find(rows: list[Row], name: str) -> str | None:
    wanted = name.strip().casefold()
    for spell in (_full_name, lambda row: text(row.get("Name")), lambda row: str(row["Id"])):
        same = [str(row["Id"]) for row in rows if spell(row).casefold() == wanted]
        if len(same) == 1:
            return same[0]
    return None


def _full_name(row: Row) -> str:
    return text(row.get("FullyQualifiedName")) or text(row.get("Name"))
