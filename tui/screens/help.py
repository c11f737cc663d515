"""``?``: every key that works here, searchable by word or key, and executable."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.actions import REGISTRY, Action, Context, key_text
from tui.widgets.plain import plain
from tui.widgets.search_input import SearchInput

#: Keys that are no actions, because they only move: shown, not executable.
MOVES = (
    ("↑ ↓ j k", "Move", "one row up or down"),
    ("pgup pgdn", "Page", "one page up or down"),
    ("home end g G", "First, last", "to the ends of the list"),
    ("shift+↑ shift+↓", "Mark on the way", "mark the row and go on"),
    ("tab", "Next part", "between list, filter, detail and sync panel"),
    ("^q", "Quit", "what runs is settled first and can be resumed"),
)
KEYS = 8
LABEL = 26


class Help(ModalScreen[str | None]):
    """Returns the id of the action to run, or None."""

    DEFAULT_CSS = """
    Help { align: center middle; }
    Help > Vertical {
        width: 100; max-width: 98%; height: 95%; border: round $primary; background: $surface; padding: 0 1;
        border-title-style: bold;
    }
    Help OptionList { height: 1fr; border: none; padding: 0; background: $surface; scrollbar-size-vertical: 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    Help OptionList:focus { border: none; }
    Help .help--more { height: 2; }
    Help .help--hint { height: 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1", "close", "Close"),
        Binding("down", "move('cursor_down')", show=False),
        Binding("up", "move('cursor_up')", show=False),
        Binding("pagedown", "move('page_down')", show=False),
        Binding("pageup", "move('page_up')", show=False),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.actions = REGISTRY.of(getattr(context.screen, "NAME", ""))

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content("What can be done here")
            yield SearchInput(placeholder="search by word or key", compact=True)
            yield OptionList(markup=False)
            yield Static(classes="help--more")
            yield Static(Content("⏎ do it · esc close"), classes="help--hint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self._show("")

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._show(event.value)

    def _show(self, text: str) -> None:
        tokens = text.casefold().split()
        options = [
            self._option(action)
            for action in self.actions
            if all(
                token in f"{key_names(action)} {action.title(self.context)} {action.help}".casefold()
                for token in tokens
            )
        ]
        moves = [
            Option(Content(f"{keys:<{KEYS + 2}} {label:<{LABEL}} {what}"), disabled=True)
            for keys, label, what in MOVES
            if all(token in f"{keys} {label} {what}".casefold() for token in tokens)
        ]
        menu = self.query_one(OptionList)
        menu.set_options([*options, *moves])
        menu.highlighted = 0 if options else None

    def _option(self, action: Action) -> Option:
        reason = action.enabled(self.context)
        keys, label = key_names(action), plain(action.title(self.context))
        tail = f"not now: {plain(reason)}" if reason else action.help
        style = "dim" if reason else ""
        return Option(
            Content.assemble(
                (keys + " " * max(1, KEYS + 2 - cell_len(keys)), "dim" if reason else "bold $accent"),
                (label + " " * max(1, LABEL + 1 - cell_len(label)), style),
                (tail, "dim"),
            ),
            id=action.id,
        )

    @on(OptionList.OptionHighlighted)
    def explain(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        action = next((one for one in self.actions if one.id == event.option_id), None)
        if action is not None:
            reason = action.enabled(self.context)
            more = Content.assemble(
                (f"Not now: {plain(reason)}. " if reason else "", "$text-warning"),
                action.help,
                (f"  [{action.id}]", "dim"),
            )
            self.query_one(".help--more", Static).update(more)

    @on(Input.Submitted)
    def take(self) -> None:
        option = self.query_one(OptionList).highlighted_option
        if option is not None and option.id is not None:
            self.dismiss(option.id)

    @on(OptionList.OptionSelected)
    def clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id is not None:
            self.dismiss(event.option_id)

    def action_move(self, how: str) -> None:
        getattr(self.query_one(OptionList), f"action_{how}")()

    def action_close(self) -> None:
        self.dismiss(None)


def key_names(action: Action) -> str:
    """The keys of an action as an admin reads them."""
    return " ".join(key_text(key) for key in action.keys)
