"""``crosswalk mappings``: all mappings as CSV, out and in again without loss."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.admin_files import decoded, read_text, replace
from engine.errors import UsageError
from tui.cli import failures
from tui.cli.options import DryRunOption, IntegrationOption
from tui.cli.output import counted
from tui.cli.verbs import Work, verb

if TYPE_CHECKING:
    from engine.views import ImportPreview

app = typer.Typer(name="mappings", help="All mappings as CSV: export, and import with a preview.", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE.csv", help="A CSV file.", show_default=False)]


@app.command("export")
@verb()
async def export(work: Work, file: FileArgument, integration: IntegrationOption = None) -> None:
    """Write every mapping and ignored row as CSV; - writes to stdout."""
    text = io.StringIO(newline="")
    count = work.ws.export_mappings(integration, text)
    if str(file) == "-":
        if work.out.json:
            raise UsageError("--json and FILE.csv `-` both want stdout: name a file")
        work.out.lines(text.getvalue().splitlines())
        return
    replace(file, text.getvalue())
    work.out.result({"file": file, "count": count}, f"{counted(count, 'row')} written to {file}")


@app.command("import")
@verb()
async def import_file(
    work: Work, file: FileArgument, dry_run: DryRunOption = False, integration: IntegrationOption = None
) -> int:
    """Read mappings from CSV: all lines in one edit, or none when a line is wrong. It can be undone with undo-edit.

    Takes the columns that `mappings export` writes, or "Store Item Identifier" (a product's id, SKU or name) and
    "QuickBooks Item Name".
    """
    preview = work.ws.preview_mappings(integration, _read(file))
    document = {"file": file, "dry_run": dry_run, "counts": preview.counts, "lines": preview.lines, "ok": preview.ok}
    counts = ", ".join(f"{count:,} {action}" for action, count in preview.counts.items()) or "no lines"
    for line in preview.lines:
        if line.error:
            work.out.say(f"{file}, line {line.line}: {line.error}")
    if not preview.ok:
        work.out.result(document, f"{file}: {counts}")
        work.out.say(f"{file}: {counted(_errors(preview), 'line')} with errors; nothing was imported")
        return failures.USAGE
    if dry_run:
        work.out.result(document, *_lines(preview), f"{file}: {counts}; nothing was imported")
        return failures.DONE
    edit = work.ws.import_mappings(integration, preview)
    work.out.result({**document, "edit": edit}, f"{file}: {counts}", edit.message)
    return failures.DONE


def _lines(preview: ImportPreview) -> list[str]:
    from tui.cli.output import plain

    return [
        f"line {line.line}: {line.action} {line.kind or ''} {plain(line.storefront_id)} -> {plain(line.backoffice_id)}"
        + (f" (was {plain(line.before)})" if line.before and line.action == "remap" else "")
        for line in preview.lines
        if line.action != "same"
    ]


def _errors(preview: ImportPreview) -> int:
    return sum(bool(line.error) for line in preview.lines)


def _read(file: Path) -> io.StringIO:
    untouched = "nothing was imported"
    if str(file) == "-":
        text = decoded(sys.stdin.buffer.read(), "stdin", untouched)
    else:
        text = read_text(file, "the mappings", untouched)
    return io.StringIO(text, newline="")


@app.command("write-ids")
@verb(networked=True)
async def write_ids(work: Work, integration: IntegrationOption = None) -> int:
    """Write each mapped customer's counterpart id into the storefront's external id, where that is empty.

    Needs the admin's consent: `crosswalk integration set NAME --set write_external_id=true`.
    """
    outcomes = await work.ws.write_external_ids(integration)
    failed = [outcome for outcome in outcomes if outcome.result.value not in {"applied", "unchanged"}]
    work.out.result(
        {"outcomes": outcomes},
        f"{counted(len(outcomes) - len(failed), 'external id')} written",
        *(f"{outcome.key}: {outcome.result}: {outcome.message}" for outcome in failed),
    )
    return failures.PARTIAL if failed else failures.DONE
