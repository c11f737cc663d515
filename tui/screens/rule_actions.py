"""The actions of the Products tab that open the Rules page."""

from __future__ import annotations

from tui.actions import Action, Context


def _item(context: Context) -> tuple[str, str] | None:
    row = context.row
    return (row.id, row.left or row.id) if row is not None and row.side == "storefront" else None


async def _open(context: Context, *, of_item: bool) -> None:
    from tui.screens.rules import RulesScreen  # its form loads with the page, not with the list

    await context.console.push_screen_wait(RulesScreen(context.integration, _item(context), of_item=of_item))


async def _store(context: Context) -> None:
    await _open(context, of_item=False)


async def _of_item(context: Context) -> None:
    await _open(context, of_item=True)


def _why_no_item(context: Context) -> str:
    return "one row at a time" if context.marked > 1 else "" if _item(context) else "it is no storefront product"


def _why_none(context: Context) -> str:
    return "" if context.integration else "there is no integration yet"


RULES = Action(
    "rules", "l", "Rules…", "What the storefront gets of quantities and prices; tried before it is saved.", _store,
    _why_none,
)  # fmt: skip
ITEM_RULE = Action(
    "rules.item", "L", "Rule of this item…", "Its own rule, which wins over the store's.", _of_item, _why_no_item,
)  # fmt: skip
