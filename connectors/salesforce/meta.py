"""What differs from org to org: fields this user may see, currencies, person accounts, and which price book is synced."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.salesforce import soql
from connectors.salesforce.api import Api, Row
from engine.crm import PriceBook
from engine.errors import NotFound, PermissionMissing, Rejected

PRODUCT, ENTRY, BOOK, ACCOUNT, CONTACT = "Product2", "PricebookEntry", "Pricebook2", "Account", "Contact"
CURRENCY = "CurrencyIsoCode"
#: What nothing can be done without, by object.
NEEDED = {
    PRODUCT: ("Name", "ProductCode", "IsActive", "SystemModstamp"),
    ENTRY: ("Product2Id", "Pricebook2Id", "UnitPrice", "IsActive"),
    CONTACT: ("AccountId", "LastName", "Email", "SystemModstamp"),
    ACCOUNT: ("Name", "SystemModstamp"),
}
_OLD = 300.0  # seconds; an admin who adds a field expects it in the next run, not tomorrow


@dataclass(frozen=True, slots=True)
class Described:
    """The fields of one object that this user may read, by API name, in the order of the describe."""

    entity: str
    fields: Mapping[str, Mapping[str, Any]]
    record_types: tuple[Mapping[str, Any], ...]
    at: float

    def has(self, *names: str) -> bool:
        return all(name in self.fields for name in names)

    def only(self, names: tuple[str, ...]) -> list[str]:
        """Those of the names that this user may read."""
        return [name for name in names if name in self.fields]

    def filterable(self, name: str) -> bool:
        """Whether a WHERE may name it (long texts may not be asked for)."""
        return self.fields.get(name, {}).get("filterable") is True


class Meta:
    """The metadata of one org, asked again when it is older than five minutes."""

    def __init__(self, api: Api, clock: Callable[[], float] = time.monotonic) -> None:
        self._api, self._clock = api, clock
        self._known: dict[str, Described] = {}
        self._books: tuple[float, list[PriceBook]] | None = None
        self._lock = asyncio.Lock()

    async def of(self, entity: str, *, again: bool = False) -> Described:
        """The describe of an object. Raises ``NotFound`` when this user cannot see it, ``PermissionMissing`` for a field."""
        async with self._lock:
            known = self._known.get(entity)
            if known is None or again or self._clock() - known.at > _OLD:
                try:
                    row = await self._api.described(entity)
                except NotFound as error:
                    raise NotFound(
                        f"{error} The integration user cannot see the object {entity}: grant it in a permission set",
                        connection=self._api.connection,
                        request_id=error.request_id,
                        code=error.code,
                        status=error.status,
                    ) from None
                fields = {str(one["name"]): one for one in row["fields"]}
                self._see(entity, fields)
                known = Described(entity, fields, tuple(row.get("recordTypeInfos") or ()), self._clock())
                self._known[entity] = known
            return known

    async def multicurrency(self) -> bool:
        return (await self.of(ENTRY)).has(CURRENCY)

    async def person_accounts(self) -> bool:
        return (await self.of(ACCOUNT)).has("IsPersonAccount")

    async def books(self, *, again: bool = False) -> list[PriceBook]:
        """All price books, the standard one first. Raises ``Rejected`` when there is no standard one."""
        async with self._lock:
            if self._books is None or again or self._clock() - self._books[0] > _OLD:
                text = soql.select(["Id", "Name", "IsStandard", "IsActive"], BOOK)
                rows = await self._api.rows(text, BOOK)
                found = [
                    PriceBook(
                        str(row["Id"]), str(row.get("Name") or ""), _true(row, "IsStandard"), _true(row, "IsActive")
                    )
                    for row in rows
                ]
                found.sort(key=lambda book: (not book.standard, book.name.casefold(), book.id))
                if not found or not found[0].standard:
                    raise self._refused("the integration user cannot see the standard price book", "NO_STANDARD_BOOK")
                self._books = self._clock(), found
            return self._books[1]

    async def standard(self) -> PriceBook:
        return (await self.books())[0]

    async def book(self) -> PriceBook:
        """The book whose prices are synced. Raises ``Rejected`` when the option names none or several."""
        wanted = self._api.settings.price_book
        books = await self.books()
        if not wanted:
            return books[0]
        same = [book for book in books if book.id[:15] == wanted[:15] and len(wanted) in {15, 18}]
        same = same or [book for book in books if book.name.strip().casefold() == wanted.casefold()]
        if len(same) != 1:
            what = "several price books are" if same else "no price book is"
            names = ", ".join(book.name for book in books[:8])
            raise self._refused(f'{what} named "{wanted}" (option price_book); there are {names}', "NO_PRICE_BOOK")
        return same[0]

    def _see(self, entity: str, fields: Mapping[str, object]) -> None:
        hidden = [name for name in NEEDED.get(entity, ()) if name not in fields]
        if not hidden:
            return
        missing = PermissionMissing(
            f"the integration user cannot see {', '.join(hidden)} of {entity}: grant read access (field-level security) and "
            "test the connection again. Nothing was written",
            connection=self._api.connection,
            code="FIELD_NOT_VISIBLE",
        )
        missing.permission = f"read {entity}.{hidden[0]}"
        raise missing

    def _refused(self, why: str, code: str) -> Rejected:
        return Rejected(f"{why}. Nothing was sent", connection=self._api.connection, code=code)


def _true(row: Row, name: str) -> bool:
    return row.get(name) is True
