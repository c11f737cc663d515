"""The columns of the three list tabs: both records side by side, or both values of one field in an out-of-sync view."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from tui.screens.view_actions import by_severity
from tui.widgets.columns import Column

if TYPE_CHECKING:
    from engine.views import Row

TONES = {
    "Failed": "bad",
    "Unverified": "bad",
    "Broken": "bad",
    "Conflict": "bad",
    "Needs choice": "warn",
    "Ambiguous": "warn",
    "Unmapped": "warn",
    "In orders": "warn",
    "Out of sync": "warn",
    "In sync": "good",
    "Mapped": "good",
    "Base": "dim",
    "Ignored": "dim",
}


def _severity(row: Row) -> int:
    return by_severity(row.status)


def _arrow(row: Row) -> str:
    if row.left and row.right:
        return "→"
    return "×" if row.status == "Ignored" else ""


def columns(storefront: str, backoffice: str) -> list[Column[Row]]:
    """The columns of a list; the titles are the connections' names."""
    return [
        Column(
            "left",
            storefront,
            lambda r: r.left,
            18,
            weight=4,
            comfort=32,
            sort=lambda r: (not r.left, r.left.casefold()),
        ),
        Column(
            "left_id",
            "Id",
            lambda r: r.left_id,
            12,
            drop=4,
            luxury=True,
            tone=lambda _: "dim",
            sort=lambda r: r.left_id,
        ),
        Column("arrow", " ", _arrow, 1),
        Column(
            "right",
            backoffice,
            lambda r: r.right or r.detail or r.reason,
            15,
            weight=4,
            comfort=32,
            tone=lambda r: "" if r.right else "dim",
            sort=lambda r: (not r.right, r.right.casefold()),
            covers=lambda r: "" if r.right else "detail",
        ),
        Column(
            "right_id",
            "Id",
            lambda r: r.right_id,
            12,
            drop=3,
            luxury=True,
            tone=lambda _: "dim",
            sort=lambda r: r.right_id,
        ),
        Column(
            "detail",
            "Difference",
            lambda r: r.detail or r.reason,
            20,
            weight=4,
            drop=2,
            comfort=28,
            sort=lambda r: r.detail,
        ),
        Column(
            "status",
            "Status",
            lambda r: r.status.value,
            12,
            tone=lambda r: TONES.get(r.status.value, ""),
            sort=_severity,
        ),
    ]


def out_columns(field: str, storefront: str, backoffice: str) -> list[Column[Row]]:
    """The columns of "price out of sync" and its like: the item, both values, their difference, why blocked, status.

    The arrow points at the side that would be overwritten.
    """

    def of(name: str) -> Callable[[Row], str]:
        def cell(row: Row) -> str:
            found = row.differing(field)
            return str(getattr(found, name)) if found is not None else ""

        return cell

    def amount(name: str) -> Callable[[Row], tuple[bool, Decimal, str]]:
        def place(row: Row) -> tuple[bool, Decimal, str]:
            shown = of(name)(row)
            try:
                return (False, Decimal(shown.split(" ")[0]), "")
            except InvalidOperation:
                return (True, Decimal(0), shown)

        return place

    def arrow(row: Row) -> str:
        return "→" if of("target")(row) == "backoffice" else "←"

    right = field != "sku"
    change = Column("change", "Difference", of("change"), 14, right=True, drop=1, sort=amount("change"))
    width = 9 if right else 14
    return [
        Column("left", "Item", lambda r: r.left, 14, weight=4, comfort=32, sort=lambda r: (not r.left, r.left.casefold())),
        Column("left_id", "Id", lambda r: r.left_id, 12, drop=4, luxury=True, tone=lambda _: "dim"),
        Column("here", storefront, of("storefront"), width, weight=1, comfort=12, right=right, sort=amount("storefront")),
        Column("arrow", " ", arrow, 1),
        Column("there", backoffice, of("backoffice"), width, weight=1, comfort=12, right=right, sort=amount("backoffice")),
        *([change] if right else []),
        Column("blocked", "Why blocked", of("blocked"), 8, weight=3, drop=2, comfort=24, tone=lambda _: "dim", sort=of("blocked")),
        Column("status", "Status", lambda r: r.status.value, 12, tone=lambda r: TONES.get(r.status.value, ""), sort=_severity),
    ]  # fmt: skip
