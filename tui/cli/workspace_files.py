"""``crosswalk workspace``: the whole workspace as one stock TinyDB JSON file, out and in again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui.cli.output import counted
from tui.cli.verbs import Work, verb

app = typer.Typer(
    name="workspace", help="The whole workspace as one JSON file that plain TinyDB opens.", no_args_is_help=True
)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE.json", help="A JSON file.", show_default=False)]


@app.command("export")
@verb()
async def export(work: Work, file: FileArgument) -> None:
    """Write everything the workspace keeps to a new file. Secrets are not in it: only their references are."""
    from engine.store.exchange import export_workspace

    done = export_workspace(work.ws.store, file)
    work.out.result(
        {"file": file, "tables": done.counts, "documents": done.total},
        f"{counted(done.total, 'document')} of {counted(len(done.counts), 'table')} written to {file}",
    )


@app.command("import")
@verb()
async def import_file(work: Work, file: FileArgument) -> None:
    """Fill an empty workspace from an exported file: all of it, or nothing."""
    from engine.store.exchange import import_workspace

    done = import_workspace(work.ws.store, file)
    work.out.result(
        {"file": file, "tables": done.counts, "documents": done.total},
        f"{counted(done.total, 'document')} of {counted(len(done.counts), 'table')} read from {file}; "
        "what the systems hold is read by: crosswalk pull",
    )
