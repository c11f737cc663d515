"""The verbs that work on the network, each under the locks of the connections it needs.

Pull and plan read both sides; apply, resume, undo and create write one or both. In one process they take turns by the
same locks, so that two runs never touch one connection at once, whoever started them.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal

from engine import duplicates, run_log, undo
from engine.adoption import adoptions
from engine.alarms import Alarms
from engine.baselines import Save, has_any
from engine.catalog import Catalog
from engine.changes import Change, Outcome, Plan, Purpose, Run, RunState
from engine.claims import Writers
from engine.connections import Connections
from engine.creation import plan_creations
from engine.details import held
from engine.duplicates import Duplicate
from engine.errors import Blocked, Busy, ConnectorError, IncompleteRead, UnknownId, UsageError
from engine.events import Events, RowsChanged, Waiting
from engine.fields import read
from engine.first_quantity import First, firsts
from engine.guards import SideSize
from engine.integrations import Integration, Integrations
from engine.journal import request_cancel
from engine.mappings import Mappings
from engine.model import Field, Kind, Side, Status
from engine.orders import Orders
from engine.pairs import Pair
from engine.plan import Scene, build, check_fresh, finished, moved_rows
from engine.ports import Clock, Draft, RecordCache, Result, Store
from engine.recovery import needs_recovery, recover
from engine.rows import Lists
from engine.rule_store import Rules
from engine.rules import RuleBook
from engine.store.locks import ConnectionLocks
from engine.sync import Runner
from engine.sync_context import SyncContext
from engine.undo_reading import read_written
from engine.unposted import Unposted
from engine.views import HeldOrders, PullReport

SYNCED = (Kind.PRODUCTS, Kind.FEES)
#: Up to this many chosen rows are read one by one; more are cheaper to read with their whole catalogue.
READ_SOME = 50
#: A plan this young, made by this very workspace object, is not read again before it runs; each write checks its target.
FRESH_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Young:
    """A plan that was made here: when, with which rules, and the baselines that go with it."""

    made: float
    book: RuleBook
    adopt: Sequence[Save] = ()


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
    rules: Rules
    writers: Writers
    orders: Orders
    patience: float = 600.0  # seconds to wait for another process that holds a connection
    young: dict[str, Young] = field(default_factory=dict)

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

    # ------------------------------------------------------------------------------------------------ planning
    async def plan(
        self,
        integration: Integration,
        *,
        kinds: Collection[Kind],
        fields: Collection[Field] | None,
        ids: Collection[str] | None,
        overwrite: Side | None,
        unattended: bool = False,
    ) -> Plan:
        """``unattended``: nobody sees this plan, so that rows without a baseline are left for a sync by hand."""
        async with self.exclusive(integration.connections, f"planning {integration.name}"):
            await self._recover(integration)  # who held the connections before may have been killed while we waited
            previous = self.sizes(integration)
            await self._read_fresh(integration, ids, kinds, changes=unattended)
            scene = self.scene(integration, previous)
            book = self.rules.book(integration.name)
            pairs = self.pairs(integration, kinds, ids)
            plan = build(scene, new_id(), pairs, ids=ids, fields=fields, overwrite=overwrite, kinds=kinds)
            if unattended:
                plan = finished(replace(plan, changes=tuple(map(_previewed_first, plan.changes))), scene, pairs)
            plan = replace(plan, notes=await self._first_sync_notes(integration))
            chosen = [pair for pair in pairs if ids is None or pair.storefront_id in ids]
            self.young[plan.id] = Young(self.clock.monotonic(), book, adoptions(scene, chosen, fields))
            return plan

    def pairs(self, integration: Integration, kinds: Collection[Kind], ids: Collection[str] | None) -> list[Pair]:
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

    def duplicates(self, integration: Integration, kind: Kind) -> tuple[Duplicate, ...]:
        """Of what was last read, and of the mappings as they are."""
        left = self.cache.records(integration.storefront, kind)
        right = self.cache.records(integration.backoffice, kind.counterpart)
        mapped = {other: self.mappings.mapped(integration.name, other) for other in Kind}
        return (*duplicates.find(kind, left, right, integration.settings), *duplicates.shared(kind, mapped))

    async def _first_sync_notes(self, integration: Integration) -> tuple[str, ...]:
        """Before anything was ever synced: what is not unique, so that it is seen in time."""
        if has_any(self.store, integration.name):
            return ()
        found = await asyncio.to_thread(self.duplicates, integration, Kind.PRODUCTS)
        told = duplicates.summary(found, {side: integration.connection(side) for side in Side})
        return tuple(f"{text}: see crosswalk duplicates products" for text in told)

    def sizes(self, integration: Integration) -> dict[Side, int | None]:
        """How many products each side had: at the last good run, or as far as the cache knows."""
        good = {side: count for side, kind, count in integration.good_counts if kind is Kind.PRODUCTS}
        sizes: dict[Side, int | None] = {}
        for side in Side:
            name = integration.connection(side)
            read = self.cache.read_at(name, Kind.PRODUCTS) is not None
            sizes[side] = good.get(side, self.cache.count(name, Kind.PRODUCTS) if read else None)
        return sizes

    def scene(self, integration: Integration, previous: Mapping[Side, int | None]) -> Scene:
        """What a plan is made for now; ``previous`` are the sizes that both sides had before."""
        names = {side: integration.connection(side) for side in Side}
        return Scene(
            integration.name,
            integration.settings,
            {side: self.connections.connector(name).capabilities for side, name in names.items()},
            names,
            self.clock.now(),
            self.actor,
            self.lineage,
            self.writers.claims(integration),
            [
                SideSize(side, "products", previous.get(side), self.cache.count(name, Kind.PRODUCTS))
                for side, name in names.items()
            ],
        )

    def keep_young(self, integration: Integration, plan: Plan) -> None:
        """A plan that was just made from fresh readings: it runs without reading everything again."""
        self.young[plan.id] = Young(self.clock.monotonic(), self.rules.book(integration.name))

    def refuse(self, plan: Plan, allow: Collection[str]) -> None:
        """Raise ``Blocked``, naming the guards of a plan that fired and are not allowed."""
        fired = [hit for hit in plan.guards if hit.guard not in allow]
        if fired:
            reasons = "; ".join(f"{hit.guard}: {hit.message}" for hit in fired)
            raise Blocked(f"nothing was done: {reasons}", tuple(hit.guard for hit in fired))

    # ------------------------------------------------------------------------------------------------ writing
    async def apply(self, integration: Integration, plan: Plan, *, allow: Collection[str], trigger: str) -> Run:
        """Apply a plan, under both connections' locks; a plan that is not fresh from here is checked by reading first."""
        async with self.exclusive(integration.connections, f"{plan.purpose} of {integration.name}"):
            await self._recover(integration)
            young = self.young.pop(plan.id, None)
            if young is None or self._outdated(young, plan):
                await self._check_fresh(integration, plan)
            adopt = () if young is None else young.adopt
            runner = Runner(self._context(integration))
            return self._ended(integration, await runner.run(plan, allow=allow, trigger=trigger, adopt=adopt))

    def _outdated(self, young: Young, plan: Plan) -> bool:
        """Whether rows must be read again: the plan is old, or a rule was edited since, which may touch any of them."""
        if self.clock.monotonic() - young.made > FRESH_SECONDS:
            return True
        return plan.purpose is Purpose.SYNC and young.book != self.rules.book(plan.integration)

    async def _check_fresh(self, integration: Integration, plan: Plan) -> None:
        if not plan.changes:
            return
        ids = {change.storefront_id for change in plan.changes}
        kinds = {change.kind for change in plan.changes}
        await self._read_fresh(integration, ids, sorted(kinds))
        check_fresh(plan, self.pairs(integration, kinds, ids), integration.settings, self.lineage)

    async def resume(self, run_id: str) -> Run:
        integration = self.integrations.get(self.run(run_id).integration)
        async with self.exclusive(integration.connections, f"resume of {run_id}"):
            await self._recover(integration)
            plan = run_log.plan(self.store, run_id)
            ids = {change.storefront_id for change in plan.sending}
            moved = {}
            if ids:
                kinds = sorted({change.kind for change in plan.sending})
                await self._read_fresh(integration, ids, kinds)
                still_open = self._open_changes(plan, run_id)
                pairs = self.pairs(integration, kinds, ids)
                moved = moved_rows(still_open, pairs, integration.settings, plan.purpose)
            return self._ended(integration, await Runner(self._context(integration)).resume(run_id, moved=moved))

    def _open_changes(self, plan: Plan, run_id: str) -> list[Change]:
        """The changes of a run that have no outcome yet, or that of not having been sent."""
        done = {(o.kind, o.storefront_id, o.field) for o in self.outcomes(run_id) if o.result is not Result.NOT_SENT}
        return [c for c in plan.sending if (c.kind, c.storefront_id, c.field) not in done]

    async def plan_undo(self, run_id: str) -> Plan:
        run = self.run(run_id)
        integration = self.integrations.get(run.integration)
        async with self.exclusive(integration.connections, f"planning the undo of {run_id}"):
            await self._recover(integration)
            outcomes = self.outcomes(run_id)
            kinds = sorted({o.kind for o in outcomes if o.field is not None})
            ids = {o.storefront_id for o in outcomes if o.field is not None}
            previous = self.sizes(integration)
            if ids:
                await self._read_fresh(integration, ids, kinds)
            made, context = run_log.plan(self.store, run_id), self._context(integration)
            mapped = {
                id: one.backoffice_id for id, one in self.mappings.mapped(integration.name, Kind.PRODUCTS).items()
            }
            now = await read_written(
                made, outcomes, context.connectors, self.cache, context.connections, mapped,
                integration.settings.currency,
            )  # fmt: skip
            plan = undo.plan_undo(
                self.scene(integration, previous), new_id(), self.run(run_id), outcomes,
                self.pairs(integration, kinds, ids), made.pushes, now,
            )  # fmt: skip
            self.young[plan.id] = Young(self.clock.monotonic(), self.rules.book(integration.name))
            return plan

    async def create(
        self, integration: Integration, drafts: Sequence[Draft], target: Side, allow: Collection[str]
    ) -> Run:
        """Create records and map them by that."""
        if not drafts:
            raise UsageError("nothing was chosen to be created")
        async with self.exclusive(
            integration.connections, f"creating {drafts[0].kind} in {integration.connection(target)}"
        ):
            return await self.create_held(integration, drafts, target, allow)

    async def create_held(
        self,
        integration: Integration,
        drafts: Sequence[Draft],
        target: Side,
        allow: Collection[str],
        *,
        trigger: str = "by hand",
    ) -> Run:
        """As ``create``, where the caller holds the locks of both connections."""
        await self._recover(integration)
        firsts = await self._firsts(integration, drafts) if target is Side.BACKOFFICE else {}
        plan = plan_creations(self.scene(integration, self.sizes(integration)), new_id(), drafts, target, firsts)
        context = self._context(integration)
        return self._ended(integration, await Runner(context).run(plan, allow=allow, trigger=trigger))

    async def _firsts(self, integration: Integration, drafts: Sequence[Draft]) -> dict[str, First]:
        """What becomes of first quantities, with the store's orders and then its stock read anew. Raises
        ``ConnectorError``; then nothing was created.
        """
        counted = [draft.source_id for draft in drafts if draft.quantity and draft.kind is Kind.PRODUCTS]
        if not counted or not self.orders.watched(integration):
            return {}
        unposted = await self.orders.read(integration)
        await self._read_rows(integration, counted, (Kind.PRODUCTS,))
        found = self.cache.get(integration.storefront, Kind.PRODUCTS, counted)
        texts = {
            id: read(record, Field.QUANTITY, Side.STOREFRONT, integration.settings).text for id, record in found.items()
        }
        stocks = {id: None if text is None else Decimal(text) for id, text in texts.items()}
        return firsts(drafts, stocks, unposted, integration.settings.orders.policy)

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

    def _ended(self, integration: Integration, run: Run) -> Run:
        """A good run is what later catalogues are compared with; a bad one is an alarm."""
        if run.state is RunState.DONE:
            self.integrations.stamp_counts(
                integration.name,
                {(side, Kind.PRODUCTS): self.cache.count(integration.connection(side), Kind.PRODUCTS) for side in Side},
                self.clock.now(),
            )
        elif run.state is RunState.FAILED:
            self.alarms.raise_(integration.name, f"run {run.id} failed: {run.message}")
        if not run.totals.adds_up:
            self.alarms.raise_(integration.name, f"run {run.id}: the totals do not add up; see its outcomes")
        for kind in Kind:
            self.events.publish(RowsChanged(integration.name, kind))
        return run

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

    # ------------------------------------------------------------------------------------------------ runs
    def cancel(self, run_id: str) -> bool:
        return request_cancel(self.store, run_id)

    def runs(self, integration: str | None, limit: int) -> list[Run]:
        return run_log.runs(self.store, integration, limit)

    def run(self, run_id: str) -> Run:
        return run_log.run(self.store, run_id)

    def outcomes(self, run_id: str) -> list[Outcome]:
        return run_log.outcomes(self.store, run_id)


def _previewed_first(change: Change) -> Change:
    """In a first sync the master wins, after a preview; nobody previews an automatic run."""
    if change.status is not Status.FIRST_SYNC or change.blocked:
        return change
    return replace(change, blocked="its first sync is previewed and done by hand", verb="sync", guards=())


def new_id() -> str:
    """Twelve hex digits: unique in a workspace, short enough to type."""
    return uuid.uuid4().hex[:12]
