"""The Sync tab: what runs and ran in all integrations, how the connections are, what needs a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from textual import on, work
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from tui.actions import Action, Context
from tui.screens import schedules
from tui.screens.connections import COLUMNS
from tui.screens.run import RunScreen
from tui.screens.tab import TabScreen
from tui.widgets.access import ask
from tui.widgets.columns import Column
from tui.widgets.lines import LineTable
from tui.widgets.run_lines import RUN_COLUMNS, moment
from tui.widgets.schedule_lines import SCHEDULE_COLUMNS, schedule_lines
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.changes import Run
    from engine.views import Alarm
    from tui.bridge import Update

#: How many runs are listed.
RUNS = 200
#: Tables of the store whose changes concern this tab.
TABLES = frozenset({"runs", "outcomes", "alarms", "connections", "schedules"})

ALARM_COLUMNS: tuple[Column[Alarm], ...] = (
    Column("at", "Alarm since", lambda alarm: moment(alarm.at), 19),
    Column("severity", "", lambda alarm: alarm.severity, 8, tone=lambda _alarm: "bad"),
    Column("integration", "Integration", lambda alarm: alarm.integration, 10, weight=1, drop=1),
    Column("message", "What", lambda alarm: alarm.text, 20, weight=6),
)


def _screen(context: Context) -> SyncScreen:
    return cast("SyncScreen", context.screen)


def _run_here(context: Context) -> str:
    return "" if _screen(context).run is not None else "there is no run here"


def _running_here(context: Context) -> str:
    run = _screen(context).run
    return "" if run is not None and run.state.value == "running" else "this run is not running"


def _alarm_here(context: Context) -> str:
    return "" if _screen(context).query_one("#alarms", LineTable).row is not None else "there is no open alarm"


def _next_list(context: Context) -> None:
    screen = _screen(context)
    shown = [table for table in screen.query(LineTable) if table.display]
    here = next((n for n, table in enumerate(shown) if table.has_focus), -1)
    shown[(here + 1) % len(shown)].focus()


async def _open_run(context: Context) -> None:
    run = _screen(context).run
    if run is not None:
        await context.console.push_screen_wait(RunScreen(run.id))


async def _cancel(context: Context) -> None:
    run = _screen(context).run
    if run is not None:
        await ask(context.screen, lambda ws: ws.cancel(run.id))
        context.console.say("The batch in flight is settled first.", f"Run {run.id} is asked to stop")


async def _acknowledge(context: Context) -> None:
    alarm = _screen(context).query_one("#alarms", LineTable).row
    if alarm is not None:
        await ask(context.screen, lambda ws: ws.acknowledge(alarm.id))
        _screen(context).refresh_lists()


async def _connections(context: Context) -> None:
    from tui.screens.connections import ConnectionsScreen

    await context.console.push_screen_wait(ConnectionsScreen())


class SyncScreen(TabScreen):
    """Connections, open alarms and automatic syncs (while there are any), runs. Repainted only when one changes."""

    NAME = "sync"
    DEFAULT_CSS = """
    SyncScreen {
        & #connections { height: auto; max-height: 7; }
        & #alarms, & #schedules { height: auto; max-height: 6; display: none; }
        & #alarms.-some, & #schedules.-some { display: block; }
        & #runs { height: 1fr; }
        & .sync--line { height: 1; padding: 0 1; color: $text-muted; }
    }
    """
    AUTO_FOCUS = "#runs"
    ACTIONS = (
        Action("run.open", "enter,o", "Open the run", "Its outcomes; undo, resume and export are there.", _open_run,
               _run_here, short="Open run"),
        Action("run.stop", "c", "Cancel the run", "Stops after the batch in flight, whichever process runs it.",
               _cancel, _running_here, short="Cancel"),
        Action("alarm.acknowledge", "a", "Acknowledge the alarm", "It is shown no longer; the Activity tab keeps it.",
               _acknowledge, _alarm_here, short="Acknowledge"),
        Action("sync.list", "n", "Next list", "Connections, alarms, runs.", _next_list, short="Next list"),
        Action("connections", "C", "Connections…", "Add, change, test and remove them.", _connections,
               short="Connections"),
        *schedules.ACTIONS,
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[object, ...] = ()

    def body(self) -> Iterable[Widget]:
        with Vertical():
            yield AutoLines(COLUMNS, lambda view: view.name, empty="No connection yet.", id="connections")
            yield AutoLines(ALARM_COLUMNS, lambda alarm: alarm.id, id="alarms")
            yield AutoLines(SCHEDULE_COLUMNS, lambda line: line.schedule.id, id="schedules")
            yield LineTable(RUN_COLUMNS, lambda run: run.id, empty="Nothing was synced yet.", id="runs")
            yield Static("", classes="sync--line")

    @property
    def run(self) -> Run | None:
        """The run under the cursor."""
        return cast("Run | None", self.query_one("#runs", LineTable).row)

    def engine_changed(self, update: Update) -> None:
        overview = update.overview
        if overview is not None:
            self._show(connections=list(overview.connections), alarms=list(overview.alarms))
        if overview is not None or update.changed & TABLES:
            self.refresh_lists()

    @work(exclusive=True, group="lists", exit_on_error=False)
    async def refresh_lists(self) -> None:
        """Read runs and alarms again."""
        runs, alarms, lines = await ask(self, lambda ws: (ws.runs(None, RUNS), ws.alarms(), schedule_lines(ws)))
        self._show(runs=runs, alarms=alarms, schedules=lines)

    def _show(self, **lists: list[Any]) -> None:
        for name, rows in lists.items():
            table = self.query_one(f"#{name}", LineTable)
            if table.rows != rows:
                table.show(rows)
                if name in {"alarms", "schedules"}:
                    table.set_class(bool(rows), "-some")
                table.refresh(layout=True)
        self._say()
        self.redraw_lines()

    @on(LineTable.Moved)
    def _moved(self, event: LineTable.Moved) -> None:
        event.stop()
        self._say()
        self.redraw_lines()

    @on(LineTable.Chosen)
    def _chosen(self, event: LineTable.Chosen) -> None:
        event.stop()
        self.console.act("connections" if event.table.id == "connections" else "run.open")

    def _say(self) -> None:
        """One line about the run under the cursor."""
        run = self.run
        text = ""
        if run is not None:
            text = f"Run {run.id} by {run.actor}, {run.trigger}, {run.calls:,} calls"
            text += f" · {run.message}" if run.message else ""
            if run.state.value == "running" and run.heartbeat is not None:
                text += f" · heartbeat {moment(run.heartbeat)}" + (" · asked to stop" if run.cancel_requested else "")
        self.query_one(".sync--line", Static).update(content(text))


class AutoLines(LineTable[Any]):
    """A list as high as its lines, so that short ones leave room to the runs."""

    def get_content_height(self, *_sizes: Any) -> int:
        return max(2, len(self.view) + 1)
