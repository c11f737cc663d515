"""Pure: units of a product in orders that accounting does not hold yet, and what that means for its row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from engine.model import Order, canonical

#: Order numbers named in a reason.
NAMED = 4


@dataclass(frozen=True, slots=True)
class UnpostedLine:
    """Units of one product (a variant, where there are variants) in one order that is not posted. ``at`` is aware UTC.

    ``order`` is its number (or id, without one), ``order_id`` what the store calls it, whatever its number is.
    """

    order: str
    product_id: str
    units: Decimal
    at: datetime
    order_id: str = ""


Unposted = Mapping[str, Sequence[UnpostedLine]]


def lines(orders: Iterable[Order], posted: Collection[str]) -> dict[str, list[UnpostedLine]]:
    """The lines of the orders whose number is not among the posted ones, by product. An order without a number is not
    posted: nothing could be found by it.
    """
    found: dict[str, list[UnpostedLine]] = {}
    for order in orders:
        if order.number and order.number in posted:
            continue
        units: dict[str, Decimal] = {}
        for line in order.lines:
            units[line.product_id] = units.get(line.product_id, Decimal(0)) + line.quantity
        for product, count in units.items():
            if product and count > 0:
                new = UnpostedLine(order.number or order.id, product, count, order.at, order.id)
                found.setdefault(product, []).append(new)
    return found


def without(known: Unposted, drop: Callable[[UnpostedLine], bool]) -> dict[str, list[UnpostedLine]]:
    """The lines that are not dropped; a product without any is left out."""
    kept = {product: [line for line in mine if not drop(line)] for product, mine in known.items()}
    return {product: mine for product, mine in kept.items() if mine}


def units(lines: Iterable[UnpostedLine]) -> Decimal:
    return sum((line.units for line in lines), Decimal(0))


def told(lines: Sequence[UnpostedLine]) -> str:
    """Why the row waits: ``3 units in orders 1001, 1002 are not posted in accounting``."""
    numbers = list(dict.fromkeys(line.order for line in lines))
    count = units(lines)
    named = ", ".join(numbers[:NAMED]) + (f" and {len(numbers) - NAMED} more" if len(numbers) > NAMED else "")
    return (
        f"{canonical(count)} unit{'' if count == 1 else 's'} in order{'' if len(numbers) == 1 else 's'} {named} "
        f"{'is' if count == 1 else 'are'} not posted in accounting"
    )
