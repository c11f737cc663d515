"""Accounting takes price or quantity in one sync; a store takes either or both."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.errors import UsageError
from engine.model import Field, Side
from engine.plan import build
from engine.ports import Capabilities

PRICE, QUANTITY = Field.PRICE, Field.QUANTITY
ALL = Capabilities(reads_fields=frozenset(Field), writes_fields=frozenset(Field))
ACCOUNTING = replace(ALL, price_xor_quantity=True, has_postings=True)


def scene(shop, masters):
    settings = shop.loose.model_copy(update={"fields": (PRICE, QUANTITY), "masters": masters})
    able = {Side.STOREFRONT: ALL, Side.BACKOFFICE: ACCOUNTING}
    return replace(shop.scene(settings), capabilities=able)


def rows(shop):
    def of(id, price, back_price, units, back_units):
        pair = shop.pair(id, s=(price, "5"), b=(back_price, "5"))
        return replace(
            pair,
            storefront=replace(pair.storefront, quantity=Decimal(units)),
            backoffice=replace(pair.backoffice, quantity=Decimal(back_units)),
        )

    return [of("a", "12", "10", 3, 3), of("b", "10", "10", 5, 4), of("c", "9", "8", 2, 1)]


def sent(plan):
    return {(c.storefront_id, str(c.field)) for c in plan.sending}


def test_accounting_takes_price_or_quantity_in_one_sync(shop):
    front = dict.fromkeys((PRICE, QUANTITY), Side.STOREFRONT)
    plan = build(scene(shop, front), "p", rows(shop))
    assert sent(plan) == {("a", "price"), ("c", "price")}
    assert {c.blocked for c in plan.blocked} == {"psa takes price or quantity in one sync; sync quantity apart"}
    with pytest.raises(UsageError, match=r"takes price or quantity in one sync.*choose one"):
        build(scene(shop, front), "p", rows(shop), fields=[PRICE, QUANTITY])
    assert sent(build(scene(shop, front), "p", rows(shop), fields=[QUANTITY])) == {("b", "quantity"), ("c", "quantity")}
    assert sent(build(scene(shop, front), "p", rows(shop)[1:2], fields=[PRICE, QUANTITY])) == {("b", "quantity")}


def test_the_store_takes_both_and_each_side_may_take_one(shop):
    back = dict.fromkeys((PRICE, QUANTITY), Side.BACKOFFICE)
    assert len(sent(build(scene(shop, back), "p", rows(shop), fields=[PRICE, QUANTITY]))) == 4
    apart = {PRICE: Side.STOREFRONT, QUANTITY: Side.BACKOFFICE}
    plan = build(scene(shop, apart), "p", rows(shop), fields=[PRICE, QUANTITY])
    assert {(c.field, c.target) for c in plan.sending} == {
        (PRICE, Side.BACKOFFICE),
        (QUANTITY, Side.STOREFRONT),
    }
