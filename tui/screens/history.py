"""The drill-down of one line of the history: what it was before and after, who did it, when, how, in which run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.widgets.dialogs import MessageDialog
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
            yield Static(Content.assemble(Content.styled(f"{label:16}", "bold"), content(value)))


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
