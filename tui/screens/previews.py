"""Previews of bulk mapping edits: accept all above a score, and mappings from a file. One confirmation, one undo."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.screens.add_products import add_products
from tui.screens.fee_form import edit_fee
from tui.screens.import_customers import ImportCustomers
from tui.screens.page import Page
from tui.widgets import checks
from tui.widgets.access import ask
from tui.widgets.columns import Column
from tui.widgets.dialogs import Confirm
from tui.widgets.explain import error_dialog
from tui.widgets.lines import LineTable
from tui.widgets.plan_lines import many
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.model import Kind
    from engine.views import Edit, ImportLine, ImportPreview, Suggestion
    from engine.workspace import Workspace

ALL, EXACT, RANKED = "all", "exact", "ranked"
START_SCORE = "0.90"


class AcceptAll(Page[Any]):
    """Suggestions at or above a score for some rows, doubtful first. Returns the ``Edit``, or None.

    Exact keys (identical, unique on both sides) are a class of their own; single rows can be left out.
    """

    HEADING = "Accept all above a score"
    DEFAULT_CSS = """
    AcceptAll { & > Horizontal { height: 1; padding: 0 1; } & Input { width: 12; height: 1; background: $boost; }
                & .accept--label { width: auto; padding-right: 1; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,s", "accept", "Accept", id="accept.all"),
        Binding("space", "leave_out", "Leave out", id="accept.leave_out"),
        Binding("x", "which", "Exact/ranked", id="accept.which"),
        Binding("slash", "score", "Score", id="accept.score"),
    ]

    def __init__(self, integration: str, kind: Kind, ids: Collection[str]) -> None:
        super().__init__()
        self.integration, self.kind, self.ids = integration, kind, tuple(ids)
        self.which = ALL
        self.found: tuple[Suggestion, ...] = ()
        self.left_out: set[str] = set()
        self.looking = False

    def body(self) -> Iterable[Widget]:
        with Horizontal():
            yield Static(Content("Score of at least:"), classes="accept--label")
            yield Input(START_SCORE, compact=True, select_on_focus=False)
        yield Static("", classes="page--lines")
        yield LineTable(self._columns(), lambda one: one.storefront_id, empty="Nothing is suggested at this score.")

    def _columns(self) -> tuple[Column[Suggestion], ...]:
        def verdict(one: Suggestion) -> str:
            return "left out" if one.storefront_id in self.left_out else "exact" if one.exact else "ranked"

        return (
            Column("verdict", "", verdict, 8, tone=lambda one: "dim" if one.storefront_id in self.left_out else ""),
            Column("score", "Score", lambda one: f"{one.score:.2f}", 5, right=True),
            Column("storefront", "Storefront", lambda one: one.storefront_name or one.storefront_id, 16, weight=3),
            Column("backoffice", "Back office", lambda one: one.backoffice_name or one.backoffice_id, 16, weight=3),
            Column("evidence", "Because", lambda one: ", ".join(one.evidence), 14, weight=4, drop=1),
        )

    @property
    def table(self) -> LineTable[Suggestion]:
        return self.query_one(LineTable)

    def on_mount(self) -> None:
        self.table.focus()
        self.find()

    @on(Input.Changed)
    def find(self) -> None:
        """Look again for what the score lets through."""
        text = self.query_one(Input).value.strip()
        problem = checks.score(text) if text else "write a score between 0 and 1, such as 0.9"
        # What is listed belongs to an earlier score until the answer is here: its count must not be read, nor accepted.
        self.looking = True
        self.workers.cancel_group(self, "find")
        if problem:
            self.found = ()
            self.table.show(())
            self.query_one(".page--lines", Static).update(content(problem))
        else:
            self.query_one(".page--lines", Static).update(content("looking…"))
            # an exact match is listed whatever else wants its counterpart at a lower score
            self._find(1.0 if self.which == EXACT else float(Decimal(text)))

    @on(Input.Submitted)
    def to_list(self) -> None:
        self.table.focus()

    def action_score(self) -> None:
        self.query_one(Input).focus()

    @work(exclusive=True, group="find", exit_on_error=False)
    async def _find(self, score: float) -> None:
        self.found = await ask(self, lambda ws: ws.acceptable(self.integration, self.kind, score, self.ids))
        self._show()

    def _show(self) -> None:
        shown = [one for one in self.found if self.which == ALL or one.exact == (self.which == EXACT)]
        self.table.show(shown)
        self.looking = False
        self._say()
        if self.which != RANKED:
            self._note_shown(tuple(one for one in shown if one.exact))

    @work(exclusive=True, group="shown", exit_on_error=False)
    async def _note_shown(self, shown: tuple[Suggestion, ...]) -> None:
        """Whoever opens this page sees the matches: the setting that maps them by themselves asks for that."""
        await ask(self, lambda ws: ws.matches_shown(self.integration, self.kind, shown))

    def chosen(self) -> list[Suggestion]:
        """What accepting would map now."""
        return [one for one in self.table.rows if one.storefront_id not in self.left_out]

    def _say(self) -> None:
        chosen = self.chosen()
        exact = sum(one.exact for one in chosen)
        text = f"{many(len(chosen), 'row')} of {len(self.ids):,} would be mapped: {exact:,} exact, {len(chosen) - exact:,} ranked"
        text += {EXACT: " · exact only (x)", RANKED: " · ranked only (x)"}.get(self.which, " · doubtful first")
        left = sum(one.storefront_id in self.left_out for one in self.table.rows)
        text += f" · {left:,} left out" if left else ""
        self.query_one(".page--lines", Static).update(content(text))

    def action_which(self) -> None:
        self.which = {ALL: EXACT, EXACT: RANKED, RANKED: ALL}[self.which]
        self.find()

    def action_leave_out(self) -> None:
        row = self.table.row
        if row is not None and not self.looking:
            self.left_out ^= {row.storefront_id}
            self.table.set_columns(self._columns())
            self.table.cursor += 1
            self._say()

    @work(exclusive=True, group="accept", exit_on_error=False)
    async def action_accept(self) -> None:
        from engine.errors import CrosswalkError

        chosen = self.chosen()
        if not chosen or self.looking:
            return
        lines = ["The most doubtful ones:"]
        names = [f"{one.score:.2f} {one.storefront_name} → {one.backoffice_name}" for one in chosen]
        question = Confirm(
            f"Map {many(len(chosen), 'row')}", lines, names=names, count=len(chosen), yes="Map them", no="Not now"
        )
        if not await self.app.push_screen_wait(question):
            return
        pairs = [(one.storefront_id, one.backoffice_id) for one in chosen]
        how = f"accepted, {self.query_one(Input).value.strip()} and above"
        try:
            edit = await ask(self, lambda ws: ws.map(self.integration, self.kind, pairs, how=how))
        except CrosswalkError as error:
            await self.app.push_screen_wait(error_dialog("Not mapped", error, written="nothing was mapped"))
            return
        self.dismiss(edit)


IMPORT_COLUMNS: tuple[Column[ImportLine], ...] = (
    Column("line", "Line", lambda one: str(one.line), 5, right=True),
    Column("action", "What", lambda one: one.action, 7, tone=lambda one: "bad" if one.error else ""),
    Column("kind", "Kind", lambda one: one.kind.value if one.kind is not None else "", 9),
    Column("storefront", "Storefront id", lambda one: one.storefront_id, 12, weight=2),
    Column("backoffice", "Back-office id", lambda one: one.backoffice_id, 12, weight=2),
    Column("before", "Before", lambda one: one.before, 10, weight=1, drop=1),
    Column(
        "note", "Note", lambda one: one.error or one.note, 14, weight=5, tone=lambda one: "bad" if one.error else ""
    ),
)


class MappingImport(Page[Any]):
    """What a mapping file would change, errors first; a file with an error is refused whole. Returns the ``Edit``."""

    HEADING = "Import mappings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,s", "take", "Import", id="import.take"),
        Binding("a", "changes", "Changes only", id="import.changes"),
    ]

    def __init__(self, integration: str, path: str, preview: ImportPreview) -> None:
        super().__init__()
        self.integration, self.path, self.preview = integration, path, preview
        self.only_changes = True
        self.counted = ""

    def body(self) -> Iterable[Widget]:
        yield Static("", classes="page--lines")
        yield LineTable(IMPORT_COLUMNS, lambda one: one.line, empty="The file changes nothing.")
        yield Static("", classes="page--problem")

    def on_mount(self) -> None:
        self.title_is(f"Import mappings · {self.integration} · {self.path}")
        self._show()
        self.query_one(LineTable).focus()
        if not self.preview.ok:
            errors = sum(bool(one.error) for one in self.preview.lines)
            text = f"! {many(errors, 'line')} cannot be taken: mend the file and import it again. Nothing was imported."
            self.query_one(".page--problem", Static).update(content(text))

    def _show(self) -> None:
        lines = [one for one in self.preview.lines if one.action != "same" or not self.only_changes]
        self.query_one(LineTable).show(sorted(lines, key=lambda one: (not one.error, one.line)))
        counts = ", ".join(f"{count:,} {action}" for action, count in self.preview.counts.items()) or "an empty file"
        self.counted = f"{many(len(self.preview.lines), 'line')}: {counts}"
        self._note()

    @on(LineTable.Moved)
    def _note(self) -> None:
        row = self.query_one(LineTable).row
        said = "" if row is None else row.error or row.note or (f"was {row.before}" if row.before else "")
        note = f" · line {row.line}: {said}" if row is not None and said else ""
        self.query_one(".page--lines", Static).update(content(self.counted + note))

    def action_changes(self) -> None:
        self.only_changes = not self.only_changes
        self._show()

    def changes(self) -> int:
        """How many lines change something."""
        return sum(one.action not in {"same", "error"} for one in self.preview.lines)

    def why_not(self, action: str) -> str:
        if action != "take":
            return ""
        return "the file has errors" if not self.preview.ok else "" if self.changes() else "the file changes nothing"

    @work(exclusive=True, group="take", exit_on_error=False)
    async def action_take(self) -> None:
        from engine.errors import CrosswalkError

        if not self.preview.ok or not self.changes():
            return
        counts = self.preview.counts
        lines = [f"{counts.get(what, 0):,} to {what}" for what in ("map", "remap", "ignore") if counts.get(what)]
        question = Confirm(f"Import {many(self.changes(), 'mapping')}", lines, yes="Import", no="Not now")
        if not await self.app.push_screen_wait(question):
            return
        try:
            edit = await ask(self, lambda ws: ws.import_mappings(self.integration, self.preview))
        except CrosswalkError as error:
            await self.app.push_screen_wait(error_dialog("Not imported", error, written="nothing was imported"))
            return
        self.dismiss(edit)


def read_preview(ws: Workspace, integration: str, path: str) -> ImportPreview:
    """Preview a file; runs in the engine's thread, so that the screen never waits for the disk."""
    import io
    from pathlib import Path

    from engine.admin_files import read_text

    text = read_text(Path(path).expanduser(), "the mappings", "nothing was imported")
    return ws.preview_mappings(integration, io.StringIO(text, newline=""))


def said(edit: Edit) -> str:
    """An edit in one sentence."""
    return edit.message or f"{edit.action}: {many(edit.count, 'row')}"


__all__ = ["AcceptAll", "ImportCustomers", "MappingImport", "add_products", "edit_fee", "read_preview", "said"]
