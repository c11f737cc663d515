"""Mapping with the picker: one row, or the marked rows one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.actions import Context
from tui.screens.edits import LINKED, edit, fitting, mappable
from tui.screens.records import row_key
from tui.screens.view_actions import screen_of
from tui.widgets.lens import UNMAPPED
from tui.widgets.picker import Picked, Picker, PickerData
from tui.widgets.plain import clip_to, plain

if TYPE_CHECKING:
    from engine.views import Choice, Row, Suggestion
    from engine.workspace import Workspace


async def map_targets(context: Context) -> None:
    """The picker for this row, or for each of the marked rows."""
    rows = fitting(context, mappable, "Map")
    await map_rows(context, rows)


async def map_rows(context: Context, rows: Sequence[Row]) -> int:
    """Lead through the picker for each row; Escape ends the walk. Returns how many were mapped.

    A refused choice (a counterpart that another row has) is told, and the picker opens again for the same row.
    """
    from engine.errors import UsageError
    from tui.widgets.explain import error_dialog

    mapped, left = 0, deque(enumerate(rows, 1))
    while left:
        number, row = left[0]
        where = f" ({number:,} of {len(rows):,})" if len(rows) > 1 else ""
        picked = await pick(context, row, where)
        if picked is None:
            break
        if picked.skip:
            left.popleft()
            continue
        if picked.add:
            screen = screen_of(context)
            screen.table.go_to(row_key(row))
            context.console.act("add", _only(context, row))
            break
        try:
            mapped += await _map(context, row, picked)
        except UsageError as error:
            await context.console.push_screen_wait(error_dialog(f"Map {row.left or row.right}", error))
            continue
        left.popleft()
    return mapped


async def map_one(context: Context, row: Row) -> bool:
    """The picker for one row; True when it is mapped by that."""
    return await map_rows(context, [row]) == 1


async def pick(context: Context, row: Row, where: str = "") -> Picked | None:
    """Ask for the counterpart of a row, on whichever side it hangs."""
    screen = screen_of(context)
    backwards = row.side == "backoffice"
    creates = not backwards and row.status in UNMAPPED and context.kind != "customers"
    about = f"{row.left or row.right}  {row.left_id or row.right_id}"
    if row.status in LINKED:
        about += f"  now mapped to {row.right}"

    async def load() -> PickerData:
        if backwards:
            return PickerData((), _storefront_choices(context))
        return PickerData(await _suggestions(context, row), await choices(context), holders(context))

    async def first() -> PickerData:
        return PickerData(() if backwards else await _suggestions(context, row), ())

    picker = Picker(
        clip_to(f"Map {row.left or row.right}", 70) + where,
        about,
        load,
        add=f"Add to {context.backoffice}…" if creates else "",
        typed=screen.typed.get(row_key(row), ""),
        remember=screen.remember(row),
        walk=bool(where),
        first=first,
    )
    return await context.console.push_screen_wait(picker)


async def _suggestions(context: Context, row: Row) -> Sequence[Suggestion]:
    def verb(ws: Workspace) -> Sequence[Suggestion]:
        from engine.model import Kind

        return ws.suggestions(context.integration, Kind(context.kind), row.id)

    return await context.console.bridge.call(verb)


async def choices(context: Context) -> Sequence[Choice]:
    """All counterparts; asked for once per reading of the back office (a hundred thousand of them take a while)."""
    live = context.console.live
    key = (context.integration, "products" if context.kind == "fees" else context.kind)
    stamp = (context.snapshot.backoffice_read_at if context.snapshot is not None else None, live.runs_ended)
    known = live.choices.get(key)
    if known is not None and known[0] == stamp:
        return known[1]

    def verb(ws: Workspace) -> Sequence[Choice]:
        from engine.model import Kind

        return ws.choices_for(context.integration, Kind(context.kind))

    found = await context.console.bridge.call(verb)
    live.choices[key] = (stamp, found)
    return found


def holders(context: Context) -> dict[str, str]:
    """Who each back-office record is mapped to now, by its id: fees share the products of the back office."""
    kinds = ("customers",) if context.kind == "customers" else ("fees", "products")
    snapshots = [context.console.snapshot(kind) for kind in kinds]
    return {
        row.right_id: row.left for one in snapshots if one is not None for row in one.rows if row.left and row.right_id
    }


def _storefront_choices(context: Context) -> Sequence[Choice]:
    """For a back-office row: the storefront's rows, from the list itself."""
    from engine.views import Choice

    rows = screen_of(context).selector.rows[: screen_of(context).selector.boundary]
    return [Choice(row.id, row.left, row.left_id, row.search, row.right) for row in rows if not mappable(row)]


async def _map(context: Context, row: Row, picked: Picked) -> int:
    pair = (picked.id, row.id) if row.side == "backoffice" else (row.id, picked.id)
    result = await edit(
        context,
        lambda ws, kind: ws.map(context.integration, kind, [pair]),
        "Mapped",
        f"{row.left or row.right} → {picked.name}",
    )
    if result.count:
        screen_of(context).typed.pop(row_key(row), None)
    return result.count


def _only(context: Context, row: Row) -> Context:
    """The same context with one row chosen."""
    from dataclasses import replace

    return replace(context, row=row, marked=0, targets=lambda: [row])


def about(row: Row) -> str:
    """A row as a sentence's subject."""
    return plain(f"{row.left or row.right} ({row.id})")
