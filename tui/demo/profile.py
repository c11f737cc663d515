"""What a demo needs to know of a pair of systems: how its wire records spell prices, codes and being switched off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from tui.demo.control import Control, Record

if TYPE_CHECKING:
    from engine.changes import Change

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Profile:
    """A storefront and a back office that the sandbox can play.

    ``reprice(control, id, percent)`` changes a storefront product's price, ``drift`` a back-office product's,
    ``switch_off`` makes a back-office product inactive; ``written(record, change)`` is the target's record with one
    planned change carried out. ``tables`` names each system's tables of products, ``volatile`` the columns that the
    systems change by themselves. ``master`` is the side whose prices win. ``statuses`` must occur among the rows, and
    those rows are never written.
    """

    name: str
    storefront: str
    backoffice: str
    settings: Mapping[str, str]
    reprice: Callable[[Control, str, int], None]
    drift: Callable[[Control, str, int], None]
    switch_off: Callable[[Control, str], None]
    written: Callable[[Record, Change], Record]
    tables: Mapping[str, tuple[str, ...]]
    volatile: frozenset[str] = frozenset()
    master: str = "storefront"
    least: int = 1  # products of the storefront
    statuses: tuple[str, ...] = ()
    order: Callable[[Control, str], None] | None = None  # somebody buys a product; accounting does not know of it yet


def percent_of(amount: object, percent: int) -> Decimal:
    """An amount raised (or lowered) by a percentage, to the cent."""
    return (Decimal(str(amount)) * (100 + percent) / 100).quantize(CENT)
