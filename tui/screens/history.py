"""The drill-down of the history: one entry in full, and all rows of one edit with their before and after."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.screens.page import Page
from tui.widgets.access import ask
from tui.widgets.activity_lines import HEADER, exported
from tui.widgets.columns import Column
from tui.widgets.dialogs import MessageDialog
from tui.widgets.export import export_rows
from tui.widgets.lines import LineTable
from tui.widgets.plain import plain
from tui.widgets.plan_lines import many
from tui.widgets.run_lines import moment
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.views import Alarm, HistoryEntry


class FactsDialog(MessageDialog):
    """Labelled facts; empty ones are left out."""

    def __init__(self, title: str, facts: Iterable[tuple[str, str]]) -> None:
        super().__init__(title, "")
        self.facts = [(label, value) for label, value in facts if value]

    def body(self) -> Iterable[Widget]:
        for label, value in self.facts:
            yield Static(Content.assemble(Content.styled(f"{plain(label):16}", "bold"), content(value)))


def entry_dialog(entry: HistoryEntry) -> FactsDialog:
    """Before and after of one edit or one written field."""
    field = entry.field.value if entry.field is not None else ""
    kind = entry.kind.singular if entry.kind is not None else ""
    return FactsDialog(
        f"{entry.action} {field}".strip(),
        (
            ("Record", " ".join(part for part in (kind, entry.name) if part)),
            ("Storefront id", entry.storefront_id),
            ("Back-office id", entry.backoffice_id),
            ("Before", "nothing" if entry.before is None else entry.before),
            ("After", "nothing" if entry.after is None else entry.after),
            ("Outcome", entry.outcome),
            ("By", entry.actor),
            ("At", moment(entry.at)),
            ("How", entry.how),
            ("Run", entry.run),
            ("Request id", entry.request_id),
            ("Integration", entry.integration),
        ),
    )


def alarm_dialog(alarm: Alarm) -> FactsDialog:
    """All of an alarm's message."""
    return FactsDialog(
        f"Alarm: {alarm.severity}",
        (
            ("What", alarm.message),
            ("Integration", alarm.integration),
            ("Since", moment(alarm.at)),
            ("Acknowledged by", alarm.acknowledged_by),
            ("Acknowledged at", moment(alarm.acknowledged_at) if alarm.acknowledged_at is not None else ""),
        ),
    )


#: Rows of one edit that are listed.
LIMIT = 100_000

COLUMNS: tuple[Column[HistoryEntry], ...] = (
    Column("name", "Record", lambda entry: entry.name or entry.storefront_id, 16, weight=3),
    Column("storefront", "Storefront id", lambda entry: entry.storefront_id, 10, weight=1, drop=2),
    Column("before", "Before", lambda entry: entry.before or "nothing", 12, weight=2),
    Column("after", "After", lambda entry: entry.after or "nothing", 12, weight=2),
    Column("outcome", "", lambda entry: entry.outcome or entry.how, 8, weight=1, drop=1),
)


class EditPage(Page[None]):
    """All rows that one mapping edit changed."""

    HEADING = "Edit"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", "Open", id="edit.open"),
        Binding("e", "export", "Export", id="edit.export"),
    ]

    def __init__(self, entry: HistoryEntry) -> None:
        super().__init__()
        self.entry = entry

    def body(self) -> Iterable[Widget]:
        yield Static("", classes="page--lines")
        yield LineTable(COLUMNS, lambda entry: entry.id, empty="Nothing.")

    @property
    def table(self) -> LineTable[HistoryEntry]:
        return self.query_one(LineTable)

    def on_mount(self) -> None:
        entry = self.entry
        self.title_is(f"{entry.action} · {entry.integration} · {moment(entry.at)}")
        self.table.focus()
        self.read()

    @work(exclusive=True, group="read", exit_on_error=False)
    async def read(self) -> None:
        """Read the rows of the edit."""
        run = self.entry.run
        entries = await ask(self, lambda ws: ws.history(run=run, limit=LIMIT))
        self.table.show(entries)
        text = f"{many(len(entries), 'row')}, by {self.entry.actor}, {self.entry.how}"
        self.query_one(".page--lines", Static).update(content(text))

    @on(LineTable.Chosen)
    @work(exclusive=True, group="open", exit_on_error=False)
    async def action_open(self) -> None:
        if self.table.row is not None:
            await self.app.push_screen_wait(entry_dialog(self.table.row))

    @work(exclusive=True, group="open", exit_on_error=False)
    async def action_export(self) -> None:
        name = self.entry.run.replace(":", "-")
        await export_rows(self.app, "Export edit", f"{name}.csv", HEADER, [exported(one) for one in self.table.rows])
