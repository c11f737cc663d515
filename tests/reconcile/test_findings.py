"""Random defects of every kind are planted in two equal sides: each one is found, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.baselines import Baseline
from engine.crm import PriceBook, PriceEntry
from engine.duplicates import COUNTERPART, Duplicate
from engine.field_values import Converted
from engine.findings import Action, Code, Finding
from engine.model import Field, Kind, PriceOption, Product, Side, Sku
from engine.pairs import Pair
from engine.reconcile import Custom, Sides, Wanted, alike, detect
from engine.settings import IntegrationSettings, Owners
from engine.status import row_state

FIELDS = (Field.PRICE, Field.COST, Field.QUANTITY, Field.SKU)
SETTINGS = IntegrationSettings(fields=FIELDS, sku={"storefront": "sku"}, owners=Owners(description=Side.STOREFRONT))
WRITABLE = {side: frozenset(FIELDS) for side in Side}
STANDARD, SALE = PriceBook("std", "Standard", standard=True), PriceBook("sale", "Web sale")


@dataclass
class World:
    """Equal rows on both sides, before anything is spoilt. Row ids are ``s1``/``b1`` and so on."""

    left: dict[str, Product] = field(default_factory=dict)
    right: dict[str, Product] = field(default_factory=dict)
    mapped: dict[str, str] = field(default_factory=dict)
    exact: dict[str, str] = field(default_factory=dict)
    matches: dict[str, list[str]] = field(default_factory=dict)
    entries: dict[str, dict[str, PriceEntry]] = field(default_factory=dict)
    custom: dict[str, list[Custom]] = field(default_factory=dict)
    duplicates: list[Duplicate] = field(default_factory=list)
    moved: set[str] = field(default_factory=set)  # rows whose storefront moved since the baseline

    @classmethod
    def equal(cls, rows: int) -> World:
        world = cls()
        for n in range(rows):
            world.add(n)
        return world

    def add(self, n: int) -> None:
        common = {
            "name": f"Thing {n}", "description": f"All about thing {n}", "quantity": Decimal(5 + n),
            "prices": (PriceOption(Decimal(10 + n), "USD"),), "costs": (PriceOption(Decimal(5 + n), "USD"),),
            "skus": (Sku(f"T-{n}"),),
        }  # fmt: skip
        self.left[f"s{n}"] = Product(f"s{n}", **common)
        self.right[f"b{n}"] = Product(f"b{n}", **common)
        self.mapped[f"s{n}"] = f"b{n}"
        self.entries[f"b{n}"] = {
            book.id: PriceEntry(f"e-{book.id}-{n}", f"b{n}", book.id, Decimal(10 + n), "USD")
            for book in (STANDARD, SALE)
        }
        self.custom[f"s{n}"] = [Custom("P.Color__c", "Color__c", "red", Converted("red"), "red")]

    def findings(self, name: Side | None = None) -> list[Finding]:
        pairs = [self._pair(left, right) for left, right in {**self.exact, **self.mapped}.items()]
        held = (
            set(self.mapped.values()) | set(self.exact.values()) | {b for found in self.matches.values() for b in found}
        )
        return detect(
            Sides(
                Kind.PRODUCTS,
                SETTINGS,
                [(pair, row_state(pair, SETTINGS, WRITABLE, FIELDS)) for pair in pairs],
                unmapped=[one for id, one in self.left.items() if id not in self.mapped],
                orphans=[one for id, one in self.right.items() if id not in held],
                matches=self.matches,
                exact=self.exact,
                backoffice=self.right,
                duplicates=self.duplicates,
                creates=Action.PUSH,
                writes_texts=tuple(Side),
                owners={"description": Side.STOREFRONT, "name": name, "active": None},
                entries={id: tuple(found.values()) for id, found in self.entries.items()},
                wanted={
                    id: [Wanted(book, str(one.prices[0].amount)) for book in (STANDARD, SALE) if one.prices]
                    for id, one in self.left.items()
                },
                custom=self.custom,
                pushes=True,
            )
        )

    def _pair(self, left: str, right: str) -> Pair:
        here, there = self.left.get(left), self.right.get(right)
        known = {
            name: Baseline(value, value, backoffice_id=right)
            for name, value in self._values(left).items()
            if here is not None and there is not None
        }
        return Pair(Kind.PRODUCTS, left, right, here, there, known, name=f"Thing {left[1:]}")

    def _values(self, left: str) -> dict[Field, str]:
        n = int(left[1:])
        return {Field.PRICE: str(10 + n), Field.COST: str(5 + n), Field.QUANTITY: str(5 + n), Field.SKU: f"T-{n}"}


Spoil = Callable[[World, int], None]


def there(**values: object) -> Spoil:
    """The back office's record is another."""

    def spoil(world: World, n: int) -> None:
        world.right[f"b{n}"] = replace(world.right[f"b{n}"], **values)

    return spoil


def unmapped(world: World, n: int) -> None:
    del world.mapped[f"s{n}"]
    del world.right[f"b{n}"]


def found(world: World, n: int) -> None:
    world.exact[f"s{n}"] = world.mapped.pop(f"s{n}")


def ambiguous(world: World, n: int) -> None:
    world.matches[f"s{n}"] = [world.mapped.pop(f"s{n}"), f"x{n}"]


def dangling(world: World, n: int) -> None:
    del world.right[f"b{n}"]


def orphaned(world: World, n: int) -> None:
    del world.left[f"s{n}"]


def shared(world: World, n: int) -> None:
    world.duplicates.append(Duplicate(Side.BACKOFFICE, COUNTERPART, f"b{n}", ((f"s{n}", f"Thing {n}"),)))


def twice(world: World, n: int) -> None:
    world.duplicates.append(Duplicate(Side.STOREFRONT, "SKU", f"T-{n}", ((f"s{n}", ""), ("s999", ""))))


def malformed(world: World, n: int) -> None:
    world.left[f"s{n}"] = replace(world.left[f"s{n}"], external_id=f"b{n}"[:1])


def currency(world: World, n: int) -> None:
    world.right[f"b{n}"] = replace(world.right[f"b{n}"], prices=(PriceOption(Decimal(10 + n), "EUR"),))


def custom(world: World, n: int) -> None:
    world.custom[f"s{n}"] = [Custom("P.Color__c", "Color__c", "red", Converted("red"), "blue")]


def misfit(world: World, n: int) -> None:
    world.custom[f"s{n}"] = [Custom("P.Color__c", "Color__c", "mauve", Converted(None, "no choice 'mauve'"), "blue")]


def no_entry(world: World, n: int) -> None:
    del world.entries[f"b{n}"]["sale"]


def entry(**values: object) -> Spoil:
    def spoil(world: World, n: int) -> None:
        world.entries[f"b{n}"]["sale"] = replace(world.entries[f"b{n}"]["sale"], **values)

    return spoil


def orphan(world: World, n: int) -> None:
    world.right[f"b9{n}"] = Product(f"b9{n}", f"Left over {n}")


PLANTS: dict[str, tuple[Spoil, Code, Action]] = {
    "missing": (unmapped, Code.LINK_MISSING, Action.PUSH),
    "found": (found, Code.LINK_FOUND, Action.MAP),
    "ambiguous": (ambiguous, Code.LINK_AMBIGUOUS, Action.MANUAL),
    "dangling": (dangling, Code.LINK_DANGLING, Action.PUSH),
    "orphaned": (orphaned, Code.LINK_ORPHANED, Action.MANUAL),
    "shared": (shared, Code.LINK_SHARED, Action.MANUAL),
    "twice": (twice, Code.DUPLICATE, Action.MANUAL),
    "malformed": (malformed, Code.LINK_MALFORMED, Action.MANUAL),
    "name": (there(name="Quite another"), Code.NAME_MISMATCH, Action.MANUAL),
    "description": (there(description="Other words"), Code.DESCRIPTION_MISMATCH, Action.WRITE_TEXT),
    "price": (there(prices=(PriceOption(Decimal(99), "USD"),)), Code.PRICE_MISMATCH, Action.WRITE),
    "cost": (there(costs=(PriceOption(Decimal(98), "USD"),)), Code.COST_MISMATCH, Action.WRITE),
    "quantity": (there(quantity=Decimal(77)), Code.QUANTITY_MISMATCH, Action.WRITE),
    "sku": (there(skus=(Sku("other"),)), Code.SKU_MISMATCH, Action.WRITE),
    "currency": (currency, Code.CURRENCY_MISMATCH, Action.MANUAL),
    "active": (there(active=False), Code.ACTIVE_MISMATCH, Action.MANUAL),
    "custom": (custom, Code.CUSTOM_FIELD_MISMATCH, Action.WRITE_TEXT),
    "misfit": (misfit, Code.CUSTOM_FIELD_MISMATCH, Action.MANUAL),
    "no entry": (no_entry, Code.ENTRY_MISSING, Action.PUSH),
    "inactive entry": (entry(active=False), Code.ENTRY_INACTIVE, Action.PUSH),
    "book price": (entry(amount=Decimal(3)), Code.PRICE_MISMATCH, Action.PUSH),
    "orphan": (orphan, Code.ORPHAN, Action.MANUAL),
}


def test_every_code_can_be_planted() -> None:
    assert {code for _, code, _ in PLANTS.values()} == set(Code)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(sorted(PLANTS)), max_size=12))
def test_every_planted_defect_is_found_and_nothing_else(plants: list[str]) -> None:
    world = World.equal(len(plants) + 2)
    for n, plant in enumerate(plants):
        PLANTS[plant][0](world, n)
    seen = sorted((one.code, one.action) for one in world.findings())
    assert seen == sorted((PLANTS[plant][1], PLANTS[plant][2]) for plant in plants)
    keys = [one.key for one in world.findings()]
    assert len(set(keys)) == len(keys)


def test_a_finding_says_what_would_be_written_where() -> None:
    world = World.equal(1)
    PLANTS["price"][0](world, 0)
    (one,) = world.findings()
    assert (one.storefront, one.backoffice, one.target, one.after) == ("10", "99", Side.BACKOFFICE, "10")
    assert one.difference == "-89 (-89.9%)"
    assert one.proposal == "write 10 to the back office"


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("<p>Router &amp; cable</p>\n", "Router & cable", True),
        ("a < b and c > d", "a < b and c > d", True),
        ("a < b", "a", False),
        ("x" * 300, "x" * 255, True),
        ("x" * 100, "x" * 90, False),
        ("", "something", False),
    ],
)
def test_texts_are_compared_as_people_read_them(left: str, right: str, same: bool) -> None:
    assert alike(left, right) is same
    assert alike(right, left) is same


def test_a_name_is_proposed_as_long_as_a_push_would_write_it() -> None:
    world = World.equal(1)
    world.left["s0"] = replace(world.left["s0"], name="n" * 254 + " " + "m" * 40)
    (one,) = world.findings(name=Side.STOREFRONT)
    assert (one.code, one.action, one.after) == (Code.NAME_MISMATCH, Action.WRITE_TEXT, "n" * 254)


def test_what_would_not_be_created_is_left_to_a_person_with_the_reason() -> None:
    settings = IntegrationSettings()
    products = [Product("s1", "Lamp"), Product("s2", "Pan")]
    sides = Sides(
        Kind.PRODUCTS, settings, (), unmapped=products, creates=Action.CREATE, refused={"s2": "the name is taken: b7"}
    )
    lamp, pan = detect(sides)
    assert (lamp.action, lamp.target) == (Action.CREATE, Side.BACKOFFICE)
    assert (pan.action, pan.target) == (Action.MANUAL, None)
    assert pan.why == "nothing has its key, and it is not created: the name is taken: b7"
