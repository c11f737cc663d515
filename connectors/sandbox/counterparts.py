"""Seeded Syncro products: what a reseller's own people made of the marketplace's list."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from connectors.sandbox import vocabulary as words
from connectors.sandbox.catalogue import MONTHLY, Item, Term, money
from connectors.sandbox.syncro_products import BLANK
from connectors.sandbox.syncro_vendors import BLANK as BLANK_VENDOR
from connectors.sandbox.wire import Json

FIRST_ID = 88_001
FIRST_CATEGORY, FIRST_VENDOR, FIRST_SKU = 1, 501, 7_001
BORN = "2025-02-03T08:33:21.053Z"

WITHOUT = 0.12  # rows nobody has entered in Syncro
SHARED = 0.30  # further terms of an item that share the product of its first term
PRICE_OFF, COST_OFF, SKU_OFF = 0.18, 0.12, 0.10
DISABLED = 0.03
DUPLICATE = 0.02


@dataclass(slots=True)
class Counterparts:
    """Wire records and the truth about them; keys are marketplace ids.

    ``pairs`` has one Syncro id per row with a product of its own; ``shared`` the rows whose only candidate is another
    row's product; ``differences`` what differs in a pair: ``price``, ``cost``, ``sku``.
    """

    products: list[Json] = field(default_factory=list)
    vendors: list[Json] = field(default_factory=list)
    categories: list[Json] = field(default_factory=list)
    pairs: dict[str, str] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)
    differences: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Maker:
    """Builds the counterparts of one catalogue."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.made = Counterparts(categories=_categories())
        self._vendor_ids: dict[str, int] = {}
        self._skus = FIRST_SKU

    def make(self, rows: list[tuple[Item, Term, Json]]) -> Counterparts:
        self._own()
        before: tuple[Item, str] | None = None
        for item, term, row in rows:
            if before and before[0] is item and self._random.random() < SHARED:
                self.made.shared[row["id"]] = before[1]
            elif self._random.random() >= WITHOUT:
                twin = self._twin(item, term, row)
                before = (item, str(twin["id"]))
        return self.made

    # -------------------------------------------------------------------------------- what the reseller has anyway
    def _own(self) -> None:
        self._vendor("Workshop Supplies")
        for name, category, price, cost in words.OWN_PRODUCTS:
            stock = category == "Hardware"
            extra = {"maintain_stock": stock, "quantity": self._random.randrange(1, 60) if stock else 0}
            self._add(name, name, category, price, cost, extra)
        for name, price in words.FEE_PRODUCTS:
            self._add(name, f"{name}, charged once", "Fees", price, 0.0, {})

    def _vendor(self, name: str) -> int:
        if name not in self._vendor_ids:
            id = FIRST_VENDOR + len(self._vendor_ids)
            self._vendor_ids[name] = id
            slug = name.lower().replace(" ", "")
            self.made.vendors.append(
                {
                    **BLANK_VENDOR,
                    "id": id,
                    "name": name,
                    "rep_first_name": self._random.choice(words.FIRST_NAMES),
                    "rep_last_name": self._random.choice(words.LAST_NAMES),
                    "email": f"orders@{slug}.example",
                    "phone": f"603-555-01{id % 100:02d}",
                    "created_at": BORN,
                    "updated_at": BORN,
                    "website": f"www.{slug}.example",
                }
            )
        return self._vendor_ids[name]

    def _add(self, name: str, description: str, category: str, price: float, cost: float, extra: Json) -> Json:
        product = {
            **BLANK,
            "id": FIRST_ID + len(self.made.products),
            "name": name,
            "description": description,
            "price_retail": price,
            "price_cost": cost,
            "product_category": category,
            "category_path": f"Root Category;{category}",
            **extra,
        }
        self.made.products.append(product)
        return product

    # -------------------------------------------------------------------------------- a row's own product
    def _twin(self, item: Item, term: Term, row: Json) -> Json:
        random = self._random
        price, cost, price_off, cost_off = self._amounts(row)
        extra, sku_off = self._codes(item, row)
        extra["disabled"] = random.random() < DISABLED
        extra["taxable"] = random.random() < 0.8
        if random.random() < 0.1:
            extra |= {"maintain_stock": True, "quantity": random.randrange(0, 200)}
        name = respelled(random, item, term)
        text = f"{item.family.unit.capitalize()} license, {term.label.lower()}. {item.brand.name} via marketplace."
        twin = self._add(name, text, item.family.category, price, cost, extra)
        self.made.pairs[row["id"]] = str(twin["id"])
        flags = (("price", price_off), ("cost", cost_off), ("sku", sku_off))
        if off := tuple(field for field, flag in flags if flag):
            self.made.differences[row["id"]] = off
        if random.random() < DUPLICATE:
            self._add(f"{name} (OLD)", text, item.family.category, price, cost, {"disabled": random.random() < 0.5})
        return twin

    def _amounts(self, row: Json) -> tuple[float, float, bool, bool]:
        random = self._random
        price, cost = Decimal(row["prices"][0]["amount"]), Decimal(row["costs"][0]["amount"])
        price_off, cost_off = random.random() < PRICE_OFF, random.random() < COST_OFF
        old_price = _drifted(random, price) if price_off else price
        old_cost = _drifted(random, cost) if cost_off else cost
        return float(old_price), float(old_cost), old_price != price, old_cost != cost

    def _codes(self, item: Item, row: Json) -> tuple[Json, bool]:
        """SKU fields, and whether the SKU differs from the row's MPN."""
        random = self._random
        vendor = self._vendor(item.brand.name)
        roll = random.random()
        if roll < SKU_OFF / 2:
            return {}, True  # never entered
        value = f"{row['mpn']}-OLD" if roll < SKU_OFF else row["mpn"]
        self._skus += 1
        sku = {"id": self._skus, "vendor_name": item.brand.name, "sku": value}
        extra: Json = {"vendor_ids": [vendor], "product_skus": [sku]}
        if random.random() < 0.15:
            extra["upc_code"] = f"{random.randrange(10**11, 10**12)}"
        return extra, roll < SKU_OFF


def _drifted(random: Random, amount: Decimal) -> Decimal:
    """An amount as it was before the marketplace changed it; rarely a slip of the keyboard."""
    roll = random.random()
    if roll < 0.03:
        return amount * 10
    if roll < 0.05:
        return Decimal(0)
    return max(money(amount * Decimal(random.randrange(88, 109)) / 100), Decimal("0.01"))


def respelled(random: Random, item: Item, term: Term) -> str:
    """The item's name as the reseller's people typed it."""
    name = item.name
    roll = random.random()
    if roll < 0.45:
        for long, short in words.SHORT.items():
            if random.random() < 0.7:
                name = name.replace(long, short)
    if f"{item.brand.name} 365" in name and random.random() < 0.3:
        name = name.replace(f"{item.brand.name} 365", f"{item.brand.name[0]}365")
    elif random.random() < 0.12:
        name = name.removeprefix(item.brand.name).strip()
    if random.random() < 0.08:
        tail = name.split()
        name = " ".join([*tail[1:], tail[0]])
    if random.random() < 0.05:
        name = name.lower()
    if term is not MONTHLY or random.random() < 0.2:
        name += random.choice((f" - {term.label}", f" ({term.label})", f" {term.code}"))
    return name


def _categories() -> list[Json]:
    root = _category(FIRST_CATEGORY, "Root Category", None, "Root Category")
    below = [
        _category(FIRST_CATEGORY + index, name, str(FIRST_CATEGORY), f"Root Category;{name}")
        for index, name in enumerate(words.CATEGORIES, 1)
    ]
    return [root, *below]


def _category(id: int, name: str, ancestry: str | None, path: str) -> Json:
    return {
        "id": id,
        "account_id": 1,
        "ancestry": ancestry,
        "name": name,
        "description": name,
        "device_product_id": None,
        "names_depth_cache": path,
    }
