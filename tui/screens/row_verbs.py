"""The other verbs of a row and of a list: resolve, history, addresses, ids, reading, suggesting, syncing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from tui.actions import Context
from tui.screens.edits import edit
from tui.screens.view_actions import screen_of
from tui.widgets.clipboard import copy
from tui.widgets.plain import plain
from tui.widgets.plan_lines import many

if TYPE_CHECKING:
    from textual.app import App

    from engine.model import Field, Kind
    from engine.views import Detail, Edit
    from engine.workspace import Workspace
    from tui.widgets.resolve import Decision

NAMED = 4  # order numbers in one toast
UNDECIDED = frozenset({"Conflict", "Needs choice", "Unverified"})


async def detail_of(context: Context) -> Detail:
    """Everything known of the cursor's row."""
    row = context.row
    assert row is not None

    def verb(ws: Workspace) -> Detail:
        from engine.model import Kind

        return ws.detail(context.integration, Kind(context.kind), row.id, row.side)

    return await context.console.bridge.call(verb)


async def resolve(context: Context) -> None:
    """Decide every field in conflict: keep either side, or type a value. The next sync carries it out."""
    from engine.model import Field
    from tui.widgets.resolve import ask_resolution

    detail = await detail_of(context)
    row = detail.row
    undecided = [field for field in detail.fields if field.status in UNDECIDED]
    app = cast("App[object]", context.console)
    if not undecided:
        context.console.say("No field of this row needs a decision.", row.left, warning=True)
    for field in undecided:
        left, right = field.keeps
        money = Field(field.field).is_money
        decision = await ask_resolution(
            app, row.left, field.field, left, right, field.reason, field.choices, money=money
        )
        if decision is None:
            return
        verb = partial(_decide, context.integration, row.id, Field(field.field), decision)
        await edit(context, verb, "Decided")


def _decide(integration: str, id: str, field: Field, decision: Decision, ws: Workspace, kind: Kind) -> Edit:
    return ws.resolve(integration, kind, id, field, keep=decision.keep, value=decision.value)


def history(context: Context) -> None:
    """The detail panel shows the history of the row; open it and go there."""
    screen = screen_of(context)
    if not screen.detail_shown:
        screen.toggle_detail()
    screen.show_history()


async def open_in_browser(context: Context) -> None:
    """Show the record's addresses (there may be no browser at this end of the line) and copy the first."""
    from tui.widgets.dialogs import MessageDialog

    detail = await detail_of(context)
    if not detail.urls:
        context.console.say("Neither system gives an address for this record.", detail.row.left, warning=True)
        return
    how = await copy(context.console, detail.urls[0][1])
    lines = "   ".join(f"{side}: {url}" for side, url in detail.urls)
    await context.console.push_screen_wait(
        MessageDialog("Open in a browser", plain(lines), about=plain(detail.row.left), advice=f"Copied {how}.")
    )


async def copy_id(context: Context) -> None:
    """Copy the ids of the row, or of all marked rows, one a line."""
    rows = context.targets()
    how = await copy(context.console, "\n".join(row.id for row in rows))
    context.console.say(f"Copied {how}.", rows[0].id if len(rows) == 1 else f"{len(rows):,} ids")


async def pull(context: Context) -> None:
    """Read both systems again, completely, and look for suggestions for what is unmapped."""
    console = context.console
    name = context.integration
    console.say("Reading both systems…", name)

    report = await console.bridge.call(lambda ws: ws.pull(name))
    console.live.pulls.clear()
    read = " · ".join(
        f"{connection}: " + ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
        for connection, kinds in report.read.items()
    )
    if report.errors:
        console.say(" · ".join([*report.errors, read]), "Not everything was read", warning=True)
    else:
        console.say(f"{read} in {report.seconds:.0f} s", "Read")
    await suggest(context)


async def check_orders(context: Context) -> None:
    """Ask the store and accounting again which orders are not posted; what is posted by now is free to be synced."""
    console = context.console
    names = {row.id: row.left for row in context.targets() if row.status == "In orders"}
    console.say("Asking for orders, and for what is posted…", context.integration)

    found = await console.bridge.call(lambda ws: ws.check_orders(context.integration))
    left = {one.storefront_id for one in found.held}
    waiting = [name for id, name in names.items() if id in left]
    orders = dict.fromkeys(one.order for one in found.held if one.storefront_id in names)
    if waiting:
        numbers = ", ".join(list(orders)[:NAMED]) + (f" and {len(orders) - NAMED} more" if len(orders) > NAMED else "")
        text = f"Still not posted in accounting: order{'' if len(orders) == 1 else 's'} {numbers}."
    else:
        text = "Posted by now: it can be synced." if len(names) == 1 else f"All {len(names):,} can be synced."
    console.say(text, waiting[0] if len(waiting) == 1 else "Orders", warning=bool(waiting))


async def suggest(context: Context) -> None:
    """Rank counterparts for every row that has none."""
    console = context.console

    from engine.model import Kind

    kind = Kind(context.kind)
    count = await console.bridge.call(lambda ws: ws.suggest(context.integration, kind))
    console.say(
        f"{many(count, 'unmapped row')} {'has' if count == 1 else 'have'} a suggestion"
        if count
        else "No row has a suggestion",
        "Suggestions",
    )


def why_no_integration(context: Context) -> str:
    """Greyed while there is nothing to read from."""
    return "" if context.integration else "there is no integration yet"


async def duplicates(context: Context) -> None:
    """Keys that are not unique on a side, and counterparts that are shared."""
    from tui.screens.duplicates import show_duplicates

    await show_duplicates(context)


async def export_mappings(context: Context) -> None:
    """Ask for a path and write all mappings there."""
    from tui.screens import mapping_files

    await mapping_files.export_mappings(context.console, context.integration)


async def import_mappings(context: Context) -> None:
    """Ask for a file, show what it would change, and take it when confirmed."""
    from tui.screens import mapping_files

    await mapping_files.import_mappings(context.console, context.integration)


async def sync_panel(context: Context) -> None:
    """Open the sync panel below the list, for the marked rows or for everything mapped."""
    await screen_of(context).open_sync(row=False)


async def sync_rows(context: Context) -> None:
    """Plan a sync of this row, or of the marked rows."""
    await screen_of(context).open_sync(row=True)
