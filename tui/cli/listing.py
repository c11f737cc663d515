"""``crosswalk list`` and ``show``: rows with their status, and everything known about one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tui.cli import values
from tui.cli.documents import plain_value, row_document
from tui.cli.options import IntegrationOption, KindArgument, LimitOption, SideWord
from tui.cli.output import counted
from tui.cli.verbs import Work, verb

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.model import Status
    from engine.views import Row, Snapshot


def register(app: typer.Typer) -> None:
    """Add ``list`` and ``show`` to the command line."""
    app.command("list")(list_rows)
    app.command("show")(show)


@verb()
async def list_rows(
    work: Work,
    kind: KindArgument,
    integration: IntegrationOption = None,
    unmapped: Annotated[bool, typer.Option("--unmapped", help="Only rows that have no counterpart.")] = False,
    status: Annotated[
        str | None, typer.Option("--status", metavar="STATUS", help="Only this status, such as out-of-sync.")
    ] = None,
    view: Annotated[
        Literal["price-out", "quantity-out", "cost-out", "sku-out"] | None,
        typer.Option("--view", help="Only rows whose sides differ in this field, with both values."),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--filter", metavar="TEXT", help="Only rows with all these words in name, id or code.")
    ] = None,
    side: Annotated[
        Literal["storefront", "backoffice", "both"],
        typer.Option("--side", help="Storefront rows, or back-office records nothing is mapped to."),
    ] = "storefront",
    limit: LimitOption = None,
) -> None:
    """List rows of one kind, as they were last read, with their counterparts and status."""
    from engine.model import Kind

    snapshot = work.ws.snapshot(integration, Kind(kind))
    wanted = values.status(status)
    words = (text or "").casefold().split()
    field = (view or "").removesuffix("-out")
    found = [row for row in snapshot.rows if _matches(row, side, wanted, words, unmapped=unmapped)]
    found = [row for row in found if not field or row.differing(field) is not None]
    shown = found[:limit]
    if work.out.json:
        work.out.document(_document(snapshot, [row_document(row) for row in shown], len(found)))
        return
    work.out.table(*(_out_table(shown, field, snapshot) if field else _table(shown)))
    more = f" of {len(found):,}" if len(found) > len(shown) else ""
    work.out.say(
        f"{len(shown):,}{more} shown; {counted(snapshot.unmapped, 'storefront row')} without a counterpart, "
        f"{counted(snapshot.unmapped_backoffice, 'back-office record')} nothing is mapped to",
        *([] if snapshot.storefront_read_at else ["Nothing was read from the storefront yet: crosswalk pull"]),
    )


def _table(rows: Sequence[Row]) -> tuple[Sequence[str], list[tuple[object, ...]]]:
    headers = ("ID", "NAME", "COUNTERPART", "COUNTERPART NAME", "STATUS", "DETAIL")
    return headers, [(r.id, r.left, r.right_id, r.right, r.status, r.detail or r.reason) for r in rows]


def _out_table(rows: Sequence[Row], field: str, snapshot: Snapshot) -> tuple[Sequence[str], list[tuple[object, ...]]]:
    """Both values of one field with the time they were read, and the status at the right."""

    def title(side: str, at: datetime | None) -> str:
        return f"{side} {at:%m-%d %H:%M}" if at else side

    headers = (
        "ID", "NAME", title("STOREFRONT", snapshot.storefront_read_at), "",
        title("BACK OFFICE", snapshot.backoffice_read_at), "DIFFERENCE", "WHY BLOCKED", "STATUS",
    )  # fmt: skip
    lines: list[tuple[object, ...]] = []
    for row in rows:
        one = row.differing(field)
        if one is not None:
            arrow = "->" if one.target == "backoffice" else "<-"
            lines.append((row.id, row.left, one.storefront, arrow, one.backoffice, one.change, one.blocked, row.status))
    return headers, lines


def _matches(row: Row, side: str, status: Status | None, words: list[str], *, unmapped: bool) -> bool:
    return (
        side in {"both", row.side}
        and (not unmapped or row.status in {"Unmapped", "Ambiguous"})
        and (status is None or row.status is status)
        and all(word in row.search for word in words)
    )


def _document(snapshot: Snapshot, rows: list[dict[str, object]], found: int) -> dict[str, object]:
    return {
        "integration": snapshot.integration,
        "kind": snapshot.kind,
        "storefront_read_at": snapshot.storefront_read_at,
        "backoffice_read_at": snapshot.backoffice_read_at,
        "counts": snapshot.counts,
        "unmapped": snapshot.unmapped,
        "unmapped_backoffice": snapshot.unmapped_backoffice,
        "found": found,
        "rows": rows,
    }


@verb()
async def show(
    work: Work,
    kind: KindArgument,
    row_id: Annotated[str, typer.Argument(metavar="ID", help="A storefront id.", show_default=False)],
    integration: IntegrationOption = None,
    side: Annotated[SideWord, typer.Option("--side", help="The side the id belongs to.")] = "storefront",
) -> None:
    """Show one row: both records field by field, baselines, suggestions and history."""
    from engine.model import Kind, Side

    detail = work.ws.detail(integration, Kind(kind), row_id, Side(side))
    if work.out.json:
        work.out.document({**plain_value(detail), "row": row_document(detail.row)})
        return
    row, out = detail.row, work.out
    out.lines([f"{row.left or row.right} ({row.id}): {row.status}{f', {row.reason}' if row.reason else ''}"])
    out.lines([detail.mapping] if detail.mapping else [])
    out.table(("", "STOREFRONT", "BACK OFFICE"), detail.lines)
    if detail.fields:
        headers = ("FIELD", "STOREFRONT", "BASELINE", "BACK OFFICE", "BASELINE", "MASTER", "STATUS")
        rows = [
            (
                f.field,
                f.storefront,
                f.baseline_storefront,
                f.backoffice,
                f.baseline_backoffice,
                f.master or "",
                f.status,
            )
            for f in detail.fields
        ]
        out.lines([""])
        out.table(headers, rows)
    if detail.orders:
        out.lines([""])
        held = [(one.order, f"{one.at:%Y-%m-%d %H:%M}", one.units) for one in detail.orders]
        out.table(("NOT POSTED", "PLACED", "UNITS"), held)
    if detail.suggestions:
        out.lines([""])
        guesses = [
            (f"{s.score:.2f}", s.backoffice_id, s.backoffice_name, "; ".join(s.evidence)) for s in detail.suggestions
        ]
        out.table(("SCORE", "SUGGESTED", "NAME", "BECAUSE"), guesses)
    if detail.history:
        out.lines([""])
        events = [
            (f"{e.at:%Y-%m-%d %H:%M}", e.actor, e.action, e.field or "", e.before, e.after) for e in detail.history
        ]
        out.table(("WHEN", "WHO", "WHAT", "FIELD", "BEFORE", "AFTER"), events)
