"""The Reconcile tab: every discrepancy of both sides; choose, preview, resolve; a spreadsheet of all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from textual import on, work
from textual.containers import Vertical
from textual.geometry import Offset
from textual.widget import Widget
from textual.widgets import Static

from tui.actions import Action, Context
from tui.screens import reconcile_verbs as verbs
from tui.screens.filtered import FilteredTab
from tui.widgets.access import ask
from tui.widgets.finding_lines import COLUMNS, resolvable, search_text
from tui.widgets.row_menu import Entry, Menu
from tui.widgets.table import Table
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.findings import Reconciliation, Resolved
    from engine.workspace import Workspace
    from tui.slot import Update

#: Tables of the store whose changes concern this tab.
TABLES = frozenset({"reconciliations", "findings"})


def screen_of(context: Context) -> ReconcileScreen:
    return cast("ReconcileScreen", context.screen)


def ready(context: Context) -> str:
    return "" if context.integration else "there is no integration yet"


def some(context: Context) -> str:
    return "" if screen_of(context).made is not None else "nothing was reconciled yet: r does"


def one_here(context: Context) -> str:
    return "" if screen_of(context).table.row is not None else "there is no finding here"


def to_resolve(context: Context) -> str:
    """Greyed where neither the marked findings nor the one under the cursor have a proposal."""
    screen = screen_of(context)
    row = screen.table.row
    if screen.table.marks:
        return ""
    return "" if row is not None and resolvable(row) else "this finding is left to a person, or resolved"


async def by_code(context: Context) -> None:
    """A menu of the codes that occur, with their counts; choosing one shows it alone."""
    screen = screen_of(context)
    counts = Counter(one.finding.code.value for one in screen.found)
    entries = [
        Entry(
            code,
            str(number) if number < 10 else "",
            f"{'[x]' if code == screen.code else '[ ]'} {code}",
            note=f"{count:,}",
        )
        for number, (code, count) in enumerate(counts.items(), 1)
    ]
    entries.append(Entry("", "0", "All codes", reason="" if screen.code else "all are shown"))
    chosen = await context.console.push_screen_wait(Menu("Show only", entries, Offset(1, 3)))
    if chosen is not None:
        screen.code = chosen
        screen.select()


class ReconcileScreen(FilteredTab):
    """The findings of the newest reconciliation of the integration that is shown (or of an earlier one)."""

    NAME = "reconcile"
    AUTO_FOCUS = "Table"
    DEFAULT_CSS = """
    ReconcileScreen {
        & .reconcile--line { height: 1; padding: 0 1; color: $text-muted; }
        & Table { height: 1fr; }
    }
    """
    ACTIONS = (
        Action("reconcile.run", "r", "Reconcile now", "Reads both sides completely and finds every discrepancy; writes nothing.",
               verbs.run, ready, short="Reconcile"),
        Action("reconcile.resolve", "a", "Resolve…", "The marked findings, or this one: checked again, previewed, confirmed once.",
               verbs.resolve, to_resolve, short="Resolve"),
        Action("reconcile.open", "enter,o", "Open the finding", "Both values, what is proposed and why, what was done.", verbs.show,
               one_here, short="Open"),
        Action("reconcile.mark", "space", "Mark", "Mark or unmark this finding, if it has a proposal.",
               lambda c: screen_of(c).table.toggle_mark(), one_here, short="Mark"),
        Action("reconcile.mark_all", "asterisk", "Mark all filtered", "Every finding shown that has a proposal; again unmarks them.",
               lambda c: screen_of(c).table.mark_all(), one_here),
        Action("reconcile.mark_page", "p", "Mark the page", "What is visible and has a proposal.",
               lambda c: screen_of(c).table.mark_page(), one_here),
        Action("reconcile.code", "f", "Filter by code…", "One code alone, with counts.", by_code, some, short="Code"),
        Action("reconcile.filter", "slash", "Filter", "Words that must all occur.", lambda c: screen_of(c).open_filter(), some,
               short="Filter"),
        Action("reconcile.clear", "escape", "Clear marks, then filters", "Show all findings again.", lambda c: screen_of(c).clear()),
        Action("reconcile.export", "e", "Export…", "A spreadsheet (.xlsx), or .csv or .json, of all findings.", verbs.export, some,
               short="Export"),
        Action("reconcile.compare", "c", "Compare with an earlier one…", "What is new and what is gone since then.", verbs.compare, some),
        Action("reconcile.earlier", "v", "Earlier reconciliations…", "Show another one.", verbs.earlier, ready),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.made: Reconciliation | None = None
        self.found: list[Resolved] = []
        self.chosen = ""  # the id of an earlier one that was asked for
        self.code = ""
        self.running = False

    def body(self) -> Iterable[Widget]:
        table: Table[Resolved] = Table(COLUMNS, lambda one: one.finding.key, markable=resolvable)
        table.empty = "Nothing was reconciled yet. r reads both sides and compares everything."
        with Vertical():
            yield Static("", classes="reconcile--line")
            yield self.filter_field()
            yield table

    @property
    def table(self) -> Table[Resolved]:
        return self.query_one(Table)

    def engine_changed(self, update: Update) -> None:
        other = self.made is not None and self.made.integration != self.console.integration
        if update.opened or update.changed & TABLES or self.made is None or other:
            self.read()

    @work(exclusive=True, group="read", exit_on_error=False)
    async def read(self) -> None:
        """Read the chosen reconciliation, else the newest of this integration, off the screen's loop."""
        integration, chosen = self.console.integration, self.chosen
        if not integration or self.console.overview is None:
            return

        def look(ws: Workspace) -> tuple[Reconciliation | None, list[Resolved]]:
            mine = ws.reconciliations(integration)
            made = next((one for one in mine if one.id == chosen), mine[0] if mine else None)
            return made, ws.findings(made.id) if made is not None else []

        self.made, self.found = await ask(self, look)
        self.select()

    def select(self) -> None:
        """Show the findings of the code that hold the words."""
        words = self.text.casefold().split()
        seen = [
            n for n, one in enumerate(self.found)
            if (not self.code or one.finding.code == self.code) and all(word in search_text(one) for word in words)
        ]  # fmt: skip
        self.table.show(self.found, seen)
        self.table.say_empty(self._why_empty())
        self.tell()

    def _why_empty(self) -> str:
        if self.running:
            return "Reading both sides completely…"
        if self.made is None:
            return "Nothing was reconciled yet. r reads both sides and compares everything."
        return (
            "No finding matches. esc clears the filter."
            if self.text or self.code
            else "Both sides agree in everything."
        )

    def tell(self) -> None:
        """One line about the reconciliation that is shown."""
        from tui.screens.records import ago

        text = "Reading both sides completely…" if self.running else ""
        if self.made is not None and not self.running:
            able = sum(map(resolvable, self.found))
            parts = [f"reconciled {ago(self.made.at)} by {self.made.actor}", f"{len(self.found):,} findings"]
            parts[1] += f", {able:,} with a proposal" if able else ""
            parts += [f"{self.made.resolved:,} resolved"] if self.made.resolved else []
            parts += [f"{len(self.table.marks):,} marked"] if self.table.marks else []
            parts += [f"{self.code} only"] if self.code else []
            text = " · ".join(parts)
        self.query_one(".reconcile--line", Static).update(content(text))
        self.redraw_lines()

    @property
    def filtered(self) -> Table[Any]:
        return self.table

    # ------------------------------------------------------------------------------------------------ filter
    def clear(self) -> None:
        """Escape: forget the marks, else the filters."""
        if self.table.marks:
            self.table.unmark()
            return
        self.code = ""
        super().clear()

    @on(Table.Moved)
    def _moved(self, event: Table.Moved) -> None:
        event.stop()
        self.redraw_lines()

    @on(Table.MarksChanged)
    def _marked(self, event: Table.MarksChanged) -> None:
        event.stop()
        self.tell()

    @on(Table.Chosen)
    def _chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.console.act("reconcile.open")
