"""A plan that is already made (the undo of a run, a push): look at it, confirm it once, and it runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from tui.screens.page import Page
from tui.screens.run import RunScreen
from tui.widgets.access import ask
from tui.widgets.call_lines import cost_text, too_dear
from tui.widgets.plan_lines import calls_text, plan_lines, plan_totals
from tui.widgets.plan_table import PlanTable
from tui.widgets.sync_question import sync_question
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.changes import Plan
    from engine.ports import Budget


class PlanPage(Page[Any]):
    """Returns the ``Run``, or None when the plan was not carried out."""

    HEADING = "Plan"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Start", tooltip="Confirm and carry out this plan", id="plan.start"),
    ]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.budgets: dict[str, Budget] = {}
        self.connections: tuple[str, ...] = ()

    def body(self) -> Iterable[Widget]:
        yield Static("", classes="page--lines")
        yield PlanTable()
        yield Static("", classes="page--problem")

    def on_mount(self) -> None:
        plan = self.plan
        what = f"The way back of run {plan.undo_of}" if plan.undo_of else "Push" if plan.pushes else "Plan"
        self.title_is(f"{what} · {plan.integration}")
        table = self.query_one(PlanTable)
        table.empty = (
            "Nothing can be put back: no row holds what that run wrote." if plan.undo_of else "Nothing to push."
        )
        table.show(plan_lines(plan))
        table.focus()
        self._note()
        self._weigh()

    @work(exclusive=True, group="weigh", exit_on_error=False)
    async def _weigh(self) -> None:
        """What the plan costs, against what is left on both sides."""
        plan = self.plan
        self.connections = await ask(self, lambda ws: ws.integration(plan.integration).connections)
        self.budgets = {view.name: view.budget for view in await ask(self, lambda ws: ws.connections())}
        hits = [f"guard {hit.guard}: {hit.message}" for hit in plan.guards]
        told = " · ".join(filter(None, (too_dear(plan, self.budgets), *hits)))
        self.query_one(".page--problem", Static).update(content(f"! {told}" if told else ""))
        self._note()

    @on(PlanTable.Moved)
    def _note(self) -> None:
        line = self.query_one(PlanTable).row
        cost = cost_text(self.plan, self.budgets, self.connections) or calls_text(self.plan, self.budgets)
        text = f"{plan_totals(self.plan)} · {cost}"
        text += f" · {line.name} {line.field}: {line.note}" if line is not None else ""
        self.query_one(".page--lines", Static).update(content(text))

    def why_not(self, action: str) -> str:
        return "nothing of this plan is sent" if action == "start" and not self.plan.rows else ""

    @work(exclusive=True, group="plan", exit_on_error=False)
    async def action_start(self) -> None:
        plan = self.plan
        if not await self.app.push_screen_wait(sync_question(plan, self.budgets)):
            return
        allow = tuple(hit.guard for hit in plan.guards)
        screen = RunScreen(
            begin=lambda ws, allowed: ws.sync(plan, allow=allowed), integration=plan.integration, allow=allow
        )
        run = await self.app.push_screen_wait(screen)
        if run is not None:
            self.dismiss(run)
