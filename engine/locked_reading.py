"""Reading both sides under the connections' locks, and settling first what a killed process left open.

In one process everybody takes turns by the same locks, so that two runs never touch one connection at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from engine.alarms import Alarms
from engine.catalog import Catalog
from engine.changes import Run
from engine.claims import SYNCED, Writers
from engine.connections import Connections
from engine.details import held
from engine.errors import Busy, ConnectorError, IncompleteRead, UnknownId, UsageError
from engine.events import Events, RowsChanged, Waiting
from engine.integrations import Integration, Integrations
from engine.mappings import Mappings
from engine.model import Kind, Side
from engine.orders import Orders
from engine.ports import Clock, RecordCache, Store
from engine.recovery import needs_recovery, recover
from engine.rows import Lists
from engine.rule_store import Rules
from engine.store.locks import ConnectionLocks
from engine.sync_context import SyncContext
from engine.unposted import Unposted
from engine.views import HeldOrders, PullReport

#: Up to this many chosen rows are read one by one; more are cheaper to read with their whole catalogue.
READ_SOME = 50


@dataclass(slots=True)
class LockedReading:
    """Made by ``Workspace``, as ``Operations``; ``lineage`` is the workspace's id, which saved plans carry."""

    store: Store
    cache: RecordCache
    locks: ConnectionLocks
    clock: Clock
    events: Events
    actor: str
    lineage: str
    connections: Connections
    integrations: Integrations
    catalog: Catalog
    lists: Lists
    mappings: Mappings
    alarms: Alarms
    rules: Rules
    writers: Writers
    orders: Orders
    patience: float = 600.0  # seconds to wait for another process that holds a connection

    # ------------------------------------------------------------------------------------------------ locks
    @asynccontextmanager
    async def exclusive(
        self, names: Collection[str], purpose: str, *, wait: float | None = None
    ) -> AsyncIterator[None]:
        """Hold connections; waiting for another holder is published, with who it is and what for."""

        def waits(holder: str) -> None:
            self.events.publish(Waiting(", ".join(sorted(set(names))), holder, self.clock.now()))

        async with self.locks.holding(names, purpose, wait=self.patience if wait is None else wait, on_wait=waits):
            yield

    # ------------------------------------------------------------------------------------------------ reading
    async def pull(self, integration: Integration, kinds: Collection[Kind] | None) -> PullReport:
        async with self.exclusive(integration.connections, f"reading {integration.name}"):
            report = await self.catalog.pull(integration, kinds)
            if kinds is not None and Kind.PRODUCTS not in kinds:
                return report
            try:
                await self.orders.read(integration)
            except ConnectorError as error:
                report = replace(report, errors=(*report.errors, f"orders: {error}"))
            return report

    def held(self, integration: Integration) -> HeldOrders:
        """Orders that accounting does not hold yet, as last read."""
        unposted = self.cache.load_unposted(integration.name)
        names = {id: one.name for id, one in self.cache.get(integration.storefront, Kind.PRODUCTS, unposted).items()}
        found = [held(line, names.get(id, id)) for id, lines in unposted.items() for line in lines]
        last = self.cache.order_reading(integration.name)
        return HeldOrders(
            last.at if last else None, tuple(sorted(found, key=lambda one: (one.at, one.order, one.name)))
        )

    async def check_orders(self, integration: Integration) -> HeldOrders:
        """Ask the store for its orders and accounting for what is posted, all of it. Raises ``UsageError`` where orders
        hold nothing, ``ConnectorError``; then what was known stays.
        """
        if not self.orders.watched(integration):
            raise UsageError(
                f"{integration.name} looks at no orders: {self.orders.why_not(integration)}; nothing was read"
            )
        async with self.exclusive(integration.connections, f"checking orders of {integration.name}"):
            await self.orders.read(integration)
        self.events.publish(RowsChanged(integration.name, Kind.PRODUCTS))
        return self.held(integration)

    async def read_everything(
        self, integration: Integration, kinds: Collection[Kind], *, changes: bool = False
    ) -> None:
        """Settle what was left open, then read both sides completely. The caller holds the locks.

        ``changes``: only what changed since the last reading, where a system can say so.
        Raises ``IncompleteRead`` naming what could not be read.
        """
        await self._recover(integration)
        report = await self.catalog.pull(integration, kinds, changes=changes)
        if report.errors:
            raise IncompleteRead(f"not everything could be read, so nothing was compared: {'; '.join(report.errors)}")
        await self.orders.read(integration, changes=changes)
        for kind in Kind:
            self.events.publish(RowsChanged(integration.name, kind))

    async def _read_fresh(
        self, integration: Integration, ids: Collection[str] | None, kinds: Collection[Kind], *, changes: bool = False
    ) -> None:
        """Both sides' products anew: the few chosen rows and all that share their targets, or the whole catalogues.

        ``changes``: of whole catalogues only what changed, where the system can say so.

        Raises ``IncompleteRead`` naming what could not be read; then no plan may be made.
        """
        if ids is not None and len(ids) <= READ_SOME:
            await self.orders.read(integration)
            await self._read_rows(integration, ids, kinds)
            return
        report = await self.catalog.pull(integration, (Kind.PRODUCTS,), changes=changes)
        if report.errors:
            raise IncompleteRead(f"no plan was made, because not everything could be read: {'; '.join(report.errors)}")
        await self.orders.read(integration, changes=changes)
        for kind in SYNCED:
            self.events.publish(RowsChanged(integration.name, kind))

    async def _read_rows(self, integration: Integration, ids: Collection[str], kinds: Collection[Kind]) -> None:
        """Fresh copies of some rows' records on both sides; a record that is gone leaves the cache."""
        wanted: dict[str, set[str]] = {name: set() for name in integration.connections}
        for kind in kinds:
            mapped = self.mappings.mapped(integration.name, kind)
            targets = {mapped[i].backoffice_id for i in ids if i in mapped}
            wanted[integration.backoffice] |= targets
            if kind is Kind.PRODUCTS:
                siblings = {sid for sid, mapping in mapped.items() if mapping.backoffice_id in targets}
                known = self.cache.get(integration.storefront, kind, set(ids) | siblings)
                wanted[integration.storefront] |= known.keys() | siblings
        for name, record_ids in wanted.items():
            if not record_ids:
                continue
            try:
                found = await self.connections.connector(name).read_some(Kind.PRODUCTS, sorted(record_ids))
            except ConnectorError as error:
                self.connections.note(name, error)
                raise
            self.connections.note(name, None)
            self.cache.put(name, Kind.PRODUCTS, found.values())
            self.cache.drop(name, Kind.PRODUCTS, record_ids - found.keys())

    # ------------------------------------------------------------------------------------------------ recovery
    async def recover(self) -> list[Run]:
        """Settle what dead processes left open, integration by integration; one whose connections are held is left."""
        settled: list[Run] = []
        for name in needs_recovery(self.store):
            try:
                integration = self.integrations.get(name)
                async with self.exclusive(integration.connections, f"recovery of {name}", wait=0.0):
                    settled += await self._recover(integration)
            except (Busy, UnknownId):
                continue  # a live run of another process; or the integration is gone and its runs stay as they are
        return settled

    async def _recover(self, integration: Integration) -> list[Run]:
        """Before anything else under the locks. Raises the error that kept an intent from being settled."""
        if integration.name not in needs_recovery(self.store):
            return []
        done = await recover(self._context(integration))
        for run in done.runs:
            self.alarms.raise_(integration.name, f"run {run.id} was interrupted: {run.message}", "warning")
        if done.error is not None:
            self.connections.note(done.error.connection or integration.backoffice, done.error)
            raise done.error
        return list(done.runs)

    # ------------------------------------------------------------------------------------------------ inside
    def _context(self, integration: Integration) -> SyncContext:
        names = {side: integration.connection(side) for side in Side}
        return SyncContext(
            self.store,
            self.cache,
            self.clock,
            self.events,
            self.actor,
            self.lineage,
            integration.name,
            integration.settings,
            {side: self.connections.connector(name) for side, name in names.items()},
            names,
            ordered=(lambda: self._ordered(integration)) if self.orders.watched(integration) else None,
        )

    async def _ordered(self, integration: Integration) -> Unposted:
        """Lines of unposted orders that were not known when the plan was made."""
        known = self.cache.load_unposted(integration.name)
        seen = {(line.order, id) for id, lines in known.items() for line in lines}
        newer = await self.orders.newer(integration)
        fresh = {id: [line for line in lines if (line.order, id) not in seen] for id, lines in newer.items()}
        return {id: lines for id, lines in fresh.items() if lines}
