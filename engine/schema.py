"""Custom objects and fields: what a system was seen to have, and what became of it since.

The ``objects`` table keeps, per connection and object, the fields of the last complete retrieval and what that one had
changed. A field that is missing from a complete description was deleted, or this user may not read it any more: the
systems do not tell the two apart, and neither do we.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import TypeAdapter
from tinydb import Query

from engine.crm import SchemaField, SchemaObject
from engine.errors import UnknownId
from engine.model import utc_text
from engine.ports import Clock, Store

Q = Query()
_OBJECT: TypeAdapter[SchemaObject] = TypeAdapter(SchemaObject)
#: What of a field, when it changes, can break a mapping to it.
_LOOKED_AT = (
    "type", "length", "precision", "scale", "required", "unique", "external_id", "picklist", "restricted",
    "createable", "updateable", "references",
)  # fmt: skip


class Drift(StrEnum):
    """What became of an object or a field since the retrieval before."""

    ADDED = "added"
    GONE = "gone or unreadable"
    RETYPED = "retyped"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One thing that changed: ``field`` is empty where the whole object came or went. ``breaks`` names field mappings."""

    object: str
    field: str
    what: Drift
    before: str = ""
    after: str = ""
    breaks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaState:
    """What is known of one connection: its objects, when they were retrieved, and what that retrieval had changed."""

    connection: str
    objects: tuple[SchemaObject, ...]
    at: datetime | None = None
    changes: tuple[SchemaChange, ...] = ()

    def object(self, name: str) -> SchemaObject:
        """Raises ``UnknownId``, naming what there is."""
        for one in self.objects:
            if one.name.casefold() == name.casefold():
                return one
        known = ", ".join(one.name for one in self.objects) or "nothing yet: crosswalk schema pull"
        raise UnknownId(f"object of {self.connection}", name, f"known: {known}")

    def field(self, object: str, name: str) -> SchemaField | None:
        """The field, or None where the object or the field is not there."""
        found = next((one for one in self.objects if one.name == object), None)
        return next((field for field in found.fields if field.name == name), None) if found else None


def compare(before: Sequence[SchemaObject], after: Sequence[SchemaObject]) -> list[SchemaChange]:
    """What differs between two complete descriptions, object by object. Pure; order: as in ``after``, then what is gone."""
    old = {one.name: one for one in before}
    changes: list[SchemaChange] = []
    for one in after:
        known = old.pop(one.name, None)
        if known is None:
            changes.append(SchemaChange(one.name, "", Drift.ADDED, after=f"{len(one.fields)} fields"))
        else:
            changes += _fields(one.name, known.fields, one.fields)
    return changes + [
        SchemaChange(name, "", Drift.GONE, before=f"{len(one.fields)} fields") for name, one in old.items()
    ]


def _fields(object: str, before: Iterable[SchemaField], after: Iterable[SchemaField]) -> Iterator[SchemaChange]:
    old = {field.name: field for field in before}
    for field in after:
        known = old.pop(field.name, None)
        if known is None:
            yield SchemaChange(object, field.name, Drift.ADDED, after=describe(field))
        elif known.type != field.type:
            yield SchemaChange(object, field.name, Drift.RETYPED, describe(known), describe(field))
        elif differing := [name for name in _LOOKED_AT if getattr(known, name) != getattr(field, name)]:
            was, now = (
                ", ".join(f"{name} {_word(getattr(one, name))}" for name in differing) for one in (known, field)
            )
            yield SchemaChange(object, field.name, Drift.CHANGED, was, now)
    for name, field in old.items():
        yield SchemaChange(object, name, Drift.GONE, before=describe(field))


def describe(field: SchemaField) -> str:
    """The type with its size: ``string(255)``, ``currency(16,2)``, ``picklist of 4``."""
    if field.picklist:
        return f"{field.type} of {len(field.picklist)}"
    if field.precision:
        return f"{field.type}({field.precision - field.scale},{field.scale})"
    if field.references:
        return f"{field.type} to {'/'.join(field.references)}"
    return f"{field.type}({field.length})" if field.length else field.type


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "/".join(value) if isinstance(value, tuple) else str(value)


class Schemas:
    """The ``objects`` table: one document per connection and object, and one (object ``""``) per retrieval."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def state(self, connection: str) -> SchemaState:
        docs = self._store.table("objects").search(Q.connection == connection)
        objects = [_OBJECT.validate_python(doc["document"]) for doc in docs if doc["object"]]
        last = next((doc["document"] for doc in docs if not doc["object"]), None)
        if last is None:
            return SchemaState(connection, tuple(objects))
        changes = tuple(SchemaChange(**{**one, "what": Drift(one["what"]), "breaks": tuple(one["breaks"])})
                        for one in last["changes"])  # fmt: skip
        return SchemaState(connection, tuple(objects), datetime.fromisoformat(last["at"]), changes)

    def replace(
        self, connection: str, objects: Sequence[SchemaObject], broken: Mapping[tuple[str, str], Sequence[str]]
    ) -> SchemaState:
        """Keep a complete retrieval in the place of the one before. ``broken``: (object, field) -> the field mappings
        that no longer work with it.
        """
        before = self.state(connection)
        changes = compare(before.objects, objects) if before.at is not None else []
        changes = [_with(change, broken) for change in changes]
        at = self._clock.now()
        with self._store.transaction():
            table = self._store.table("objects")
            table.remove(Q.connection == connection)
            table.insert_multiple(
                {"connection": connection, "object": one.name, "document": _OBJECT.dump_python(one, mode="json")}
                for one in objects
            )
            kept = [
                {"object": c.object, "field": c.field, "what": c.what.value, "before": c.before, "after": c.after,
                 "breaks": list(c.breaks)}
                for c in changes
            ]  # fmt: skip
            table.insert({"connection": connection, "object": "", "document": {"at": utc_text(at), "changes": kept}})
        return SchemaState(connection, tuple(objects), at, tuple(changes))


def _with(change: SchemaChange, broken: Mapping[tuple[str, str], Sequence[str]]) -> SchemaChange:
    if change.field:
        names = tuple(broken.get((change.object, change.field), ()))
    else:
        names = tuple(name for (object, _), found in broken.items() if object == change.object for name in found)
    return SchemaChange(change.object, change.field, change.what, change.before, change.after, names)
