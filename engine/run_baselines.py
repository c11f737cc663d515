"""What a run leaves to the next compare: each field's baseline, what an undo restores, and the decisions it used up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tinydb import where

from engine import baselines
from engine.baselines import DOUBTED, KEPT, Baseline, Decision, Save
from engine.changes import Change, Item, Purpose, Push
from engine.fields import same
from engine.model import Field, Kind, Side, utc_text
from engine.ports import Result
from engine.run_log import change_key, outcome_documents
from engine.sync_context import NewMapping, SyncContext
from engine.verdict import GOOD, Settled, Verdict

_PROBLEM = {Result.REJECTED: "failed", Result.UNVERIFIED: "unverified"}
Was = tuple[str | None, str | None, str]


class RunBaselines:
    """The baselines and decisions of one integration while one of its runs is settled."""

    def __init__(self, context: SyncContext, run_id: str, purpose: Purpose, undo_of: str) -> None:
        self._context, self._run_id, self._purpose = context, run_id, purpose
        self._store, self._clock = context.store, context.clock
        self._baselines = baselines.load(self._store, context.integration)
        self._decided = baselines.load_decisions(self._store, context.integration)
        self._undone = self._earlier(undo_of)

    def was(self, item: Item) -> Was | None:
        """The baseline before this run: what an undo restores."""
        if not isinstance(item, Change):
            return None
        stored = self._stored(item)
        return (stored.storefront, stored.backoffice, stored.rule_version) if stored and stored.known else None

    def keep(self, settled: Sequence[Settled]) -> None:
        """Store the baselines that settled items leave, and use their decisions up; inside a transaction."""
        saves: list[Save] = []
        for change, verdict in settled:
            if isinstance(change, Push) and verdict.price is not None and verdict.result in GOOD:
                saves.append(self._pushed(change, verdict, verdict.price))
            if not isinstance(change, Change) or verdict.result not in GOOD | _PROBLEM.keys():
                continue
            stored = self._stored(change)
            value = self._good(change, verdict) if verdict.result in GOOD else self._bad(change, verdict, stored)
            key = (change.kind, change.storefront_id, change.field)
            saves.append(Save(key, change.backoffice_id, value, stored))
            if verdict.result in GOOD:
                self._use_up_decision(change)
        ids = baselines.save(self._store, self._context.integration, saves)
        for item, doc_id in zip(saves, ids, strict=True):
            kind, storefront_id, field = item.key
            self._baselines.setdefault((kind, storefront_id), {})[field] = replace(item.value, doc_id=doc_id)

    def promise_quantity(self, mapping: NewMapping) -> None:
        """Until its first quantity is written, a new record's zero is not an answer: the next sync fills it, whoever is
        master. The write of this run uses the decision up.
        """
        now, actor = utc_text(self._clock.now()), self._context.actor
        row = {
            "integration": mapping.integration,
            "kind": mapping.kind.value,
            "storefront_id": mapping.storefront_id,
            "field": Field.QUANTITY.value,
        }
        decision = {"keep": Side.STOREFRONT.value, "value": None, "actor": actor, "at": now}
        self._store.table("decisions").insert({**row, **decision})
        decided = self._decided.setdefault((mapping.kind, mapping.storefront_id), {})
        decided[Field.QUANTITY] = Decision(Side.STOREFRONT, None, actor, now)

    def _stored(self, change: Change) -> Baseline | None:
        return self._baselines.get((change.kind, change.storefront_id), {}).get(change.field)

    def _pushed(self, push: Push, verdict: Verdict, price: tuple[str, str]) -> Save:
        """From here on the price of a pushed product is kept in sync like any other's."""
        made = verdict.mapping.backoffice_id if verdict.mapping is not None else push.item.product_id
        key = (Kind.PRODUCTS, push.item.source_id, Field.PRICE)
        value = Baseline(*price, "", self._run_id, utc_text(self._clock.now()), backoffice_id=made)
        return Save(key, made, value, self._baselines.get(key[:2], {}).get(Field.PRICE))

    def _good(self, change: Change, verdict: Verdict) -> Baseline:
        at = utc_text(self._clock.now())
        if self._purpose is Purpose.UNDO:
            was = self._undone.get(change_key(change.kind, change.storefront_id, change.field))
            storefront, backoffice, rule = was or (None, None, "")
            return Baseline(storefront, backoffice, rule, self._run_id, at, backoffice_id=change.backoffice_id)
        after = verdict.now if verdict.now is not None else change.after
        rule = change.rule_version or ("" if same(change.field, after, change.source, change.currency) else KEPT)
        storefront, backoffice = (after, change.source) if change.target is Side.STOREFRONT else (change.source, after)
        return Baseline(storefront, backoffice, rule, self._run_id, at, backoffice_id=change.backoffice_id)

    def _bad(self, change: Change, verdict: Verdict, stored: Baseline | None) -> Baseline:
        """The values of the last good sync, if of the same mapping, with the problem to show."""
        kept = stored if stored is not None and stored.backoffice_id in {"", change.backoffice_id} else None
        return replace(
            kept or Baseline(None, None),
            problem=DOUBTED if verdict.doubted else _PROBLEM[verdict.result],
            problem_message=verdict.message,
            run=self._run_id,
            at=utc_text(self._clock.now()),
            backoffice_id=change.backoffice_id,
        )

    def _use_up_decision(self, change: Change) -> None:
        if change.field in self._decided.get((change.kind, change.storefront_id), {}):
            row = (where("integration") == self._context.integration) & (where("kind") == change.kind.value)
            row &= where("storefront_id") == change.storefront_id
            self._store.table("decisions").remove(row & (where("field") == change.field.value))

    def _earlier(self, undo_of: str) -> dict[str, Was]:
        docs = outcome_documents(self._store, undo_of) if undo_of else []
        return {doc["key"]: tuple(doc["was"]) for doc in docs if doc["was"] is not None}
