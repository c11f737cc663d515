"""The answer of a connection test, line by line: what was tried, whether it works, which permission is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Static

from tui.widgets.dialogs import MessageDialog
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.ports import CheckReport


def report_lines(report: CheckReport) -> list[tuple[str, str]]:
    """(line, tone) for each item; the word at its start says what the colour says.

    A missing right that nothing here needs is only told, not counted against the connection.
    """
    account = [(f"Account: {report.account}", "")] if report.account else []
    return [*account, *_of_items(report)]


def _of_items(report: CheckReport) -> list[tuple[str, str]]:
    lines = []
    for item in report.items:
        word, tone = ("ok", "success") if item.ok else ("MISSING", "error") if item.required else ("absent", "warning")
        lines.append((f"{word:8}{item.name}" + (f": {item.message}" if item.message else ""), tone))
    return lines


def short_lines(report: CheckReport) -> list[str]:
    """The same where there is little room: what does not work first, a line each, then what does in one."""
    lines = [line for item, (line, _) in zip(report.items, _of_items(report), strict=True) if not item.ok]
    works = [item.name + (f" ({item.message})" if item.message else "") for item in report.items if item.ok]
    account = [f"Account: {report.account}"] if report.account else []
    return [*lines, *account, *(["ok: " + " · ".join(works)] if works else [])]


class CheckDialog(MessageDialog):
    """A test's report as a dialog."""

    DEFAULT_CSS = """
    CheckDialog { & .check--success { color: $text-success; } & .check--error { color: $text-error; }
                  & .check--warning { color: $text-warning; } }
    """

    def __init__(self, name: str, report: CheckReport) -> None:
        advice = "" if report.ok else "Give the credentials the missing rights in that system, then test again."
        super().__init__(
            f"{name}: {'works' if report.ok else 'does not work yet'}", "", advice=advice, error=not report.ok
        )
        self.report = report

    def body(self) -> Iterable[Widget]:
        for line, tone in report_lines(self.report):
            yield Static(content(line), classes=f"check--{tone}" if tone else "")
        yield from super().body()
