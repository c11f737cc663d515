"""The demo of an UltraCart store and the Salesforce org it feeds: products are pushed, then both sides are reconciled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tui.demo.control import Control, Record
from tui.demo.profile import percent_of

SALE_BOOK, MSRP_BOOK = "Web sale", "MSRP"
RISE, SALE = 7, -25  # percent
NEW_ITEM, NEW_PRODUCT = "899999", "01t5gDEMO0000001AA"


@dataclass(frozen=True, slots=True)
class CrmProfile:
    """A store and a CRM that the sandbox can play. ``fields``: the store's field, and the product's it goes into.

    ``least``: fewer products than that have no room for one of each defect.
    """

    name: str
    storefront: str
    backoffice: str
    settings: Mapping[str, str]
    fields: Mapping[str, str]
    least: int = 40


ULTRACART_SALESFORCE = CrmProfile(
    name="ultracart-salesforce",
    storefront="ultracart",
    backoffice="salesforce",
    settings={
        "currency": "USD",
        "fields": "price",
        "sku.storefront": "sku",
        "sku.backoffice": "sku",
        "owners.name": "storefront",
        "owners.description": "storefront",
        "owners.active": "storefront",
        "push.books": f"sale={SALE_BOOK}; msrp={MSRP_BOOK}",
        "match.products.primary": "sku:sku",
        "match.customers.primary": "email:email",
        "match.normalise": "trim,case",
        "accounts.with_profile": "person_account",
        "accounts.record_type": "Person Account",
        "accounts.days": "365",
    },
    fields={"identifiers.barcode": "UC_Barcode__c"},
)


def meddle(store: Control, crm: Control, pairs: Mapping[str, str]) -> dict[str, str]:
    """Play the people who work in both systems: one defect in each of some pushed items (item -> product).

    Returns what a reconciliation must find: code -> the item, or the product of one that no item has.
    """
    items, entries = store.table("items"), list(crm.table("PricebookEntry").values())
    books = {row["Name"]: row["Id"] for row in crm.table("Pricebook2").values()}
    standard = next(row["Id"] for row in crm.table("Pricebook2").values() if row["IsStandard"])
    selling = [id for id in pairs if not items[id]["inactive"]]
    plain = iter([id for id in selling if items[id]["pricing"]["sale_cost"] is None])

    def entry(item: str, book: str) -> Record:
        return next(row for row in entries if row["Product2Id"] == pairs[item] and row["Pricebook2Id"] == book)

    planted = {}
    item = planted["NAME_MISMATCH"] = next(plain)
    crm.change("Product2", pairs[item], Name="Renamed by somebody")
    item = planted["DESCRIPTION_MISMATCH"] = next(plain)
    crm.change("Product2", pairs[item], Description="Described by somebody")
    item = planted["ACTIVE_MISMATCH"] = next(plain)
    crm.change("Product2", pairs[item], IsActive=False)
    item = planted["CUSTOM_FIELD_MISMATCH"] = next(id for id in plain if items[id]["identifiers"]["barcode"])
    crm.change("Product2", pairs[item], UC_Barcode__c="0000")
    item = planted["PRICE_MISMATCH"] = next(plain)
    row = entry(item, standard)
    crm.change("PricebookEntry", row["Id"], UnitPrice=percent_of(row["UnitPrice"], RISE))
    item = planted["ENTRY_INACTIVE"] = next(id for id in selling if items[id]["pricing"]["sale_cost"] is not None)
    crm.change("PricebookEntry", entry(item, books[SALE_BOOK])["Id"], IsActive=False)
    item = planted["ENTRY_MISSING"] = next(plain)
    pricing = items[item]["pricing"]
    store.change("items", item, pricing={**pricing, "sale_cost": percent_of(pricing["cost"], SALE)})
    item = planted["LINK_DANGLING"] = next(plain)
    crm.remove("Product2", pairs[item])
    for row in entries:
        if row["Product2Id"] == pairs[item]:
            crm.remove("PricebookEntry", row["Id"])
    planted["LINK_MISSING"] = NEW_ITEM
    store.put("items", NEW_ITEM, _new_item(items[next(plain)]))
    planted["ORPHAN"] = NEW_PRODUCT
    template = crm.get("Product2", pairs[next(plain)])
    made = {"Id": NEW_PRODUCT, "Name": "Made by somebody", "ProductCode": "BY-HAND", "UC_Item_Id__c": None}
    crm.put("Product2", NEW_PRODUCT, {**template, **made})
    return planted


def _new_item(template: Record) -> Record:
    code = {"merchant_item_oid": int(NEW_ITEM), "merchant_item_id": "NEW-99999", "description": "Just added"}
    link = {"sfdc_pricebook_id": None, "sfdc_product_id": None}
    return {**template, **code, "salesforce": link, "pricing": {**template["pricing"], "cost": Decimal("19.95")}}
