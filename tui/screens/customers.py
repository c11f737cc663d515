"""The Customers tab: map customers, and import those of the back office that the storefront does not have."""

from __future__ import annotations

from tui.actions import Action, Context
from tui.screens import list_actions
from tui.screens.buyers import BUYERS
from tui.screens.records import RecordsScreen
from tui.screens.row_verbs import why_no_integration
from tui.screens.view_actions import screen_of


async def import_customers(context: Context) -> None:
    """Create the chosen back-office customers in the storefront (all complete ones when none is chosen)."""
    from tui.screens.previews import ImportCustomers

    chosen = [row.id for row in context.targets() if row.side == "backoffice"]
    run = await context.console.push_screen_wait(ImportCustomers(context.integration, chosen or None))
    if run is not None:
        screen_of(context).table.unmark()


IMPORT = Action(
    "import",
    "I",
    "Import to {storefront}…",
    "Create back-office customers in the storefront: the chosen ones, or all with a complete profile.",
    import_customers,
    why_no_integration,
    short="Import",
    menu=True,
    rows=True,
)


class CustomersScreen(RecordsScreen):
    """Customers of both sides."""

    NAME = "customers"
    LEFT = "Storefront customer"
    ACTIONS = (
        list_actions.MAPPING[0],
        list_actions.MAPPING[1],
        *list_actions.VIEW,
        *list_actions.MAPPING[2:],
        IMPORT,
        BUYERS,
        *list_actions.ABOUT,
        *list_actions.LIST,
        list_actions.DUPLICATES,
    )
