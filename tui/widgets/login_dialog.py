"""Logging in with a code: shows the code, the address and the time left, and waits in the background until it is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from tui.widgets.access import ask, ask_long, listen
from tui.widgets.clipboard import copy
from tui.widgets.dialogs import Dialog
from tui.widgets.explain import explain
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.events import LoginWaiting
    from engine.ports import LoginResult
    from engine.views import ConnectionView
    from tui.slot import Update

ENDS = {
    "granted": "Granted",
    "denied": "Denied at that address. Nothing changed.",
    "expired": "The code ended before anybody agreed. Nothing changed.",
    "cancelled": "Cancelled. Nothing changed.",
}


def _now() -> datetime:
    return datetime.now(UTC)


def time_left(seconds: float) -> str:
    """Minutes and seconds.

    >>> time_left(599.2), time_left(-1)
    ('9:59', '0:00')
    """
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02}"


def needs_login(view: ConnectionView) -> bool:
    """Whether nothing but a person with a code makes this connection work again."""
    return view.logs_in and view.state == "reconnect needed"


class LoginDialog(Dialog[bool]):
    """Returns whether access was granted. Escape stops waiting, which changes nothing."""

    DEFAULT_CSS = """
    LoginDialog { & .login--what { padding-left: 2; text-style: bold; } & .-good { color: $text-success; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy", show=False),
        Binding("r", "retry", "Try again", show=False),
    ]

    def __init__(self, name: str, title: str, *, now: Callable[[], datetime] = _now) -> None:
        super().__init__(f"{name}: log in to {title}")
        self.connection, self.system, self._now = name, title, now
        self.waiting: LoginWaiting | None = None
        self.ended = ""

    def body(self) -> Iterable[Widget]:
        yield Static("", id="open")
        yield Static("", id="address", classes="login--what")
        yield Static("", id="type")
        yield Static("", id="code", classes="login--what")
        yield Static("", id="state", classes="dialog--gap")

    def buttons(self) -> Iterable[Widget]:
        yield Button(Content("Copy address"), id="copy", compact=True, disabled=True)
        yield Button(Content("Try again"), id="retry", variant="primary", compact=True)
        yield Button(Content("Cancel"), id="close", compact=True)

    def on_mount(self) -> None:
        listen(self, self.engine_changed)
        self.set_interval(1.0, self.show_time)
        self._start()

    # ------------------------------------------------------------------------------------------------ waiting
    @work(exclusive=True, group="login", exit_on_error=False)
    async def _start(self) -> None:
        from engine.errors import CrosswalkError

        self.waiting, self.ended = None, ""
        self.query_one("#retry").display = False
        self._say("open", f"Asking {self.system} for a code…")
        for part in ("address", "type", "code", "state"):
            self._say(part, "")
        self._buttons("Cancel", "Esc cancel")
        try:
            result = await ask_long(self, lambda ws: ws.log_in(self.connection))
        except CrosswalkError as error:
            said = explain(error)
            self._end("failed", said.sentence)
            return
        self._ended_with(result)

    def _ended_with(self, result: LoginResult) -> None:
        words = ENDS[result.end.value]
        if result.end.value == "granted":
            words += f": account {result.account}." if result.account else "."
        self._end(result.end.value, words)

    def engine_changed(self, update: Update) -> None:
        """The code that was asked for, or who holds the connection meanwhile."""
        from engine.events import LoginWaiting, Waiting

        for event in update.events:
            if isinstance(event, LoginWaiting) and event.connection == self.connection and not self.ended:
                self._show(event)
            elif isinstance(event, Waiting) and event.connection == self.connection and self.waiting is None:
                self._say("state", f"Waiting for the connection: {event.holder}")

    def _show(self, event: LoginWaiting) -> None:
        self.waiting = event
        self._say("open", "Open on any device")
        self._say("address", event.code.address)
        self._say("type", "and type the code")
        self._say("code", event.code.user_code)
        self.query_one("#copy", Button).disabled = False
        self.query_one("#copy").focus()
        self._buttons("Cancel", "c copy the address with the code · Esc cancel")
        self.show_time()

    def show_time(self) -> None:
        """How long the code still lasts."""
        if self.waiting is not None and not self.ended:
            left = (self.waiting.until - self._now()).total_seconds()
            self._say("state", f"{time_left(left)} left · waiting for you to agree there")

    def _end(self, end: str, words: str) -> None:
        self.ended = end
        self.query_one("#state").set_class(end == "granted", "-good")
        self.query_one("#state").set_class(end != "granted", "dialog--error")
        self._say("state", words)
        self.query_one("#copy", Button).disabled = True
        self.query_one("#retry").display = end != "granted"
        self._buttons("Close", "Esc close" if end == "granted" else "r try again · Esc close")
        self.query_one("#close" if end == "granted" else "#retry").focus()

    # ------------------------------------------------------------------------------------------------ keys
    def result_of_cancel(self) -> bool:
        return self.ended == "granted"

    @on(Button.Pressed, "#close")
    def action_cancel(self) -> None:
        self._leave()

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def _leave(self) -> None:
        if not self.ended:
            await ask(self, lambda ws: ws.cancel_login(self.connection))
        self.dismiss(self.result_of_cancel())

    @on(Button.Pressed, "#retry")
    def action_retry(self) -> None:
        if self.ended and self.ended != "granted":
            self.query_one("#state").set_class(False, "dialog--error")
            self._start()

    @on(Button.Pressed, "#copy")
    @work(exclusive=True, group="copy", exit_on_error=False)
    async def action_copy(self) -> None:
        if self.waiting is None or self.ended:
            return
        code = self.waiting.code
        how = await copy(self.app, code.complete or code.address)
        self.app.notify(f"The address was copied {how}.", title=self.connection, markup=False)

    def _say(self, part: str, text: str) -> None:
        found = self.query_one(f"#{part}", Static)
        found.display = bool(text)
        found.update(content(text))

    def _buttons(self, close: str, hint: str) -> None:
        self.query_one("#close", Button).label = Content(close)
        self.hint(hint)
