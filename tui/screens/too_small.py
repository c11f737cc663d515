"""What is shown when the terminal is too small to show anything true; it swallows every key until there is room."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.terminal import SMALLEST


class TooSmall(ModalScreen[None]):
    """Goes away by itself as soon as the terminal is large enough."""

    DEFAULT_CSS = """
    TooSmall { align: center middle; background: $background; }
    TooSmall > Static { width: auto; height: auto; text-align: center; }
    """

    @staticmethod
    def fits(size: Size) -> bool:
        """Whether the console can be shown in a terminal of this size."""
        return size.width >= SMALLEST[0] and size.height >= SMALLEST[1]

    def compose(self) -> ComposeResult:
        yield Static(self._text(), markup=False)

    def _text(self) -> str:
        width, height = self.app.size
        return (
            f"The terminal is too small\n{width}x{height}, needed {SMALLEST[0]}x{SMALLEST[1]}\nKeys wait; ctrl+q quits"
        )

    def on_resize(self) -> None:
        self.query_one(Static).update(self._text())
        self._leave_if_it_fits()

    def on_screen_resume(self) -> None:
        self._leave_if_it_fits()

    def _leave_if_it_fits(self) -> None:
        if self.is_current and self.fits(self.app.size):
            self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
