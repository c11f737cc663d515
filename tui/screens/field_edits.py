"""Mapping one field: which storefront field, when, and what is done to it on the way; and a preview on a record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui.actions import Context
from tui.screens.lines_page import LinesPage
from tui.widgets.access import ask
from tui.widgets.field_lines import PREVIEW_COLUMNS, FieldLine, FieldsView, size_text
from tui.widgets.form_dialogs import FormDialog, Values
from tui.widgets.forms import TRUE, FormField
from tui.widgets.picker import Picker, PickerData

if TYPE_CHECKING:
    from engine.field_mappings import FieldMapping, MappingState, PreviewLine
    from engine.field_values import Transform
    from engine.views import Choice
    from engine.workspace import Workspace


async def edit(context: Context, view: FieldsView, target: FieldLine) -> FieldMapping | None:
    """Ask what goes into a field, and save it; returns it, or None. Call from a worker."""
    known = next((state for state in view.states if state.mapping.id == target.key), None)
    source = await _source(context, view, target)
    if source is None:
        return None
    return await context.console.push_screen_wait(_form(context, target, source, known))


async def _source(context: Context, view: FieldsView, target: FieldLine) -> str | None:
    """The storefront field's name, "" for a constant, None when given up."""
    from engine.schema import describe
    from engine.views import Choice

    homes = [one for one in view.storefront.objects if one.kind is target.object.kind]
    choices = [
        Choice(
            field.name, field.name, f"{field.label} · {describe(field)}", f"{field.name} {field.label}".casefold(), ""
        )
        for one in homes
        for field in one.fields
    ]

    async def load() -> PickerData:
        return PickerData((), choices)

    about = f"It goes into {target.key}: {target.field.label}, {size_text(target)}"
    picked = await context.console.push_screen_wait(
        Picker(f"Which field of {context.storefront}?", about, load, add="A constant text…")
    )
    return None if picked is None else "" if picked.add else picked.id


def _form(context: Context, target: FieldLine, source: str, known: MappingState | None) -> FormDialog[FieldMapping]:
    how = known.mapping.transform if known is not None else None
    choices = "; ".join(f"{text}={meant}" for text, meant in how.choices.items()) if how is not None else ""
    fields = [
        FormField("when", "Written", "choice", value=known.mapping.mode.value if known is not None else "always",
                  required=True, choices=(("always", "whenever it differs"), ("insert", "into new records only"))),
        FormField("trim", "Trim", "switch", value=str(bool(how and how.trim)).lower(), help="Without blanks at the ends and doubled ones."),
        FormField("truncate", "Truncate", "switch", value=str(bool(how and how.truncate)).lower(),
                  help=f"Cut to what {target.field.name} takes."),
        FormField("choices", "Choices", value=choices, placeholder="S=Small; L=Large",
                  help=_choices_help(target), check=_choices_problem),
    ]  # fmt: skip
    if not source:
        constant = how.constant if how is not None and how.constant is not None else ""
        fields = [
            fields[0],
            FormField("constant", "Text", value=constant, required=True, help="Whatever the record says."),
        ]

    async def save(values: Values) -> FieldMapping:
        def send(ws: Workspace) -> FieldMapping:
            from engine.field_mappings import FieldMapping
            from engine.field_values import Mode
            from engine.model import Kind

            kind = target.object.kind or Kind.PRODUCTS
            wanted = FieldMapping(
                ws.integration(context.integration).name, kind, source, target.object.name, target.field.name,
                Mode(values["when"]), _transform(values, constant=not source),
            )  # fmt: skip
            return ws.map_field(context.integration, wanted)

        return await ask(context.screen, send)

    return FormDialog(f"{source or 'A constant'} → {target.key}", fields, save, lines=[size_text(target)])


def _transform(values: Values, *, constant: bool) -> Transform:
    from engine.field_values import Transform

    if constant:
        return Transform(constant=values["constant"])
    return replace(
        Transform(), trim=values["trim"] == TRUE, truncate=values["truncate"] == TRUE, choices=parse(values["choices"])
    )


def parse(text: str) -> dict[str, str]:
    """``S=Small; L=Large`` as a mapping."""
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    return {left.strip(): right.strip() for left, _, right in pairs}


def _choices_problem(text: str) -> str:
    bad = [part for part in text.split(";") if part.strip() and "=" not in part]
    return f"{bad[0].strip()!r} is not text=choice" if bad else ""


def _choices_help(target: FieldLine) -> str:
    known = target.field.picklist
    return (
        f"It takes: {', '.join(known[:8])}{' …' if len(known) > 8 else ''}"
        if known
        else "What a text becomes; empty: as it is."
    )


async def preview(context: Context) -> None:
    """Choose a record and show what every field mapping of its kind would write. Writes nothing."""

    def records(ws: Workspace) -> list[Choice]:
        from engine.model import Kind
        from engine.views import Choice

        return [
            Choice(f"{kind.value}:{row.id}", row.left, f"{kind.singular} {row.id}", row.search, row.right)
            for kind in (Kind.PRODUCTS, Kind.CUSTOMERS)
            for row in ws.snapshot(context.integration, kind).rows
            if row.side == "storefront"
        ]

    choices = await ask(context.screen, records)

    async def load() -> PickerData:
        return PickerData((), choices)

    picked = await context.console.push_screen_wait(Picker("Preview on which record?", "Nothing is written.", load))
    if picked is None:
        return
    kind, _, record = picked.id.partition(":")

    def look(ws: Workspace) -> list[PreviewLine]:
        from engine.model import Kind

        return ws.preview_fields(context.integration, Kind(kind), record)

    lines = await ask(context.screen, look)
    await context.console.push_screen_wait(
        LinesPage(
            f"What would be written for {picked.name}", PREVIEW_COLUMNS, lines, "No field of this kind is mapped yet."
        )
    )
