"""The workspace's verbs of pushes and of the Reconcile tab: a part of the front door in a file of its own."""

from __future__ import annotations

from collections.abc import Collection

from engine.changes import Plan
from engine.findings import Compared, Reconciliation, Resolved
from engine.model import Kind
from engine.push_work import PushWork
from engine.reconciling import Reconciler
from engine.resolving import Resolutions, Resolver
from engine.verbs import Verbs


class ReconcileVerbs(Verbs):
    """Reconciling both sides, resolving what was found, and pushing products."""

    _reconciler: Reconciler
    _resolver: Resolver
    _push: PushWork

    async def plan_push(
        self, integration: str | None, ids: Collection[str] | None = None, *, unattended: bool = False
    ) -> Plan:
        """What pushing products (None: all) into the back office would do. ``sync`` carries the plan out."""
        return await self._push.plan(self.integration(integration), ids, unattended=unattended)

    def push_possible(self, integration: str | None) -> None:
        """Raises ``UsageError`` where the back office has no price books that products can be pushed into."""
        self._push.possible(self.integration(integration))

    async def reconcile(
        self, integration: str | None, kinds: Collection[Kind] = (Kind.PRODUCTS, Kind.CUSTOMERS)
    ) -> Reconciliation:
        """Read both sides completely and find every discrepancy; writes to no system. Raises ``IncompleteRead``."""
        return await self._reconciler.run(self.integration(integration), kinds)

    def reconciliations(self, integration: str | None = None, limit: int = 50) -> list[Reconciliation]:
        """The newest first; None: of all integrations."""
        return self._reconciler.all(integration, limit)

    def reconciliation(self, id: str) -> Reconciliation:
        """One of them; ``last`` is the newest. Raises ``UnknownId``."""
        return self._reconciler.get(id)

    def findings(self, id: str) -> list[Resolved]:
        """What one of them found, each with what was done about it."""
        return self._reconciler.findings(id)

    def compare_findings(self, older: str, newer: str) -> Compared:
        """Two reconciliations: new, gone and still there."""
        return self._reconciler.compare(older, newer)

    async def plan_resolutions(self, id: str, keys: Collection[str]) -> Resolutions:
        """Check chosen findings again on fresh readings, and say exactly what resolving them would do."""
        made = self._reconciler.get(id)
        return await self._resolver.plan(self.integration(made.integration), id, keys)

    async def resolve_findings(self, resolutions: Resolutions, *, allow: Collection[str] = ()) -> list[Resolved]:
        """Carry out what was previewed. Raises ``Blocked`` for a guard that is not allowed; then nothing was done."""
        made = self._reconciler.get(resolutions.reconciliation)
        return await self._resolver.apply(self.integration(made.integration), resolutions, allow)
