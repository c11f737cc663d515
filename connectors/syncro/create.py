"""Adding one product, and finding it again by its marker when it is not known whether that worked."""

from __future__ import annotations

from typing import Any

from connectors.syncro.api import Api, Row
from connectors.syncro.lookups import Lookups
from connectors.syncro.merge import SkuChange
from connectors.syncro.records import COST, PRICE
from connectors.syncro.write import send, set_sku
from connectors.values import text
from engine.errors import ConnectorError
from engine.model import Kind
from engine.ports import Draft, Result, WriteOutcome


class ProductCreator:
    """Creates products of one connection. The marker goes into the product's notes in the same request."""

    def __init__(self, api: Api, lookups: Lookups) -> None:
        self._api, self._lookups = api, lookups

    async def create(self, draft: Draft) -> WriteOutcome:
        """One POST, then its SKU. ``unknown`` when the POST may have been carried out; it is never sent again."""
        content, problem = await self._body(draft)
        vendor_id = None
        if not problem and draft.sku is not None and draft.sku.value:
            vendor_id = await self._lookups.vendor_id(draft.sku.vendor) if draft.sku.vendor else None
            if vendor_id is None:
                problem = f'Syncro has no vendor named "{draft.sku.vendor}" for the SKU {draft.sku.value}'
        if problem:
            return WriteOutcome(
                draft.key, None, Result.REJECTED, f"{draft.name}: {problem}; nothing was sent", "incomplete"
            )
        sent, data = await send(self._api, "POST", "/products", content)
        made = data.get("product") if isinstance(data, dict) else None
        id = text(made.get("id")) if isinstance(made, dict) else ""
        if sent.result is Result.APPLIED and not id:
            why = f"{draft.name}: Syncro said yes and named no id; look whether it exists"
            return WriteOutcome(draft.key, None, Result.UNKNOWN, why, request_id=sent.request_id)
        message = sent.message
        if sent.result is Result.APPLIED and draft.sku is not None and vendor_id is not None:
            message = await self._add_sku(id, SkuChange(draft.sku.vendor, draft.sku.value, ""), vendor_id)
        return WriteOutcome(draft.key, None, sent.result, message, sent.code, sent.request_id, id=id)

    async def find(self, marker: str, name: str) -> list[Row]:
        """Products whose notes hold the marker, looked for by name first and by the marker itself if that finds none."""
        for query in (("name", name), ("query", marker)):
            if not marker or not query[1]:
                continue
            found: list[Row] = []
            async for rows, _ in self._api.pages("products", [query]):
                found += [row for row in rows if marker in text(row.get("notes"))]
            if found:
                return found
        return []

    async def _body(self, draft: Draft) -> tuple[dict[str, Any], str]:
        """The body of the POST, or what is wrong with the draft."""
        if draft.kind is not Kind.PRODUCTS:
            return {}, "only products can be created in Syncro"
        if not draft.name.strip():
            return {}, "a name is required"
        content: dict[str, Any] = {
            "name": draft.name,
            "description": draft.description or draft.name,  # required by Syncro
            "taxable": draft.taxable,
            "maintain_stock": draft.maintain_stock,
            "disabled": False,
        }
        optional = {PRICE: draft.price, COST: draft.cost, "upc_code": draft.upc or None, "notes": draft.marker or None}
        content |= {name: value for name, value in optional.items() if value is not None}
        if draft.category:
            category = await self._lookups.category_id(draft.category)
            if category is None:
                return {}, f'Syncro has no category "{draft.category}"'
            content["category_ids"] = [category]
        return content, ""

    async def _add_sku(self, id: str, change: SkuChange, vendor_id: int) -> str:
        """What to tell about the SKU of a product that exists by now; nothing when all is well."""
        try:
            sent = await set_sku(self._api, id, change, vendor_id)
        except ConnectorError as error:
            return f"the product was created, its SKU {change.value} was not: {error}"
        if sent.result is Result.APPLIED:
            return ""
        return f"the product was created, its SKU {change.value} is not confirmed: {sent.message}"
