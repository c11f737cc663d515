"""An admin's decision about one field that cannot be synced by itself: keep a side's value, or write a typed one."""

from __future__ import annotations

from tinydb import Query

from engine.errors import UsageError
from engine.fields import SIDE_NAMES, display, fields_of, parse
from engine.history import History, entry
from engine.integrations import Integration
from engine.model import Field, Side, utc_text
from engine.pairs import Pair
from engine.ports import Clock, Store
from engine.views import Edit


def decide(
    store: Store,
    history: History,
    clock: Clock,
    actor: str,
    integration: Integration,
    pair: Pair,
    field: Field,
    *,
    keep: Side | None,
    value: str | None,
) -> Edit:
    """Store a decision for the next sync; it replaces an earlier one. Nothing is written to any system here."""
    if (keep is None) == (value is None):
        raise UsageError("say what to keep: one side, or a value; nothing was decided")
    if not pair.backoffice_id:
        raise UsageError(f"{pair.title} is not mapped: map it first; nothing was decided")
    if field not in fields_of(pair.kind, integration.settings.fields):
        raise UsageError(f"{pair.title} has no {field} that this integration syncs; nothing was decided")
    text = None if value is None else parse(field, value)
    row = (
        (Query().integration == integration.name)
        & (Query().kind == pair.kind.value)
        & (Query().storefront_id == pair.storefront_id)
    )
    after = f"keep {SIDE_NAMES[keep]}" if keep is not None else display(field, text, integration.settings.currency)
    document = {
        "integration": integration.name,
        "kind": pair.kind.value,
        "storefront_id": pair.storefront_id,
        "field": field.value,
        "keep": keep.value if keep else "",
        "value": text,
        "actor": actor,
        "at": utc_text(clock.now()),
    }
    with store.transaction():
        store.table("decisions").remove(row & (Query().field == field.value))
        store.table("decisions").insert(document)
        done = entry(
            clock.now(),
            actor,
            "resolve",
            integration.name,
            kind=pair.kind,
            storefront_id=pair.storefront_id,
            backoffice_id=pair.backoffice_id,
            name=pair.title,
            after=after,
            how="by hand",
        )
        history.append([{**done, "field": field.value}])
        edit_id = store.last_id("history")
    return Edit(edit_id, "resolve", 1, f"{pair.title}: {field}: {after}; the next sync carries it out")
