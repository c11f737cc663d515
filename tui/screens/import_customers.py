"""Import customers: back-office customers nothing is mapped to, made in the storefront and mapped by that."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from tui.screens.page import Page
from tui.screens.run import RunScreen
from tui.widgets.access import ask
from tui.widgets.columns import Column
from tui.widgets.dialogs import Confirm
from tui.widgets.plan_lines import many
from tui.widgets.table import Table
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.views import CustomerReadiness


def missing_text(item: CustomerReadiness) -> str:
    """What keeps a customer from being imported, or should make one think twice."""
    if item.missing:
        return f"lacks {', '.join(item.missing)}"
    return f"looks like {item.twins[0]}" if item.twins else "complete"


def _doubtful(item: CustomerReadiness) -> bool:
    return bool(item.missing or item.twins)


COLUMNS: tuple[Column[CustomerReadiness], ...] = (
    Column("name", "Customer", lambda item: item.customer.name, 18, weight=4),
    Column("id", "Id", lambda item: item.customer.id, 8, drop=2),
    Column("email", "E-mail", lambda item: item.customer.email, 14, weight=3, drop=1),
    Column("profile", "Profile", missing_text, 20, weight=5, tone=lambda item: "warn" if _doubtful(item) else "good"),
)


class ImportCustomers(Page[Any]):
    """Those chosen (``ids``) or all. Returns the ``Run``, or None. Incomplete ones are listed and cannot be marked."""

    HEADING = "Import customers to the storefront"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", id="customers.mark"),
        Binding("asterisk", "all", "All new ones", id="customers.all"),
        Binding("ctrl+s,s", "take", "Import", id="customers.import"),
    ]

    def __init__(self, integration: str, ids: Collection[str] | None = None) -> None:
        super().__init__()
        self.integration = integration
        self.ids = None if ids is None else tuple(ids)

    def body(self) -> Iterable[Widget]:
        table: Table[CustomerReadiness] = Table(
            COLUMNS, lambda item: item.customer.id, markable=lambda item: not item.missing
        )
        table.empty = "Every active back-office customer is mapped."
        yield Static("", classes="page--lines")
        yield table
        yield Static("", classes="page--problem")

    @property
    def table(self) -> Table[CustomerReadiness]:
        return self.query_one(Table)

    def on_mount(self) -> None:
        self.table.focus()
        self.read()

    @work(exclusive=True, group="read", exit_on_error=False)
    async def read(self) -> None:
        """Fill the list: complete customers that nobody there looks like first."""
        items = await ask(self, lambda ws: ws.customer_readiness(self.integration, self.ids))
        items = sorted(items, key=lambda item: (bool(item.missing), bool(item.twins), item.customer.name.casefold()))
        self.table.show(items)
        if self.ids is not None:
            self.table.mark_all()
        self._say()

    @on(Table.MarksChanged)
    @on(Table.Moved)
    def _say(self) -> None:
        rows = self.table.rows
        complete = sum(not item.missing for item in rows)
        known = sum(bool(item.twins) and not item.missing for item in rows)
        text = f"{many(len(rows), 'customer')}: {complete:,} complete, {len(rows) - complete:,} not"
        text += f" · {known:,} of them the storefront seems to have: map these instead · " if known else " · "
        text += (
            f"{len(self.table.marks):,} marked" if self.table.marks else "none marked: the one under the cursor counts"
        )
        row = self.table.row
        if row is not None and row.missing:
            text += f" · {row.customer.name} {missing_text(row)}: complete it in the back office and read again"
        elif row is not None and row.twins:
            text += f" · {row.customer.name} looks like {'; '.join(row.twins)}"
        self.query_one(".page--lines", Static).update(content(text))

    def action_mark(self) -> None:
        self.table.toggle_mark()

    def action_all(self) -> None:
        """Mark (or unmark) what is complete and new; what looks like a customer there has to be marked one by one."""
        table = self.table
        places = [place for place, index in enumerate(table.view) if not _doubtful(table.rows[index])]
        if table.marks:
            table.unmark()
        else:
            table.mark_places(places)

    @work(exclusive=True, group="take", exit_on_error=False)
    async def action_take(self) -> None:
        chosen = [item for item in self.table.targets() if not item.missing]
        if not chosen:
            self.query_one(".page--problem", Static).update(content("! Incomplete profiles cannot be imported."))
            return
        lines = ["They are created in the storefront and mapped by that. This cannot be undone from here."]
        if twins := [item for item in chosen if item.twins]:
            first = f"{twins[0].customer.name} looks like {'; '.join(twins[0].twins)}"
            more = f", and {len(twins) - 1:,} more look like others" if len(twins) > 1 else ""
            lines.insert(0, f"! The storefront may have them already: {first}{more}. Mapping makes no second one.")
        question = Confirm(
            f"Import {many(len(chosen), 'customer')}",
            lines,
            names=[item.customer.name for item in chosen],
            yes="Import",
            no="Not now",
            danger=bool(twins),
        )
        if not await self.app.push_screen_wait(question):
            return
        ids, alike = [item.customer.id for item in chosen], [item.customer.id for item in twins]
        begin = RunScreen(
            begin=lambda ws, allow: ws.import_customers(self.integration, ids, duplicates=alike, allow=allow),
            integration=self.integration,
        )
        run = await self.app.push_screen_wait(begin)
        if run is not None:
            self.dismiss(run)
