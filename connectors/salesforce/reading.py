"""Products with their prices, contacts and person accounts: whole lists, single records, and what changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta

from connectors.salesforce import records, soql
from connectors.salesforce.api import Api, Row
from connectors.salesforce.meta import ACCOUNT, CONTACT, CURRENCY, ENTRY, PRODUCT, Described, Meta
from connectors.salesforce.records import PRODUCT_OWN
from connectors.values import amount, text
from engine.crm import PriceEntry
from engine.errors import IncompleteRead
from engine.model import Customer, Kind, Product, Record

OVERLAP = timedelta(minutes=5)  # for clocks that differ, and for changes that were under way
LOOK_BACK = timedelta(days=14)  # a deleted record can be asked for while it is in the recycle bin (15 days)
ENTRY_FIELDS = ("Product2Id", "Pricebook2Id", "UnitPrice", "IsActive", CURRENCY)
_ACCOUNT_PARTS = (
    "Name",
    "Phone",
    "BillingStreet",
    "BillingCity",
    "BillingPostalCode",
    "BillingState",
    "BillingCountry",
)
_PERSON_NOT = "IsPersonAccount = false"


class Reader:
    """Reads one org."""

    def __init__(self, api: Api, meta: Meta) -> None:
        self._api, self._meta = api, meta

    # ------------------------------------------------------------------------------------------------ products
    async def products(self) -> AsyncIterator[tuple[list[Product], int]]:
        """Every product that is not deleted; archived ones are inactive."""
        described = await self._meta.of(PRODUCT, again=True)
        await self._meta.of(ENTRY, again=True)
        prices = await self._prices([f"Pricebook2Id = {soql.quoted((await self._meta.book()).id)}"])
        first, *more = soql.field_lists(_fields(described))
        text = soql.select(["Id", *first], PRODUCT, "IsDeleted = false")
        async for rows, total in self._api.pages(text, PRODUCT, even_deleted=True):
            yield await self._made(await self._api.widen(PRODUCT, rows, more), prices, described), total

    async def some_products(self, values: Iterable[str], by: Sequence[str] = ("Id",)) -> dict[str, Product]:
        """Fresh copies by id, archived ones too; ``by`` asks for another field's values."""
        rows = await self.product_rows(values, by)
        entries = await self.entries_of(list(rows))
        made = await self._made(list(rows.values()), entries, await self._meta.of(PRODUCT))
        return {product.id: product for product in made}

    async def product_rows(
        self, values: Iterable[str], by: Sequence[str] = ("Id",), fields: Sequence[str] = ()
    ) -> dict[str, Row]:
        """Rows of products by their id; every readable field, or only some."""
        described = await self._meta.of(PRODUCT)
        wanted = fields or _fields(described)
        if "Id" in by:
            values = [value for value in values if is_id(value)]
        rows = await self._api.some(PRODUCT, wanted, values, "IsDeleted = false", by=by, even_deleted=True)
        return {str(row["Id"]): row for row in rows}

    async def rows_of(self, entity: str, ids: Iterable[str], fields: Sequence[str]) -> dict[str, Row]:
        """Rows of any object by their id, with these fields; one that is deleted is absent."""
        wanted = [id for id in ids if is_id(id)]
        rows = await self._api.some(entity, fields, wanted, "IsDeleted = false", even_deleted=True)
        return {str(row["Id"]): row for row in rows}

    async def entries_of(self, products: Sequence[str], *, every_book: bool = False) -> dict[str, list[Row]]:
        """The price entries of some products in the synced book (or in every one), inactive ones too, by product id."""
        if not products:
            return {}
        described = await self._meta.of(ENTRY)
        book = "" if every_book else f"Pricebook2Id = {soql.quoted((await self._meta.book()).id)}"
        found: dict[str, list[Row]] = defaultdict(list)
        for row in await self._api.some(ENTRY, described.only(ENTRY_FIELDS), products, book, by=("Product2Id",)):
            found[str(row["Product2Id"])].append(row)
        return found

    async def entries_of_products(self, products: Sequence[str]) -> list[PriceEntry]:
        """The entries of some products in every book, inactive ones too."""
        wanted = [id for id in dict.fromkeys(products) if is_id(id)]
        found = await self.entries_of(wanted, every_book=True)
        return [self._entry(row) for rows in found.values() for row in rows]

    async def entries(self) -> AsyncIterator[list[PriceEntry]]:
        """Every price entry of every book, in pages."""
        described = await self._meta.of(ENTRY, again=True)
        text = soql.select(["Id", *described.only(ENTRY_FIELDS)], ENTRY)
        async for rows, _ in self._api.pages(text, ENTRY):
            yield [self._entry(row) for row in rows]

    def _entry(self, row: Row) -> PriceEntry:
        try:
            unit = amount(row.get("UnitPrice"))
        except ValueError as error:
            raise self._api.error(f"price entry {row['Id']} cannot be read: {error}") from None
        if unit is None:
            raise self._api.error(f"price entry {row['Id']} has no UnitPrice: grant read access to the field")
        return PriceEntry(
            str(row["Id"]),
            str(row["Product2Id"]),
            str(row["Pricebook2Id"]),
            unit,
            text(row.get(CURRENCY)),
            row.get("IsActive") is True,
        )

    async def _prices(self, conditions: Sequence[str]) -> dict[str, list[Row]]:
        described = await self._meta.of(ENTRY)
        text = soql.select(["Id", *described.only(ENTRY_FIELDS)], ENTRY, *conditions)
        found: dict[str, list[Row]] = defaultdict(list)
        for row in await self._api.rows(text, ENTRY):
            found[str(row["Product2Id"])].append(row)
        return found

    async def _made(self, rows: list[Row], entries: dict[str, list[Row]], described: Described) -> list[Product]:
        site, custom = await self._api.site(), records.readable(described.fields, PRODUCT_OWN)
        made = []
        for row in rows:
            try:
                found = entries.get(str(row["Id"]), [])
                made.append(records.product(row, found, custom, self._api.settings, site))
            except ValueError as error:
                raise self._api.error(f"product {row['Id']} cannot be read: {error}") from None
        return made

    # ------------------------------------------------------------------------------------------------ customers
    async def customers(self) -> AsyncIterator[tuple[list[Customer], int | None]]:
        """Contacts of business accounts by their own id, then person accounts by the account's."""
        people = await self._meta.person_accounts()
        await self._meta.of(CONTACT, again=True)
        async for found, total in self._contacts(_PERSON_NOT if people else ""):
            yield found, None if people else total
        if people:
            await self._meta.of(ACCOUNT, again=True)
            async for found, _ in self._people():
                yield found, None

    async def some_customers(self, ids: Iterable[str]) -> dict[str, Customer]:
        """Fresh copies by id: contacts and person accounts are told apart by the ids' first letters."""
        wanted = [id for id in dict.fromkeys(ids) if is_id(id)]
        contacts = [id for id in wanted if id.startswith("003")]
        accounts = [id for id in wanted if id.startswith("001")]
        found: dict[str, Customer] = {}
        people = bool(wanted) and await self._meta.person_accounts()
        for room in soql.value_lists(contacts, soql.LONGEST - soql.MOST_FIELDS):
            async for rows, _ in self._contacts(soql.among("Id", room), _PERSON_NOT if people else ""):
                found |= {one.id: one for one in rows}
        for room in soql.value_lists(accounts if people else (), soql.LONGEST - soql.MOST_FIELDS):
            async for rows, _ in self._people(soql.among("Id", room)):
                found |= {one.id: one for one in rows}
        return found

    async def _contacts(self, *conditions: str) -> AsyncIterator[tuple[list[Customer], int]]:
        described, account = await self._meta.of(CONTACT), await self._meta.of(ACCOUNT)
        marker = self._marker(account)
        own = [
            *(f"Account.{name}" for name in account.only(_ACCOUNT_PARTS)),
            *([f"Account.{marker}"] if marker else []),
        ]
        names = [name for name in records.readable(described.fields) if name != "Id"] + ["SystemModstamp"]
        first, *more = soql.field_lists([*own, *names])
        custom, site = records.readable(described.fields, records.CONTACT_OWN), await self._api.site()
        async for rows, total in self._api.pages(soql.select(["Id", *first], CONTACT, *conditions), CONTACT):
            whole = await self._api.widen(CONTACT, rows, more)
            yield [records.contact(row, custom, marker, site) for row in whole], total

    async def _people(self, *conditions: str) -> AsyncIterator[tuple[list[Customer], int]]:
        described = await self._meta.of(ACCOUNT)
        names = [name for name in records.readable(described.fields) if name != "Id"] + ["SystemModstamp"]
        first, *more = soql.field_lists(names)
        custom, site = records.readable(described.fields, records.PERSON_OWN), await self._api.site()
        text = soql.select(["Id", *first], ACCOUNT, "IsPersonAccount = true", *conditions)
        async for rows, total in self._api.pages(text, ACCOUNT):
            whole = await self._api.widen(ACCOUNT, rows, more)
            yield [records.person(row, custom, self._marker(described), site) for row in whole], total

    def _marker(self, account: Described) -> str:
        """The field whose value is the storefront's id of the customer, if there is one for that alone."""
        name = self._api.settings.account_marker
        return name if name != "Description" and account.has(name) else ""

    # ------------------------------------------------------------------------------------------------ changes
    async def changed(
        self, kind: Kind, since: datetime, now: datetime
    ) -> AsyncIterator[tuple[list[Record], list[str]]]:
        """Fresh records of what changed since then, and ids that are gone. Raises ``IncompleteRead``: then read all."""
        if now - since >= LOOK_BACK:
            raise IncompleteRead(
                "deleted records can be asked for during 15 days only, and the last read is older. Nothing was changed. "
                "Read all",
                connection=self._api.connection,
            )
        moment = f"SystemModstamp >= {soql.at(since - OVERLAP)}"
        if kind is Kind.CUSTOMERS:
            changed, gone = await self._changed_people(moment)
        else:
            changed, gone = await self._changed_products(moment)
        if gone:
            yield [], gone
        for room in soql.value_lists(changed, soql.LONGEST - soql.MOST_FIELDS):
            found: dict[str, Record] = {}
            found |= await (self.some_customers(room) if kind is Kind.CUSTOMERS else self.some_products(room))
            yield list(found.values()), []

    async def _changed_products(self, moment: str) -> tuple[list[str], list[str]]:
        rows = await self._api.rows(soql.select(["Id", "IsDeleted"], PRODUCT, moment), PRODUCT, even_deleted=True)
        gone = [str(row["Id"]) for row in rows if row.get("IsDeleted") is True]
        book = f"Pricebook2Id = {soql.quoted((await self._meta.book()).id)}"
        entries = await self._api.rows(soql.select(["Id", "Product2Id"], ENTRY, book, moment), ENTRY, even_deleted=True)
        every = dict.fromkeys([str(row["Id"]) for row in rows] + [str(row["Product2Id"]) for row in entries])
        return [id for id in every if id not in set(gone)], gone

    async def _changed_people(self, moment: str) -> tuple[list[str], list[str]]:
        people = await self._meta.person_accounts()
        either = soql.anyone(moment, f"Account.{moment}")
        fields = ["Id", "AccountId", "IsDeleted", *(["IsPersonAccount"] if people else [])]
        rows = await self._api.rows(soql.select(fields, CONTACT, either), CONTACT, even_deleted=True)
        ids: dict[str, bool] = {}
        for row in rows:
            id = str(row["AccountId"] if row.get("IsPersonAccount") is True else row["Id"])
            ids[id] = row.get("IsDeleted") is True
        return [id for id, gone in ids.items() if not gone], [id for id, gone in ids.items() if gone]


def _fields(described: Described) -> list[str]:
    """Every field of a product that is read, its own and the others, without its id."""
    own = [name for name in (*PRODUCT_OWN, "SystemModstamp") if described.has(name)]
    rest = records.readable(described.fields, PRODUCT_OWN)
    return [name for name in dict.fromkeys([*sorted(own), *rest]) if name != "Id"]


def is_id(text: str) -> bool:
    """Whether a text could be a record's id at all: anything else would make the whole query fail."""
    return len(text) in {15, 18} and text.isascii() and text.isalnum()
