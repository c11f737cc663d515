"""The whole job without a screen: suggest, accept, plan, sync, and the proof from the systems' own state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui.demo.proof import Mismatch, carried_out, differences
from tui.demo.scene import INTEGRATION, Say, Scene

if TYPE_CHECKING:
    from engine.changes import Outcome, Plan, Run
    from engine.model import Kind
    from engine.workspace import Workspace

#: A first sync of a whole catalogue is large by its nature; nothing else is allowed.
ALLOWED = ("row-count", "catalogue-percent")
SHOWN = 20  # mismatches listed


@dataclass(frozen=True, slots=True)
class Report:
    """What the job did and what the systems say about it."""

    run: Run
    outcomes: list[Outcome]
    plan: Plan
    accepted: dict[str, int]
    left_to_people: list[str]
    left_to_sync: int
    mismatches: list[Mismatch]
    left_alone: dict[str, bool]  # "conflict", "broken", a status: whether there is such a row, and nothing was written

    @property
    def well(self) -> bool:
        """The totals add up, all that was planned is accounted for, and the systems hold exactly the plan."""
        return (
            self.run.totals.adds_up
            and self.run.totals.planned == len(self.plan.changes) == len(self.outcomes)
            and self.run.state == "done"
            and self.run.totals.applied > 0
            and not self.mismatches
            and not self.left_to_sync
            and all(self.left_alone.values())
        )

    def document(self) -> dict[str, Any]:
        totals = self.run.totals
        return {
            "totals": totals,
            "adds_up": totals.adds_up,
            "sandbox_equals_plan": not self.mismatches,
            "left_to_sync": self.left_to_sync,
            "left_alone": self.left_alone,
            "accepted": self.accepted,
            "left_to_people": self.left_to_people,
            "guards": [hit.guard for hit in self.plan.guards],
            "mismatches": self.mismatches[:SHOWN],
            "run": self.run,
        }

    def lines(self) -> list[str]:
        """The same for a person."""
        from tui.widgets.plan_lines import totals_text

        return [
            totals_text(self.run.totals),
            f"left to people (a guard fired): {len(self.left_to_people)} rows",
            f"the systems' own state equals the plan: {'yes' if not self.mismatches else 'NO'}",
            f"differences a second plan finds: {self.left_to_sync}",
        ]

    def problems(self) -> list[str]:
        """Why the result does not hold, in words."""
        return [
            f"{one.system} {one.table} {one.id} {one.column}: expected {one.expected}, found {one.found}"
            for one in self.mismatches
        ]


async def do(ws: Workspace, scene: Scene, say: Say) -> Report:
    """Run the job on a prepared scene."""
    from engine.model import Kind

    accepted = {kind.value: await _accept_exact(ws, kind) for kind in (Kind.CUSTOMERS, Kind.PRODUCTS)}
    say(f"accepted exact suggestions: {accepted['customers']} customers, {accepted['products']} products")
    plan, doubtful = await _plan_what_is_clear(ws)
    held = {status: _rows_of(ws, status) for status in scene.profile.statuses}
    before = {side: control.tables() for side, control in _controls(scene).items()}
    say(f"syncing {plan.rows} rows")
    run = await ws.sync(plan, allow=ALLOWED, trigger="demo")
    mismatches = _compare(scene, before, plan)
    again, _ = await _plan_what_is_clear(ws)
    outcomes = ws.outcomes(run.id)
    played = {"conflict": scene.conflict, "broken": scene.broken}
    left_alone = {name: _blocked(outcomes, row) for name, row in played.items() if row}
    left_alone |= {status: _untouched(outcomes, rows) for status, rows in held.items()}
    return Report(run, outcomes, plan, accepted, sorted(doubtful), len(again.sending), mismatches, left_alone)


def _blocked(outcomes: list[Outcome], row: str) -> bool:
    """Whether a row's doubtful price was not written: blocked for a person, who has not been asked here."""
    prices = [one.result for one in outcomes if one.storefront_id == row and one.field == "price"]
    return bool(prices) and all(result == "blocked" for result in prices)


def _rows_of(ws: Workspace, status: str) -> set[str]:
    """The storefront products that have a status now."""
    from engine.model import Kind

    rows = ws.snapshot(INTEGRATION, Kind.PRODUCTS).rows
    return {row.id for row in rows if row.side == "storefront" and row.status == status}


def _untouched(outcomes: list[Outcome], rows: set[str]) -> bool:
    """Whether there are such rows at all, and nothing was sent for any of them."""
    return bool(rows) and all(one.result == "blocked" for one in outcomes if one.storefront_id in rows)


async def _accept_exact(ws: Workspace, kind: Kind) -> int:
    """Map what an identical key, unique on both sides, says; how many rows."""
    await ws.suggest(INTEGRATION, kind)
    exact = [guess for guess in ws.acceptable(INTEGRATION, kind, 0.0) if guess.exact]
    if not exact:
        return 0
    pairs = [(guess.storefront_id, guess.backoffice_id) for guess in exact]
    return ws.map(INTEGRATION, kind, pairs, how="accepted suggestion").count


async def _plan_what_is_clear(ws: Workspace) -> tuple[Plan, set[str]]:
    """A plan without the rows on which a guard fired: those (the second value) are for a person to decide."""
    plan = await ws.plan(INTEGRATION)
    doubtful = {change.storefront_id for change in plan.changes if change.guards}
    if doubtful:
        clear = {change.storefront_id for change in plan.changes} - doubtful
        plan = await ws.plan(INTEGRATION, ids=sorted(clear))
    return plan, doubtful


def _controls(scene: Scene) -> dict[str, Any]:
    return {scene.profile.storefront: scene.storefront, scene.profile.backoffice: scene.backoffice}


def _compare(scene: Scene, before: dict[str, Any], plan: Plan) -> list[Mismatch]:
    """Each system must hold what it held, and what the plan wrote there, and nothing else."""
    profile = scene.profile
    found: list[Mismatch] = []
    for side, system in (("storefront", profile.storefront), ("backoffice", profile.backoffice)):
        changes = [change for change in plan.sending if change.target == side]
        expected = carried_out(before[system], profile.tables[system], changes, profile.written)
        found += differences(system, expected, _controls(scene)[system].tables(), profile.volatile)
    return found
