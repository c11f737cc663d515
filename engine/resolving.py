"""Resolving findings: chosen, checked again on fresh readings, previewed as a plan, and applied through a run.

Mapping edits are made first (each can be taken back), then everything that is written to a system goes through one plan:
journalled, checked right before it is written, read back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from engine.changes import Change, Creation, Outcome, Plan, Purpose, Push, Run, TextChange
from engine.errors import UsageError
from engine.findings import Action, Finding, Resolution, Resolved
from engine.integrations import Integration
from engine.mappings import Mappings
from engine.model import Field, Kind, Side
from engine.operations import Operations, new_id
from engine.pairs import Pair
from engine.plan import Scene, build, finished
from engine.ports import Clock, Draft, Result
from engine.push import push_guards
from engine.reconciling import Prices, Reconciler, as_moved

#: (integration, storefront ids, price books) -> what a push would do with each.
PushPlanner = Callable[[Integration, Sequence[str], Prices], Sequence[Push]]
#: (integration, storefront ids) -> drafts without a problem, and what is wrong with the others by id.
Drafter = Callable[[Integration, Sequence[str]], tuple[Sequence[Draft], dict[str, str]]]
_UNLINKED = "it is not mapped: choose its link too"
_WRITES = frozenset({Action.WRITE, Action.WRITE_TEXT, Action.PUSH, Action.CREATE})


@dataclass(frozen=True, slots=True)
class Resolutions:
    """What applying the chosen findings would do. ``moved`` are not as they were found any more, and left alone."""

    reconciliation: str
    edits: tuple[Finding, ...]
    written: tuple[Finding, ...]
    plan: Plan | None
    moved: tuple[Resolved, ...] = ()
    refused: tuple[Resolved, ...] = ()

    @property
    def count(self) -> int:
        return len(self.edits) + len(self.written)


@dataclass(slots=True)
class Resolver:
    """Made by ``Workspace``."""

    reconciler: Reconciler
    operations: Operations
    mappings: Mappings
    clock: Clock
    actor: str
    pushes: PushPlanner
    drafts: Drafter

    async def plan(self, integration: Integration, id: str, keys: Collection[str]) -> Resolutions:
        """Read both sides again and plan what still holds of the chosen findings. Raises ``UsageError`` for a finding
        that is left to a person, or was resolved already.
        """
        chosen = self._chosen(id, keys)
        kinds = tuple(dict.fromkeys(one.finding.kind for one in chosen))
        async with self.operations.exclusive(integration.connections, f"checking findings of {integration.name}"):
            await self.operations.read_everything(integration, kinds)
            prices = await self.reconciler.prices(integration) if Kind.PRODUCTS in kinds else None
            fresh = {one.key: one for one in await asyncio.to_thread(self.reconciler.find, integration, kinds, prices)}
            still, moved = [], []
            for one in chosen:
                now = fresh.get(one.finding.key)
                if now == one.finding:
                    still.append(one.finding)
                else:
                    why = (
                        "it is not there any more" if now is None else f"it is now: {now.storefront} / {now.backoffice}"
                    )
                    moved.append(as_moved(one, why, self.clock.now(), self.actor))
            edits = tuple(one for one in still if one.action in {Action.MAP, Action.REMAP, Action.UNMAP})
            writes = [one for one in still if one.action in _WRITES]
            plan, refused = self._plan(integration, writes, edits, prices)
        gone = {one.finding.key for one in refused}
        written = tuple(one for one in writes if one.key not in gone)
        return Resolutions(self.reconciler.get(id).id, edits, written, plan, tuple(moved), tuple(refused))

    def _chosen(self, id: str, keys: Collection[str]) -> list[Resolved]:
        wanted = set(keys)
        chosen = [one for one in self.reconciler.findings(id) if one.finding.key in wanted]
        if not chosen:
            raise UsageError("no finding was chosen; nothing was planned")
        for one in chosen:
            name = one.finding.storefront_name or one.finding.backoffice_name
            if one.finding.action is Action.MANUAL:
                raise UsageError(
                    f"{one.finding.code} of {name} is left to a person: {one.finding.why}; nothing was planned"
                )
            if one.result is Resolution.APPLIED:
                raise UsageError(
                    f"{one.finding.code} of {name} was resolved already; reconcile again. Nothing was planned"
                )
        return chosen

    def _plan(
        self, integration: Integration, findings: Sequence[Finding], edits: Sequence[Finding], prices: Prices | None
    ) -> tuple[Plan | None, list[Resolved]]:
        if not findings:
            return None, []
        scene = self.operations.scene(integration, self.operations.sizes(integration))
        by_action = {action: [one for one in findings if one.action is action] for action in _WRITES}
        linked = {
            kind: {
                one.storefront_id: one.backoffice_id
                for one in edits
                if one.action is not Action.UNMAP and one.kind is kind
            }
            for kind in (Kind.PRODUCTS, Kind.CUSTOMERS)
        }
        pairs = [pair for pair, _ in self.operations.lists.states(integration, Kind.PRODUCTS, linked[Kind.PRODUCTS])]
        changes, refused = self._changes(scene, pairs, by_action[Action.WRITE])
        known = {pair.storefront_id for pair in pairs}
        wanted = by_action[Action.WRITE_TEXT]
        people = (
            {
                pair.storefront_id
                for pair, _ in self.operations.lists.states(integration, Kind.CUSTOMERS, linked[Kind.CUSTOMERS])
            }
            if any(one.kind is Kind.CUSTOMERS for one in wanted)
            else set()
        )
        there = {Kind.PRODUCTS: known, Kind.CUSTOMERS: people}
        texts = [one for one in wanted if one.storefront_id in there[one.kind]]
        refused += [self._refused(one, _UNLINKED) for one in wanted if one.storefront_id not in there[one.kind]]
        pushes: Sequence[Push] = ()
        if by_action[Action.PUSH] and prices is not None:
            pushes = self.pushes(integration, _rows(by_action[Action.PUSH]), prices)
        drafts, wrong = (
            self.drafts(integration, _rows(by_action[Action.CREATE])) if by_action[Action.CREATE] else ((), {})
        )
        refused += [
            self._refused(one, wrong[one.storefront_id])
            for one in by_action[Action.CREATE]
            if one.storefront_id in wrong
        ]
        plan = Plan(
            new_id(), integration.name, Purpose.RECONCILE, scene.at, scene.actor, scene.lineage, "",
            changes=tuple(changes), texts=tuple(_text(one) for one in texts), pushes=tuple(pushes),
            creations=tuple(Creation(draft, Side.BACKOFFICE) for draft in drafts),
        )  # fmt: skip
        plan = finished(plan, scene, pairs)
        plan = replace(plan, guards=(*plan.guards, *push_guards(pushes)))
        self.operations.keep_young(integration, plan)
        return plan, refused

    def _changes(
        self, scene: Scene, pairs: Sequence[Pair], findings: Sequence[Finding]
    ) -> tuple[list[Change], list[Resolved]]:
        """The changes of a sync that the findings ask for, and no others of the same rows."""
        if not findings:
            return [], []
        fields = tuple(dict.fromkeys(Field(one.field) for one in findings))
        known = {pair.storefront_id for pair in pairs}
        loose = [one for one in findings if one.storefront_id not in known]
        findings = [one for one in findings if one.storefront_id in known]
        whole = build(scene, "", pairs, ids=_rows(findings), fields=fields, kinds=(Kind.PRODUCTS,))
        made = {(change.storefront_id, change.field.value): change for change in whole.changes}
        changes: list[Change] = []
        refused = [self._refused(one, _UNLINKED) for one in loose]
        for one in findings:
            change = made.get((one.storefront_id, one.field))
            if change is None or change.blocked:
                refused.append(self._refused(one, change.blocked if change else "a sync would not write it"))
            else:
                changes.append(change)
        return changes, refused

    def _refused(self, finding: Finding, why: str) -> Resolved:
        return Resolved(finding, Resolution.FAILED, message=why, at=self.clock.now(), actor=self.actor)

    # ------------------------------------------------------------------------------------------------ applying
    async def apply(self, integration: Integration, resolutions: Resolutions, allow: Collection[str]) -> list[Resolved]:
        """Carry out what was previewed; returns what became of every chosen finding. Raises ``Blocked`` for a guard that
        is not allowed; then nothing was done.
        """
        plan = resolutions.plan
        if plan is not None:
            self.operations.refuse(plan, allow)
        done = [*resolutions.moved, *resolutions.refused, *self._edit(integration, resolutions.edits)]
        if plan is not None:
            run = await self.operations.apply(
                integration, plan, allow=allow, trigger=f"reconciliation {resolutions.reconciliation}"
            )
            done += self._results(resolutions.written, run, self.operations.outcomes(run.id))
        self.reconciler.resolve(resolutions.reconciliation, done)
        return done

    def _edit(self, integration: Integration, findings: Sequence[Finding]) -> list[Resolved]:
        """Mapping edits, one by one: what is refused (the counterpart was taken meanwhile) is a failure of its own."""
        done = []
        for one in findings:
            pair = [(one.storefront_id, one.backoffice_id)]
            names = {one.storefront_id: one.storefront_name}, {one.backoffice_id: one.backoffice_name}
            try:
                if one.action in {Action.REMAP, Action.UNMAP}:
                    self.mappings.unmap(integration, one.kind, [one.storefront_id])
                if one.action is not Action.UNMAP:
                    self.mappings.map(integration, one.kind, pair, *names, "by reconciliation")
            except UsageError as error:
                done.append(self._refused(one, str(error)))
            else:
                done.append(Resolved(one, Resolution.APPLIED, one.proposal, at=self.clock.now(), actor=self.actor))
        return done

    def _results(self, findings: Sequence[Finding], run: Run, outcomes: Sequence[Outcome]) -> list[Resolved]:
        by_field = {(o.kind, o.storefront_id, o.field.value if o.field else o.attribute): o for o in outcomes}
        done = []
        for one in findings:
            name = {Action.PUSH: "push", Action.CREATE: ""}.get(one.action, one.field)
            outcome = by_field.get((one.kind, one.storefront_id, name))
            done.append(self._result(one, run, outcome))
        return done

    def _result(self, finding: Finding, run: Run, outcome: Outcome | None) -> Resolved:
        if outcome is None:
            return replace(self._refused(finding, run.message or "it was not sent"), run=run.id)
        result = {
            Result.APPLIED: Resolution.APPLIED,
            Result.UNCHANGED: Resolution.APPLIED,
            Result.STALE: Resolution.MOVED,
            Result.UNVERIFIED: Resolution.UNVERIFIED,
        }.get(outcome.result, Resolution.FAILED)
        taken = finding.proposal if result in {Resolution.APPLIED, Resolution.UNVERIFIED} else ""
        return Resolved(finding, result, taken, outcome.message, outcome.code, self.actor, outcome.at, run.id)


def _rows(findings: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(one.storefront_id for one in findings))


def _text(finding: Finding) -> TextChange:
    assert finding.target is not None
    before = finding.backoffice if finding.target is Side.BACKOFFICE else finding.storefront
    return TextChange(
        finding.storefront_id, finding.backoffice_id, finding.storefront_name, finding.field, finding.target, before,
        finding.after, reason=finding.code, kind=finding.kind,
    )  # fmt: skip
