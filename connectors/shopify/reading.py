"""Products with their variants, and customers: all of them, some of them, and those that changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.shopify import records
from connectors.shopify.api import Api, Row
from connectors.shopify.operations import CUSTOMERS, PRODUCTS, VARIANTS
from connectors.shopify.shop import NOWHERE, Location, Shop
from engine.model import Customer, Product
from engine.ports import ChangedPage, Page

#: For clocks that differ, and for Shopify's search, which sees a change a moment after it was made.
OVERLAP = timedelta(minutes=5)
_IDS = 50  # ids in one search
_PARENTS = 10  # products whose variants one search asks for


class Reader:
    """Reads the catalogue and the customers of one connection."""

    def __init__(self, api: Api, shop: Shop) -> None:
        self._api, self._shop = api, shop

    async def all(self) -> AsyncIterator[Page]:
        """Every variant, and before its first one every product that has options."""
        currency, asked = await self._shop.currency(), await self._at()
        seen: set[str] = set()
        async for rows in self._api.pages(VARIANTS, "product variants", "", asked):
            yield Page(tuple(self._with_parents(rows, currency, seen)), None)

    async def some(self, ids: Sequence[str]) -> dict[str, Product]:
        """Fresh copies of variants and parents; what Shopify does not find is gone."""
        wanted = list(dict.fromkeys(ids))
        currency, rows = await self._shop.currency(), await self.rows(wanted)
        found = {id: self._variant(row, currency) for id, row in rows.items()}
        numbers = {records.product_id(id): id for id in wanted if records.product_id(id)}
        for query in _searches("id", list(numbers), _IDS):
            async for products in self._api.pages(PRODUCTS, "products", query):
                for product in products:
                    made = self._base(product)
                    if made.id in numbers.values() and _has_options(product):
                        found[made.id] = made
        return {id: found[id] for id in wanted if id in found}

    async def rows(self, ids: Sequence[str]) -> dict[str, Row]:
        """The nodes of some variants as they are now, by id; other ids and those that are gone are absent."""
        wanted = [id for id in dict.fromkeys(ids) if id.isdigit()]
        asked, found = await self._at(), dict[str, Row]()
        for query in _searches("id", wanted, _IDS):
            async for rows in self._api.pages(VARIANTS, "product variants", query, asked):
                found.update((self._number(row), row) for row in rows)
        return {id: found[id] for id in wanted if id in found}

    async def changes(self, since: datetime) -> AsyncIterator[ChangedPage]:
        """The variants of every product that changed since then, and every other variant that did.

        A sale or a correction of stock counts as a change of the product. What was deleted shows at the next full read.
        """
        currency, asked = await self._shop.currency(), await self._at()
        recent = f"updated_at:>='{_moment(since)}'"
        changed: list[str] = []
        async for products in self._api.pages(PRODUCTS, "changed products", recent):
            changed += [self._number(product) for product in products]
        parents: set[str] = set()
        seen: set[str] = set()
        for query in [*_searches("product_id", changed, _PARENTS), recent]:
            async for rows in self._api.pages(VARIANTS, "changed product variants", query, asked):
                fresh = [row for row in rows if self._number(row) not in seen]
                seen.update(self._number(row) for row in fresh)
                yield ChangedPage(tuple(self._with_parents(fresh, currency, parents)))

    async def customers(self, since: datetime | None = None) -> AsyncIterator[tuple[Customer, ...]]:
        """Every customer, or those that changed since then."""
        query = f"updated_at:>='{_moment(since)}'" if since else ""
        async for rows in self._api.pages(CUSTOMERS, "customers", query):
            yield tuple(self._customer(row) for row in rows)

    async def some_customers(self, ids: Sequence[str]) -> dict[str, Customer]:
        wanted = [id for id in dict.fromkeys(ids) if id.isdigit()]
        found: dict[str, Customer] = {}
        for query in _searches("id", wanted, _IDS):
            async for rows in self._api.pages(CUSTOMERS, "customers", query):
                found.update((one.id, one) for one in map(self._customer, rows))
        return {id: found[id] for id in wanted if id in found}

    async def _at(self) -> dict[str, Any]:
        location = await self._shop.location()
        return variant_variables(self._api, location)

    def _with_parents(self, rows: Iterable[Row], currency: str, seen: set[str]) -> list[Product]:
        made: list[Product] = []
        for row in rows:
            one = self._variant(row, currency)
            if one.parent_id and one.parent_id not in seen:
                seen.add(one.parent_id)
                made.append(self._base(row["product"]))
            made.append(one)
        return made

    def _number(self, row: Mapping[str, Any]) -> str:
        try:
            return records.number(row.get("id"))
        except ValueError as error:
            raise self._api.unreadable("an answer", error) from None

    def _variant(self, row: Row, currency: str) -> Product:
        settings = self._api.settings
        try:
            return records.variant(row, currency, settings.quantity, settings.site)
        except ValueError as error:
            raise self._api.unreadable(f"variant {row.get('id')}", error) from None

    def _base(self, product: Mapping[str, Any]) -> Product:
        try:
            return records.base(product, self._api.settings.site)
        except ValueError as error:
            raise self._api.unreadable(f"product {product.get('id')}", error) from None

    def _customer(self, row: Row) -> Customer:
        try:
            return records.customer(row, self._api.settings.site)
        except ValueError as error:
            raise self._api.unreadable(f"customer {row.get('id')}", error) from None


def variant_variables(api: Api, location: Location | None) -> dict[str, Any]:
    """What ``VARIANTS`` needs beside its page: whose quantities, and which of their numbers."""
    where = location.gid if location else NOWHERE
    return {"location": where, "names": [api.settings.quantity], "counts": location is not None}


def _searches(name: str, numbers: Sequence[str], size: int) -> list[str]:
    """Searches for records by numbers, so many at a time."""
    parts = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    return [" OR ".join(f"{name}:{one}" for one in part) for part in parts]


def _moment(since: datetime) -> str:
    return (since - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _has_options(product: Mapping[str, Any]) -> bool:
    variants = product.get("variants")
    nodes = variants.get("nodes") if isinstance(variants, Mapping) else None
    return isinstance(nodes, list) and any(isinstance(one, Mapping) and records.has_options(one) for one in nodes)
