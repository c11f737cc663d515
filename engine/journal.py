"""The durable side of a run: what is about to be sent, what became of it, and what it leaves behind.

Every method is one transaction. ``open`` comes before anything is sent; ``settle`` keeps outcomes, baselines, history,
used-up decisions and the end of the intents together or not at all. An intent in the table ``intents`` is a write whose
fate is not known yet: ``{run, integration, state, op, connection, side, kind, id, name, key, sku_slot, currency, version,
sent, at, changes: [...]}`` (a create has ``draft`` and ``marker`` instead of ``changes``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import uuid4

from tinydb import where
from tinydb.table import Document

from engine.changes import Creation, Item, Outcome, Plan, Purpose, Push, Run, RunState, Totals
from engine.heartbeats import budget_words
from engine.model import Kind, utc_text
from engine.order_buyers import add_link, is_guest
from engine.plan_file import dump
from engine.ports import Budget, Result, Store
from engine.run_baselines import RunBaselines
from engine.run_log import OUTCOME, key_of, outcome_documents, run_document, totals, view
from engine.run_records import history_of, outcome_of
from engine.sync_context import NewMapping, SyncContext
from engine.verdict import GOOD, TRIED, Settled, Verdict


class Journal:
    """The journal of one run."""

    def __init__(self, context: SyncContext, run_id: str) -> None:
        self._context, self.run_id = context, run_id
        self._store, self._clock = context.store, context.clock
        self._document = run_document(self._store, run_id)
        self._purpose = Purpose(self._document["purpose"])
        self._baselines = RunBaselines(context, run_id, self._purpose, self._document["undo_of"])
        self._outcomes = {doc["key"]: doc for doc in outcome_documents(self._store, run_id)}
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
            self._baselines.keep(settled)
            self._keep_history(outcomes, settled)
            for item, verdict in settled:
                if isinstance(item, Push) and item.unmap and verdict.result in GOOD:
                    self._unmap(item)
                elif verdict.mapping is not None:
                    self._map(verdict.mapping)
                    if isinstance(item, Creation) and item.draft.quantity:
                        self._baselines.promise_quantity(verdict.mapping)
            if intents:
                self._store.table("intents").remove(doc_ids=list(intents))
        return outcomes

    # ------------------------------------------------------------------------------------------------ inside
    def _keep(self, settled: Sequence[Settled]) -> list[Outcome]:
        """Insert or replace outcome documents; inside a transaction."""
        outcomes = [outcome_of(self.run_id, item, verdict, self._clock.now()) for item, verdict in settled]
        table, fresh = self._store.table("outcomes"), []
        for (item, _), outcome in zip(settled, outcomes, strict=True):
            document = {
                **OUTCOME.dump_python(outcome, mode="json"),
                "key": key_of(item),
                "was": self._baselines.was(item),
            }
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

    def _keep_history(self, outcomes: Sequence[Outcome], settled: Sequence[Settled]) -> None:
        entries = [
            entry
            for outcome, (item, verdict) in zip(outcomes, settled, strict=True)
            if outcome.result in TRIED
            for entry in history_of(outcome, item, verdict, self._context, self._purpose)
        ]
        if entries:
            self._store.table("history").insert_multiple(entries)

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

    def _fresh(self) -> Document:
        doc = self._store.table("runs").get(doc_id=self._document.doc_id)
        return doc if isinstance(doc, Document) else self._document

    def _update(self, fields: dict[str, Any]) -> None:
        self._store.table("runs").update(fields, doc_ids=[self._document.doc_id])


def request_cancel(store: Store, run_id: str) -> bool:
    """Ask a run to stop after the batch in flight; any process may. False where it has ended. Raises ``UnknownId``."""
    doc = run_document(store, run_id)
    if doc["state"] != RunState.RUNNING.value:
        return False
    store.table("runs").update({"cancel_requested": True}, doc_ids=[doc.doc_id])
    return True
