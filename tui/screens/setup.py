"""The first run: a storefront, a back office, the integration of the two, and the first reading of both.

Each step is saved when it is left, so that closing the wizard loses at most what is being typed, and asks before that.
A step that was saved can be gone back to and changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from tui.screens.page import Page
from tui.screens.setup_steps import BACKOFFICE, INTEGRATION, READING, STOREFRONT, TITLES, SetupSteps, pull_lines
from tui.widgets.access import ask, ask_long, console_of, listen
from tui.widgets.check_report import short_lines
from tui.widgets.connection_form import changed_options, offered_by, options_of
from tui.widgets.explain import explain
from tui.widgets.form_dialogs import keep_or_discard
from tui.widgets.forms import Form
from tui.widgets.login_dialog import LoginDialog, needs_login
from tui.widgets.progress import Progress, ProgressLine
from tui.widgets.settings_form import master_errors, settings_of
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.integrations import Integration
    from engine.ports import CheckReport, ConnectorType
    from engine.views import ConnectionView
    from engine.workspace import Workspace
    from tui.slot import Update


class SetupScreen(Page[str]):
    """Returns the integration's name, or None when it was left before there was one. ``stay`` shows no tab at the end."""

    HEADING = "Set up"
    DEFAULT_CSS = "SetupScreen > .page--lines { max-height: 8; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "next", "Next", id="setup.next"),
        Binding("ctrl+b", "back", "Back", id="setup.back"),
        Binding("ctrl+t", "test", "Test connection", id="setup.test"),
        Binding("escape", "leave", "Leave"),
    ]

    def __init__(self, *, stay: bool = False) -> None:
        super().__init__()
        self.stay = stay
        self.step = STOREFRONT
        self.steps = SetupSteps()
        self.created: set[str] = set()
        self.drafts: dict[int, dict[str, str]] = {}
        self.tested = False
        self.busy = False
        self._fields_lock = asyncio.Lock()
        self._pulls: dict[tuple[str, str], tuple[int, int | None]] = {}

    def body(self) -> Iterable[Widget]:
        yield Static("", classes="page--lines")
        yield Form((), id="setup", classes="-fill")
        yield ProgressLine()
        yield Static("", classes="page--problem")
        with Horizontal(classes="page--buttons"):
            yield Button(Content("Next"), id="next", variant="primary", compact=True)
            yield Button(Content("Test connection"), id="test", compact=True)
            yield Button(Content("Back"), id="back", compact=True)

    def why_not(self, action: str) -> str:
        if action == "test" and self.step not in {STOREFRONT, BACKOFFICE}:
            return "this step has no connection to test"
        if action == "back" and self.step == STOREFRONT:
            return "this is the first step"
        return ""

    @property
    def form(self) -> Form:
        return self.query_one(Form)

    def on_mount(self) -> None:
        listen(self, self.engine_changed)
        self._begin()

    @work(exclusive=True, group="step", exit_on_error=False)
    async def _begin(self) -> None:
        def look(ws: Workspace) -> tuple[list[ConnectorType], list[ConnectionView]]:
            return ws.connection_types(), ws.connections()

        self.steps.types, self.steps.views = await ask(self, look)
        await self._show(STOREFRONT)

    # ------------------------------------------------------------------------------------------------ steps
    async def _show(self, step: int) -> None:
        self.step, self.tested = step, False
        self.title_is(f"Set up · step {step + 1} of 4: {TITLES[step]}")
        self._problem("")
        self.query_one(ProgressLine).update(None)
        self.query_one("#test").display = step in {STOREFRONT, BACKOFFICE}
        self.query_one("#back").display = step != STOREFRONT
        self.query_one("#next", Button).label = Content("Read" if step == READING else "Next")
        await self._fields(fresh=True)
        self._lines(self.steps.intro(self.step, self.form.values().get("type", "")))
        self.form.focus_first()
        if step == READING:
            self.query_one("#next").focus()
        self.refresh_bindings()

    async def _fields(self, *, fresh: bool) -> None:
        typed = {**self.drafts.get(self.step, {}), **({} if fresh else self.form.values())}
        if self.step in {STOREFRONT, BACKOFFICE}:
            fields = self.steps.connection_fields(self.step, typed)
        elif self.step == INTEGRATION:
            fields = self.steps.integration_fields(await ask(self, self.steps.first_settings))
        else:
            fields = []
        await self.form.set_fields(fields, typed, fresh=True)

    @on(Form.Edited)
    def edited(self, event: Form.Edited) -> None:
        self.tested = False
        if self.step in {STOREFRONT, BACKOFFICE} and event.name in {"type", "use"}:
            self._other_fields(event.name)

    @work(group="fields", exit_on_error=False)
    async def _other_fields(self, changed: str) -> None:
        """Show the fields of another system or connection; one change after the other, none stopped half way."""
        async with self._fields_lock:
            if self.step not in {STOREFRONT, BACKOFFICE}:
                return
            before = self.form.values()
            kept = {name: value for name, value in before.items() if name in {"use", "type"}}
            if changed == "type" and before.get("name") not in {self.steps.free(one.name) for one in self.steps.types}:
                kept["name"] = before.get("name", "")
            fields = self.steps.connection_fields(self.step, kept)
            if [(one.name, one.value) for one in fields] == [(one.name, one.value) for one in self.form.fields]:
                return
            await self.form.set_fields(fields, kept, fresh=True)
            self._lines(self.steps.intro(self.step, self.form.values().get("type", "")))
            if any(row.field.name == changed for row in self.form.rows):
                self.form.row(changed).focus_control()

    # ------------------------------------------------------------------------------------------------ saving a step
    @on(Button.Pressed, "#next")
    @on(Form.Finished)
    def action_next(self) -> None:
        if not self.busy:
            self._go_on(test_only=False)

    @on(Button.Pressed, "#test")
    def action_test(self) -> None:
        if not self.busy and self.step in {STOREFRONT, BACKOFFICE}:
            self._go_on(test_only=True)

    @work(exclusive=True, group="step", exit_on_error=False)
    async def _go_on(self, *, test_only: bool) -> None:
        from engine.errors import CrosswalkError

        if not self.form.validate_all():
            return
        self.busy = True
        self._problem("")
        try:
            if self.step == READING:
                await self._read()
            elif self.step == INTEGRATION:
                if self.form.show_errors(master_errors(self.form.values())):
                    await self._save_integration()
                    await self._show(READING)
            else:
                await self._save_connection()
                untested = not self.tested
                works = await self._test() if untested or test_only else True
                if works and not test_only:
                    await self._show(self.step + 1)
        except CrosswalkError as error:
            said = explain(error)
            self._problem(f"! {said.sentence}")
        finally:
            self.busy = False

    async def _save_connection(self) -> None:
        """Add the connection, or change the one that this step added or chose."""
        values = self.form.values()
        name = values.get("use") or values.get("name", "")
        known = {view.name: view for view in await ask(self, lambda ws: ws.connections())}
        view = known.get(name)
        mine = name == self.steps.connections[self.step] or bool(values.get("use"))
        if view is not None and mine and (values.get("use") or view.type == values["type"]):
            await ask(self, lambda ws: ws.set_connection(name, changed_options(view.options, values)))
        else:
            options = {key: value for key, value in options_of(values).items() if value}
            await ask(self, lambda ws: ws.add_connection(name, values["type"], options))
            await self._replaced(self.steps.connections[self.step])
            self.created.add(name)
        self.steps.connections[self.step] = name
        self.drafts[self.step] = values
        self.steps.views = await ask(self, lambda ws: ws.connections())
        self.form.saved()

    async def _replaced(self, name: str) -> None:
        """What this step made before under another name is not left behind."""
        if name in self.created:
            await ask(self, lambda ws: ws.remove_connection(name))
            self.created.discard(name)

    async def _test(self) -> bool:
        """Test what was saved and show the report; a connection that fails can be gone on with after being told."""
        name = self.steps.connections[self.step]
        report = await self._checked(name)
        if (report is None or not report.ok) and await self._logged_in(name):
            report = await self._checked(name)
        if report is None:
            return False
        self._lines(short_lines(report))
        self.tested = True
        if report.ok:
            self.app.notify(f"{name} works", title=report.account, markup=False)
            return True
        if await self._offer(name):
            self._problem("! Something has to be chosen (see above). The connection is saved; Next goes on without it.")
        elif report.reconnect:
            self._problem("! It has no access yet (see above). The connection is saved; Next goes on without it.")
        else:
            self._problem("! A right is missing (see above). The connection is saved; Next goes on without it.")
        return False

    async def _checked(self, name: str) -> CheckReport | None:
        """The report of a test; None when there is none, which is then said."""
        from engine.errors import CrosswalkError

        self.query_one(ProgressLine).update(Progress(phase=f"testing {name}"))
        try:
            return await ask_long(self, lambda ws: ws.check_connection(name))
        except CrosswalkError as error:
            said = explain(error)
            self._problem(f"! {said.sentence} The connection is saved; Next goes on without it working.")
            self.tested = True
            return None
        finally:
            self.query_one(ProgressLine).update(None)

    async def _logged_in(self, name: str) -> bool:
        """Where the test found that a person has to log in: the dialog for it; whether access was granted."""
        view = await ask(self, lambda ws: ws.connection(name))
        if not needs_login(view) or not await self.app.push_screen_wait(LoginDialog(name, view.title)):
            return False
        self._problem("")
        return True

    async def _offer(self, name: str) -> bool:
        """Show what the system offers for an option that is still empty, such as its locations; whether there is one."""
        from engine.errors import CrosswalkError

        kind, open_ones = self.steps.open_options(name)
        if kind is None or not open_ones:
            return False
        try:
            self.steps.offered[name] = await offered_by(self, kind, name)
        except CrosswalkError:
            return False  # the report above has said what is wrong with the connection
        await self._fields(fresh=False)
        chosen = next((option for option in open_ones if len(self.steps.offered[name].get(option, ())) > 1), "")
        if chosen:
            self.form.row(f"option-{chosen}").focus_control()
        return bool(chosen)

    async def _save_integration(self) -> None:
        values = self.form.values()
        name = values.pop("name", "")
        settings = settings_of(values)
        if self.steps.integration:
            name = self.steps.integration
            await ask(self, lambda ws: ws.set_integration(name, settings))
        else:
            storefront, backoffice = self.steps.connections
            await ask(self, lambda ws: _add(ws, name, storefront, backoffice, settings))
            self.steps.integration = name
        self.form.saved()
        console_of(self).show_integration(self.steps.integration)

    async def _read(self) -> None:
        name = self.steps.integration
        self._pulls.clear()
        self.query_one(ProgressLine).update(Progress(phase="reading"))
        report = await ask_long(self, lambda ws: ws.pull(name))
        self.query_one(ProgressLine).update(None)
        self._lines(pull_lines(report))
        if report.errors:
            self._problem("! Not everything was read; ctrl+s tries again, Esc leaves and keeps all that is saved.")
            return
        pace = await ask(self, lambda ws: ws.monitor.pace(ws.integration(name)))
        text = f"{pace.words} fits these catalogues and rate limits; + on the Sync tab (4) adds it."
        self.app.notify(text, title="Automatic sync", markup=False)
        self._finish()

    def _finish(self) -> None:
        console = console_of(self)
        if not self.stay:
            console.call_later(console.open_tab, "products")
        self.dismiss(self.steps.integration)

    def engine_changed(self, update: Update) -> None:
        """Show how far the reading is."""
        from engine.events import PullProgress

        if self.step != READING or not self.busy:
            return
        for event in update.events:
            if isinstance(event, PullProgress) and event.connection in self.steps.connections:
                self._pulls[event.connection, event.kind.value] = (event.read, event.total)
        if self._pulls:
            self._lines([f"{connection}: {kind} {read:,}" + (f" of {total:,}" if total else "")
                         for (connection, kind), (read, total) in self._pulls.items()])  # fmt: skip
            self.query_one(ProgressLine).update(Progress(sum(n for n, _ in self._pulls.values()), phase="reading"))

    # ------------------------------------------------------------------------------------------------ back, leave
    @on(Button.Pressed, "#back")
    @work(exclusive=True, group="step", exit_on_error=False)
    async def action_back(self) -> None:
        if self.step != STOREFRONT and not self.busy:
            self.drafts[self.step] = self.form.values()
            await self._show(self.step - 1)

    def action_leave(self) -> None:
        self._leave()

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def _leave(self) -> None:
        if not self.form.dirty or await self.app.push_screen_wait(keep_or_discard()):
            self.dismiss(self.steps.integration or None)

    def _problem(self, text: str) -> None:
        self.query_one(".page--problem", Static).update(content(text))

    def _lines(self, lines: Sequence[str]) -> None:
        self.query_one(".page--lines", Static).update(Content("\n").join(content(line) for line in lines))


def _add(ws: Workspace, name: str, storefront: str, backoffice: str, settings: dict[str, str]) -> Integration:
    return ws.add_integration(name, storefront, backoffice, settings)
