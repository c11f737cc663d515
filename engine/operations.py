"""The verbs that work on the network, each under the locks of the connections it needs.

Pull and plan read both sides; apply, resume, undo and create write one or both. In one process they take turns by the
same locks, so that two runs never touch one connection at once, whoever started them.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from engine.alarms import Alarms
from engine.catalog import Catalog
from engine.changes import Creation, Outcome, Plan, Purpose, Run, RunState
from engine.connections import Connections
from engine.errors import ConnectorError, IncompleteRead, UnknownId, UsageError
from engine.events import Events, RowsChanged, Waiting
from engine.guards import SideSize
from engine.integrations import Integration, Integrations
from engine.mappings import Mappings
from engine.model import Field, Kind, Side
from engine.plan import Claims, Scene, build, check_fresh, finished
from engine.ports import Clock, Draft, RecordCache, Store
from engine.rows import Lists
from engine.status import Pair
from engine.store.locks import ConnectionLocks
from engine.views import PullReport

SYNCED = (Kind.PRODUCTS, Kind.FEES)
#: Up to this many chosen rows are read one by one; more are cheaper to read with their whole catalogue.
READ_SOME = 50
#: A plan this young, made by this very workspace object, is not read again before it runs; each write checks its target.
FRESH_SECONDS = 300.0


@dataclass(slots=True)
class Operations:
    """Made by ``Workspace``; ``lineage`` is the workspace's id, which saved plans carry."""

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
    patience: float = 600.0  # seconds to wait for another process that holds a connection
    young: dict[str, float] = field(default_factory=dict)

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
            return await self.catalog.pull(integration, kinds)

    async def _read_fresh(self, integration: Integration, ids: Collection[str] | None, kinds: Collection[Kind]) -> None:
        """Both sides' products anew: the few chosen rows and all that share their targets, or the whole catalogues.

        Raises ``IncompleteRead`` naming what could not be read; then no plan may be made.
        """
        if ids is not None and len(ids) <= READ_SOME:
            await self._read_rows(integration, ids, kinds)
            return
        report = await self.catalog.pull(integration, (Kind.PRODUCTS,))
        if report.errors:
            raise IncompleteRead(f"no plan was made, because not everything could be read: {'; '.join(report.errors)}")
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

    # ------------------------------------------------------------------------------------------------ planning
    async def plan(
        self,
        integration: Integration,
        *,
        kinds: Collection[Kind],
        fields: Collection[Field] | None,
        ids: Collection[str] | None,
        overwrite: Side | None,
    ) -> Plan:
        async with self.exclusive(integration.connections, f"planning {integration.name}"):
            previous = self._sizes(integration)
            await self._read_fresh(integration, ids, kinds)
            scene = self._scene(integration, previous)
            pairs = self._pairs(integration, kinds, ids)
            plan = build(scene, _new_id(), pairs, ids=ids, fields=fields, overwrite=overwrite, kinds=kinds)
            self.young[plan.id] = self.clock.monotonic()
            return plan

    def _pairs(self, integration: Integration, kinds: Collection[Kind], ids: Collection[str] | None) -> list[Pair]:
        """Every mapped row, and every fee, and what was chosen although it is not mapped."""
        pairs: list[Pair] = []
        for kind in kinds:
            rows = dict.fromkeys(self.mappings.mapped(integration.name, kind))
            if kind is Kind.FEES:
                rows |= dict.fromkeys(self.lists.fee_ids(integration))
            known: Iterable[str] = ids or ()
            if kind is Kind.PRODUCTS:
                known = self.cache.get(integration.storefront, kind, known)
            elif kind is Kind.FEES:
                known = ()
            rows |= dict.fromkeys(known)
            pairs += self.lists.pairs(integration, kind, rows)
        return pairs

    def _sizes(self, integration: Integration) -> dict[Side, int | None]:
        """How many products each side had: at the last good run, or as far as the cache knows."""
        good = {side: count for side, kind, count in integration.good_counts if kind is Kind.PRODUCTS}
        sizes: dict[Side, int | None] = {}
        for side in Side:
            name = integration.connection(side)
            read = self.cache.read_at(name, Kind.PRODUCTS) is not None
            sizes[side] = good.get(side, self.cache.count(name, Kind.PRODUCTS) if read else None)
        return sizes

    def _scene(self, integration: Integration, previous: Mapping[Side, int | None]) -> Scene:
        names = {side: integration.connection(side) for side in Side}
        return Scene(
            integration.name,
            integration.settings,
            {side: self.connections.connector(name).capabilities for side, name in names.items()},
            names,
            self.clock.now(),
            self.actor,
            self.lineage,
            self._claims(integration),
            [
                SideSize(side, "products", previous[side], self.cache.count(name, Kind.PRODUCTS))
                for side, name in names.items()
            ],
        )

    def _claims(self, integration: Integration) -> Claims:
        """What other integrations write to the same connections: one field of one record has one writer."""
        claims: dict[tuple[Side, Kind, str, Field], str] = {}
        for other in self.integrations.all():
            if other.name == integration.name:
                continue
            for side in Side:
                if integration.connection(side) not in other.connections:
                    continue
                theirs = Side.STOREFRONT if other.storefront == integration.connection(side) else Side.BACKOFFICE
                fields = [f for f in other.settings.fields if other.settings.master(f).other is theirs]
                for kind in SYNCED:
                    for mapping in self.mappings.mapped(other.name, kind).values() if fields else ():
                        target = mapping.backoffice_id if theirs is Side.BACKOFFICE else mapping.storefront_id
                        claims |= {(side, kind.counterpart, target, f): other.name for f in fields}
        return claims


def _new_id() -> str:
    """Twelve hex digits: unique in a workspace, short enough to type."""
    return uuid.uuid4().hex[:12]
