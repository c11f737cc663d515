"""One Syncro connection: what the engine asks, in Syncro's requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from connectors.http import each
from connectors.syncro import records
from connectors.syncro.api import Api, Row
from connectors.syncro.check import check
from connectors.syncro.create import ProductCreator
from connectors.syncro.lookups import Lookups
from connectors.syncro.settings import settings_of
from connectors.syncro.write import ProductWriter
from engine.errors import ConnectorError, UsageError
from engine.model import Field, Kind, Record
from engine.ports import (
    Budget,
    Capabilities,
    CheckReport,
    ConnectionContext,
    Draft,
    Page,
    RecordWrite,
    Result,
    WriteOutcome,
)

PAGE = 25
CAPABILITIES = Capabilities(
    reads=frozenset({Kind.CUSTOMERS, Kind.PRODUCTS}),
    creates=frozenset({Kind.PRODUCTS}),
    reads_fields=frozenset({Field.PRICE, Field.COST, Field.QUANTITY, Field.SKU}),
    writes_fields=frozenset({Field.PRICE, Field.COST, Field.SKU}),
    finds_marker=True,
    calls_per_write=2,  # read, PUT the product; read back are many at once, a SKU of a vendor is one more
    page_size=PAGE,
    rate_per_minute=150,
    sku_slots=("upc", "vendor"),
    product_form=("description", "vendor", "upc", "category", "taxable", "maintain_stock"),
    concurrency=4,
)

_SINGULAR = {Kind.CUSTOMERS: "customer", Kind.PRODUCTS: "product"}
_ONE_BY_ONE = 2  # up to so many records are asked for by id: a list would cost as much


class SyncroConnector:
    """``engine.ports.Connector`` for Syncro. Safe to call from several tasks of one loop."""

    def __init__(self, context: ConnectionContext) -> None:
        settings = settings_of(context)
        self._name, self._site = context.name, settings.site
        self._api = Api(context, settings)
        self._lookups = Lookups(self._api)
        self._writer = ProductWriter(self._api, self._lookups)
        self._creator = ProductCreator(self._api, self._lookups)
        self.capabilities = replace(CAPABILITIES, rate_per_minute=settings.rate_per_minute)

    async def check(self) -> CheckReport:
        """Who the token is, and each permission on a line of its own."""
        return await check(self._api)

    async def read(self, kind: Kind) -> AsyncIterator[Page]:
        """All customers or products, disabled ones too: they stay visible as inactive."""
        params = [("include_disabled", "true")] if kind is Kind.CUSTOMERS else []
        async for rows, total in self._api.pages(self._resource(kind), params):
            yield Page(tuple(self._record(kind, row) for row in rows), total)

    async def read_some(self, kind: Kind, ids: Sequence[str]) -> dict[str, Record]:
        """Fresh copies: in lists of 25, and one by one for whatever a list left out; only a 404 means gone."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Row] = {}
        if len(wanted) > _ONE_BY_ONE:
            chunks = [wanted[start : start + PAGE] for start in range(0, len(wanted), PAGE)]
            for rows in await each(chunks, lambda chunk: self._list(kind, chunk)):
                found.update((str(row["id"]), row) for row in rows)
        resource, key = self._resource(kind), _SINGULAR[kind]
        absent = [id for id in wanted if id not in found]
        single = await each(absent, lambda one: self._api.record(resource, key, one))
        found.update((str(row["id"]), row) for row in single if row is not None)
        return {id: self._record(kind, found[id]) for id in wanted if id in found}

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """One product after the other. An error that stops the batch leaves the rest ``not_sent``."""
        outcomes: list[WriteOutcome] = []
        for at, write in enumerate(writes):
            try:
                outcomes += await self._writer.write(write)
            except ConnectorError as error:
                if not outcomes:
                    raise
                outcomes += [
                    WriteOutcome(left.key, one.field, Result.NOT_SENT, str(error), error.code, error.request_id)
                    for left in writes[at:]
                    for one in left.fields
                ]
                break
        return outcomes

    async def create(self, draft: Draft) -> WriteOutcome:
        """Add a product, the marker in its notes, then its vendor's SKU."""
        return await self._creator.create(draft)

    async def find_marker(self, kind: Kind, marker: str, name: str) -> list[Record]:
        """Products whose notes hold the marker."""
        if kind.counterpart is not Kind.PRODUCTS:
            return []
        return [self._record(Kind.PRODUCTS, row) for row in await self._creator.find(marker, name)]

    async def set_external_id(self, kind: Kind, id: str, value: str) -> WriteOutcome:
        """Syncro has no external-id field."""
        del kind, value
        return WriteOutcome(id, None, Result.REJECTED, "Syncro has no field for an external id", "not_supported")

    async def choices(self, what: str) -> list[str]:
        """``"vendors"`` or ``"categories"``, by name."""
        if what == "vendors":
            return sorted(await self._lookups.vendors(again=True))
        if what == "categories":
            return sorted(await self._lookups.categories(again=True))
        return []

    def budget(self) -> Budget:
        return self._api.client.budget()

    async def close(self) -> None:
        await self._api.client.close()

    async def _list(self, kind: Kind, ids: Sequence[str]) -> list[Row]:
        """One list query for some ids; rows that lack what only the single record may have are left out."""
        params = [("id[]", id) for id in ids]
        if kind is Kind.CUSTOMERS:
            params.append(("include_disabled", "true"))
        rows = await self._api.rows(self._resource(kind), params)
        asked = set(ids)
        return [row for row in rows if str(row["id"]) in asked and (kind is Kind.CUSTOMERS or "product_skus" in row)]

    def _resource(self, kind: Kind) -> str:
        if kind not in _SINGULAR:
            raise UsageError(f"{self._name}: Syncro has no list of {kind.value}; a fee's counterpart is a product")
        return kind.value

    def _record(self, kind: Kind, row: Row) -> Record:
        if kind is Kind.CUSTOMERS:
            return records.customer(row, self._site)
        try:
            return records.product(row, self._site)
        except ValueError as error:
            raise self._api.client.protocol_error(f"product {row['id']} cannot be read: {error}") from None
