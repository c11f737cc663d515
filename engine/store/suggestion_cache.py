"""Computed suggestions, kept beside the records they were computed from: disposable like them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.model import Kind
from engine.store.cache_file import CacheFile, CacheSession

Suggestions = Mapping[str, Sequence[Mapping[str, Any]]]


class SuggestionCache:
    """Per (integration, kind): a list of JSON objects for each storefront id, best first.

    ``generations`` are the cache's generation numbers of both sides (storefront, back office) at computing time.
    """

    _file: CacheFile

    def save_suggestions(
        self, integration: str, kind: Kind, found: Suggestions, generations: tuple[int, int] = (0, 0)
    ) -> None:
        """Replace all suggestions of an integration's kind, at once. Empty lists are not kept."""
        rows = [(integration, kind, id, json.dumps(ranked)) for id, ranked in found.items() if ranked]

        def save(session: CacheSession) -> None:
            with session.transaction():
                session.execute("DELETE FROM suggestions WHERE integration=? AND kind=?", (integration, kind))
                session.executemany("INSERT INTO suggestions VALUES(?,?,?,?)", rows)
                session.execute("REPLACE INTO suggestion_sets VALUES(?,?,?,?)", (integration, kind, *generations))

        self._file.attempt(save)

    def load_suggestions(self, integration: str, kind: Kind) -> dict[str, list[dict[str, Any]]]:
        """All suggestions, as saved."""
        sql = "SELECT storefront_id, doc FROM suggestions WHERE integration=? AND kind=? ORDER BY rowid"
        rows = self._file.attempt(lambda session: session.fetch(sql, (integration, kind)))
        return {id: json.loads(doc) for id, doc in rows}

    def suggestions_for(self, integration: str, kind: Kind, storefront_id: str) -> list[dict[str, Any]]:
        """The suggestions of one row; empty if there are none."""
        sql = "SELECT doc FROM suggestions WHERE integration=? AND kind=? AND storefront_id=?"
        doc = self._file.attempt(lambda session: session.value(sql, (integration, kind, storefront_id)))
        return [] if doc is None else json.loads(doc)

    def suggestion_generations(self, integration: str, kind: Kind) -> tuple[int, int] | None:
        """The generations (storefront, back office) that the suggestions were computed from; None if there are none."""
        sql = "SELECT storefront, backoffice FROM suggestion_sets WHERE integration=? AND kind=?"
        rows = self._file.attempt(lambda session: session.fetch(sql, (integration, kind)))
        return (rows[0][0], rows[0][1]) if rows else None

    def forget_suggestions(self, integration: str) -> None:
        """Remove all suggestions of an integration."""

        def forget(session: CacheSession) -> None:
            with session.transaction():
                session.execute("DELETE FROM suggestions WHERE integration=?", (integration,))
                session.execute("DELETE FROM suggestion_sets WHERE integration=?", (integration,))

        self._file.attempt(forget)
