"""Pure: the plan that takes a run back, for the rows that still hold what it wrote. Moved rows are blocked and named.

Fields get their old values, texts theirs (``undo_texts``), and pushed products are taken back as ``undo_push`` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.changes import Change, Creation, Outcome, Plan, Purpose, Push, Run
from engine.fields import SIDE_NAMES, display, read, same, sku_slot
from engine.model import Field, Kind, Status
from engine.pairs import Pair
from engine.plan import Scene, finished
from engine.ports import Draft, Result
from engine.push import price_guards, push_guards
from engine.undo_push import taken_back
from engine.undo_reading import Written
from engine.undo_texts import put_back

#: What a run may have left in a system; "unverified" counts if its value is there now.
_WRITTEN = frozenset({Result.APPLIED, Result.UNVERIFIED})
NOTHING = Written()


def plan_undo(
    scene: Scene,
    id: str,
    run: Run,
    outcomes: Iterable[Outcome],
    pairs: Iterable[Pair],
    pushes: Iterable[Push] = (),
    now: Written = NOTHING,
) -> Plan:
    """The undo of ``run``: old and new value swapped, guarded like any other plan. ``pairs`` and ``now`` are freshly read,
    ``pushes`` are those of its plan.

    Records that the run created are listed as blocked: nothing is ever deleted.
    """
    rows = {pair.key: pair for pair in pairs}
    outcomes = list(outcomes)
    products = {row: other for (kind, row), other in now.mapped.items() if kind is Kind.PRODUCTS}
    back = taken_back(id, pushes, outcomes, now.pushed, products) if now.pushed is not None else []
    back = [replace(push, guards=price_guards(push.item.prices, scene.settings.guards)) for push in back]
    written = [outcome for outcome in outcomes if outcome.result in _WRITTEN]
    changes = [
        change
        for outcome in written
        if outcome.field is not None and (change := _change(scene, outcome, outcome.field, rows)) is not None
    ]
    plan = Plan(
        id=id,
        integration=scene.integration,
        purpose=Purpose.UNDO,
        at=scene.at,
        actor=scene.actor,
        lineage=scene.lineage,
        fingerprint="",
        fields=tuple(field for field in Field if any(change.field is field for change in changes)),
        changes=tuple(changes),
        creations=tuple(_created(one) for one in written if one.field is None and not one.attribute),
        pushes=tuple(back),
        texts=tuple(put_back(run.id, outcomes, now.products, now.mapped)),
        undo_of=run.id,
    )
    plan = finished(plan, scene, rows.values())
    return replace(plan, guards=(*plan.guards, *push_guards(back)))


def _change(scene: Scene, outcome: Outcome, field: Field, rows: Mapping[tuple[Kind, str], Pair]) -> Change | None:
    """One field back; None where an unverified write turned out not to be there."""
    pair = rows.get((outcome.kind, outcome.storefront_id))
    currency = scene.settings.currency if field.is_money else ""
    record = pair.record(outcome.target) if pair is not None else None
    now = read(record, field, outcome.target, scene.settings) if record is not None else None
    blocked = ""
    if pair is None or pair.backoffice_id != outcome.backoffice_id:
        blocked = "is mapped differently now; nothing is taken back"
    elif now is None:
        blocked = f"is gone from {SIDE_NAMES[outcome.target]}"
    elif now.problem or not same(field, now.text, outcome.after, currency):
        if outcome.result is Result.UNVERIFIED:
            return None
        shown = now.problem or display(field, now.text, currency)
        blocked = f"moved since: it is {shown} now, this run wrote {display(field, outcome.after, currency)}"
    elif outcome.before is None and field is not Field.SKU:
        blocked = f"had no {field} before, and an empty value is never written; clear it by hand"
    other = pair.record(outcome.target.other) if pair is not None else None
    return Change(
        kind=outcome.kind,
        storefront_id=outcome.storefront_id,
        backoffice_id=outcome.backoffice_id,
        name=outcome.name,
        field=field,
        target=outcome.target,
        before=now.text if now is not None else None,
        after="" if outcome.before is None and field is Field.SKU else outcome.before,  # "" takes the SKU away again
        source=read(other, field, outcome.target.other, scene.settings).text if other is not None else None,
        reason=f"undo of {outcome.run}",
        status=Status.OUT_OF_SYNC,
        currency=currency,
        blocked=blocked,
        verb="re-check" if blocked else "",
        version=getattr(record, "version", ""),
        sku_slot=sku_slot(scene.settings, outcome.target) if field is Field.SKU else "sku",
        takes_back=outcome.movement,
    )


def _created(outcome: Outcome) -> Creation:
    backward = outcome.after == outcome.storefront_id
    source = outcome.backoffice_id if backward else outcome.storefront_id
    draft = Draft(key=f"undo-{source}", kind=outcome.kind, source_id=source, name=outcome.name)
    text = f"created record {outcome.after or ''} is not deleted; unmap or disable it by hand"
    return Creation(draft, outcome.target, text)
