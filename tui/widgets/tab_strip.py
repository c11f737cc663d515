"""The tab strip: one line that names the tabs, where one is, and how many rows of each wait to be mapped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from tui.widgets.line import Line, Piece

if TYPE_CHECKING:
    from tui.app import Console


class TabStrip(Line):
    """The open tab stands in brackets (and in colour); a click opens a tab."""

    DEFAULT_CSS = """
    TabStrip { background: $surface; }
    """

    def __init__(self, tab: str) -> None:
        super().__init__()
        self.tab = tab

    def pieces(self, width: int) -> Sequence[Piece]:
        from tui.app import TABS

        console = cast("Console", self.app)
        roomy = width >= 76
        pieces: list[Piece] = []
        for number, tab in enumerate(TABS, 1):
            here = tab.name == self.tab
            waiting = console.unmapped(tab.name)
            count = f" {waiting:,} unmapped" if waiting and roomy and here else f" ({waiting:,})" if waiting else ""
            name = f"{number} {tab.title}{count}"
            pieces.append(Piece(f"[{name}]" if here else f" {name} ", "active" if here else "", tab.name))
            pieces.append(Piece(" "))
        return pieces

    def clicked(self, what: str) -> None:
        cast("Console", self.app).open_tab(what)
