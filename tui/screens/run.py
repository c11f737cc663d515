"""One run in full: its outcomes with a filter, undo, resume, cancel, export. It may begin here, too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from tui.screens.page import Page
from tui.widgets.access import ask, ask_long, listen
from tui.widgets.dialogs import Confirm, Phrase
from tui.widgets.explain import error_dialog
from tui.widgets.run_lines import moment, purpose, took
from tui.widgets.run_view import RunView
from tui.widgets.sync_stage import resumable
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.changes import Run
    from engine.errors import CrosswalkError
    from engine.workspace import Workspace
    from tui.slot import Update

#: Carries something out; the second argument names the guards that were allowed.
Work = Callable[["Workspace", Collection[str]], Awaitable["Run"]]


class Outcomes(RunView):
    """A run's outcomes with their keys in the footer: here there is room for them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "filter", "Filter", tooltip="Show only the outcomes of one result", id="run.filter"),
        Binding("e", "export", "Export", tooltip="Write the outcomes to a CSV or JSON file", id="run.export"),
    ]


class RunScreen(Page[Any]):
    """Live while the run goes on, in whichever process. Returns the ``Run`` that is shown when it is left.

    Give a run's id, or ``begin`` (a verb that carries something out), its ``integration`` and the guards that were
    allowed already. A guard that fires only now is asked about: its name must be typed.
    """

    HEADING = "Run"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("U", "undo", "Undo", tooltip="Plan the way back, look at it, confirm", id="run.undo"),
        Binding("r", "resume", "Resume", tooltip="Go on with the rows that were not sent", id="run.resume"),
        Binding("c", "cancel", "Cancel", tooltip="Stop after the batch in flight", id="run.cancel"),
    ]

    def __init__(
        self, run_id: str = "", *, begin: Work | None = None, integration: str = "", allow: Collection[str] = ()
    ) -> None:
        super().__init__()
        self.allow = tuple(allow)
        self.run_id, self.begin, self.integration = run_id, begin, integration

    def body(self) -> Iterable[Widget]:
        yield Static("", classes="page--lines")
        yield Outcomes()

    @property
    def view(self) -> RunView:
        return self.query_one(RunView)

    def on_mount(self) -> None:
        listen(self, self.engine_changed)
        self.view.follow(self.run_id)
        self.view.table.focus()
        if self.begin is not None:
            self._carry_out(self.begin, "Not carried out")

    def engine_changed(self, update: Update) -> None:
        """Take in what the engine says about the run; one that begins here is known by its first event."""
        from engine.events import RunStarted

        for event in update.events:
            if isinstance(event, RunStarted) and not self.run_id and event.run.integration == self.integration:
                self._show(event.run)
        self.view.engine_changed(update)

    def on_run_view_loaded(self) -> None:
        """The run was read: say what it is, and which keys work for it."""
        run = self.view.run
        if run is None:
            return
        self.title_is(f"Run {run.id} · {run.integration} · {purpose(run)} · {run.state.value}")
        parts = [f"started {moment(run.started)} by {run.actor}, {run.trigger}"]
        parts.append(f"took {took(run)}" if run.ended else "")
        parts.append(f"undone by {run.undone_by}" if run.undone_by else "")
        self.query_one(".page--lines", Static).update(content(" · ".join(part for part in parts if part)))
        self.refresh_bindings()

    def why_not(self, action: str) -> str:
        run = self.view.run
        state = run.state.value if run is not None else ""
        if action == "undo":
            if run is None or state == "running":
                return "it has not ended"
            return f"it was undone by {run.undone_by}" if run.undone_by else ""
        if action == "resume" and (run is None or not resumable(run)):
            return "nothing of it is left to be sent"
        if action == "cancel" and state != "running" and not (self.run_id and run is None):
            return "it is not running"
        return ""

    def action_leave(self) -> None:
        self.dismiss(self.view.run)

    # ------------------------------------------------------------------------------------------------ keys
    @work(exclusive=True, group="run-act", exit_on_error=False)
    async def action_undo(self) -> None:
        from engine.errors import CrosswalkError
        from tui.screens.plan_page import PlanPage

        run_id = self.run_id
        self.app.notify("Reading both sides for the way back…", title=f"Run {run_id}", timeout=3, markup=False)
        try:
            plan = await ask_long(self, lambda ws: ws.plan_undo(run_id))
        except CrosswalkError as error:
            await self.app.push_screen_wait(error_dialog("No undo", error, about=f"run {run_id}"))
            return
        undone = await self.app.push_screen_wait(PlanPage(plan))
        if undone is not None:
            self._show(undone)

    def action_resume(self) -> None:
        run_id = self.run_id
        self.view.follow(run_id)
        self._carry_out(lambda ws, _allow: ws.resume(run_id), "Not resumed")

    @work(exclusive=True, group="run-stop", exit_on_error=False)
    async def action_cancel(self) -> None:
        run_id = self.run_id
        if await ask(self, lambda ws: ws.cancel(run_id)):
            self.app.notify("The batch in flight is settled first.", title="Asked to stop", markup=False)
        else:
            self.app.notify("There is nothing to stop.", title="The run has ended", severity="warning", markup=False)

    @work(exclusive=True, group="run-act", exit_on_error=False)
    async def _carry_out(self, verb: Work, failed: str) -> None:
        from engine.errors import Blocked
        from engine.errors import CrosswalkError as AnyError

        try:
            run = await ask_long(self, lambda ws: verb(ws, self.allow))
        except Blocked as error:
            if error.guards and await self._allowed(error.guards, str(error)):
                self._carry_out(verb, failed)
            elif error.guards:
                self.dismiss(None)
            else:
                await self._failed(error, failed)
        except AnyError as error:
            await self._failed(error, failed)
        else:
            self._show(run)

    async def _allowed(self, guards: Collection[str], why: str) -> bool:
        phrases = [Phrase(guard, f"Guard {guard}") for guard in guards]
        question = Confirm("Guards", [why, "Nothing was written."], phrases=phrases, yes="Go on", no="Not now")
        if await self.app.push_screen_wait(question):
            self.allow = (*self.allow, *guards)
            return True
        return False

    async def _failed(self, error: CrosswalkError, failed: str) -> None:
        if self.run_id:
            self.view.reload()
        await self.app.push_screen_wait(error_dialog(failed, error, about=f"run {self.run_id}" if self.run_id else ""))
        if not self.run_id:
            self.dismiss(None)

    def _show(self, run: Run) -> None:
        self.run_id = run.id
        self.view.follow(run.id)
