"""Running SOQL over the org's tables, with what this user may see, and the pages of long answers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from connectors.sandbox.salesforce_fields import Entity
from connectors.sandbox.salesforce_shapes import Denied, attributes
from connectors.sandbox.salesforce_soql import Query, nested, parse, sort_key
from connectors.sandbox.state import State
from connectors.sandbox.wire import Json

OPEN_CURSORS = 10


class Queries:
    """``seen`` says whether an object, or ``Object.Field``, is visible to the integration user."""

    def __init__(self, state: State, entities: Mapping[str, Entity], seen: Callable[[str], bool]) -> None:
        self._state, self._seen = state, seen
        self._entities = entities
        self._cursors: OrderedDict[str, list[Json]] = OrderedDict()
        self._number = 0

    def clear(self) -> None:
        self._cursors.clear()

    def run(self, text: str, version: str, batch: int, *, even_deleted: bool) -> Json:
        """The first page of an answer."""
        query = parse(text)
        entity = self._entity(query.entity)
        for name in query.asked:
            column = self._column(entity, name)
            if not column.filterable:
                raise Denied("INVALID_FIELD", f"field '{name}' can not be filtered in a query call")
        if not query.counts:
            for name in query.fields:
                self._column(entity, name)
        rows = self._rows(query, entity, even_deleted=even_deleted)
        if query.counts:
            return {"totalSize": len(rows), "done": True, "records": []}
        tree = nested(query.fields)
        shown = [self._shown(entity, row, tree, version) for row in rows]
        self._number += 1
        locator = f"01g5g{self._number:010d}AAA"
        self._cursors[locator] = shown
        while len(self._cursors) > OPEN_CURSORS:
            self._cursors.popitem(last=False)
        return self.page(locator, 0, version, batch)

    def page(self, locator: str, start: int, version: str, batch: int) -> Json:
        """A page of an answer that is still open."""
        rows = self._cursors.get(locator)
        if rows is None:
            raise Denied("INVALID_QUERY_LOCATOR", "invalid query locator")
        page = rows[start : start + batch]
        done = start + batch >= len(rows)
        answer: Json = {"totalSize": len(rows), "done": done, "records": page}
        if not done:
            answer["nextRecordsUrl"] = f"/services/data/{version}/query/{locator}-{start + batch}"
        return answer

    def _rows(self, query: Query, entity: Entity, *, even_deleted: bool) -> list[Json]:
        found = []
        for row in self._state.rows(entity.name):
            if not even_deleted and (row.get("IsDeleted") or row.get("IsArchived")):
                continue
            if query.test(lambda name, row=row: self._value(entity, row, name)):  # type: ignore[misc]
                found.append(row)
        for name, down in reversed(query.order):
            found.sort(key=lambda row: sort_key(self._value(entity, row, name)), reverse=down)
        end = None if query.limit is None else query.offset + query.limit
        return found[query.offset : end]

    def _value(self, entity: Entity, row: Json, name: str) -> Any:
        here, _, more = name.partition(".")
        if not more:
            return row.get(here)
        parent, other = self._parent(entity, row, here)
        return None if parent is None else self._value(other, parent, more)

    def _parent(self, entity: Entity, row: Json, relationship: str) -> tuple[Json | None, Entity]:
        for column in entity.columns.values():
            if column.relationship == relationship and column.refs[0] in self._entities:
                other = self._entities[column.refs[0]]
                return self._state.get(other.name, str(row.get(column.name))), other
        raise Denied("INVALID_FIELD", f"Didn't understand relationship '{relationship}' in field path")

    def _shown(self, entity: Entity, row: Json, tree: Json, version: str) -> Json:
        out: Json = {"attributes": attributes(entity.name, row["Id"], version)}
        for name, below in tree.items():
            if below is None:
                out[name] = row.get(name)
                continue
            parent, other = self._parent(entity, row, name)
            out[name] = None if parent is None else self._shown(other, parent, below, version)
        return out

    def _entity(self, name: str) -> Entity:
        entity = next((one for one in self._entities.values() if one.name.casefold() == name.casefold()), None)
        if entity is None or not self._seen(entity.name):
            raise Denied("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return entity

    def _column(self, entity: Entity, name: str) -> Any:
        here, _, more = name.partition(".")
        if more:
            return self._column(self._parent(entity, {}, here)[1], more)
        column = entity.columns.get(here)
        if column is None or not self._seen(f"{entity.name}.{here}"):
            raise Denied("INVALID_FIELD", f"No such column '{here}' on entity '{entity.name}'.")
        return column
