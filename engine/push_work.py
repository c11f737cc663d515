"""Planning pushes: both sides and the price books are read completely, then every chosen product is looked at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import cast

from engine.changes import Plan, Purpose, Push
from engine.connections import Connections
from engine.drafting import Drafting
from engine.errors import UnknownId, UsageError
from engine.field_work import FieldWork
from engine.integrations import Integration
from engine.mappings import Mappings
from engine.model import Field, Kind, Product, Side, Status
from engine.operations import Operations, new_id
from engine.plan import finished
from engine.ports import Draft, RecordCache
from engine.push import PushScene, plan_pushes, push_guards
from engine.reconciling import Prices, Reconciler


@dataclass(slots=True)
class PushWork:
    """Made by ``Workspace``."""

    connections: Connections
    cache: RecordCache
    mappings: Mappings
    fields: FieldWork
    drafting: Drafting
    reconciler: Reconciler
    operations: Operations

    async def plan(self, integration: Integration, ids: Collection[str] | None, *, unattended: bool = False) -> Plan:
        """What pushing these products (None: all of the storefront) would do; writes nothing. ``unattended``: nobody sees
        this plan, so that what needs a person is blocked, and only what changed is read where a system can say so.

        Raises ``UsageError`` where the back office has no price books, and ``UnknownId``.
        """
        self.possible(integration)
        async with self.operations.exclusive(integration.connections, f"planning a push of {integration.name}"):
            await self.operations.read_everything(integration, (Kind.PRODUCTS,), changes=unattended)
            prices = await self.reconciler.prices(integration)
            assert prices is not None
            scene = self.operations.scene(integration, self.operations.sizes(integration))
            pushes = self.pushes(integration, ids, prices, unattended=unattended)
            plan = Plan(
                new_id(), integration.name, Purpose.PUSH, scene.at, scene.actor, scene.lineage, "", pushes=tuple(pushes)
            )
            plan = finished(plan, scene, ())
            plan = replace(plan, guards=(*plan.guards, *push_guards(pushes)))
            self.operations.keep_young(integration, plan)
            return plan

    def possible(self, integration: Integration) -> None:
        """Raises ``UsageError`` where products cannot be pushed."""
        if not self.connections.connector(integration.backoffice).capabilities.pushes_products:
            raise UsageError(
                f"{integration.backoffice} has no price books to push products into; use `crosswalk add products`"
            )

    def pushes(
        self, integration: Integration, ids: Collection[str] | None, prices: Prices, *, unattended: bool = False
    ) -> list[Push]:
        """A push for each product, from what was just read. Raises ``UnknownId``."""
        if ids is None:
            found = list(self.cache.records(integration.storefront, Kind.PRODUCTS))
        else:
            known = self.cache.get(integration.storefront, Kind.PRODUCTS, ids)
            missing = next((id for id in ids if id not in known), None)
            if missing is not None:
                raise UnknownId(f"product of {integration.storefront}", missing, "check the id; nothing was planned")
            found = [known[id] for id in dict.fromkeys(ids)]
        ignored = self.mappings.ignored(integration.name, Kind.PRODUCTS)
        products = [cast("Product", one) for one in found if one.id not in ignored]
        scene = self._scene(integration, prices)
        if unattended:
            scene = replace(scene, unattended=True, moved=self._moved(integration))
        return plan_pushes(scene, new_id(), products)

    def _moved(self, integration: Integration) -> frozenset[str]:
        """Rows whose price moved in the storefront alone since the last good sync: a sync would write it, too."""
        return frozenset(
            pair.storefront_id
            for pair, state in self.operations.lists.states(integration, Kind.PRODUCTS)
            for one in state.fields
            if one.field is Field.PRICE and one.status is Status.OUT_OF_SYNC
            if one.target is Side.BACKOFFICE and not one.blocked
        )

    def _scene(self, integration: Integration, prices: Prices) -> PushScene:
        mapped = self.mappings.mapped(integration.name, Kind.PRODUCTS)
        records = self.cache.records(integration.backoffice, Kind.PRODUCTS)
        usable, _ = self.fields.usable(integration, Kind.PRODUCTS)
        objects = {one.object for one in usable}
        fields = {name: field for one in objects for name, field in self.fields.targets(integration, one).items()}
        return PushScene(
            integration.settings,
            {id: mapping.backoffice_id for id, mapping in mapped.items()},
            {record.id: cast("Product", record) for record in records},
            prices.books,
            prices.entries,
            usable,
            fields,
        )

    def refused(self, integration: Integration, ids: Sequence[str], prices: Prices | None) -> dict[str, str]:
        """Products that neither a push nor an addition would make in the back office, and why."""
        if prices is None:
            return self.drafts(integration, ids)[1]
        return {one.item.source_id: one.blocked for one in self.pushes(integration, ids, prices) if one.blocked}

    def drafts(self, integration: Integration, ids: Sequence[str]) -> tuple[Sequence[Draft], dict[str, str]]:
        """Drafts for a back office without price books, and why some products cannot be drafted."""
        able = self.connections.connector(integration.backoffice).capabilities
        drafts, problems = self.drafting.products(integration, ids, {}, able)
        wrong: dict[str, str] = {}
        for problem in problems:
            wrong.setdefault(problem.source_id, f"{problem.field}: {problem.message}".lstrip(": "))
        return [draft for draft in drafts if draft.source_id not in wrong], wrong
