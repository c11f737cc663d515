"""A plan that is already made (the undo of a run): look at it, confirm it once, and it runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from tui.screens.page import Page
from tui.widgets.access import ask, ask_long, listen
from tui.widgets.explain import error_dialog
from tui.widgets.plan_lines import calls_text, plan_lines, plan_totals
from tui.widgets.plan_table import PlanTable
from tui.widgets.progress import Progress, ProgressLine
from tui.widgets.sync_question import sync_question
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.changes import Plan
    from engine.ports import Budget
    from tui.bridge import Update


class PlanPage(Page[Any]):
    """Returns the run, or None when the plan was not carried out."""

    HEADING = "Plan"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Start", tooltip="Confirm and carry out this plan", id="plan.start"),
    ]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.working = False

    def body(self) -> Iterable[Widget]:
        yield Static("", classes="page--lines")
        yield PlanTable()
        yield ProgressLine()
        yield Static("", classes="page--problem")

    def on_mount(self) -> None:
        plan = self.plan
        listen(self, self.engine_changed)
        what = f"The way back of run {plan.undo_of}" if plan.undo_of else "Plan"
        self.title_is(f"{what} · {plan.integration}")
        table = self.query_one(PlanTable)
        table.empty = "Nothing can be put back: no row holds what that run wrote."
        table.show(plan_lines(plan))
        table.focus()
        self._note()

    @on(PlanTable.Moved)
    def _note(self) -> None:
        line = self.query_one(PlanTable).row
        text = plan_totals(self.plan) + (f" · {line.name} {line.field}: {line.note}" if line is not None else "")
        self.query_one(".page--lines", Static).update(content(text))

    def engine_changed(self, update: Update) -> None:
        """Show how far the run is."""
        from engine.events import RunProgress

        for event in update.events:
            if self.working and isinstance(event, RunProgress) and event.integration == self.plan.integration:
                now = Progress(event.done, event.total, event.rate, event.eta, event.phase)
                self.query_one(ProgressLine).update(now)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return None if action == "start" and (self.working or not self.plan.rows) else True

    @work(exclusive=True, group="plan", exit_on_error=False)
    async def action_start(self) -> None:
        from engine.errors import CrosswalkError

        plan = self.plan
        views = await ask(self, lambda ws: ws.connections())
        budgets: dict[str, Budget] = {view.name: view.budget for view in views}
        if not await self.app.push_screen_wait(sync_question(plan, budgets)):
            return
        self.working = True
        self.refresh_bindings()
        self.query_one(".page--problem", Static).update(content(calls_text(plan, budgets)))
        allow = tuple(hit.guard for hit in plan.guards)
        try:
            run = await ask_long(self, lambda ws: ws.sync(plan, allow=allow))
        except CrosswalkError as error:
            await self.app.push_screen_wait(error_dialog("Not carried out", error))
            return
        finally:
            self.working = False
            self.refresh_bindings()
            self.query_one(ProgressLine).update(None)
        self.dismiss(run)
