"""Forms as dialogs: a form that saves itself, a one-line prompt, and the reason for ignoring a row.

A save that the engine refuses is shown in the dialog, with everything that was typed still there. Escape asks before
it throws anything away.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import ClassVar, Generic, TypeVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from tui.widgets.checks import day_of, until
from tui.widgets.dialogs import Confirm, Dialog
from tui.widgets.forms import Check, Form, FormField
from tui.widgets.text import content

R = TypeVar("R")

Values = dict[str, str]
Submit = Callable[[Values], Awaitable[R]]


def keep_or_discard() -> Confirm:
    """The question that Escape asks when something was typed; Escape again goes back to what was typed."""
    return Confirm("Unsaved", ["Discard what you typed?"], yes="Discard", no="Keep editing", danger=True)


class FormDialog(Dialog[R], Generic[R]):
    """A form whose ``submit`` runs inside the dialog; returns what ``submit`` returned, or None.

    ``check`` looks at all values together and returns errors by field name. What ``submit`` raises as a
    ``CrosswalkError`` is shown above the buttons.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save"),
        Binding("right", "ignored", show=False),
    ]
    HINT = "Tab or Enter next field · ctrl+s save · Esc cancel"
    CHROME = 6

    def __init__(
        self,
        title: str,
        fields: Sequence[FormField],
        submit: Submit[R],
        *,
        lines: Sequence[str] = (),
        values: Mapping[str, str] | None = None,
        save: str = "Save",
        check: Callable[[Values], Mapping[str, str]] | None = None,
    ) -> None:
        super().__init__(title)
        self.lines, self.submit, self.save_label, self.check = tuple(lines), submit, save, check
        self.form = Form(fields, values)

    def body(self) -> Iterable[Widget]:
        for line in self.lines:
            yield Static(content(line))
        yield self.form
        yield Static("", id="form-problem", classes="dialog--error")

    def buttons(self) -> Iterable[Widget]:
        yield Button(content(self.save_label), id="save", variant="primary", compact=True)
        yield Button(Content("Cancel"), id="cancel", compact=True)

    def on_mount(self) -> None:
        self.form.focus_first()

    @on(Form.Finished)
    def to_button(self) -> None:
        self.query_one("#save").focus()

    def problem(self, text: str) -> None:
        """Show (or with an empty text clear) what the engine refused."""
        self.query_one("#form-problem", Static).update(content(f"! {text}" if text else ""))

    @on(Button.Pressed, "#save")
    @work(exclusive=True, group="save")
    async def action_save(self) -> None:
        from engine.errors import CrosswalkError

        if not self.form.validate_all():
            return
        values = self.form.values()
        if self.check is not None and not self.form.show_errors(self.check(values)):
            return
        self.problem("")
        button = self.query_one("#save", Button)
        button.disabled = True
        self.hint("Working…")
        try:
            result = await self.submit(values)
        except CrosswalkError as error:
            self.problem(str(error))
            self.hint(self.HINT)
        else:
            self.dismiss(result)
            return
        finally:
            button.disabled = False

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self._leave()

    @work(exclusive=True, group="cancel")
    async def _leave(self) -> None:
        if not self.form.dirty or await self.app.push_screen_wait(keep_or_discard()):
            self.dismiss(None)


async def _as_they_are(values: Values) -> Values:
    return values


class TextPrompt(FormDialog[str]):
    """Ask for one line; Enter accepts it. Returns the text, or None."""

    HINT = "Enter accept · Esc cancel"

    def __init__(
        self,
        title: str,
        label: str,
        *,
        value: str = "",
        help: str = "",
        lines: Sequence[str] = (),
        check: Check | None = None,
        save: str = "OK",
    ) -> None:
        field = FormField("text", label, value=value, help=help, required=True, check=check)
        super().__init__(title, [field], self._text, lines=lines, save=save)

    async def _text(self, values: Values) -> str:
        return values["text"]

    @on(Form.Finished)
    def to_button(self) -> None:
        self.action_save()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows are ignored, and until when (None: until someone un-ignores them)."""

    text: str
    until: date | None


class ReasonPrompt(FormDialog[Reason]):
    """Ignore...: a reason, and optionally a day on which the rows come back by themselves."""

    def __init__(self, names: Sequence[str], count: int, today: date) -> None:
        what = names[0] if count == 1 and names else f"{count:,} rows"
        super().__init__(
            f"Ignore {what}",
            [
                FormField("reason", "Reason", required=True, help="Shown on the row and kept in the history."),
                FormField(
                    "until",
                    "Until",
                    placeholder="for good",
                    help="Empty: until you un-ignore it. A date (2030-01-31) or 30d, 8w: comes back by itself.",
                    check=partial(until, today=today),
                ),
            ],
            self._reason,
            lines=["An ignored row is neither suggested, mapped nor synced."],
            save="Ignore",
        )
        self.today = today

    async def _reason(self, values: Values) -> Reason:
        return Reason(values["reason"], day_of(values["until"], self.today) if values["until"] else None)
