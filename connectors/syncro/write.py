"""Writing one product: read, compare, merge, PUT the product, then its vendor's SKU; every field gets its own outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from weakref import WeakValueDictionary

from connectors.http import FAILED_WRITE, fate
from connectors.syncro.api import Api
from connectors.syncro.lookups import Lookups
from connectors.syncro.merge import Merge, SkuChange, body, merge
from engine.errors import ConnectorError
from engine.model import Field
from engine.ports import RecordWrite, Result, WriteOutcome


@dataclass(frozen=True, slots=True)
class Sent:
    """How one request of a write ended."""

    result: Result
    message: str = ""
    code: str = ""
    request_id: str = ""


async def send(api: Api, method: str, path: str, content: Any) -> tuple[Sent, Any]:
    """One writing request and its reply's data. Raises only when it certainly was not carried out."""
    try:
        reply = await api.request(method, path, body=content)
    except FAILED_WRITE as error:
        return Sent(*fate(error)), None
    return Sent(Result.APPLIED, request_id=reply.request_id), reply.data


class ProductWriter:
    """Writes products of one connection; two writes of one product never interleave."""

    def __init__(self, api: Api, lookups: Lookups) -> None:
        self._api, self._lookups = api, lookups
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def write(self, write: RecordWrite) -> list[WriteOutcome]:
        """One outcome per field, in order. Raises only when nothing of this write was sent."""
        lock = self._locks.setdefault(write.id, asyncio.Lock())
        async with lock:
            row = await self._api.record("products", "product", write.id)
            if row is None:
                why = f"product {write.name} ({write.id}) is not in Syncro any more; nothing was written"
                return [WriteOutcome(write.key, one.field, Result.REJECTED, why, "404") for one in write.fields]
            try:
                plan = merge(row, write)
            except ValueError as error:
                raise self._api.client.protocol_error(f"product {write.id} cannot be read: {error}") from None
            outcomes = {field: self._settled(write, field, *known) for field, known in plan.settled.items()}
            if plan.stale:
                rest = "not sent: another field of this product moved"
                outcomes |= self._all(write, _open(write, outcomes), Sent(Result.NOT_SENT, rest))
            else:
                await self._send(write, row, plan, outcomes)
            return [outcomes[one.field] for one in write.fields]

    async def _send(
        self, write: RecordWrite, row: dict[str, Any], plan: Merge, outcomes: dict[Field, WriteOutcome]
    ) -> None:
        vendor_id = await self._lookups.vendor_id(plan.sku.vendor) if plan.sku else None
        went_well = True
        if plan.columns:
            path = f"/products/{quote(write.id, safe='')}"
            sent, _ = await send(self._api, "PUT", path, body(row, plan.columns))
            went_well = sent.result is Result.APPLIED
            outcomes |= self._all(write, plan.by_product, sent)
        if plan.sku is None:
            return
        if vendor_id is None:
            why = f'Syncro has no vendor named "{plan.sku.vendor}": add it there, or choose another in the settings'
            sent = Sent(Result.REJECTED, why, "no_vendor")
        elif not went_well:
            sent = Sent(Result.NOT_SENT, "not sent: the change of the product before it was not confirmed")
        else:
            sent = await self._send_sku(write.id, plan.sku, vendor_id, after_product=bool(plan.columns))
        outcomes |= self._all(write, [Field.SKU], sent)

    async def _send_sku(self, id: str, change: SkuChange, vendor_id: int, *, after_product: bool) -> Sent:
        try:
            return await set_sku(self._api, id, change, vendor_id)
        except ConnectorError as error:
            if not after_product:
                raise
            # The product was changed: what is known of it must not be lost with this error.
            return Sent(Result.NOT_SENT, str(error), error.code, error.request_id)

    def _settled(
        self, write: RecordWrite, field: Field, result: Result, message: str, found: str | None
    ) -> WriteOutcome:
        return WriteOutcome(write.key, field, result, message, found=found)

    def _all(self, write: RecordWrite, fields: Iterable[Field], sent: Sent) -> dict[Field, WriteOutcome]:
        return {
            field: WriteOutcome(write.key, field, sent.result, sent.message, sent.code, sent.request_id)
            for field in fields
        }


async def set_sku(api: Api, product_id: str, change: SkuChange, vendor_id: int) -> Sent:
    """Set one vendor's SKU of a product: the entry's own PUT, or a POST where the vendor has none yet."""
    path = f"/products/{quote(product_id, safe='')}/product_skus"
    content = {"vendor_id": vendor_id, "value": change.value}
    if change.entry_id:
        sent, _ = await send(api, "PUT", f"{path}/{quote(change.entry_id, safe='')}", content)
    else:
        sent, _ = await send(api, "POST", path, content)
    return sent


def _open(write: RecordWrite, outcomes: dict[Field, WriteOutcome]) -> list[Field]:
    return [one.field for one in write.fields if one.field not in outcomes]
