"""A page over the tabs: a title, a body, the footer with its keys. Tab keys do not act while one is open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from tui.widgets.footer import StableFooter
from tui.widgets.key_scope import say_why_not
from tui.widgets.reports import Reports
from tui.widgets.text import content

T = TypeVar("T")


class Page(Reports, ModalScreen[T], Generic[T]):
    """Returns a value when it is left; None where nothing was done."""

    DEFAULT_CSS = """
    Page {
        layout: vertical; background: $surface;
        & > .page--title { height: 1; background: $primary; color: $text; text-style: bold; padding: 0 1; }
        & > .page--lines { height: auto; max-height: 4; padding: 0 1; }
        & > .page--problem { height: auto; max-height: 4; padding: 0 1; color: $text-error; }
        & > .page--buttons { height: 1; padding: 0 1; }
        & > .page--buttons Button { margin-right: 2; }
        & Form { padding: 0 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back")]

    def compose(self) -> ComposeResult:
        yield Static(content(self.HEADING), classes="page--title")
        yield from self.body()
        yield StableFooter()

    def body(self) -> Iterable[Widget]:
        """The widgets between title and footer."""
        return ()

    def title_is(self, text: str) -> None:
        """Change the title line."""
        self.query_one(".page--title", Static).update(content(text))

    def why_not(self, action: str) -> str:
        """Why one of the page's keys does nothing now, or an empty text; such a key is greyed and says so."""
        del action
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return None if self.is_mounted and self.why_not(action) else True

    def on_key(self, event: Key) -> None:
        say_why_not(self, event.key, self.why_not)

    def action_leave(self) -> None:
        self.dismiss(None)
