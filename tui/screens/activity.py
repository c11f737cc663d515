"""The Activity tab: who did what and when, what ran, what went wrong; with the before and after of every field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.widget import Widget
from textual.widgets import Static

from tui.actions import Action, Context
from tui.screens.filtered import FilteredTab
from tui.screens.history import EditPage, alarm_dialog, entry_dialog
from tui.widgets.access import ask
from tui.widgets.activity_lines import ALARMS, CATEGORIES, HEADER, RUNS, ActivityLine, activity, chosen, time_text
from tui.widgets.columns import Column
from tui.widgets.dialogs import Answer, ChooseOne
from tui.widgets.export import export_rows
from tui.widgets.lines import LineTable
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.changes import Run
    from engine.views import Alarm, HistoryEntry
    from engine.workspace import Workspace
    from tui.slot import Update

#: How many history entries and runs are listed; the rest is in `crosswalk log`.
ENTRIES, LISTED_RUNS = 2_000, 200
TABLES = frozenset({"history", "runs", "alarms"})

COLUMNS: tuple[Column[ActivityLine], ...] = (
    Column("at", "Time", time_text, 14),
    Column("action", "Action", lambda line: line.action, 12, weight=1),
    Column("name", "What", lambda line: line.name, 14, weight=3),
    Column("change", "Change", lambda line: line.change, 12, weight=3),
    Column("actor", "By", lambda line: line.actor, 8, drop=1),
    Column("outcome", "Outcome", lambda line: line.outcome, 10, weight=3, drop=2, tone=lambda line: line.tone),
)


def _screen(context: Context) -> ActivityScreen:
    return cast("ActivityScreen", context.screen)


def _some(context: Context) -> str:
    return "" if _screen(context).table.row is not None else "there is nothing here"


def _filter(context: Context) -> None:
    _screen(context).open_filter()


def _clear(context: Context) -> None:
    _screen(context).clear()


async def _category(context: Context) -> None:
    screen = _screen(context)
    counts = Counter(line.category for line in screen.lines)
    answers = [Answer("", "edits, runs and alarms", "the usual")]
    answers += [Answer(name, f"{name} only: {counts[name]:,}") for name in CATEGORIES]
    picked = await context.console.push_screen_wait(ChooseOne("Show", [], answers))
    if picked is not None:
        screen.category = picked
        screen.select()


async def _open(context: Context) -> None:
    line = _screen(context).table.row
    if line is None:
        return
    if line.category == RUNS:
        from tui.screens.run import RunScreen

        await context.console.push_screen_wait(RunScreen(cast("Run", line.source).id))
    elif line.category == ALARMS:
        await context.console.push_screen_wait(alarm_dialog(cast("Alarm", line.source)))
    elif line.key[0] == "edit":
        await context.console.push_screen_wait(EditPage(cast("HistoryEntry", line.source)))
    else:
        await context.console.push_screen_wait(entry_dialog(cast("HistoryEntry", line.source)))


async def _export(context: Context) -> None:
    screen = _screen(context)
    rows = [screen.lines[index].export for index in screen.table.view]
    await export_rows(context.console, "Export activity", "activity.csv", HEADER, rows)


class ActivityScreen(FilteredTab):
    """One list over everything that happened, of all integrations."""

    NAME = "activity"
    AUTO_FOCUS = "LineTable"
    DEFAULT_CSS = """
    ActivityScreen {
        & .activity--line { height: 1; padding: 0 1; color: $text-muted; }
    }
    """
    ACTIONS = (
        Action("activity.open", "enter,o", "Open", "Before and after; for a run, its outcomes.", _open, _some, short="Open"),
        Action("activity.filter", "slash", "Filter", "Words that must all occur; Enter goes to the list.", _filter,
               short="Filter"),
        Action("activity.category", "v", "Show…", "Edits, runs, written fields or alarms only.", _category, short="Show"),
        Action("activity.clear", "escape", "Clear the filter", "Show everything again.", _clear),
        Action("activity.export", "e", "Export…", "What is listed, as CSV or JSON.", _export, _some, short="Export"),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[ActivityLine] = []
        self.category = ""

    def body(self) -> Iterable[Widget]:
        yield Static("", classes="activity--line")
        yield self.filter_field()
        yield LineTable(COLUMNS, lambda line: line.key, empty="Nothing happened yet.")

    @property
    def table(self) -> LineTable[ActivityLine]:
        return self.query_one(LineTable)

    def engine_changed(self, update: Update) -> None:
        if update.opened or update.changed & TABLES or not self.lines:
            self.read()

    @work(exclusive=True, group="read", exit_on_error=False)
    async def read(self) -> None:
        """Read everything again, off the screen's loop."""

        def look(ws: Workspace) -> list[ActivityLine]:
            return activity(ws.history(limit=ENTRIES), ws.runs(None, LISTED_RUNS), ws.alarms(open_only=False))

        self.lines = await ask(self, look)
        self.select()

    def select(self) -> None:
        """Show the lines of the category that hold the words."""
        self.table.show(self.lines, chosen(self.lines, self.text, self.category))
        shown = f"{len(self.table.view):,} of {len(self.lines):,}"
        what = f" · {self.category} only" if self.category else ""
        words = f" · with “{self.text}” (esc clears)" if self.text else ""
        self.query_one(".activity--line", Static).update(content(shown + what + words))
        self.redraw_lines()

    @property
    def filtered(self) -> LineTable[ActivityLine]:
        return self.table

    # ------------------------------------------------------------------------------------------------ filter
    def clear(self) -> None:
        """From the filter back to the list, with nothing filtered."""
        self.category = ""
        super().clear()

    @on(LineTable.Moved)
    def _moved(self, event: LineTable.Moved) -> None:
        event.stop()

    @on(LineTable.Chosen)
    def _chosen(self, event: LineTable.Chosen) -> None:
        event.stop()
        self.console.act("activity.open")
