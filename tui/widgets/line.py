"""A widget of one line: coloured pieces of plain text, some of which can be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.plain import clip


class Piece(NamedTuple):
    """Some text of the line; ``tone`` names a component class (``line--<tone>``), ``click`` what a click on it means."""

    text: str
    tone: str = ""
    click: str = ""


class Line(Widget):
    """Draws ``pieces()`` from the left and ``right()`` from the right; what does not fit is cut, the right side stays.

    A subclass calls ``changed()`` when its pieces may differ; nothing is painted if they do not.
    """

    TONES: ClassVar[tuple[str, ...]] = ("key", "dim", "good", "warn", "bad", "active", "strong")
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{tone}" for tone in TONES}
    DEFAULT_CSS = """
    Line { height: 1; width: 1fr; background: $panel; color: $foreground; }
    Line > .line--key { color: $accent; text-style: bold; }
    Line > .line--dim { color: $text-muted; text-style: dim; }
    Line > .line--good { color: $text-success; }
    Line > .line--warn { color: $text-warning; text-style: bold; }
    Line > .line--bad { color: $text-error; text-style: bold; }
    Line > .line--active { background: $primary; color: $text; text-style: bold; }
    Line > .line--strong { text-style: bold; }
    """
    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._drawn: tuple[int, tuple[Piece, ...], tuple[Piece, ...]] | None = None
        self._strip = Strip([])
        self._spans: list[tuple[int, int, str]] = []

    def pieces(self, width: int) -> Sequence[Piece]:
        """What stands at the left; ``width`` is what the right side leaves free."""
        del width
        return ()

    def right(self, width: int) -> Sequence[Piece]:
        """What stands at the right edge, always."""
        del width
        return ()

    def clicked(self, what: str) -> None:
        """A piece with ``click`` was clicked."""

    @property
    def text(self) -> str:
        """What the line says, as plain text."""
        self._draw()
        return self._strip.text.rstrip()

    def changed(self) -> None:
        """Paint again, if what is shown differs."""
        if self.is_attached and self.size.width and self._content() != self._drawn:
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        del container, viewport, width
        return 1

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawn = None

    def render_line(self, y: int) -> Strip:
        if y:
            return Strip.blank(self.size.width, self.rich_style)
        self._draw()
        return self._strip

    def _content(self) -> tuple[int, tuple[Piece, ...], tuple[Piece, ...]]:
        width = self.size.width
        right = tuple(self.right(width))
        return width, tuple(self.pieces(width - sum(cell_len(piece.text) for piece in right))), right

    def _draw(self) -> None:
        content = self._content()
        if content == self._drawn:
            return
        self._drawn = content
        width, left, right = content
        self._spans = []
        free = max(0, width - sum(cell_len(piece.text) for piece in right))
        segments: list[Segment] = []
        x = self._add(segments, left, 0, free)
        segments.append(Segment(" " * (free - x), self.rich_style))
        self._add(segments, right, free, width)
        self._strip = Strip(segments, width)

    def _add(self, segments: list[Segment], pieces: Sequence[Piece], x: int, end: int) -> int:
        for piece in pieces:
            cells = cell_len(piece.text)
            text = piece.text if x + cells <= end else clip(piece.text, end - x)
            cells = min(cells, end - x)
            if cells <= 0:
                break
            segments.append(Segment(text, self._tone(piece.tone)))
            if piece.click:
                self._spans.append((x, x + cells, piece.click))
            x += cells
        return x

    def _tone(self, tone: str) -> Style:
        return self.get_component_rich_style(f"line--{tone}") if tone else self.rich_style

    def on_click(self, event: object) -> None:
        x = getattr(event, "x", -1)
        for start, end, what in self._spans:
            if start <= x < end:
                self.clicked(what)
                return
