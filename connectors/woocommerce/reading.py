"""Products and their variations: all of them, some of them, and those that changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connectors.http import each
from connectors.http.client import Params
from connectors.woocommerce import records
from connectors.woocommerce.api import Api, Row
from connectors.woocommerce.records import FIELDS, VARIATION, Parent
from connectors.woocommerce.site import Site
from engine.errors import IncompleteRead
from engine.model import Product
from engine.ports import ChangedPage, Page

_ASK: Params = (("status", "any"), ("_fields", FIELDS))
_PARENT: Params = (("status", "any"), ("_fields", "id,name,sku,status"))
_WIDTH = 2  # requests at once: a store is one web server
OVERLAP = timedelta(minutes=2)  # for clocks that differ


class ProductReader:
    """Reads the catalogue of one connection, and remembers which product a variation belongs to."""

    def __init__(self, api: Api, site: Site) -> None:
        self._api, self._site = api, site
        self._parent_ids: dict[str, str] = {}

    async def all(self) -> AsyncIterator[Page]:
        """Every product that is not in the trash, then every variation."""
        features, currency = await self._site.features(), await self._site.currency()
        parents: dict[str, Parent] = {}
        children: dict[str, str] = {}
        products = 0
        async for rows, products in self._api.pages("/products", "products", _ASK):
            self._note(rows, parents, children)
            yield Page(tuple(self.record(row, currency, None) for row in rows), products)
        if features.all_variations and parents:
            async for rows, total in self._api.pages("/variations", "variations", _ASK):
                for row in rows:
                    children.pop(str(row["id"]), None)
                orphans = {str(row["parent_id"]) for row in rows} - parents.keys()
                parents |= await self._parents(orphans)
                yield Page(self._variations(rows, currency, parents), products + total)
        left = dict.fromkeys(children.values()) if features.all_variations else parents
        for id in left:
            async for rows, _ in self._api.pages(f"/products/{id}/variations", f"variations of product {id}", _ASK):
                missing = [row for row in rows if not features.all_variations or str(row["id"]) in children]
                yield Page(self._variations([_of(row, id) for row in missing], currency, parents), None)

    async def some(self, ids: Sequence[str]) -> dict[str, Product]:
        """Fresh copies. What no list shows is asked for by itself: only a 404 means gone (the trash is inactive)."""
        wanted = list(dict.fromkeys(ids))
        rows = await self.rows(wanted)
        currency = await self._site.currency()
        above = {str(row["parent_id"]) for row in rows.values() if row.get("type") == VARIATION}
        parents = {id: records.parent_of(rows[id]) for id in above & rows.keys()}
        parents |= await self._parents(above - parents.keys())
        return {id: self._any(rows[id], currency, parents) for id in wanted if id in rows}

    async def rows(self, ids: Sequence[str]) -> dict[str, Row]:
        """The rows of some products and variations; the latter are marked by ``type`` and ``parent_id``."""
        features = await self._site.features()
        found = await self._api.some("/products", [id for id in ids if id not in self._parent_ids], _ASK)
        left = [id for id in ids if id not in found]
        if features.all_variations:
            lists = [await self._api.some("/variations", left, _ASK)] if left else []
        else:
            groups = group(left, self._parent_ids)
            lists = await each(list(groups), lambda parent: self.children(parent, groups[parent]), _WIDTH)
        for rows in lists:
            found.update((id, _of(row, str(row["parent_id"]))) for id, row in rows.items())
        left = [id for id in ids if id not in found]
        single = await each(left, lambda one: self._api.record(f"/products/{one}"), _WIDTH)
        found.update((str(row["id"]), row) for row in single if row is not None)
        self._parent_ids.update(
            (id, str(row["parent_id"])) for id, row in found.items() if row.get("type") == VARIATION
        )
        return found

    async def children(self, parent: str, ids: Sequence[str]) -> dict[str, Row]:
        """Some variations of one product, as they are now."""
        rows = await self._api.some(f"/products/{parent}/variations", ids, _ASK)
        return {id: _of(row, parent) for id, row in rows.items()}

    async def fresh(self, ids: Sequence[str]) -> dict[str, Row]:
        """Some products (no variations) as they are now."""
        return await self._api.some("/products", ids, _ASK)

    async def parent_ids(self, ids: Sequence[str]) -> dict[str, str]:
        """Which of these are variations, and of which product."""
        unknown = [id for id in ids if id not in self._parent_ids]
        if unknown:
            await self.rows(unknown)
        return {id: self._parent_ids[id] for id in ids if id in self._parent_ids}

    async def parent(self, id: str) -> Parent | None:
        return (await self._parents([id])).get(id)

    async def changes(self, since: datetime) -> AsyncIterator[ChangedPage]:
        """What was modified since then, and what went to the trash. What was deleted for good shows in a full read."""
        features, currency = await self._site.features(), await self._site.currency()
        if not features.modified_after:
            raise IncompleteRead(
                "this WooCommerce cannot list what changed (it needs 5.8): read all",
                connection=self._api.client.connection,
            )
        moment = (since - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        recent = (("modified_after", moment), ("dates_are_gmt", "true"))
        parents: dict[str, Parent] = {}
        seen: set[str] = set()
        async for rows, _ in self._api.pages("/products", "changed products", [*_ASK, *recent]):
            self._note(rows, parents, {})
            yield ChangedPage(tuple(self.record(row, currency, None) for row in rows))
        for id in list(parents):  # a parent's name and SKU show in all its variations
            async for rows, _ in self._api.pages(f"/products/{id}/variations", f"variations of product {id}", _ASK):
                seen.update(str(row["id"]) for row in rows)
                yield ChangedPage(self._variations([_of(row, id) for row in rows], currency, parents))
        async for rows in self._changed_variations(features.all_variations, set(parents), recent):
            fresh = [row for row in rows if str(row["id"]) not in seen]
            parents |= await self._parents({str(row["parent_id"]) for row in fresh} - parents.keys())
            yield ChangedPage(self._variations(fresh, currency, parents))
        if features.trash:
            trash = [("status", "trash"), ("_fields", "id,variations"), *recent]
            async for rows, _ in self._api.pages("/products", "products in the trash", trash):
                gone = [str(id) for row in rows for id in (row["id"], *(row.get("variations") or ()))]
                yield ChangedPage((), tuple(gone))

    async def _changed_variations(
        self, all_variations: bool, done: set[str], recent: Params
    ) -> AsyncIterator[list[Row]]:
        if all_variations:
            async for rows, _ in self._api.pages("/variations", "changed variations", [*_ASK, *recent]):
                yield rows
            return
        bases = [("status", "any"), ("type", "variable"), ("_fields", "id")]
        ids: list[str] = []
        async for rows, _ in self._api.pages("/products", "variable products", bases):
            ids += [str(row["id"]) for row in rows if str(row["id"]) not in done]
        for id in ids:
            path = f"/products/{id}/variations"
            async for rows, _ in self._api.pages(path, f"changed variations of product {id}", [*_ASK, *recent]):
                yield [_of(row, id) for row in rows]

    async def _parents(self, ids: Iterable[str]) -> dict[str, Parent]:
        rows = await self._api.some("/products", sorted(ids), _PARENT)
        return {id: records.parent_of(row) for id, row in rows.items()}

    def _note(self, rows: Sequence[Row], parents: dict[str, Parent], children: dict[str, str]) -> None:
        """Remember the parents among these products, and which variations they say they have."""
        for row in rows:
            if records.is_base(row) and row.get("type") != "grouped":
                id = str(row["id"])
                parents[id] = records.parent_of(row)
                children.update((str(child), id) for child in row.get("variations") or ())

    def _variations(self, rows: Sequence[Row], currency: str | None, parents: dict[str, Parent]) -> tuple[Product, ...]:
        self._parent_ids.update((str(row["id"]), str(row["parent_id"])) for row in rows)
        return tuple(self._any({**row, "type": VARIATION}, currency, parents) for row in rows)

    def _any(self, row: Row, currency: str | None, parents: dict[str, Parent]) -> Product:
        if row.get("type") != VARIATION:
            return self.record(row, currency, None)
        id = str(row["parent_id"])  # a parent that is no product any more leaves its variations unsellable
        return self.record(row, currency, parents.get(id) or Parent(id, "", "", active=False))

    def record(self, row: Row, currency: str | None, parent: Parent | None) -> Product:
        """Raises ``ProtocolError`` for a row that cannot be read."""
        try:
            made = records.product(row, currency, parent)
        except ValueError as error:
            raise self._api.client.protocol_error(f"product {row['id']} cannot be read: {error}") from None
        return made if self._site.cost else replace(made, costs=())


def group(ids: Sequence[str], parent_ids: dict[str, str]) -> dict[str, list[str]]:
    """Ids by their parent, in order; those without one are left out."""
    groups: dict[str, list[str]] = {}
    for id in ids:
        if id in parent_ids:
            groups.setdefault(parent_ids[id], []).append(id)
    return groups


def _of(row: Row, parent: str) -> Row:
    """A variation's row; older stores name neither its type nor its parent."""
    return {**row, "type": VARIATION, "parent_id": parent}
