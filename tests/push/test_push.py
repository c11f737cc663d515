"""Pushing items by hand: never a second product, nothing of the back office's own overwritten, prices in sync afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from engine.changes import PushAction
from engine.errors import UsageError
from engine.field_mappings import FieldMapping
from engine.model import Kind, Status


async def test_every_item_gets_one_product_with_its_prices_and_is_in_sync_afterwards(shop: Any) -> None:
    plan, run = await shop.push()
    kinds = {push.action for push in plan.pushes}
    assert kinds >= {PushAction.CREATE, PushAction.LINK, PushAction.AMBIGUOUS}
    assert run.totals.adds_up
    sending = [push for push in plan.pushes if push.sends]
    assert all(shop.codes[push.item.code] == 1 for push in sending)
    for push in sending:
        item = shop.items[push.item.source_id]
        assert shop.price(push.item.source_id) == item["pricing"]["cost"]
        assert shop.price(push.item.source_id, "Web sale") == item["pricing"]["sale_cost"]
        if not item["inactive"]:
            assert shop.status(push.item.source_id) is Status.IN_SYNC
    again, _ = await shop.push()
    assert {push.action for push in again.pushes if not push.blocked} == {PushAction.SKIP}


async def test_a_product_that_is_gone_is_made_again_and_its_mapping_replaced(shop: Any) -> None:
    plan, _ = await shop.push()
    item = next(push.item.source_id for push in plan.pushes if push.action is PushAction.CREATE and push.sends)
    old = shop.mapped[item]
    shop.crm.state.remove("Product2", old)
    again, run = await shop.push([item])
    assert (again.pushes[0].action, again.pushes[0].mapped) == (PushAction.CREATE, old)
    assert (run.totals.applied, shop.codes[again.pushes[0].item.code]) == (1, 1)
    assert shop.mapped[item] != old
    assert shop.product(item)["ProductCode"] == again.pushes[0].item.code


async def test_a_row_that_was_mapped_otherwise_since_the_preview_is_left_alone(shop: Any) -> None:
    first, _ = await shop.push()
    one, other = [push for push in first.pushes if push.action is PushAction.CREATE and push.sends][:2]
    shop.sell(one.item.source_id, description="Renamed")
    plan = await shop.ws.plan_push("acme", [one.item.source_id])
    shop.ws.unmap("acme", Kind.PRODUCTS, [one.item.source_id])
    before = shop.codes
    run = await shop.ws.sync(plan)
    assert (run.totals.stale, run.totals.planned) == (1, 1)
    assert shop.ws.outcomes(run.id)[0].message == "was unmapped since the preview; nothing was pushed"
    assert shop.codes == before
    assert one.item.source_id not in shop.mapped
    link = await shop.ws.plan_push("acme", [one.item.source_id])
    assert link.pushes[0].action is PushAction.LINK
    shop.ws.unmap("acme", Kind.PRODUCTS, [other.item.source_id])
    shop.ws.map("acme", Kind.PRODUCTS, [(other.item.source_id, link.pushes[0].item.product_id)])
    run = await shop.ws.sync(link)
    assert run.totals.stale == 1
    assert "was mapped to" in shop.ws.outcomes(run.id)[0].message
    assert one.item.source_id not in shop.mapped


async def test_a_price_whose_master_is_the_back_office_is_not_pushed_over(shop: Any) -> None:
    plan, _ = await shop.push()
    item = next(push.item.source_id for push in plan.pushes if push.action is PushAction.CREATE and push.sends)
    shop.ws.set_integration("acme", {"masters.price": "backoffice"})
    shop.reprice(item, 77.0)
    again, _ = await shop.push([item])
    assert again.pushes[0].action is PushAction.SKIP
    assert "left to a sync" in again.pushes[0].problems[0]
    assert shop.price(item) == 77.0


@pytest.mark.parametrize("shop", [{"several_currencies": True}], indirect=True)
async def test_prices_in_another_currency_are_nobodys_business(shop: Any) -> None:
    plan, _ = await shop.push()
    sold = [push.item.source_id for push in plan.pushes if push.sends]
    entries = shop.crm.state.tables["PricebookEntry"]
    euros = {}
    for item in sold:
        euro = shop.entry(item) | {"CurrencyIsoCode": "EUR", "UnitPrice": 7.25, "IsActive": False}
        euro["Id"] = euro["Id"][:-6] + "EU" + euro["Id"][-4:]
        euros[euro["Id"]] = shop.crm.state.put("PricebookEntry", euro["Id"], euro)
    again, _ = await shop.push()
    assert {push.action for push in again.pushes if not push.blocked} == {PushAction.SKIP}
    found = (await shop.ws.reconcile("acme")).counts
    assert not {"ENTRY_MISSING", "ENTRY_INACTIVE", "PRICE_MISMATCH"} & set(found)

    gone = shop.entry(sold[0])  # the dollar price, for the euro one came later
    assert gone["CurrencyIsoCode"] == "USD"
    shop.crm.state.remove("PricebookEntry", gone["Id"])
    assert (await shop.ws.reconcile("acme")).counts["ENTRY_MISSING"] == 1
    plan, run = await shop.push([sold[0]])
    assert (plan.pushes[0].action, run.totals.applied) == (PushAction.UPDATE, 1)
    assert shop.price(sold[0]) == shop.items[sold[0]]["pricing"]["cost"]
    assert {id: entries[id] for id in euros} == euros


async def test_mapped_fields_are_the_same_once_they_were_pushed(shop: Any) -> None:
    await shop.ws.pull_schema("acme")
    for source, target in (
        ("merchant_item_id", "StockKeepingUnit"),
        ("pricing.cogs", "UC_Cost__c"),
        ("content.meta_title", "DisplayUrl"),
    ):
        shop.ws.map_field("acme", FieldMapping("acme", Kind.PRODUCTS, source, "Product2", target))
    with pytest.raises(UsageError, match="ProductCode is the record's own"):
        shop.ws.map_field("acme", FieldMapping("acme", Kind.PRODUCTS, "identifiers.barcode", "Product2", "ProductCode"))
    with pytest.raises(UsageError, match="UC_Item_Id__c is the record's own"):
        shop.ws.map_field(
            "acme", FieldMapping("acme", Kind.PRODUCTS, "identifiers.barcode", "Product2", "UC_Item_Id__c")
        )
    for id, row in list(shop.items.items()):
        spaced = row["content"] | {"meta_title": "  A title \r\n"}
        shop.store.state.put("items", id, row | {"content": spaced, "description": f" {row['description']} "})
    plan, _ = await shop.push()
    for push in plan.pushes:
        if push.sends:
            item, product = shop.items[push.item.source_id], shop.product(push.item.source_id)
            assert product["StockKeepingUnit"] == item["merchant_item_id"]
            assert product["UC_Cost__c"] == item["pricing"]["cogs"]
            assert product["DisplayUrl"] == "A title"
    again, _ = await shop.push()
    assert {push.action for push in again.pushes if not push.blocked} == {PushAction.SKIP}
    assert "CUSTOM_FIELD_MISMATCH" not in (await shop.ws.reconcile("acme")).counts
