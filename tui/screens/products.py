"""The Products tab: map products, add missing ones to the back office, and sync what is mapped."""

from __future__ import annotations

from tui.actions import Action, Context
from tui.screens import edits, list_actions, push
from tui.screens.panel_actions import PANEL
from tui.screens.records import RecordsScreen
from tui.screens.rule_actions import ITEM_RULE, RULES
from tui.screens.view_actions import OUT_OF_SYNC, screen_of


async def add_products(context: Context) -> None:
    """New back-office products made from these storefront products, and mapped by that."""
    from tui.screens.previews import add_products

    rows = edits.fitting(context, edits.addable, "Add")
    if rows and await add_products(context.console, context.integration, [row.id for row in rows]):
        screen_of(context).table.unmark()


ADD = Action(
    "add",
    "n",
    "Add to {backoffice}…",
    "A new product there, prefilled from this one; of marked rows, from a template with a duplicate check.",
    add_products,
    edits.on_rows(edits.addable),
    menu=True,
    rows=True,
)


PUSH = Action(
    "push",
    "P",
    "Push to {backoffice}…",
    "Made, linked or kept up there, with its prices in price books and its mapped fields; previewed first.",
    push.push_rows,
    push.why_not_rows,
    menu=True,
    rows=True,
)
PUSH_ALL = Action(
    "push.all",
    "B",
    "Push all to {backoffice}…",
    "Every product of the storefront; previewed first.",
    push.push_all,
    push.why_not,
)


class ProductsScreen(RecordsScreen):
    """Products of both sides."""

    NAME = "products"
    LEFT = "Storefront product"
    ACTIONS = (
        list_actions.MAPPING[0],
        list_actions.MAPPING[1],
        *list_actions.VIEW,
        list_actions.SYNC_PANEL,
        OUT_OF_SYNC,
        *list_actions.MAPPING[2:],
        ADD,
        PUSH,
        PUSH_ALL,
        *list_actions.SYNCING,
        list_actions.CHECK_ORDERS,
        ITEM_RULE,
        RULES,
        *PANEL,
        *list_actions.ABOUT,
        *list_actions.LIST,
        list_actions.DUPLICATES,
    )
