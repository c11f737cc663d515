"""Which products are in orders that accounting does not hold yet: read completely, kept beside the records, asked again.

An order is posted when an invoice or a sales receipt carries its number; whether it was shipped does not matter. Orders
are looked at as far back as the integration's settings say; what is older counts as settled.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from engine.connections import Connections
from engine.errors import IncompleteRead
from engine.integrations import Integration
from engine.model import Kind, Order
from engine.ports import (
    Clock,
    OrderReading,
    ReadsOrderChanges,
    ReadsOrders,
    ReadsPostingChanges,
    ReadsPostings,
    RecordCache,
)
from engine.settings import OrderPolicy
from engine.unposted import Unposted, UnpostedLine, lines, without

log = logging.getLogger(__name__)

#: Orders since the last look are asked for with this much overlap: clocks differ, and pages take their time.
OVERLAP = timedelta(minutes=5)


@dataclass(slots=True)
class Orders:
    """Made by ``Workspace``. What reads the systems needs the connections' locks."""

    connections: Connections
    cache: RecordCache
    clock: Clock

    def watched(self, integration: Integration) -> bool:
        """Whether orders matter: the store has orders, accounting has postings, and the settings do not ignore them."""
        if integration.settings.orders.policy is OrderPolicy.IGNORE:
            return False
        store = self.connections.connector(integration.storefront).capabilities
        books = self.connections.connector(integration.backoffice).capabilities
        return store.has_orders and books.has_postings

    def why_not(self, integration: Integration) -> str:
        """Why orders are not watched, or ""."""
        if self.watched(integration):
            return ""
        if integration.settings.orders.policy is OrderPolicy.IGNORE:
            return "its setting orders.policy is ignore"
        able = self.connections.connector(integration.storefront).capabilities.has_orders
        name, lacks = (integration.backoffice, "postings") if able else (integration.storefront, "orders")
        return f"{name} has no {lacks}"

    async def read(self, integration: Integration, *, changes: bool = False) -> Unposted:
        """All unposted lines within the look-back, kept in the cache in the place of the earlier ones.

        ``changes``: only what changed since the last look is asked for, where both systems can say so and neither
        catalogue was read as a whole since all orders were. So it comes after the catalogues.

        Raises ``ConnectorError``; then what was known stays.
        """
        at = self.clock.now()
        if not self.watched(integration):
            self.cache.save_unposted(integration.name, {}, OrderReading(at))
            return {}
        since = at - timedelta(days=integration.settings.orders.days)
        last = self._last(integration, since) if changes else None
        if last is not None:
            try:
                merged = await self._merged(integration, last, since)
            except IncompleteRead as error:
                log.info("%s: all orders are read: %s", integration.name, error)
            else:
                self.cache.save_unposted(integration.name, merged, replace(last, at=at))
                return merged
        found = await self._unposted(integration, since)
        self.cache.save_unposted(integration.name, found, OrderReading(at, at, since))
        return found

    async def newer(self, integration: Integration) -> Unposted:
        """What orders since the last look add (right before a batch is written). Raises ``ConnectorError``."""
        if not self.watched(integration):
            return {}
        last = self.cache.order_reading(integration.name)
        if last is None:
            return await self.read(integration)
        if self.connections.connector(integration.storefront).capabilities.order_changes:
            try:
                orders, _ = await self._changed(integration, last.at - OVERLAP)
            except IncompleteRead:
                return await self._unposted(integration, last.at - OVERLAP)
            return lines(orders, await self._posted(integration, [order.number for order in orders if order.number]))
        return await self._unposted(integration, last.at - OVERLAP)

    # ------------------------------------------------------------------------------------------------ only what changed
    def _last(self, integration: Integration, since: datetime) -> OrderReading | None:
        """What changes can be added to; None when all orders must be read."""
        able = self.connections.connector(integration.storefront).capabilities
        books = self.connections.connector(integration.backoffice).capabilities
        last = self.cache.order_reading(integration.name)
        if not (able.order_changes and books.posting_changes) or last is None:
            return None
        if last.full_at is None or last.since is None or last.since > since:
            return None  # the look-back was made longer
        for name in integration.connections:
            catalogue = self.cache.reading(name, Kind.PRODUCTS)
            if catalogue is None or catalogue.full_at is None or catalogue.full_at > last.full_at:
                return None  # the catalogue was read as a whole since: it was time, or it may be of another account
        return last

    async def _merged(self, integration: Integration, last: OrderReading, since: datetime) -> Unposted:
        """What was known, with the orders and the postings since the last look. Raises ``IncompleteRead``."""
        changed, touched = await self._changed(integration, last.at - OVERLAP)
        books = cast("ReadsPostingChanges", self.connections.connector(integration.backoffice))
        posted = await books.posted_since(last.at - OVERLAP)
        known = self.cache.load_unposted(integration.name)

        def over(line: UnpostedLine) -> bool:
            return line.order_id in touched or line.at < since or line.order in posted

        found = without(known, over)
        numbers = [order.number for order in changed if order.number and order.at >= since]
        more = lines((order for order in changed if order.at >= since), await self._posted(integration, numbers))
        for product, new in more.items():
            found.setdefault(product, []).extend(new)
        return found

    async def _changed(self, integration: Integration, since: datetime) -> tuple[list[Order], set[str]]:
        """The orders that count as sales and changed since then, and the ids of all that changed."""
        orders: dict[str, Order] = {}
        touched: set[str] = set()
        store = cast("ReadsOrderChanges", self.connections.connector(integration.storefront))
        async for page in store.read_order_changes(since):
            orders |= {order.id: order for order in page.orders}
            touched |= {order.id for order in page.orders} | set(page.gone)
            for id in page.gone:
                orders.pop(id, None)
        return list(orders.values()), touched

    # ------------------------------------------------------------------------------------------------ all of them

    async def _unposted(self, integration: Integration, since: datetime) -> Unposted:
        orders: list[Order] = []
        async for page in cast("ReadsOrders", self.connections.connector(integration.storefront)).read_orders(since):
            orders += page
        return lines(orders, await self._posted(integration, [order.number for order in orders if order.number]))

    async def _posted(self, integration: Integration, numbers: Sequence[str]) -> Collection[str]:
        if not numbers:
            return ()
        return await cast("ReadsPostings", self.connections.connector(integration.backoffice)).posted(numbers)
