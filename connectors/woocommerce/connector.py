"""One WooCommerce connection: what the engine asks, in the store's requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime

from connectors.http.client import Params
from connectors.woocommerce import records
from connectors.woocommerce.api import Api
from connectors.woocommerce.check import check
from connectors.woocommerce.create import ProductCreator
from connectors.woocommerce.orders import changed, sales
from connectors.woocommerce.reading import ProductReader
from connectors.woocommerce.settings import LARGEST, settings_of
from connectors.woocommerce.site import Site
from connectors.woocommerce.write import ProductWriter
from engine.errors import IncompleteRead, UsageError
from engine.model import Customer, Field, Kind, Order, Record
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

CAPABILITIES = Capabilities(
    reads=frozenset({Kind.CUSTOMERS, Kind.PRODUCTS}),
    creates=frozenset({Kind.PRODUCTS}),
    reads_fields=frozenset(Field),
    writes_fields=frozenset(Field),
    has_orders=True,
    order_changes=True,
    reads_changes=True,
    delta_quantity=True,
    finds_marker=True,
    batch_size=LARGEST,
    concurrency=1,
    calls_per_write=5,  # orders and their trash, read, write, read back
    calls_per_parent=2,  # variations are read and written by their product
    page_size=LARGEST,
    rate_per_minute=240,
    sku_slots=("sku",),
    storefront_sku="sku",
    product_form=("description", "upc", "category", "taxable", "maintain_stock"),
)
_NO_COST = frozenset(Field) - {Field.COST}
_EVERYBODY: Params = (("role", "all"),)


class WooCommerceConnector:
    """``engine.ports.Connector``, ``ReadsOrders``, ``ReadsOrderChanges`` and ``ReadsChanges``. Safe to call from several tasks of one loop."""

    def __init__(self, context: ConnectionContext) -> None:
        settings = settings_of(context)
        self._settings, self._name = settings, context.name
        self._api = Api(context, settings)
        self._site = Site(self._api, settings, self._learn)
        self._reader = ProductReader(self._api, self._site)
        self._writer = ProductWriter(self._api, self._reader, self._site, settings)
        self._creator = ProductCreator(self._api, self._site, self._writer)
        self.capabilities = replace(
            CAPABILITIES,
            batch_size=settings.batch_size,
            page_size=settings.page_size,
            rate_per_minute=settings.rate_per_minute,
            delta_quantity=settings.delta,
        )
        self._learn()

    async def check(self) -> CheckReport:
        """That it is WooCommerce, who may do what, and the currency."""
        return await check(self._api, self._site, self._settings)

    async def read(self, kind: Kind) -> AsyncIterator[Page]:
        """All products with their variations, or all users of the store (whatever their role)."""
        self._known(kind)
        if kind is Kind.PRODUCTS:
            async for page in self._reader.all():
                yield page
            return
        async for rows, total in self._api.pages("/customers", "customers", _EVERYBODY):
            yield Page(tuple(records.customer(row, self._settings.site) for row in rows), total)

    async def read_some(self, kind: Kind, ids: Sequence[str]) -> dict[str, Record]:
        """Fresh copies of some records; an id that is gone is absent."""
        self._known(kind)
        if kind is Kind.PRODUCTS:
            return dict(await self._reader.some(ids))
        wanted = list(dict.fromkeys(ids))
        rows = await self._api.some("/customers", wanted, _EVERYBODY)
        found: dict[str, Customer] = {id: records.customer(row, self._settings.site) for id, row in rows.items()}
        return {id: found[id] for id in wanted if id in found}

    async def read_orders(self, since: datetime) -> AsyncIterator[Sequence[Order]]:
        """All orders since then whose status counts as a sale."""
        async for orders in sales(self._api, self._site, self._settings, since):
            yield orders

    async def read_order_changes(self, since: datetime) -> AsyncIterator[ChangedOrders]:
        """Orders made or changed since then, and which of them do not count as sales."""
        async for page in changed(self._api, self._site, self._settings, since):
            yield page

    async def read_changes(self, kind: Kind, since: datetime) -> AsyncIterator[ChangedPage]:
        """Products and variations that changed; WooCommerce cannot say which customers did (``IncompleteRead``)."""
        self._known(kind)
        if kind is not Kind.PRODUCTS:
            raise IncompleteRead("WooCommerce cannot list changed customers: read all", connection=self._name)
        async for page in self._reader.changes(since):
            yield page

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """Products in one batch, variations in one per parent; see ``write`` and ``merge``."""
        return await self._writer.write(writes)

    async def create(self, draft: Draft) -> WriteOutcome:
        """Add a simple product with the marker in its meta data."""
        return await self._creator.create(draft)

    async def find_marker(self, kind: Kind, marker: str, name: str) -> list[Record]:
        """Products whose meta data hold the marker."""
        if kind.counterpart is not Kind.PRODUCTS:
            return []
        currency = await self._site.currency()
        return [self._reader.record(row, currency, None) for row in await self._creator.find(marker, name)]

    async def set_external_id(self, kind: Kind, id: str, value: str) -> WriteOutcome:
        """WooCommerce has no external-id field."""
        del kind, value
        return WriteOutcome(id, None, Result.REJECTED, "WooCommerce has no field for an external id", "not_supported")

    async def choices(self, what: str) -> list[str]:
        """``"categories"``, by name."""
        return sorted(await self._creator.categories()) if what == "categories" else []

    def budget(self) -> Budget:
        return self._api.client.budget()

    async def close(self) -> None:
        await self._api.client.close()

    def _learn(self) -> None:
        """Costs are offered where the store has them: with ``cost=auto`` from the first conversation on."""
        fields = frozenset(Field) if self._site.cost else _NO_COST
        self.capabilities = replace(self.capabilities, reads_fields=fields, writes_fields=fields)

    def _known(self, kind: Kind) -> None:
        if kind not in CAPABILITIES.reads:
            raise UsageError(f"{self._name}: WooCommerce has no list of {kind.value}; a fee's counterpart is a product")
