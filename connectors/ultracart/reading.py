"""Items, customers and orders: all of them, some of them, and those that changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from connectors.http.client import Params
from connectors.ultracart import items, people
from connectors.ultracart.api import Api, Row
from connectors.ultracart.settings import LARGEST_PEOPLE, Settings
from engine.model import Customer, Kind, Order, Product, Record
from engine.ports import ChangedPage, Page

OVERLAP = timedelta(minutes=2)  # for clocks that differ
_ITEMS, _CUSTOMERS = "/item/items", "/customer/customers"


class Reader:
    """Reads one account, and remembers which item has which code: orders name items by code."""

    def __init__(self, api: Api, settings: Settings) -> None:
        self._api, self._settings = api, settings
        self._oids: dict[str, str] = {}
        self._total: int | None = None

    async def all(self, kind: Kind) -> AsyncIterator[Page]:
        async for rows, total in self._pages(kind):
            if kind is Kind.PRODUCTS:
                self._total = total
            yield Page(self._records(kind, rows), total)

    async def changes(self, kind: Kind, since: datetime) -> AsyncIterator[ChangedPage]:
        """What was made or modified since then; what was deleted shows in a full read."""
        moment = (since - OVERLAP).astimezone(UTC).isoformat(timespec="seconds")
        async for rows, _ in self._pages(kind, [("_since", moment)]):
            yield ChangedPage(self._records(kind, rows))

    async def some(self, kind: Kind, ids: Sequence[str]) -> dict[str, Record]:
        """Fresh copies of some records; ids that are gone are absent."""
        wanted = list(dict.fromkeys(ids))
        if kind is Kind.PRODUCTS:
            rows = await self.rows(wanted)
        else:
            single = [await self._api.record(_CUSTOMERS, id, "customer", people.CUSTOMER_EXPAND) for id in wanted]
            rows = {str(row[people.CUSTOMER_KEY]): row for row in single if row is not None}
        made = {record.id: record for record in self._records(kind, list(rows.values()))}
        return {id: made[id] for id in wanted if id in made}

    async def rows(self, ids: Sequence[str], expand: str = items.EXPAND) -> dict[str, Row]:
        """Items as they are now, one request each; or all of them where that takes fewer requests."""
        wanted = [id for id in dict.fromkeys(ids) if id.isdigit()]
        pages = None if self._total is None else -(-self._total // self._settings.page_size)
        found: dict[str, Row] = {}
        if pages is not None and pages < len(wanted):
            asked = set(wanted)
            async for rows, _ in self._pages(Kind.PRODUCTS, expand=expand):
                found.update((str(row[items.KEY]), row) for row in rows if str(row[items.KEY]) in asked)
            return found
        for id in wanted:
            row = await self.row(id, expand)
            if row is not None:
                found[id] = row
        return found

    async def again(self, ids: Sequence[str], since: datetime, expand: str = items.EXPAND) -> dict[str, Row]:
        """Items that were updated since then: from one page of what changed, and one by one what it leaves out."""
        moment = (since - OVERLAP).astimezone(UTC).isoformat(timespec="seconds")
        params = [("_expand", expand), ("_since", moment), ("_limit", str(self._settings.page_size))]
        reply = await self._api.request("GET", _ITEMS, params=params)
        listed = reply.data.get("items") if isinstance(reply.data, dict) else None
        known = {str(row.get(items.KEY)): row for row in listed or [] if isinstance(row, dict)}
        rows = {id: known[id] if id in known else await self.row(id, expand) for id in ids}
        return {id: row for id, row in rows.items() if row is not None}

    async def row(self, id: str, expand: str = items.EXPAND) -> Row | None:
        """One item as it is now, or None. Raises ``ProtocolError`` where another one is answered."""
        row = await self._api.record(_ITEMS, id, "item", expand)
        if row is not None and str(row.get(items.KEY)) != id:
            raise self._api.client.protocol_error(f"asked for item {id}, it answered {row.get(items.KEY)}")
        return row

    async def orders(self, since: datetime) -> AsyncIterator[Sequence[Order]]:
        """Orders made since then whose stage counts. Complete or ``IncompleteRead``."""
        moment = (since - timedelta(seconds=1)).astimezone(UTC).isoformat(timespec="seconds")
        query, params = {"creation_date_begin": moment}, [("_expand", people.ORDER_EXPAND)]
        path, size = "/order/orders/query", min(self._settings.page_size, LARGEST_PEOPLE)
        async for rows, _ in self._api.pages(path, "orders", people.ORDER_KEY, params, size=size, query=query):
            counted = [row for row in rows if row.get("current_stage") in self._settings.stages]
            for code in {people.code_of(line) for row in counted for line in people.lines_of(row)} - self._oids.keys():
                self._oids[code] = await self._oid(code)
            made = [self._order(row) for row in counted]
            yield [order for order in made if order.at >= since]

    async def _oid(self, code: str) -> str:
        """The id of the item with a code, or "" when there is none any more."""
        row = await self._api.record(f"{_ITEMS}/merchant_item_id", code, "item", "")
        return str(row[items.KEY]) if row else ""

    async def _pages(
        self, kind: Kind, params: Params = (), expand: str = items.EXPAND
    ) -> AsyncIterator[tuple[list[Row], int | None]]:
        size = self._settings.page_size
        if kind is Kind.PRODUCTS:
            asked = [("_expand", expand), *params]
            async for page in self._api.pages(_ITEMS, "items", items.KEY, asked, size=size):
                yield page
            return
        asked, size = [("_expand", people.CUSTOMER_EXPAND), *params], min(size, LARGEST_PEOPLE)
        async for page in self._api.pages(_CUSTOMERS, "customers", people.CUSTOMER_KEY, asked, size=size):
            yield page

    def _records(self, kind: Kind, rows: Sequence[Row]) -> tuple[Record, ...]:
        if kind is Kind.PRODUCTS:
            self._oids.update((str(row.get("merchant_item_id")), str(row[items.KEY])) for row in rows)
            return tuple(self._product(row) for row in rows)
        return tuple(self._customer(row) for row in rows)

    def _product(self, row: Row) -> Product:
        try:
            return self._settings.screens.of(items.product(row, self._settings))
        except ValueError as error:
            raise self._api.client.protocol_error(f"item {row[items.KEY]} cannot be read: {error}") from None

    def _customer(self, row: Row) -> Customer:
        try:
            return self._settings.screens.of(people.customer(row))
        except ValueError as error:
            raise self._api.client.protocol_error(
                f"customer {row[people.CUSTOMER_KEY]} cannot be read: {error}"
            ) from None

    def _order(self, row: Row) -> Order:
        try:
            return people.order(row, self._oids)
        except ValueError as error:
            raise self._api.client.protocol_error(f"order {row[people.ORDER_KEY]} cannot be read: {error}") from None
