"""One Shopify store: what the engine asks, in the store's operations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime

from connectors.shopify.api import Api
from connectors.shopify.check import check
from connectors.shopify.operations import UPDATE_VARIANTS
from connectors.shopify.orders import Sales
from connectors.shopify.pace import SMALLEST_RESTORE
from connectors.shopify.reading import Reader
from connectors.shopify.settings import LARGEST, NO_LOCATION, PAGE, settings_of
from connectors.shopify.shop import Shop
from connectors.shopify.write import ProductWriter
from engine.errors import UsageError
from engine.model import Field, Kind, Order, Record
from engine.ports import (
    Budget,
    Capabilities,
    ChangedOrders,
    ChangedPage,
    CheckReport,
    ConnectionContext,
    Draft,
    Page,
    RecordWrite,
    Result,
    WriteOutcome,
)

#: Points of one request, for estimates until the store has told: a page of variants is the dearest that is asked often.
_TYPICAL = 200.0

CAPABILITIES = Capabilities(
    reads=frozenset({Kind.CUSTOMERS, Kind.PRODUCTS}),
    reads_fields=frozenset(Field),
    writes_fields=frozenset(Field),
    compare_and_set=True,  # a quantity by changeFromQuantity; price, cost and SKU are read right before
    has_orders=True,
    order_changes=True,
    reads_changes=True,
    batch_size=LARGEST,
    concurrency=1,
    calls_per_write=4,  # orders, read, set quantities, read back
    calls_per_record=1,  # variants are written by product
    page_size=PAGE,
    record_share=UPDATE_VARIANTS.cost / _TYPICAL,
    rate_per_minute=60 * SMALLEST_RESTORE / _TYPICAL,
    sku_slots=("sku",),
    storefront_sku="sku",
)
_NO_QUANTITY = frozenset(Field) - {Field.QUANTITY}


class ShopifyConnector:
    """``engine.ports.Connector``, ``ReadsOrders``, ``ReadsOrderChanges`` and ``ReadsChanges``. Safe to call from several
    tasks of one loop.
    """

    def __init__(self, context: ConnectionContext) -> None:
        settings = settings_of(context)
        self._name = context.name
        self._api = Api(context, settings)
        self._shop = Shop(self._api)
        self._reader = Reader(self._api, self._shop)
        self._writer = ProductWriter(self._api, self._shop, self._reader)
        self._sales = Sales(self._api)
        fields = frozenset(Field) if settings.counts else _NO_QUANTITY
        self.capabilities = replace(
            CAPABILITIES, reads_fields=fields, writes_fields=fields, page_size=settings.page_size
        )

    async def check(self) -> CheckReport:
        """Who the store is, every access scope, and the location; changes nothing."""
        return await check(self._api, self._shop)

    async def read(self, kind: Kind) -> AsyncIterator[Page]:
        """All variants with the parents of those that have any, or all customers."""
        self._known(kind)
        if kind is Kind.PRODUCTS:
            async for page in self._reader.all():
                yield page
        else:
            async for customers in self._reader.customers():
                yield Page(customers)
        self._learn()

    async def read_some(self, kind: Kind, ids: Sequence[str]) -> dict[str, Record]:
        """Fresh copies of some records; an id that is gone is absent."""
        self._known(kind)
        if kind is Kind.PRODUCTS:
            return dict(await self._reader.some(ids))
        return dict(await self._reader.some_customers(ids))

    async def read_orders(self, since: datetime) -> AsyncIterator[Sequence[Order]]:
        """All orders since then that count as sales; sixty days back without the scope ``read_all_orders``."""
        async for orders in self._sales.since(since):
            yield orders

    async def read_order_changes(self, since: datetime) -> AsyncIterator[ChangedOrders]:
        """Orders made or changed since then, and which of them do not count as sales."""
        async for page in self._sales.changed(since):
            yield page

    async def read_changes(self, kind: Kind, since: datetime) -> AsyncIterator[ChangedPage]:
        """What changed since then; what was deleted shows at the next full read."""
        self._known(kind)
        if kind is Kind.PRODUCTS:
            async for page in self._reader.changes(since):
                yield page
            return
        async for customers in self._reader.customers(since):
            yield ChangedPage(customers)

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """Quantities in one request, variants in one per product; see ``write``, ``quantities`` and ``variants``."""
        return await self._writer.write(writes)

    async def create(self, draft: Draft) -> WriteOutcome:
        """Products are not created in Shopify: a store's product is more than a name and a price."""
        why = "products are created in Shopify itself; nothing was sent"
        return WriteOutcome(draft.key, None, Result.REJECTED, why, "not_supported")

    async def find_marker(self, kind: Kind, marker: str, name: str) -> list[Record]:
        """Nothing is ever created, so nothing carries a marker."""
        del kind, marker, name
        return []

    async def set_external_id(self, kind: Kind, id: str, value: str) -> WriteOutcome:
        """Shopify has no external-id field."""
        del kind, value
        return WriteOutcome(id, None, Result.REJECTED, "Shopify has no field for an external id", "not_supported")

    async def choices(self, what: str) -> list[str]:
        """``"locations"``, as the option ``location`` takes them."""
        return [*(one.label for one in await self._shop.locations()), NO_LOCATION] if what == "locations" else []

    def budget(self) -> Budget:
        """The store's own points, as it told them last."""
        return self._api.pace.budget()

    async def close(self) -> None:
        await self._api.close()

    def _learn(self) -> None:
        """Estimates follow what the store's plan restores and what its requests cost."""
        cost = self._api.typical_cost()
        if cost:
            rate, share = 60 * self._api.pace.restore / cost, min(1.0, UPDATE_VARIANTS.cost / cost)
            self.capabilities = replace(self.capabilities, rate_per_minute=rate, record_share=share)

    def _known(self, kind: Kind) -> None:
        if kind not in CAPABILITIES.reads:
            raise UsageError(f"{self._name}: Shopify has no list of {kind.value}; a fee's counterpart is a product")
