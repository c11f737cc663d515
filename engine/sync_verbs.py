"""The workspace's verbs of syncs: a part of the front door in a file of its own."""

from __future__ import annotations

from collections.abc import Collection

from engine.changes import Outcome, Plan, Run
from engine.model import Field, Kind, Side
from engine.operations import Operations
from engine.verbs import Verbs


class SyncVerbs(Verbs):
    """Plans, the runs that apply them, and what became of every row and field."""

    _operations: Operations

    async def plan(
        self,
        integration: str | None,
        *,
        kinds: Collection[Kind] = (Kind.PRODUCTS, Kind.FEES),
        fields: Collection[Field] | None = None,
        ids: Collection[str] | None = None,
        overwrite: Side | None = None,
        unattended: bool = False,
    ) -> Plan:
        """Read both sides fresh, then say exactly what a sync would do. Raises when a read is not complete."""
        chosen = self.integration(integration)
        return await self._operations.plan(
            chosen, kinds=kinds, fields=fields, ids=ids, overwrite=overwrite, unattended=unattended
        )

    async def sync(self, plan: Plan, *, allow: Collection[str] = (), trigger: str = "by hand") -> Run:
        """Apply a plan. Raises ``Blocked`` for a guard that is not allowed, ``StalePlan``, ``Busy``."""
        return await self._operations.apply(self.integration(plan.integration), plan, allow=allow, trigger=trigger)

    def cancel(self, run_id: str) -> bool:
        """Ask a run to stop after the batch in flight; whichever process runs it obeys. False where it has ended."""
        return self._operations.cancel(run_id)

    async def resume(self, run_id: str) -> Run:
        """Carry on with the rows of an ended run that were not sent."""
        return await self._operations.resume(run_id)

    async def plan_undo(self, run_id: str) -> Plan:
        """A plan that puts back what a run wrote, where our value still stands; moved rows are blocked and named."""
        return await self._operations.plan_undo(run_id)

    def runs(self, integration: str | None = None, limit: int = 50) -> list[Run]:
        return self._operations.runs(integration, limit)

    def run(self, run_id: str) -> Run:
        return self._operations.run(run_id)

    def outcomes(self, run_id: str) -> list[Outcome]:
        return self._operations.outcomes(run_id)
