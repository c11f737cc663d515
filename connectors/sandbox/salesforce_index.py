"""Records by the value of a field: a unique field of ten thousand products is not looked through for each new one."""

from __future__ import annotations

from collections import defaultdict

from connectors.sandbox.state import State
from connectors.sandbox.wire import Json


class Index:
    """Ids of one table by one field's value, texts whatever their case; built anew after changes it was not told of."""

    def __init__(self, state: State, table: str, column: str) -> None:
        self._state, self._table, self._column = state, table, column
        self._ids: dict[str, dict[str, None]] = {}
        self._built_at = -1

    def rows(self, value: object) -> list[Json]:
        """The records whose field has this value, in the order of creation."""
        key = _key(value)
        if self._built_at != self._state.changes(self._table):
            self._build()
        rows = self._state.tables[self._table]
        found = [rows[id] for id in self._ids.get(key, ()) if id in rows]
        return [row for row in found if _key(row.get(self._column)) == key]

    def saved(self, row: Json, changes_before: int) -> None:
        """A record was put; ``changes_before`` is what the table's count of changes was before that."""
        if self._built_at == changes_before:
            self._ids.setdefault(_key(row.get(self._column)), {})[row["Id"]] = None
            self._built_at = self._state.changes(self._table)

    def _build(self) -> None:
        ids: dict[str, dict[str, None]] = defaultdict(dict)
        for id, row in self._state.tables[self._table].items():
            ids[_key(row.get(self._column))][id] = None
        self._ids = dict(ids)
        self._built_at = self._state.changes(self._table)


def _key(value: object) -> str:
    return "" if value is None else str(value).casefold()
