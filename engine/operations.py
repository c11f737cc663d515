"""The verbs that plan and write, each under the locks of the connections it needs (``locked_reading``).

Plan and plan_undo read both sides; apply, resume and create write one or both.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from engine import duplicates, run_log, undo
from engine.adoption import adoptions
from engine.baselines import Save, has_any
from engine.changes import Change, Outcome, Plan, Purpose, Run, RunState
from engine.creation import plan_creations
from engine.duplicates import Duplicate
from engine.errors import Blocked, UsageError
from engine.events import RowsChanged
from engine.fields import read
from engine.first_quantity import First, firsts
from engine.guards import SideSize
from engine.integrations import Integration
from engine.journal import request_cancel
from engine.locked_reading import LockedReading
from engine.model import Field, Kind, Side, Status
from engine.pairs import Pair
from engine.plan import Scene, build, check_fresh, finished, moved_rows
from engine.ports import Draft, Result
from engine.rules import RuleBook
from engine.sync import Runner
from engine.undo_reading import read_written

#: A plan this young, made by this very workspace object, is not read again before it runs; each write checks its target.
FRESH_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Young:
    """A plan that was made here: when, with which rules, and the baselines that go with it."""

    made: float
    book: RuleBook
    adopt: Sequence[Save] = ()


@dataclass(slots=True)
class Operations(LockedReading):
    """Plans and runs over ``LockedReading``."""

    young: dict[str, Young] = field(default_factory=dict)

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
                (kind, id): one.backoffice_id
                for kind in (Kind.PRODUCTS, Kind.CUSTOMERS)
                for id, one in self.mappings.mapped(integration.name, kind).items()
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
