"""Reading runs, their plans and their outcomes back from the store. Any process may, at any time.

Tables: ``runs`` (small, one document per run), ``plans`` (the plan's JSON, written once and found by its document id),
``outcomes`` (one document per row and field), ``heartbeats`` (progress of a run, kept apart because it wakes nobody).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from tinydb import where
from tinydb.table import Document

from engine.changes import Creation, Item, Outcome, Plan, Purpose, Push, Run, RunState, TextChange, Totals
from engine.errors import UnknownId
from engine.model import Field, Kind, Side
from engine.plan_file import load as load_plan
from engine.ports import Result, Store

OUTCOME = TypeAdapter(Outcome)


def change_key(kind: Kind, storefront_id: str, field: Field) -> str:
    """What tells one change of a run from all others."""
    return f"{kind}/{field}/{storefront_id}"


def key_of(item: Item) -> str:
    """The key of an item within its run."""
    if isinstance(item, Creation):
        return f"create/{item.draft.key}"
    if isinstance(item, Push):
        return f"push/{item.item.source_id}"
    if isinstance(item, TextChange):
        whose = "" if item.kind is Kind.PRODUCTS else f"{item.kind}/"
        return f"text/{whose}{item.target}/{item.attribute}/{item.storefront_id}"
    return change_key(item.kind, item.storefront_id, item.field)


def runs(store: Store, integration: str | None = None, limit: int = 50) -> list[Run]:
    """The newest runs first."""
    newest = store.last_id("runs")
    found: list[Document] = []
    while newest > 0 and len(found) < limit:
        first = max(1, newest - 199)
        page = store.table("runs").get(doc_ids=list(range(first, newest + 1)))
        docs = sorted(page if isinstance(page, list) else [], key=lambda doc: doc.doc_id, reverse=True)
        found += [doc for doc in docs if integration is None or doc["integration"] == integration]
        newest = first - 1
    beats = {doc["run"]: doc["at"] for doc in store.table("heartbeats").all()}
    return [_run(doc, beats.get(doc["id"])) for doc in found[:limit]]


def run(store: Store, run_id: str) -> Run:
    """One run as of now. Raises ``UnknownId``."""
    return view(store, run_document(store, run_id))


def view(store: Store, doc: Mapping[str, Any]) -> Run:
    """A run's document as a value, with its heartbeat."""
    beat = store.table("heartbeats").get(where("run") == doc["id"])
    return _run(doc, beat["at"] if isinstance(beat, Document) else None)


def run_document(store: Store, run_id: str) -> Document:
    """The stored document of a run. Raises ``UnknownId``."""
    doc = store.table("runs").get(where("id") == run_id)
    if not isinstance(doc, Document):
        raise UnknownId("run", run_id, "list them with: crosswalk runs")
    return doc


def plan(store: Store, run_id: str) -> Plan:
    """The plan that a run applied. Raises ``UnknownId``."""
    doc = store.table("plans").get(doc_id=run_document(store, run_id)["plan_document"])
    if not isinstance(doc, Document):
        raise UnknownId("plan of run", run_id)
    return load_plan(doc["plan_json"])


def outcomes(store: Store, run_id: str) -> list[Outcome]:
    """All outcomes of a run so far, in the order they were recorded."""
    return [outcome_of(doc) for doc in outcome_documents(store, run_id)]


def outcome_documents(store: Store, run_id: str) -> list[Document]:
    return store.table("outcomes").search(where("run") == run_id)


def outcome_of(doc: Mapping[str, Any]) -> Outcome:
    """The outcome that a document of ``outcomes`` holds."""
    return Outcome(
        doc["run"],
        Kind(doc["kind"]),
        doc["storefront_id"],
        doc["backoffice_id"],
        doc["name"],
        Field(doc["field"]) if doc["field"] else None,
        Side(doc["target"]),
        Result(doc["result"]),
        doc["before"],
        doc["after"],
        doc["found"],
        doc["message"],
        doc["code"],
        doc["request_id"],
        datetime.fromisoformat(doc["at"]) if doc["at"] else None,
        doc.get("attribute", ""),
        doc.get("movement", ""),
    )


def totals(planned: int, docs: Iterable[Mapping[str, Any]]) -> Totals:
    """Counted from outcome documents."""
    return Totals.of(planned, (Result(doc["result"]) for doc in docs))


def _run(doc: Mapping[str, Any], beat: str | None) -> Run:
    return Run(
        id=doc["id"],
        integration=doc["integration"],
        purpose=Purpose(doc["purpose"]),
        state=RunState(doc["state"]),
        started=datetime.fromisoformat(doc["started"]),
        ended=datetime.fromisoformat(doc["ended"]) if doc["ended"] else None,
        actor=doc["actor"],
        plan=doc["plan"],
        totals=Totals(**doc["totals"]),
        message=doc["message"],
        undo_of=doc["undo_of"],
        undone_by=doc["undone_by"],
        calls=doc["calls"],
        cancel_requested=doc["cancel_requested"],
        heartbeat=datetime.fromisoformat(beat) if beat else None,
        trigger=doc["trigger"],
    )
