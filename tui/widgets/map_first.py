"""Map at sync time: unmapped rows among the chosen ones lead through mapping them first, and back to the sync."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from tui.widgets.dialogs import Answer, ChooseOne, named

if TYPE_CHECKING:
    from textual.widget import Widget

    from engine.views import Row

#: Opens the picker for a row (kind, storefront id, name) and maps it; True when the row is mapped now.
MapRow = Callable[[str, str, str], Awaitable[bool]]

UNMAPPED = frozenset({"Unmapped", "Ambiguous"})


async def map_first(node: Widget, kind: str, rows: Sequence[Row], map_row: MapRow) -> list[str] | None:
    """The ids to sync: rows that were mapped all along and those mapped on the way. None: the admin stopped.

    Skipped rows are left out of the plan. Call from a worker.
    """
    open_rows = [row for row in rows if row.status.value in UNMAPPED]
    mapped = [row.id for row in rows if row.status.value not in UNMAPPED]
    if not open_rows:
        return mapped
    are = "is" if len(open_rows) == 1 else "are"
    which = "The chosen row" if len(rows) == 1 else f"{len(open_rows):,} of the {len(rows):,} chosen rows"
    lines = [
        f"{which} {are} not mapped, and only mapped rows can be synced:",
        *(f"  {name}" for name in named([row.left for row in open_rows], len(open_rows), 5)),
    ]
    answers = [
        Answer("map", "Map them now, one by one", "the picker opens for each"),
        Answer(
            "skip", f"Leave them out and sync the other {len(mapped):,}", disabled="" if mapped else "there is none"
        ),
        Answer("stop", "Back to the list"),
    ]
    answer = await node.app.push_screen_wait(ChooseOne("Not mapped yet", lines, answers))
    if answer == "skip":
        return mapped
    if answer != "map":
        return None
    fresh: set[str] = set()
    for position, row in enumerate(open_rows):
        if await map_row(kind, row.id, row.left):
            fresh.add(row.id)
            continue
        left = len(open_rows) - position - 1
        if not left:
            break
        again = [
            Answer("next", "Leave this row out, go to the next"),
            Answer("rest", f"Leave out this and the remaining {left:,}"),
            Answer("stop", "Back to the list", "what was mapped stays mapped"),
        ]
        answer = await node.app.push_screen_wait(ChooseOne("Not mapped", [f"{row.left} was not mapped."], again))
        if answer == "rest":
            break
        if answer != "next":
            return None
    chosen = {*mapped, *fresh}
    return [row.id for row in rows if row.id in chosen]
