"""``crosswalk plan``: what a sync would do, row by row and field by field; saved, it is what ``sync --plan`` sends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.admin_files import replace
from tui.cli import values
from tui.cli.options import FieldsOption, IdsOption, IntegrationOption, KindsOption, OverwriteOption
from tui.cli.output import aligned, plain, terminal_width
from tui.cli.progress import Progress
from tui.cli.verbs import Work, verb

if TYPE_CHECKING:
    from engine.changes import Plan


def register(app: typer.Typer) -> None:
    """Add ``plan`` to the command line."""
    app.command("plan")(plan)


@verb(networked=True)
async def plan(
    work: Work,
    integration: IntegrationOption = None,
    fields: FieldsOption = None,
    ids: IdsOption = None,
    kinds: KindsOption = None,
    overwrite: OverwriteOption = None,
    save_as: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Save the plan for `sync --plan`.")
    ] = None,
) -> None:
    """Read both sides and show exactly what a sync would write. Writes nothing to either system."""
    from engine import plan_file

    made = await make(work, integration, fields, ids, kinds, overwrite)
    if save_as is not None:
        replace(save_as, plan_file.dump(made))
        work.out.say(f"Saved. It is refused once anything it depends on has moved: crosswalk sync --plan {save_as}")
    if work.out.json:
        work.out.document(plan_file.document(made))
    else:
        work.out.lines(preview(work, made))


async def make(
    work: Work,
    integration: str | None,
    fields: str | None,
    ids: list[str] | None,
    kinds: str | None,
    overwrite: str | None,
) -> Plan:
    """The plan that the shared options ask for; both sides are read fresh. Raises when a read is not complete."""
    from engine.model import Side

    chosen_fields, chosen_ids, chosen_kinds = values.fields(fields), values.ids(ids), values.kinds(kinds)
    with Progress(work.ws.events, work.out):
        return await work.ws.plan(
            integration,
            kinds=chosen_kinds,
            fields=chosen_fields,
            ids=chosen_ids,
            overwrite=Side(overwrite) if overwrite else None,
        )


def preview(work: Work, plan: Plan) -> list[str]:
    """A plan as text: every row and field, what stops the rest, the sums, the guards, the time it takes."""
    import sys

    from tui.widgets.plan_lines import calls_text, plan_lines, plan_totals

    shown = plan_lines(plan)
    lines: list[str] = []
    if shown:
        headers = ("ID", "NAME", "FIELD", "OLD", "", "NEW", "DIFFERENCE", "%", "MARGIN", "STATUS", "WHY")
        rows = [
            (one.id, one.name, one.field, one.old, one.arrow, one.new, one.difference, one.percent, one.margin,
             one.status, one.note)
            for one in shown
        ]  # fmt: skip
        lines += [*aligned(headers, rows, terminal_width(sys.stderr if work.out.json else sys.stdout)), ""]
    budgets = {view.name: view.budget for view in work.ws.connections()}
    lines += [f"note: {plain(note)}" for note in plan.notes]
    lines += [plan_totals(plan), calls_text(plan, budgets)]
    lines += [f"guard {hit.guard}: {plain(hit.message)} (go ahead with --allow {hit.guard})" for hit in plan.guards]
    return lines
