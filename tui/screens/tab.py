"""What every tab of the console has: status line, tab strip, body, footer, and its actions as keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingsMap
from textual.screen import Screen
from textual.widget import Widget

from tui.actions import REGISTRY, Action, Context, register
from tui.widgets.footer import StableFooter
from tui.widgets.line import Line
from tui.widgets.reports import Reports
from tui.widgets.status_line import StatusLine
from tui.widgets.tab_strip import TabStrip

if TYPE_CHECKING:
    from tui.app import Console
    from tui.slot import Update


class TabScreen(Reports, Screen[Any]):
    """One installed tab. A subclass sets ``NAME`` (as in ``tui.app.TABS``) and ``ACTIONS``, and yields its ``body``.

    ``engine_changed`` is called in the screen's loop with each update of the engine while the screen is mounted, and
    once with everything known when it is first shown.
    """

    NAME: ClassVar[str] = ""
    ACTIONS: ClassVar[Iterable[Action]] = ()
    DEFAULT_CSS = """
    TabScreen { layout: vertical; }
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__dict__.get("ACTIONS"):
            register(cls.NAME, cls.ACTIONS)

    def __init__(self) -> None:
        super().__init__()
        self._bindings = BindingsMap.merge([self._bindings, BindingsMap(REGISTRY.bindings(self.NAME))])

    @property
    def console(self) -> Console:
        """The app, by its own type."""
        return cast("Console", self.app)

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield TabStrip(self.NAME)
        yield from self.body()
        yield StableFooter()

    def body(self) -> Iterable[Widget]:
        """The widgets between the tab strip and the footer."""
        return ()

    def context(self) -> Context:
        """What actions act on here and now."""
        return Context(self.console, self, self.console.integration)

    def engine_changed(self, update: Update) -> None:
        """Something in the engine changed; redraw what shows it."""

    def reason(self, action_id: str) -> str:
        """Why an action is greyed now, or "" when it can run."""
        return REGISTRY.find(self.NAME, action_id).enabled(self.context())

    def on_screen_resume(self) -> None:
        self.console.tab_shown(self)

    def redraw_lines(self) -> None:
        """Repaint those of the one-line widgets whose text changed."""
        for line in self.query(Line):
            line.changed()

    def action_act(self, action_id: str) -> None:
        """Every key of the registry comes here."""
        self.console.act(action_id)
