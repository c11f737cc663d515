"""Random defects are planted in two real systems: each is found and nothing else is; after "apply all" only those remain that
are left to people. (``tests/reconcile/test_findings.py`` does so for the codes that this pair of systems cannot have.)
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from engine.field_mappings import FieldMapping
from engine.findings import Action, Code, Finding
from engine.model import Kind

Mark = tuple[str, str]
LATER = "2026-06-01T09:00:00.000+0000"
STANDARD, SALE = "Standard Price Book", "Web sale"


class Planter:
    """Plants one defect at a time on an item that is as it should be; returns what must be found, and what stays."""

    def __init__(self, shop: Any, items: list[str], on_sale: list[str]) -> None:
        self.shop, self.items, self.on_sale, self.number = shop, items, on_sale, 0

    def next(self) -> int:
        self.number += 1
        return self.number

    def new_item(self) -> tuple[str, str]:
        number = self.next()
        item = self.shop.add(f"9{number:05d}", f"PLANT-{number}")
        self.shop.sell(item, identifiers={**self.shop.items[item]["identifiers"], "barcode": None})
        return item, f"PLANT-{number}"

    def new_product(self, code: str, name: str, cost: float | None = None) -> str:
        """Somebody makes a product in the CRM, perhaps with a standard price."""
        state, id = self.shop.crm.state, f"01t5gPLANT{self.next():05d}AAA"
        template = {**self.shop.product(self.items[-1]), "UC_Item_Id__c": None, "UC_Barcode__c": None}
        own = {"Id": id, "Name": name, "Description": name, "ProductCode": code, "SystemModstamp": LATER}
        state.put("Product2", id, {**template, **own})
        if cost is not None:
            template = self.shop.entry(self.items[-1])
            entry = f"01u5gPLANT{self.next():05d}AAA"
            state.put("PricebookEntry", entry, {**template, "Id": entry, "Product2Id": id, "UnitPrice": cost})
        return id

    def entry(self, item: str, book: str, **values: Any) -> None:
        row = self.shop.entry(item, book)
        self.shop.crm.state.put("PricebookEntry", row["Id"], {**row, **values})

    # ------------------------------------------------------------------------------------------- defects
    def missing(self) -> tuple[set[Mark], set[Mark]]:
        return {("LINK_MISSING", self.new_item()[0])}, set()

    def found(self) -> tuple[set[Mark], set[Mark]]:
        item, code = self.new_item()
        self.new_product(code, f"New thing {code}", 20.0)
        return {("LINK_FOUND", item)}, set()

    def ambiguous(self) -> tuple[set[Mark], set[Mark]]:
        item, code = self.new_item()
        self.new_product(code, "One"), self.new_product(code, "Two")
        both = {("LINK_AMBIGUOUS", item), ("DUPLICATE", f"SKU {code.lower()}")}
        return both, both

    def dangling(self) -> tuple[set[Mark], set[Mark]]:
        item = self.items.pop()
        self.shop.crm.state.remove("Product2", self.shop.mapped[item])
        return {("LINK_DANGLING", item)}, set()

    def orphaned(self) -> tuple[set[Mark], set[Mark]]:
        item = self.items.pop()
        self.shop.store.state.remove("items", item)
        return {("LINK_ORPHANED", item)}, {("LINK_ORPHANED", item)}

    def malformed(self) -> tuple[set[Mark], set[Mark]]:
        item = self.items.pop()
        self.shop.sell(item, salesforce={"sfdc_pricebook_id": None, "sfdc_product_id": self.shop.mapped[item][:15]})
        return {("LINK_MALFORMED", item)}, {("LINK_MALFORMED", item)}

    def orphan(self) -> tuple[set[Mark], set[Mark]]:
        mark = ("ORPHAN", self.new_product(f"ALONE-{self.next()}", "Nobody sells it"))
        return {mark}, {mark}

    def currency(self) -> tuple[set[Mark], set[Mark]]:
        item = self.items.pop()
        self.shop.sell(item, currency_code="EUR")
        return {("CURRENCY_MISMATCH", item)}, {("CURRENCY_MISMATCH", item)}

    def text(self, code: str, **values: Any) -> tuple[set[Mark], set[Mark]]:
        item = self.items.pop()
        self.shop.edit(item, **values)
        return {(code, item)}, set()

    def price(self) -> tuple[set[Mark], set[Mark]]:
        item = self.items.pop()
        self.shop.reprice(item, self.shop.price(item) + 1)
        return {("PRICE_MISMATCH", item)}, set()

    def book_price(self) -> tuple[set[Mark], set[Mark]]:
        item = self.on_sale.pop()
        self.entry(item, SALE, UnitPrice=0.5)
        return {("PRICE_MISMATCH", item)}, set()

    def inactive_entry(self) -> tuple[set[Mark], set[Mark]]:
        item = self.on_sale.pop()
        self.entry(item, SALE, IsActive=False)
        return {("ENTRY_INACTIVE", item)}, set()

    def inactive_price(self) -> tuple[set[Mark], set[Mark]]:
        item = self.items.pop()
        self.entry(item, STANDARD, IsActive=False)
        return {("ENTRY_INACTIVE", item)}, set()

    def no_price(self) -> tuple[set[Mark], set[Mark]]:
        item = self.items.pop()
        self.shop.crm.state.remove("PricebookEntry", self.shop.entry(item, STANDARD)["Id"])
        return {("ENTRY_MISSING", item)}, set()

    def no_code(self) -> tuple[set[Mark], set[Mark]]:
        item = self.shop.add(f"9{self.next():05d}", "")
        return {("LINK_MISSING", item)}, {("LINK_MISSING", item)}

    def no_entry(self) -> tuple[set[Mark], set[Mark]]:
        item = self.items.pop()
        self.shop.sell(item, sale_cost=1.25)
        return {("ENTRY_MISSING", item)}, set()


PLANTS: dict[str, Callable[[Planter], tuple[set[Mark], set[Mark]]]] = {
    **{name: getattr(Planter, name) for name in (
        "missing", "found", "ambiguous", "dangling", "orphaned", "malformed", "orphan", "currency", "price", "book_price",
        "inactive_entry", "no_entry", "inactive_price", "no_price", "no_code",
    )},
    "name": lambda planter: planter.text("NAME_MISMATCH", Name="Quite another"),
    "description": lambda planter: planter.text("DESCRIPTION_MISMATCH", Description="Other words"),
    "active": lambda planter: planter.text("ACTIVE_MISMATCH", IsActive=False),
    "sku": lambda planter: planter.text("SKU_MISMATCH", ProductCode=f"OTHER-{planter.next()}"),
    "custom": lambda planter: planter.text("CUSTOM_FIELD_MISMATCH", UC_Barcode__c="0000"),
}  # fmt: skip
#: What a store and a CRM cannot have: no cost or quantity is read from the CRM, and the workspace refuses shared counterparts.
ELSEWHERE = {Code.COST_MISMATCH, Code.QUANTITY_MISMATCH, Code.LINK_SHARED}


def mark(one: Finding) -> Mark:
    if one.code is Code.DUPLICATE:
        return one.code.value, one.field
    return one.code.value, one.storefront_id or one.backoffice_id


async def reconciled(shop: Any) -> tuple[Any, list[Finding]]:
    made = await shop.ws.reconcile("acme", (Kind.PRODUCTS,))
    return made, [one.finding for one in shop.ws.findings(made.id)]


async def apply_all(shop: Any, made: Any) -> None:
    keys = [one.finding.key for one in shop.ws.findings(made.id) if one.finding.action is not Action.MANUAL]
    planned = await shop.ws.plan_resolutions(made.id, keys)
    assert not planned.moved
    assert not planned.refused
    allow = [hit.guard for hit in planned.plan.guards] if planned.plan else ()
    done = await shop.ws.resolve_findings(planned, allow=allow)
    assert {one.result.value for one in done} == {"applied"}, [one for one in done if one.result != "applied"]


@pytest.mark.parametrize("seed", range(8))
async def test_every_planted_defect_is_found_and_only_what_is_manual_stays(shop: Any, seed: int) -> None:
    random = Random(seed)
    shop.ws.set_integration("acme", {"fields": "price,sku", "guards.zero_price": "false"})
    await shop.ws.pull_schema("acme")
    shop.ws.map_field("acme", FieldMapping("acme", Kind.PRODUCTS, "identifiers.barcode", "Product2", "UC_Barcode__c"))
    for number in range(18):
        item = shop.add(f"8{number:05d}", f"PLAIN-{number}")
        if number < 4:
            shop.sell(item, sale_cost=15.0)
    await shop.push()
    _, before = await reconciled(shop)
    assert {one.action for one in before} == {Action.MANUAL}
    fresh = [f"8{number:05d}" for number in range(18)]
    assert not {id for _, id in map(mark, before)} & set(fresh)
    planter = Planter(shop, fresh[4:], fresh[:4])
    names = random.sample(sorted(PLANTS), 8) if seed else sorted(PLANTS)
    planted, stays = set[Mark](), set[Mark]()
    for name in names:
        now, then = PLANTS[name](planter)
        planted |= now
        stays |= then
    made, found = await reconciled(shop)
    assert {mark(one) for one in found} == {mark(one) for one in before} | planted
    assert len(found) == len(before) + len(planted)
    await apply_all(shop, made)
    _, again = await reconciled(shop)
    assert {mark(one) for one in again} == {mark(one) for one in before} | stays
    assert {one.action for one in again} == {Action.MANUAL}
    if not seed:
        assert {Code(code) for code, _ in planted} == set(Code) - ELSEWHERE
