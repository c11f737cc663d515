"""What each side said at the end of the last good sync of a field, and the decisions an admin made about conflicts.

Table ``baselines``, one document per field of a mapping: ``{integration, kind, storefront_id, backoffice_id, field,
storefront, backoffice, rule_version, run, at, problem, problem_message}``. Table ``decisions``: ``{integration, kind,
storefront_id, field, keep, value, actor, at}``; a decision ends in the transaction that commits the field's outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tinydb import where
from tinydb.queries import QueryInstance

from engine.model import Field, Kind, Side
from engine.ports import Store

#: ``Baseline.rule_version`` of a difference an admin decided to keep: it is in sync until a side moves again.
KEPT: Final = "kept"
#: The problem of a value that both sides show and that may be wrong all the same, until somebody decides.
DOUBTED: Final = "doubted"

RowKey = tuple[Kind, str]
FieldKey = tuple[Kind, str, Field]


@dataclass(frozen=True, slots=True)
class Baseline:
    """Both sides' canonical texts at the last good sync; both None when there was none (only a problem to show).

    It counts only while the row is still mapped to ``backoffice_id`` (empty: not checked).
    ``problem`` is "", "unverified", "doubted" or "failed": what the last run left behind, shown until it is settled.
    """

    storefront: str | None
    backoffice: str | None
    rule_version: str = ""
    run: str = ""
    at: str = ""
    problem: str = ""
    problem_message: str = ""
    backoffice_id: str = ""
    doc_id: int = field(default=0, compare=False)

    @property
    def known(self) -> bool:
        return self.storefront is not None or self.backoffice is not None

    def of(self, side: Side) -> str | None:
        return self.storefront if side is Side.STOREFRONT else self.backoffice


@dataclass(frozen=True, slots=True)
class Decision:
    """Keep one side's value, or write a typed ``value`` (canonical text) to the side that is overwritten."""

    keep: Side | None = None
    value: str | None = None
    actor: str = ""
    at: str = ""


Baselines = dict[RowKey, dict[Field, Baseline]]
Decisions = dict[RowKey, dict[Field, Decision]]


def load(store: Store, integration: str, kind: Kind | None = None) -> Baselines:
    """All baselines of an integration (of one kind) by row and field."""
    found: Baselines = {}
    for doc in store.table("baselines").search(_of(integration, kind)):
        row = found.setdefault((Kind(doc["kind"]), doc["storefront_id"]), {})
        row[Field(doc["field"])] = Baseline(
            doc["storefront"],
            doc["backoffice"],
            doc.get("rule_version", ""),
            doc.get("run", ""),
            doc.get("at", ""),
            doc.get("problem", ""),
            doc.get("problem_message", ""),
            doc["backoffice_id"],
            doc.doc_id,
        )
    return found


def has_any(store: Store, integration: str) -> bool:
    """Whether anything of an integration was ever synced."""
    return store.table("baselines").contains(_of(integration, None))


def load_decisions(store: Store, integration: str, kind: Kind | None = None) -> Decisions:
    """All decisions not yet carried out, by row and field."""
    found: Decisions = {}
    for doc in store.table("decisions").search(_of(integration, kind)):
        row = found.setdefault((Kind(doc["kind"]), doc["storefront_id"]), {})
        keep = Side(doc["keep"]) if doc.get("keep") else None
        row[Field(doc["field"])] = Decision(keep, doc.get("value"), doc.get("actor", ""), doc.get("at", ""))
    return found


@dataclass(frozen=True, slots=True)
class Save:
    """One baseline to store. ``was`` is the stored one (None: there is none yet)."""

    key: FieldKey
    backoffice_id: str
    value: Baseline
    was: Baseline | None


def save(store: Store, integration: str, saves: Iterable[Save]) -> list[int]:
    """Insert or replace baselines; call inside a transaction. Returns their document ids, in order."""
    table = store.table("baselines")
    ids: list[int] = []
    fresh: list[tuple[int, Mapping[str, Any]]] = []
    for number, item in enumerate(saves):
        document = _document(integration, item)
        known = item.was.doc_id if item.was is not None else 0
        if known:
            table.update(document, doc_ids=[known])
        else:
            fresh.append((number, document))
        ids.append(known)
    for (number, _), doc_id in zip(fresh, table.insert_multiple(d for _, d in fresh) if fresh else (), strict=True):
        ids[number] = doc_id
    return ids


def _document(integration: str, item: Save) -> dict[str, Any]:
    kind, storefront_id, name = item.key
    return {
        "integration": integration,
        "kind": kind.value,
        "storefront_id": storefront_id,
        "backoffice_id": item.backoffice_id,
        "field": name.value,
        "storefront": item.value.storefront,
        "backoffice": item.value.backoffice,
        "rule_version": item.value.rule_version,
        "run": item.value.run,
        "at": item.value.at,
        "problem": item.value.problem,
        "problem_message": item.value.problem_message,
    }


def _of(integration: str, kind: Kind | None) -> QueryInstance:
    query: QueryInstance = where("integration") == integration
    return query if kind is None else query & (where("kind") == kind.value)
