"""Syncro's real barcodes survive a sync whose SKU lives in the UPC; a decision lets one of them go."""

from __future__ import annotations

import pytest

from engine.model import Field, Kind, Side


@pytest.fixture
def barcode(ws, systems):
    """A mapped product of Syncro with a real barcode: (storefront id, back-office id, barcode)."""
    table = systems.psa.state.tables["products"]
    sid, bid = next(
        (sid, bid)
        for sid, bid in systems.world.product_pairs.items()
        if not table[bid]["disabled"] and _has_mpn(systems, sid)
    )
    table[bid]["upc_code"] = "4006381333931"
    ws.map(None, Kind.PRODUCTS, [(sid, bid)])
    return sid, bid, "4006381333931"


def _has_mpn(systems, sid):
    return bool(systems.market.state.tables["products"][sid].get("mpn"))


async def test_it_is_blocked_with_its_reason_and_written_once_somebody_decides(ws, systems, barcode):
    sid, bid, code = barcode
    stored = systems.psa.state.tables["products"]
    plan = await ws.plan(None, fields=[Field.SKU], ids=[sid])
    (change,) = plan.changes
    assert (change.sends, change.verb) == (False, "resolve")
    assert code in change.blocked
    run = await ws.sync(plan)
    assert (run.totals.applied, run.totals.blocked) == (0, 1)
    assert stored[bid]["upc_code"] == code
    ws.resolve(None, Kind.PRODUCTS, sid, Field.SKU, keep=Side.STOREFRONT)
    run = await ws.sync(await ws.plan(None, fields=[Field.SKU], ids=[sid]))
    assert run.totals.applied == 1
    assert stored[bid]["upc_code"] == systems.market.state.tables["products"][sid]["mpn"]
    undo = await ws.sync(await ws.plan_undo(run.id))
    assert undo.totals.applied == 1
    assert stored[bid]["upc_code"] == code
