"""Pushing storefront products into the back office: planned, looked at, confirmed once, and carried out."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from tui.actions import Context
from tui.screens.edits import fitting, on_rows
from tui.screens.view_actions import screen_of
from tui.widgets.access import ask_long

if TYPE_CHECKING:
    from engine.views import Row


def why_not(context: Context) -> str:
    """Greyed where the back office has no price books to push into."""
    overview = context.console.overview
    if overview is None or not context.integration:
        return "there is no integration yet"
    backoffice = next((one.backoffice for one in overview.integrations if one.name == context.integration), "")
    able = any(one.pushes_products for one in overview.connections if one.name == backoffice)
    return "" if able else "no price books there"


def why_not_rows(context: Context) -> str:
    """The same, and a test of the row under the cursor."""
    return why_not(context) or on_rows(pushable)(context)


def pushable(row: Row) -> str:
    if row.side == "backoffice":
        return "it is a back-office record already"
    if row.status == "Base":
        return "it is the parent of variants; push the variants"
    return "it is ignored; un-ignore it first" if row.status == "Ignored" else ""


async def push_rows(context: Context) -> None:
    """Push the marked rows, or this one."""
    rows = fitting(context, pushable, "Push")
    if rows:
        await _push(context, [row.id for row in rows])


async def push_all(context: Context) -> None:
    """Push every product of the storefront."""
    await _push(context, None)


async def _push(context: Context, ids: Collection[str] | None) -> None:
    from tui.screens.plan_page import PlanPage

    context.console.say("Both sides and the price books are read first.", "Planning the push")
    plan = await ask_long(context.screen, lambda ws: ws.plan_push(context.integration, ids))
    run = await context.console.push_screen_wait(PlanPage(plan))
    if run is not None:
        screen_of(context).table.unmark()
