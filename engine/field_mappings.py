"""Which storefront field goes into which back-office field, checked against both systems' schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tinydb import Query

from engine.crm import SchemaField, TextValue
from engine.errors import UnknownId, UsageError
from engine.field_values import Converted, Mode, Transform, convert, misfit
from engine.history import History, entry
from engine.integrations import Integration
from engine.model import Customer, Kind, Product, Record, utc_text
from engine.ports import Clock, Store
from engine.schema import SchemaState

Q = Query()
NOTHING_DONE = Transform()


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One storefront field (empty: a constant) into one back-office field. ``id`` is ``object.field`` of the target."""

    integration: str
    kind: Kind
    source: str
    object: str
    target: str
    mode: Mode = Mode.ALWAYS
    transform: Transform = NOTHING_DONE

    @property
    def id(self) -> str:
        return f"{self.object}.{self.target}"


@dataclass(frozen=True, slots=True)
class MappingState:
    """A field mapping with what both schemas say of it now; ``problem`` is why it cannot work, or ""."""

    mapping: FieldMapping
    source: SchemaField | None
    target: SchemaField | None
    problem: str
    source_object: str = ""


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """What one field mapping would do with a real record: its text, what would be written, what is there now."""

    mapping: FieldMapping
    given: str
    made: Converted
    now: str | None


class FieldMappings:
    """The ``field_mappings`` table; a target field has one source."""

    def __init__(self, store: Store, history: History, clock: Clock, actor: str) -> None:
        self._store, self._history, self._clock, self._actor = store, history, clock, actor

    def all(self, integration: str, kind: Kind | None = None) -> list[FieldMapping]:
        """By object and target field."""
        docs = self._store.table("field_mappings").search(Q.integration == integration)
        found = [_read(doc) for doc in docs if kind is None or doc["kind"] == kind]
        return sorted(found, key=lambda mapping: (mapping.kind, mapping.object, mapping.target))

    def states(self, integration: Integration, storefront: SchemaState, backoffice: SchemaState) -> list[MappingState]:
        """Every field mapping of an integration, looked at against both schemas."""
        return [_state(mapping, storefront, backoffice) for mapping in self.all(integration.name)]

    def map(self, mapping: FieldMapping, storefront: SchemaState, backoffice: SchemaState) -> FieldMapping:
        """Store it, in the place of an earlier one of the same target. Raises ``UsageError`` saying why it cannot work."""
        allowed = [one.name for one in backoffice.objects if one.kind is mapping.kind]
        if mapping.object not in allowed:
            text = " or ".join(allowed) or "nothing that is known: crosswalk schema pull"
            raise UsageError(f"{mapping.kind} go into {text}, not into {mapping.object}; nothing was saved")
        problem = _state(mapping, storefront, backoffice).problem
        if problem:
            raise UsageError(
                f"{mapping.source or 'a constant'} cannot go into {mapping.id}: {problem}; nothing was saved"
            )
        same = (Q.integration == mapping.integration) & (Q.object == mapping.object) & (Q.target == mapping.target)
        with self._store.transaction():
            before = self._store.table("field_mappings").get(same)
            self._store.table("field_mappings").remove(same)
            self._store.table("field_mappings").insert(self._document(mapping))
            self._note(mapping, "map field", _text(_read(before)) if isinstance(before, dict) else None, _text(mapping))
        return mapping

    def unmap(self, integration: str, id: str) -> FieldMapping:
        """Forget one by its id. Raises ``UnknownId``."""
        found = next((one for one in self.all(integration) if one.id.casefold() == id.casefold()), None)
        if found is None:
            known = ", ".join(one.id for one in self.all(integration)) or "none yet"
            raise UnknownId("field mapping", id, f"known: {known}")
        with self._store.transaction():
            self._store.table("field_mappings").remove(
                (Q.integration == integration) & (Q.object == found.object) & (Q.target == found.target)
            )
            self._note(found, "unmap field", _text(found), None)
        return found

    def _document(self, mapping: FieldMapping) -> dict[str, Any]:
        how = mapping.transform
        return {
            "integration": mapping.integration, "kind": mapping.kind.value, "source": mapping.source,
            "object": mapping.object, "target": mapping.target, "mode": mapping.mode.value, "trim": how.trim,
            "truncate": how.truncate, "choices": dict(how.choices), "constant": how.constant,
            "actor": self._actor, "at": utc_text(self._clock.now()),
        }  # fmt: skip

    def _note(self, mapping: FieldMapping, action: str, before: str | None, after: str | None) -> None:
        self._history.append(
            [
                entry(
                    self._clock.now(), self._actor, action, mapping.integration, name=mapping.id, before=before,
                    after=after, how="by hand",
                )
            ]
        )  # fmt: skip


def broken(states: Iterable[MappingState]) -> dict[tuple[str, str], list[str]]:
    """(object, field) -> ids of the field mappings that cannot work; both the source's and the target's field."""
    found: dict[tuple[str, str], list[str]] = {}
    for state in states:
        if state.problem:
            one = state.mapping
            for place in ((one.object, one.target), (state.source_object, one.source)):
                found.setdefault(place, []).append(one.id)
    return found


def values(
    mappings: Iterable[FieldMapping], fields: Mapping[str, SchemaField], record: Product | Customer, *, new: bool
) -> Iterator[tuple[FieldMapping, Converted]]:
    """What the mappings make of a record's fields; an insert-only one only for a ``new`` record. Pure.

    ``fields`` are the target object's by name. A mapping whose target is gone is a problem, not silence.
    """
    given = dict(record.custom)
    for mapping in mappings:
        if mapping.mode is Mode.INSERT and not new:
            continue
        target = fields.get(mapping.target)
        if target is None:
            yield mapping, Converted(None, f"{mapping.id} is gone, or may not be read any more")
        else:
            yield mapping, convert(given.get(mapping.source, ""), target, mapping.transform)


def preview(
    mappings: Iterable[FieldMapping],
    fields: Mapping[str, SchemaField],
    record: Product | Customer,
    counterpart: Product | Customer | None,
) -> list[PreviewLine]:
    """Each mapping on a real record, beside what its counterpart holds now (None: there is none)."""
    given = dict(record.custom)
    now = dict(counterpart.custom) if counterpart is not None else None
    made = values(mappings, fields, record, new=True)
    return [
        PreviewLine(
            mapping, given.get(mapping.source, ""), text, now.get(mapping.target, "") if now is not None else None
        )
        for mapping, text in made
    ]


def concerns(mapping: FieldMapping, counterpart: Record | None) -> bool:
    """Whether a mapping's object is the one that this record is of: a person account has no fields of Contact, and the
    account of a contact may be that of others, too.
    """
    owner = counterpart.object if isinstance(counterpart, Customer) else ""
    return not owner or owner == mapping.object


def text_values(
    mappings: Iterable[FieldMapping], fields: Mapping[str, SchemaField], record: Product, counterpart: Product | None
) -> tuple[tuple[TextValue, ...], tuple[str, ...]]:
    """The custom fields to write for a product, only those that differ from its counterpart, and the problems met."""
    now = dict(counterpart.custom) if counterpart is not None else {}
    writes: list[TextValue] = []
    problems: list[str] = []
    for mapping, made in values(mappings, fields, record, new=counterpart is None):
        if made.text is None:
            problems.append(f"{mapping.id}: {made.problem}")
        elif counterpart is None:
            writes += [TextValue(mapping.target, made.text)] if made.text else []
        elif made.text != now.get(mapping.target, ""):
            writes.append(TextValue(mapping.target, made.text, now.get(mapping.target, "")))
    return tuple(writes), tuple(problems)


def _state(mapping: FieldMapping, storefront: SchemaState, backoffice: SchemaState) -> MappingState:
    home = next((one.name for one in storefront.objects if one.kind is mapping.kind), "")
    source = storefront.field(home, mapping.source) if mapping.source else None
    target = backoffice.field(mapping.object, mapping.target)
    return MappingState(mapping, source, target, misfit(source, target, mapping.transform, mapping.mode), home)


def _read(doc: Mapping[str, Any]) -> FieldMapping:
    how = Transform(doc["trim"], doc["truncate"], dict(doc["choices"]), doc["constant"])
    return FieldMapping(
        doc["integration"], Kind(doc["kind"]), doc["source"], doc["object"], doc["target"], Mode(doc["mode"]), how
    )


def _text(mapping: FieldMapping) -> str:
    words = [mapping.source or "constant", mapping.mode.value, mapping.transform.text]
    return " · ".join(filter(None, words))
