"""Who wins is chosen, not assumed: masters, the override of one, price or quantity, one writer per record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import Blocked, UsageError
from engine.fields import undecided
from engine.integrations import setting_values
from engine.model import Field, Kind, Side, Status
from engine.ports import Capabilities
from engine.settings import IntegrationSettings

PRICE, QUANTITY = Field.PRICE, Field.QUANTITY
NAME = "north-books"
ALL = Capabilities(reads_fields=frozenset(Field), writes_fields=frozenset(Field))
ACCOUNTING = replace(ALL, price_xor_quantity=True, has_postings=True)


async def test_an_unset_quantity_master_blocks_with_the_settings_name(stores):
    stores.set_integration(NAME, {"masters.quantity": ""})
    assert stores.undecided(NAME) == {QUANTITY}
    assert setting_values(stores.integration(NAME).settings, stores.undecided(NAME))["masters.quantity"] == ""
    plan = await stores.plan(NAME)
    (one,) = [c for c in plan.changes if c.storefront_id == "n1" and c.field is QUANTITY]
    assert (one.status, one.sends, one.verb) == (Status.NEEDS_CHOICE, False, "change settings")
    assert "masters.quantity" in one.blocked
    turned = await stores.plan(NAME, overwrite=Side.STOREFRONT)
    assert not any(c.sends for c in turned.changes if c.field is QUANTITY), (
        "a direction by hand is no choice of a master"
    )


@pytest.mark.parametrize(
    ("front", "back", "masters", "found"),
    [
        (ALL, ACCOUNTING, {}, set(Field)),
        (ALL, ACCOUNTING, {PRICE: Side.BACKOFFICE}, set(Field) - {PRICE}),
        (ALL, ALL, {}, {QUANTITY}),
        (replace(ALL, writes_fields=frozenset()), ACCOUNTING, {}, set()),
        (ALL, replace(ACCOUNTING, writes_fields=frozenset({PRICE})), {}, {PRICE}),
    ],
)
def test_what_both_sides_can_be_given_needs_a_choice(front, back, masters, found):
    settings = IntegrationSettings(masters=masters)
    assert undecided({Side.STOREFRONT: front, Side.BACKOFFICE: back}, settings) == found


async def test_the_master_is_overwritten_only_with_its_own_permission(stores, held):
    plan = await stores.plan(NAME, fields=[PRICE], overwrite=Side.BACKOFFICE)
    assert [hit.guard for hit in plan.guards] == ["overwrite-master"]
    assert plan.changes[0].guards == ("overwrite-master",)
    with pytest.raises(Blocked, match="on the side that is master"):
        await stores.sync(plan)
    assert held("books", "price")["b3"] == "100"
    await stores.sync(plan, allow=["overwrite-master"])
    assert held("books", "price")["b3"] == "90"
    usual = await stores.plan(NAME, fields=[QUANTITY], overwrite=Side.STOREFRONT)
    assert not usual.guards


# ------------------------------------------------------------------------------------------------ several stores
async def test_one_item_in_three_stores_quantity_fans_out_and_the_price_is_each_stores_own(stores, held, edit):
    stores.rules.set("web-books", {"price.percent": "20"})
    stores.rules.set("south-books", {"quantity.minus": "2"})
    for name in ("north-books", "south-books", "web-books"):
        plan = await stores.plan(name, kinds=[Kind.PRODUCTS])
        assert not plan.blocked
        await stores.sync(plan, allow=[hit.guard for hit in plan.guards])
    assert [held(s, "quantity")[f"{s[0]}1"] for s in ("north", "south", "web")] == ["10", "8", "10"]
    assert [held(s, "price")[f"{s[0]}1"] for s in ("north", "south", "web")] == ["10", "10", "12"]
    edit("books", "b1", quantity="6")
    for name in ("north-books", "south-books", "web-books"):
        await stores.sync(await stores.plan(name, fields=[QUANTITY]))
    assert [held(s, "quantity")[f"{s[0]}1"] for s in ("north", "south", "web")] == ["6", "4", "6"]


async def test_two_writers_of_the_accounting_item_are_refused_in_settings_with_both_names(stores):
    stores.set_integration("north-books", {"masters.price": "storefront"})
    with pytest.raises(UsageError, match="south-books and north-books would both write price of b1 of books"):
        stores.set_integration("south-books", {"masters.price": "storefront"})
    assert stores.integration("south-books").settings.master(PRICE) is Side.BACKOFFICE
    stores.set_integration("south-books", {"masters.quantity": "storefront"})  # another field is another writer's


async def test_and_again_in_the_plan(stores, held):
    stores.unmap("south-books", Kind.PRODUCTS, ["s1", "s2", "s3"])
    stores.set_integration("north-books", {"masters.price": "storefront"})
    stores.set_integration("south-books", {"masters.price": "storefront"})  # nothing is mapped twice yet
    stores.map("south-books", Kind.PRODUCTS, [("s3", "b3")])
    plan = await stores.plan("south-books", kinds=[Kind.PRODUCTS], fields=[PRICE])
    (one,) = plan.changes
    assert one.blocked == "its price is written by the integration north-books"
    assert "south-books and north-books would both write it" in one.reason
    assert not plan.sending
    assert held("books", "price")["b3"] == "100"
