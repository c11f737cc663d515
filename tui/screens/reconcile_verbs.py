"""What can be done on the Reconcile tab: reconcile, look, resolve, export, compare, go back to an earlier one."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tui.actions import Context
from tui.screens.lines_page import LinesPage
from tui.screens.resolve_page import ResolvePage
from tui.widgets.access import ask, ask_long
from tui.widgets.dialogs import Answer, ChooseOne, MessageDialog
from tui.widgets.export import ask_path
from tui.widgets.finding_lines import COMPARED_COLUMNS, ComparedLine, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.findings import Compared, Reconciliation, Resolved
    from tui.screens.reconcile import ReconcileScreen


def _screen(context: Context) -> ReconcileScreen:
    return cast("ReconcileScreen", context.screen)


async def run(context: Context) -> None:
    """Reconcile the integration that is shown."""
    screen = _screen(context)
    screen.running = True
    screen.tell()
    try:
        made = await ask_long(screen, lambda ws: ws.reconcile(context.integration))
    finally:
        screen.running = False
    screen.chosen = ""
    calls = ", ".join(f"{count:,} calls to {name}" for name, count in made.calls.items())
    context.console.say(f"{made.total:,} findings; {calls}", "Reconciled")
    screen.read()


async def resolve(context: Context) -> None:
    """Check the chosen findings again, preview, and carry out what still holds."""
    screen = _screen(context)
    made = screen.made
    if made is None:
        return
    keys = [one.finding.key for one in screen.table.targets()]
    context.console.say("Both sides are read again first.", "Checking what was chosen")
    planned = await ask_long(screen, lambda ws: ws.plan_resolutions(made.id, keys))
    done = await context.console.push_screen_wait(ResolvePage(planned))
    if done is None:
        return
    good = sum(one.result.value == "applied" for one in done)
    rest = len(done) - good
    tail = f"; {rest:,} were not: their state says why" if rest else ""
    context.console.say(f"{good:,} resolved{tail}", "Resolve findings", warning=bool(rest))
    screen.table.unmark()
    screen.read()


async def show(context: Context) -> None:
    """Everything about one finding."""
    one = _screen(context).table.row
    if one is None:
        return
    it = one.finding
    both = f"{it.storefront or '-'} in {context.storefront}, {it.backoffice or '-'} in {context.backoffice}"
    written = ""
    if one.result.value != "open":
        written = (
            f"{one.result.value}: {one.action_taken or one.message or '-'} ({one.actor}, {one.at:%Y-%m-%d %H:%M} UTC)"
        )
    what = f"{it.field}: {both}" if it.field else both if it.storefront or it.backoffice else it.why
    difference = f"; {it.difference}" if it.difference else ""
    records = " → ".join(filter(None, (f"{name_of(it)} ({it.storefront_id})" if it.storefront_id else "",
                                       f"{it.backoffice_name} ({it.backoffice_id})" if it.backoffice_id else "")))  # fmt: skip
    advice = (
        f"{it.proposal}"
        + (f": {it.why}" if it.why else "")
        + "".join(f"\n{url}" for url in (it.storefront_url, it.backoffice_url) if url)
    )
    await context.console.push_screen_wait(
        MessageDialog(it.code.value, what + difference, about=records, written=written or "nothing yet", advice=advice)
    )


async def export(context: Context) -> None:
    """A file of all findings; its ending says which kind."""
    screen = _screen(context)
    made = screen.made
    if made is None:
        return
    path = await ask_path(
        context.console, "Export the findings", f"reconciliation-{made.integration}-{made.at:%Y%m%d-%H%M}.xlsx"
    )
    if path is None:
        return
    await asyncio.to_thread(write, path, made, list(screen.found))
    context.console.say(str(path), "Written")


def write(path: Path, made: Reconciliation, found: Sequence[Resolved]) -> None:
    """Write the report in one step: xlsx, CSV or JSON by the file's ending. Raises ``UsageError``; then no file is left."""
    import io

    from engine import report
    from engine.admin_files import replace

    kind = path.suffix.lower()
    if kind == ".xlsx":
        made_bytes = report.xlsx(made, found)
    elif kind == ".json":
        made_bytes = (json.dumps(report.as_json(made, found), ensure_ascii=False, indent=1) + "\n").encode()
    else:
        text = io.StringIO(newline="")
        report.write_csv(text, found)
        made_bytes = text.getvalue().encode()
    replace(path, made_bytes, "no file was written")


async def _another(context: Context, title: str) -> Reconciliation | None:
    screen = _screen(context)
    here = screen.made.id if screen.made is not None else ""
    known = await ask(screen, lambda ws: ws.reconciliations(context.integration))
    answers = [
        Answer(one.id, f"{one.at:%Y-%m-%d %H:%M} UTC by {one.actor}", f"{one.total:,} findings, {one.resolved:,} resolved",
               "it is shown now" if one.id == here else "")
        for one in known
    ]  # fmt: skip
    if not answers:
        context.console.say("r reads both sides and compares everything.", "Nothing was reconciled yet")
        return None
    picked = await context.console.push_screen_wait(ChooseOne(title, [], answers))
    return next((one for one in known if one.id == picked), None)


async def earlier(context: Context) -> None:
    """Show another reconciliation."""
    picked = await _another(context, "Show which reconciliation?")
    if picked is not None:
        screen = _screen(context)
        screen.chosen = picked.id
        screen.read()


async def compare(context: Context) -> None:
    """What is new and what is gone, against an earlier reconciliation."""
    made = _screen(context).made
    picked = await _another(context, "Compare with which reconciliation?")
    if picked is None or made is None:
        return
    older, newer = sorted((picked, made), key=lambda one: one.at)
    found: Compared = await ask(context.screen, lambda ws: ws.compare_findings(older.id, newer.id))
    lines = [ComparedLine("new", one) for one in found.new] + [ComparedLine("gone", one) for one in found.gone]
    title = f"{len(found.new):,} new, {len(found.gone):,} gone, {len(found.still):,} still there"
    await context.console.push_screen_wait(
        LinesPage(
            title,
            COMPARED_COLUMNS,
            lines,
            "The same findings as then.",
            f"{older.at:%Y-%m-%d %H:%M} → {newer.at:%Y-%m-%d %H:%M} UTC",
        )
    )
