"""The console: one installed screen per tab, the bridge to the engine, and what all tabs share.

Screens hold no business state: they render snapshots, send verbs over the bridge and redraw on updates. Nothing of
the engine is imported before the first paint.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.signal import Signal

from tui import terminal
from tui.actions import EVERYWHERE, REGISTRY, Context
from tui.bridge import Bridge
from tui.live import LISTS, Live
from tui.screens.tab import TabScreen
from tui.slot import Update
from tui.widgets.plain import plain

if TYPE_CHECKING:
    from rich.console import RenderableType

    from engine.views import Snapshot
    from engine.workspace import Workspace
    from tui.slot import Overview


class Tab(NamedTuple):
    """One tab: its name is also that of its screen and of its actions."""

    name: str
    title: str
    module: str
    screen: str
    short: str = ""  # where the terminal is narrow, and another tab is open


TABS = (
    Tab("customers", "Customers", "tui.screens.customers", "CustomersScreen", "Cust"),
    Tab("products", "Products", "tui.screens.products", "ProductsScreen", "Prod"),
    Tab("fees", "Fees", "tui.screens.fees", "FeesScreen"),
    Tab("sync", "Sync", "tui.screens.sync", "SyncScreen"),
    Tab("reconcile", "Reconcile", "tui.screens.reconcile", "ReconcileScreen", "Recon"),
    Tab("fields", "Fields", "tui.screens.fields", "FieldsScreen"),
    Tab("activity", "Activity", "tui.screens.activity", "ActivityScreen", "Log"),
)


class EngineWoke(Message):
    """The bridge's slot holds something new; at most one of these is ever under way."""


class Console(App[None]):
    """The operator console over one workspace."""

    TITLE = "Crosswalk"
    CSS_PATH = "crosswalk.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", show=False, priority=True)]

    def __init__(self, open: Callable[[], Workspace], *, first_tab: str = "customers", poll: float = 1.0) -> None:
        """``open`` gives the workspace; it is called in the engine's thread, after the first paint."""
        super().__init__()
        if terminal.colourless():
            self.theme = "textual-dark"  # the ANSI themes are black on black without colour
        if terminal.calm():
            self.animation_level = "none"
        self.first_tab = first_tab
        self.integration = ""
        self.live = Live()
        self.trouble = ""
        self.failure: BaseException | None = None
        self.bridge = Bridge(open, lambda: self.post_message(EngineWoke()), poll=poll)
        self.updates: Signal[Update] = Signal(self, "updates")
        self.guard = terminal.Guard(self, self.bridge.close)
        self._throttle = terminal.Throttle(self)
        self._told = ""
        self._setup_offered = False

    # ------------------------------------------------------------------------------------------------ life
    async def on_mount(self) -> None:
        from tui.screens import global_actions

        global_actions.add()
        self.guard.install()
        await self.push_screen(self._tab(self.first_tab))
        self.call_after_refresh(self.bridge.start)

    def on_unmount(self) -> None:
        self.guard.remove()

    def on_resize(self) -> None:
        self.call_later(self._check_size)  # the app's own size is only set after this handler

    def _check_size(self) -> None:
        from tui.screens.too_small import TooSmall

        if not TooSmall.fits(self.size) and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if self._throttle.may_paint():
            super()._display(screen, renderable)

    # ------------------------------------------------------------------------------------------------ tabs
    @property
    def tab(self) -> TabScreen | None:
        """The tab that is shown (perhaps under dialogs)."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, TabScreen)), None)

    def _tab(self, name: str) -> TabScreen:
        if not self.is_screen_installed(name):
            tab = next(tab for tab in TABS if tab.name == name)
            self.install_screen(getattr(importlib.import_module(tab.module), tab.screen)(), name)
        return cast("TabScreen", self.get_screen(name))

    def open_tab(self, name: str) -> None:
        """Show a tab; does nothing while a dialog is open."""
        if isinstance(self.screen, TabScreen) and name != self.screen.NAME:
            self.switch_screen(self._tab(name))

    def next_tab(self, by: int) -> None:
        """Show the tab to the right (1) or left (-1) of this one, round the end."""
        names = [tab.name for tab in TABS]
        if self.tab is not None and self.tab.NAME in names:
            self.open_tab(names[(names.index(self.tab.NAME) + by) % len(names)])

    def tab_shown(self, screen: TabScreen) -> None:
        """A tab came to the front: tell it everything that is known."""
        everything = Update(
            snapshots=dict(self.live.snapshots),
            overview=self.live.overview,
            opened=self.live.overview is not None,
            events=[*self.live.runs.values(), *self.live.pulls.values()],
        )
        screen.engine_changed(everything)
        screen.redraw_lines()

    # ------------------------------------------------------------------------------------------------ the engine
    @property
    def overview(self) -> Overview | None:
        """Integrations, connections, alarms and running runs; None until the workspace is open."""
        return self.live.overview

    def snapshot(self, kind: str) -> Snapshot | None:
        """The newest snapshot of a list of the integration that is shown."""
        return self.live.snapshots.get((self.integration, kind))

    def unmapped(self, tab: str) -> int:
        """Rows of a tab that wait to be mapped."""
        return self.live.unmapped(self.integration, tab)

    def progress_texts(self) -> list[str]:
        """What runs now, for the status line."""
        return self.live.progress_texts()

    def on_engine_woke(self) -> None:
        update = self.bridge.slot.take()
        if not self.is_running:  # a late word of the engine: the screens are being taken down
            return
        self.live.absorb(update)
        if update.error is not None:
            self._troubled(update.error, fatal=update.fatal)
        elif update.overview is not None:
            self._told = ""
        if update.opened:
            self.run_worker(self._read_keys(), group="keys", exit_on_error=False)
        if update.overview is not None:
            self._choose_integration(update.overview)
        self.updates.publish(update)
        if self.tab is not None and self.tab.children:  # a screen that was just opened is empty for a moment
            self.tab.engine_changed(update)
            self.tab.redraw_lines()

    async def _read_keys(self) -> None:
        """The admin's own keys, from ``keys.toml`` in the workspace."""
        from tui import keys

        try:
            keymap = await self.bridge.call(keys.read)
        except Exception as error:  # noqa: BLE001 - logged and shown; the console goes on
            self.report(error, "Your keys")
            return
        if problems := REGISTRY.remap(keymap):
            self.say("; ".join(problems), keys.FILE, warning=True)
        if keymap:
            self.set_keymap(keymap)

    def _choose_integration(self, overview: Overview) -> None:
        names = [integration.name for integration in overview.integrations]
        if self.integration not in names:
            self.show_integration(names[0] if names else "")
        if not names and not self._setup_offered:
            self._setup_offered = True
            self.act("setup")

    def show_integration(self, name: str) -> None:
        """Show another integration on every tab."""
        if name == self.integration:
            return
        self.integration = name
        self.live.snapshots = {key: snapshot for key, snapshot in self.live.snapshots.items() if key[0] == name}
        here = self.tab.NAME if self.tab is not None else ""
        self.bridge.watch(name, tuple(sorted(LISTS, key=lambda kind: kind != here)) if name else ())
        if self.tab is not None:
            self.tab_shown(self.tab)

    def _troubled(self, error: BaseException, *, fatal: bool) -> None:
        self.failure = error
        if fatal and self.overview is None:
            self.exit(return_code=getattr(error, "exit_code", 1))
        elif fatal:
            self.trouble = f"The engine stopped: {error}. Nothing more is read or written; close and open again."
        elif str(error) != self._told:  # what fails every second is told once
            self._told = str(error)
            self.report(error, "In the background")

    # ------------------------------------------------------------------------------------------------ actions
    def act(self, action_id: str, context: Context | None = None) -> None:
        """Run an action of the shown tab; an action that cannot run now says why."""
        tab = self.tab
        if tab is None:
            return
        context = tab.context() if context is None else context
        action = REGISTRY.find(tab.NAME, action_id)
        if reason := action.enabled(context):
            self.notify(plain(reason), title=plain(action.title(context)), severity="warning", markup=False)
            return
        try:
            result = action.run(context)
        except Exception as error:  # noqa: BLE001 - logged and shown; the console goes on
            self.report(error, action.title(context))
            return
        if inspect.isawaitable(result):
            tab.run_worker(self._awaited(result, action.title(context)), group=f"act-{action_id}", exit_on_error=False)

    async def _awaited(self, result: Awaitable[None], title: str) -> None:
        try:
            await result
        except Exception as error:  # noqa: BLE001 - logged and shown; the console goes on
            self.report(error, title)

    def report(self, error: BaseException, title: str) -> None:
        """Show an error: what happened, what was and was not written, what to do next."""
        from tui.widgets.explain import error_dialog

        self.push_screen(error_dialog(title, error))

    def say(self, text: str, title: str = "", *, warning: bool = False) -> None:
        """A toast of plain text."""
        self.notify(
            plain(text), title=plain(title), severity="warning" if warning else "information", timeout=6, markup=False
        )

    def action_focus_list(self, clear: bool) -> None:
        """From the filter's input back to the list."""
        leave = getattr(self.screen, "leave_filter", None)
        if leave is not None:
            leave(clear=clear)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "command_palette":
            return isinstance(self.screen, TabScreen)
        return super().check_action(action, parameters)

    def save_picture(self) -> None:
        """Save the screen as an SVG file and say where."""
        self.deliver_screenshot()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette: every action of the tab, then the few of Textual's that help here."""
        if isinstance(screen, TabScreen):
            context = screen.context()
            for action in REGISTRY.of(screen.NAME):
                reason = action.enabled(context)
                help = f"not now: {reason}" if reason else action.help
                yield SystemCommand(plain(action.title(context)), plain(help), partial(self.act, action.id))
        if not terminal.colourless():
            yield SystemCommand("Change theme", "Choose other colours", self.action_change_theme)
        yield SystemCommand("Save a picture of the screen", "As an SVG file", self.save_picture)
        yield SystemCommand("Quit", "Close the console; what runs is settled first", self.action_quit)


def run_console(workspace: Path | None = None, *, first_tab: str = "customers") -> int:
    """Open the console in this terminal and return the exit code; nothing heavy is imported before the first paint."""

    def open_workspace() -> Workspace:
        from tui import compose

        path = compose.default_workspace() if workspace is None else workspace
        compose.start_log(path)
        return compose.open_workspace(path)

    console = Console(open_workspace, first_tab=first_tab)
    try:
        console.run()
    finally:
        console.guard.over()
        settled = close(console)
    if console.failure is not None and console.overview is None:
        sys.stderr.write(f"crosswalk: {plain(str(console.failure))}\n")
        return console.return_code or 1
    return (console.return_code or 0) if settled else 1


def close(console: Console, timeout: float = 20.0) -> bool:
    """Settle what is in flight, saying so if it takes a moment."""
    if console.bridge.busy:
        _tell(b"crosswalk: finishing the batch in flight...\n")
    settled = console.bridge.close(timeout)
    if not settled:
        _tell(b"crosswalk: not everything was settled in time; the next start settles the rest first.\n")
    return settled


def _tell(text: bytes) -> None:
    with contextlib.suppress(OSError):  # the terminal may be what went away
        os.write(2, text)


__all__ = ["EVERYWHERE", "TABS", "Console", "Tab", "run_console"]
