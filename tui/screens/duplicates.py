"""Duplicates: keys that several records of one side have, and counterparts that several rows share. Read only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from tui.screens.page import Page
from tui.widgets.access import ask_long
from tui.widgets.columns import Column
from tui.widgets.lines import LineTable
from tui.widgets.plan_lines import many
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.duplicates import Duplicate
    from engine.model import Kind, Side
    from tui.actions import Context

SHOWN = 12  # records of one duplicate that are named in the lines above the list


def duplicate_columns(names: Mapping[Side, str]) -> tuple[Column[Duplicate], ...]:
    """``names`` are the connections'."""
    return (
        Column("where", "In", lambda one: names[one.side], 10, weight=1),
        Column("key", "Key", lambda one: one.key, 11),
        Column("value", "Value", lambda one: one.value, 12, weight=2),
        Column("count", "Times", lambda one: f"{len(one.records):,}", 5, right=True),
        Column("records", "Records", lambda one: ", ".join(id for id, _ in one.records), 12, weight=3),
    )


class DuplicatesPage(Page[None]):
    """What is not unique in one list of one integration; the line under the cursor names its records."""

    HEADING = "Duplicates"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("r", "look", "Look again", id="duplicates.look")]

    def __init__(self, integration: str, kind: Kind, names: Mapping[Side, str]) -> None:
        super().__init__()
        self.integration, self.kind, self.names = integration, kind, names
        self.found: tuple[Duplicate, ...] = ()
        self.looked = False

    def body(self) -> Iterable[Widget]:
        yield Static(content("looking…"), classes="page--lines")
        yield LineTable(
            duplicate_columns(self.names),
            lambda one: (one.side, one.key, one.value),
            empty="Every key is unique on both sides, and no counterpart is shared.",
        )

    @property
    def table(self) -> LineTable[Duplicate]:
        return self.query_one(LineTable)

    def on_mount(self) -> None:
        self.title_is(f"Duplicates · {self.integration} · {self.kind.value}")
        self.table.focus()
        self.action_look()

    @work(exclusive=True, group="look", exit_on_error=False)
    async def action_look(self) -> None:
        self.found = await ask_long(self, lambda ws: ws.duplicates(self.integration, self.kind))
        self.looked = True
        self.table.show(self.found)
        self._say()

    @on(LineTable.Moved)
    def _say(self) -> None:
        if not self.looked:
            return
        text = f"{many(len(self.found), 'duplicate')}, as last read. These rows are not matched by that key: map them by hand."
        row = self.table.row
        if row is not None:
            more = len(row.records) - SHOWN
            named = ", ".join(f"{name} ({id})" for id, name in row.records[:SHOWN])
            text += f" · {row.key} {row.value}: {named}" + (f" and {more:,} more" if more > 0 else "")
        self.query_one(".page--lines", Static).update(content(text))


async def show_duplicates(context: Context) -> None:
    """Open the page for the list that is shown."""
    from engine.model import Kind, Side

    names = {Side.STOREFRONT: context.storefront, Side.BACKOFFICE: context.backoffice}
    await context.console.push_screen_wait(DuplicatesPage(context.integration, Kind(context.kind), names))
