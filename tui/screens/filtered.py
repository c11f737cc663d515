"""A tab whose list has a type-ahead filter above it: Activity, Fields, Reconcile."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.widgets import Input

from tui.screens.tab import TabScreen
from tui.widgets.search_input import SearchInput
from tui.widgets.table import Table


class FilteredTab(TabScreen):
    """Yields ``filter_field()`` in its body; ``select`` shows what holds the words in ``text``."""

    DEFAULT_CSS = """
    FilteredTab {
        & > Input, & > Vertical > Input { display: none; height: 1; }
        & > Input.-open, & > Vertical > Input.-open { display: block; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    @property
    def filtered(self) -> Table[Any]:
        """The list that the words are looked for in."""
        raise NotImplementedError

    def select(self) -> None:
        """Show the lines that hold the words."""
        raise NotImplementedError

    def filter_field(self) -> Input:
        return SearchInput(placeholder="words to look for", compact=True)

    def open_filter(self) -> None:
        field = self.query_one(Input)
        field.add_class("-open")
        field.focus()

    def clear(self) -> None:
        """From the filter back to the list, with nothing filtered."""
        field = self.query_one(Input)
        field.value = ""
        field.remove_class("-open")
        self.text = ""
        self.filtered.focus()
        self.select()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.text = event.value
        self.select()

    @on(Input.Submitted)
    def _to_list(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(Input).set_class(bool(self.text), "-open")
        self.filtered.focus()
