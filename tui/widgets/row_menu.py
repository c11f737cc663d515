"""Small menus that drop down beside what they are about: the row menu, the status filter, the sort order.

Letters act at once. An entry that cannot be chosen is greyed and says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Offset
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.actions import key_text
from tui.widgets.plain import plain


class Entry(NamedTuple):
    """One line of a menu; ``reason`` is why it is greyed, ``note`` stands dimmed behind a line that can be chosen."""

    id: str
    key: str
    label: str
    reason: str = ""
    note: str = ""


class Menu(ModalScreen[str | None]):
    """A list of entries at a place on the screen; returns the id of the chosen one."""

    DEFAULT_CSS = """
    Menu { background: transparent; }
    Menu > OptionList {
        width: auto; height: auto; max-height: 90%; border: round $primary; background: $panel; padding: 0;
        border-title-style: bold; scrollbar-size-vertical: 1;
        &:focus { border: round $primary; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,full_stop,q,left", "close", "Close"),
        Binding("j", "move('cursor_down')", show=False),
        Binding("k", "move('cursor_up')", show=False),
    ]

    def __init__(self, title: str, entries: Sequence[Entry], at: Offset) -> None:
        """``at`` is where its top left corner goes; it moves up and left as far as the screen demands."""
        super().__init__()
        self.heading, self.entries, self.at = title, entries, at

    def compose(self) -> ComposeResult:
        keys = max((cell_len(key_text(entry.key)) for entry in self.entries), default=0)
        options = [
            Option(
                Content.assemble(
                    (f" {key_text(entry.key):<{keys}}  ", "bold $accent" if not entry.reason else "dim"),
                    plain(entry.label),
                    (f"  {plain(entry.reason or entry.note)}", "dim"),
                    " ",
                ),
                id=entry.id,
                disabled=bool(entry.reason),
            )
            for entry in self.entries
        ]
        yield OptionList(*options, markup=False)

    def on_mount(self) -> None:
        menu = self.query_one(OptionList)
        menu.border_title = Content(plain(self.heading))
        menu.highlighted = next((n for n, entry in enumerate(self.entries) if not entry.reason), None)
        menu.focus()
        self._place()

    def on_resize(self) -> None:
        self._place()

    def _place(self) -> None:
        menu = self.query_one(OptionList)
        room = self.app.size
        height = min(len(self.entries) + 2, room.height * 9 // 10)
        widest = max((cell_len(str(menu.get_option_at_index(n).prompt)) for n in range(menu.option_count)), default=0)
        width = min(room.width, max(widest + 2, cell_len(self.heading) + 6))
        menu.styles.width = width
        menu.styles.offset = (
            max(0, min(self.at.x, room.width - width)),
            max(0, min(self.at.y, room.height - height)),
        )

    def on_key(self, event: events.Key) -> None:
        for entry in self.entries:
            keys = {key.strip() for key in entry.key.split(",")} - {"enter"}
            if event.key in keys:
                event.stop()
                event.prevent_default()
                if entry.reason:
                    self.notify(entry.reason, title=entry.label, severity="warning", markup=False)
                else:
                    self.dismiss(entry.id)
                return

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)

    @on(OptionList.OptionSelected)
    def chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_id)

    def action_close(self) -> None:
        self.dismiss(None)

    def action_move(self, how: str) -> None:
        getattr(self.query_one(OptionList), f"action_{how}")()


def below(x: int, line: int, entries: int, height: int) -> Offset:
    """Where a menu of so many entries goes beside a line of the screen: below it, or above where that does not fit."""
    needed = entries + 2
    return Offset(x, line + 1 if line + 1 + needed <= height else max(0, line - needed))
