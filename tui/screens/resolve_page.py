"""What resolving the chosen findings would do: looked at, confirmed once (each guard by its name), and carried out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from tui.screens.page import Page
from tui.widgets.access import ask_long
from tui.widgets.dialogs import Confirm, Phrase
from tui.widgets.explain import error_dialog
from tui.widgets.finding_lines import RESOLUTION_COLUMNS, name_of, resolution_lines
from tui.widgets.lines import LineTable
from tui.widgets.plan_lines import many
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.resolving import Resolutions


class ResolvePage(Page[Any]):
    """Returns the list of ``Resolved``, or None when nothing was carried out."""

    HEADING = "Resolve findings"
    AUTO_FOCUS = "LineTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Start", tooltip="Confirm and carry out what is listed", id="resolve.start"),
    ]

    def __init__(self, planned: Resolutions) -> None:
        super().__init__()
        self.planned = planned
        self.busy = False

    def body(self) -> Iterable[Widget]:
        yield Static("", classes="page--lines")
        lines = resolution_lines(self.planned)
        table: LineTable[Any] = LineTable(
            RESOLUTION_COLUMNS, lambda line: line.finding.key, empty="Nothing of what was chosen is as it was found."
        )
        table.show(lines)
        yield table
        yield Static("", classes="page--problem")

    def on_mount(self) -> None:
        planned = self.planned
        parts = [f"{many(planned.count, 'finding')} to resolve", f"{len(planned.edits):,} mapping edits"]
        if planned.moved:
            parts.append(f"{len(planned.moved):,} not as they were found any more")
        if planned.refused:
            parts.append(f"{len(planned.refused):,} left alone")
        plan = planned.plan
        if plan is not None and plan.calls:
            parts.append(", ".join(f"{count:,} calls to {name}" for name, count in plan.calls.items()))
        self.query_one(".page--lines", Static).update(content(" · ".join(parts)))

    @on(LineTable.Moved)
    @on(LineTable.Chosen)
    def _quiet(self, event: LineTable.Moved) -> None:
        event.stop()

    def why_not(self, action: str) -> str:
        if action != "start":
            return ""
        return (
            "it is being carried out"
            if self.busy
            else ""
            if self.planned.count
            else "nothing of this can be carried out"
        )

    @work(exclusive=True, group="resolve", exit_on_error=False)
    async def action_start(self) -> None:
        planned = self.planned
        hits = planned.plan.guards if planned.plan is not None else ()
        question = Confirm(
            f"Resolve {many(planned.count, 'finding')}",
            ["Mapping edits come first; what is written to a system is read back."],
            names=list(dict.fromkeys(name_of(one) for one in (*planned.written, *planned.edits))),
            count=planned.count,
            phrases=[Phrase(hit.guard, f"Guard {hit.guard}: {hit.message}") for hit in hits],
            yes="Resolve now",
            no="Not now",
        )
        if not await self.app.push_screen_wait(question):
            return
        self.busy = True
        self.query_one(".page--lines", Static).update(content("Resolving… the status line shows how far it is."))
        allow = tuple(hit.guard for hit in hits)
        try:
            done = await ask_long(self, lambda ws: ws.resolve_findings(planned, allow=allow))
        except Exception as error:  # noqa: BLE001 - shown; the page goes on
            self.busy = False
            await self.app.push_screen_wait(error_dialog("Resolve findings", error))
            return
        self.dismiss(done)
