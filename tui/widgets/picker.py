"""The picker: ranked suggestions with their reasons first, then type-ahead over every counterpart there is.

A hundred thousand names are searched in slices while typing; only the best fifty are ever put into the list. Escape
loses nothing: what was typed comes back when the picker is opened for that row again.
"""

from __future__ import annotations

import textwrap
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.widgets.lens import SLICE, Steps, in_slices, search
from tui.widgets.plain import plain
from tui.widgets.reports import Reports
from tui.widgets.search_input import SearchInput

if TYPE_CHECKING:
    from engine.views import Choice, Suggestion

SHOWN = 50
#: Hits that are looked at to find the best fifty.
RANKED = 2_000
#: Where names begin: scores stand before them, and what does not fit on a line goes on below them.
INDENT = " " * 8
ADD = "add"
PICK = "pick:"


@dataclass(frozen=True)
class PickerData:
    """What can be picked: suggestions for this row (best first), and all counterparts.

    ``holders`` tells who a counterpart is mapped to (by its id), where the choices themselves may be older than that.
    """

    suggestions: Sequence[Suggestion]
    choices: Sequence[Choice]
    holders: Mapping[str, str] | None = None

    def holder(self, choice: Choice) -> str:
        """The name of the record a counterpart is mapped to, or ""."""
        return choice.mapped_to if self.holders is None else self.holders.get(choice.id, "")


@dataclass(frozen=True)
class Picked:
    """The answer: a counterpart's id, or (``add``) that a new record is to be made. ``skip`` goes to the next row."""

    id: str = ""
    name: str = ""
    add: bool = False
    skip: bool = False


class Picker(Reports, ModalScreen[Picked | None]):
    """Returns what was picked, or None after Escape."""

    DEFAULT_CSS = """
    Picker { align: center middle; }
    Picker > Vertical {
        width: 110; max-width: 98%; height: 90%; border: round $primary; background: $surface; padding: 0 1;
        border-title-style: bold;
    }
    Picker .picker--row { height: auto; max-height: 3; color: $text-muted; }
    Picker Input { margin: 0; }
    Picker OptionList { height: 1fr; border: none; padding: 0; background: $surface; scrollbar-size-vertical: 1; }
    Picker OptionList:focus { border: none; }
    Picker .picker--hint { height: 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Close"),
        Binding("down", "move('cursor_down')", show=False),
        Binding("up", "move('cursor_up')", show=False),
        Binding("pagedown", "move('page_down')", show=False),
        Binding("pageup", "move('page_up')", show=False),
        Binding("ctrl+n", "skip", "Skip", show=False),
    ]

    def __init__(
        self,
        title: str,
        about: str,
        load: Callable[[], Awaitable[PickerData]],
        *,
        add: str = "",
        typed: str = "",
        remember: Callable[[str], None] | None = None,
        walk: bool = False,
        first: Callable[[], Awaitable[PickerData]] | None = None,
    ) -> None:
        """``about`` describes the row; ``add`` is the label of the last entry ("" leaves it out).

        ``first`` gives what is known at once, shown while ``load`` is still reading. ``typed`` is put into the input and ``remember`` told of every change; ``walk`` offers to skip to a next row.
        """
        super().__init__()
        self.heading, self.about, self.load = title, about, load
        self.add, self.typed, self.remember, self.walk_on, self.first = add, typed, remember, walk, first
        self.data: PickerData | None = None
        self._texts: list[str] = []
        self._reading = True
        self._names: dict[str, str] = {}
        self._last: tuple[str, Sequence[int]] | None = None

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(plain(self.heading))
            yield Static(Content(plain(self.about)), classes="picker--row")
            yield SearchInput(self.typed, placeholder="type to search all of them", compact=True, select_on_focus=False)
            yield OptionList(Option(Content(" reading…"), disabled=True), markup=False)
            yield Static(self._hint(""), classes="picker--hint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self.fill()

    def _hint(self, count: str) -> Content:
        last = "^n skip this row · esc close" if self.walk_on else "esc close, keeps what you typed"
        return Content(f"{count}↑↓ choose · ⏎ map · {last}")

    @work(exclusive=True, group="picker")
    async def fill(self) -> None:
        if self.first is not None:
            self.data = await self.first()
            await self._show()
        data = await self.load()
        texts = await in_slices(_texts(data.choices))
        self.data, self._texts, self._last, self._reading = data, texts, None, False
        await self._show()

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        event.stop()
        if self.remember is not None:
            self.remember(event.value)
        if self.data is not None:
            self.search_again()

    @work(exclusive=True, group="picker-search")
    async def search_again(self) -> None:
        await self._show()

    async def _show(self) -> None:
        assert self.data is not None
        text = self.query_one(Input).value
        tokens = text.casefold().split()
        texts = self._texts
        hits: Sequence[int] = range(len(texts))
        if self._last is not None and text.startswith(self._last[0]):
            hits = self._last[1]
        hits = await in_slices(search(texts, tokens, hits))
        if texts is not self._texts:  # all of them came in meanwhile, and are being shown
            return
        self._last = (text, hits)
        options = self._suggested(tokens) + self._listed(text, hits)
        menu = self.query_one(OptionList)
        at = menu.highlighted
        found = len(options)
        if self._reading:
            options.append(Option(Content("        reading all the others…"), disabled=True))
        if self.add:
            options.append(Option(Content.assemble(("  +   ", "bold $accent"), plain(self.add)), id=ADD))
        if not found and not self._reading:
            options.insert(0, Option(Content("  nothing matches; other words, or fewer of them?"), disabled=True))
        menu.set_options(options)
        again = at is not None and at < found and not tokens
        menu.highlighted = (at if again else 0) if found else (1 if self.add else None)
        count = (
            f"{len(hits):,} of {len(self._texts):,} match · " if tokens else f"{len(self._texts):,} to choose from · "
        )
        self.query_one(".picker--hint", Static).update(self._hint(count))

    @property
    def _room(self) -> int:
        """Cells of a line of the list, from where names begin to its scroll bar."""
        return max(20, self.query_one(OptionList).size.width - len(INDENT) - 2)

    def _below(self, text: str) -> str:
        """The text on lines of its own, indented as names are."""
        return "".join(f"\n{INDENT}{line}" for line in textwrap.wrap(text.strip(), self._room))

    def _suggested(self, tokens: Sequence[str]) -> list[Option]:
        assert self.data is not None
        options = []
        for one in self.data.suggestions:
            name = plain(one.backoffice_name or one.backoffice_id)
            evidence = plain(" · ".join(one.evidence))
            text = f"{name} {one.backoffice_id} {evidence}".casefold()
            if all(token in text for token in tokens):
                score = "exact" if one.exact else "  ?  " if one.ambiguous else f"{one.score:.2f} "
                self._names[one.backoffice_id] = name
                reasons = self._below(evidence)
                options.append(
                    Option(
                        Content.assemble(
                            (f" {score} ", "bold $text-success" if not one.ambiguous else "bold $text-warning"),
                            (f" {name}", "bold"),
                            (f"  {plain(one.backoffice_id)}", "dim"),
                            ("  several fit equally" if one.ambiguous else "", "$text-warning"),
                            (reasons, "dim"),
                        ),
                        id=PICK + one.backoffice_id,
                    )
                )
        return options

    def _listed(self, text: str, hits: Sequence[int]) -> list[Option]:
        assert self.data is not None
        holder = self.data.holder
        choices, start = self.data.choices, text.casefold().strip()
        suggested = {one.backoffice_id for one in self.data.suggestions}
        some = [choices[i] for i in hits[:RANKED] if choices[i].id not in suggested]
        some.sort(key=lambda choice: (not choice.search.startswith(start), bool(holder(choice))))
        options = []
        for choice in some[:SHOWN]:
            self._names[choice.id] = plain(choice.name)
            taken = f"  ↔ mapped to {plain(holder(choice))}" if holder(choice) else ""
            hint = f"  {plain(choice.hint)}" if choice.hint else ""
            parts = [(plain(choice.name), ""), (hint, "dim"), (taken, "$text-warning")]
            beside = sum(cell_len(text) for text, _ in parts) <= self._room
            told = [(text if beside else self._below(text), style) for text, style in parts[1:]]
            options.append(
                Option(
                    Content.assemble(f"{INDENT}{parts[0][0]}", *told),
                    id=PICK + choice.id,
                )
            )
        return options

    @on(Input.Submitted)
    def take(self) -> None:
        option = self.query_one(OptionList).highlighted_option
        if option is not None and option.id is not None:
            self._answer(option.id)

    @on(OptionList.OptionSelected)
    def clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id is not None:
            self._answer(event.option_id)

    def _answer(self, option: str) -> None:
        if option == ADD:
            self.dismiss(Picked(add=True))
        else:
            id = option.removeprefix(PICK)
            self.dismiss(Picked(id, self._names.get(id, id)))

    def action_move(self, how: str) -> None:
        getattr(self.query_one(OptionList), f"action_{how}")()

    def action_skip(self) -> None:
        if self.walk_on:
            self.dismiss(Picked(skip=True))

    def action_give_up(self) -> None:
        self.dismiss(None)


def _texts(choices: Sequence[Choice]) -> Steps[list[str]]:
    texts: list[str] = []
    for start in range(0, len(choices), SLICE):
        texts.extend([choice.search for choice in choices[start : start + SLICE]])
        yield
    return texts
