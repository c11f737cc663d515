"""Pure: what a push would do with each storefront product: create, link, update, skip, or leave to a person.

A product is found again by its code (the storefront's SKU), so that there is never a second one for it. Name,
description and activity of a product that exists are written only where the integration's owners say so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.changes import GuardHit, Push, PushAction
from engine.crm import BookPrice, PriceEntry, PushItem, SchemaField, TextValue
from engine.field_mappings import FieldMapping, text_values
from engine.fields import difference, read
from engine.guards import Guard
from engine.model import Field, Product, Side, canonical
from engine.push_prices import Books, prices_of
from engine.settings import Guards, IntegrationSettings

#: Names are cut to so many characters where the schema does not say (Salesforce: Product2.Name).
NAME_LENGTH = 255
_WHY = {Guard.ZERO_PRICE.value: "a price of zero or less", Guard.CHANGE_PERCENT.value: "a price jumps"}


@dataclass(frozen=True, slots=True)
class PushScene:
    """Everything a push looks at. Records and entries come from complete reads.

    ``mapped``: storefront id -> back-office id. ``holders``: back-office id -> storefront id that is mapped to it.
    ``fields`` are the back office's product fields by API name, where its schema was retrieved.

    ``unattended``: nobody sees what is planned. Then a product is linked only where matches may map themselves, one whose
    counterpart is gone is left alone, and a standard price is written over another only for the rows in ``moved``: those
    whose price moved in the storefront alone since the last good sync.
    """

    settings: IntegrationSettings
    mapped: Mapping[str, str]
    backoffice: Mapping[str, Product]
    books: Books
    entries: Mapping[str, Sequence[PriceEntry]]
    mappings: Sequence[FieldMapping] = ()
    fields: Mapping[str, SchemaField] | None = None
    unattended: bool = False
    moved: Collection[str] = ()

    @property
    def holders(self) -> dict[str, str]:
        return {right: left for left, right in self.mapped.items()}


def plan_pushes(scene: PushScene, run: str, products: Iterable[Product]) -> list[Push]:
    """One push per product, in the given order. ``run`` makes the keys unique."""
    by_code: dict[str, list[Product]] = {}
    for product in scene.backoffice.values():
        for sku in product.skus:
            by_code.setdefault(code_key(sku.value), []).append(product)
    holders = scene.holders
    made: dict[str, str] = {}
    pushes = []
    for product in products:
        push = _push(scene, run, product, by_code, holders)
        code = code_key(push.item.code)
        if push.action is PushAction.CREATE and not push.blocked:
            if code in made:
                push = replace(push, blocked=f"{made[code]} of this push has the same code {push.item.code}")
            made.setdefault(code, push.name)
        pushes.append(push)
    return pushes


def code_key(code: str) -> str:
    """Codes are the same when they are, without blanks around them and whatever their case."""
    return code.strip().casefold()


def _push(
    scene: PushScene, run: str, product: Product, by_code: Mapping[str, Sequence[Product]], holders: Mapping[str, str]
) -> Push:
    code = read(product, Field.SKU, Side.STOREFRONT, scene.settings).text or ""
    target = scene.backoffice.get(scene.mapped.get(product.id, ""))
    action, reason, blocked = PushAction.UPDATE, "", ""
    if target is None:
        action, reason, blocked, target = _unmapped(scene, product, code, by_code, holders)
    if not blocked and scene.unattended:
        blocked = _needs_a_person(scene, product, action)
    if not blocked and product.is_base:
        blocked = "parent of variants; its variants are pushed"
    entries = scene.entries.get(target.id, ()) if target is not None else ()
    prices, problems = prices_of(product, scene.settings, scene.books, entries)
    if problems and not blocked:
        blocked = f"price: {problems[0]}"
    custom, unfit = _custom(scene, product, target)
    values = (*_values(scene, product, code, target), *custom)
    if target is not None:
        differing = tuple(price for price in prices if _differs(price, entries))
        prices = tuple(price for price in differing if not _left_to_a_sync(scene, product, price))
        unfit += tuple(
            f"its price {canonical(price.before or Decimal(0))} is left to a sync (here it is {canonical(price.amount)})"
            for price in differing
            if price not in prices
        )
    item = PushItem(
        f"{run}:push:{product.id}", product.id, code, values, prices, target.id if target is not None else ""
    )
    if not blocked and action is PushAction.UPDATE and not values and not prices:
        action, reason = PushAction.SKIP, "nothing differs"
    if action in {PushAction.CREATE, PushAction.LINK, PushAction.UPDATE} and not reason:
        reason = _what(values, prices, scene.books)
    guards = price_guards(prices, scene.settings.guards) if not blocked else ()
    return Push(item, product.name, action, reason, blocked, guards, unfit, scene.mapped.get(product.id, ""))


def _unmapped(
    scene: PushScene, product: Product, code: str, by_code: Mapping[str, Sequence[Product]], holders: Mapping[str, str]
) -> tuple[PushAction, str, str, Product | None]:
    """(action, reason, blocked, target) of a product that is not mapped, or whose counterpart is gone."""
    if not code.strip():
        return PushAction.CREATE, "", "it has no code to be found by again", None
    found = by_code.get(code_key(code), ())
    if len(found) > 1:
        names = ", ".join(f"{one.name} ({one.id})" for one in found[:3])
        why = f"{len(found)} products have the code {code}: {names}"
        return PushAction.AMBIGUOUS, why, why, None
    if found:
        holder = holders.get(found[0].id)
        if holder is not None and holder != product.id and not scene.settings.many_to_one:
            why = f"{found[0].name} has the code {code}, but {holder} is mapped to it"
            return PushAction.AMBIGUOUS, why, why, None
        return PushAction.LINK, f"{found[0].name} has the code {code}", "", found[0]
    if not product.active:
        return PushAction.SKIP, "inactive, and not there yet", "", None
    return PushAction.CREATE, "", "", None


def _needs_a_person(scene: PushScene, product: Product, action: PushAction) -> str:
    """Why nothing is done with a product while nobody looks, or ""."""
    if action in {PushAction.CREATE, PushAction.LINK} and product.id in scene.mapped:
        return f"{scene.mapped[product.id]}, which it is mapped to, is gone; push it by hand, or remap it"
    if action is PushAction.LINK and not scene.settings.match_is_mapping:
        return "it is there already: push it by hand once, or let matches map themselves (match_is_mapping)"
    return ""


def _left_to_a_sync(scene: PushScene, product: Product, price: BookPrice) -> bool:
    """Whether another standard price stands that is not the push's to write over: the back office's own, or a conflict."""
    if price.book_id != scene.books.standard.id or price.before in {None, price.amount}:
        return False
    if scene.settings.master(Field.PRICE) is Side.BACKOFFICE:
        return True
    return scene.unattended and product.id not in scene.moved


def _values(scene: PushScene, product: Product, code: str, target: Product | None) -> tuple[TextValue, ...]:
    """Name, description, code and activity: all of them for a new product, the owned ones that differ for another."""
    # blanks at the ends are not kept by the back office: compared with them, they would differ for ever
    name = (product.name.strip() or code)[:NAME_LENGTH].rstrip()
    description = product.description.strip()
    active = str(product.active).lower()
    if target is None:
        fresh = (TextValue("name", name), TextValue("description", description), TextValue("code", code))
        return (*(value for value in fresh if value.after), TextValue("active", active))
    owners = scene.settings.owners
    pairs = (
        ("name", owners.name, name, target.name),
        ("description", owners.description, description, target.description),
        ("active", owners.active, active, str(target.active).lower()),
    )
    return tuple(
        TextValue(one, after, before)
        for one, owner, after, before in pairs
        if owner is Side.STOREFRONT and after != before
    )


def _custom(
    scene: PushScene, product: Product, target: Product | None
) -> tuple[tuple[TextValue, ...], tuple[str, ...]]:
    if not scene.mappings:
        return (), ()
    return text_values(scene.mappings, scene.fields or {}, product, target)


def _differs(price: BookPrice, entries: Sequence[PriceEntry]) -> bool:
    """Whether an entry is missing, inactive, or has another amount."""
    entry = next((one for one in entries if one.book_id == price.book_id), None)
    return entry is None or not entry.active or entry.amount != price.amount


def _what(values: Sequence[TextValue], prices: Sequence[BookPrice], books: Books) -> str:
    names = {book.id: book.name for book in books.all}
    parts = [f"{names[price.book_id]} {canonical(price.amount)}" for price in prices]
    return ", ".join(
        [*parts, *(value.name for value in values if value.name not in {"code", "active"} or value.before)]
    )


def price_guards(prices: Sequence[BookPrice], guards: Guards) -> tuple[str, ...]:
    """The guards that the prices set off: a price of zero or less, a jump."""
    hits: dict[str, None] = {}
    for price in prices:
        if not price.active:
            continue
        if guards.zero_price and price.amount <= Decimal(0):
            hits[Guard.ZERO_PRICE.value] = None
        if guards.max_change_percent is not None and price.before is not None:
            gap, percent = difference(canonical(price.before), canonical(price.amount))
            if gap and (percent is None or abs(percent) > guards.max_change_percent):
                hits[Guard.CHANGE_PERCENT.value] = None
    return tuple(hits)


def push_guards(pushes: Sequence[Push]) -> tuple[GuardHit, ...]:
    """The guards that single pushes set off, as hits of the plan."""
    hits = []
    for guard, why in _WHY.items():
        rows = [push for push in pushes if guard in push.guards and push.sends]
        if rows:
            names = ", ".join(push.name for push in rows[:3]) + (" ..." if len(rows) > 3 else "")
            hits.append(GuardHit(guard, f"{why} in {len(rows)} pushed products: {names}", len(rows)))
    return tuple(hits)
