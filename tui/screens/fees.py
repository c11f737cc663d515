"""The Fees tab: the integration's own fee list; each fee is mapped to a back-office product and synced like one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.actions import Action, Context
from tui.screens import list_actions
from tui.screens.panel_actions import PANEL
from tui.screens.records import RecordsScreen
from tui.screens.row_verbs import why_no_integration
from tui.screens.view_actions import any_row

if TYPE_CHECKING:
    from engine.model import Fee
    from engine.workspace import Workspace


def own_fee(context: Context) -> str:
    """Greyed on rows of the back office."""
    if context.row is not None and context.row.side == "backoffice":
        return "it is a back-office product"
    return any_row(context)


async def add_fee(context: Context) -> None:
    """A form for a new fee."""
    from tui.screens.previews import edit_fee

    await edit_fee(context.console, context.integration, None)


async def change_fee(context: Context) -> None:
    """The same form for the fee under the cursor."""
    from tui.screens.previews import edit_fee

    row = context.row
    assert row is not None

    def find(ws: Workspace) -> Fee | None:
        return next((fee for fee in ws.fees(context.integration) if fee.id == row.id), None)

    fee = await context.console.bridge.call(find)
    if fee is None:
        context.console.say(f"{row.left} is not in the fee list any more.", "Fees", warning=True)
        return
    await edit_fee(context.console, context.integration, fee)


async def remove_fee(context: Context) -> None:
    """Take a fee off the list, with its mapping; asked first."""
    from tui.widgets.dialogs import Confirm

    row = context.row
    assert row is not None
    lines = [row.left, "Its mapping goes with it. Nothing is removed from either system."]
    if await context.console.push_screen_wait(Confirm("Remove this fee?", lines, yes="Remove", danger=True)):
        await context.console.bridge.call(lambda ws: ws.remove_fee(context.integration, row.id))
        context.console.say("Removed from the fee list.", row.left)


FEES = (
    Action(
        "fee.add",
        "plus",
        "Add a fee…",
        "Setup, recurring, upgrade, overuse or your own.",
        add_fee,
        why_no_integration,
        short="Add fee",
    ),
    Action(
        "fee.edit",
        "e",
        "Edit the fee…",
        "Name, type, amount and currency, or where the amount is read.",
        change_fee,
        own_fee,
        short="Edit",
        menu=True,
    ),
    Action(
        "fee.remove",
        "delete",
        "Remove the fee…",
        "From this list only; asked first.",
        remove_fee,
        own_fee,
        menu=True,
    ),
)


class FeesScreen(RecordsScreen):
    """Fees at the left, back-office products at the right."""

    NAME = "fees"
    LEFT = "Fee"
    ACTIONS = (
        list_actions.MAPPING[0],
        list_actions.MAPPING[1],
        *FEES,
        list_actions.SYNC_PANEL,
        *list_actions.VIEW,
        *list_actions.MAPPING[2:],
        *list_actions.SYNCING,
        *PANEL,
        *list_actions.ABOUT,
        *list_actions.LIST,
    )

    def titles(self, storefront: str, backoffice: str) -> tuple[str, str]:
        del storefront
        return "Fee", backoffice
