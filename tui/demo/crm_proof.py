"""Counted from what the two systems hold, without the engine: what a reconciliation of them must find, and no more."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tui.demo.control import Control, Record
from tui.demo.ultracart_salesforce import MSRP_BOOK, SALE_BOOK

NAME_LENGTH = 255
#: Which price of an item goes into which book; None is the standard one.
PRICES = (("cost", None), ("sale_cost", SALE_BOOK), ("manufacturer_suggested_retail_price", MSRP_BOOK))


@dataclass(frozen=True, slots=True)
class Held:
    """What both systems hold: the tables of either, and each item's product by its code (several, where there are)."""

    items: Mapping[str, Record]
    products: Mapping[str, Record]
    entries: Mapping[tuple[str, str], Record]  # (product, book)
    books: Mapping[str | None, str]  # name -> id; None is the standard one
    by_code: Mapping[str, list[str]]
    shoppers: Mapping[str, Record]
    contacts: Mapping[str, Record]

    @classmethod
    def of(cls, store: Control, crm: Control) -> Held:
        products = {id: row for id, row in crm.table("Product2").items() if not row.get("IsDeleted")}
        by_code: dict[str, list[str]] = defaultdict(list)
        for id, row in products.items():
            by_code[_key(row["ProductCode"])].append(id)
        entries = {(row["Product2Id"], row["Pricebook2Id"]): row for row in crm.table("PricebookEntry").values()}
        books = {row["Name"]: row["Id"] for row in crm.table("Pricebook2").values() if not row["IsStandard"]}
        standard = next(row["Id"] for row in crm.table("Pricebook2").values() if row["IsStandard"])
        return cls(
            store.table("items"), products, entries, {**books, None: standard}, by_code, store.table("customers"),
            crm.table("Contact"),
        )  # fmt: skip

    def product(self, item: Record) -> Record | None:
        """The one product with the item's code."""
        found = self.by_code.get(_key(item["merchant_item_id"]), [])
        return self.products[found[0]] if len(found) == 1 else None

    def counts(self) -> dict[str, int]:
        """How many findings of each code a reconciliation of these two states has, products and customers together."""
        found = Counter(self._goods())
        found.update(self._people())
        return dict(found)

    def _goods(self) -> Iterator[str]:
        for item in self.items.values():
            there = self.by_code.get(_key(item["merchant_item_id"]), [])
            if len(there) != 1:
                yield "LINK_AMBIGUOUS" if there else "LINK_MISSING"
                continue
            yield from self._pair(item, self.products[there[0]])
        codes = {_key(item["merchant_item_id"]) for item in self.items.values()}
        yield from ("DUPLICATE" for ids in self.by_code.values() if len(ids) > 1)
        yield from (
            "ORPHAN" for row in self.products.values() if row["IsActive"] and _key(row["ProductCode"]) not in codes
        )

    def _pair(self, item: Record, product: Record) -> Iterator[str]:
        link = item["salesforce"]["sfdc_product_id"]
        if link and link != product["Id"]:
            yield "LINK_MALFORMED"
        if product["Name"] != item["description"][:NAME_LENGTH].rstrip():
            yield "NAME_MISMATCH"
        if product["Description"] != item["description"]:
            yield "DESCRIPTION_MISMATCH"
        if product["IsActive"] == item["inactive"]:
            yield "ACTIVE_MISMATCH"
        if item["inactive"] or not product["IsActive"]:
            return
        if (product["UC_Barcode__c"] or "") != (item["identifiers"]["barcode"] or ""):
            yield "CUSTOM_FIELD_MISMATCH"
        for column, book in PRICES:
            yield from _price(item["pricing"][column], self.entries.get((product["Id"], self.books[book])))

    def _people(self) -> Iterator[str]:
        """Customers are found by their e-mail alone."""
        here, there = _by_email(self.shoppers, "email"), _by_email(self.contacts, "Email")
        for email, ids in here.items():
            if len(ids) == len(there.get(email, [])) == 1:
                continue
            yield from ("LINK_AMBIGUOUS" if email in there else "LINK_MISSING" for _ in ids)
        for emails in (here, there):
            yield from ("DUPLICATE" for email, ids in emails.items() if email and len(ids) > 1)
        yield from ("ORPHAN" for email, ids in there.items() if email not in here for _ in ids)


def _price(wanted: object, entry: Record | None) -> Iterator[str]:
    if wanted is None:
        return
    if entry is None:
        yield "ENTRY_MISSING"
    elif not entry["IsActive"]:
        yield "ENTRY_INACTIVE"
    elif Decimal(str(wanted)) != Decimal(str(entry["UnitPrice"])):
        yield "PRICE_MISMATCH"


def _by_email(rows: Mapping[str, Record], column: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for id, row in rows.items():
        found[_key(row[column])].append(id)
    return found


def _key(value: object) -> str:
    return str(value or "").strip().casefold()
