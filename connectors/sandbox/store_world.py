"""A seeded world of online stores and the accounting company behind them, and the truth about both.

Neutral values, no vendor's wire records: each sandbox spells them as its vendor does. The same seed and sizes give the
same world on any machine. SKUs tell what belongs together; prices, costs and quantities differ here and there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from connectors.sandbox import store_words as words
from connectors.sandbox.wire import Json
from connectors.sandbox.world import World

__all__ = ["Article", "Catalogue", "Item", "Line", "Shopper", "StoreOrder", "StoreWorld", "Variant"]

START = datetime(2026, 9, 1, 8, tzinfo=UTC)
CENT = Decimal("0.01")
SECOND = 500_000  # what the second store's ids have more than the first one's
STATUSES = ("processing", "completed", "processing", "on-hold", "pending")


@dataclass(frozen=True, slots=True)
class Variant:
    """What is sold. ``id`` is unique in the world; the only variant of a simple article has no ``label``."""

    id: int
    sku: str
    label: str
    price: Decimal
    cost: Decimal
    quantity: int


@dataclass(frozen=True, slots=True)
class Article:
    """A product of a store: with more than one variant it is their Base parent."""

    id: int
    name: str
    description: str
    category: str
    variants: tuple[Variant, ...]
    active: bool = True

    @property
    def is_base(self) -> bool:
        return len(self.variants) > 1


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the accounting catalogue. ``type`` is Inventory, NonInventory, Service, Group or Category."""

    id: int
    type: str
    name: str
    sku: str = ""
    description: str = ""
    price: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    quantity: int | None = None
    active: bool = True
    parent: int = 0
    reorder_point: int | None = None


@dataclass(frozen=True, slots=True)
class Shopper:
    """A customer of the store, and of accounting under ``accounting_id`` (0: only the store knows them)."""

    id: int
    first_name: str
    last_name: str
    company: str
    email: str
    phone: str
    street: str
    city: str
    region: str
    postal_code: str
    accounting_id: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    article: int
    variant: int
    sku: str
    quantity: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class StoreOrder:
    """An order of the first store. ``posted``: empty, ``invoice`` or ``salesreceipt``."""

    id: int
    number: str
    at: datetime
    status: str
    shopper: int
    lines: tuple[Line, ...]
    posted: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One store's articles. Further stores sell a part of the first one's, at prices of their own."""

    name: str
    articles: tuple[Article, ...]

    def variants(self) -> Iterator[tuple[Article, Variant]]:
        for article in self.articles:
            for variant in article.variants:
                yield article, variant


@dataclass(frozen=True, slots=True)
class StoreWorld:
    """``pairs``: variant id -> item id of what corresponds by an SKU that is unique on both sides.

    ``differences``: variant id of a pair -> which of price, cost, quantity differ (first store).
    ``duplicates``: SKUs that occur more than once in the store or in accounting.
    """

    seed: int
    catalogues: tuple[Catalogue, ...]
    items: tuple[Item, ...]
    shoppers: tuple[Shopper, ...]
    orders: tuple[StoreOrder, ...]
    pairs: dict[int, int]
    differences: dict[int, tuple[str, ...]]
    duplicates: tuple[str, ...]

    @classmethod
    def make(cls, seed: int = 1, products: int = 120) -> StoreWorld:
        """A world whose first store has that many articles (and about twice as many variants)."""
        return _Maker(seed).make(products)

    @classmethod
    def of(cls, world: World | StoreWorld) -> StoreWorld:
        """The store world itself, or the one of the same seed and size as a reseller's world."""
        if isinstance(world, StoreWorld):
            return world
        return cls.make(world.seed, len(world.marketplace_products))

    def pairs_of(self, store: int) -> dict[int, int]:
        """Variant id -> item id in one of the stores: they all sell from the same accounting items."""
        more = SECOND * store
        sold = {variant.id for _, variant in self.catalogues[store].variants()}
        return {id + more: item for id, item in self.pairs.items() if id + more in sold}

    def orders_of(self, store: int) -> tuple[StoreOrder, ...]:
        """A store's orders. The second one has a few of its own, of which accounting holds none yet."""
        if store == 0:
            return self.orders
        sold = {variant.id: variant for _, variant in self.catalogues[store].variants()}
        made = []
        for order in self.orders:
            lines = tuple(
                replace(line, article=line.article + SECOND, variant=line.variant + SECOND, price=variant.price)
                for line in order.lines
                if (variant := sold.get(line.variant + SECOND)) is not None
            )
            if lines and not order.posted:
                made.append(replace(order, id=order.id + SECOND, number=f"5{order.number}", lines=lines))
        return tuple(made)

    def truth(self, store: int = 0) -> Json:
        """The ground truth about a store and accounting as JSON, for the control endpoint."""
        pairs = self.pairs_of(store)
        differences = self.differences if store == 0 else self._compared(store, pairs)
        return {
            "seed": self.seed,
            "product_pairs": {str(id): str(item) for id, item in pairs.items()},
            "differences": {str(id): list(fields) for id, fields in differences.items()},
            "duplicates": list(self.duplicates),
            "customer_pairs": {str(one.id): str(one.accounting_id) for one in self.shoppers if one.accounting_id},
            "orders": {one.number: one.posted for one in self.orders_of(store)},
        }

    def _compared(self, store: int, pairs: dict[int, int]) -> dict[int, tuple[str, ...]]:
        items = {item.id: item for item in self.items}
        found = {}
        for _, variant in self.catalogues[store].variants():
            item = items.get(pairs.get(variant.id, 0))
            if item is not None:
                counted = item.quantity is not None and item.quantity != variant.quantity
                said = {"price": variant.price != item.price, "cost": variant.cost != item.cost, "quantity": counted}
                if any(said.values()):
                    found[variant.id] = tuple(name for name, differs in said.items() if differs)
        return found


@dataclass(slots=True)
class _Maker:
    seed: int
    articles: list[Article] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    pairs: dict[int, int] = field(default_factory=dict)
    differences: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def make(self, products: int) -> StoreWorld:
        random = Random(f"{self.seed} store")
        parents = {name: self._item(Item(0, "Category", name)) for name in words.CATEGORIES}
        for number in range(products):
            self._article(random, number, parents)
        duplicates = self._trouble(random)
        shoppers = _shoppers(Random(f"{self.seed} shoppers"), max(4, products // 4))
        ambiguous = {variant.id for variant in self._variants() if variant.sku in duplicates}
        orders = _orders(Random(f"{self.seed} orders"), self.articles, shoppers, max(3, products // 6))
        return StoreWorld(
            seed=self.seed,
            catalogues=(Catalogue("main", tuple(self.articles)), _second(random, self.articles)),
            items=tuple(self.items),
            shoppers=shoppers,
            orders=orders,
            pairs={store: item for store, item in self.pairs.items() if store not in ambiguous},
            differences=self.differences,
            duplicates=tuple(sorted(duplicates)),
        )

    def _variants(self) -> list[Variant]:
        return [variant for article in self.articles for variant in article.variants]

    def _item(self, item: Item) -> int:
        self.items.append(replace(item, id=len(self.items) + 1))
        return len(self.items)

    def _article(self, random: Random, number: int, parents: dict[str, int]) -> None:
        line = words.LINES[number % len(words.LINES)]
        model = f"{random.choice(words.MAKERS)} {line.name}"
        round_trip = number // len(words.LINES)
        name = f"{model} {round_trip + 1}" if round_trip else model
        labels = random.choice(words.LABELS) if random.random() < 0.3 else ("",)
        base = (Decimal(random.randrange(line.low * 100, line.high * 100)) / 100).quantize(CENT)
        variants = []
        for index, label in enumerate(labels):
            sku = f"{line.code}-{number + 1:04d}" + (f"-{words.short(label)}" if label else "")
            price = base + index
            cost = (price * Decimal(random.randrange(45, 75)) / 100).quantize(CENT)
            variant = Variant(100_000 + number * 10 + index, sku, label, price, cost, random.randrange(0, 90))
            variants.append(variant)
            if random.random() < 0.9:  # the rest is missing in accounting
                self._counterpart(random, variant, f"{name} {label}".strip(), line.category, parents)
        about = f"{name}. {line.about}"
        article = Article(50_001 + number, name, about, line.category, tuple(variants), random.random() < 0.97)
        self.articles.append(article)

    def _counterpart(self, random: Random, variant: Variant, name: str, category: str, parents: dict[str, int]) -> None:
        differing = []
        price, cost, quantity = variant.price, variant.cost, variant.quantity
        if random.random() < 0.2:
            price = (price * Decimal("1.05")).quantize(CENT)
            differing.append("price")
        if random.random() < 0.15:
            cost = (cost * Decimal("0.97")).quantize(CENT)
            differing.append("cost")
        if random.random() < 0.3:
            quantity += random.choice((-3, -1, 2, 5, 12))
            quantity = max(quantity, 0)
            if quantity != variant.quantity:
                differing.append("quantity")
        counted = random.random() < 0.9
        item = Item(
            id=0,
            type="Inventory" if counted else "NonInventory",
            name=name,
            sku=variant.sku,
            description=name,
            price=price,
            cost=cost,
            quantity=quantity if counted else None,
            active=random.random() < 0.97,
            parent=parents[category] if random.random() < 0.5 else 0,
            reorder_point=5 if counted and random.random() < 0.3 else None,
        )
        self.pairs[variant.id] = self._item(item)
        if differing:
            self.differences[variant.id] = tuple(one for one in differing if counted or one != "quantity")

    def _trouble(self, random: Random) -> set[str]:
        """What no tidy world has: SKUs that occur twice, items without one, a bundle, services, an inactive twin."""
        variants = self._variants()
        twice = {variant.sku for variant in random.sample(variants, min(2, len(variants)))}
        for sku in sorted(twice):
            self._item(Item(0, "NonInventory", f"{sku} (old listing)", sku=sku, price=Decimal(1)))
        if len(self.articles) > 3:  # and one within the store: a listing that was copied by hand
            source = self.articles[1].variants[0]
            copied = replace(source, id=100_000 + len(self.articles) * 10)
            self.articles.append(
                Article(50_001 + len(self.articles), f"{self.articles[1].name} (copy)", "", "", (copied,))
            )
            twice.add(source.sku)
        for name, price in words.SERVICES:
            self._item(Item(0, "Service", name, price=price))
        self._item(Item(0, "Group", "Starter bundle", description="Three things at once", price=Decimal("99.00")))
        self._item(
            Item(0, "Inventory", "Discontinued lamp", sku="OLD-0001", quantity=0, active=False, price=Decimal(5))
        )
        return twice


def _second(random: Random, articles: list[Article]) -> Catalogue:
    """A smaller store: two thirds of the articles, five to fifteen percent dearer, its own quantities and ids."""
    chosen = []
    for article in articles:
        if random.random() < 0.66:
            dearer = Decimal(random.randrange(105, 115)) / 100
            variants = tuple(
                replace(one, id=one.id + SECOND, price=(one.price * dearer).quantize(CENT), quantity=one.quantity // 2)
                for one in article.variants
            )
            chosen.append(replace(article, id=article.id + SECOND, variants=variants))
    return Catalogue("second", tuple(chosen))


def _shoppers(random: Random, count: int) -> tuple[Shopper, ...]:
    made = []
    for number in range(1, count + 1):
        first, last = random.choice(words.FIRST_NAMES), random.choice(words.LAST_NAMES)
        city, region, postal = random.choice(words.CITIES)
        made.append(
            Shopper(
                id=number,
                first_name=first,
                last_name=last,
                company=f"{last} {random.choice(words.TRADES)}" if random.random() < 0.4 else "",
                email=f"{words.plain(first)}.{words.plain(last)}{number}@shop.example",
                phone=f"+1 555 01{number % 100:02d}",
                street=f"{random.randrange(1, 200)} {random.choice(words.STREETS)}",
                city=city,
                region=region,
                postal_code=postal,
                accounting_id=number if random.random() < 0.8 else 0,
            )
        )
    return tuple(made)


def _orders(
    random: Random, articles: list[Article], shoppers: tuple[Shopper, ...], count: int
) -> tuple[StoreOrder, ...]:
    """Orders with rising numbers; the older half is posted, and some of the rest."""
    made = []
    for number in range(count):
        lines = []
        for article in random.sample(articles, min(random.randrange(1, 4), len(articles))):
            one = random.choice(article.variants)
            lines.append(Line(article.id, one.id, one.sku, random.randrange(1, 5), one.price))
        posted = number < count // 2 or random.random() < 0.2
        made.append(
            StoreOrder(
                id=7_001 + number,
                number=str(1_001 + number),
                at=START + timedelta(hours=7 * number, minutes=random.randrange(60)),
                status="completed" if posted else random.choice(STATUSES),
                shopper=random.choice(shoppers).id,
                lines=tuple(lines),
                posted=random.choice(("invoice", "salesreceipt")) if posted else "",
            )
        )
    return tuple(made)
