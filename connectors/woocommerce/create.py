"""Adding one simple product, and finding it again by its marker when it is not known whether that worked."""

from __future__ import annotations

from typing import Any

from connectors.values import text
from connectors.woocommerce.api import Api, Row
from connectors.woocommerce.records import FIELDS
from connectors.woocommerce.settings import LARGEST
from connectors.woocommerce.site import Site
from connectors.woocommerce.write import ProductWriter
from engine.errors import ProtocolError, Rejected, Unreachable
from engine.model import Kind, canonical
from engine.ports import Draft, Result, WriteOutcome

#: Meta data of a product that tells which create of ours made it.
MARKER = "_crosswalk_marker"
_WITH_META = ("_fields", f"{FIELDS},meta_data")


class ProductCreator:
    """Creates products of one connection. The marker travels in the same request as the product."""

    def __init__(self, api: Api, site: Site, writer: ProductWriter) -> None:
        self._api, self._site, self._writer = api, site, writer

    async def create(self, draft: Draft) -> WriteOutcome:
        """One POST. ``unknown`` when it may have been carried out; it is never sent again."""
        body, problem = await self._body(draft)
        if problem:
            why = f"{draft.name}: {problem}; nothing was sent"
            return WriteOutcome(draft.key, None, Result.REJECTED, why, "incomplete")
        try:
            reply = await self._api.request("POST", "/products", body=body)
        except Rejected as error:
            why = str(error)
            taken = await self._holder(draft.sku.value) if draft.sku is not None and "sku" in error.code else ""
            if taken:
                why += f". The SKU {draft.sku.value if draft.sku else ''} is taken by {taken}"
            return WriteOutcome(draft.key, None, Result.REJECTED, why, error.code, error.request_id)
        except (Unreachable, ProtocolError) as error:
            if not error.maybe_sent:
                raise
            return WriteOutcome(draft.key, None, Result.UNKNOWN, str(error), error.code, error.request_id)
        id = text(reply.data.get("id")) if isinstance(reply.data, dict) else ""
        if not id:
            why = f"{draft.name}: WooCommerce said yes and named no id; look whether it exists"
            return WriteOutcome(draft.key, None, Result.UNKNOWN, why, request_id=reply.request_id)
        return WriteOutcome(draft.key, None, Result.APPLIED, request_id=reply.request_id, id=id)

    async def find(self, marker: str, name: str) -> list[Row]:
        """Products with the marker: looked for among the newest hundred first, then by name."""
        if not marker:
            return []
        newest = [("status", "any"), _WITH_META, ("orderby", "id"), ("order", "desc"), ("per_page", str(LARGEST))]
        rows = self._api.rows(await self._api.request("GET", "/products", params=newest), "/products")
        found = [row for row in rows if _carries(row, marker)]
        if found or not name.strip():
            return found
        async for rows, _ in self._api.pages(
            "/products", "products", [("status", "any"), _WITH_META, ("search", name)]
        ):
            found += [row for row in rows if _carries(row, marker)]
        return found

    async def categories(self) -> dict[str, int]:
        """All categories of products, by name."""
        found: dict[str, int] = {}
        page = 1
        while True:
            params = [("orderby", "id"), ("per_page", str(LARGEST)), ("page", str(page)), ("_fields", "id,name")]
            reply = await self._api.request("GET", "/products/categories", params=params)
            rows = self._api.rows(reply, "/products/categories")
            found.update((text(row.get("name")), int(row["id"])) for row in rows)
            if len(rows) < LARGEST:
                return found
            page += 1

    async def _body(self, draft: Draft) -> tuple[dict[str, Any], str]:
        """The body of the POST, or what is wrong with the draft."""
        if draft.kind is not Kind.PRODUCTS:
            return {}, "only products can be created in WooCommerce"
        if not draft.name.strip():
            return {}, "a name is required"
        await self._site.features()
        currency = await self._site.currency()
        if draft.price is not None and draft.currency and currency and draft.currency != currency:
            return {}, f"its price is in {draft.currency}, the store sells in {currency}"
        body: dict[str, Any] = {"name": draft.name, "type": "simple", "status": "publish"}
        optional: dict[str, Any] = {
            "description": draft.description or None,
            "regular_price": None if draft.price is None else canonical(draft.price),
            "sku": draft.sku.value if draft.sku is not None and draft.sku.value else None,
            "global_unique_id": draft.upc or None,
            "manage_stock": True if draft.maintain_stock else None,
            "tax_status": None if draft.taxable else "none",
            "meta_data": [{"key": MARKER, "value": draft.marker}] if draft.marker else None,
        }
        body |= {name: value for name, value in optional.items() if value is not None}
        if draft.cost is not None and self._site.cost:
            body["cost_of_goods_sold"] = {"values": [{"defined_value": draft.cost}]}
        if draft.category:
            category = (await self.categories()).get(draft.category)
            if category is None:
                return {}, f'WooCommerce has no category "{draft.category}"'
            body["categories"] = [{"id": category}]
        return body, ""

    async def _holder(self, sku: str) -> str:
        """Who has an SKU, in words; empty when the store does not say."""
        params = [("sku", sku), ("status", "any"), ("_fields", "id"), ("per_page", "1")]
        rows = self._api.rows(await self._api.request("GET", "/products", params=params), "/products")
        return await self._writer.name_of(str(rows[0]["id"])) if rows else ""


def _carries(row: Row, marker: str) -> bool:
    meta = row.get("meta_data")
    return isinstance(meta, list) and any(
        isinstance(one, dict) and one.get("key") == MARKER and one.get("value") == marker for one in meta
    )
