"""The lines of the Fields tab: field mappings with what is wrong with them, and the fields of every object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.widgets.columns import Column

if TYPE_CHECKING:
    from engine.crm import SchemaField, SchemaObject
    from engine.field_mappings import MappingState, PreviewLine
    from engine.schema import SchemaChange, SchemaState
    from engine.workspace import Workspace


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field of one back-office object; ``source`` is what is mapped into it ("": nothing)."""

    object: SchemaObject
    field: SchemaField
    source: str = ""

    @property
    def key(self) -> str:
        return f"{self.object.name}.{self.field.name}"

    @property
    def search(self) -> str:
        return f"{self.key} {self.field.label} {self.field.type} {self.source}".casefold()


@dataclass(frozen=True, slots=True)
class FieldsView:
    """Everything the tab shows of one integration, read at once."""

    storefront: SchemaState
    backoffice: SchemaState
    states: tuple[MappingState, ...]
    lines: tuple[FieldLine, ...]
    able: bool  # whether any side has a schema

    @property
    def broken(self) -> int:
        return sum(bool(state.problem) for state in self.states)


def look(ws: Workspace, integration: str) -> FieldsView:
    """Read everything of the tab; runs in the engine's thread."""
    from engine.model import Side

    left, right = ws.schema(integration, Side.STOREFRONT), ws.schema(integration, Side.BACKOFFICE)
    states = tuple(ws.field_mappings(integration))
    sources = {state.mapping.id: state.mapping.source or "(constant)" for state in states}
    lines = tuple(
        FieldLine(one, field, sources.get(f"{one.name}.{field.name}", ""))
        for one in right.objects
        for field in one.fields
    )
    return FieldsView(left, right, states, lines, bool(ws.schema_sides(integration)))


def size_text(line: FieldLine) -> str:
    """The type with its size."""
    from engine.schema import describe

    return describe(line.field)


def access_text(field: SchemaField) -> str:
    """What may be written, in a word."""
    if field.own:
        return "its own"
    if field.updateable:
        return "required" if field.required else "writable"
    return "insert only" if field.createable else "read only"


MAPPING_COLUMNS: tuple[Column[MappingState], ...] = (
    Column("from", "Storefront field", lambda s: s.mapping.source or "(constant)", 16, weight=2),
    Column("arrow", " ", lambda _: "→", 1),
    Column("into", "Back-office field", lambda s: s.mapping.id, 18, weight=2),
    Column("when", "When", lambda s: s.mapping.mode.value, 7, drop=2),
    Column("how", "How", lambda s: s.mapping.transform.text, 8, weight=1, drop=1),
    Column("state", "State", lambda s: s.problem or "works", 10, weight=2, tone=lambda s: "bad" if s.problem else "good"),
)  # fmt: skip
FIELD_COLUMNS: tuple[Column[FieldLine], ...] = (
    Column("object", "Object", lambda line: line.object.name, 10, weight=1),
    Column("field", "Field", lambda line: line.field.name, 16, weight=2),
    Column("label", "Label", lambda line: line.field.label, 10, weight=1, drop=3),
    Column("type", "Type", size_text, 14, weight=1),
    Column("access", "Access", lambda line: access_text(line.field), 11, drop=1,
           tone=lambda line: "" if line.field.createable or line.field.updateable else "dim"),
    Column("source", "Filled from", lambda line: line.source, 12, weight=1, drop=2, tone=lambda _: "good"),
)  # fmt: skip
CHANGE_COLUMNS: tuple[Column[SchemaChange], ...] = (
    Column("object", "Object", lambda c: c.object, 12, weight=1),
    Column("field", "Field", lambda c: c.field or "(the object)", 14, weight=1),
    Column("what", "What", lambda c: c.what.value, 8, weight=1),
    Column("was", "Was", lambda c: c.before, 10, weight=1, drop=1),
    Column("is", "Is", lambda c: c.after, 10, weight=1, drop=2),
    Column("breaks", "Breaks", lambda c: ", ".join(c.breaks), 8, weight=2, tone=lambda _: "bad"),
)
PREVIEW_COLUMNS: tuple[Column[PreviewLine], ...] = (
    Column("into", "Into", lambda p: p.mapping.id, 18, weight=2),
    Column("given", "The record says", lambda p: p.given, 14, weight=2),
    Column("writes", "Would be written", lambda p: p.made.text if p.made.text is not None else "-", 14, weight=2),
    Column("now", "There now", lambda p: "(new)" if p.now is None else p.now, 9, weight=1, drop=1),
    Column("problem", "Problem", lambda p: p.made.problem, 8, weight=2, tone=lambda _: "bad"),
)
