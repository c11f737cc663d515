"""One UltraCart connection: what the engine asks, in the store's requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime

from connectors.ultracart import schema
from connectors.ultracart.api import Api
from connectors.ultracart.check import check
from connectors.ultracart.reading import Reader
from connectors.ultracart.settings import LARGEST_BATCH, settings_of
from connectors.ultracart.update import Updater
from connectors.ultracart.write import ItemWriter
from engine.crm import SchemaObject, TextOutcome, TextWrite
from engine.errors import UsageError
from engine.model import Field, Kind, Order, Record
from engine.ports import (
    Budget,
    Capabilities,
    ChangedPage,
    CheckReport,
    ConnectionContext,
    DeviceLogin,
    Draft,
    Page,
    RecordWrite,
    Result,
    WriteOutcome,
)

CAPABILITIES = Capabilities(
    reads=frozenset({Kind.CUSTOMERS, Kind.PRODUCTS}),
    reads_fields=frozenset(Field),
    writes_fields=frozenset({Field.PRICE, Field.COST, Field.QUANTITY}),
    has_orders=True,
    reads_changes=True,
    has_schema=True,
    writes_texts=True,
    batch_size=LARGEST_BATCH,
    concurrency=1,
    calls_per_write=1,
    calls_per_record=3,  # an item is read by itself: before, right after, and when read back
    page_size=100,
    rate_per_minute=950 / 60,
    storefront_sku="sku",
)


class UltraCartConnector:
    """``engine.ports.Connector``, ``ReadsOrders``, ``ReadsChanges``, ``LogsIn``, ``engine.crm.HasSchema`` and ``WritesTexts``."""

    def __init__(self, context: ConnectionContext) -> None:
        settings = settings_of(context)
        self._settings, self._name = settings, context.name
        self._api = Api(context, settings)
        self._reader = Reader(self._api, settings)
        self._writer = ItemWriter(Updater(self._api, self._reader, settings, context.images), settings)
        writes = CAPABILITIES.writes_fields if settings.center else CAPABILITIES.writes_fields - {Field.QUANTITY}
        self.capabilities = replace(
            CAPABILITIES,
            writes_fields=writes,
            writes_external_id=settings.mirror_links,
            batch_size=settings.batch_size,
            page_size=settings.page_size,
            rate_per_minute=settings.per_hour / 60,
        )

    async def check(self) -> CheckReport:
        """Who may do what, and whether the distribution center exists."""
        return await check(self._api, self._settings)

    async def start_login(self) -> DeviceLogin:
        """``engine.ports.LogsIn``: ask for a code. Raises ``UsageError`` where a simple key is used."""
        return await self._api.start_login()

    async def read(self, kind: Kind) -> AsyncIterator[Page]:
        """All items, or all customer profiles."""
        self._known(kind)
        async for page in self._reader.all(kind):
            yield page

    async def read_some(self, kind: Kind, ids: Sequence[str]) -> dict[str, Record]:
        """Fresh copies of some records; an id that is gone is absent."""
        self._known(kind)
        return await self._reader.some(kind, ids)

    async def read_changes(self, kind: Kind, since: datetime) -> AsyncIterator[ChangedPage]:
        """What was made or modified since then."""
        self._known(kind)
        async for page in self._reader.changes(kind, since):
            yield page

    async def read_orders(self, since: datetime) -> AsyncIterator[Sequence[Order]]:
        """All orders since then whose stage counts as a sale, with who bought and whether it is paid."""
        async for orders in self._reader.orders(since):
            yield orders

    async def schema(self) -> tuple[SchemaObject, ...]:
        """``item`` and ``customer``, from a table of ours."""
        return schema.objects(self._settings)

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """Items in one batch; see ``update`` and ``merge``."""
        return await self._writer.write(writes)

    async def write_texts(self, writes: Sequence[TextWrite]) -> list[TextOutcome]:
        """Descriptions, the active flag and custom fields of items; see ``texts``."""
        return await self._writer.write_texts(writes)

    async def set_external_id(self, kind: Kind, id: str, value: str) -> WriteOutcome:
        """The counterpart's id in ``salesforce.sfdc_product_id`` of an item, where the option mirror_links allows it."""
        if kind.counterpart is not Kind.PRODUCTS:
            return WriteOutcome(id, None, Result.REJECTED, "UltraCart has no such field for customers", "not_supported")
        return await self._writer.link(id, value)

    async def create(self, draft: Draft) -> WriteOutcome:
        """UltraCart is where items come from: nothing is created there."""
        return WriteOutcome(draft.key, None, Result.REJECTED, "nothing is created in UltraCart", "not_supported")

    async def find_marker(self, kind: Kind, marker: str, name: str) -> list[Record]:
        """Nothing is created, so there is no marker."""
        del kind, marker, name
        return []

    async def choices(self, what: str) -> list[str]:
        """There are no forms."""
        del what
        return []

    def budget(self) -> Budget:
        return self._api.client.budget()

    async def close(self) -> None:
        await self._api.close()

    def _known(self, kind: Kind) -> None:
        if kind not in CAPABILITIES.reads:
            raise UsageError(f"{self._name}: UltraCart has no list of {kind.value}; a fee's counterpart is a product")
