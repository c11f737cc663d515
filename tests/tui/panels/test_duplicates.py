"""The page of duplicates, and the note before a first sync."""

from __future__ import annotations

import pytest

from engine.model import Kind, Side
from tui.screens.duplicates import DuplicatesPage


@pytest.fixture
async def doubled(connected, files):
    """Two products of the shop have the SKU of a third; Firewall's counterpart is shared with nobody."""
    with (files / "shop.csv").open("a", encoding="utf-8") as out:
        out.write("p5,Seat Basic yearly,ST-1,30,20,USD\np6,Seat [/bar] \x1b[31m,ST-1,30,20,USD\n")
    connected.map("acme", Kind.PRODUCTS, [("p3", "b3")])
    await connected.pull("acme")
    return connected


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_what_is_not_unique_is_named_with_its_records(host, doubled, painted, eventually, size):
    app = host(doubled)
    async with app.run_test(size=size) as pilot:
        app.open(DuplicatesPage("acme", Kind.PRODUCTS, {Side.STOREFRONT: "shop", Side.BACKOFFICE: "erp"}))
        await eventually(pilot, lambda: "1 duplicate" in painted(app))
        text = painted(app)
        assert "part number ST-1: Seat Basic (p2), Seat Basic yearly (p5)" in " ".join(text.split())
        assert "p2, p5, p6" in text
        assert "\x1b" not in text
        await pilot.press("r")
        await eventually(pilot, lambda: "1 duplicate" in painted(app))
        await pilot.press("escape")
        await app.finished.wait()


async def test_the_list_opens_it_and_the_first_plan_mentions_it(real_console, doubled):
    async with real_console(tab="products", size=(160, 50), mapped=False) as it:
        await it.press("D", sees="Duplicates · acme · products")
        await it.sees("1 duplicate, as last read")
        await it.press("escape")
        await it.press("S", sees="p plans")
        await it.press("p")
        await it.sees("1 part number is not unique in shop: see crosswalk duplicates products")


async def test_nothing_is_said_once_something_was_synced(doubled):
    doubled.set_integration("acme", {"masters.price": "storefront"})
    plan = await doubled.plan("acme")
    assert plan.notes == ("1 part number is not unique in shop: see crosswalk duplicates products",)
    assert {c.storefront_id for c in plan.sending} == {"p3"}
    await doubled.sync(plan, allow=[hit.guard for hit in plan.guards])
    assert (await doubled.plan("acme")).notes == ()
