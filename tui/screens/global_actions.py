"""The actions that work on every tab: tabs, help, the choice of the integration, setting up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui.actions import EVERYWHERE, Action, Context, register
from tui.widgets.row_menu import Entry, Menu

if TYPE_CHECKING:
    from engine.integrations import Integration


def add() -> None:
    """Register them; more than once is harmless."""
    from tui.app import TABS

    register(
        EVERYWHERE,
        [
            *(
                Action(
                    f"tab.{tab.name}",
                    str(number),
                    f"Open {tab.title}",
                    f"Show the {tab.title} tab.",
                    partial(_open, name=tab.name),
                )
                for number, tab in enumerate(TABS, 1)
            ),
            Action("tab.next", "right_square_bracket", "Next tab", "Show the tab to the right.", partial(_step, by=1)),
            Action(
                "tab.previous", "left_square_bracket", "Previous tab", "The tab to the left.", partial(_step, by=-1)
            ),
            Action(
                "integration",
                "i",
                "Switch integration…",
                "Choose which pair of systems all tabs show.",
                switch_integration,
                _several,
            ),
            Action(
                "help", "question_mark,f1", "All keys…", "Search everything that can be done here, and do it.", help
            ),
            Action(
                "setup",
                "",
                "Set up an integration…",
                "Add two connections, test them, and pair them.",
                set_up,
            ),
            Action("settings", "comma", "Settings…", "Connections, integrations and their rules.", settings),
        ],
    )


def _open(context: Context, name: str) -> None:
    context.console.open_tab(name)


def _step(context: Context, by: int) -> None:
    context.console.next_tab(by)


def _integrations(context: Context) -> tuple[Integration, ...]:
    overview = context.console.overview
    return overview.integrations if overview is not None else ()


def _several(context: Context) -> str:
    count = len(_integrations(context))
    return "" if count > 1 else "there is only this one" if count else "there is none yet; set one up first"


async def switch_integration(context: Context) -> None:
    """A menu of all integrations, under the status line."""
    from textual.geometry import Offset

    entries = [
        Entry(
            one.name,
            str(number) if number < 10 else "",
            one.name,
            note=f"{one.storefront} → {one.backoffice}" + (" · shown now" if one.name == context.integration else ""),
        )
        for number, one in enumerate(_integrations(context), 1)
    ]
    chosen = await context.console.push_screen_wait(Menu("Integration", entries, Offset(1, 1)))
    if chosen is not None:
        context.console.show_integration(chosen)


async def help(context: Context) -> None:
    """The searchable list of all actions; the chosen one runs."""
    from tui.screens.help import Help

    chosen = await context.console.push_screen_wait(Help(context))
    if chosen is not None:
        context.console.act(chosen)


async def set_up(context: Context) -> None:
    """The first-run wizard."""
    from tui.screens.setup import SetupScreen

    name = await context.console.push_screen_wait(SetupScreen())
    if name:
        context.console.show_integration(name)


async def settings(context: Context) -> None:
    """Everything that can be changed later."""
    from tui.screens.settings import SettingsScreen

    await context.console.push_screen_wait(SettingsScreen(context.integration))
