"""``crosswalk sync``, ``resume``, ``undo`` and ``cancel``: the verbs that write to live systems.

What is sent is what the preview showed. ``--yes`` confirms the preview only; every guard needs its own ``--allow``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from engine.errors import Blocked, UsageError
from tui.cli import failures
from tui.cli.confirm import confirmed, need_confirmation
from tui.cli.documents import run_document
from tui.cli.options import (
    AllowOption,
    FieldsOption,
    IdsOption,
    IntegrationOption,
    KindsOption,
    OverwriteOption,
    YesOption,
)
from tui.cli.output import plain
from tui.cli.planning import make, preview
from tui.cli.progress import Progress
from tui.cli.stopping import settling_on_signals
from tui.cli.verbs import Work, verb

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from engine.changes import Plan, Run

T = TypeVar("T")

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id; see `crosswalk runs`.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the verbs that write to the command line."""
    app.command("sync")(sync)
    app.command("resume")(resume)
    app.command("undo")(undo)
    app.command("cancel")(cancel)


@verb(networked=True)
async def sync(
    work: Work,
    everything: Annotated[bool, typer.Option("--all", help="All mapped rows that differ.")] = False,
    ids: IdsOption = None,
    plan_path: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Exactly what a saved plan says.")
    ] = None,
    integration: IntegrationOption = None,
    fields: FieldsOption = None,
    kinds: KindsOption = None,
    overwrite: OverwriteOption = None,
    yes: YesOption = False,
    allow: AllowOption = None,
) -> int:
    """Write the fields that differ, after a preview. Exit code 3: a guard fired; 4: some rows did not go through."""
    if sum((everything, ids is not None, plan_path is not None)) != 1:
        raise UsageError("say what to sync: --all, --ids LIST or --plan FILE (exactly one); nothing was written")
    if plan_path is not None and (fields or kinds or overwrite or integration):
        raise UsageError(
            "a saved plan says itself what is written: --plan goes without --integration, --fields, --kinds and "
            "--overwrite; nothing was written"
        )
    need_confirmation(yes=yes, command="sync")
    plan = _load(plan_path) if plan_path is not None else await make(work, integration, fields, ids, kinds, overwrite)
    return await _apply(work, plan, "Write this?", yes=yes, allow=allow)


@verb(networked=True)
async def undo(work: Work, run_id: RunArgument, yes: YesOption = False, allow: AllowOption = None) -> int:
    """Put back what a run wrote, where its value still stands; rows that moved since are left alone and named."""
    need_confirmation(yes=yes, command="undo")
    with Progress(work.ws.events, work.out):
        plan = await work.ws.plan_undo(run_id)
    return await _apply(work, plan, f"Undo run {run_id} like this?", yes=yes, allow=allow)


@verb(networked=True)
async def resume(work: Work, run_id: RunArgument) -> int:
    """Carry on with the rows of a run that were not sent; what was confirmed then holds as long as nothing moved."""
    return finish(work, await running(work, work.ws.resume(run_id)))


@verb()
async def cancel(work: Work, run_id: RunArgument) -> int:
    """Ask a run, of any process, to stop after the batch in flight."""
    asked = work.ws.cancel(run_id)
    said = "asked to stop after the batch in flight" if asked else "has ended; there is nothing to stop"
    work.out.result({"run": run_id, "cancel_requested": asked}, f"{run_id}: {said}")
    return failures.DONE if asked else failures.FAILED


async def _apply(work: Work, plan: Plan, question: str, *, yes: bool, allow: list[str] | None) -> int:
    """Preview, confirm, send, report: the same for a sync and for an undo."""
    from engine import plan_file

    lines = preview(work, plan)
    allow = allow or []
    missing = [hit.guard for hit in plan.guards if hit.guard not in allow]
    if missing:
        work.out.preview(lines)
        names = tuple(dict.fromkeys(missing))
        stop = Blocked(f"stopped by {'a guard' if len(names) == 1 else 'guards'}: {', '.join(names)}", names)
        raise failures.Refused(stop, {"plan": plan_file.document(plan), "totals": plan_file.totals(plan)})
    if not plan.rows:
        document = {"run": None, **plan_file.document(plan), "adds_up": True}
        work.out.result(document, *lines, "Nothing to write.")
        return failures.DONE
    if not confirmed(work.out, [] if yes and work.out.json else lines, question, yes=yes):
        work.out.say("Not confirmed: nothing was written")
        return failures.FAILED
    return finish(work, await running(work, work.ws.sync(plan, allow=allow)), plan)


async def running(work: Work, run: Awaitable[T]) -> T:
    """Wait for a run with its progress shown; a signal stops it in order."""
    with settling_on_signals(work.ws, work.out), Progress(work.ws.events, work.out):
        return await run


def finish(work: Work, run: Run, plan: Plan | None = None) -> int:
    """Print what became of every row and field, say what to do about the rest; the exit code."""
    from tui.widgets.plan_lines import outcome_lines, totals_text

    outcomes = work.ws.outcomes(run.id)
    if work.out.json:
        work.out.document(run_document(run, outcomes, plan))
    else:
        rows = [(o.id, o.name, o.field, o.old, o.new, o.result, o.message) for o in outcome_lines(outcomes)]
        work.out.table(("ID", "NAME", "FIELD", "OLD", "NEW", "OUTCOME", "MESSAGE"), rows)
        work.out.lines(["", f"run {run.id} {run.state.value}: {totals_text(run.totals)}"])
    work.out.say(*_advice(run))
    return failures.run_code(run)


def _advice(run: Run) -> list[str]:
    totals = run.totals
    said = [f"crosswalk: {plain(run.message)}"] if run.message else []
    if totals.not_sent:
        said.append(f"{totals.not_sent:,} not sent. Carry on with: crosswalk resume {run.id}")
    if totals.stale:
        said.append(f"{totals.stale:,} stale: the value had moved since the preview. Plan again: crosswalk plan")
    if totals.unverified:
        said.append(
            f"{totals.unverified:,} unverified: what was read back is not what was written. Look: crosswalk list"
        )
    if totals.applied and run.purpose == "create":
        said.append("Created records are never deleted, not by an undo either: unmap them, or disable them by hand")
    elif totals.applied:
        said.append(f"Take it back with: crosswalk undo {run.id}")
    return said


def _load(path: Path) -> Plan:
    from engine import plan_file
    from engine.admin_files import read_text

    return plan_file.load(read_text(path, "the plan", "nothing was written"), str(path))
