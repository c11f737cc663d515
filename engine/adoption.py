"""Baselines without a write: rows whose sides are equal already, and differences that an admin decided to keep."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from tinydb import where

from engine import baselines
from engine.baselines import KEPT, Baseline, Save
from engine.fields import comparable, undecided, writable
from engine.model import Field, Kind, Side, utc_text
from engine.pairs import Pair
from engine.plan import Scene
from engine.status import row_state
from engine.sync_context import SyncContext

AT_ONCE = 500  # baselines per transaction


def adoptions(scene: Scene, pairs: Iterable[Pair], fields: Collection[Field] | None = None) -> list[Save]:
    """Pure: the baselines that the next good run of these rows stores beside those of its own writes."""
    can = {side: writable(scene.capabilities[side], scene.settings, side) for side in Side}
    unset = undecided(scene.capabilities, scene.settings)
    wanted = scene.settings.fields if fields is None else fields
    found: list[Save] = []
    for pair in pairs:
        if pair.kind is Kind.CUSTOMERS or not pair.backoffice_id:
            continue
        state = row_state(pair, scene.settings, can, comparable(pair.kind, wanted, scene.capabilities), unset)
        for one in state.fields:
            if one.adopts:
                value = Baseline(
                    one.storefront.text, one.backoffice.text, one.rule_version, backoffice_id=pair.backoffice_id
                )
                key = (pair.kind, pair.storefront_id, one.field)
                found.append(Save(key, pair.backoffice_id, value, pair.baselines.get(one.field)))
    return found


def adopt(context: SyncContext, saves: Sequence[Save], run: str) -> None:
    """Store them, and end the decisions that are carried out by that."""
    at = utc_text(context.clock.now())
    decided = baselines.load_decisions(context.store, context.integration)
    for start in range(0, len(saves), AT_ONCE):
        part = [replace(save, value=replace(save.value, run=run, at=at)) for save in saves[start : start + AT_ONCE]]
        with context.store.transaction():
            baselines.save(context.store, context.integration, part)
            for save in part:
                kind, storefront_id, field = save.key
                if field in decided.get((kind, storefront_id), ()):
                    _end_decision(context, save, run, at)


def _end_decision(context: SyncContext, save: Save, run: str, at: str) -> None:
    """A decision about values that became equal ends without a word; one that keeps a difference is in the history."""
    kind, storefront_id, field = save.key
    row = (where("integration") == context.integration) & (where("kind") == kind.value)
    row &= (where("storefront_id") == storefront_id) & (where("field") == field.value)
    context.store.table("decisions").remove(row)
    if save.value.rule_version != KEPT:
        return
    context.store.table("history").insert(
        {
            "at": at,
            "actor": context.actor,
            "action": "keep difference",
            "integration": context.integration,
            "kind": kind.value,
            "storefront_id": storefront_id,
            "backoffice_id": save.backoffice_id,
            "name": storefront_id,
            "field": field.value,
            "before": save.value.storefront,
            "after": save.value.backoffice,
            "run": run,
            "how": "by decision: both sides keep their value until one moves",
            "request_id": "",
            "outcome": "unchanged",
        }
    )
