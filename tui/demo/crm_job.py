"""The demo of a store and its CRM: retrieve the fields, push, reconcile, apply what can be applied, reconcile again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui.demo.control import Control
from tui.demo.crm_proof import Held
from tui.demo.scene import INTEGRATION, Say
from tui.demo.ultracart_salesforce import CrmProfile, meddle

if TYPE_CHECKING:
    from engine.changes import Plan, Run
    from engine.findings import Reconciliation, Resolved
    from engine.workspace import Workspace


@dataclass(frozen=True, slots=True)
class CrmScene:
    """A store that was pushed into its CRM, where people then changed things: ``planted`` is code -> item or product."""

    profile: CrmProfile
    store: Control
    crm: Control
    plan: Plan
    run: Run
    planted: Mapping[str, str]
    first: Reconciliation


@dataclass(frozen=True, slots=True)
class CrmReport:
    """What was pushed, found and resolved, and what the systems' own state says is left."""

    scene: CrmScene
    runs: Sequence[Run]
    found: Sequence[Resolved]  # by the first reconciliation, each with what became of it
    second: Reconciliation
    left: Sequence[Resolved]
    held: Mapping[str, int]  # counted from the systems: what the second must find
    unpaired: int  # items that are sold, and have not exactly one product

    @property
    def missed(self) -> list[str]:
        """Planted defects that the first reconciliation did not find."""
        seen = {(one.finding.code.value, id) for one in self.found for id in _ids(one)}
        return [code for code, id in self.scene.planted.items() if (code, id) not in seen]

    @property
    def open(self) -> list[Resolved]:
        """What the second one found although it could have been resolved."""
        return [one for one in self.left if one.finding.action.value != "manual"]

    @property
    def adds_up(self) -> bool:
        """Every run's totals, and both reconciliations' counts, are sums of what is listed."""
        both = ((self.scene.first, self.found), (self.second, self.left))
        return all(run.totals.adds_up for run in self.runs) and all(
            Counter(made.counts) == Counter(one.finding.code.value for one in found) for made, found in both
        )

    @property
    def well(self) -> bool:
        return (
            self.adds_up
            and all(run.state == "done" for run in self.runs)
            and not (self.missed or self.open or self.unpaired)
            and dict(self.held) == dict(self.second.counts)
            and self.proposed == self.results.get("applied", 0) > 0
        )

    @property
    def proposed(self) -> int:
        return sum(one.finding.action.value != "manual" for one in self.found)

    @property
    def results(self) -> dict[str, int]:
        return dict(Counter(one.result.value for one in self.found if one.finding.action.value != "manual"))

    def document(self) -> dict[str, Any]:
        actions = Counter("blocked" if one.blocked else one.action.value for one in self.scene.plan.pushes)
        return {
            "push": {"totals": self.scene.run.totals, "items": dict(actions), "calls": self.scene.run.calls},
            "planted": dict(self.scene.planted),
            "missed": self.missed,
            "first": {"id": self.scene.first.id, "counts": self.scene.first.counts, "proposed": self.proposed},
            "resolved": self.results,
            "second": {"id": self.second.id, "counts": self.second.counts, "open": len(self.open)},
            "sandbox": dict(self.held),
            "items_without_one_product": self.unpaired,
            "adds_up": self.adds_up,
            "sandbox_equals_findings": dict(self.held) == dict(self.second.counts),
            "only_manual_left": not self.open,
            "runs": list(self.runs),
        }

    def lines(self) -> list[str]:
        from tui.widgets.plan_lines import totals_text

        totals, left = self.scene.run.totals, ", ".join(f"{n} {code}" for code, n in self.second.counts.items())
        return [
            f"pushed {totals.planned}: {totals_text(totals)}; {self.scene.run.calls} calls",
            f"found: {len(self.found)}; can be resolved: {self.proposed}; were: {self.results.get('applied', 0)}",
            f"left to people: {left or 'nothing'}",
            f"the systems' own state equals the findings: {'yes' if self.held == self.second.counts else 'NO'}",
        ]

    def problems(self) -> list[str]:
        """Why the result does not hold, in words."""
        codes = sorted({*self.held, *self.second.counts})
        differing = [code for code in codes if self.held.get(code, 0) != self.second.counts.get(code, 0)]
        return [
            *(f"planted {code} was not found" for code in self.missed),
            *(f"left open: {one.finding.code} {' '.join(_ids(one))} {one.finding.field}" for one in self.open),
            *(f"not resolved: {one.finding.code} {' '.join(_ids(one))}: {one.message}"
              for one in self.found if one.finding.action.value != "manual" and one.result.value != "applied"),
            *(f"{code}: found {self.second.counts.get(code, 0)}, the systems have {self.held.get(code, 0)}"
              for code in differing),
        ]  # fmt: skip


async def prepare(ws: Workspace, profile: CrmProfile, systems: Mapping[str, Any], say: Say) -> CrmScene:
    """Everything up to the first reconciliation. Secrets are expected where the announced options refer to."""
    for name in (profile.storefront, profile.backoffice):
        ws.add_connection(name, systems[name]["type"], systems[name]["options"])
    ws.add_integration(INTEGRATION, profile.storefront, profile.backoffice, profile.settings)
    say("retrieving objects and fields")
    await ws.pull_schema(INTEGRATION)
    _map_fields(ws, profile)
    say("pushing all items")
    plan = await ws.plan_push(INTEGRATION)
    run = await ws.sync(plan, allow=[hit.guard for hit in plan.guards], trigger="demo")
    say("people change things in both systems meanwhile")
    store, crm = Control(systems[profile.storefront]), Control(systems[profile.backoffice])
    planted = meddle(store, crm, _pairs(ws))
    say("reconciling")
    first = await ws.reconcile(INTEGRATION)
    return CrmScene(profile, store, crm, plan, run, planted, first)


async def do(ws: Workspace, scene: CrmScene, say: Say) -> CrmReport:
    """Apply all that can be applied, reconcile again, and look at what the systems hold."""
    keys = [one.finding.key for one in ws.findings(scene.first.id) if one.finding.action.value != "manual"]
    planned = await ws.plan_resolutions(scene.first.id, keys)
    say(f"resolving {planned.count} of {scene.first.total} findings")
    await ws.resolve_findings(planned, allow=[hit.guard for hit in planned.plan.guards] if planned.plan else ())
    say("reconciling again")
    second = await ws.reconcile(INTEGRATION)
    held = Held.of(scene.store, scene.crm)
    mapped = _pairs(ws)
    unpaired = sum(
        mapped.get(id) != product["Id"]
        for id, item in held.items.items()
        if not item["inactive"] and (product := held.product(item)) is not None
    )
    runs = [run for run in ws.runs(INTEGRATION) if run.ended is not None]
    return CrmReport(scene, runs, ws.findings(scene.first.id), second, ws.findings(second.id), held.counts(), unpaired)


def _map_fields(ws: Workspace, profile: CrmProfile) -> None:
    from engine.field_mappings import FieldMapping
    from engine.model import Kind

    for source, target in profile.fields.items():
        ws.map_field(INTEGRATION, FieldMapping(INTEGRATION, Kind.PRODUCTS, source, "Product2", target))


def _pairs(ws: Workspace) -> dict[str, str]:
    """Item -> product, as mapped now."""
    from engine.model import Kind

    rows = ws.snapshot(INTEGRATION, Kind.PRODUCTS).rows
    return {row.id: row.right_id for row in rows if row.side == "storefront" and row.right_id}


def _ids(one: Resolved) -> list[str]:
    return [id for id in (one.finding.storefront_id, one.finding.backoffice_id) if id]
