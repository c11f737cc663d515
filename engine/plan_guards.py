"""Pure: the guards and margins of a whole plan, from its changes and the rows they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from engine.changes import Change, Plan, Purpose
from engine.fields import read
from engine.guards import Guard, RunFacts, SideSize, below_cost, of_change, of_changes, of_run
from engine.model import Field, Kind, Side
from engine.pairs import Pair
from engine.settings import Guards, IntegrationSettings

Key = tuple[Kind, str]


def guarded(plan: Plan, settings: IntegrationSettings, pairs: Sequence[Pair], sizes: Sequence[SideSize]) -> Plan:
    """The plan with every change's margin and guards, and the guards of the run."""
    rows = {pair.key: pair for pair in pairs}
    by_row: dict[tuple[Key, Side], list[Change]] = {}
    for change in plan.changes:
        by_row.setdefault(((change.kind, change.storefront_id), change.target), []).append(change)
    done: dict[tuple[Key, Field], Change] = {}
    for (key, target), mine in by_row.items():
        for change in _row(mine, rows.get(key), target, settings):
            done[key, change.field] = _turned(change, plan, settings)
    changes = tuple(done[(change.kind, change.storefront_id), change.field] for change in plan.changes)
    plan = replace(plan, changes=changes)
    hits = of_changes(changes, settings.guards) + of_run(_facts(plan, pairs, sizes), settings.guards)
    return replace(plan, guards=hits)


def _row(changes: Iterable[Change], pair: Pair | None, target: Side, settings: IntegrationSettings) -> list[Change]:
    """The changes of one row on one side: price and cost are looked at together, as they will be."""
    changes = list(changes)
    after = {change.field: change.after for change in changes if change.sends}
    price = after.get(Field.PRICE) or _now(pair, Field.PRICE, target, settings)
    cost = after.get(Field.COST) or _now(pair, Field.COST, target, settings)
    margin = _margin(price, cost)
    return [_change(change, price, cost, margin, settings.guards) for change in changes]


def _change(change: Change, price: str | None, cost: str | None, margin: str | None, guards: Guards) -> Change:
    if not change.sends or not change.field.is_money:
        return change
    hits = of_change(change, guards)
    if below_cost(price, cost, guards):
        hits += (Guard.BELOW_COST.value,)
    return replace(change, guards=hits, margin_percent=margin)


def _turned(change: Change, plan: Plan, settings: IntegrationSettings) -> Change:
    """The master's own value goes only with its own permission, also where the direction was chosen by hand."""
    guard = Guard.OVERWRITE_MASTER.value
    master = change.kind is Kind.PRODUCTS and settings.master(change.field) is change.target
    if not change.sends or plan.overwrite is not change.target or not master or guard in change.guards:
        return change
    return replace(change, guards=(*change.guards, guard))


def _now(pair: Pair | None, field: Field, target: Side, settings: IntegrationSettings) -> str | None:
    record = pair.record(target) if pair is not None else None
    return None if record is None else read(record, field, target, settings).text


def _margin(price: str | None, cost: str | None) -> str | None:
    if price is None or cost is None or not Decimal(price):
        return None
    return f"{(Decimal(price) - Decimal(cost)) / Decimal(price) * 100:.1f}"


def _facts(plan: Plan, pairs: Sequence[Pair], sizes: Sequence[SideSize]) -> RunFacts:
    written = {(change.kind, change.storefront_id) for change in plan.changes if change.sends}
    known = {
        pair.key
        for pair in pairs
        if plan.purpose is not Purpose.UNDO  # taking a run back changes all that it wrote: that is what was asked for
        and pair.backoffice_id
        and pair.ignored is None
        and any(b.known and b.backoffice_id in {"", pair.backoffice_id} for b in pair.baselines.values())
    }
    catalogue = max([len(pairs), *(size.current for size in sizes if size.side is Side.STOREFRONT)])
    return RunFacts(plan.rows, catalogue, len(known), len(known & written), tuple(sizes))
