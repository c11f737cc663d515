"""The verb that unblocks a row of a plan: nothing can be stuck without a key that unsticks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.widgets.access import ask, integration_of
from tui.widgets.explain import error_dialog
from tui.widgets.map_first import MapRow
from tui.widgets.resolve import ask_for_change

if TYPE_CHECKING:
    from textual.widget import Widget

    from engine.changes import Change


async def unblock(node: Widget, change: Change, map_row: MapRow) -> bool:
    """Run the verb of a blocked change; True when something was decided, so that a new plan is due.

    An error is shown, and nothing was decided. Call from a worker.
    """
    from engine.errors import CrosswalkError

    try:
        return await _run(node, change, map_row)
    except CrosswalkError as error:
        about = f"{change.name} ({change.storefront_id})"
        await node.app.push_screen_wait(error_dialog("Not decided", error, about=about))
        return False


async def _run(node: Widget, change: Change, map_row: MapRow) -> bool:
    name = integration_of(node)
    match change.verb:
        case "resolve" | "choose price":
            decision = await ask_for_change(node.app, change)
            if decision is None:
                return False
            await ask(
                node,
                lambda ws: ws.resolve(
                    name, change.kind, change.storefront_id, change.field, keep=decision.keep, value=decision.value
                ),
            )
            return True
        case "map" | "remap":
            return await map_row(change.kind.value, change.storefront_id, change.name)
        case "unignore":
            await ask(node, lambda ws: ws.unignore(name, change.kind, [change.storefront_id]))
            return True
        case "re-check" | "sync":
            return True
        case "change settings":
            from tui.screens.settings import SettingsScreen

            saved: bool | None = await node.app.push_screen_wait(SettingsScreen(name))
            return bool(saved)
        case "change the rule":
            from tui.screens.rules import RulesScreen

            page = RulesScreen(name, (change.storefront_id, change.name), of_item=True)
            edited: bool | None = await node.app.push_screen_wait(page)
            return bool(edited)
        case "sync quantity apart":
            text = "Untick the price and plan again: the quantities go by themselves."
            node.app.notify(text, title=change.name, markup=False)
            return False
    node.app.notify(change.blocked, title=change.name, severity="warning", markup=False)
    return False
