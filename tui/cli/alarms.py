"""``crosswalk alarms``: what needs a person."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli.verbs import Work, verb


def register(app: typer.Typer) -> None:
    """Add ``alarms`` to the command line."""
    app.command("alarms")(alarms)


@verb()
async def alarms(
    work: Work,
    everything: Annotated[bool, typer.Option("--all", help="Acknowledged ones too.")] = False,
    acknowledge: Annotated[
        list[int] | None, typer.Option("--acknowledge", metavar="ID", help="Mark as seen; repeat for more.")
    ] = None,
) -> None:
    """List the open alarms, or acknowledge some."""
    for one in acknowledge or ():
        work.ws.acknowledge(one)
    found = work.ws.alarms(open_only=not everything)
    if work.out.json:
        work.out.document({"alarms": found, "acknowledged": acknowledge or []})
        return
    rows = [(a.id, f"{a.at:%Y-%m-%d %H:%M}", a.severity, a.integration, a.message, a.acknowledged_by) for a in found]
    work.out.table(("ALARM", "WHEN (UTC)", "SEVERITY", "INTEGRATION", "MESSAGE", "ACKNOWLEDGED BY"), rows)
