"""A validated form: labels, inputs, lists, switches, with each error beside its field and one help line below.

Values are text by field name (a switch is ``"true"`` or ``"false"``). Nothing here knows what a form is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import DescendantFocus
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Select, Static

from tui.widgets.plain import plain
from tui.widgets.text import content
from tui.widgets.tick import Tick

Check = Callable[[str], str]

TRUE, FALSE = "true", "false"


@dataclass(frozen=True, slots=True)
class FormField:
    """One line of a form. ``choices`` are (value, label); ``check`` returns what is wrong, or an empty text."""

    name: str
    label: str
    kind: Literal["text", "choice", "switch", "heading"] = "text"
    value: str = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    placeholder: str = ""
    check: Check | None = None


class FormRow(Vertical):
    """Label, control and (only when there is one) the error of one field."""

    DEFAULT_CSS = """
    FormRow {
        height: auto;
        & > Horizontal { height: 1; }
        & .form--label { width: 27; padding-right: 1; }
        & .form--error { height: auto; padding-left: 27; color: $text-error; display: none; }
        & .form--heading { text-style: bold; color: $text-muted; }
        & Input { width: 1fr; max-width: 80; height: 1; background: $boost; }
        & Input:focus { background: $panel; }
        & Select { width: 1fr; max-width: 80; height: 1; }
        & Checkbox { width: 1fr; height: 1; }
        &.-wrong .form--error { display: block; }
        &.-wrong .form--label { color: $text-error; }
    }
    """

    def __init__(self, field: FormField, value: str) -> None:
        super().__init__()
        self.field, self.start = field, value

    def compose(self) -> ComposeResult:
        field = self.field
        if field.kind == "heading":
            yield Static(content(field.label), classes="form--heading")
            return
        with Horizontal():
            yield Static(content(field.label + (" *" if field.required else "")), classes="form--label")
            yield self._control()
        yield Static("", classes="form--error")

    def _control(self) -> Widget:
        field = self.field
        if field.kind == "switch":
            return Tick("yes", self.start == TRUE, classes="form--control")
        if field.kind == "choice":
            # Rich's Text: typing a name to jump to it finds plain strings and these only, and a string would be markup
            options = [(Text(plain(label)), value) for value, label in field.choices]
            known = any(value == self.start for value, _ in field.choices)
            return Select(
                options,
                value=self.start if known else Select.NULL,
                allow_blank=not (known and field.required),
                prompt="choose…",
                compact=True,
                classes="form--control",
            )
        return Input(
            self.start, placeholder=field.placeholder, compact=True, select_on_focus=False, classes="form--control"
        )

    @property
    def control(self) -> Widget | None:
        """The widget that holds the value; None for a heading."""
        return next(iter(self.query(".form--control")), None)

    @property
    def value(self) -> str:
        match self.control:
            case Checkbox() as box:
                return TRUE if box.value else FALSE
            case Select() as choice:
                return "" if choice.is_blank() else str(choice.value)
            case Input() as text:
                return text.value.strip()
        return self.start

    @value.setter
    def value(self, value: str) -> None:
        match self.control:
            case Checkbox() as box:
                box.value = value == TRUE
            case Select() as choice:
                choice.value = value if any(value == known for known, _ in self.field.choices) else Select.NULL
            case Input() as text:
                text.value = value

    def focus_control(self) -> None:
        """Put the cursor into this row."""
        if self.control is not None:
            self.control.focus()

    def problem(self) -> str:
        """What is wrong with the value, or an empty text."""
        value = self.value
        if self.field.required and not value:
            return "needed"
        return self.field.check(value) if self.field.check is not None and value else ""

    def show_error(self, message: str) -> None:
        self.set_class(bool(message), "-wrong")
        for line in self.query(".form--error").results(Static):
            line.update(content(f"^ {message}"))


class Form(Vertical):
    """The rows, scrolling where they do not fit, and the help of the focused field."""

    DEFAULT_CSS = """
    Form {
        height: auto;
        & > .form--rows { height: auto; scrollbar-size-vertical: 1; }
        & > .form--help { height: 2; margin-top: 1; color: $text-muted; }
        &.-fill { height: 1fr; & > .form--rows { height: 1fr; } }
    }
    """

    class Finished(Message):
        """Enter was pressed in the last field."""

        def __init__(self, form: Form) -> None:
            super().__init__()
            self.form = form

        @property
        def control(self) -> Form:
            return self.form

    class Edited(Message):
        """A value changed; ``name`` is the field's."""

        def __init__(self, form: Form, name: str) -> None:
            super().__init__()
            self.form, self.name = form, name

        @property
        def control(self) -> Form:
            return self.form

    def __init__(
        self,
        fields: Sequence[FormField],
        values: Mapping[str, str] | None = None,
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.fields = tuple(fields)
        self._start = {field.name: (values or {}).get(field.name, field.value) for field in self.fields}

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="form--rows", can_focus=False):
            yield from self._rows()
        yield Static("", classes="form--help")

    def _rows(self) -> Iterable[FormRow]:
        return (FormRow(field, self._start[field.name]) for field in self.fields)

    async def set_fields(
        self, fields: Sequence[FormField], values: Mapping[str, str] | None = None, *, fresh: bool = False
    ) -> None:
        """Show other fields; what was typed into fields that stay is kept unless the form begins ``fresh``.

        ``values`` are typed already: they are shown, and still count as unsaved.
        """
        typed = {**({} if fresh else self.values()), **(values or {})}
        self.fields = tuple(fields)
        self._start = {field.name: field.value for field in self.fields}
        rows = self.query_one(".form--rows", VerticalScroll)
        async with self.batch():
            await rows.remove_children()
            await rows.mount_all(FormRow(field, typed.get(field.name, field.value)) for field in self.fields)
        rows.scroll_home(animate=False)
        self.query_one(".form--help", Static).update("")

    @property
    def rows(self) -> list[FormRow]:
        return list(self.query(FormRow))

    def row(self, name: str) -> FormRow:
        """The row of a field. Raises ``KeyError`` when the form has no such field."""
        for row in self.rows:
            if row.field.name == name:
                return row
        raise KeyError(name)

    def values(self) -> dict[str, str]:
        return {row.field.name: row.value for row in self.rows if row.field.kind != "heading"}

    @property
    def dirty(self) -> bool:
        """Something differs from what the form started with."""
        return any(self._start.get(name, "") != value for name, value in self.values().items())

    def saved(self) -> None:
        """Take the present values as the new start: nothing is unsaved any more."""
        self._start = {**self._start, **self.values()}

    def show_errors(self, errors: Mapping[str, str]) -> bool:
        """Put each error beside its field and the cursor on the first; True when there is none."""
        first = None
        for row in self.rows:
            message = errors.get(row.field.name, "")
            row.show_error(message)
            if message and first is None:
                first = row
        if first is not None:
            first.focus_control()
            self.call_after_refresh(first.scroll_visible, animate=False)
        return first is None

    def validate_all(self) -> bool:
        """Check every field and show what is wrong."""
        return self.show_errors({row.field.name: row.problem() for row in self.rows})

    def focus_first(self) -> None:
        """Put the cursor on the first field that is needed and empty, else on the first."""
        controls = [row for row in self.rows if row.control is not None]
        empty = [row for row in controls if row.field.required and not row.value]
        for row in (empty or controls)[:1]:
            row.focus_control()

    @on(DescendantFocus)
    def show_help(self, event: DescendantFocus) -> None:
        for row in event.widget.ancestors:
            if isinstance(row, FormRow):
                self.query_one(".form--help", Static).update(content(row.field.help))
                return

    def _row_of(self, widget: Widget) -> FormRow | None:
        return next((node for node in widget.ancestors if isinstance(node, FormRow)), None)

    @on(Input.Changed)
    @on(Select.Changed)
    @on(Checkbox.Changed)
    def edited(self, event: Input.Changed | Select.Changed | Checkbox.Changed) -> None:
        event.stop()
        source = event.control
        row = self._row_of(source) if source is not None else None
        if row is not None:
            if row.has_class("-wrong"):
                row.show_error(row.problem())
            self.post_message(self.Edited(self, row.field.name))

    @on(Input.Submitted)
    def next_field(self, event: Input.Submitted) -> None:
        event.stop()
        controls = [row.control for row in self.rows if row.control is not None]
        position = controls.index(event.input) + 1
        if position < len(controls):
            following = controls[position]
            if following is not None:
                following.focus()
        else:
            self.post_message(self.Finished(self))
