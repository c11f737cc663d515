"""Orders that count as sales, with all their lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.shopify import records
from connectors.shopify.api import Api, Row
from connectors.shopify.operations import ORDER_LINES, ORDERS
from engine.errors import PermissionMissing
from engine.model import Order
from engine.ports import ChangedOrders

_LINES = 100


class Sales:
    """The orders of one connection. Without ``read_customers`` they come without their buyers."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._buyers: bool | None = None  # whether the app may see them; None: not asked yet

    async def since(self, at: datetime) -> AsyncIterator[Sequence[Order]]:
        """Orders made since then that were not cancelled, are no tests, and whose payment status counts.

        Complete or ``IncompleteRead``. An app without ``read_all_orders`` sees the last sixty days only.
        """
        async for rows in self._pages("orders", "created_at", at):
            yield [order for order in [await self._order(row) for row in rows if self._sold(row)] if order.at >= at]

    async def changed(self, since: datetime) -> AsyncIterator[ChangedOrders]:
        """Orders made or changed since then, and those of them that do not count (any more).

        An order that was deleted shows in a read of all.
        """
        async for rows in self._pages("changed orders", "updated_at", since):
            orders = [await self._order(row) for row in rows if self._sold(row)]
            gone = [self._number(row) for row in rows if not self._sold(row)]
            yield ChangedOrders(tuple(orders), tuple(gone))

    async def _pages(self, what: str, column: str, since: datetime) -> AsyncIterator[list[Row]]:
        if self._buyers is None:
            self._buyers = await self._sees_buyers()
        moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        async for rows in self._api.pages(ORDERS, what, f"{column}:>='{moment}'", {"buyers": self._buyers}):
            yield rows

    def _number(self, row: Row) -> str:
        try:
            return records.number(row["id"])
        except ValueError as error:
            raise self._api.unreadable("an order", error) from None

    async def _sees_buyers(self) -> bool:
        try:
            await self._api.run(ORDERS, {"first": 1, "after": None, "query": None, "buyers": True})
        except PermissionMissing as error:
            if "read_customers" not in error.permission:
                raise
            return False
        return True

    def _sold(self, row: Row) -> bool:
        status = records.text(row.get("displayFinancialStatus"))
        return not row.get("cancelledAt") and not row.get("test") and status in self._api.settings.order_statuses

    async def _order(self, row: Row) -> Order:
        try:
            return records.order(row, await self._lines(row), self._api.settings)
        except ValueError as error:
            raise self._api.unreadable(f"order {row.get('name')} ({row['id']})", error) from None

    async def _lines(self, row: Row) -> list[Row]:
        """All lines of an order; those that its list does not show are asked for."""
        connection: Any = row.get("lineItems")
        lines = list(self._api.nodes(ORDERS, connection, ""))
        while more(connection):
            before = cursor(connection)
            asked = {"query": f"id:{records.number(row['id'])}", "lines": _LINES, "after": before}
            found, reply = await self._api.run(ORDER_LINES, asked)
            orders = [one for one in self._api.nodes(ORDER_LINES, found, reply.request_id) if one["id"] == row["id"]]
            if not orders:
                raise ValueError("its further lines are not to be had")
            connection = orders[0].get("lineItems")
            fresh = self._api.nodes(ORDER_LINES, connection, reply.request_id)
            lines += fresh
            if not fresh or (more(connection) and cursor(connection) == before):
                raise ValueError("its lines do not come to an end")
        if len({line["id"] for line in lines}) != len(lines):
            raise ValueError("a line came twice")
        return lines


def more(connection: Any) -> bool:
    """Whether a connection object says that there are more. Raises ``ValueError`` where it does not say."""
    info = connection.get("pageInfo") if isinstance(connection, dict) else None
    if not isinstance(info, dict) or not isinstance(info.get("hasNextPage"), bool):
        raise ValueError("a list does not say whether there is more")  # noqa: TRY004 - one kind for what cannot be read
    return bool(info["hasNextPage"])


def cursor(connection: dict[str, Any]) -> str:
    return records.text(connection["pageInfo"].get("endCursor"))
