"""Writing what a screen shows to a CSV or JSON file that the admin names; never over an existing file unasked."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.csv_cells import safe_cell
from tui.widgets.dialogs import Confirm
from tui.widgets.explain import error_dialog
from tui.widgets.form_dialogs import TextPrompt

if TYPE_CHECKING:
    from textual.app import App


def write_rows(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write CSV, or JSON (a list of objects) when the name ends in ``.json``. Raises ``UsageError``; then no file is left."""
    from engine.admin_files import replace

    out = io.StringIO(newline="")
    if path.suffix.lower() == ".json":
        json.dump([dict(zip(header, row, strict=True)) for row in rows], out, ensure_ascii=False, indent=1)
        out.write("\n")
    else:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    replace(path, out.getvalue(), "no file was written")


def path_problem(text: str) -> str:
    """What is wrong with a path to write to; looks at the name only."""
    return "name a file, not a directory" if text.endswith(("/", ".", "~")) else ""


def csv_path_problem(text: str) -> str:
    """As ``path_problem``, for what is written as CSV whatever its name is."""
    return "this is written as CSV; end the name in .csv" if text.lower().endswith(".json") else path_problem(text)


def _look(text: str) -> tuple[Path, bool]:
    path = Path(text).expanduser()
    return path, path.exists()


async def ask_path(app: App[Any], title: str, suggestion: str, *, only_csv: bool = False) -> Path | None:
    """Ask where to write; asks again before an existing file is replaced. None when the admin gave up.

    ``only_csv`` is for what cannot be written as JSON; a name that ends so is then refused.
    """
    while True:
        prompt = TextPrompt(
            title,
            "File",
            value=suggestion,
            help="It is written as CSV." if only_csv else "The ending decides: .json writes JSON, anything else CSV.",
            check=csv_path_problem if only_csv else path_problem,
            save="Write",
        )
        answer = await app.push_screen_wait(prompt)
        if answer is None:
            return None
        path, exists = await asyncio.to_thread(_look, answer)
        if not exists:
            return path
        replace = Confirm("Replace?", [f"{path} exists already."], yes="Replace it", no="Another name", danger=True)
        if await app.push_screen_wait(replace):
            return path
        suggestion = answer


async def export_rows(
    app: App[Any], title: str, suggestion: str, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> Path | None:
    """Ask for a path and write; tells the result in a toast, a failure in a dialog. Call from a worker."""
    path = await ask_path(app, title, suggestion)
    if path is None:
        return None
    from engine.errors import UsageError

    try:
        await asyncio.to_thread(write_rows, path, header, rows)
    except UsageError as error:
        await app.push_screen_wait(error_dialog("Not exported", error, written="no file was written"))
        return None
    app.notify(f"{len(rows):,} lines in {path}", title="Exported", markup=False)
    return path
