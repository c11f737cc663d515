"""Computed suggestions, kept beside the records they were computed from: disposable like them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.model import Kind
from engine.store.cache_file import CacheFile, CacheSession

Suggestions = Mapping[str, Sequence[Mapping[str, Any]]]


class SuggestionCache:
    """Per (integration, kind): a list of JSON objects for each storefront id, best first."""

    _file: CacheFile

    def save_suggestions(self, integration: str, kind: Kind, found: Suggestions) -> None:
        """Replace all suggestions of an integration's kind, at once. Empty lists are not kept."""
        rows = [(integration, kind, id, json.dumps(ranked)) for id, ranked in found.items() if ranked]

        def save(session: CacheSession) -> None:
            with session.transaction():
                session.execute("DELETE FROM suggestions WHERE integration=? AND kind=?", (integration, kind))
                session.executemany("INSERT INTO suggestions VALUES(?,?,?,?)", rows)

        self._file.attempt(save)

    def load_suggestions(self, integration: str, kind: Kind) -> dict[str, list[dict[str, Any]]]:
        """All suggestions, as saved."""
        sql = "SELECT storefront_id, doc FROM suggestions WHERE integration=? AND kind=? ORDER BY rowid"
        rows = self._file.attempt(lambda session: session.fetch(sql, (integration, kind)))
        return {id: json.loads(doc) for id, doc in rows}
