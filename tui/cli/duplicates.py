"""``crosswalk duplicates``: keys that several records of one side have, and counterparts that several rows share."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli.options import IntegrationOption, PairWord
from tui.cli.output import counted
from tui.cli.verbs import Work, verb


def register(app: typer.Typer) -> None:
    """Add ``duplicates`` to the command line."""
    app.command("duplicates")(duplicates)


@verb()
async def duplicates(
    work: Work,
    kind: Annotated[
        PairWord | None,
        typer.Argument(metavar="[KIND]", help="customers or products [default: both]", show_default=False),
    ] = None,
    integration: IntegrationOption = None,
) -> None:
    """List SKUs and match keys that are not unique on a side, and mappings that share a counterpart."""
    from engine.model import Kind

    chosen = work.ws.integration(integration)
    kinds = [Kind(kind)] if kind else [Kind.PRODUCTS, Kind.CUSTOMERS]
    found = [(one, dup) for one in kinds for dup in await work.ws.duplicates(chosen.name, one)]
    if work.out.json:
        rows = [
            {
                "kind": one,
                "side": dup.side,
                "key": dup.key,
                "value": dup.value,
                "records": [{"id": id, "name": name} for id, name in dup.records],
            }
            for one, dup in found
        ]
        work.out.document({"integration": chosen.name, "count": len(rows), "duplicates": rows})
        return
    lines = [
        (
            one if rank == 0 else "",
            chosen.connection(dup.side) if rank == 0 else "",
            dup.key if rank == 0 else "",
            dup.value if rank == 0 else "",
            id,
            name,
        )
        for one, dup in found
        for rank, (id, name) in enumerate(dup.records)
    ]
    work.out.table(("KIND", "IN", "KEY", "VALUE", "ID", "NAME"), lines)
    work.out.say(
        f"{counted(len(found), 'duplicate')}, as last read; the rows concerned are never matched by that key: map them by "
        "hand, or mend the key and pull"
    )
