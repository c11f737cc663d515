"""What a simulated system holds: tables of JSON records that are replaced, never changed in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from connectors.sandbox.wire import Json


@dataclass(slots=True)
class Step:
    """The changes of one request: (table, id, record before or None), in order.

    ``previous`` is what was kept one version back before them, where anything was; ``orders`` the order of ids in a
    table before its first removal.
    """

    changes: list[tuple[str, str, Json | None]] = field(default_factory=list)
    previous: dict[tuple[str, str], Json | None] = field(default_factory=dict)
    orders: dict[str, list[str]] = field(default_factory=dict)

    @property
    def touched(self) -> list[str]:
        """``table/id`` of every changed record, once."""
        return list(dict.fromkeys(f"{table}/{id}" for table, id, _ in self.changes))


class State:
    """Tables by name; records by id in the order of creation.

    A record handed out is shared: build a new one and ``put`` it. One version back is kept per record, so that a
    lagging replica can be played (``rewound``). ``counters`` gives the last number used where ids are no table's own.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, Json]], counters: Mapping[str, int] | None = None) -> None:
        self._seed, self._counters = tables, counters or {}
        self._changes: dict[str, int] = {}
        self.reset()

    def reset(self) -> None:
        """Back to the seeded records."""
        self.tables: dict[str, dict[str, Json]] = {name: dict(rows) for name, rows in self._seed.items()}
        self._next: dict[str, int] = dict(self._counters)
        self._previous: dict[tuple[str, str], Json | None] = {}
        self._step: Step | None = None
        self._changes = {name: self.changes(name) + 1 for name in self.tables}

    def changes(self, table: str) -> int:
        """A number that grows with every change of a table: what was worked out of it before is old then."""
        return self._changes.get(table, 0)

    def counts(self) -> dict[str, int]:
        return {name: len(rows) for name, rows in self.tables.items()}

    def rows(self, table: str) -> list[Json]:
        return list(self.tables[table].values())

    def get(self, table: str, id: str) -> Json | None:
        return self.tables[table].get(id)

    def put(self, table: str, id: str, record: Json) -> Json:
        """Add or replace a record; a record equal to the stored one is no change."""
        rows = self.tables[table]
        before = rows.get(id)
        if before != record:
            self._note(table, id, before)
            rows[id] = record
        return record

    def remove(self, table: str, id: str) -> bool:
        rows = self.tables[table]
        before = rows.get(id)
        if before is None:
            return False
        if self._step is not None:
            self._step.orders.setdefault(table, list(rows))
        del rows[id]
        self._note(table, id, before)
        return True

    def next_id(self, table: str) -> int:
        """A number never used before as an id of the table, also not by a record that is gone."""
        if table not in self._next:
            self._next[table] = max((int(id) for id in self.tables[table] if id.isdigit()), default=0)
        self._next[table] += 1
        return self._next[table]

    def _note(self, table: str, id: str, before: Json | None) -> None:
        self._changes[table] = self.changes(table) + 1
        if self._step is not None:
            self._step.changes.append((table, id, before))
            if (table, id) in self._previous:
                self._step.previous.setdefault((table, id), self._previous[table, id])
        self._previous[table, id] = before

    @contextmanager
    def step(self) -> Iterator[Step]:
        """Collects the changes made inside; not nested."""
        self._step = step = Step()
        try:
            yield step
        finally:
            self._step = None

    def undo(self, step: Step) -> None:
        """Take the changes of a step back, as if it had never stored anything."""
        for table, id, before in reversed(step.changes):
            self._restore(table, id, before)
            self._previous.pop((table, id), None)
        self._previous |= step.previous
        for table, order in step.orders.items():
            rows = self.tables[table]
            self.tables[table] = {id: rows[id] for id in order if id in rows}
        step.changes.clear()

    def take_back(self) -> None:
        """Undo what the request under way has changed so far: a transaction that failed."""
        if self._step is not None:
            self.undo(self._step)

    @contextmanager
    def rewound(self) -> Iterator[None]:
        """Inside, every record that ever changed is seen one version back (a created one is not there)."""
        tables = {name: dict(rows) for name, rows in self.tables.items()}
        for (table, id), before in self._previous.items():
            self._restore(table, id, before)
        try:
            yield
        finally:
            self.tables = tables

    def _restore(self, table: str, id: str, before: Json | None) -> None:
        self._changes[table] = self.changes(table) + 1
        if before is None:
            self.tables[table].pop(id, None)
        else:
            self.tables[table][id] = before
