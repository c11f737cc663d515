"""Everything that can be changed later: the settings of each integration, with its guards; and all connections."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from tui.screens.connections import ConnectionsScreen
from tui.screens.mapping_files import export_mappings, import_mappings
from tui.screens.page import Page
from tui.widgets.access import ask, console_of, integration_of
from tui.widgets.dialogs import Answer, ChooseOne, Confirm
from tui.widgets.form_dialogs import keep_or_discard
from tui.widgets.forms import Form
from tui.widgets.settings_form import master_errors, settings_fields, settings_of
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.price_kinds import Quoted
    from engine.workspace import Workspace

NO_INTEGRATION = "No integration yet. F4 adds one, F2 shows the connections."


class SettingsScreen(Page[bool]):
    """The form of one integration's settings. Returns True when something was saved."""

    HEADING = "Settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", id="settings.save"),
        Binding("f2", "connections", "Connections", id="settings.connections"),
        Binding("f3", "other", "Other", id="settings.other"),
        Binding("f4", "add", "Add", tooltip="Set up another integration", id="settings.add"),
        Binding("f5", "export", "Export", tooltip="Write the mappings to a CSV file", id="settings.export"),
        Binding(
            "f6", "import", "Import", tooltip="Take mappings from a CSV file, after a preview", id="settings.import"
        ),
        Binding("f8", "remove", "Remove", tooltip="Forget this integration", id="settings.remove"),
    ]

    def __init__(self, integration: str = "") -> None:
        super().__init__()
        self.integration = integration
        self.saved_something = False

    def body(self) -> Iterable[Widget]:
        yield Static("", classes="page--lines")
        yield Form((), id="settings", classes="-fill")
        yield Static("", classes="page--problem")
        with Horizontal(classes="page--buttons"):
            yield Button(Content("Save"), id="save", variant="primary", compact=True)
            yield Button(Content("Back"), id="back", compact=True)

    @property
    def form(self) -> Form:
        return self.query_one(Form)

    def on_mount(self) -> None:
        self.integration = self.integration or integration_of(self)
        self.show_integration()

    @work(exclusive=True, group="show", exit_on_error=False)
    async def show_integration(self) -> None:
        """Fill the form from the engine."""
        name = self.integration
        lines = self.query_one(".page--lines", Static)
        if not name:
            lines.update(content(NO_INTEGRATION))
            return

        def read(ws: Workspace) -> tuple[str, str, dict[str, str], Quoted]:
            from engine.integrations import setting_values

            one = ws.integration(name)
            return (
                one.storefront,
                one.backoffice,
                setting_values(one.settings, ws.undecided(name)),
                ws.price_kinds(name),
            )

        storefront, backoffice, values, quoted = await ask(self, read)
        self.title_is(f"Settings of {name}")
        lines.update(content(f"{storefront} → {backoffice}. A change works from the next plan on."))
        self._problem("")
        await self.form.set_fields(settings_fields(values, quoted), fresh=True)
        self.form.focus_first()

    def _problem(self, text: str) -> None:
        self.query_one(".page--problem", Static).update(content(text))

    # ------------------------------------------------------------------------------------------------ keys
    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "save":
            self.action_save()
        else:
            self.action_leave()

    @work(exclusive=True, group="save", exit_on_error=False)
    async def action_save(self) -> None:
        await self._save()

    async def _save(self) -> bool:
        from engine.errors import CrosswalkError

        form, name = self.form, self.integration
        if not name or not form.validate_all():
            return False
        settings = settings_of(form.values())
        if not settings["fields"]:
            form.show_errors({"field-price": "tick at least one field"})
            return False
        if not form.show_errors(master_errors(form.values())):
            return False
        try:
            await ask(self, lambda ws: ws.set_integration(name, settings))
        except CrosswalkError as error:
            self._problem(f"! {error}")
            return False
        form.saved()
        self._problem("")
        self.saved_something = True
        self.app.notify("A plan made before is stale now.", title=f"Settings of {name} saved", markup=False)
        return True

    async def _may_leave(self) -> bool:
        if not self.form.dirty:
            return True
        return await self.app.push_screen_wait(keep_or_discard())

    def action_leave(self) -> None:
        self._leave()

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def _leave(self) -> None:
        if await self._may_leave():
            self.dismiss(self.saved_something)

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def action_connections(self) -> None:
        await self.app.push_screen_wait(ConnectionsScreen())

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def action_other(self) -> None:
        names = [one.name for one in await ask(self, lambda ws: ws.integrations())]
        answers = [Answer(name, name, "shown now" if name == self.integration else "") for name in names]
        if not answers or not await self._may_leave():
            return
        chosen = await self.app.push_screen_wait(ChooseOne("Whose settings?", [], answers))
        if chosen is not None:
            self.integration = chosen
            self.show_integration()

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def action_add(self) -> None:
        from tui.screens.setup import SetupScreen

        if await self._may_leave():
            added = await self.app.push_screen_wait(SetupScreen(stay=True))
            if added:
                self.integration = added
                self.show_integration()

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def action_export(self) -> None:
        if self.integration:
            await export_mappings(self.app, self.integration)

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def action_import(self) -> None:
        if self.integration:
            await import_mappings(self.app, self.integration)

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def action_remove(self) -> None:
        from tui.widgets.dialogs import Phrase

        name = self.integration
        if not name:
            return
        question = Confirm(
            "Remove integration",
            [
                f"Forget {name}: its mappings, fees, baselines and decisions?",
                "Export the mappings first to keep them. Its history stays; nothing changes in either system.",
            ],
            phrases=[Phrase(name, "This cannot be undone.")],
            yes="Remove",
        )
        if await self.app.push_screen_wait(question):
            await ask(self, lambda ws: ws.remove_integration(name))
            left = [one.name for one in await ask(self, lambda ws: ws.integrations())]
            console_of(self).show_integration(left[0] if left else "")
            self.dismiss(True)
