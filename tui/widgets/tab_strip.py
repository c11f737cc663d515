"""The tab strip: one line that names the tabs, where one is, and how many rows of each wait to be mapped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from rich.cells import cell_len

from tui.widgets.line import Line, Piece

if TYPE_CHECKING:
    from tui.app import Console


class TabStrip(Line):
    """The open tab stands in brackets (and in colour), a sign marks trouble with automatic syncs; a click opens a tab."""

    DEFAULT_CSS = """
    TabStrip { background: $surface; }
    """

    def __init__(self, tab: str) -> None:
        super().__init__()
        self.tab = tab

    def pieces(self, width: int) -> Sequence[Piece]:
        """As much as fits: first the other tabs' titles get short, then the word behind the open tab's count goes."""
        for short, word in ((False, " unmapped"), (True, " unmapped"), (True, "")):
            pieces = self._tabs(short, word)
            if sum(cell_len(piece.text) for piece in pieces) <= width:
                break
        return pieces

    def _tabs(self, short: bool, word: str) -> list[Piece]:
        from tui.app import TABS

        console = cast("Console", self.app)
        pieces: list[Piece] = []
        for number, tab in enumerate(TABS, 1):
            here = tab.name == self.tab
            waiting = console.unmapped(tab.name)
            count = f" {waiting:,}{word}" if waiting and here and word else f" ({waiting:,})" if waiting else ""
            title = tab.short if short and not here and tab.short else tab.title
            wrong = tab.name == "sync" and bool(console.live.troubles)
            name = f"{number} {title}{count}{' ▲' if wrong else ''}"
            tone = "active" if here else "bad" if wrong else ""
            pieces += [Piece(" "), Piece(f"[{name}]" if here else name, tone, tab.name)]
        return pieces

    def clicked(self, what: str) -> None:
        cast("Console", self.app).open_tab(what)
