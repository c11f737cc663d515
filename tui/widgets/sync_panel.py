"""The sync panel: choose, plan, look, confirm once, watch, undo. Below the list on Products and Fees.

What it shows is what runs: the plan is frozen, a decision taken afterwards asks for a new plan. A run goes on in the
engine when its tab is left; a run of another process is shown live and can be asked to stop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Checkbox, Select, Static

from tui.widgets.access import ask, ask_long, integration_of, listen
from tui.widgets.explain import error_dialog, explain
from tui.widgets.key_scope import meant_for, refused
from tui.widgets.map_first import MapRow, map_first
from tui.widgets.plan_lines import PlanLine, calls_text, plan_lines, plan_totals
from tui.widgets.plan_table import PlanTable
from tui.widgets.reports import Reports
from tui.widgets.run_view import RunView
from tui.widgets.sync_options import RowChoice, Scope, SyncOptions
from tui.widgets.sync_question import sync_question
from tui.widgets.sync_stage import Stage, resumable, why_not
from tui.widgets.text import content
from tui.widgets.unblock import unblock

if TYPE_CHECKING:
    from engine.changes import Plan, Run
    from engine.ports import Budget
    from engine.workspace import Workspace
    from tui.slot import Update


class SyncPanel(Reports, Vertical):
    """Give it the kind of its list, the rows as they are when asked, and how to map one row (the list's picker)."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    .-sync-full .records--lists, .-sync-full FilterBar { display: none; }
    .-sync-full .records--below { height: 1fr; }
    SyncPanel {
        height: 55vh; display: none; border-top: heavy $primary; border-title-style: bold; background: $surface;
        &.-open { display: block; }
        &.-full { height: 1fr; }
        & > Static { height: auto; max-height: 4; padding: 0 1; }
        & > .sync--guards { color: $text-warning; max-height: 7; }
        & > PlanTable, & > RunView { display: none; }
        &.-preview > PlanTable { display: block; }
        &.-run > RunView { display: block; }
        &.-run > .sync--plan { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "plan", "Plan", tooltip="Read both sides and show what a sync would do", id="sync.plan"),
        Binding("s", "start", "Start", tooltip="Confirm and carry out the plan that is shown", id="sync.start"),
        Binding("c", "cancel", "Cancel", tooltip="Stop the run after the batch in flight", id="sync.cancel"),
        Binding("r", "resume", "Resume", tooltip="Go on with the rows that were not sent", id="sync.resume"),
        Binding("x", "unblock", "Fix", tooltip="What unblocks the row under the cursor", id="sync.unblock"),
        Binding("U", "undo", "Undo", tooltip="Plan the way back of the run that is shown", id="sync.undo"),
        Binding("b", "blocked", "Blocked", show=False, tooltip="Show blocked rows only, or all", id="sync.blocked"),
        Binding("z", "zoom", "Full", show=False, tooltip="Give the panel the whole screen, or half", id="sync.zoom"),
        Binding("escape", "close", "Close", tooltip="Close the panel; a run goes on", id="sync.close"),
    ]
    #: Below this height of the screen the panel takes all of it.
    ROOMY = 36
    stage: reactive[Stage] = reactive(Stage.IDLE, init=False, bindings=True)

    class Closed(Message):
        """The panel was closed; the list has the screen again."""

    class Zoomed(Message):
        """The panel takes the whole screen (``full``), or leaves room for the list."""

        def __init__(self, full: bool) -> None:
            super().__init__()
            self.full = full

    def __init__(self, kind: str, rows: Callable[[], RowChoice], map_row: MapRow, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.kind, self.rows, self.map_row = kind, rows, map_row
        self.plan: Plan | None = None
        self.outdated = False
        self.only_blocked = False
        self._lines: list[PlanLine] = []
        self._budgets: dict[str, Budget] = {}
        self._cancel_wanted = self._own = self._undoing = False
        self._configured: tuple[str, ...] = ()
        self._view = ""  # the out-of-sync view it was opened from the last time

    def compose(self) -> ComposeResult:
        yield SyncOptions()
        yield PlanTable()
        yield RunView()
        yield Static("", classes="sync--note")
        yield Static("", classes="sync--guards sync--plan")
        yield Static("", classes="sync--totals sync--plan")

    def on_mount(self) -> None:
        listen(self, self.engine_changed)
        self._say()

    def on_key(self, event: Key) -> None:
        """A key that means something to the list only, or is greyed here, must not act on the list from in here."""
        if refused(self, event.key, self.why_not) or not meant_for(self, event.key):
            event.stop()

    # ------------------------------------------------------------------------------------------------ open, close
    def open(self, scope: Scope | None = None, *, plan: bool = False) -> None:
        """Show the panel for these rows (marked ones if any, else all mapped ones) and, if asked, plan at once."""
        self.add_class("-open")
        self._set_full(self.screen.size.height < self.ROOMY)
        if scope is None:
            scope = Scope.MARKED if self.rows().marked else Scope.ALL
        if self.stage not in {Stage.PLANNING, Stage.RUNNING}:
            self.query_one(SyncOptions).scope = scope
            self._prepare(plan=plan)
        self.focus_inside()

    def focus_inside(self) -> None:
        """Put the cursor where the panel's keys work."""
        if self.has_class("-run"):
            self.query_one(RunView).table.focus()
        elif self.has_class("-preview"):
            self.query_one(PlanTable).focus()
        else:
            self.query_one("#direction").focus()

    def action_close(self) -> None:
        self.remove_class("-open")
        self._set_full(False)
        self.post_message(self.Closed())

    @property
    def is_open(self) -> bool:
        return self.has_class("-open")

    def action_zoom(self) -> None:
        self._set_full(not self.has_class("-full"))

    def _set_full(self, full: bool) -> None:
        self.set_class(full, "-full")
        self.screen.set_class(full, "-sync-full")
        self.post_message(self.Zoomed(full))

    @work(exclusive=True, group="sync-prepare", exit_on_error=False)
    async def _prepare(self, *, plan: bool) -> None:
        """Take the integration's own fields as the choice, once, and show a run that is under way anyway.

        From an out-of-sync view its field alone is the choice, whenever that view is another than the last time.
        """
        name, view = integration_of(self), self.rows().view

        def look(ws: Workspace) -> tuple[tuple[str, ...], Run | None]:
            fields = tuple(field.value for field in ws.integration(name).settings.fields)
            return fields, next((run for run in ws.runs(name, 5) if run.state == "running"), None)

        fields, running = await ask(self, look)
        self._configured = fields
        if view != self._view or (self.stage is Stage.IDLE and self.plan is None):
            self.query_one(SyncOptions).set_fields((view,) if view in fields else fields, fields)
        self._view = view
        if running is not None and self.stage not in {Stage.RUNNING, Stage.PLANNING}:
            self._show_run(running.id)
        elif plan:
            self.action_plan()

    # ------------------------------------------------------------------------------------------------ plan
    def action_plan(self) -> None:
        if self.stage not in {Stage.PLANNING, Stage.RUNNING}:
            self._make_plan()

    @work(exclusive=True, group="sync", exit_on_error=False)
    async def _make_plan(self) -> None:
        options = self.query_one(SyncOptions)
        fields, overwrite, scope = options.fields, options.overwrite, options.scope
        if not fields:
            self.app.notify("Tick at least one field: price, cost, sku or quantity.", severity="warning", markup=False)
            return
        name = integration_of(self)
        ids: list[str] | None = None
        if scope is not Scope.ALL:
            chosen = await map_first(self, self.kind, self.rows().of(scope), self.map_row)
            if chosen is None:
                return
            if not chosen:
                self._fail("No mapped row is chosen; nothing was read.", "Mark mapped rows, or choose all mapped.")
                return
            ids = chosen

        # Price and quantity as the integration is set are no request for both at once: a side that takes one of the two
        # gets the price, and the quantity waits with its reason. Chosen by hand, they are refused with "choose one".
        as_set = set(fields) == set(self._configured) and "quantity" in fields

        async def make(ws: Workspace) -> Plan:
            from engine.model import Field, Kind

            kinds = (Kind.PRODUCTS, Kind.FEES) if ids is None else (Kind(self.kind),)
            wanted = None if as_set else tuple(Field(field) for field in fields)
            return await ws.plan(name, kinds=kinds, fields=wanted, ids=ids, overwrite=overwrite)

        await self._show_plan(make, f"{name}: reading both sides fresh…")

    async def _show_plan(self, make: Callable[[Workspace], Awaitable[Plan]], what: str) -> None:
        from engine.errors import CrosswalkError

        before = self.stage
        self.stage = Stage.PLANNING
        self._note(what)
        try:
            plan = await ask_long(self, make)
            views = await ask(self, lambda ws: ws.connections())
        except CrosswalkError as error:
            self.stage = Stage.FAILED if before is not Stage.ENDED else before
            self._note(f"No plan: {error}")
            await self.app.push_screen_wait(error_dialog("No plan", error))
            return
        self._budgets = {view.name: view.budget for view in views}
        self.plan, self.outdated, self.only_blocked = plan, False, False
        self._undoing = plan.purpose == "undo"
        self._lines = plan_lines(plan)
        self.stage = Stage.PREVIEW
        self._show_lines()
        self.focus_inside()

    def _show_lines(self) -> None:
        view = [n for n, line in enumerate(self._lines) if line.blocked or not self.only_blocked]
        self.query_one(PlanTable).show(self._lines, view)
        self._say()

    def action_blocked(self) -> None:
        self.only_blocked = not self.only_blocked
        self._show_lines()

    # ------------------------------------------------------------------------------------------------ unblock
    @on(PlanTable.Chosen)
    def line_chosen(self, event: PlanTable.Chosen) -> None:
        event.stop()
        self.action_unblock()

    @work(exclusive=True, group="sync", exit_on_error=False)
    async def action_unblock(self) -> None:
        line = self.query_one(PlanTable).row
        if self.stage is not Stage.PREVIEW or line is None or line.change is None or not line.blocked:
            self.app.notify("Not now: the row under the cursor is not blocked.", title="Fix", timeout=3, markup=False)
            return
        if await unblock(self, line.change, self.map_row):
            self.outdated = True
            self._note(f"{line.name} {line.field}: done. Press p to plan again when you are through.")
            self.refresh_bindings()
            self._say()

    # ------------------------------------------------------------------------------------------------ run
    def why_not_start(self) -> str:
        """Why the plan cannot be started now, or an empty text."""
        if self.stage is not Stage.PREVIEW or self.plan is None:
            return "plan first (p)"
        if self.outdated:
            return "decisions were taken after this plan: plan again (p)"
        return "" if self.plan.rows else "nothing of this plan is sent"

    @work(exclusive=True, group="sync", exit_on_error=False)
    async def action_start(self) -> None:
        plan, reason = self.plan, self.why_not_start()
        if reason or plan is None:
            self.app.notify(f"Not started: {reason}.", severity="warning", markup=False)
            return
        if not await self.app.push_screen_wait(sync_question(plan, self._budgets)):
            return
        allow = tuple(hit.guard for hit in plan.guards)

        async def run(ws: Workspace) -> Run:
            return await ws.sync(plan, allow=allow)

        await self._follow("", run)

    async def _follow(self, run_id: str, work: Callable[[Workspace], Awaitable[Run]]) -> None:
        """Show a run that this panel started until it ends."""
        from engine.errors import CrosswalkError

        self._cancel_wanted, self._own = False, True
        self.stage = Stage.RUNNING
        view = self.query_one(RunView)
        view.follow(run_id)
        self.focus_inside()
        try:
            run = await ask_long(self, work)
        except CrosswalkError as error:
            if view.run_id:
                self.stage = Stage.ENDED
                view.reload()
            else:
                said = explain(error)
                self._fail(f"Not started: {said.happened}", said.advice)
            await self.app.push_screen_wait(error_dialog("The sync stopped", error))
            return
        finally:
            self._own = False
        view.ended(run)
        self._ended(run)

    def _ended(self, run: Run) -> None:
        self.plan = None
        self.stage = Stage.ENDED
        totals = run.totals
        wrong = totals.rejected + totals.unverified + totals.stale
        self.app.notify(
            f"{run.integration}: {totals.applied:,} applied" + (f", {wrong:,} need a look" if wrong else ""),
            title=f"Run {run.id} {run.state.value}",
            severity="warning" if wrong or not totals.adds_up else "information",
            markup=False,
        )

    def _show_run(self, run_id: str) -> None:
        """Show a run that was started elsewhere: by another tab, or another process."""
        self._undoing = False
        self.stage = Stage.RUNNING
        self.query_one(RunView).follow(run_id)

    @work(group="sync-cancel", exit_on_error=False)
    async def action_cancel(self) -> None:
        if self.stage is Stage.RUNNING:
            self._cancel_wanted, run_id = True, self.query_one(RunView).run_id
            self._note("Cancel asked: the batch in flight is settled first; what was not sent can be resumed (r).")
            if run_id:
                await ask(self, lambda ws: ws.cancel(run_id))

    @work(exclusive=True, group="sync", exit_on_error=False)
    async def action_resume(self) -> None:
        run = self.query_one(RunView).run
        if self.stage is Stage.ENDED and run is not None and resumable(run):
            run_id = run.id

            async def resume(ws: Workspace) -> Run:
                return await ws.resume(run_id)

            await self._follow(run_id, resume)

    @work(exclusive=True, group="sync", exit_on_error=False)
    async def action_undo(self) -> None:
        run = self.query_one(RunView).run
        if self.stage is Stage.ENDED and run is not None:
            run_id = run.id

            async def plan(ws: Workspace) -> Plan:
                return await ws.plan_undo(run_id)

            await self._show_plan(plan, f"Planning the way back of run {run_id}…")

    # ------------------------------------------------------------------------------------------------ events
    def engine_changed(self, update: Update) -> None:
        """Take in what the engine said."""
        view = self.query_one(RunView)
        from engine.events import RunStarted

        for event in update.events:
            if (
                isinstance(event, RunStarted)
                and self.stage is Stage.RUNNING
                and not view.run_id
                and self.plan is not None
                and event.run.plan == self.plan.id
            ):
                view.follow(event.run.id)
                if self._cancel_wanted:
                    self.action_cancel()
        view.engine_changed(update)
        if update.overview is not None:
            mine = [run for run in update.overview.runs if run.integration == integration_of(self)]
            if mine and self.stage is Stage.IDLE and self.is_open:
                self._show_run(mine[0].id)
        if self.stage is Stage.RUNNING and view.run is not None and not view.running and not self._own:
            self.stage = Stage.ENDED

    # ------------------------------------------------------------------------------------------------ words
    def watch_stage(self) -> None:
        self.set_class(self.stage is Stage.PREVIEW or (self.stage is Stage.PLANNING and bool(self._lines)), "-preview")
        self.set_class(self.stage in {Stage.RUNNING, Stage.ENDED}, "-run")
        self._say()

    def _fail(self, what: str, advice: str) -> None:
        self.stage = Stage.FAILED
        self._note(f"{what} {advice}".strip())

    def _note(self, text: str) -> None:
        self.query_one(".sync--note", Static).update(content(text))

    def _say(self) -> None:
        """Title, note, guards and totals for the stage and the line under the cursor."""
        plan = self.plan
        self.border_title = content(f"{'Undo' if self._undoing else 'Sync mapped'} · {self.stage.value}")
        shown = plan is not None and self.stage is Stage.PREVIEW
        hits = plan.guards if shown and plan is not None else ()
        notes = plan.notes if shown and plan is not None else ()
        told = [*(f"! {hit.guard}: {hit.message}" for hit in hits), *(f"i {note}" for note in notes)]
        guards = Content("\n").join(content(line) for line in told)
        self.query_one(".sync--guards", Static).update(guards)
        totals = ""
        if shown and plan is not None:
            totals = f"{plan_totals(plan)} · {calls_text(plan, self._budgets)}"
            totals += " · PLAN AGAIN (p)" if self.outdated else ""
        self.query_one(".sync--totals", Static).update(content(totals))
        match self.stage:
            case Stage.IDLE:
                self._note("p plans: reads both sides and shows every change; nothing is written before you confirm.")
            case Stage.PREVIEW:
                self._note_line()
            case Stage.ENDED:
                self._note("U undoes this run · r resumes what was not sent · f filters · e exports · p plans again")
            case Stage.RUNNING:
                self._note("c cancels after the batch in flight · the run goes on when you leave this tab")

    @on(PlanTable.Moved)
    def line_changed(self, event: PlanTable.Moved) -> None:
        event.stop()
        self._note_line()

    def _note_line(self) -> None:
        line = self.query_one(PlanTable).row
        if line is not None and self.stage is Stage.PREVIEW:
            self._note(f"{line.name} · {line.field}: {line.note}")

    @on(Checkbox.Changed)
    @on(Select.Changed)
    def choice_changed(self) -> None:
        """Another choice makes a shown plan one of something else."""
        if self.stage is Stage.PREVIEW and self.plan is not None and self.plan.purpose == "sync":
            self.outdated = True
            self._say()

    def why_not(self, action: str) -> str:
        """Why a key does nothing now, or an empty text."""
        run = self.query_one(RunView).run if self.is_mounted else None
        return self.why_not_start() if action == "start" else why_not(action, self.stage, run)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return None if self.why_not(action) else True
