"""Pure: the first quantity of a product that is created in accounting while units of it are in orders that it does not hold.

The store's stock has those units taken off already, and posting the order takes them off accounting's too. So the quantity
waits until they are posted (``block``) or counts them in (``compensate``); one that somebody typed goes as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.model import canonical
from engine.ports import Draft
from engine.settings import OrderPolicy
from engine.unposted import Unposted, UnpostedLine, told, units

#: Storefront quantities by id; None: not counted, or gone.
Stocks = Mapping[str, Decimal | None]
LATER = "its first quantity follows with the sync after that"


@dataclass(frozen=True, slots=True)
class First:
    """What is written into the new record: ``after`` made of the store's ``source``, or why not yet (``blocked``)."""

    after: str
    source: str
    blocked: str = ""
    reason: str = ""


def with_orders(draft: Draft, stock: Decimal | None, lines: Sequence[UnpostedLine], policy: OrderPolicy) -> Draft:
    """A draft as it was filled from the store's ``stock``, with what unposted orders make of its quantity."""
    if draft.quantity is None or stock is None or draft.quantity != stock:
        return draft
    draft = replace(draft, stock=stock)
    if not lines or policy is OrderPolicy.IGNORE:
        return draft
    if policy is OrderPolicy.BLOCK:
        return replace(draft, waits=f"{told(lines)}; {LATER}")
    return replace(draft, quantity=stock + units(lines), unposted=units(lines))


def firsts(drafts: Sequence[Draft], stocks: Stocks, unposted: Unposted | None, policy: OrderPolicy) -> dict[str, First]:
    """What becomes of every draft's quantity, by source id, with the store as it is now. ``unposted`` None: orders do not
    matter.
    """
    return {
        draft.source_id: _first(draft, stocks.get(draft.source_id), unposted, policy)
        for draft in drafts
        if draft.quantity
    }


def _first(draft: Draft, now: Decimal | None, unposted: Unposted | None, policy: OrderPolicy) -> First:
    assert draft.quantity is not None
    after = canonical(draft.quantity)
    if draft.stock is None or draft.quantity != draft.stock + draft.unposted:
        return First(after, after)  # typed
    source = canonical(draft.stock)
    if unposted is None:
        return First(after, source)
    lines = unposted.get(draft.source_id, ())
    if now != draft.stock:
        shown = "nothing" if now is None else canonical(now)
        return First(after, source, f"the store has {shown} now, not {source}; {LATER}")
    if lines and policy is OrderPolicy.BLOCK:
        return First(after, source, f"{told(lines)}; {LATER}")
    counted = units(lines) if policy is OrderPolicy.COMPENSATE else Decimal(0)
    if counted != draft.unposted:
        was, is_now = canonical(draft.unposted), canonical(counted)
        return First(after, source, f"{is_now} units are in orders that are not posted now, not {was}; {LATER}")
    return First(after, source, reason=f"{canonical(counted)} not posted" if counted else "")
