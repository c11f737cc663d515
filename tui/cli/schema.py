"""``crosswalk schema``: the custom objects and fields of both systems, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.cli.options import IntegrationOption, SideWord
from tui.cli.output import counted
from tui.cli.verbs import Work, verb

if TYPE_CHECKING:
    from engine.schema import SchemaState

app = typer.Typer(name="schema", help="Custom objects and fields of the systems.", no_args_is_help=True)

SideOption = Annotated[SideWord | None, typer.Option("--side", help="Only this side.")]


@app.command("pull")
@verb(networked=True)
async def pull(work: Work, integration: IntegrationOption = None) -> None:
    """Retrieve all custom objects and fields, completely or not at all, and say what changed since last time."""
    found = await work.ws.pull_schema(integration)
    if work.out.json:
        work.out.document({"sides": {side.value: _summary(state) for side, state in found.items()}})
        return
    for state in found.values():
        custom = sum(one.custom for one in state.objects)
        fields = sum(len(one.fields) for one in state.objects)
        work.out.say(
            f"{state.connection}: {counted(len(state.objects), 'object')} ({custom} custom), {fields:,} fields"
        )
        _changes(work, state)


@app.command("diff")
@verb()
async def diff(work: Work, side: SideOption = None, integration: IntegrationOption = None) -> None:
    """Show what the last retrieval had changed, and which field mappings that breaks."""
    states = _states(work, integration, side)
    if work.out.json:
        work.out.document({"sides": {name: _summary(state) for name, state in states.items()}})
        return
    for state in states.values():
        at = f"retrieved {state.at:%Y-%m-%d %H:%M} UTC" if state.at else "never retrieved: crosswalk schema pull"
        work.out.say(f"{state.connection}: {at}; {counted(len(state.changes), 'change')}")
        _changes(work, state)


@app.command("list")
@verb()
async def list_fields(
    work: Work,
    object_name: Annotated[
        str | None, typer.Argument(metavar="OBJECT", help="Its fields; without it, all objects.", show_default=False)
    ] = None,
    side: SideOption = None,
    integration: IntegrationOption = None,
) -> None:
    """List the objects, or the fields of one object with type, size and what may be written."""
    from engine.errors import UnknownId
    from engine.schema import describe

    states = _states(work, integration, side)
    if object_name is None:
        rows = [(s.connection, o.name, o.label, "custom" if o.custom else "", len(o.fields))
                for s in states.values() for o in s.objects]  # fmt: skip
        if work.out.json:
            work.out.document({"objects": [dict(zip(("connection", "object", "label", "custom", "fields"), row, strict=True))
                                           for row in rows]})  # fmt: skip
            return
        work.out.table(("SYSTEM", "OBJECT", "LABEL", "", "FIELDS"), rows)
        return
    found = [o for s in states.values() for o in s.objects if o.name.casefold() == object_name.casefold()]
    if not found:
        known = ", ".join(o.name for s in states.values() for o in s.objects) or "nothing yet: crosswalk schema pull"
        raise UnknownId("object", object_name, f"known: {known}")
    if work.out.json:
        work.out.document({"objects": found})
        return
    for one in found:
        lines = [
            (f.name, f.label, describe(f), "required" if f.required else "", "unique" if f.unique else "",
             "the record's own" if f.own else "insert and update" if f.updateable else "insert only" if f.createable else "read only",
             ", ".join(f.picklist[:6]) + (" ..." if len(f.picklist) > 6 else ""))
            for f in one.fields
        ]  # fmt: skip
        work.out.table(("FIELD", "LABEL", "TYPE", "", "", "MAY BE WRITTEN", "CHOICES"), lines)


def _states(work: Work, integration: str | None, side: str | None) -> dict[str, SchemaState]:
    from engine.model import Side

    sides = [Side(side)] if side else work.ws.schema_sides(integration)
    return {one.value: work.ws.schema(integration, one) for one in sides}


def _summary(state: SchemaState) -> dict[str, Any]:
    return {
        "connection": state.connection,
        "at": state.at,
        "objects": {one.name: len(one.fields) for one in state.objects},
        "changes": state.changes,
    }


def _changes(work: Work, state: SchemaState) -> None:
    lines = [
        (c.object, c.field or "(the object)", c.what, c.before, c.after, ", ".join(c.breaks)) for c in state.changes
    ]
    if lines:
        work.out.table(("OBJECT", "FIELD", "WHAT", "WAS", "IS", "BREAKS"), lines)
