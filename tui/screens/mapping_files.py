"""Mappings to a CSV file and back: ask for the path, show what importing would change, confirm once."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.actions import Action, Context
from tui.widgets.access import ask
from tui.widgets.explain import error_dialog
from tui.widgets.export import ask_path
from tui.widgets.form_dialogs import TextPrompt

if TYPE_CHECKING:
    from textual.app import App

    from engine.workspace import Workspace


def write_mappings(ws: Workspace, integration: str, path: Path) -> int:
    """Write all mappings of an integration; the file is there whole or not at all. Returns the number of rows."""
    from engine.admin_files import replace

    out = io.StringIO(newline="")
    count = ws.export_mappings(integration, out)
    replace(path, out.getvalue(), "no file was written")
    return count


async def export_mappings(app: App[Any], integration: str) -> Path | None:
    """Ask for a path and write. Call from a worker."""
    from engine.errors import CrosswalkError

    path = await ask_path(app, "Export mappings", f"{integration}-mappings.csv", only_csv=True)
    if path is None:
        return None
    try:
        count = await ask(app, lambda ws: write_mappings(ws, integration, path))
    except CrosswalkError as error:
        await app.push_screen_wait(error_dialog("Not exported", error, about=str(path), written="no file was written"))
        return None
    app.notify(f"{count:,} rows in {path}", title="Mappings exported", markup=False)
    return path


async def import_mappings(app: App[Any], integration: str) -> bool:
    """Ask for a file, preview it, and take it when confirmed. Call from a worker."""
    from engine.errors import CrosswalkError
    from tui.screens.previews import MappingImport, read_preview, said

    suggestion = f"{integration}-mappings.csv"
    while True:
        prompt = TextPrompt(
            "Import mappings",
            "File",
            value=suggestion,
            help="A CSV as the export writes it, or of names.",
            save="Preview",
        )
        answer = await app.push_screen_wait(prompt)
        if answer is None:
            return False
        try:
            preview = await ask(app, lambda ws, path=answer: read_preview(ws, integration, path))  # type: ignore[misc]
            break
        except CrosswalkError as error:
            about = str(await asyncio.to_thread(Path(answer).absolute))
            await app.push_screen_wait(error_dialog("Not imported", error, about=about, written="nothing was imported"))
            suggestion = answer
    edit = await app.push_screen_wait(MappingImport(integration, answer, preview))
    if edit is None:
        return False
    app.notify(f"{said(edit)} · ctrl+z on a list takes it back", title="Mappings imported", markup=False)
    return True


async def _export(context: Context) -> None:
    await export_mappings(context.console, context.integration)


async def _import(context: Context) -> None:
    await import_mappings(context.console, context.integration)


def _integration(context: Context) -> str:
    return "" if context.integration else "there is no integration yet"


#: For the lists' registry: reachable from the palette and the help.
ACTIONS = (
    Action("mappings.export", "", "Export mappings…", "All mappings and ignored rows as CSV.", _export, _integration),
    Action("mappings.import", "", "Import mappings…", "Shows what a CSV would change, then asks once.", _import,
           _integration),
)  # fmt: skip
