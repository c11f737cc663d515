"""The dialogs every screen shares: confirm, message, choose one. Text prompts and forms are in ``forms``.

A dialog is a modal screen that returns a value; ``None`` or ``False`` always means "nothing was chosen". Keys of the
screens below do not act while one is open. All text that came from outside goes through ``content``: it is never markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key, Resize
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.widgets.reports import Reports
from tui.widgets.text import content

T = TypeVar("T")

NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something that must be typed word for word before a dialog goes on; ``why`` is shown above the input."""

    text: str
    why: str


class Dialog(Reports, ModalScreen[T], Generic[T]):
    """A titled box in the middle with a body that scrolls, a row of buttons and a line of keys."""

    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        & > .dialog--box {
            width: 76; max-width: 98%; height: auto; max-height: 98%;
            border: round $primary; border-title-style: bold; background: $surface; padding: 0 1;
        }
        & .dialog--body { height: auto; scrollbar-size-vertical: 1; }
        & .dialog--body > Static { height: auto; }
        & .dialog--buttons { height: 1; margin-top: 1; }
        & .dialog--buttons Button { margin-right: 2; }
        & .dialog--hint { height: 1; color: $text-muted; }
        & .dialog--name { padding-left: 2; }
        & .dialog--warning { color: $text-warning; }
        & .dialog--error { color: $text-error; }
        & .dialog--gap { margin-top: 1; }
        & Input { height: 1; background: $boost; }
    }
    Dialog.-danger > .dialog--box { border: round $error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("right", "app.focus_next", show=False),
        Binding("left", "app.focus_previous", show=False),
    ]
    HINT = "Esc cancel"
    #: Rows of the box that are not the body: border, gap, buttons, hint.
    CHROME: ClassVar[int] = 6

    def __init__(self, title: str, *, danger: bool = False) -> None:
        super().__init__(classes="-danger" if danger else "")
        self.heading = title

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog--box") as box:
            with VerticalScroll(classes="dialog--body", can_focus=False):
                yield from self.body()
            with Horizontal(classes="dialog--buttons"):
                yield from self.buttons()
            yield Static(Content(self.HINT), classes="dialog--hint")
        box.border_title = content(self.heading)

    def body(self) -> Iterable[Widget]:
        """The widgets between title and buttons."""
        return ()

    def buttons(self) -> Iterable[Widget]:
        """The buttons, the most likely one first."""
        return ()

    def result_of_cancel(self) -> T | None:
        """What Escape returns."""
        return None

    def action_cancel(self) -> None:
        self.dismiss(self.result_of_cancel())

    def on_resize(self, event: Resize) -> None:
        self.query_one(".dialog--body").styles.max_height = max(3, event.size.height - self.CHROME)

    def hint(self, text: str) -> None:
        """Replace the line of keys."""
        self.query_one(".dialog--hint", Static).update(content(text))


def named(names: Sequence[str], count: int, shown: int = NAMES_SHOWN) -> list[str]:
    """The lines that name what is about to happen to ``count`` things.

    >>> named(["A", "B", "C"], 5, shown=2)
    ['A', 'B', '… and 3 more']
    """
    lines = list(names[:shown])
    return [*lines, f"… and {count - len(lines):,} more"] if count > len(lines) else lines


KEYS_OF_PHRASES = "Type the words above, then Enter · Esc no"


class Confirm(Dialog[bool]):
    """Ask once: says how many and which. Each ``Phrase`` must be typed before the button works.

    ``y`` agrees and ``n`` or Escape does not, as long as nothing has to be typed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "agree", "Yes", show=False),
        Binding("n", "cancel", "No", show=False),
    ]

    def __init__(
        self,
        title: str,
        lines: Sequence[str],
        *,
        names: Sequence[str] = (),
        count: int | None = None,
        phrases: Sequence[Phrase] = (),
        yes: str = "Yes",
        no: str = "No",
        danger: bool = False,
    ) -> None:
        super().__init__(title, danger=danger or bool(phrases))
        self.lines, self.names, self.phrases = tuple(lines), tuple(names), tuple(phrases)
        self.count = len(self.names) if count is None else count
        self.yes, self.no = yes, no

    def body(self) -> Iterable[Widget]:
        for line in self.lines:
            yield Static(content(line))
        for name in named(self.names, self.count):
            yield Static(content(name), classes="dialog--name")
        for number, phrase in enumerate(self.phrases):
            yield Static(content(f"! {phrase.why}"), classes="dialog--warning dialog--gap")
            yield Static(content(f"Type {phrase.text} to go on:"))
            yield Input(id=f"phrase-{number}", compact=True, select_on_focus=False)

    def buttons(self) -> Iterable[Widget]:
        yield Button(content(self.yes), id="yes", variant="primary", compact=True, disabled=bool(self.phrases))
        yield Button(content(self.no), id="no", compact=True)

    def on_mount(self) -> None:
        self.hint(KEYS_OF_PHRASES if self.phrases else "y or Enter yes · n or Esc no")
        self.query_one("#phrase-0" if self.phrases else "#yes").focus()

    def result_of_cancel(self) -> bool:
        return False

    @property
    def typed(self) -> bool:
        """Every phrase has been typed exactly."""
        return all(
            self.query_one(f"#phrase-{number}", Input).value.strip() == phrase.text
            for number, phrase in enumerate(self.phrases)
        )

    @on(Input.Changed)
    def check_phrases(self) -> None:
        self.query_one("#yes", Button).disabled = not self.typed

    @on(Input.Submitted)
    def next_phrase(self) -> None:
        """Enter agrees once each was typed word for word; before that it goes to the first that was not, and says so."""
        if self.typed:
            self.action_agree()
            return
        fields = [self.query_one(f"#phrase-{number}", Input) for number in range(len(self.phrases))]
        wrong, phrase = next(
            (field, phrase)
            for field, phrase in zip(fields, self.phrases, strict=True)
            if field.value.strip() != phrase.text
        )
        wrong.focus()
        typed = wrong.value.strip()
        self.hint(f"! {typed!r} is not {phrase.text}: type it word for word, or Esc" if typed else KEYS_OF_PHRASES)

    def action_agree(self) -> None:
        if self.typed:
            self.dismiss(True)

    @on(Button.Pressed, "#yes")
    def agreed(self) -> None:
        self.action_agree()

    @on(Button.Pressed, "#no")
    def refused(self) -> None:
        self.action_cancel()


class MessageDialog(Dialog[None]):
    """Tell one thing in up to four parts: what happened, to which record, what was (not) written, what to do next."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "cancel", "Close", show=False)]
    HINT = "Enter or Esc close"

    def __init__(
        self, title: str, happened: str, *, about: str = "", written: str = "", advice: str = "", error: bool = False
    ) -> None:
        super().__init__(title, danger=error)
        self.parts = (("", happened), ("Record", about), ("Written", written), ("Next", advice))

    def body(self) -> Iterable[Widget]:
        for label, text in self.parts:
            if text:
                head = Content.styled(f"{label}: ", "bold") if label else Content("")
                yield Static(Content.assemble(head, content(text)), classes="dialog--gap" if label == "Record" else "")

    def buttons(self) -> Iterable[Widget]:
        yield Button(Content("Close"), id="close", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.query_one("#close").focus()

    @on(Button.Pressed, "#close")
    def closed(self) -> None:
        self.dismiss(None)


@dataclass(frozen=True, slots=True)
class Answer:
    """One entry of ``ChooseOne``; ``help`` is shown dim after the label, ``disabled`` is the reason it cannot be taken."""

    id: str
    label: str
    help: str = ""
    disabled: str = ""


class ChooseOne(Dialog[str]):
    """Pick one of a few answers with the arrows and Enter, or by its number. Returns its id, or None."""

    HINT = "↑↓ Enter choose · 1-9 at once · Esc cancel"
    CHROME = 5
    DEFAULT_CSS = """
    ChooseOne .dialog--buttons { display: none; }
    ChooseOne OptionList { height: auto; max-height: 12; border: none; padding: 0; margin-top: 1; background: $surface; }
    ChooseOne OptionList:focus { border: none; }
    """

    def __init__(self, title: str, lines: Sequence[str], answers: Sequence[Answer]) -> None:
        super().__init__(title)
        self.lines, self.answers = tuple(lines), tuple(answers)

    def body(self) -> Iterable[Widget]:
        for line in self.lines:
            yield Static(content(line))
        options = []
        for number, answer in enumerate(self.answers, 1):
            label = content(answer.label)
            note = content(f"  {answer.disabled or answer.help}", "dim")
            options.append(
                Option(
                    Content.assemble((f"{number} ", "bold"), label, note), id=answer.id, disabled=bool(answer.disabled)
                )
            )
        yield OptionList(*options, markup=False)

    def on_mount(self) -> None:
        answers = self.query_one(OptionList)
        answers.focus()
        answers.highlighted = next((n for n, answer in enumerate(self.answers) if not answer.disabled), None)

    def on_key(self, event: Key) -> None:
        character = event.character or ""
        if character.isdecimal() and character.isascii() and 0 < int(character) <= len(self.answers):
            answer = self.answers[int(character) - 1]
            event.stop()  # the dialog is gone when the key comes round to the screen below
            if not answer.disabled:
                self.dismiss(answer.id)

    @on(OptionList.OptionSelected)
    def chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
