"""The durable side of a run: what is about to be sent, what became of it, and what it leaves behind.

Every method is one transaction. ``open`` comes before anything is sent; ``settle`` keeps outcomes, baselines, history,
used-up decisions and the end of the intents together or not at all. An intent in the table ``intents`` is a write whose
fate is not known yet: ``{run, integration, state, op, connection, side, kind, id, name, key, sku_slot, currency, version,
sent, at, changes: [...]}`` (a create has ``draft`` and ``marker`` instead of ``changes``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import uuid4

from tinydb import where
from tinydb.table import Document

from engine import baselines
from engine.baselines import DOUBTED, KEPT, Baseline, Decision, Save
from engine.changes import (
    Change,
    Creation,
    Item,
    Outcome,
    Plan,
    Purpose,
    Push,
    Run,
    RunState,
    TextChange,
    Totals,
)
from engine.fields import same
from engine.heartbeats import budget_words
from engine.model import Field, Kind, Side, utc_text
from engine.order_buyers import add_link, is_guest
from engine.plan_file import dump
from engine.ports import Budget, Result, Store
from engine.run_log import OUTCOME, change_key, key_of, outcome_documents, run_document, totals, view
from engine.sync_context import NewMapping, SyncContext

GOOD = frozenset({Result.APPLIED, Result.UNCHANGED})
#: Outcomes that something was tried for: they are in the history.
TRIED = GOOD | {Result.STALE, Result.REJECTED, Result.UNVERIFIED}
_PROBLEM = {Result.REJECTED: "failed", Result.UNVERIFIED: "unverified"}
Was = tuple[str | None, str | None, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one change (or creation): the outcome's own part. ``now`` is the target's value as read last."""

    result: Result
    message: str = ""
    code: str = ""
    request_id: str = ""
    found: str | None = None
    now: str | None = None
    mapping: NewMapping | None = None
    provisional: bool = False  # sent but not read back: the intent stays open
    doubted: bool = False  # the record shows the value, and it may be wrong all the same
    price: tuple[str, str] | None = None  # both sides' equal prices after a push: the baseline of the next sync


Settled = tuple[Item, Verdict]


class Journal:
    """The journal of one run."""

    def __init__(self, context: SyncContext, run_id: str) -> None:
        self._context, self.run_id = context, run_id
        self._store, self._clock = context.store, context.clock
        self._document = run_document(self._store, run_id)
        self._purpose = Purpose(self._document["purpose"])
        self._outcomes = {doc["key"]: doc for doc in outcome_documents(self._store, run_id)}
        self._baselines = baselines.load(self._store, context.integration)
        self._decided = baselines.load_decisions(self._store, context.integration)
        self._undone = self._earlier(self._document["undo_of"])
        self._beat: int | None = None

    # ------------------------------------------------------------------------------------------------ a run's life
    @classmethod
    def create(cls, context: SyncContext, plan: Plan, allow: Iterable[str], trigger: str) -> Journal:
        """Record the run, its plan and its blocked rows. From here on the run is visible to every process."""
        now = context.clock.now()
        run_id = f"{now:%Y%m%d-%H%M%S}-{uuid4().hex[:6]}"
        items = plan.items
        with context.store.transaction():
            document = {
                "id": run_id,
                "integration": plan.integration,
                "purpose": plan.purpose.value,
                "state": RunState.RUNNING.value,
                "started": utc_text(now),
                "ended": None,
                "actor": context.actor,
                "plan": plan.id,
                "plan_document": context.store.table("plans").insert({"plan_json": dump(plan)}),
                "planned": len(items),
                "totals": asdict(Totals(planned=len(items))),
                "message": "",
                "undo_of": plan.undo_of,
                "undone_by": "",
                "calls": 0,
                "cancel_requested": False,
                "trigger": trigger,
                "allow": sorted(allow),
            }
            context.store.table("runs").insert(document)
            if plan.undo_of:
                context.store.table("runs").update({"undone_by": run_id}, where("id") == plan.undo_of)
            journal = cls(context, run_id)
            blocked = [(item, Verdict(Result.BLOCKED, item.blocked)) for item in items if item.blocked]
            journal._keep(blocked)
        return journal

    def run(self) -> Run:
        """The run as stored now."""
        return view(self._store, self._fresh())

    def cancel_requested(self) -> bool:
        """Whether any process asked this run to stop."""
        return bool(self._fresh()["cancel_requested"])

    def recorded(self, item: Item) -> Result | None:
        """The outcome recorded so far; None while there is none."""
        doc = self._outcomes.get(key_of(item))
        return None if doc is None else Result(doc["result"])

    def made(self, creation: Creation) -> str | None:
        """The id of what a creation made, as far as it is recorded."""
        doc = self._outcomes.get(key_of(creation))
        return None if doc is None else doc["after"]

    def restart(self) -> None:
        """The run goes on (a resume)."""
        fields = {"state": RunState.RUNNING.value, "ended": None, "message": "", "cancel_requested": False}
        self._update(fields)

    def heartbeat(
        self, done: int, total: int, rate: float, eta: float | None, phase: str, budgets: Mapping[str, Budget]
    ) -> None:
        """Where the run is, for other processes' screens."""
        beat = {
            "run": self.run_id,
            "at": utc_text(self._clock.now()),
            "done": done,
            "total": total,
            "rate": round(rate, 3),
            "eta": None if eta is None else round(eta, 1),
            "phase": phase,
            "budgets": budget_words(budgets),
        }
        table = self._store.table("heartbeats")
        if self._beat is None:
            table.remove(where("run") == self.run_id)
            self._beat = table.insert(beat)
        else:
            table.update(beat, doc_ids=[self._beat])

    def finish(self, state: RunState, message: str, rest: Sequence[Settled], calls: int) -> Run:
        """Record the rows that were not sent, count all outcomes, and end the run."""
        with self._store.transaction():
            self._keep(rest)
            counted = totals(self._document["planned"], outcome_documents(self._store, self.run_id))
            if not counted.adds_up:
                message = f"{message}; the totals do not add up: {asdict(counted)}".lstrip("; ")
            self._update(
                {
                    "state": state.value,
                    "ended": utc_text(self._clock.now()),
                    "message": message,
                    "totals": asdict(counted),
                    "calls": self._fresh()["calls"] + calls,
                }
            )
            self._store.table("heartbeats").remove(where("run") == self.run_id)
        self._beat = None
        return self.run()

    # ------------------------------------------------------------------------------------------------ intents
    def open(self, documents: Sequence[dict[str, Any]]) -> list[int]:
        """Keep what is about to be sent; nothing may be sent before this returns."""
        with self._store.transaction():
            return self._store.table("intents").insert_multiple(documents)

    def mark_sent(self, intent: int) -> None:
        """From here on a create may have reached the system: it is never sent again blindly."""
        with self._store.transaction():
            self._store.table("intents").update({"sent": True}, doc_ids=[intent])

    def settle(self, settled: Sequence[Settled], intents: Sequence[int]) -> list[Outcome]:
        """Keep outcomes, baselines, history and mappings, and end the intents whose rows are all settled."""
        with self._store.transaction():
            outcomes = self._keep(settled)
            self._keep_baselines(settled)
            self._keep_history(outcomes, settled)
            for item, verdict in settled:
                if isinstance(item, Push) and item.unmap and verdict.result in GOOD:
                    self._unmap(item)
                elif verdict.mapping is not None:
                    self._map(verdict.mapping)
                    if isinstance(item, Creation) and item.draft.quantity:
                        self._promise_quantity(verdict.mapping)
            if intents:
                self._store.table("intents").remove(doc_ids=list(intents))
        return outcomes

    # ------------------------------------------------------------------------------------------------ inside
    def _keep(self, settled: Sequence[Settled]) -> list[Outcome]:
        """Insert or replace outcome documents; inside a transaction."""
        outcomes = [self._outcome(item, verdict) for item, verdict in settled]
        table, fresh = self._store.table("outcomes"), []
        for (item, _), outcome in zip(settled, outcomes, strict=True):
            document = {**OUTCOME.dump_python(outcome, mode="json"), "key": key_of(item), "was": self._was(item)}
            known = self._outcomes.get(document["key"])
            if known is None:
                fresh.append(document)
            else:
                document["was"] = known["was"]
                table.update(document, doc_ids=[known.doc_id])
                self._outcomes[document["key"]] = Document(document, known.doc_id)
        for doc_id, document in zip(table.insert_multiple(fresh) if fresh else (), fresh, strict=True):
            self._outcomes[document["key"]] = Document(document, doc_id)
        return outcomes

    def _outcome(self, item: Item, verdict: Verdict) -> Outcome:
        common: dict[str, Any] = {
            "run": self.run_id,
            "target": Side.BACKOFFICE if isinstance(item, Push) else item.target,
            "result": verdict.result,
            "found": verdict.found,
            "message": verdict.message,
            "code": verdict.code,
            "request_id": verdict.request_id,
            "at": self._clock.now(),
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
                kind=Kind.PRODUCTS, storefront_id=item.storefront_id, backoffice_id=item.backoffice_id, name=item.name,
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

    def _was(self, item: Item) -> Was | None:
        """The baseline before this run: what an undo restores."""
        if not isinstance(item, Change):
            return None
        stored = self._stored(item)
        return (stored.storefront, stored.backoffice, stored.rule_version) if stored and stored.known else None

    def _stored(self, change: Change) -> Baseline | None:
        return self._baselines.get((change.kind, change.storefront_id), {}).get(change.field)

    def _keep_baselines(self, settled: Sequence[Settled]) -> None:
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

    def _pushed(self, push: Push, verdict: Verdict, price: tuple[str, str]) -> Save:
        """From here on the price of a pushed product is kept in sync like any other's."""
        made = verdict.mapping.backoffice_id if verdict.mapping is not None else push.item.product_id
        key = (Kind.PRODUCTS, push.item.source_id, Field.PRICE)
        value = Baseline(*price, "", self.run_id, utc_text(self._clock.now()), backoffice_id=made)
        return Save(key, made, value, self._baselines.get(key[:2], {}).get(Field.PRICE))

    def _good(self, change: Change, verdict: Verdict) -> Baseline:
        at = utc_text(self._clock.now())
        if self._purpose is Purpose.UNDO:
            was = self._undone.get(change_key(change.kind, change.storefront_id, change.field))
            storefront, backoffice, rule = was or (None, None, "")
            return Baseline(storefront, backoffice, rule, self.run_id, at, backoffice_id=change.backoffice_id)
        after = verdict.now if verdict.now is not None else change.after
        rule = change.rule_version or ("" if same(change.field, after, change.source, change.currency) else KEPT)
        storefront, backoffice = (after, change.source) if change.target is Side.STOREFRONT else (change.source, after)
        return Baseline(storefront, backoffice, rule, self.run_id, at, backoffice_id=change.backoffice_id)

    def _bad(self, change: Change, verdict: Verdict, stored: Baseline | None) -> Baseline:
        """The values of the last good sync, if of the same mapping, with the problem to show."""
        kept = stored if stored is not None and stored.backoffice_id in {"", change.backoffice_id} else None
        return replace(
            kept or Baseline(None, None),
            problem=DOUBTED if verdict.doubted else _PROBLEM[verdict.result],
            problem_message=verdict.message,
            run=self.run_id,
            at=utc_text(self._clock.now()),
            backoffice_id=change.backoffice_id,
        )

    def _use_up_decision(self, change: Change) -> None:
        if change.field in self._decided.get((change.kind, change.storefront_id), {}):
            row = (where("integration") == self._context.integration) & (where("kind") == change.kind.value)
            row &= where("storefront_id") == change.storefront_id
            self._store.table("decisions").remove(row & (where("field") == change.field.value))

    def _keep_history(self, outcomes: Sequence[Outcome], settled: Sequence[Settled]) -> None:
        entries = [
            entry
            for outcome, (item, verdict) in zip(outcomes, settled, strict=True)
            if outcome.result in TRIED
            for entry in self._entries(outcome, item, verdict)
        ]
        if entries:
            self._store.table("history").insert_multiple(entries)

    def _entries(self, outcome: Outcome, item: Item, verdict: Verdict) -> list[dict[str, Any]]:
        """One entry, or one for every field and price that a push wrote."""
        entry = {
            "at": utc_text(outcome.at or self._clock.now()),
            "actor": self._context.actor,
            "action": self._purpose.value,
            "integration": self._context.integration,
            "kind": outcome.kind.value,
            "storefront_id": outcome.storefront_id,
            "backoffice_id": outcome.backoffice_id,
            "name": outcome.name,
            "field": outcome.field.value if outcome.field else None,
            "before": outcome.before,
            "after": outcome.after,
            "run": self.run_id,
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

    def _unmap(self, push: Push) -> None:
        """The mapping that an undone push had made."""
        row = (where("integration") == self._context.integration) & (where("kind") == Kind.PRODUCTS.value)
        row &= where("storefront_id") == push.item.source_id
        self._store.table("mappings").remove(row & (where("backoffice_id") == push.item.product_id))

    def _map(self, mapping: NewMapping) -> None:
        if self._context.map_created is not None:
            self._context.map_created(mapping)
            return
        if mapping.kind is Kind.CUSTOMERS and is_guest(mapping.storefront_id):
            add_link(
                self._store, mapping.integration, mapping.storefront_id, mapping.backoffice_id,
                how="by creation", actor=self._context.actor, at=self._clock.now(),
            )  # fmt: skip
            return
        row = {
            "integration": mapping.integration,
            "kind": mapping.kind.value,
            "storefront_id": mapping.storefront_id,
            "backoffice_id": mapping.backoffice_id,
            "how": "by creation",
            "actor": self._context.actor,
            "at": utc_text(self._clock.now()),
            "storefront_name": mapping.storefront_name,
            "backoffice_name": mapping.backoffice_name,
        }
        if mapping.replaces:
            old = (where("integration") == mapping.integration) & (where("kind") == mapping.kind.value)
            old &= where("storefront_id") == mapping.storefront_id
            self._store.table("mappings").remove(old & (where("backoffice_id") == mapping.replaces))
        self._store.table("mappings").insert(row)

    def _promise_quantity(self, mapping: NewMapping) -> None:
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

    def _earlier(self, undo_of: str) -> dict[str, Was]:
        docs = outcome_documents(self._store, undo_of) if undo_of else []
        return {doc["key"]: tuple(doc["was"]) for doc in docs if doc["was"] is not None}

    def _fresh(self) -> Document:
        doc = self._store.table("runs").get(doc_id=self._document.doc_id)
        return doc if isinstance(doc, Document) else self._document

    def _update(self, fields: dict[str, Any]) -> None:
        self._store.table("runs").update(fields, doc_ids=[self._document.doc_id])


def _ids(creation: Creation, made: NewMapping | None) -> tuple[str, str]:
    """(storefront id, back-office id) of a creation; before it happened only its source is known."""
    if made is not None:
        return made.storefront_id, made.backoffice_id
    source = creation.draft.source_id
    return (source, "") if creation.target is Side.BACKOFFICE else ("", source)


def request_cancel(store: Store, run_id: str) -> bool:
    """Ask a run to stop after the batch in flight; any process may. False where it has ended. Raises ``UnknownId``."""
    doc = run_document(store, run_id)
    if doc["state"] != RunState.RUNNING.value:
        return False
    store.table("runs").update({"cancel_requested": True}, doc_ids=[doc.doc_id])
    return True
