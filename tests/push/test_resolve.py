"""Resolving findings of rows whose link is only found yet: chosen without the link they are refused, one by one."""

from __future__ import annotations

from typing import Any

from engine.findings import Code, Resolution
from engine.model import Kind


async def test_a_text_of_an_unlinked_row_is_refused_and_the_rest_is_written(shop: Any) -> None:
    item = shop.add("900001", "NEW-1")
    await shop.push([item])
    shop.edit(item, Name="Named by hand")
    made = await shop.ws.reconcile("acme", (Kind.PRODUCTS,))
    chosen = [one.finding for one in shop.ws.findings(made.id) if one.finding.code is Code.NAME_MISMATCH]
    assert len(chosen) > 1
    planned = await shop.ws.plan_resolutions(made.id, [one.key for one in chosen])
    assert {one.message for one in planned.refused} == {"it is not mapped: choose its link too"}
    done = await shop.ws.resolve_findings(planned)
    results = {one.finding.storefront_id: one.result for one in done}
    assert results.pop(item) is Resolution.APPLIED
    assert set(results.values()) == {Resolution.FAILED}
    assert shop.product(item)["Name"] == "New thing NEW-1"
