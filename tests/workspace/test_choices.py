"""Several prices that qualify: a row, a plan and a detail say which, and one of them is chosen."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.model import Field, Kind


@pytest.fixture
async def several(ws, systems):
    """A mapped product whose marketplace quotes three tiers and no flat price: (storefront id, back-office id, amounts)."""
    products, back = systems.market.state.tables["products"], systems.psa.state.tables["products"]
    sid, bid = next((sid, bid) for sid, bid in systems.world.product_pairs.items() if not back[bid]["disabled"])
    amounts = ("17.75", "16.5", "15.25")
    tier = {"type": "recurring", "model": "TIERED", "currency": "USD"}
    products[sid]["prices"] = [{**tier, "amount": amount, "lowerLimit": n} for n, amount in enumerate(amounts)]
    await ws.pull()
    ws.map(None, Kind.PRODUCTS, [(sid, bid)])
    return sid, bid, amounts


async def test_the_values_that_qualify_are_offered_and_one_is_written(ws, systems, several):
    sid, bid, amounts = several
    (field,) = [one for one in ws.detail(None, Kind.PRODUCTS, sid).fields if one.field == "price"]
    assert field.choices == amounts
    assert field.keeps[0] is None, "a reason is no value that could be kept"
    assert field.keeps[1] is not None
    (change,) = (await ws.plan(None, fields=[Field.PRICE], ids=[sid])).changes
    assert (change.blocked != "", change.choices) == (True, amounts)
    ws.resolve(None, Kind.PRODUCTS, sid, Field.PRICE, value=amounts[1])
    plan = await ws.plan(None, fields=[Field.PRICE], ids=[sid])
    run = await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
    assert run.totals.applied == 1
    assert Decimal(str(systems.psa.state.tables["products"][bid]["price_retail"])) == Decimal(amounts[1])
