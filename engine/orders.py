"""Which products are in orders that accounting does not hold yet: read completely, kept beside the records, asked again.

An order is posted when an invoice or a sales receipt carries its number; whether it was shipped does not matter. Orders
are looked at as far back as the integration's settings say; what is older counts as settled.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from engine.connections import Connections
from engine.integrations import Integration
from engine.model import Order
from engine.ports import Clock, ReadsOrders, ReadsPostings, RecordCache
from engine.settings import OrderPolicy
from engine.unposted import Unposted, lines

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

    async def read(self, integration: Integration) -> Unposted:
        """All unposted lines within the look-back, kept in the cache in the place of the earlier ones.

        Raises ``ConnectorError``; then what was known stays.
        """
        if not self.watched(integration):
            self.cache.save_unposted(integration.name, {}, self.clock.now())
            return {}
        at = self.clock.now()
        found = await self._unposted(integration, at - timedelta(days=integration.settings.orders.days))
        self.cache.save_unposted(integration.name, found, at)
        return found

    async def newer(self, integration: Integration) -> Unposted:
        """What orders since the last complete look add (right before a batch is written). Raises ``ConnectorError``."""
        if not self.watched(integration):
            return {}
        at = self.cache.unposted_at(integration.name)
        if at is None:
            return await self.read(integration)
        return await self._unposted(integration, at - OVERLAP)

    async def _unposted(self, integration: Integration, since: datetime) -> Unposted:
        orders: list[Order] = []
        async for page in cast("ReadsOrders", self.connections.connector(integration.storefront)).read_orders(since):
            orders += page
        return lines(orders, await self._posted(integration, [order.number for order in orders if order.number]))

    async def _posted(self, integration: Integration, numbers: Sequence[str]) -> Collection[str]:
        if not numbers:
            return ()
        return await cast("ReadsPostings", self.connections.connector(integration.backoffice)).posted(numbers)
