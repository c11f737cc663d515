"""One run, live or ended, of this process or another: its progress, the outcome of every row and field, its totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from tui.widgets.access import ask
from tui.widgets.dialogs import Answer, ChooseOne
from tui.widgets.explain import error_dialog
from tui.widgets.export import export_rows
from tui.widgets.plan_lines import OutcomeLine, outcome_lines, totals_text
from tui.widgets.plan_table import OutcomeTable
from tui.widgets.progress import Progress, ProgressLine
from tui.widgets.reports import Reports
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.changes import Outcome, Run
    from tui.slot import Update

EXPORT = ("kind", "storefront_id", "backoffice_id", "name", "field", "target", "result", "before", "after", "found",
          "message", "code", "request_id", "at")  # fmt: skip


def export_row(outcome: Outcome) -> tuple[str, ...]:
    """One outcome as the columns of ``EXPORT``."""
    return (
        outcome.kind.value,
        outcome.storefront_id,
        outcome.backoffice_id,
        outcome.name,
        outcome.field.value if outcome.field is not None else "",
        outcome.target.value,
        outcome.result.value,
        outcome.before or "",
        outcome.after or "",
        outcome.found or "",
        outcome.message,
        outcome.code,
        outcome.request_id,
        outcome.at.isoformat() if outcome.at is not None else "",
    )


class RunView(Reports, Vertical):
    """Shows one run at a time (``follow``). ``engine_changed`` keeps it current; it polls nothing by itself."""

    DEFAULT_CSS = """
    RunView { height: 1fr; & > Static { height: auto; max-height: 3; padding: 0 1; } & > .run--note { color: $text-muted; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "filter", "Filter", show=False, tooltip="Show only the outcomes of one result", id="run.filter"),
        Binding(
            "e", "export", "Export", show=False, tooltip="Write the outcomes to a CSV or JSON file", id="run.export"
        ),
    ]

    class Loaded(Message):
        """Run and outcomes were read again."""

    def __init__(self) -> None:
        super().__init__()
        self.run_id = ""
        self.run: Run | None = None
        self.result = ""
        self._lines: list[OutcomeLine] = []
        self._known: set[tuple[str, str, str]] = set()
        self._loading = self._again = False

    def compose(self) -> ComposeResult:
        yield ProgressLine()
        yield OutcomeTable()
        yield Static("", classes="run--note")
        yield Static("", classes="run--totals")

    @property
    def table(self) -> OutcomeTable:
        return self.query_one(OutcomeTable)

    @property
    def running(self) -> bool:
        return self.run is None or self.run.state == "running"

    # ------------------------------------------------------------------------------------------------ what is shown
    def follow(self, run_id: str) -> None:
        """Show this run from now on; an empty id shows that one is about to start."""
        self.run_id, self.run, self.result = run_id, None, ""
        self._replace(())
        self.query_one(ProgressLine).update(Progress(phase="starting"))
        if run_id:
            self.reload()

    def ended(self, run: Run) -> None:
        """The run ended as this: its keys work at once, and its outcomes are read a last time."""
        if run.id != self.run_id:
            self.follow(run.id)
        self.run = run
        self._show()
        self.reload()

    def engine_changed(self, update: Update) -> None:
        """Take in what the engine says about this run."""
        if not self.run_id:
            return
        from engine.events import OutcomeRecorded, RunEnded, RunProgress

        added: list[Outcome] = []
        stale = bool(update.lost) or bool(update.changed & {"outcomes", "runs"} and self.running)
        for event in update.events:
            if isinstance(event, RunProgress) and event.run == self.run_id:
                now = Progress(event.done, event.total, event.rate, event.eta, event.phase)
                self.query_one(ProgressLine).update(now)
            elif isinstance(event, OutcomeRecorded) and event.outcome.run == self.run_id:
                added.append(event.outcome)
            elif isinstance(event, RunEnded) and event.run.id == self.run_id:
                stale = True
        if added:
            self._add(added)
        if stale:
            self.reload()

    def reload(self) -> None:
        """Read run and outcomes again; calls while one is under way are answered by one more."""
        if self._loading:
            self._again = True
        else:
            self._loading = True
            self._load()

    @work(group="run-view", exit_on_error=False)
    async def _load(self) -> None:
        from engine.errors import CrosswalkError

        try:
            while True:
                self._again = False
                run_id = self.run_id
                run, outcomes = await self._read(run_id)
                if run_id == self.run_id:
                    self.run = run
                    self._replace(outcomes)
                    self.post_message(self.Loaded())
                if not self._again:
                    return
        except CrosswalkError as error:
            self.app.push_screen(error_dialog("The run cannot be shown", error, about=self.run_id))
        finally:
            self._loading = False

    async def _read(self, run_id: str) -> tuple[Run, list[Outcome]]:
        return await ask(self, lambda ws: (ws.run(run_id), ws.outcomes(run_id)))

    def _replace(self, outcomes: Iterable[Outcome]) -> None:
        self._lines, self._known = [], set()
        self._add(outcomes)

    def _add(self, outcomes: Iterable[Outcome]) -> None:
        for line in outcome_lines(outcomes):
            key = (line.outcome.kind.value, line.id, line.field)
            if key not in self._known:
                self._known.add(key)
                self._lines.append(line)
        self._show()

    def _show(self) -> None:
        table = self.table
        following = self.running and table.cursor >= len(table.view) - 1
        view = [n for n, line in enumerate(self._lines) if not self.result or line.outcome.result.value == self.result]
        table.show(self._lines, view)
        if following and view:
            table.cursor = len(view) - 1
        self.query_one(".run--totals", Static).update(content(self.summary()))
        self._note()
        if self.run is not None and not self.running:
            settled = sum(line.outcome.result.value != "not_sent" for line in self._lines)
            self.query_one(ProgressLine).update(
                Progress(settled, max(len(self._lines), self.run.totals.planned), phase=self.run.state.value)
            )

    @on(OutcomeTable.Moved)
    def _moved(self, event: OutcomeTable.Moved) -> None:
        event.stop()
        self._note()

    def _note(self) -> None:
        line = self.table.row
        text = f"{line.name} · {line.field}: {line.result}" if line is not None else ""
        text += f": {line.message}" if line is not None and line.message else ""
        self.query_one(".run--note", Static).update(content(text))

    def summary(self) -> str:
        """The totals in one line: from the run once it ended, counted as they come before."""
        only = f" · showing {self.result.replace('_', ' ')} only (f)" if self.result else ""
        if self.run is not None and not self.running:
            message = f" · {self.run.message}" if self.run.message else ""
            return totals_text(self.run.totals) + message + only
        counts = Counter(line.result for line in self._lines)
        return (", ".join(f"{count:,} {name}" for name, count in counts.items()) or "no outcome yet") + only

    # ------------------------------------------------------------------------------------------------ keys
    @work(exclusive=True, group="run-filter")
    async def action_filter(self) -> None:
        counts = Counter(line.outcome.result.value for line in self._lines)
        answers = [Answer("", f"all {len(self._lines):,}")]
        answers += [Answer(name, f"{name.replace('_', ' ')}: {count:,}") for name, count in counts.items()]
        chosen = await self.app.push_screen_wait(ChooseOne("Show outcomes", [], answers))
        if chosen is not None:
            self.result = chosen
            self._show()

    @work(exclusive=True, group="run-export")
    async def action_export(self) -> None:
        rows = [
            export_row(line.outcome) for line in self._lines if not self.result or line.outcome.result == self.result
        ]
        await export_rows(self.app, "Export outcomes", f"run-{self.run_id}.csv", EXPORT, rows)
