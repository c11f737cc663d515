"""One Salesforce org: what the engine asks, in Salesforce's requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from connectors.salesforce.api import COLLECTION, Api
from connectors.salesforce.check import check
from connectors.salesforce.create import ProductCreator
from connectors.salesforce.meta import Meta
from connectors.salesforce.people import People, account_answer, account_draft
from connectors.salesforce.push import Pusher
from connectors.salesforce.reading import Reader
from connectors.salesforce.schema import schema
from connectors.salesforce.settings import settings_of
from connectors.salesforce.texts import TextWriter
from connectors.salesforce.write import PriceWriter
from engine.crm import (
    AccountDraft,
    AccountOutcome,
    Person,
    PersonAccounts,
    PriceBook,
    PriceEntry,
    PushItem,
    PushOutcome,
    SchemaObject,
    TextOutcome,
    TextWrite,
)
from engine.errors import UsageError
from engine.model import Field, Kind, Product, Record
from engine.ports import (
    Budget,
    Capabilities,
    ChangedPage,
    CheckReport,
    ConnectionContext,
    Draft,
    Page,
    RecordWrite,
    Result,
    WriteOutcome,
)

CAPABILITIES = Capabilities(
    reads=frozenset({Kind.CUSTOMERS, Kind.PRODUCTS}),
    creates=frozenset({Kind.PRODUCTS}),
    reads_fields=frozenset({Field.PRICE, Field.SKU}),
    writes_fields=frozenset({Field.PRICE, Field.SKU}),
    reads_changes=True,
    has_schema=True,
    pushes_products=True,
    writes_texts=True,
    makes_accounts=True,
    push_size=COLLECTION,
    finds_marker=True,
    batch_size=COLLECTION,
    calls_per_write=3,  # read, write, read back
    page_size=2000,
    sku_slots=("sku",),
    product_form=("description", "category"),
)


class SalesforceConnector:
    """``engine.ports.Connector``, ``ReadsChanges``, and all of ``engine.crm`` for one Salesforce org."""

    def __init__(self, context: ConnectionContext, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        settings = settings_of(context)
        self._name, self._now = context.name, now
        self._api = Api(context, settings)
        self._meta = Meta(self._api)
        self._reader = Reader(self._api, self._meta)
        self._writer = PriceWriter(self._api, self._meta, self._reader)
        self._texts = TextWriter(self._api, self._meta, self._reader)
        self._creator = ProductCreator(self._api, self._meta, self._reader)
        self._pusher = Pusher(self._api, self._meta, self._reader)
        self._people = People(self._api, self._meta)
        self.capabilities = replace(CAPABILITIES, page_size=settings.page_size)

    async def check(self) -> CheckReport:
        """The session, the version, each object with its fields, the price book and what is left of the day."""
        return await check(self._api, self._meta)

    # ------------------------------------------------------------------------------------------------ reading
    async def read(self, kind: Kind) -> AsyncIterator[Page]:
        """All products that are not deleted (archived ones are inactive), or all contacts and person accounts."""
        if self._kind(kind) is Kind.CUSTOMERS:
            async for customers, total in self._reader.customers():
                yield Page(tuple(customers), total)
        else:
            async for products, count in self._reader.products():
                yield Page(tuple(products), count)

    async def read_some(self, kind: Kind, ids: Sequence[str]) -> dict[str, Record]:
        """Fresh copies, some hundreds in a query."""
        wanted = dict.fromkeys(ids)
        found: dict[str, Record] = {}
        if self._kind(kind) is Kind.CUSTOMERS:
            found |= await self._reader.some_customers(wanted)
        else:
            found |= await self._reader.some_products(wanted)
        return {id: found[id] for id in wanted if id in found}

    async def read_changes(self, kind: Kind, since: datetime) -> AsyncIterator[ChangedPage]:
        """What changed since then, products whose price changed included; what was deleted is gone."""
        async for rows, gone in self._reader.changed(self._kind(kind), since, self._now()):
            yield ChangedPage(tuple(rows), tuple(gone))

    async def schema(self) -> tuple[SchemaObject, ...]:
        """The standard objects and all custom ones, with the fields this user may read."""
        return await schema(self._api)

    # ------------------------------------------------------------------------------------------------ a sync's writes
    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """Prices in the synced book, and product codes; names and descriptions are never touched."""
        return await self._writer.write(writes)

    async def create(self, draft: Draft) -> WriteOutcome:
        """One product with its standard price (and that of the synced book), the marker in the marker field."""
        if draft.kind is Kind.CUSTOMERS and draft.detail("form"):
            return account_answer(draft, await self._people.create(account_draft(draft)))
        return await self._creator.create(draft)

    async def find_marker(self, kind: Kind, marker: str, name: str) -> list[Record]:
        """Products of this name, or buyers, that hold the marker."""
        if kind.counterpart is Kind.PRODUCTS:
            return list(await self._creator.find(marker, name))
        people = await self._people.find([], [], marker) if marker else []
        return list((await self.read_some(Kind.CUSTOMERS, [one.id for one in people])).values())

    async def set_external_id(self, kind: Kind, id: str, value: str) -> WriteOutcome:
        """The external id field is the push's own key: it is not written by linking."""
        del kind, value
        why = "Salesforce's own fields are written by a push or a reconciliation only"
        return WriteOutcome(id, None, Result.REJECTED, why, "not_supported")

    # ------------------------------------------------------------------------------------------------ push, texts
    async def price_books(self) -> list[PriceBook]:
        """All price books, the standard one first."""
        return await self._meta.books(again=True)

    async def price_entries(self) -> AsyncIterator[Sequence[PriceEntry]]:
        """Every entry of every book, inactive ones too."""
        async for entries in self._reader.entries():
            yield entries

    async def entries_of(self, product_ids: Sequence[str]) -> list[PriceEntry]:
        """The entries of some products in every book, inactive ones too."""
        return await self._reader.entries_of_products(product_ids)

    async def find_codes(self, codes: Sequence[str]) -> dict[str, list[Product]]:
        """Products by trimmed, case-folded code."""
        return await self._pusher.find_codes(codes)

    async def push(self, items: Sequence[PushItem]) -> list[PushOutcome]:
        """Products, then standard prices, then each other book; one outcome per item."""
        return await self._pusher.push(items)

    async def write_texts(self, writes: Sequence[TextWrite]) -> list[TextOutcome]:
        """Name, Description, ProductCode, IsActive and custom fields of products."""
        return await self._texts.write(writes)

    # ------------------------------------------------------------------------------------------------ accounts
    async def person_accounts(self) -> PersonAccounts:
        return await self._people.person_accounts()

    async def find_people(
        self, emails: Sequence[str], names: Sequence[tuple[str, str]] = (), marker: str = ""
    ) -> list[Person]:
        """Contacts and person accounts by e-mail, by name, or by the marker of a create."""
        return await self._people.find(emails, names, marker)

    async def create_account(self, draft: AccountDraft) -> AccountOutcome:
        """One person account, or an account with its contact."""
        return await self._people.create(draft)

    # ------------------------------------------------------------------------------------------------ the rest
    async def choices(self, what: str) -> list[str]:
        """``"categories"`` (product families) and ``"price books"``."""
        if what == "categories":
            return await self._creator.families()
        return [book.name for book in await self._meta.books(again=True)] if what == "price books" else []

    def budget(self) -> Budget:
        return self._api.pace.budget()

    async def close(self) -> None:
        await self._api.close()

    def _kind(self, kind: Kind) -> Kind:
        if kind not in {Kind.CUSTOMERS, Kind.PRODUCTS}:
            raise UsageError(f"{self._name}: Salesforce has no list of {kind.value}; a fee's counterpart is a product")
        return kind
