"""Adding one product with its standard price, and finding it again when it is not known whether that worked.

The marker goes to the end of the product's Description, or into the field that option marker_field names; it is looked for
among the products of that name, so the field need not be one that can be asked for. Product and price are one composite
request, both or neither.
"""

from __future__ import annotations

from typing import Any

from connectors.http import FAILED_WRITE, fate
from connectors.salesforce.api import Api, Row
from connectors.salesforce.faults import HALTED, reason
from connectors.salesforce.meta import CURRENCY, ENTRY, PRODUCT, Meta
from connectors.salesforce.reading import Reader
from connectors.salesforce.records import with_marker
from connectors.salesforce.sending import Sent, refused
from connectors.values import text
from engine.model import Kind, Product
from engine.ports import Draft, Result, WriteOutcome


class ProductCreator:
    """Creates products of one org."""

    def __init__(self, api: Api, meta: Meta, reader: Reader) -> None:
        self._api, self._meta, self._reader = api, meta, reader

    async def create(self, draft: Draft) -> WriteOutcome:
        """One request. ``unknown`` when it may have been carried out; it is never sent again."""
        product, problem = await self._product(draft)
        if problem:
            why = f"{draft.name}: {problem}; nothing was sent"
            return WriteOutcome(draft.key, None, Result.REJECTED, why, "incomplete")
        parts: list[dict[str, Any]] = [
            {"method": "POST", "url": f"/sobjects/{PRODUCT}", "referenceId": "product", "body": product}
        ]
        if draft.price is not None:
            standard, book = await self._meta.standard(), await self._meta.book()
            currency = {CURRENCY: draft.currency} if draft.currency and await self._meta.multicurrency() else {}
            for name, one in {"standard": standard, "book": book}.items():
                if name == "book" and book.id == standard.id:
                    continue
                body = {
                    "Pricebook2Id": one.id,
                    "Product2Id": "@{product.id}",
                    "UnitPrice": draft.price,
                    "IsActive": True,
                }
                url = f"/sobjects/{ENTRY}"
                parts.append({"method": "POST", "url": url, "referenceId": name, "body": {**body, **currency}})
        sent, _ = await made(self._api, parts)
        return WriteOutcome(draft.key, None, sent.result, sent.message, sent.code, sent.request_id, id=sent.id)

    async def find(self, marker: str, name: str) -> list[Product]:
        """Products of this name that hold the marker."""
        if not marker or not name:
            return []
        found = await self._reader.some_products([name], by=("Name",))
        return [one for one in found.values() if marker in one.notes]

    async def families(self) -> list[str]:
        """The active values of the picklist Family."""
        one = (await self._meta.of(PRODUCT, again=True)).fields.get("Family", {})
        values = [row for row in one.get("picklistValues") or () if row.get("active") is not False]
        return [str(row["value"]) for row in values]

    async def _product(self, draft: Draft) -> tuple[Row, str]:
        """The body of the product, or what is wrong with the draft."""
        settings, described = self._api.settings, await self._meta.of(PRODUCT)
        if draft.kind is not Kind.PRODUCTS:
            return {}, "only products can be created in Salesforce this way; accounts have a policy of their own"
        if not draft.name.strip():
            return {}, "a name is required"
        for name, value in (("Name", draft.name), ("ProductCode", draft.sku.value if draft.sku else "")):
            most = int(described.fields.get(name, {}).get("length") or 255)
            if len(value) > most:
                return {}, f"{name} has at most {most} characters in Salesforce, this one has {len(value)}"
        if not described.has(settings.marker):
            return {}, f"the integration user cannot see the field {settings.marker} (option marker_field)"
        longest = int(described.fields[settings.marker].get("length") or 255)
        body = {
            "Name": draft.name,
            "ProductCode": draft.sku.value if draft.sku else None,
            "Description": draft.description or None,
            "Family": draft.category or None,
            "IsActive": True,
        }
        if settings.marker == "Description":
            body["Description"] = with_marker(draft.description, draft.marker, longest)
        elif draft.marker:
            if len(draft.marker) > longest:
                return {}, f"the field {settings.marker} is too short for a marker of {len(draft.marker)} characters"
            body[settings.marker] = draft.marker
        return {name: value for name, value in body.items() if value is not None}, ""


async def made(api: Api, parts: list[dict[str, Any]]) -> tuple[Sent, list[Row]]:
    """One composite request, all or nothing: how it ended, and the answers' bodies (none unless ``applied``).

    Raises only when it certainly was not sent.
    """
    try:
        rows = await api.composite(parts, all_or_none=True)
    except FAILED_WRITE as error:
        return Sent(*fate(error)), []
    request = str(rows[0]["requestId"])
    why = [reason(row.get("body")) for row in rows if _status(row) >= 300]
    real = next((one for one in why if one.code != HALTED), why[0] if why else None)
    if real is not None:
        if any(_status(row) >= 500 for row in rows):
            return Sent(Result.UNKNOWN, real.message, real.code, request), []
        return refused(real, request), []
    bodies = [row["body"] if isinstance(row.get("body"), dict) else {} for row in rows]
    id = text(bodies[0].get("id"))
    if not id:
        why_not = f"the answer names no id (request {request}); it may have been created"
        return Sent(Result.UNKNOWN, why_not, "", request), []
    return Sent(Result.APPLIED, "", "", request, id), bodies


def _status(row: Row) -> int:
    status = row.get("httpStatusCode")
    return status if isinstance(status, int) else 500
