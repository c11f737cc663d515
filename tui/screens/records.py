"""The three list tabs: one virtual table, a filter bar, the detail panel, and room for the sync panel below."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.containers import Container
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from tui.actions import Context
from tui.screens.list_columns import columns, out_columns
from tui.screens.tab import TabScreen
from tui.widgets.detail import DetailPanel
from tui.widgets.filter_bar import FilterBar
from tui.widgets.footer import StableFooter
from tui.widgets.lens import SHORT, Lens, Selector, at_once, in_slices
from tui.widgets.plain import plain
from tui.widgets.table import Table

if TYPE_CHECKING:
    from engine.views import Detail, Row, Snapshot
    from engine.workspace import Workspace
    from tui.slot import Update
    from tui.widgets.sync_options import RowChoice
#: The detail panel opens by itself from this width on.
WIDE = 120
#: Seconds the cursor rests before the detail of its row is fetched.
REST = 0.08
#: Rows whose typed picker text is remembered.
REMEMBERED = 200


def row_key(row: Row) -> Hashable:
    """What names a row for good: its side and its id there."""
    return (row.side == "backoffice", row.id)


class RecordsScreen(TabScreen):
    """One list of one kind. ``LEFT`` says what its rows are when no integration names them."""

    LEFT: ClassVar[str] = "Storefront"
    AUTO_FOCUS = "Table"
    DEFAULT_CSS = """
    RecordsScreen .records--lists { layout: horizontal; height: 1fr; }
    RecordsScreen .records--lists.-below { layout: vertical; }
    RecordsScreen DetailPanel { width: 46; height: 1fr; display: none; }
    RecordsScreen .records--lists.-detail DetailPanel { display: block; }
    RecordsScreen .records--lists.-below DetailPanel { width: 1fr; height: 45%; border-left: none; border-top: solid $primary; }
    RecordsScreen .records--below { height: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.lens = Lens()
        self.snapshot: Snapshot | None = None
        self.selector = Selector((), {})
        self.detail_wanted: bool | None = None
        self.typed: dict[Hashable, str] = {}
        self._titles = (self.LEFT, "Back office")
        self._rest: Timer | None = None

    @property
    def kind(self) -> str:
        """The value of the ``engine.model.Kind`` that is listed."""
        return self.NAME

    def body(self) -> Iterable[Widget]:
        table: Table[Row] = Table(columns(*self._titles), row_key)
        table.empty = self._why_empty()
        yield FilterBar()
        yield Container(table, DetailPanel(), classes="records--lists")
        yield Container(classes="records--below")

    @property
    def table(self) -> Table[Row]:
        return self.query_one(Table)

    @property
    def bar(self) -> FilterBar:
        return self.query_one(FilterBar)

    def on_mount(self) -> None:
        self.set_interval(30, self.tell)

    def on_resize(self) -> None:
        self._arrange()
        self._moved()  # the detail panel may have room now, and nothing in it yet

    # ------------------------------------------------------------------------------------------------ what is shown
    def context(self) -> Context:
        table = self.table
        storefront, backoffice = self.connection_names()
        return Context(
            self.console,
            self,
            self.console.integration,
            self.kind,
            self.snapshot,
            table.row,
            len(table.marks),
            table.targets,
            storefront,
            backoffice,
        )

    def connection_names(self) -> tuple[str, str]:
        """The names of both connections, as labels and column titles say them."""
        overview = self.console.overview
        name = self.console.integration
        for one in overview.integrations if overview is not None else ():
            if one.name == name:
                return plain(one.storefront), plain(one.backoffice)
        return "the storefront", "the back office"

    def engine_changed(self, update: Update) -> None:
        names = self.connection_names()
        if self.console.integration and names != self._titles:
            self._titles = names
            self._set_columns()
        snapshot = self.console.snapshot(self.kind)
        if snapshot is not self.snapshot:
            self.snapshot = snapshot
            rows = snapshot.rows if snapshot is not None else ()
            self.selector = Selector(rows, self._sorts())
            self.select(refresh=True)
        elif update.changed or update.opened:
            self._moved()
        self.table.say_empty(self._why_empty())

    def titles(self, storefront: str, backoffice: str) -> tuple[str, str]:
        """The titles of the two record columns."""
        return storefront, backoffice

    def look(self, **changes: Any) -> None:
        """Look through another lens: any of ``Lens``'s fields."""
        before, self.lens = self.lens, replace(self.lens, **changes)
        if before.out != self.lens.out:
            self._set_columns()
            self.selector = Selector(self.selector.rows, self._sorts())
            self.lens = replace(self.lens, sort="", descending=False)
        self.select()

    def _set_columns(self) -> None:
        """The columns of the list, or those of an out-of-sync view."""
        names = self.titles(*self._titles)
        self.table.set_columns(out_columns(self.lens.out, *names) if self.lens.out else columns(*names))

    def _sorts(self) -> dict[str, Callable[[Row], Any]]:
        return {column.id: column.sort for column in self.table.columns if column.sort is not None}

    def select(self, *, refresh: bool = False) -> None:
        """Find the rows that the lens lets through and show them."""
        if len(self.selector.rows) <= SHORT:
            self.workers.cancel_group(self, "select")
            self._seen(self.selector, at_once(self.selector.select(self.lens)), refresh=refresh)
        else:
            self._select_slowly(refresh)

    @work(exclusive=True, group="select", exit_on_error=False)
    async def _select_slowly(self, refresh: bool) -> None:
        selector = self.selector
        view = await in_slices(selector.select(self.lens))
        self._seen(selector, view, refresh=refresh or self.table.rows is not selector.rows)

    def _seen(self, selector: Selector, view: Sequence[int], *, refresh: bool) -> None:
        table = self.table
        table.sorted_by = (self.lens.sort, self.lens.descending)
        table.empty = self._why_empty()
        if refresh:
            table.show(selector.rows, view)
        else:
            table.set_view(view)
        self.tell()
        self._moved()

    def _why_empty(self) -> str:
        if self.console.overview is None or (self.console.integration and self.snapshot is None):
            return "Opening the workspace…"
        if not self.console.integration:
            return "No integration yet. ctrl+p, Set up an integration."
        if self.lens.out and not (self.lens.tokens or self.lens.unmapped or self.lens.statuses):
            return f"No {'SKU' if self.lens.out == 'sku' else self.lens.out} is out of sync. esc shows all rows."
        if self.lens.filters:
            return "No row matches the filter. esc clears it."
        if self.lens.backoffice:
            return "Every back-office record is mapped."
        return "Nothing read yet. r reads both systems."

    def tell(self) -> None:
        """Bring the counts up to date."""
        table = self.table
        self.bar.show(
            self.lens,
            len(table.view),
            self.selector.total(self.lens),
            len(table.marks),
            table.hidden_marks(),
            self._age(),
            self.snapshot.waiting if self.snapshot is not None else 0,
            self._why(),
        )

    def _why(self) -> str:
        """In an out-of-sync view whose column for it has no room: why a sync would leave the row under the cursor."""
        row = self.table.row if self.lens.out and not self.table.shows("blocked") else None
        found = row.differing(self.lens.out) if row is not None else None
        return found.blocked if found is not None else ""

    def _age(self) -> str:
        """How old the values are: of the older side, or of each in an out-of-sync view."""
        if self.snapshot is None:
            return ""
        times = (self.snapshot.storefront_read_at, self.snapshot.backoffice_read_at)
        if self.lens.out:
            ages = (f"{name} {ago(at) if at else 'not read'}" for name, at in zip(self._titles, times, strict=True))
            return " · ".join(ages)
        known = [at for at in times if at is not None]
        return f"read {ago(min(known))}" if known else "not read yet"

    # ------------------------------------------------------------------------------------------------ the filter
    @on(FilterBar.Typed)
    def filter_typed(self, event: FilterBar.Typed) -> None:
        self.look(text=event.text)

    def leave_filter(self, *, clear: bool) -> None:
        """From the filter's input back to the table."""
        self.bar.leave(clear=clear)
        self.table.focus()

    def clear(self) -> None:
        """Escape: forget the marks, else the filters."""
        if self.table.marks:
            self.table.unmark()
        elif self.lens.filters or self.lens.backoffice:
            self.bar.leave(clear=True)
            self.look(text="", unmapped=False, statuses=frozenset(), backoffice=False, out="")

    # ------------------------------------------------------------------------------------------------ the table
    @on(Table.Moved)
    def moved(self, event: Table.Moved) -> None:
        event.stop()
        self._moved()

    @on(Table.MarksChanged)
    def marked(self, event: Table.MarksChanged) -> None:
        event.stop()
        self.tell()
        self._moved()

    @on(Table.Chosen)
    def chosen(self, event: Table.Chosen) -> None:
        event.stop()
        if isinstance(event, Table.SortWanted):
            self.sort_by(event.column)
        else:
            self.console.act("menu" if isinstance(event, Table.MenuWanted) else "map")

    def sort_by(self, column: str) -> None:
        """Sort by a column; the same one again turns the order round, a third time ends it."""
        if self.lens.sort != column:
            self.look(sort=column, descending=False)
        elif not self.lens.descending:
            self.look(descending=True)
        else:
            self.look(sort="", descending=False)

    def _moved(self) -> None:
        """The cursor or its row changed: once it rests, bring footer and detail up to date."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST, self._rested)

    def _rested(self) -> None:
        self.query_one(StableFooter).changed()
        if self.lens.out:
            self.tell()
        if self.detail_shown:
            self._fetch_detail()

    # ------------------------------------------------------------------------------------------------ the detail
    @property
    def detail_shown(self) -> bool:
        """Whether the side panel is open: as the admin wants it, else where there is room for it."""
        return self.detail_wanted if self.detail_wanted is not None else self.size.width >= WIDE

    def toggle_detail(self) -> None:
        self.detail_wanted = not self.detail_shown
        self._arrange()
        self._moved()

    def _arrange(self) -> None:
        lists = self.query_one(".records--lists")
        lists.set_class(self.detail_shown, "-detail")
        lists.set_class(self.size.width < WIDE, "-below")

    @work(exclusive=True, group="detail", exit_on_error=False)
    async def _fetch_detail(self) -> None:
        row, integration, kind = self.table.row, self.console.integration, self.kind
        panel = self.query_one(DetailPanel)
        if row is None:
            panel.show(None)
            return

        def detail(ws: Workspace) -> Detail | None:
            from engine.errors import UnknownId
            from engine.model import Kind

            try:
                return ws.detail(integration, Kind(kind), row.id, row.side)
            except UnknownId:  # gone since the list was made; the next snapshot says so
                return None

        try:
            panel.show(await self.console.bridge.call(detail))
        except Exception as error:  # noqa: BLE001 - logged and shown; the list goes on
            self.console.report(error, f"Detail of {row.left or row.right}")

    def show_history(self) -> None:
        """Scroll the detail panel to the history of the row."""
        self.query_one(DetailPanel).to_history()

    # ------------------------------------------------------------------------------------------------ the sync panel
    async def open_sync(self, *, row: bool) -> None:
        """Show the sync panel below the list: for everything mapped, or (``row``) for the chosen rows, planned at once."""
        from tui.widgets.sync_options import Scope
        from tui.widgets.sync_panel import SyncPanel

        below = self.query_one(".records--below")
        if not below.query(SyncPanel):
            await below.mount(SyncPanel(self.kind, self._rows_to_sync, self._map_for_sync))
        scope = Scope.MARKED if self.table.marks else Scope.ROW
        below.query_one(SyncPanel).open(scope if row else None, plan=row)

    def on_sync_panel_closed(self, event: Message) -> None:
        """The list has the screen again."""
        event.stop()
        self.table.focus()

    def _rows_to_sync(self) -> RowChoice:
        from tui.widgets.sync_options import RowChoice

        table = self.table
        marked = table.targets() if table.marks else ()
        return RowChoice(table.row, marked, lambda: [table.rows[index] for index in table.view], self.lens.out)

    async def _map_for_sync(self, kind: str, storefront_id: str, name: str) -> bool:
        """The picker for a row that a sync needs mapped; also for one of another list (a fee on the Products tab)."""
        from tui.screens.walk import map_one

        snapshot = self.console.snapshot(kind)
        rows = snapshot.rows if snapshot is not None else ()
        row = next((row for row in rows if row.id == storefront_id and row.side != "backoffice"), None)
        if row is None:
            self.console.say(f"{name} ({storefront_id}) is not in the list any more.", "Not mapped", warning=True)
            return False
        return await map_one(replace(self.context(), kind=kind, row=row, marked=0, targets=lambda: [row]), row)

    # ------------------------------------------------------------------------------------------------ the picker
    def remember(self, row: Row) -> Callable[[str], None]:
        """Keeps what is typed into the picker for a row."""

        def keep(text: str) -> None:
            self.typed.pop(row_key(row), None)
            self.typed[row_key(row)] = text
            while len(self.typed) > REMEMBERED:
                self.typed.pop(next(iter(self.typed)))

        return keep


def ago(at: datetime, now: datetime | None = None) -> str:
    """How long ago, in the largest unit that says something."""
    seconds = int(((now or datetime.now(UTC)) - at).total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "just now"
