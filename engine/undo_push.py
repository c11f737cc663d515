"""Pure: how a pushed product is taken back. Nothing is deleted: what a push made is deactivated, with its prices, and its
mapping forgotten; what it changed gets the old values. A product that was changed since is left alone and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine.changes import Outcome, Push, PushAction
from engine.crm import BookPrice, PriceEntry, PushItem, TextValue
from engine.model import Kind, canonical
from engine.ports import Result
from engine.push_write import Seen, unlike

#: Outcomes after which something of a push may be there. A link alone changes nothing in the system.
_LEFT = frozenset({Result.APPLIED, Result.UNCHANGED, Result.UNVERIFIED, Result.REJECTED})


@dataclass(frozen=True, slots=True)
class Pushed:
    """What the back office holds of pushed products, as just read. ``books``: names by id."""

    seen: Mapping[str, Seen]
    books: Mapping[str, str]
    currency: str


def taken_back(
    id: str, pushes: Iterable[Push], outcomes: Iterable[Outcome], pushed: Pushed, mapped: Mapping[str, str]
) -> list[Push]:
    """The pushes that undo ``pushes``, in their order; ``id`` makes the keys unique, ``mapped`` is as it is now."""
    ended = {o.storefront_id: o for o in outcomes if o.attribute == "push" and o.kind is Kind.PRODUCTS}
    found = []
    for push in pushes:
        outcome = ended.get(push.item.source_id)
        if outcome is None or outcome.result not in _LEFT or not outcome.backoffice_id:
            continue
        if outcome.result is Result.REJECTED and push.action is not PushAction.CREATE:
            continue
        back = _back(id, push, outcome, pushed, mapped.get(push.item.source_id, ""))
        if back is not None:
            found.append(back)
    return found


def _back(id: str, push: Push, outcome: Outcome, pushed: Pushed, now: str) -> Push | None:
    target = outcome.backoffice_id
    seen = pushed.seen.get(target, Seen(None))
    entries = {entry.book_id: entry for entry in seen.entries}
    made = push.action is PushAction.CREATE
    unmap = made or push.action is PushAction.LINK
    action = PushAction.LINK if push.unmap else PushAction.UNDO
    values = _deactivated(push) if made else tuple(
        TextValue(value.name, value.before, value.after) for value in push.item.values if value.before is not None
    )  # fmt: skip
    prices = tuple(
        back for price in push.item.prices
        if (back := _price(price, entries.get(price.book_id), made=made)) is not None
    )  # fmt: skip
    item = PushItem(f"{id}:undo:{push.item.source_id}", push.item.source_id, push.item.code, values, prices, target)
    if not (values or prices or unmap or push.unmap):
        return None
    return replace(
        push, item=item, action=action, reason=_what(item, push, pushed.books), mapped=now, unmap=unmap, guards=(),
        blocked=_blocked(push, seen, now, target, made=made, currency=pushed.currency),
        problems=tuple(f"what {value.name} was before is not known" for value in push.item.values
                       if value.before is None and not made),
    )  # fmt: skip


def _deactivated(push: Push) -> tuple[TextValue, ...]:
    """A product that was made active is made inactive; one that was made inactive stays as it is."""
    was = next((value.after for value in push.item.values if value.name == "active"), "true")
    return (TextValue("active", "false", "true"),) if was == "true" else ()


def _price(price: BookPrice, entry: PriceEntry | None, *, made: bool) -> BookPrice | None:
    """The price before; a price that was not there before becomes inactive, for no entry is ever deleted."""
    if entry is None:
        return None
    old = price.before
    if made or old is None:
        return replace(price, entry_id=entry.id, before=price.amount, active=False, was_active=True)
    return replace(
        price, amount=old, entry_id=entry.id, before=price.amount, active=price.was_active, was_active=price.active
    )


def _blocked(push: Push, seen: Seen, now: str, target: str, *, made: bool, currency: str) -> str:
    if seen.product is None:
        return f"{target} is gone from the back office"
    if now != target and (now or not (made or push.unmap)):
        return "is mapped differently now; nothing is taken back"
    there = {entry.book_id for entry in seen.entries}
    held = tuple(price for price in push.item.prices if price.book_id in there or not made)
    wrong = unlike(replace(push.item, prices=held), seen, currency)
    return f"changed since: {wrong[0]}" if wrong else ""


def _what(item: PushItem, push: Push, books: Mapping[str, str]) -> str:
    """What will be, in words."""
    if push.action is PushAction.CREATE:
        prices = f" with its {len(item.prices)} prices" if item.prices else ""
        return f"deactivated{prices}, never deleted; its mapping is forgotten"
    parts = [
        f"{books.get(price.book_id, price.book_id)} "
        + (f"back to {canonical(price.amount)}" if price.active else "becomes inactive")
        for price in item.prices
    ]
    parts += [f"{value.name} back to {value.after or 'nothing'}" for value in item.values]
    if push.action is PushAction.LINK:
        parts.append("its mapping is forgotten")
    elif push.unmap:
        parts.append("mapped again")
    return ", ".join(parts)
