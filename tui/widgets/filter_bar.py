"""The filter bar: type-ahead filter at the left, and counts that are always true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from tui.widgets.lens import Lens
from tui.widgets.line import Line, Piece
from tui.widgets.plain import clip_to
from tui.widgets.plan_lines import many
from tui.widgets.search_input import SearchInput


class FilterInput(SearchInput):
    """Enter keeps the filter and goes back to the list; Escape clears it first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.focus_list(True)", "Clear", show=False),
        Binding("enter,down", "app.focus_list(False)", "To the list", show=False),
    ]


class Counts(Line):
    """``1,204 of 10,000 · unmapped only · 12 marked``."""

    DEFAULT_CSS = """
    Counts { background: $surface; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.parts: tuple[tuple[str, str], ...] = ()
        self.note = self.why = ""

    def pieces(self, width: int) -> Sequence[Piece]:
        del width
        pieces: list[Piece] = [Piece(" ")]
        for index, (text, tone) in enumerate(self.parts):
            pieces += [Piece(" · ", "dim")] if index else []
            pieces.append(Piece(text, tone))
        return pieces

    def right(self, width: int) -> Sequence[Piece]:
        used = sum(len(text) + 3 for text, _ in self.parts)
        if self.why:
            return (Piece(f"{clip_to(f'! {self.why}', width - used - 2)} ", "warn"),)
        return (Piece(f"{self.note} ", "dim"),) if self.note and used + len(self.note) < width else ()


class FilterBar(Horizontal):
    """One line. ``show`` tells it what is seen; it posts ``Typed`` with each change of the filter's text."""

    DEFAULT_CSS = """
    FilterBar { height: 1; background: $surface; }
    FilterBar > FilterInput {
        width: 34; max-width: 45%; height: 1; border: none; padding: 0 1; background: $boost; display: none;
    }
    FilterBar.-filtering > FilterInput { display: block; }
    """

    class Typed(Message):
        """The filter's text changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def compose(self) -> ComposeResult:
        yield FilterInput(placeholder="filter: words in any order", compact=True, select_on_focus=False)
        yield Counts()

    @property
    def input(self) -> FilterInput:
        return self.query_one(FilterInput)

    @property
    def text(self) -> str:
        """What the counts say."""
        return self.query_one(Counts).text

    def open(self) -> None:
        """Show the input and type into it."""
        self.add_class("-filtering")
        self.input.focus()

    def leave(self, *, clear: bool) -> None:
        """Back to the list; an empty filter takes no room."""
        if clear:
            self.input.value = ""
        if not self.input.value:
            self.remove_class("-filtering")

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(event.value))

    def show(
        self, lens: Lens, seen: int, total: int, marked: int, hidden: int, note: str, waiting: int = 0, why: str = ""
    ) -> None:
        """``seen`` of ``total`` rows are listed; ``marked`` are marked, ``hidden`` of those are not listed.

        ``waiting`` buyers of paid orders wait for a person; ``why`` the row under the cursor is not synced, where its
        column has no room, stands in the place of the ``note``.
        """
        counts = self.query_one(Counts)
        parts = [(f"{seen:,} of {total:,}" if seen != total else many(total, "row"), "strong")]
        if lens.backoffice:
            parts.append(("back office only", "warn"))
        if lens.out:
            parts.append((f"{'SKU' if lens.out == 'sku' else lens.out} out of sync", "warn"))
        if lens.unmapped:
            parts.append(("unmapped only", "warn"))
        if lens.statuses:
            parts.append((", ".join(sorted(lens.statuses)), "warn"))
        if marked:
            parts.append((f"{marked:,} marked" + (f" ({hidden:,} not shown)" if hidden else ""), "good"))
        if waiting:
            parts.append((f"{waiting:,} {'buyer waits' if waiting == 1 else 'buyers wait'} (B)", "warn"))
        counts.parts, counts.note, counts.why = tuple(parts), note, why
        counts.changed()
