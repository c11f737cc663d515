"""All connections: add, change, test, remove. A connection is one account of one system."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.screens.page import Page
from tui.widgets import checks
from tui.widgets.access import ask, ask_long
from tui.widgets.budget_words import used_text
from tui.widgets.check_report import CheckDialog
from tui.widgets.columns import Column
from tui.widgets.connection_form import Offered, changed_options, offered_by, option_fields, options_of
from tui.widgets.dialogs import Answer, ChooseOne, Confirm
from tui.widgets.explain import error_dialog
from tui.widgets.form_dialogs import FormDialog, Values
from tui.widgets.forms import FormField
from tui.widgets.lines import LineTable
from tui.widgets.login_dialog import LoginDialog, needs_login
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.ports import ConnectorType
    from engine.views import ConnectionView

NAME_HELP = "How Crosswalk calls it: letters, digits, - _ and ., such as market-us."


def budget_text(view: ConnectionView) -> str:
    """How much of the rate limit is used: ``12/150 a min``, or what the system said."""
    budget = view.budget
    if budget.limit is None:
        return f"{budget.requests:,} requests"
    text = used_text(budget)
    return f"{text}, {budget.throttled:,} throttled" if budget.throttled else text


def state_tone(view: ConnectionView) -> str:
    """The tone of a connection's state."""
    return {"ok": "good", "not checked": "dim"}.get(view.state, "bad")


COLUMNS: tuple[Column[ConnectionView], ...] = (
    Column("name", "Connection", lambda v: v.name, 14, weight=1),
    Column("title", "System", lambda v: v.title, 14, weight=2, drop=2),
    Column("state", "State", lambda v: v.state, 16, tone=state_tone),
    Column("budget", "Rate", budget_text, 18, drop=1),
    Column(
        "message",
        "",
        lambda v: f"held by {v.holder}: {v.holder_purpose}" if v.holder else v.message,
        10,
        weight=4,
        drop=3,
    ),
)


async def pick_type(app: App[object], types: list[ConnectorType]) -> ConnectorType | None:
    """Ask which system. Call from a worker."""
    answers = [Answer(one.name, one.title, one.description) for one in types]
    chosen = await app.push_screen_wait(ChooseOne("Which system?", [], answers))
    return next((one for one in types if one.name == chosen), None)


class ConnectionsScreen(Page[None]):
    """The list; what is changed here works at once."""

    HEADING = "Connections"
    DEFAULT_CSS = (
        "ConnectionsScreen > .page--lines { max-height: 11; }"  # a message of 400 characters, then its options
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "add", "New", id="connections.add"),
        Binding("e,enter", "edit", "Edit", id="connections.edit"),
        Binding("t", "test", "Test", id="connections.test"),
        Binding("l", "log_in", "Log in", id="connections.log_in"),
        Binding("delete", "remove", "Remove", id="connections.remove"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.reconnect: dict[str, str] = {}  # by system: how it gets new credentials without a login

    def body(self) -> Iterable[Widget]:
        yield LineTable(COLUMNS, lambda view: view.name, empty="No connection yet. n adds one.")
        yield Static("", classes="page--lines")

    @property
    def table(self) -> LineTable[ConnectionView]:
        return self.query_one(LineTable)

    def on_mount(self) -> None:
        self.table.focus()
        self.refresh_list()

    @work(exclusive=True, group="list", exit_on_error=False)
    async def refresh_list(self) -> None:
        if not self.reconnect:
            types = await ask(self, lambda ws: ws.connection_types())
            self.reconnect = {kind.name: kind.reconnect for kind in types}
        self.table.show(await ask(self, lambda ws: ws.connections()))
        self._describe()

    @on(LineTable.Moved)
    def _describe(self) -> None:
        view = self.table.row
        lines = []
        if view is not None:
            lines = [view.message] if view.message else []
            lines += [f"{name} = {value}" for name, value in view.options.items()]
        self.query_one(".page--lines", Static).update(Content("\n").join(content(line) for line in lines[:6]))
        self.refresh_bindings()  # not every connection has a login

    @on(LineTable.Chosen)
    def chosen(self, event: LineTable.Chosen) -> None:
        event.stop()
        self.action_edit()

    @work(exclusive=True, group="edit", exit_on_error=False)
    async def action_add(self) -> None:
        kind = await pick_type(self.app, await ask(self, lambda ws: ws.connection_types()))
        if kind is None:
            return

        async def save(values: Values) -> ConnectionView:
            return await ask(self, lambda ws: ws.add_connection(values["name"], kind.name, given(values)))

        fields = [
            FormField("name", "Name", required=True, value=kind.name, help=NAME_HELP, check=checks.name),
            *option_fields(kind, {}),
        ]
        added = await self.app.push_screen_wait(
            FormDialog(f"New connection: {kind.title}", fields, save, lines=kind.notes)
        )
        if added is not None:
            await self._changed(added.name)

    @work(exclusive=True, group="edit", exit_on_error=False)
    async def action_edit(self) -> None:
        view = self.table.row
        if view is None:
            return
        kind = next((t for t in await ask(self, lambda ws: ws.connection_types()) if t.name == view.type), None)
        if kind is None:
            self.app.notify(f"{view.type} is not installed.", title=view.name, severity="warning", markup=False)
            return

        async def save(values: Values) -> ConnectionView:
            return await ask(self, lambda ws: ws.set_connection(view.name, changed_options(view.options, values)))

        fields = option_fields(kind, view.options, await self._offered(kind, view.name))
        saved = await self.app.push_screen_wait(
            FormDialog(f"{view.name}: {view.title}", fields, save, lines=kind.notes)
        )
        if saved is not None:
            await self._changed(view.name)

    async def _offered(self, kind: ConnectorType, name: str) -> Offered:
        """What the system offers for some options; where it cannot be asked, they are typed."""
        from engine.errors import CrosswalkError

        try:
            return await offered_by(self, kind, name)
        except CrosswalkError as error:
            self.app.notify(f"{error} What it offers has to be typed.", title=name, severity="warning", markup=False)
            return {}

    async def _changed(self, name: str) -> None:
        """After a change: show it and test it, which is what one wants to know next."""
        self.refresh_list()
        await self._test(name)

    @work(exclusive=True, group="test", exit_on_error=False)
    async def action_test(self) -> None:
        view = self.table.row
        if view is not None:
            await self._test(view.name)

    @work(exclusive=True, group="test", exit_on_error=False)
    async def action_log_in(self) -> None:
        view = self.table.row
        if view is not None and view.logs_in:
            await self._log_in(view)

    def why_not(self, action: str) -> str:
        if action != "log_in" or self.table.row is None or self.table.row.logs_in:
            return ""
        view = self.table.row
        kind = self.reconnect.get(view.type, "")
        return f"{view.name} has no login with a code" + (f": {kind}" if kind else "")

    async def _log_in(self, view: ConnectionView) -> None:
        """Let a person grant access; what was granted is tried at once."""
        if await self.app.push_screen_wait(LoginDialog(view.name, view.title)):
            await self._test(view.name)
        else:
            self.refresh_list()

    async def _test(self, name: str) -> None:
        from engine.errors import CrosswalkError

        self.app.notify("Testing…", title=name, timeout=2, markup=False)
        try:
            report = await ask_long(self, lambda ws: ws.check_connection(name))
        except CrosswalkError as error:
            self.refresh_list()
            if not await self._offered_login(name):
                dialog = error_dialog(f"{name} does not answer", error, written="nothing was written")
                await self.app.push_screen_wait(dialog)
            return
        self.refresh_list()
        if report.ok or not await self._offered_login(name):
            await self.app.push_screen_wait(CheckDialog(name, report))

    async def _offered_login(self, name: str) -> bool:
        """Where the test found that a person has to log in: the dialog for it, instead of a report that says so."""
        view = await ask(self, lambda ws: ws.connection(name))
        if not needs_login(view):
            return False
        await self._log_in(view)
        return True

    @work(exclusive=True, group="edit", exit_on_error=False)
    async def action_remove(self) -> None:
        from engine.errors import CrosswalkError

        view = self.table.row
        if view is None:
            return
        question = Confirm(
            "Remove connection",
            [f"Remove {view.name} ({view.title})?", "What was read from it is forgotten; nothing is removed there."],
            yes="Remove",
            danger=True,
        )
        if not await self.app.push_screen_wait(question):
            return
        try:
            await ask(self, lambda ws: ws.remove_connection(view.name))
        except CrosswalkError as error:
            await self.app.push_screen_wait(error_dialog("Not removed", error, about=view.name))
        self.refresh_list()


def given(values: Values) -> dict[str, str]:
    """The options that were filled in."""
    return {name: value for name, value in options_of(values).items() if value}
