"""``crosswalk runs``, ``log`` and ``doctor``: what was done, to which value, by whom; and whether all is well."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli import failures
from tui.cli.documents import run_document
from tui.cli.options import IntegrationOption, KindWord, LimitOption
from tui.cli.verbs import Work, verb


def register(app: typer.Typer) -> None:
    """Add the looking-back verbs to the command line."""
    app.command("runs")(runs)
    app.command("log")(history)
    app.command("doctor")(doctor)


@verb()
async def runs(
    work: Work,
    run_id: Annotated[str | None, typer.Argument(metavar="RUN", help="One run, with every outcome.")] = None,
    integration: IntegrationOption = None,
    limit: LimitOption = 50,
) -> None:
    """List the runs, newest first, or show one with the outcome of every row and field."""
    from tui.widgets.plan_lines import outcome_lines, totals_text

    if run_id is None:
        found = work.ws.runs(integration, limit or 50)
        if work.out.json:
            work.out.document({"runs": found})
            return
        rows = [
            (r.id, f"{r.started:%Y-%m-%d %H:%M}", r.integration, r.purpose, r.state, r.actor, totals_text(r.totals))
            for r in found
        ]
        work.out.table(("RUN", "STARTED (UTC)", "INTEGRATION", "PURPOSE", "STATE", "WHO", "TOTALS"), rows)
        return
    if work.out.json:
        work.out.document(run_document(work.ws.run(run_id), work.ws.outcomes(run_id)))
        return
    run = work.ws.run(run_id)
    lines = [
        (o.id, o.name, o.field, o.old, o.new, o.result, o.message) for o in outcome_lines(work.ws.outcomes(run_id))
    ]
    work.out.table(("ID", "NAME", "FIELD", "OLD", "NEW", "OUTCOME", "MESSAGE"), lines)
    work.out.lines(["", f"run {run.id} ({run.purpose}) {run.state} by {run.actor}: {totals_text(run.totals)}"])
    work.out.lines([run.message] if run.message else [])


@verb()
async def history(
    work: Work,
    integration: IntegrationOption = None,
    kind: Annotated[KindWord | None, typer.Option("--kind", help="Only this kind.")] = None,
    record: Annotated[str | None, typer.Option("--id", metavar="ID", help="Only this record, of either side.")] = None,
    run: Annotated[str | None, typer.Option("--run", metavar="RUN", help="Only this run.")] = None,
    limit: LimitOption = 200,
) -> None:
    """Show what was done, newest first: mapping edits and written fields, with who, when, before and after."""
    from engine.model import Kind

    found = work.ws.history(integration, Kind(kind) if kind else None, record, run, limit or 200)
    if work.out.json:
        work.out.document({"entries": found})
        return
    rows = [
        (f"{e.at:%Y-%m-%d %H:%M:%S}", e.actor, e.action, e.kind or "", e.storefront_id, e.name, e.field or "",
         e.before, e.after, e.outcome, e.run)
        for e in found
    ]  # fmt: skip
    headers = ("WHEN (UTC)", "WHO", "WHAT", "KIND", "ID", "NAME", "FIELD", "BEFORE", "AFTER", "OUTCOME", "RUN")
    work.out.table(headers, rows)


@verb()
async def doctor(work: Work) -> int:
    """Look over the workspace: files, locks, connections, runs left open. Exit code 1 when something is wrong."""
    lines = work.ws.doctor()
    well = all(line.ok for line in lines)
    if work.out.json:
        work.out.document({"ok": well, "workspace": work.ws.path, "lines": lines})
    else:
        work.out.table(("", "WHAT", "MESSAGE"), [("ok" if x.ok else "WRONG", x.name, x.message) for x in lines])
    return failures.DONE if well else failures.FAILED
