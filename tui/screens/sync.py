"""The Sync tab, a live monitor: what runs and ran in all integrations, how the connections are, what needs a person.

It can be left open for weeks: everything is drawn as text, and only what changed is drawn again.
"""

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
from tui.widgets.monitor_lines import MonitorLine, WorkLine
from tui.widgets.run_lines import RUN_COLUMNS, moment
from tui.widgets.sync_lines import SYNC_COLUMNS, SyncLine, read_lines, when
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.changes import Run
    from engine.monitor import Trouble
    from engine.views import Alarm
    from engine.workspace import Workspace
    from tui.slot import Update

#: How many runs are listed, and how many pieces of work are shown at once.
RUNS, WORK = 200, 4
#: Tables of the store whose changes concern this tab.
TABLES = frozenset({"runs", "outcomes", "alarms", "connections", "schedules"})

ALARM_COLUMNS: tuple[Column[Alarm], ...] = (
    Column("at", "Alarm since", lambda alarm: when(alarm.at), 11),
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
    if run is None:
        return
    if await ask(context.screen, lambda ws: ws.cancel(run.id)):
        context.console.say("The batch in flight is settled first.", f"Run {run.id} is asked to stop")
    else:
        context.console.say("There is nothing to stop.", f"Run {run.id} has ended", warning=True)


async def _acknowledge(context: Context) -> None:
    alarm = _screen(context).query_one("#alarms", LineTable).row
    if alarm is not None:
        await ask(context.screen, lambda ws: ws.acknowledge(alarm.id))
        _screen(context).refresh_lists()


async def _connections(context: Context) -> None:
    from tui.screens.connections import ConnectionsScreen

    await context.console.push_screen_wait(ConnectionsScreen())


class SyncScreen(TabScreen):
    """Automatic syncs, work under way, open alarms, connections, runs. Repainted only where something changes."""

    NAME = "sync"
    DEFAULT_CSS = """
    SyncScreen {
        & #connections, & #schedules { height: auto; max-height: 5; }
        & #alarms { height: auto; max-height: 4; display: none; }
        & #alarms.-some { display: block; }
        &.-tall #connections, &.-tall #schedules, &.-tall #alarms { max-height: 10; }
        & #runs { height: 1fr; min-height: 2; }
        & .sync--line { height: auto; min-height: 1; max-height: 7; padding: 0 1; color: $text-muted; }
    }
    """
    AUTO_FOCUS = "#runs"
    VERTICAL_BREAKPOINTS = [(0, "-low"), (36, "-tall")]  # noqa: RUF012  # Textual declares it so
    ACTIONS = (
        Action("run.open", "enter,o", "Open the run", "Its outcomes; undo, resume and export are there.", _open_run,
               _run_here, short="Open run"),
        Action("run.stop", "c", "Cancel the run", "Stops after the batch in flight, whichever process runs it.",
               _cancel, _running_here, short="Cancel"),
        Action("alarm.acknowledge", "a", "Acknowledge the alarm", "It is shown no longer; the Activity tab keeps it.",
               _acknowledge, _alarm_here, short="Acknowledge"),
        Action("sync.list", "n", "Next list", "Automatic syncs, alarms, connections, runs.", _next_list, short="Next list"),
        Action("connections", "C", "Connections…", "Add, change, test and remove them.", _connections,
               short="Connections"),
        *schedules.ACTIONS,
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._troubles: tuple[Trouble, ...] = ()
        self._said = ""

    def body(self) -> Iterable[Widget]:
        with Vertical():
            yield MonitorLine()
            yield AutoLines(SYNC_COLUMNS, lambda line: line.key, empty="No integration yet.", id="schedules")
            for _ in range(WORK):
                yield WorkLine()
            yield AutoLines(ALARM_COLUMNS, lambda alarm: alarm.id, id="alarms")
            yield AutoLines(COLUMNS, lambda view: view.name, empty="No connection yet.", id="connections")
            yield LineTable(RUN_COLUMNS, lambda run: run.id, empty="Nothing was synced yet.", id="runs")
            yield Static("", classes="sync--line")

    @property
    def run(self) -> Run | None:
        """The run under the cursor."""
        return cast("Run | None", self.query_one("#runs", LineTable).row)

    def engine_changed(self, update: Update) -> None:
        overview = update.overview
        troubled = self._troubles
        if overview is not None:
            self._show(connections=list(overview.connections), alarms=list(overview.alarms))
            pulse = overview.pulse
            under_way = pulse.work if pulse is not None else ()
            for number, line in enumerate(self.query(WorkLine)):
                line.show(under_way[number] if number < len(under_way) else None)
            self._troubles = pulse.troubles if pulse is not None else ()
        if update.opened or update.changed & TABLES or self._troubles != troubled:
            self.refresh_lists()

    @work(exclusive=True, group="lists", exit_on_error=False)
    async def refresh_lists(self) -> None:
        """Read runs and alarms again."""

        def read(ws: Workspace) -> tuple[list[Run], list[Alarm], list[SyncLine]]:
            runs = ws.runs(None, RUNS)
            return runs, ws.alarms(), read_lines(ws, runs)

        runs, alarms, lines = await ask(self, read)
        self._show(runs=runs, alarms=alarms, schedules=lines)

    def _show(self, **lists: list[Any]) -> None:
        for name, rows in lists.items():
            table = self.query_one(f"#{name}", LineTable)
            if table.rows != rows:
                table.show(rows)
                if name == "alarms":
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
        """What the cursor is on, as long as it takes: an automatic sync, an alarm with its advice at the end, or a run."""
        focused = self.focused.id if self.focused is not None else "runs"
        if focused == "schedules":
            text = _line_text(cast("SyncLine | None", self.query_one("#schedules", LineTable).row))
        elif focused == "alarms" and (alarm := self.query_one("#alarms", LineTable).row) is not None:
            text = alarm.text
        else:
            text = _run_text(self.run)
        if text != self._said:
            self._said = text
            self.query_one(".sync--line", Static).update(content(text))

    def on_descendant_focus(self) -> None:
        self._say()


def _line_text(line: SyncLine | None) -> str:
    if line is None:
        return ""
    return f"{line.words or line.integration} · {line.note}"


def _run_text(run: Run | None) -> str:
    if run is None:
        return ""
    text = f"Run {run.id} by {run.actor}, {run.trigger}, {run.calls:,} calls"
    text += f" · {run.message}" if run.message else ""
    if run.state.value == "running" and run.heartbeat is not None:
        text += f" · heartbeat {moment(run.heartbeat)}" + (" · asked to stop" if run.cancel_requested else "")
    return text


class AutoLines(LineTable[Any]):
    """A list as high as its lines, so that short ones leave room to the runs."""

    def get_content_height(self, *_sizes: Any) -> int:
        return max(2, len(self.view) + 1)
