"""Importing customers through the front door: a second customer is never made by accident, whoever calls."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.model import Kind, Side


def known_twin(ws):
    return next(one for one in ws.customer_readiness(None) if one.twins and not one.missing)


async def test_a_customer_that_looks_like_one_there_is_refused_with_its_name_and_nothing_is_created(ws, systems):
    ws.set_integration("resale", {"customers.country": "US"})
    twin = known_twin(ws)
    new = next(one for one in ws.customer_readiness(None) if not one.twins and not one.missing)
    before = set(systems.market.state.tables["customers"])
    with pytest.raises(UsageError, match="nothing was created") as refused:
        await ws.import_customers(None, [new.customer.id, twin.customer.id])
    assert twin.customer.name in str(refused.value)
    assert twin.twins[0] in str(refused.value)
    assert set(systems.market.state.tables["customers"]) == before
    assert ws.runs() == []


async def test_consent_is_for_the_customers_it_was_given_for(ws, systems):
    ws.set_integration("resale", {"customers.country": "US"})
    twin = known_twin(ws).customer.id
    with pytest.raises(UsageError, match="duplicate is wanted"):
        await ws.import_customers(None, [twin], duplicates=["another"])
    run = await ws.import_customers(None, [twin], duplicates=[twin])
    assert run.totals.applied == 1
    (outcome,) = ws.outcomes(run.id)
    made = systems.market.state.tables["customers"][outcome.storefront_id]
    assert made["externalId"] == twin
    rows = {row.id: row for row in ws.snapshot(None, Kind.CUSTOMERS).rows if row.side is Side.STOREFRONT}
    assert rows[outcome.storefront_id].right_id == twin
