"""The mapping verbs of the lists: each one asks what it must, sends one verb, and says what came of it.

A verb acts on the marked rows, or on the row under the cursor. Rows it cannot apply to are left alone and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from tui.actions import Context
from tui.screens.view_actions import any_row, screen_of
from tui.widgets.lens import UNMAPPED
from tui.widgets.plain import plain

if TYPE_CHECKING:
    from engine.model import Kind
    from engine.views import Edit, Row, Suggestion
    from engine.workspace import Workspace

NAMES = 5
LINKED = frozenset(
    {
        "Mapped",
        "In sync",
        "Out of sync",
        "First sync",
        "Conflict",
        "Needs choice",
        "In orders",
        "Broken",
        "Unverified",
        "Failed",
    }
)
SENT_NOTHING = "Nothing was sent to either system."


# ---------------------------------------------------------------------------------------------- when they can run
def on_rows(test: Callable[[Row], str]) -> Callable[[Context], str]:
    """Greyed by a test of the cursor's row; with marked rows it is tried, and each row tells."""

    def enabled(context: Context) -> str:
        if context.marked:
            return ""
        return any_row(context) if context.row is None else test(context.row)

    return enabled


def mappable(row: Row) -> str:
    if row.status == "Base":
        return "it is the parent of variants; map the variants"
    return "it is ignored; un-ignore it first" if row.status == "Ignored" else ""


def suggested(row: Row) -> str:
    if row.side == "backoffice":
        return "suggestions are made for storefront rows"
    if row.status not in UNMAPPED:
        return "it is mapped already" if row.status in LINKED else f"it is {row.status}".lower()
    if row.status == "Ambiguous":
        return "several records fit equally; choose one with Enter"
    return "" if row.detail else "nothing is suggested; t looks for suggestions"


def linked(row: Row) -> str:
    return "" if row.status in LINKED and row.side != "backoffice" else "it is not mapped"


def ignorable(row: Row) -> str:
    if row.side == "backoffice":
        return "ignoring is for storefront rows"
    return "it is ignored already" if row.status == "Ignored" else ""


def ignored(row: Row) -> str:
    return "" if row.status == "Ignored" else "it is not ignored"


def resolvable(row: Row) -> str:
    return "" if row.status in {"Conflict", "Needs choice", "Unverified"} else "nothing is in conflict here"


def in_orders(row: Row) -> str:
    return "" if row.status == "In orders" else "no order holds it"


def addable(row: Row) -> str:
    if row.side == "backoffice":
        return "it is a back-office record already"
    return (
        ""
        if row.status in UNMAPPED
        else "it is mapped already"
        if row.status in LINKED
        else f"it is {row.status}".lower()
    )


# ---------------------------------------------------------------------------------------------- sending a verb
async def edit(context: Context, verb: Callable[[Workspace, Kind], Edit], title: str, said: str = "") -> Edit:
    """Run a mapping verb (given the workspace and the ``Kind``) and say what it did, or ``said`` if it did all of it."""
    result = await context.console.bridge.call(lambda ws: verb(ws, _kind(context)))
    say_edit(context, result, title, said)
    return result


def _kind(context: Context) -> Kind:
    from engine.model import Kind

    return Kind(context.kind)


def say_edit(context: Context, result: Edit, title: str, said: str = "") -> None:
    """The toast of an edit: what was done, and which rows were left alone and why."""
    text = said if said and result.count and not result.skipped else result.message
    if result.skipped:
        text += f"\n{len(result.skipped):,} left alone: " + "; ".join(f"{id}: {why}" for id, why in result.skipped[:3])
        text += "; …" if len(result.skipped) > 3 else ""
    context.console.say(text.replace("\n", " · "), title, warning=bool(result.skipped) and not result.count)


def fitting(context: Context, test: Callable[[Row], str], what: str) -> list[Row]:
    """The rows the verb applies to; says so when there is none, or when some are left alone."""
    rows = context.targets()
    fit = [row for row in rows if not test(row)]
    if not fit and rows:
        reason = test(rows[0])
        context.console.say(f"None of the {len(rows):,} marked rows: {reason}.", what, warning=True)
    return fit


def names(rows: Collection[Row]) -> list[str]:
    """How rows are named in dialogs."""
    return [plain(row.left or row.right) for row in list(rows)[:NAMES]]


def many(rows: Collection[Row]) -> str:
    """The only row by its name, or how many."""
    return names(rows)[0] if len(rows) == 1 else f"{len(rows):,} rows"


# ---------------------------------------------------------------------------------------------- the verbs
async def accept(context: Context) -> None:
    """The top suggestion of this row becomes its mapping; of several rows, after a preview."""
    if context.marked:
        await accept_all(context)
        return
    row, screen = context.row, screen_of(context)
    assert row is not None
    if not screen.lens.filters:
        screen.table.cursor += 1  # with a filter the row goes away by itself

    taken: list[Suggestion] = []

    def verb(ws: Workspace, kind: Kind) -> Edit:
        best = ws.suggestions(context.integration, kind, row.id)
        if not best:
            raise usage(f"nothing is suggested for {row.left} any more; nothing was mapped")
        taken[:] = best[:1]
        return ws.map(context.integration, kind, [(row.id, best[0].backoffice_id)], how=how_of(best[0]))

    result = await context.console.bridge.call(lambda ws: verb(ws, _kind(context)))
    (best,) = taken
    why = " · ".join((best.backoffice_name or best.backoffice_id, *best.evidence[:2]))
    say_edit(context, result, "Accepted", f"{row.left} → {why}")


def how_of(suggestion: Suggestion) -> str:
    """How a mapping made from a suggestion is recorded."""
    return "accepted, exact" if suggestion.exact else f"accepted, {suggestion.score:.2f}"


def usage(message: str) -> Exception:
    """An error that the admin is told."""
    from engine.errors import UsageError

    return UsageError(message)


async def accept_all(context: Context) -> None:
    """Everything suggested above a score, over the marked or else the filtered rows: previewed, confirmed once."""
    from engine.model import Kind
    from tui.screens.previews import AcceptAll

    screen = screen_of(context)
    table = screen.table
    rows = context.targets() if context.marked else [table.rows[index] for index in table.view]
    ids = [row.id for row in rows if not suggested(row)]
    if not ids:
        context.console.say("Nothing is suggested for these rows.", "Accept all", warning=True)
        return
    result = await context.console.push_screen_wait(AcceptAll(context.integration, Kind(context.kind), ids))
    if result is not None:
        table.unmark()
        say_edit(context, result, "Accepted")


async def reject(context: Context) -> None:
    """The top suggestion of this row is wrong and is never made again."""
    row = context.row
    assert row is not None

    def verb(ws: Workspace, kind: Kind) -> Edit:
        best = ws.suggestions(context.integration, kind, row.id)
        if not best:
            raise usage(f"nothing is suggested for {row.left} any more; nothing was rejected")
        return ws.reject(context.integration, kind, row.id, best[0].backoffice_id)

    await edit(context, verb, "Rejected", f"{row.left}: never this one again")


async def unmap(context: Context) -> None:
    """Forget the counterparts; many rows are confirmed first. ctrl+z brings them back."""
    rows = fitting(context, linked, "Unmap")
    if not rows or not await _sure(context, rows, "Unmap", f"Their baselines are forgotten. {SENT_NOTHING}"):
        return
    await edit(
        context, lambda ws, kind: ws.unmap(context.integration, kind, [row.id for row in rows]), "Unmapped", many(rows)
    )
    screen_of(context).table.unmark()


async def ignore(context: Context) -> None:
    """Leave rows out, with a reason and perhaps until a day."""
    from datetime import UTC, datetime

    from tui.widgets.form_dialogs import ReasonPrompt

    rows = fitting(context, ignorable, "Ignore")
    if not rows:
        return
    reason = await context.console.push_screen_wait(ReasonPrompt(names(rows), len(rows), datetime.now(UTC).date()))
    if reason is None:
        return
    ids = [row.id for row in rows]
    await edit(
        context, lambda ws, kind: ws.ignore(context.integration, kind, ids, reason.text, reason.until), "Ignored"
    )
    screen_of(context).table.unmark()


async def unignore(context: Context) -> None:
    rows = fitting(context, ignored, "Un-ignore")
    if rows:
        ids = [row.id for row in rows]
        await edit(
            context, lambda ws, kind: ws.unignore(context.integration, kind, ids), "Back in the list", many(rows)
        )
        screen_of(context).table.unmark()


async def undo(context: Context) -> None:
    """Take back the newest mapping edit of this integration that was not taken back yet; one of many rows asks first."""
    from tui.widgets.dialogs import Confirm

    newest = await context.console.bridge.call(lambda ws: ws.undoable_edit(context.integration))
    if newest is not None and newest.count > 1:
        lines = [plain(newest.message), f"An undo cannot be undone. {SENT_NOTHING}"]
        dialog = Confirm(f"Take back an edit of {newest.count:,} rows?", lines, yes="Take back")
        if await context.console.push_screen_wait(dialog) is not True:
            return
    await edit(context, lambda ws, _kind: ws.undo_edit(context.integration), "Undone")


async def _sure(context: Context, rows: list[Row], verb: str, why: str) -> bool:
    if len(rows) == 1:
        return True
    from tui.widgets.dialogs import Confirm, named

    lines = [*named(names(rows), len(rows), NAMES), why, "ctrl+z takes it back."]
    dialog = Confirm(f"{verb} {len(rows):,} rows?", lines, yes=verb)
    return await context.console.push_screen_wait(dialog) is True
