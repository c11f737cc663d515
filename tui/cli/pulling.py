"""``crosswalk pull``: read both sides."""

from __future__ import annotations

import typer

from tui.cli import failures
from tui.cli.options import IntegrationOption
from tui.cli.output import counted
from tui.cli.progress import Progress
from tui.cli.verbs import Work, verb


def register(app: typer.Typer) -> None:
    """Add ``pull`` to the command line."""
    app.command("pull")(pull)


@verb(networked=True)
async def pull(work: Work, integration: IntegrationOption = None) -> int:
    """Read both sides completely, or fail: a read that does not add up leaves what was known before."""
    with Progress(work.ws.events, work.out):
        report = await work.ws.pull(integration)
    if work.out.json:
        work.out.document({"read": report.read, "errors": report.errors, "seconds": report.seconds})
    else:
        rows = [(name, kind, f"{count:,}") for name, kinds in report.read.items() for kind, count in kinds.items()]
        work.out.table(("CONNECTION", "KIND", "RECORDS"), rows)
        work.out.lines([f"in {report.seconds:.1f} s"])
    for error in report.errors:
        work.out.say(f"crosswalk: {error}")
    if report.errors:
        work.out.say(f"{counted(len(report.errors), 'read')} failed; the records known before are kept")
        return failures.PARTIAL if report.read else failures.FAILED
    return failures.DONE
