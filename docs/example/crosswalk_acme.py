"""A whole connector in one file: Acme ERP, a made-up back office with items whose prices can be read and written.

Its API: ``GET /items?page=1`` answers ``{"items": [{"id", "name", "code", "price", "active"}], "total"}``, fifty to a
page; ``GET /items/ID`` one item; ``PATCH /items/ID`` with ``{"price"}`` changes one. Errors are ``{"error": "..."}``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.comparing import compared_amount
from connectors.http import (
    COMMON_OPTIONS,
    FAILED_WRITE,
    BearerSecret,
    Client,
    Dialect,
    Explained,
    Pace,
    ReadLedger,
    Redactor,
    SecretSource,
    TotalMoved,
    endpoint,
    fate,
)
from connectors.values import amount, text
from engine.errors import (
    AuthenticationError,
    ConnectorError,
    NotFound,
    UsageError,
)
from engine.model import Field, Kind, PriceOption, Product, Record, Sku, canonical
from engine.ports import (
    Budget,
    Capabilities,
    CheckItem,
    CheckReport,
    ConnectionContext,
    ConnectorType,
    Draft,
    FieldWrite,
    Option,
    Page,
    RecordWrite,
    Result,
    WriteOutcome,
)

PER_MINUTE = 120.0
PAGE = 50
OPTIONS = (
    Option("base_url", "Base URL", "Such as https://erp.example.com/api", required=True),
    Option("token", "Token", "Where the API token is kept", required=True, secret=True),
    *COMMON_OPTIONS,
)
CAPABILITIES = Capabilities(
    reads=frozenset({Kind.PRODUCTS}),
    reads_fields=frozenset({Field.PRICE, Field.SKU}),
    writes_fields=frozenset({Field.PRICE}),
    calls_per_write=2,  # read, PATCH
    page_size=PAGE,
    rate_per_minute=PER_MINUTE,
    sku_slots=("sku",),
)
DIALECT = Dialect(explain=lambda data: Explained(text(data.get("error")) if isinstance(data, dict) else ""))


class AcmeConnector:
    """``engine.ports.Connector`` for Acme ERP."""

    capabilities = CAPABILITIES

    def __init__(self, context: ConnectionContext) -> None:
        redactor = Redactor()
        self._client = Client(context.name, endpoint(context), DIALECT, Pace(PER_MINUTE), redactor)
        self._client.auth = BearerSecret(SecretSource(context, redactor), "token")

    async def check(self) -> CheckReport:
        """One page of items; writes nothing."""
        try:
            await self._client.request("GET", "/items", params=[("page", "1")])
        except ConnectorError as error:
            refused = isinstance(error, AuthenticationError)
            return CheckReport((CheckItem("Read items", False, str(error)),), reconnect=refused)
        return CheckReport((CheckItem("Read items", True),))

    async def read(self, kind: Kind) -> AsyncIterator[Page]:
        """All items. What does not add up is ``IncompleteRead``; a total that moves starts the read over, once."""
        self._known(kind)
        ledger, page = ReadLedger(self._client.connection, "items"), 1
        while True:
            data = (await self._client.request("GET", "/items", params=[("page", str(page))])).data
            if not isinstance(data, dict) or not isinstance(data.get("items"), list) or "total" not in data:
                raise ledger.incomplete("a page came without its items or its total")
            products = [self._product(row) for row in data["items"]]
            try:
                fresh = ledger.page([one.id for one in products], int(data["total"]))
            except TotalMoved:
                ledger.restart()
                page = 1
                continue
            yield Page(tuple(one for one, new in zip(products, fresh, strict=True) if new), ledger.total)
            if len(products) < PAGE:
                ledger.finish()
                return
            page += 1

    async def read_some(self, kind: Kind, ids: Sequence[str]) -> dict[str, Record]:
        """Fresh copies, one by one; only a 404 means gone."""
        self._known(kind)
        rows = {id: await self._row(id) for id in dict.fromkeys(ids)}
        return {id: self._product(row) for id, row in rows.items() if row is not None}

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """``batch_size`` is one, so this is one record; and one field, since the price is all that is written."""
        return [await self._write(write, change) for write in writes for change in write.fields]

    async def create(self, draft: Draft) -> WriteOutcome:
        return WriteOutcome(draft.key, None, Result.REJECTED, "Acme makes no items through its API", "not_supported")

    async def find_marker(self, kind: Kind, marker: str, name: str) -> list[Record]:
        del kind, marker, name
        return []

    async def set_external_id(self, kind: Kind, id: str, value: str) -> WriteOutcome:
        del kind, value
        return WriteOutcome(id, None, Result.REJECTED, "Acme has no field for an external id", "not_supported")

    async def choices(self, what: str) -> list[str]:
        del what
        return []

    def budget(self) -> Budget:
        return self._client.budget()

    async def close(self) -> None:
        await self._client.close()

    # ------------------------------------------------------------------------------------------------ inside
    async def _write(self, write: RecordWrite, change: FieldWrite) -> WriteOutcome:
        row = await self._row(write.id)
        if row is None:
            return WriteOutcome(
                write.key, change.field, Result.REJECTED, f"{write.name} is not in Acme any more", "404"
            )
        current = amount(row.get("price"))
        known = compared_amount(change, None if current is None else canonical(current))
        if known is not None:
            return WriteOutcome(write.key, change.field, known.result, known.message, found=known.found)
        try:
            reply = await self._client.request("PATCH", _path(write.id), body={"price": change.after})
        except FAILED_WRITE as error:
            return WriteOutcome(write.key, change.field, *fate(error))
        return WriteOutcome(write.key, change.field, Result.APPLIED, request_id=reply.request_id)

    async def _row(self, id: str) -> Mapping[str, Any] | None:
        try:
            reply = await self._client.request("GET", _path(id))
        except NotFound:
            return None
        if not isinstance(reply.data, dict) or str(reply.data.get("id")) != id:
            raise self._client.protocol_error(f"the answer for item {id} is not that item", reply.request_id)
        return reply.data

    def _product(self, row: Mapping[str, Any]) -> Product:
        try:
            price, code = amount(row.get("price")), text(row.get("code"))
            return Product(
                id=str(row["id"]),
                name=text(row["name"]),
                active=row.get("active") is not False,
                prices=() if price is None else (PriceOption(price),),  # no currency: the integration's is meant
                skus=(Sku(code),) if code else (),
            )
        except (ValueError, LookupError, AttributeError) as error:
            raise self._client.protocol_error(f"an item cannot be read: {error}") from None

    def _known(self, kind: Kind) -> None:
        if kind not in CAPABILITIES.reads:
            raise UsageError(f"{self._client.connection}: Acme has no list of {kind.value}")


def _path(id: str) -> str:
    return f"/items/{quote(id, safe='')}"


CONNECTOR = ConnectorType(
    name="acme",
    title="Acme ERP",
    description="Items of Acme ERP; prices are written.",
    sides=frozenset({"backoffice"}),
    options=OPTIONS,
    capabilities=CAPABILITIES,
    open=AcmeConnector,
    reconnect="Make a new token in Acme, put it where option token refers to, and test the connection",
    notes=("Make an API token under Settings > API in Acme.",),
)
