"""The actions that change what a list shows and which rows are marked; nothing here writes anything."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, cast

from textual.geometry import Offset

from tui.actions import REGISTRY, Action, Context
from tui.widgets.row_menu import Entry, Menu, below

if TYPE_CHECKING:
    from engine.model import Status
    from tui.screens.records import RecordsScreen


def screen_of(context: Context) -> RecordsScreen:
    """The list that an action is about."""
    return cast("RecordsScreen", context.screen)


def any_row(context: Context) -> str:
    """Greyed where the list shows no row at all."""
    return "" if context.row is not None else "there is no row here"


def any_list(context: Context) -> str:
    """Greyed until the list is there: counts of what is not known yet would be noughts."""
    return "" if context.snapshot is not None else "the list is not there yet"


def filter_text(context: Context) -> None:
    screen_of(context).bar.open()


def only_unmapped(context: Context) -> None:
    screen = screen_of(context)
    screen.look(unmapped=not screen.lens.unmapped)


def back_office(context: Context) -> None:
    screen = screen_of(context)
    screen.look(backoffice=not screen.lens.backoffice, statuses=frozenset(), unmapped=False)


async def by_status(context: Context) -> None:
    """A menu of the statuses that occur, with their counts; choosing one lets it through or takes it out again."""
    screen = screen_of(context)
    lens, rows = screen.lens, screen.selector.rows
    start, end = (screen.selector.boundary, len(rows)) if lens.backoffice else (0, screen.selector.boundary)
    counts = Counter(rows[index].status for index in range(start, end))
    order = sorted(counts, key=by_severity)
    entries = [
        Entry(
            status.value,
            str(number) if number < 10 else "",
            f"{'[x]' if status.value in lens.statuses else '[ ]'} {status.value}",
            note=f"{counts[status]:,}",
        )
        for number, status in enumerate(order, 1)
    ]
    entries.append(Entry("", "0", "All statuses", reason="" if lens.statuses else "no status is filtered"))
    chosen = await context.console.push_screen_wait(Menu("Show only", entries, Offset(1, 3)))
    if chosen is not None:
        screen.look(statuses=lens.statuses ^ {chosen} if chosen else frozenset())


async def out_of_sync(context: Context) -> None:
    """A menu of the out-of-sync views with their counts."""
    screen = screen_of(context)
    found: Counter[str] = Counter(one.field for row in screen.selector.rows for one in row.differs)
    entries = [
        Entry(
            field,
            str(number),
            f"{field.capitalize() if field != 'sku' else 'SKU'} out of sync",
            note=f"{found[field]:,}",
        )
        for number, field in enumerate(("price", "quantity", "cost", "sku"), 1)
    ]
    entries.append(Entry("", "0", "All rows", reason="" if screen.lens.out else "all are shown"))
    chosen = await context.console.push_screen_wait(Menu("Views", entries, Offset(1, 3)))
    if chosen is not None:
        screen.look(out=chosen, backoffice=False, unmapped=False, statuses=frozenset())


OUT_OF_SYNC = Action(
    "out_of_sync",
    "w",
    "Out-of-sync views…",
    "Only rows whose price, quantity, cost or SKU differs: both values, their age, the difference, why blocked.",
    out_of_sync,
    any_list,
    short="Views",
)


def by_severity(status: Status) -> int:
    """The place of a status in the engine's own order."""
    kind: type[Status] = type(status)
    return list(kind).index(status)


async def sort(context: Context) -> None:
    """A menu of the columns; the same column again turns the order round, a third time ends it."""
    screen = screen_of(context)
    by = screen.lens.sort
    entries = [
        Entry(
            column.id,
            str(number),
            column.title,
            note=("descending" if screen.lens.descending else "ascending") if column.id == by else "",
        )
        for number, column in enumerate((c for c in screen.table.columns if c.sort is not None and c.title != "Id"), 1)
    ]
    entries.append(Entry("", "0", "As read", reason="" if by else "it is in that order"))
    chosen = await context.console.push_screen_wait(Menu("Sort by", entries, Offset(1, 3)))
    if chosen is not None:
        if chosen:
            screen.sort_by(chosen)
        else:
            screen.look(sort="", descending=False)


async def menu(context: Context) -> None:
    """The three-dot menu of the cursor's row, or of the marked rows; greyed entries say why."""
    screen = screen_of(context)
    actions = [action for action in REGISTRY.of(screen.NAME) if action.menu]
    entries = [
        Entry(
            action.id,
            action.key,
            action.title(context).removesuffix(f" ({context.marked:,} rows)"),
            action.enabled(context),
        )
        for action in actions
    ]
    row = context.row
    title = f"{context.marked:,} rows" if context.marked else (row.left or row.right)[:40] if row is not None else ""
    at = below(6, screen.table.line_of_cursor(), len(entries), context.console.size.height)
    chosen = await context.console.push_screen_wait(Menu(title, entries, at))
    if chosen is not None:
        context.console.act(chosen)


VIEW_ACTIONS = (
    Action(
        "menu",
        "full_stop",
        "Actions of this row…",
        "Everything that can be done with this row, or with the marked rows.",
        menu,
        any_row,
        short="⋯",
    ),
    Action(
        "filter",
        "slash",
        "Filter…",
        "Type words that must occur, in any order, in names, ids and codes.",
        filter_text,
        short="Filter",
    ),
    Action(
        "only_unmapped",
        "u",
        "Show only unmapped",
        "Hide what is mapped, ignored or a base; again shows all.",
        only_unmapped,
        short="Unmapped",
    ),
    Action(
        "by_status", "f", "Filter by status…", "Let one or more statuses through; with counts.", by_status, any_list
    ),
    Action(
        "back_office",
        "b",
        "Back-office records",
        "Show the back-office records that nothing is mapped to; again goes back.",
        back_office,
    ),
    Action("sort", "s", "Sort…", "By any column; the same again turns it round.", sort),
    Action(
        "mark",
        "space",
        "Mark",
        "Mark or unmark this row; verbs then act on all marked rows.",
        lambda c: screen_of(c).table.toggle_mark(),
        any_row,
        short="Mark",
    ),
    Action(
        "mark_range",
        "v",
        "Mark up to here",
        "Mark everything between the row marked last and this one.",
        lambda c: screen_of(c).table.mark_range(),
        any_row,
    ),
    Action(
        "mark_page",
        "p",
        "Mark the page",
        "Mark what is visible (the box in the header); again unmarks it.",
        lambda c: screen_of(c).table.mark_page(),
        any_row,
    ),
    Action(
        "mark_all",
        "asterisk",
        "Mark all filtered",
        "Mark every row that the filter lets through; again unmarks them.",
        lambda c: screen_of(c).table.mark_all(),
        any_row,
    ),
    Action(
        "clear",
        "escape",
        "Clear marks, then filters",
        "Forget the marks; with none, show all rows again.",
        lambda c: screen_of(c).clear(),
    ),
    Action(
        "detail",
        "d",
        "Detail panel",
        "Both records field by field, evidence and history; again closes it.",
        lambda c: screen_of(c).toggle_detail(),
    ),
)
