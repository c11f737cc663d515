"""A push that was cut short: told apart from one that somebody else changed, and carried on without a second product."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.changes import PushAction
from engine.crm import BookPrice, PriceEntry, PushItem, TextValue
from engine.model import Product, Sku
from engine.push_write import Seen, in_the_middle

NEW = PushItem("k", "s1", "A-1", (TextValue("name", "Lamp"), TextValue("code", "A-1")),
               (BookPrice("std", Decimal(10), "USD"), BookPrice("sale", Decimal(8), "USD")))  # fmt: skip
OLD = PushItem("k", "s1", "A-1", (TextValue("name", "Lamp", "Old lamp"),),
               (BookPrice("std", Decimal(10), "USD", "e1", Decimal(9)),), "b1")  # fmt: skip
LAMP = Product("b1", "Lamp", skus=(Sku("A-1"),))


def entry(amount: int, book: str = "std") -> PriceEntry:
    return PriceEntry("e1", "b1", book, Decimal(amount), "USD")


@pytest.mark.parametrize(
    ("item", "product", "entries", "again"),
    [
        (NEW, LAMP, (), True),  # made, without its prices
        (NEW, LAMP, (entry(10),), True),  # ... and the first of them
        (NEW, LAMP, (entry(11),), False),  # somebody gave it another price
        (NEW, replace(LAMP, name="Else"), (), False),  # somebody renamed it, or it is another's
        (OLD, replace(LAMP, name="Old lamp"), (entry(9),), True),  # nothing arrived
        (OLD, LAMP, (entry(9),), True),  # the text did
        (OLD, replace(LAMP, name="Else"), (entry(9),), False),
        (OLD, LAMP, (entry(7),), False),
        (OLD, LAMP, (), False),  # its price went away
        (OLD, None, (), False),
    ],
)
def test_it_is_sent_again_only_while_every_part_is_as_before_or_as_it_shall_be(
    item: PushItem, product: Product | None, entries: tuple[PriceEntry, ...], again: bool
) -> None:
    action = PushAction.UPDATE if item.product_id else PushAction.CREATE
    assert in_the_middle(item, Seen(product, entries), "USD", action) is again


async def test_what_was_lost_on_the_way_is_carried_on_by_a_resume(shop: Any) -> None:
    items = [shop.add(f"90000{n}", f"NEW-{n}") for n in range(5)]
    shop.crm.faults.add("reset", method="POST", path="*/composite/sobjects", times=1)  # the prices never arrive
    _, run = await shop.push(items)
    assert (run.state, run.totals.not_sent, run.totals.adds_up) == ("done", 5, True)
    told = {one.message for one in shop.ws.outcomes(run.id)}
    assert all("only a part of it arrived" in text for text in told)
    assert not set(items) & set(shop.mapped)
    again = await shop.ws.resume(run.id)
    assert (again.state, again.totals.applied, again.totals.not_sent) == ("done", 5, 0)
    assert [shop.codes[f"NEW-{n}"] for n in range(5)] == [1] * 5
    assert [shop.price(item) for item in items] == [20.0] * 5


async def test_products_whose_creation_never_arrived_are_made_by_a_resume(shop: Any) -> None:
    item = shop.add("900001", "NEW-1")
    shop.crm.faults.add("reset", method="PATCH", path="*/composite/sobjects/Product2/*", times=1)
    _, run = await shop.push([item])
    assert run.totals.not_sent == 1
    assert "it was not made" in shop.ws.outcomes(run.id)[0].message
    assert shop.codes["NEW-1"] == 0
    again = await shop.ws.resume(run.id)
    assert (again.totals.applied, shop.codes["NEW-1"]) == (1, 1)
