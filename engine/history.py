"""The history: who did what to which record, when and how; append-only, and the feed that keeps lists current."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tinydb import Query
from tinydb.table import Document

from engine.model import Field, Kind, utc_text
from engine.ports import Store
from engine.views import HistoryEntry

#: How many of the newest entries are looked at when no indexed condition narrows the search.
WINDOW = 2_000


def entry(
    at: datetime,
    actor: str,
    action: str,
    integration: str,
    *,
    kind: Kind | None = None,
    storefront_id: str = "",
    backoffice_id: str = "",
    name: str = "",
    before: str | None = None,
    after: str | None = None,
    run: str = "",
    how: str = "",
    **extra: object,
) -> dict[str, Any]:
    """A document of the ``history`` table about something that is not a written field."""
    return {
        "at": utc_text(at),
        "actor": actor,
        "action": action,
        "integration": integration,
        "kind": kind,
        "storefront_id": storefront_id,
        "backoffice_id": backoffice_id,
        "name": name,
        "field": None,
        "before": before,
        "after": after,
        "run": run,
        "how": how,
        "request_id": "",
        "outcome": "",
        **extra,
    }


def view(doc: Document) -> HistoryEntry:
    return HistoryEntry(
        id=doc.doc_id,
        at=datetime.fromisoformat(doc["at"]),
        actor=doc["actor"],
        action=doc["action"],
        integration=doc["integration"],
        kind=Kind(doc["kind"]) if doc["kind"] else None,
        storefront_id=doc["storefront_id"],
        backoffice_id=doc["backoffice_id"],
        name=doc["name"],
        field=Field(doc["field"]) if doc["field"] else None,
        before=doc["before"],
        after=doc["after"],
        run=doc["run"],
        how=doc["how"],
        request_id=doc["request_id"],
        outcome=doc["outcome"],
        attribute=doc.get("attribute", ""),
    )


class History:
    """Reads and appends; entries are never changed, except that an undone edit is marked so."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def append(self, documents: Iterable[Mapping[str, Any]]) -> None:
        self._store.table("history").insert_multiple(documents)

    def last_id(self) -> int:
        """The id of the newest entry, 0 when there is none. Ids only grow and are never reused."""
        return self._store.last_id("history")

    def since(self, last: int) -> list[Document]:
        """Entries newer than an id, oldest first."""
        return by_ids(self._store, "history", last + 1, self.last_id())

    def search(
        self,
        integration: str | None = None,
        kind: Kind | None = None,
        record: str | None = None,
        run: str | None = None,
        limit: int = 200,
    ) -> list[HistoryEntry]:
        """Newest first. ``record`` is an id of either side."""
        if run is not None:
            found = self._store.table("history").search(Query().run == run)
        elif record is not None:
            found = self._store.table("history").search(Query().storefront_id == record)
            found += [
                d
                for d in self._store.table("history").search(Query().backoffice_id == record)
                if d["storefront_id"] != record
            ]
        else:
            newest = self.last_id()
            found = by_ids(self._store, "history", max(1, newest - max(limit, WINDOW) + 1), newest)
        chosen = [
            doc
            for doc in found
            if (integration is None or doc["integration"] == integration) and (kind is None or doc["kind"] == kind)
        ]
        chosen.sort(key=lambda doc: doc.doc_id, reverse=True)
        return [view(doc) for doc in chosen[:limit]]


def by_ids(store: Store, table: str, first: int, last: int) -> list[Document]:
    """Documents of an id range (both ends included), in id order."""
    if last < first:
        return []
    found = store.table(table).get(doc_ids=list(range(first, last + 1)))
    return list(found) if isinstance(found, list) else []
