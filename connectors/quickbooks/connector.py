"""One QuickBooks Online company: what the engine asks, in QuickBooks' requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from connectors.quickbooks import changes, postings, records
from connectors.quickbooks.accounts import CHOICES, Accounts
from connectors.quickbooks.api import Api, Row
from connectors.quickbooks.check import check
from connectors.quickbooks.create import LONGEST_NAME, NOT_IN_A_NAME, ItemCreator, draft_fields
from connectors.quickbooks.settings import LARGEST_PAGE, RATE, QuantityBy, settings_of
from connectors.quickbooks.write import ItemWriter
from engine.errors import UsageError
from engine.model import Field, Kind, Record
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
    reads_fields=frozenset(Field),
    writes_fields=frozenset(Field),
    compare_and_set=True,  # price, cost and SKU by the SyncToken; a quantity by its difference
    price_xor_quantity=True,
    delta_quantity=True,
    has_postings=True,
    posting_changes=True,
    reads_changes=True,
    finds_marker=True,
    batch_size=30,
    calls_per_write=3,  # read, write, read back
    calls_per_quantity=1,  # an adjustment
    concurrency=2,  # one chunk is read back while the next is sent; QuickBooks carries a batch out in order
    page_size=LARGEST_PAGE,
    rate_per_minute=float(RATE),
    sku_slots=("sku",),
    product_form=("description", "category", "taxable"),
    name_limit=LONGEST_NAME,
    name_forbids=NOT_IN_A_NAME,
)
ENTITIES = {Kind.CUSTOMERS: "Customer", Kind.PRODUCTS: "Item"}


class QuickBooksConnector:
    """``engine.ports.Connector``, ``ReadsPostings``, ``ReadsPostingChanges`` and ``ReadsChanges`` for QuickBooks Online."""

    def __init__(self, context: ConnectionContext, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        settings = settings_of(context)
        self._name, self._now, self._screens = context.name, now, settings.screens
        self._api = Api(context, settings)
        self._accounts = Accounts(self._api)
        # Dates of stock are the company's own days; this machine's day is the nearest thing known.
        self._writer = ItemWriter(self._api, self._accounts, now)
        self._creator = ItemCreator(self._api, self._accounts, lambda: now().astimezone().date())
        self.capabilities = replace(
            CAPABILITIES,
            rate_per_minute=settings.rate_per_minute,
            delta_quantity=settings.quantity_by is QuantityBy.ADJUSTMENT,
            page_size=settings.page_size,
            draft_fields=draft_fields(settings),
        )

    async def check(self) -> CheckReport:
        """The grant, the company, each list, and whether quantities can be adjusted."""
        return await check(self._api, self._accounts, self._writer.adjuster, self._now())

    async def read(self, kind: Kind) -> AsyncIterator[Page]:
        """All customers or items, inactive ones too; categories and bundles as bases."""
        async for rows, total in self._api.pages(self._entity(kind)):
            yield Page(tuple(self._record(kind, row) for row in rows), total)

    async def read_some(self, kind: Kind, ids: Sequence[str]) -> dict[str, Record]:
        """Fresh copies, fifty in a query."""
        found = await self._api.some(self._entity(kind), ids)
        return {id: self._record(kind, found[id]) for id in dict.fromkeys(ids) if id in found}

    async def read_changes(self, kind: Kind, since: datetime) -> AsyncIterator[ChangedPage]:
        """What changed since then, items whose stock a transaction moved included; see ``changes``."""
        async for rows, gone in changes.changed(self._api, self._entity(kind), since, self._now()):
            yield ChangedPage(tuple(self._record(kind, row) for row in rows), tuple(gone))

    async def posted(self, numbers: Sequence[str]) -> set[str]:
        """Those of the order numbers that an invoice or sales receipt carries in the configured field."""
        return await postings.posted(self._api, numbers, self._now())

    async def posted_since(self, since: datetime) -> set[str]:
        """What the configured field of invoices and sales receipts made or changed since then holds."""
        return await postings.posted_since(self._api, since, self._now())

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """The items' own fields in one batch, then one adjustment per quantity; its id is the outcome's ``id``.

        A quantity that takes an adjustment of ours back deletes that one, where it is still as it was made.
        """
        return await self._writer.write(writes)

    async def create(self, draft: Draft) -> WriteOutcome:
        """Add an inventory item (``maintain_stock``) or a non-inventory one, the marker in its PurchaseDesc."""
        return await self._creator.create(draft)

    async def find_marker(self, kind: Kind, marker: str, name: str) -> list[Record]:
        """Items of this name whose PurchaseDesc holds the marker."""
        if kind.counterpart is not Kind.PRODUCTS:
            return []
        return [self._record(Kind.PRODUCTS, row) for row in await self._creator.find(marker, name)]

    async def set_external_id(self, kind: Kind, id: str, value: str) -> WriteOutcome:
        """QuickBooks has no external-id field."""
        del kind, value
        return WriteOutcome(id, None, Result.REJECTED, "QuickBooks has no field for an external id", "not_supported")

    async def choices(self, what: str) -> list[str]:
        """``"categories"``, and ``"income accounts"``, ``"asset accounts"``, ``"expense accounts"``, ``"adjustment accounts"``."""
        if what == "categories":
            return await self._accounts.categories()
        return await self._accounts.names(what) if what in CHOICES else []

    def budget(self) -> Budget:
        return self._api.client.budget()

    async def close(self) -> None:
        await self._api.close()

    def _entity(self, kind: Kind) -> str:
        if kind not in ENTITIES:
            raise UsageError(f"{self._name}: QuickBooks has no list of {kind.value}; a fee's counterpart is an item")
        return ENTITIES[kind]

    def _record(self, kind: Kind, row: Row) -> Record:
        if kind is Kind.CUSTOMERS:
            return self._screens.of(records.customer(row))
        try:
            return self._screens.of(records.product(row))
        except ValueError as error:
            raise self._api.client.protocol_error(f"item {row['Id']} cannot be read: {error}") from None
