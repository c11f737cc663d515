"""The Fields tab: custom objects and fields of both systems, and which storefront field goes into which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from tui.actions import Action, Context
from tui.screens import field_edits
from tui.screens.filtered import FilteredTab
from tui.screens.lines_page import LinesPage
from tui.screens.sync import AutoLines
from tui.widgets.access import ask, ask_long
from tui.widgets.field_lines import CHANGE_COLUMNS, FIELD_COLUMNS, MAPPING_COLUMNS, FieldLine, FieldsView, look
from tui.widgets.lines import LineTable
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.field_mappings import MappingState
    from tui.slot import Update

#: Tables of the store whose changes concern this tab.
TABLES = frozenset({"objects", "field_mappings", "integrations", "connections"})


def _screen(context: Context) -> FieldsScreen:
    return cast("FieldsScreen", context.screen)


def able(context: Context) -> str:
    """Greyed where neither system has fields to retrieve."""
    view = _screen(context).view
    if view is None:
        return "the workspace is still being opened" if not context.integration else "it is being read"
    return "" if view.able else "neither system has custom objects or fields"


def _field_here(context: Context) -> str:
    screen = _screen(context)
    if screen.mappings.has_focus:
        return "" if screen.mappings.row is not None else "no field is mapped yet: choose one below"
    return able(context) or ("" if screen.fields.row is not None else "there is no field here: r retrieves them")


def _mapped_here(context: Context) -> str:
    return "" if _screen(context).chosen_mapping() is not None else "nothing is mapped into this field"


async def _retrieve(context: Context) -> None:
    screen = _screen(context)
    context.console.say("Both systems are asked for all objects and fields.", "Retrieving")
    states = await ask_long(screen, lambda ws: ws.pull_schema(context.integration))
    changes = sum(len(state.changes) for state in states.values())
    broken = sum(bool(change.breaks) for state in states.values() for change in state.changes)
    text = f"{sum(len(state.objects) for state in states.values())} objects; {changes} changes since last time"
    context.console.say(
        text + (f", {broken} of them break a field mapping" if broken else ""), "Retrieved", warning=bool(broken)
    )
    screen.read()


async def _map(context: Context) -> None:
    screen = _screen(context)
    target = screen.chosen_field()
    if target is not None and screen.view is not None and await field_edits.edit(context, screen.view, target):
        screen.read()


async def _unmap(context: Context) -> None:
    screen = _screen(context)
    state = screen.chosen_mapping()
    if state is not None:
        id = state.mapping.id
        await ask(screen, lambda ws: ws.unmap_field(context.integration, id))
        context.console.say(f"{id} is not written any more.", "Unmapped")
        screen.read()


async def _preview(context: Context) -> None:
    await field_edits.preview(context)


async def _changes(context: Context) -> None:
    view = _screen(context).view
    changes = [*view.storefront.changes, *view.backoffice.changes] if view is not None else []
    await context.console.push_screen_wait(
        LinesPage(
            "What the last retrieval had changed", CHANGE_COLUMNS, changes, "Nothing changed since the one before."
        )
    )


def _filter(context: Context) -> None:
    _screen(context).open_filter()


def _clear(context: Context) -> None:
    _screen(context).clear()


def _next_list(context: Context) -> None:
    screen = _screen(context)
    (screen.fields if screen.mappings.has_focus else screen.mappings).focus()


class FieldsScreen(FilteredTab):
    """Field mappings above, the fields of every back-office object below."""

    NAME = "fields"
    AUTO_FOCUS = "#fields"
    DEFAULT_CSS = """
    FieldsScreen {
        & .fields--line { height: 1; padding: 0 1; color: $text-muted; }
        & #mappings { height: auto; max-height: 8; }
        & #fields { height: 1fr; }
    }
    """
    ACTIONS = (
        Action("fields.map", "enter,m", "Map a storefront field into it…", "Which field, when, and how it is changed on the way.",
               _map, _field_here, short="Map"),
        Action("fields.unmap", "x,delete", "Unmap", "It is not written any more; nothing is changed in either system.",
               _unmap, _mapped_here, short="Unmap"),
        Action("fields.preview", "p", "Preview on a record…", "What every field mapping would write, and what is there now.",
               _preview, able, short="Preview"),
        Action("fields.retrieve", "r", "Retrieve objects and fields", "All custom objects and fields of both systems.",
               _retrieve, able, short="Retrieve"),
        Action("fields.changes", "h", "What changed", "Added, gone, retyped since the retrieval before; what that breaks.",
               _changes, able, short="Changes"),
        Action("fields.filter", "slash", "Filter", "Words that must all occur in object, field, label or type.", _filter,
               short="Filter"),
        Action("fields.clear", "escape", "Clear the filter", "Show all fields again.", _clear),
        Action("fields.list", "n", "Next list", "Field mappings, fields.", _next_list),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.view: FieldsView | None = None

    def body(self) -> Iterable[Widget]:
        with Vertical():
            yield Static("", classes="fields--line")
            yield AutoLines(MAPPING_COLUMNS, lambda s: s.mapping.id, empty="No field is mapped yet.", id="mappings")
            yield self.filter_field()
            yield LineTable(FIELD_COLUMNS, lambda line: line.key, empty="Nothing retrieved yet: r", id="fields")

    @property
    def mappings(self) -> LineTable[MappingState]:
        return self.query_one("#mappings", LineTable)

    @property
    def fields(self) -> LineTable[FieldLine]:
        return self.query_one("#fields", LineTable)

    def chosen_field(self) -> FieldLine | None:
        """The field under the cursor, or the one that the field mapping under it goes into (if it still exists)."""
        if not self.mappings.has_focus:
            return self.fields.row
        state = self.mappings.row
        lines = self.view.lines if self.view is not None else ()
        return next((line for line in lines if state is not None and line.key == state.mapping.id), None)

    def chosen_mapping(self) -> MappingState | None:
        """The field mapping under the cursor, or the one into the field under it."""
        if self.mappings.has_focus:
            return self.mappings.row
        line, states = self.fields.row, self.view.states if self.view is not None else ()
        return next((state for state in states if line is not None and state.mapping.id == line.key), None)

    def engine_changed(self, update: Update) -> None:
        if update.opened or update.changed & TABLES or self.view is None:
            self.read()

    @work(exclusive=True, group="read", exit_on_error=False)
    async def read(self) -> None:
        """Read everything again, off the screen's loop."""
        integration = self.console.integration
        if not integration or self.console.overview is None:
            return
        self.view = await ask(self, lambda ws: look(ws, integration))
        self.mappings.show(list(self.view.states))
        self.mappings.display = bool(self.view.states)
        self.mappings.refresh(layout=True)
        self.select()

    def select(self) -> None:
        """Show the fields that hold the words."""
        view = self.view
        if view is None:
            return
        words = self.text.casefold().split()
        seen = [n for n, line in enumerate(view.lines) if all(word in line.search for word in words)]
        self.fields.show(view.lines, seen)
        self.fields.say_empty(self._why_empty(view))
        self.query_one(".fields--line", Static).update(content(self._told(view, len(seen))))
        self.redraw_lines()

    def _why_empty(self, view: FieldsView) -> str:
        if not view.able:
            return "Neither system of this integration has custom objects or fields."
        return "No field matches. esc clears the filter." if self.text else "Nothing retrieved yet: r retrieves them."

    def _told(self, view: FieldsView, seen: int) -> str:
        from tui.screens.records import ago

        at = view.backoffice.at
        if at is None:
            return "not retrieved yet" if view.able else ""
        objects = view.backoffice.objects
        custom = sum(one.custom for one in objects)
        parts = [f"{view.backoffice.connection} retrieved {ago(at)}", f"{len(objects)} objects ({custom} custom)"]
        parts.append(f"{seen:,} of {len(view.lines):,} fields" if self.text else f"{len(view.lines):,} fields")
        changes = len(view.backoffice.changes) + len(view.storefront.changes)
        parts += [f"{changes} changed"] if changes else []
        parts += [f"{view.broken} field mappings broken"] if view.broken else []
        return " · ".join(parts)

    @property
    def filtered(self) -> LineTable[FieldLine]:
        return self.fields

    @on(LineTable.Moved)
    def _moved(self, event: LineTable.Moved) -> None:
        event.stop()
        self.redraw_lines()

    @on(LineTable.Chosen)
    def _chosen(self, event: LineTable.Chosen) -> None:
        event.stop()
        self.console.act("fields.map")
