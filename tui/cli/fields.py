"""``crosswalk fields``: which storefront field goes into which back-office field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from engine.errors import UsageError
from tui.cli.options import IntegrationOption, PairWord
from tui.cli.output import counted
from tui.cli.verbs import Work, verb

if TYPE_CHECKING:
    from engine.field_mappings import MappingState

app = typer.Typer(
    name="fields", help="Storefront fields mapped into custom fields of the back office.", no_args_is_help=True
)

KindOption = Annotated[PairWord, typer.Option("--kind", help="Whose fields.")]


@app.command("list")
@verb()
async def list_all(work: Work, integration: IntegrationOption = None) -> int | None:
    """List the field mappings with what each does; exit code 4 when one of them cannot work any more."""
    states = work.ws.field_mappings(integration)
    bad = [state for state in states if state.problem]
    if work.out.json:
        work.out.document({"fields": [_document(state) for state in states]})
    else:
        lines = [
            (s.mapping.kind, s.mapping.source or "(constant)", s.mapping.id, s.mapping.mode, s.mapping.transform.text, s.problem)
            for s in states
        ]  # fmt: skip
        work.out.table(("KIND", "FROM", "INTO", "WHEN", "HOW", "PROBLEM"), lines)
        work.out.say(f"{counted(len(states), 'field mapping')}, {len(bad)} broken")
    return 4 if bad else None


@app.command("map")
@verb()
async def map_field(
    work: Work,
    source: Annotated[
        str, typer.Argument(metavar="FIELD", help="The storefront field, or - with --constant.", show_default=False)
    ],
    target: Annotated[
        str, typer.Argument(metavar="OBJECT.FIELD", help="Such as Product2.Color__c.", show_default=False)
    ],
    kind: KindOption = "products",
    mode: Annotated[
        Literal["always", "insert"], typer.Option("--when", help="Whenever it differs, or into new records only.")
    ] = "always",
    trim: Annotated[bool, typer.Option("--trim", help="Without blanks at the ends and doubled ones.")] = False,
    truncate: Annotated[bool, typer.Option("--truncate", help="Cut to the target's length.")] = False,
    choice: Annotated[
        list[str] | None, typer.Option("--choice", metavar="TEXT=CHOICE", help="What a text becomes; repeat for more.")
    ] = None,
    constant: Annotated[str | None, typer.Option("--constant", help="This text, whatever the record says.")] = None,
    integration: IntegrationOption = None,
) -> None:
    """Map a field. Types and sizes are checked against both systems' schemas: crosswalk schema pull comes first."""
    from engine.field_mappings import FieldMapping
    from engine.field_values import Mode, Transform
    from engine.model import Kind

    object_name, dot, field = target.partition(".")
    if not dot or not field:
        raise UsageError(f"{target!r} is not OBJECT.FIELD, such as Product2.Color__c; nothing was saved")
    choices = {}
    for one in choice or ():
        text, equals, meant = one.partition("=")
        if not equals:
            raise UsageError(f"--choice {one!r} is not TEXT=CHOICE; nothing was saved")
        choices[text] = meant
    if (source == "-") != (constant is not None):
        raise UsageError("give a storefront field, or - with --constant TEXT; nothing was saved")
    mapping = FieldMapping(
        work.ws.integration(integration).name, Kind(kind), "" if source == "-" else source, object_name, field,
        Mode(mode), Transform(trim, truncate, choices, constant),
    )  # fmt: skip
    made = work.ws.map_field(integration, mapping)
    work.out.result({"field": made}, f"{made.source or 'a constant'} goes into {made.id}")


@app.command("unmap")
@verb()
async def unmap(
    work: Work,
    target: Annotated[str, typer.Argument(metavar="OBJECT.FIELD", help="The target field.", show_default=False)],
    integration: IntegrationOption = None,
) -> None:
    """Forget a field mapping. Nothing is changed in either system."""
    gone = work.ws.unmap_field(integration, target)
    work.out.result({"field": gone}, f"{gone.id} is not written any more")


@app.command("preview")
@verb()
async def preview(
    work: Work,
    record: Annotated[str, typer.Argument(metavar="ID", help="A storefront id.", show_default=False)],
    kind: KindOption = "products",
    integration: IntegrationOption = None,
) -> int | None:
    """Show what every field mapping would write for one real record, and what is there now. Writes nothing."""
    from engine.model import Kind

    lines = work.ws.preview_fields(integration, Kind(kind), record)
    if work.out.json:
        work.out.document({"lines": [
            {"from": line.mapping.source, "into": line.mapping.id, "given": line.given, "writes": line.made.text,
             "now": line.now, "problem": line.made.problem}
            for line in lines
        ]})  # fmt: skip
    else:
        rows = [
            (line.mapping.source or "(constant)", line.given, line.mapping.id, line.made.text, line.now, line.made.problem)
            for line in lines
        ]  # fmt: skip
        work.out.table(("FROM", "HAS", "INTO", "WRITES", "THERE NOW", "PROBLEM"), rows)
    return 4 if any(line.made.problem for line in lines) else None


def _document(state: MappingState) -> dict[str, object]:
    one = state.mapping
    return {"id": one.id, "kind": one.kind, "from": one.source, "into": one.id, "when": one.mode,
            "how": one.transform, "problem": state.problem}  # fmt: skip
