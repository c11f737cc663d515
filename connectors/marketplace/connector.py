"""One marketplace connection: what the engine asks, in SimpleAPI's requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from urllib.parse import quote

from connectors.http import FAILED_WRITE, each, fate
from connectors.marketplace import records
from connectors.marketplace.api import Api, identity
from connectors.marketplace.check import check
from connectors.marketplace.settings import settings_of
from engine.errors import NotFound, UsageError
from engine.model import Customer, Field, Kind, Product, Record
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

CAPABILITIES = Capabilities(
    reads=frozenset({Kind.CUSTOMERS, Kind.PRODUCTS}),
    creates=frozenset({Kind.CUSTOMERS}),
    reads_fields=frozenset({Field.PRICE, Field.COST, Field.SKU}),
    writes_external_id=True,
    finds_marker=True,
    calls_per_write=2,
    page_size=200,
)


class MarketplaceConnector:
    """``engine.ports.Connector`` for SimpleAPI.

    The marker of a new customer is its ``externalId``: whatever ``Draft.marker`` holds is stored there (the
    counterpart's id, so that it means something to people), or ``Draft.external_id`` when there is no marker.
    """

    def __init__(self, context: ConnectionContext) -> None:
        settings = settings_of(context)
        self._name = context.name
        self._account = f"{settings.username} at {settings.marketplace}"
        self._api = Api(context, settings)
        self._page_size, self._screens = settings.page_size, settings.screens
        self._mpn_of: dict[str, str] = {}
        self.capabilities = replace(
            CAPABILITIES, page_size=settings.page_size, rate_per_minute=settings.rate_per_minute
        )

    async def check(self) -> CheckReport:
        """Token, customers and products; each says what is wrong with it."""
        return await check(self._api, self._account)

    async def read(self, kind: Kind) -> AsyncIterator[Page]:
        """All customers (thin: ``complete=False``) or all products."""
        if kind is Kind.CUSTOMERS:
            async for rows, total in self._api.pages("/customers", "customers"):
                yield Page(tuple(self._screens.of(records.customer(row)) for row in rows), total)
        elif kind is Kind.PRODUCTS:
            async for page in self._products():
                yield page
        else:
            raise UsageError(f"{self._name}: a marketplace has no list of {kind.value}")

    async def read_some(self, kind: Kind, ids: Sequence[str]) -> dict[str, Record]:
        """Customers in full, one call each. Products by their MPN, since there is no way to get one by id."""
        wanted = list(dict.fromkeys(ids))
        if kind is Kind.CUSTOMERS:
            found = await each(wanted, self._customer)
            return {one.id: one for one in found if one is not None}
        return dict(await self._some_products(wanted))

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """SimpleAPI cannot change products: everything is rejected and nothing is sent."""
        why = "a reseller marketplace takes no product changes through this API; nothing was sent"
        return [
            WriteOutcome(write.key, field.field, Result.REJECTED, why, "not_supported")
            for write in writes
            for field in write.fields
        ]

    async def create(self, draft: Draft) -> WriteOutcome:
        """Create one customer, its external id set in the same request: one request, all or nothing."""
        if draft.kind is not Kind.CUSTOMERS or draft.customer is None:
            return WriteOutcome(draft.key, None, Result.REJECTED, "only customers can be created in a marketplace")
        missing = records.missing_for_creation(draft.customer)
        if missing:
            why = f"{draft.name}: the marketplace demands {', '.join(missing)}; nothing was sent"
            return WriteOutcome(draft.key, None, Result.REJECTED, why, "incomplete")
        body = records.new_customer(draft.customer, draft.marker or draft.external_id)
        try:
            reply = await self._api.client.request("POST", "/customers", body=body)
        except FAILED_WRITE as error:
            return WriteOutcome(draft.key, None, *fate(error))
        id = reply.data.get("id") if isinstance(reply.data, dict) else None
        if not isinstance(id, str | int) or id == "":
            why = f"{draft.name}: the marketplace said yes and named no id; look whether it exists"
            return WriteOutcome(draft.key, None, Result.UNKNOWN, why, request_id=reply.request_id)
        return WriteOutcome(draft.key, None, Result.APPLIED, request_id=reply.request_id, id=str(id))

    async def find_marker(self, kind: Kind, marker: str, name: str) -> list[Record]:
        """Customers whose ``externalId`` is exactly the marker. ``name`` is not needed here."""
        del name
        if kind is not Kind.CUSTOMERS or not marker:
            return []
        found: list[Record] = []
        async for rows, _ in self._api.pages("/customers", "customers", externalId=marker):
            found += [one for one in map(records.customer, rows) if one.external_id == marker]
        return found

    async def set_external_id(self, kind: Kind, id: str, value: str) -> WriteOutcome:
        """``PATCH externalId``, into an empty one only; a non-empty one is never overwritten."""
        if kind is not Kind.CUSTOMERS:
            return WriteOutcome(id, None, Result.REJECTED, "only customers have an external id here", "not_supported")
        current = await self._customer(id)
        if current is None:
            return WriteOutcome(id, None, Result.REJECTED, f"customer {id} is not in the marketplace any more", "404")
        if current.external_id == value:
            return WriteOutcome(id, None, Result.UNCHANGED, found=value, id=id)
        if current.external_id:
            why = f"{current.name} has the external id {current.external_id!r} already; it was left as it is"
            return WriteOutcome(id, None, Result.REJECTED, why, "occupied", found=current.external_id, id=id)
        try:
            reply = await self._api.client.request(
                "PATCH", f"/customers/{quote(id, safe='')}", body={"externalId": value}
            )
        except FAILED_WRITE as error:
            return WriteOutcome(id, None, *fate(error))
        return WriteOutcome(id, None, Result.APPLIED, request_id=reply.request_id, id=id)

    async def choices(self, what: str) -> list[str]:
        """A marketplace has no forms to fill in."""
        del what
        return []

    def budget(self) -> Budget:
        return self._api.client.budget()

    async def close(self) -> None:
        await self._api.client.close()

    async def _customer(self, id: str) -> Customer | None:
        try:
            reply = await self._api.get(f"/customers/{quote(id, safe='')}")
        except NotFound:
            return None
        if not isinstance(reply.data, dict) or str(reply.data.get("id")) != id:
            raise self._api.client.protocol_error(
                f"the answer for customer {id} is not that customer", reply.request_id
            )
        return self._screens.of(records.customer(reply.data))

    async def _products(self, **filters: str) -> AsyncIterator[Page]:
        async for rows, total in self._api.pages("/products", "products", **filters):
            page: list[Product] = []
            for row in rows:
                id = identity(row, "products", self._api.client)
                try:
                    page.append(self._screens.of(records.product(row, id)))
                except ValueError as error:
                    raise self._api.client.protocol_error(f"product {id} cannot be read: {error}") from None
            self._mpn_of.update((one.id, one.mpn) for one in page)
            yield Page(tuple(page), total)

    async def _some_products(self, wanted: Sequence[str]) -> dict[str, Product]:
        """By MPN where that takes fewer calls than the whole list; an id that is not found that way is looked for in it."""
        known = {self._mpn_of.get(id, "") for id in wanted}
        found: dict[str, Product] = {}
        if wanted and "" not in known and len(known) <= max(1, len(self._mpn_of) // self._page_size):
            for mpn in sorted(known):
                async for page in self._products(mpn=mpn):
                    found.update((one.id, one) for one in page.records if isinstance(one, Product))
        if any(id not in found for id in wanted):
            async for page in self._products():
                found.update((one.id, one) for one in page.records if isinstance(one, Product))
        return {id: found[id] for id in wanted if id in found}
