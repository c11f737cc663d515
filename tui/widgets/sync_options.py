"""What a sync acts on: which fields, in which direction, for which rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Select

from tui.widgets.tick import Tick

if TYPE_CHECKING:
    from engine.model import Side
    from engine.views import Row

#: The fields a sync offers; a quantity only where the integration syncs it.
FIELDS = ("price", "cost", "sku", "quantity")


class Scope(StrEnum):
    """Which rows. ``ALL`` is every mapped product and fee, whatever is filtered."""

    ROW = "row"
    MARKED = "marked"
    FILTERED = "filtered"
    ALL = "all"


def _none() -> Sequence[Row]:
    return ()


@dataclass(frozen=True, slots=True)
class RowChoice:
    """The rows of the list as they are now; ``filtered`` is only asked when it is needed.

    ``view`` is the field of the out-of-sync view that is shown, or empty.
    """

    cursor: Row | None = None
    marked: Sequence[Row] = ()
    filtered: Callable[[], Sequence[Row]] = field(default=_none)
    view: str = ""

    def of(self, scope: Scope) -> list[Row]:
        """The storefront's rows of a scope; for ``ALL`` none: then no rows are named at all."""
        rows: Sequence[Row] = ()
        if scope is Scope.ROW and self.cursor is not None:
            rows = (self.cursor,)
        elif scope is Scope.MARKED:
            rows = self.marked
        elif scope is Scope.FILTERED:
            rows = self.filtered()
        return [row for row in rows if row.side == "storefront"]


class SyncOptions(Horizontal):
    """One line: a box for each field, the direction, the rows."""

    DEFAULT_CSS = """
    SyncOptions {
        height: 1;
        & Tick { width: auto; margin-right: 1; }
        & Select { width: 1fr; }
    }
    """

    def compose(self) -> ComposeResult:
        for name in FIELDS:
            tick = Tick(name, name != "quantity", id=f"field-{name}")
            tick.display = name != "quantity"
            yield tick
        directions = [
            ("by each field's master", "master"),
            ("overwrite back office", "backoffice"),
            ("overwrite storefront", "storefront"),
        ]
        yield Select(directions, value="master", allow_blank=False, compact=True, id="direction")
        scopes = [
            ("row under cursor", Scope.ROW.value),
            ("marked rows", Scope.MARKED.value),
            ("all filtered rows", Scope.FILTERED.value),
            ("all mapped", Scope.ALL.value),
        ]
        yield Select(scopes, value=Scope.ALL.value, allow_blank=False, compact=True, id="scope")

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(name for name in FIELDS if self.query_one(f"#field-{name}", Tick).value)

    def set_fields(self, fields: Sequence[str], offered: Sequence[str]) -> None:
        """Tick these fields and no others; a quantity is shown only where it is ``offered``."""
        for name in FIELDS:
            self.query_one(f"#field-{name}", Tick).value = name in fields
        self.query_one("#field-quantity", Tick).display = "quantity" in offered

    @property
    def overwrite(self) -> Side | None:
        """The side that is overwritten whatever the masters say, or None."""
        from engine.model import Side

        value = self.query_one("#direction", Select).value
        return None if value == "master" else Side(str(value))

    @property
    def scope(self) -> Scope:
        return Scope(str(self.query_one("#scope", Select).value))

    @scope.setter
    def scope(self, scope: Scope) -> None:
        self.query_one("#scope", Select).value = scope.value
