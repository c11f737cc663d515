"""Items of a seeded store, the CRM's products and price entries, and the defects between them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random

from connectors.sandbox import store_words as words
from connectors.sandbox.crm_records import CrmBook, CrmEntry, CrmItem, CrmProduct, salesforce_id

__all__ = ["CASES", "Goods", "make_goods"]

CENT = Decimal("0.01")
STANDARD = CrmBook(salesforce_id("01s", 1), "Standard Price Book", standard=True)
SALE = CrmBook(salesforce_id("01s", 2), "Web sale")
MSRP = CrmBook(salesforce_id("01s", 3), "MSRP")
TIERS = ("Wholesale", "Staff")

#: What may be wrong with an item's counterpart; planted in this order, one in every second item.
CASES = (
    "unlinked",  # the product has the code, the item holds no link
    "missing",  # no product, no link
    "code twice",  # two products have the code
    "name",  # the product's name is another
    "description",  # the product's description is another
    "price",  # the standard entry has another price
    "inactive item",  # the store stopped selling it, the product is active
    "inactive product",  # the other way round
    "entry missing",  # no standard entry
    "entry inactive",  # the standard entry is not active
    "link dangling",  # linked to a product there is not; one has the code
    "link dead",  # linked to a product there is not; none has the code
    "link malformed",  # the link has 15 characters
    "link shared",  # linked to another item's product
    "code mismatch",  # linked to a product with another code
    "sale price",  # the entry of "Web sale" has another price
    "sale entry missing",  # a sale price without an entry in "Web sale"
)


@dataclass(frozen=True, slots=True)
class Goods:
    items: tuple[CrmItem, ...]
    products: tuple[CrmProduct, ...]
    books: tuple[CrmBook, ...]
    entries: tuple[CrmEntry, ...]
    pairs: dict[int, str]
    cases: dict[int, str]
    orphans: tuple[str, ...]


def make_goods(seed: int, count: int) -> Goods:
    """That many items and their counterparts; every second item is as it should be."""
    return _Maker(Random(f"{seed} goods")).make(count)


@dataclass(slots=True)
class _Maker:
    random: Random
    items: list[CrmItem] = field(default_factory=list)
    products: list[CrmProduct] = field(default_factory=list)
    entries: list[CrmEntry] = field(default_factory=list)
    pairs: dict[int, str] = field(default_factory=dict)
    cases: dict[int, str] = field(default_factory=dict)

    def make(self, count: int) -> Goods:
        for number in range(count):
            item = self._item(number)
            case = CASES[number // 2 % len(CASES)] if number % 2 else ""
            if case:
                self.cases[item.oid] = case
            self._counterpart(item, case)
        orphans = tuple(self._orphan(number) for number in range(max(1, count // 40)) if count)
        return Goods(
            items=tuple(self.items),
            products=tuple(self.products),
            books=(STANDARD, SALE, MSRP),
            entries=tuple(self.entries),
            pairs=self.pairs,
            cases=self.cases,
            orphans=orphans,
        )

    def _item(self, number: int) -> CrmItem:
        """One item of the store, as yet without a link."""
        random, line = self.random, words.LINES[number % len(words.LINES)]
        name = f"{random.choice(words.MAKERS)} {line.name} {number + 1}"
        described = f"{name}. {line.about}" if random.random() < 0.5 else name
        if number % 29 == 4:  # longer than a CRM's name may be
            described = f"{described} ".ljust(270, ".") + line.about
        price = (Decimal(random.randrange(line.low * 100, line.high * 100)) / 100).quantize(CENT)
        return CrmItem(
            oid=800_001 + number,
            code=f"{line.code}-{number + 1:05d}",
            description=described,
            long_text=f"<p>{name}</p><p>{line.about}</p>",
            price=price,
            cogs=_share(price, random.randrange(45, 75)),
            quantity=random.randrange(0, 90) if random.random() < 0.8 else None,
            sale_price=_share(price, 80) if random.random() < 0.3 else None,
            msrp=_share(price, 120) if random.random() < 0.5 else None,
            tiers=tuple((tier, _share(price, 90 - 10 * at)) for at, tier in enumerate(TIERS) if random.random() < 0.4),
            barcode=f"40{number + 1:010d}" if random.random() < 0.6 else "",
            manufacturer_sku=f"{line.code}{number + 1}" if random.random() < 0.6 else "",
            properties=(("Material", random.choice(("Oak", "Steel", "Linen"))),) if random.random() < 0.4 else (),
        )

    def _keep(self, item: CrmItem, product_id: str = "") -> None:
        self.items.append(replace(item, product_id=product_id))

    def _counterpart(self, item: CrmItem, case: str) -> None:
        if case in {"sale price", "sale entry missing"}:
            item = replace(item, sale_price=_share(item.price, 80))
        if case == "inactive item":
            item = replace(item, active=False)
        if case == "missing":
            return self._keep(item)
        if case == "link dead":
            return self._keep(item, salesforce_id("01t", 90_000 + item.oid))
        product = self._product(item, case)
        self._entries(item, product, case)
        link = product.id
        match case:
            case "unlinked":
                link = ""
            case "code twice":
                link = ""
                self._product(item, case)
            case "link dangling":
                link = salesforce_id("01t", 90_000 + item.oid)
            case "link malformed":
                link = product.id[:15]
            case "link shared":
                link = next((id for id in self.pairs.values()), product.id)
        if case != "code twice":
            self.pairs[item.oid] = product.id
        self._keep(item, link)
        return None

    def _product(self, item: CrmItem, case: str) -> CrmProduct:
        made = CrmProduct(
            id=salesforce_id("01t", 1_001 + len(self.products)),
            name=f"{item.description[:240]} (old)" if case == "name" else item.description[:255],
            code=f"{item.code}-X" if case == "code mismatch" else item.code,
            description=f"{item.description} Now discontinued." if case == "description" else item.description,
            active=case != "inactive product",
        )
        self.products.append(made)
        return made

    def _entries(self, item: CrmItem, product: CrmProduct, case: str) -> None:
        price = (item.price * Decimal("1.05")).quantize(CENT) + CENT if case == "price" else item.price
        if case != "entry missing":
            self._entry(STANDARD, product.id, price, active=case != "entry inactive")
        if case == "entry missing":  # a custom price cannot be without a standard one
            return
        if item.sale_price is not None and case != "sale entry missing":
            self._entry(SALE, product.id, item.sale_price + (CENT if case == "sale price" else 0))
        if item.msrp is not None:
            self._entry(MSRP, product.id, item.msrp)

    def _entry(self, book: CrmBook, product: str, price: Decimal, *, active: bool = True) -> None:
        self.entries.append(
            CrmEntry(salesforce_id("01u", 5_001 + len(self.entries)), book.id, product, price, active=active)
        )

    def _orphan(self, number: int) -> str:
        made = CrmProduct(
            id=salesforce_id("01t", 1_001 + len(self.products)),
            name=f"Discontinued lamp {number + 1}",
            code=f"OLD-{number + 1:04d}",
            description="Not sold any more",
        )
        self.products.append(made)
        self._entry(STANDARD, made.id, Decimal("5.00"))
        return made.id


def _share(price: Decimal, percent: int) -> Decimal:
    return (price * percent / 100).quantize(CENT)
