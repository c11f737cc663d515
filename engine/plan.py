"""Pure: from rows, settings and the admin's choice to a frozen plan, and whether a saved plan still holds.

What is shown is exactly what runs: a change that is blocked is listed with its reason and the verb that unblocks it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from json import dumps

from engine.baselines import KEPT
from engine.changes import Change, Plan, Purpose, Push
from engine.errors import StalePlan, UnknownId, UsageError
from engine.fields import comparable, fields_of, read, same, sku_slot, undecided, writable
from engine.guards import SideSize
from engine.model import Field, Kind, Product, Side, Status
from engine.pairs import FieldState, Pair, RowState
from engine.plan_directions import not_backwards, one_of_price_and_quantity
from engine.plan_guards import guarded
from engine.plan_shared import settle_shared
from engine.ports import Capabilities
from engine.row_rules import rules_of, version_of
from engine.rules import read_master
from engine.settings import IntegrationSettings
from engine.status import in_orders, row_state

#: (side, kind on that side, record id, field) -> the integration that writes it
Claims = Mapping[tuple[Side, Kind, str, Field], str]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a plan is made for: the integration, its two systems, and who asks when.

    ``connections`` are names. ``claims`` lists what other integrations write; ``sizes`` what the last two reads found.
    """

    integration: str
    settings: IntegrationSettings
    capabilities: Mapping[Side, Capabilities]
    connections: Mapping[Side, str]
    at: datetime
    actor: str
    lineage: str
    claims: Claims = field(default_factory=dict)
    sizes: Sequence[SideSize] = ()


def build(
    scene: Scene,
    id: str,
    pairs: Sequence[Pair],
    *,
    ids: Collection[str] | None = None,
    fields: Collection[Field] | None = None,
    overwrite: Side | None = None,
    kinds: Collection[Kind] = (Kind.PRODUCTS, Kind.FEES),
) -> Plan:
    """The plan for the chosen rows (storefront ids; None: all that are mapped) and fields (None: the integration's).

    ``pairs`` are all rows of the integration: rows that share a target are looked at although not chosen.
    ``overwrite`` turns the direction for this plan. Raises ``UnknownId`` for an id that no row has and ``UsageError``
    for a field that a side cannot read, or for price and quantity together where a side takes one of them in one sync.
    """
    settings = scene.settings
    if overwrite is not None:
        settings = settings.model_copy(update={"masters": dict.fromkeys(Field, overwrite.other)})
    rows = [pair for pair in pairs if pair.kind in kinds and pair.kind is not Kind.CUSTOMERS]
    chosen = _chosen(rows, ids)
    wanted = _fields(scene, fields, {pair.kind for pair in chosen})
    can = {side: writable(scene.capabilities[side], settings, side) for side in Side}
    unset = undecided(scene.capabilities, scene.settings)

    def state_of(pair: Pair) -> RowState:
        return row_state(pair, settings, can, comparable(pair.kind, wanted, scene.capabilities), unset)

    changes: list[Change] = []
    unchanged = 0
    for pair in chosen:
        state = state_of(pair)
        found = _changes(pair, state, settings, wanted, explicit=ids is not None)
        unchanged += not found and bool(state.fields)
        changes += found
    changes = settle_shared(changes, rows, settings, state_of, lambda p, s: _changes(p, s, settings, wanted))
    changes = [_claimed(change, scene) for change in changes]
    changes = not_backwards(changes, rows, scene.settings, overwrite)
    changes = one_of_price_and_quantity(changes, scene.capabilities, scene.connections, fields)
    draft = Plan(
        id, scene.integration, Purpose.SYNC, scene.at, scene.actor, scene.lineage, "", wanted,
        tuple(sorted(changes, key=_order)), unchanged_rows=unchanged, overwrite=overwrite,
    )  # fmt: skip
    return finished(draft, scene, rows)


def finished(plan: Plan, scene: Scene, pairs: Iterable[Pair]) -> Plan:
    """The plan with guards, margins, call counts and its fingerprint: the last step of every plan."""
    rows = list(pairs)
    plan = guarded(plan, scene.settings, rows, scene.sizes)
    calls = dict.fromkeys(dict.fromkeys(scene.connections[side] for side in Side), 0)
    seconds = 0.0
    for side in Side:
        able = scene.capabilities[side]
        targets = {
            (c.kind.counterpart, c.target_id or f"new {c.storefront_id}")
            for c in plan.changes
            if c.sends and c.target is side
        }
        targets |= {(text.kind, text.target_id) for text in plan.texts if text.sends and text.target is side}
        counts = sum(c.sends and c.target is side and c.field is Field.QUANTITY for c in plan.changes)
        made = sum(not c.blocked and c.target is side for c in plan.creations)
        needed = (made - (-len(targets) // able.batch_size)) * able.calls_per_write
        single = len(targets) * able.calls_per_record
        needed += single + counts * able.calls_per_quantity
        if able.calls_per_parent:
            needed += len(_parents(rows, {id for _, id in targets}, side)) * able.calls_per_parent
        calls[scene.connections[side]] += needed
        if side is Side.BACKOFFICE:
            calls[scene.connections[side]] += push_calls(plan.pushes, able.push_size)
        if able.rate_per_minute:
            seconds = max(seconds, (needed - single * (1 - able.record_share)) * 60 / able.rate_per_minute)
    plan = replace(plan, calls={name: count for name, count in calls.items() if count}, eta_seconds=round(seconds, 1))
    return replace(plan, fingerprint=fingerprint(plan, scene.settings))


def _parents(rows: Iterable[Pair], ids: Collection[str], side: Side) -> set[str]:
    """The parents of those of the records that are variants."""
    records = (pair.record(side) for pair in rows if pair.id(side) in ids)
    return {record.parent_id for record in records if isinstance(record, Product) and record.parent_id}


def push_calls(pushes: Sequence[Push], size: int) -> int:
    """Requests of a push: per batch one for the products, one for each price book, and two to read it back."""
    sending = [push for push in pushes if push.sends]
    books = {price.book_id for push in sending for price in push.item.prices}
    return -(-len(sending) // size) * (3 + len(books)) if sending else 0


def fingerprint(plan: Plan, settings: IntegrationSettings) -> str:
    """A digest of the settings and one of every row, value and direction, joined by a dash."""
    rows: list[object] = [plan.lineage, plan.integration, plan.purpose, *filter(None, (plan.overwrite,))]
    rows += [
        [
            c.kind,
            c.storefront_id,
            c.backoffice_id,
            c.field,
            c.target,
            c.before,
            c.after,
            c.source,
            c.sku_slot,
            c.blocked,
            *([c.rule, c.rule_version] if c.rule_version else ()),
        ]
        for c in plan.changes
    ]
    rows += [[c.draft.key, c.draft.name, c.target, c.blocked] for c in plan.creations]
    rows += [[push.action, push.blocked, repr(push.item)] for push in plan.pushes]
    rows += [
        [t.kind, t.storefront_id, t.backoffice_id, t.attribute, t.target, t.before, t.after, t.blocked]
        for t in plan.texts
    ]
    return f"{_digest(settings.model_dump(mode='json'))}-{_digest(rows)}"


def check_fresh(plan: Plan, pairs: Iterable[Pair], settings: IntegrationSettings, lineage: str) -> None:
    """Raise ``StalePlan``, naming what moved, unless all that the plan saw still holds. ``pairs`` are freshly read."""
    if plan.lineage != lineage:
        raise StalePlan("this plan was made in another workspace; nothing was written. Make a new plan here")
    if plan.fingerprint != fingerprint(plan, settings):
        raise StalePlan(
            f"the settings of {plan.integration} have changed since this plan was made (or the plan was edited); "
            "nothing was written. Make a new plan"
        )
    moved = moved_rows(plan.sending, pairs, settings, plan.purpose)
    if moved:
        first = "; ".join(list(moved.values())[:3])
        more = f" and {len(moved) - 3} more" if len(moved) > 3 else ""
        raise StalePlan(f"the plan is stale, nothing was written: {first}{more}. Make a new plan")


def moved_rows(
    changes: Iterable[Change], pairs: Iterable[Pair], settings: IntegrationSettings, purpose: Purpose = Purpose.SYNC
) -> dict[tuple[Kind, str, Field], str]:
    """The changes that no longer see what they saw, with what moved. An undo looks at its target only."""
    rows = {pair.key: pair for pair in pairs}
    moved: dict[tuple[Kind, str, Field], str] = {}
    for change in changes:
        if change.follows:
            continue  # of a record that is made first: what it holds is checked when it is written
        why = _moved(change, rows.get((change.kind, change.storefront_id)), settings, purpose)
        if why:
            moved[change.kind, change.storefront_id, change.field] = f"{change.name} {change.field}: {why}"
    return moved


def _moved(change: Change, pair: Pair | None, settings: IntegrationSettings, purpose: Purpose) -> str:
    if pair is None or pair.backoffice_id != change.backoffice_id:
        return "is mapped differently now"
    if pair.ignored is not None:
        return "is ignored now"
    seen = {change.target: change.before}
    if purpose is Purpose.SYNC:
        seen[change.target.other] = change.source
        if why := in_orders(pair, settings) or _rule_moved(change, pair, settings):
            return why
    for side, text in seen.items():
        record = pair.record(side)
        if record is None or not record.active:
            return f"{pair.id(side)} is gone or inactive"
        rules = rules_of(pair, change.field, side)
        ruled = side is Side.BACKOFFICE and change.target is Side.STOREFRONT
        now = (
            read_master(record, change.field, settings, rules) if ruled else read(record, change.field, side, settings)
        )
        if not same(change.field, now.text, text, settings.currency):
            return f"moved {text or 'nothing'} -> {now.text or now.problem or 'nothing'}"
    return ""


def _rule_moved(change: Change, pair: Pair, settings: IntegrationSettings) -> str:
    if change.rule_version == KEPT:
        return ""
    now = version_of(pair, change.field, settings)
    if now == change.rule_version:
        return ""
    return "its rule, or the units in orders that are not posted, changed"


def _chosen(rows: Sequence[Pair], ids: Collection[str] | None) -> list[Pair]:
    if ids is None:
        return [pair for pair in rows if pair.ignored is None]
    wanted = set(ids)
    missing = sorted(wanted - {pair.storefront_id for pair in rows})
    if missing:
        raise UnknownId("product or fee", missing[0], "pull first, or check the id")
    return [pair for pair in rows if pair.storefront_id in wanted]


def _fields(scene: Scene, fields: Collection[Field] | None, kinds: Collection[Kind]) -> tuple[Field, ...]:
    """The chosen fields. One that was asked for by name and cannot be compared for any row is refused."""
    wanted = tuple(name for name in Field if name in (scene.settings.fields if fields is None else fields))
    for name in wanted if fields is not None else ():
        if kinds and not any(comparable(kind, (name,), scene.capabilities) for kind in kinds):
            unable = [
                scene.connections[side] for side in Side if name not in scene.capabilities[side].reads_fields
            ] or ["a fee"]
            raise UsageError(f"{' and '.join(unable)} has no {name} that can be read; nothing was planned")
    return wanted


def _changes(
    pair: Pair, state: RowState, settings: IntegrationSettings, wanted: Iterable[Field], *, explicit: bool = False
) -> list[Change]:
    """The changes of one row: what is sent, and what is blocked and why. In-sync fields are not listed."""
    if state.fields:
        return [_change(pair, one, settings) for one in state.fields if one.target is not None]
    listed = state.status is Status.BROKEN or (state.status is Status.UNMAPPED and pair.kind is Kind.FEES)
    if state.status is Status.MAPPED or not (explicit or listed):
        return []
    states = (
        FieldState(name, state.status, state.reason, verb=state.verb, blocked=state.reason)
        for name in fields_of(pair.kind, wanted)
    )
    return [_change(pair, one, settings) for one in states]


def _change(pair: Pair, state: FieldState, settings: IntegrationSettings) -> Change:
    target = state.target or (Side.BACKOFFICE if pair.kind is Kind.FEES else settings.master(state.field).other)
    record = pair.record(target)
    return Change(
        kind=pair.kind,
        storefront_id=pair.storefront_id,
        backoffice_id=pair.backoffice_id,
        name=pair.title,
        field=state.field,
        target=target,
        before=state.before,
        after=state.after,
        source=state.source,
        reason=state.reason,
        status=state.status,
        currency=settings.currency if state.field.is_money else "",
        blocked=state.blocked,
        verb=state.verb,
        version=getattr(record, "version", ""),
        sku_slot=sku_slot(settings, target) if state.field is Field.SKU else "sku",
        rule=state.rule,
        rule_version=state.rule_version,
        choices=(state.storefront.options or state.backoffice.options) if state.blocked else (),
    )


def _claimed(change: Change, scene: Scene) -> Change:
    """A (connection, record, field) has one writing integration."""
    kind = change.kind.counterpart if change.target is Side.BACKOFFICE else change.kind
    owner = scene.claims.get((change.target, kind, change.target_id, change.field), scene.integration)
    if owner == scene.integration or change.blocked:
        return change
    both = f"{scene.integration} and {owner} would both write it"
    return replace(
        change,
        blocked=f"its {change.field} is written by the integration {owner}",
        reason="; ".join(filter(None, (both, change.reason))),
        verb="change settings",
    )


def _order(change: Change) -> tuple[int, str, str, int]:
    return (
        list(Kind).index(change.kind),
        change.name.casefold(),
        change.storefront_id,
        list(Field).index(change.field),
    )


def _digest(value: object) -> str:
    return sha256(dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:24]
