"""Pure: what the store keeps of a settled item: its outcome, and its entries in the history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.changes import Change, Creation, Item, Outcome, Purpose, Push, TextChange
from engine.model import Kind, Side, utc_text
from engine.sync_context import NewMapping, SyncContext
from engine.verdict import Verdict


def outcome_of(run_id: str, item: Item, verdict: Verdict, at: datetime) -> Outcome:
    """The outcome of one item."""
    common: dict[str, Any] = {
        "run": run_id,
        "target": Side.BACKOFFICE if isinstance(item, Push) else item.target,
        "result": verdict.result,
        "found": verdict.found,
        "message": verdict.message,
        "code": verdict.code,
        "request_id": verdict.request_id,
        "at": at,
    }
    if isinstance(item, Change):
        return Outcome(
            kind=item.kind,
            storefront_id=item.storefront_id,
            backoffice_id=item.backoffice_id,
            name=item.name,
            field=item.field,
            before=item.before,
            after=item.after,
            movement=verdict.movement,
            **common,
        )
    if isinstance(item, Push):
        made = verdict.mapping.backoffice_id if verdict.mapping is not None else item.item.product_id
        return Outcome(
            kind=Kind.PRODUCTS, storefront_id=item.item.source_id, backoffice_id=made, name=item.name, field=None,
            after=made or None, attribute="push", **common,
        )  # fmt: skip
    if isinstance(item, TextChange):
        return Outcome(
            kind=item.kind, storefront_id=item.storefront_id, backoffice_id=item.backoffice_id, name=item.name,
            field=None, before=item.before, after=item.after, attribute=item.attribute, **common,
        )  # fmt: skip
    storefront_id, backoffice_id = _ids(item, verdict.mapping)
    made = backoffice_id if item.target is Side.BACKOFFICE else storefront_id
    return Outcome(
        kind=item.draft.kind,
        storefront_id=storefront_id,
        backoffice_id=backoffice_id,
        name=item.draft.name,
        field=None,
        after=made or None,
        **common,
    )


def history_of(
    outcome: Outcome, item: Item, verdict: Verdict, context: SyncContext, purpose: Purpose
) -> list[dict[str, Any]]:
    """One history entry, or one for every field and price that a push wrote."""
    entry = {
        "at": utc_text(outcome.at or context.clock.now()),
        "actor": context.actor,
        "action": purpose.value,
        "integration": context.integration,
        "kind": outcome.kind.value,
        "storefront_id": outcome.storefront_id,
        "backoffice_id": outcome.backoffice_id,
        "name": outcome.name,
        "field": outcome.field.value if outcome.field else None,
        "before": outcome.before,
        "after": outcome.after,
        "run": outcome.run,
        "how": verdict.message or ("created" if isinstance(item, Creation) else item.reason),
        "request_id": outcome.request_id,
        "outcome": outcome.result.value,
        "attribute": outcome.attribute,
    }
    if not isinstance(item, Push):
        return [entry]
    texts = [(value.name, value.before, value.after) for value in item.item.values]
    prices = [
        (f"price in {price.book_id}", None if price.before is None else str(price.before), str(price.amount))
        for price in item.item.prices
    ]
    parts = [{**entry, "attribute": name, "before": old, "after": new} for name, old, new in (*texts, *prices)]
    return [entry, *parts]


def _ids(creation: Creation, made: NewMapping | None) -> tuple[str, str]:
    """(storefront id, back-office id) of a creation; before it happened only its source is known."""
    if made is not None:
        return made.storefront_id, made.backoffice_id
    source = creation.draft.source_id
    return (source, "") if creation.target is Side.BACKOFFICE else ("", source)
