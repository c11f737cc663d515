"""Suggestions as they are kept: computed in a worker thread from the cached records, disposable like them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any

from engine.integrations import Integration
from engine.mappings import Mappings
from engine.model import Fee, Kind, Record
from engine.ports import RecordCache
from engine.views import Suggestion


class Suggestions:
    """Ranked guesses per unmapped row; nothing here is ever applied by itself."""

    def __init__(self, cache: RecordCache, mappings: Mappings) -> None:
        self._cache, self._mappings = cache, mappings
        self._loaded: dict[tuple[str, Kind], dict[str, tuple[Suggestion, ...]]] = {}
        self._versions: dict[tuple[str, Kind], int] = {}
        self._computed: set[tuple[str, Kind]] = set()
        self._lock = threading.Lock()

    def compute(
        self, integration: Integration, kind: Kind, fees: Collection[Fee], *, top: int, min_score: float
    ) -> int:
        """Rank counterparts for all rows without one; returns how many rows have at least one. Seconds of work: call it
        in a worker thread.
        """
        from engine import matching  # numpy is imported on first use only

        name = integration.name
        mapped, ignored = self._mappings.mapped(name, kind), self._mappings.ignored(name, kind)
        storefront: list[Record] = (
            list(fees) if kind is Kind.FEES else list(self._cache.records(integration.storefront, kind))
        )
        taken = set() if integration.settings.many_to_one else {m.backoffice_id for m in mapped.values()}
        others = list(self._cache.records(integration.backoffice, kind.counterpart))
        everyone = matching.crowd(kind, storefront, others, integration.settings)
        backoffice = [r for r in others if r.active and r.id not in taken]
        open_rows = [r for r in storefront if r.id not in mapped and r.id not in ignored and r.active]
        found = matching.suggest(
            kind,
            open_rows,
            backoffice,
            settings=integration.settings,
            rejected=self._mappings.rejected(name, kind),
            confirmed=[(m.storefront_id, m.backoffice_id) for m in mapped.values()],
            top=top,
            min_score=min_score,
            everyone=everyone,
        )
        left = {record.id: record.name for record in open_rows}
        right = {record.id: record.name for record in backoffice}
        named = {
            sid: tuple(
                replace(
                    s, storefront_name=left.get(sid, sid), backoffice_name=right.get(s.backoffice_id, s.backoffice_id)
                )
                for s in suggestions
            )
            for sid, suggestions in found.items()
            if suggestions
        }
        documents = {sid: [asdict(s) for s in suggestions] for sid, suggestions in named.items()}
        self._cache.save_suggestions(name, kind, documents)
        with self._lock:
            self._loaded[name, kind] = named
            self._versions[name, kind] = self._versions.get((name, kind), 0) + 1
            self._computed.add((name, kind))
        return len(named)

    def all(self, integration: str, kind: Kind) -> Mapping[str, tuple[Suggestion, ...]]:
        """What was computed last for a list; rows mapped since are still in it."""
        with self._lock:
            if (integration, kind) not in self._loaded:
                documents = self._cache.load_suggestions(integration, kind)
                rejected = self._mappings.rejected(integration, kind)
                self._loaded[integration, kind] = {
                    sid: tuple(_suggestion(doc) for doc in docs if (sid, doc["backoffice_id"]) not in rejected)
                    for sid, docs in documents.items()
                }
            return self._loaded[integration, kind]

    def computed(self, integration: str, kind: Kind) -> bool:
        """Whether they were looked for at all: nothing found and nothing sought are two things."""
        return (integration, kind) in self._computed or bool(self.all(integration, kind))

    def stamp(self, integration: str, kind: Kind) -> int:
        """Changes whenever a list's suggestions do."""
        return self._versions.get((integration, kind), 0)

    def forget(self, integration: str) -> None:
        """Drop what was computed: what counts as a match has changed."""
        for kind in Kind:
            self._cache.save_suggestions(integration, kind, {})
            with self._lock:
                self._loaded.pop((integration, kind), None)
                self._computed.discard((integration, kind))
                self._versions[integration, kind] = self._versions.get((integration, kind), 0) + 1

    def forget_pair(self, integration: str, kind: Kind, storefront_id: str, backoffice_id: str) -> None:
        """Take one rejected pair out of what was computed."""
        with self._lock:
            loaded = self._loaded.get((integration, kind))
            if loaded and storefront_id in loaded:
                kept = tuple(s for s in loaded[storefront_id] if s.backoffice_id != backoffice_id)
                loaded[storefront_id] = kept


def _suggestion(doc: Mapping[str, Any]) -> Suggestion:
    return Suggestion(**{**doc, "evidence": tuple(doc["evidence"])})
