"""The Rules page: the store-wide rule, or one item's, tried live over the whole catalogue before it is saved.

What saving would change is worked out in the engine's thread while you type: one trial at a time, always ending with the
newest values. Nothing is saved before ctrl+s, and Escape asks before it throws anything away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.screens.page import Page
from tui.widgets.access import ask, ask_long
from tui.widgets.form_dialogs import keep_or_discard
from tui.widgets.forms import Form
from tui.widgets.rule_form import AS_IS, NONE, SET, part_of, rule_fields, rule_settings
from tui.widgets.rule_lines import effect_rows, simulation_lines
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.rule_desk import RuleView
    from engine.simulation import Simulation

LINES = 6


class RulesScreen(Page[bool]):
    """``item`` is the (id, name) of a storefront product, or None where no row is under the cursor.

    Returns True when something was saved.
    """

    HEADING = "Rules"
    DEFAULT_CSS = """
    RulesScreen { & > .page--lines { max-height: 8; } & > .rules--largest { height: auto; max-height: 3; padding: 0 1;
                  color: $text-muted; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", id="rules.save"),
        Binding("f2", "other", "Store/item", tooltip="The store-wide rule, or that of the item", id="rules.other"),
        Binding("f8", "remove", "Remove", tooltip="Take this rule away", id="rules.remove"),
    ]

    def __init__(self, integration: str, item: tuple[str, str] | None = None, *, of_item: bool = False) -> None:
        super().__init__()
        self.integration, self.row = integration, item
        self.of_item = of_item and item is not None
        self.saved_something = False
        self.trying = False
        self._asked = 0  # trials wanted so far; the newest one is the one that counts

    def body(self) -> Iterable[Widget]:
        yield Static("", classes="page--lines")
        yield Static("", classes="rules--largest")
        yield Form((), id="rules", classes="-fill")
        yield Static("", classes="page--problem")

    @property
    def form(self) -> Form:
        return self.query_one(Form)

    @property
    def item(self) -> str:
        """The id of the item whose rule is shown; empty: the store-wide one."""
        return self.row[0] if self.of_item and self.row is not None else ""

    def on_mount(self) -> None:
        self._show()

    @work(exclusive=True, group="show", exit_on_error=False)
    async def _show(self) -> None:
        view: RuleView = await ask(self, lambda ws: ws.rules.show(self.integration, self.item))
        whose = f"of {view.name} ({view.item})" if view.item else "for the whole store"
        self.title_is(f"Rules of {self.integration} · {whose}")
        self._problem("")
        await self.form.set_fields(rule_fields(view.settings, item=bool(view.item)), fresh=True)
        self.form.focus_first()
        self._try()

    # ------------------------------------------------------------------------------------------------ trying
    @on(Form.Edited)
    def edited(self, event: Form.Edited) -> None:
        """A part that is typed switches its rule on; every change is tried."""
        whole = part_of(event.name)
        rows = {row.field.name: row for row in self.form.rows}
        changed = event.name in rows and rows[event.name].value != rows[event.name].start
        if whole and changed and rows[whole].value in {NONE, AS_IS}:
            rows[whole].value = SET
        self._try()

    def _try(self) -> None:
        self._asked += 1
        if not self.trying:
            self._trial()

    @work(group="try", exit_on_error=False)
    async def _trial(self) -> None:
        """Try the newest values until they are those that were tried."""
        from engine.errors import CrosswalkError

        self.trying = True
        try:
            tried = -1
            while tried != self._asked and self.is_mounted:
                tried = self._asked
                self._lines(("trying it over everything that is mapped…",))
                try:
                    found = await self._simulated()
                except CrosswalkError as error:
                    self._lines((f"! {error}",))
                else:
                    self._found(found)
        finally:
            self.trying = False

    async def _simulated(self) -> Simulation:
        settings, item = rule_settings(self.form.values()), self.item
        return await ask_long(self, lambda ws: ws.rules.simulate(self.integration, settings, item))

    def _found(self, found: Simulation) -> None:
        self._lines(simulation_lines(found))
        largest = [f"{name} {field} {old} → {new} ({gap} {percent})" for _, name, field, _, old, new, gap, percent, _
                   in effect_rows(found)[:LINES]]  # fmt: skip
        self.query_one(".rules--largest", Static).update(content("largest: " + " · ".join(largest) if largest else ""))

    def _lines(self, lines: Sequence[str]) -> None:
        self.query_one(".page--lines", Static).update(Content("\n").join(content(line) for line in lines))

    def _problem(self, text: str) -> None:
        self.query_one(".page--problem", Static).update(content(text))

    # ------------------------------------------------------------------------------------------------ keys
    def why_not(self, action: str) -> str:
        return "there was no item under the cursor" if action == "other" and self.row is None else ""

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def action_save(self) -> None:
        from engine.errors import CrosswalkError

        if not self.form.validate_all():
            return
        settings, item = rule_settings(self.form.values()), self.item
        try:
            saved = await ask(self, lambda ws: ws.rules.set(self.integration, settings, item))
        except CrosswalkError as error:
            self._problem(f"! {error}")
            return
        self._done(saved, "saved")

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def action_remove(self) -> None:
        item = self.item
        if await self._may_leave():
            gone = await ask(self, lambda ws: ws.rules.remove(self.integration, item))
            self._done(gone, "removed")
            self._show()

    def _done(self, view: RuleView, what: str) -> None:
        self.form.saved()
        self._problem("")
        self.saved_something = True
        self.app.notify(view.words or "no rule", title=f"Rule of {view.name} {what}", markup=False)
        self._try()

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def action_other(self) -> None:
        if self.row is not None and await self._may_leave():
            self.of_item = not self.of_item
            self._show()

    async def _may_leave(self) -> bool:
        return not self.form.dirty or await self.app.push_screen_wait(keep_or_discard())

    def action_leave(self) -> None:
        self._leave()

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def _leave(self) -> None:
        if await self._may_leave():
            self.dismiss(self.saved_something)
