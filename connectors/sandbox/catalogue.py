"""Seeded products of the marketplace: an invented distributor's list of resource rates.

One item (a brand's edition) occurs once per term it is sold in; month and year rows often share the MPN, as in the
real lists, so that an MPN alone does not identify a row.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from connectors.sandbox import vocabulary as words
from connectors.sandbox.wire import Json

FIRST_ID = 310_001
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Brand:
    """``mpn_style``: ``uuid`` (shared by all terms), ``suffix`` (``..._ANNUAL``) or ``code`` (``PAL-FW-0007-1Y``)."""

    name: str
    code: str
    mpn_style: str
    names_term: bool  # the term is part of the product's name


@dataclass(frozen=True, slots=True)
class Item:
    """One product of a brand, whatever the term."""

    brand: Brand
    family: words.Family
    name: str
    number: int
    base: Decimal  # price a month
    mpn: str


@dataclass(frozen=True, slots=True)
class Term:
    code: str
    label: str
    billing: Json
    subscription: Json
    months: int
    factor: Decimal


MONTH, YEAR, THREE = {"type": "month", "duration": 1}, {"type": "year", "duration": 1}, {"type": "year", "duration": 3}
MONTHLY = Term("1M", "Monthly", MONTH, MONTH, 1, Decimal(1))
ANNUAL_BY_MONTH = Term("1YM", "Annual, billed monthly", MONTH, YEAR, 1, Decimal("0.9"))
ANNUAL = Term("1Y", "Annual", YEAR, YEAR, 12, Decimal("0.85"))
TRIENNIAL = Term("3Y", "3 Years", THREE, THREE, 36, Decimal("0.75"))
TERM_SETS = ((MONTHLY,), (MONTHLY, ANNUAL), (MONTHLY, ANNUAL_BY_MONTH, ANNUAL), (ANNUAL,), (ANNUAL, TRIENNIAL))
TERM_WEIGHTS = (55, 25, 8, 8, 4)


def money(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def brands(random: Random, count: int) -> list[Brand]:
    """``count`` invented brands with distinct names and codes."""
    names = [a + b for b in words.BRAND_ENDS for a in words.BRAND_STARTS]
    random.shuffle(names)
    made = []
    for index in range(count):
        turn, name = index // len(names), names[index % len(names)]
        if turn:
            name = f"{name} {turn + 1}"
        code = f"{name[:3].upper()}{index:02d}"
        style = random.choices(("uuid", "suffix", "code"), (4, 3, 3))[0]
        made.append(Brand(name, code, style, names_term=random.random() < 0.4))
    return made


def items(random: Random, count: int) -> Iterator[Item]:
    """At least ``count`` distinct items, in mixed order."""
    pool: list[tuple[Brand, words.Family, str, str]] = []
    for brand in brands(random, count // 25 + 8):
        for family in random.sample(words.FAMILIES, random.randrange(3, 6)):
            pool += [(brand, family, edition, size) for edition in family.editions for size in family.sizes]
    random.shuffle(pool)
    for number, (brand, family, edition, size) in enumerate(pool, 1):
        name = " ".join(family.name.format(brand=brand.name, edition=edition, size=size).split())
        rung = (family.editions.index(edition) + random.random()) / len(family.editions)
        base = money(Decimal(str(family.low * (family.high / family.low) ** rung)))
        mpn = f"{brand.code}-{family.code}-{number:04d}" if brand.mpn_style == "code" else _uuid(random)
        yield Item(brand, family, name, number, base, mpn)


def make_rows(random: Random, count: int) -> list[tuple[Item, Term, Json]]:
    """Exactly ``count`` rows of the marketplace's list; the rows of one item follow each other."""
    rows: list[tuple[Item, Term, Json]] = []
    for item in items(random, count):
        for term in random.choices(TERM_SETS, TERM_WEIGHTS)[0]:
            rows.append((item, term, _row(random, item, term, str(FIRST_ID + len(rows)))))
            if len(rows) == count:
                return rows
    raise ValueError(f"the vocabulary is too small for {count} products")


def _row(random: Random, item: Item, term: Term, id: str) -> Json:
    price = money(item.base * term.factor * term.months)
    cost = money(price * Decimal(random.randrange(66, 90)) / 100)
    name = f"{item.name} ({term.label})" if item.brand.names_term and term is not MONTHLY else item.name
    prices, costs = _amounts(random, price, cost)
    return {
        "mpn": _mpn(item, term),
        "vendor": item.brand.name,
        "id": id,
        "serviceName": item.family.service,
        "name": name,
        "minimumQuantity": random.choice(("0.0", "1.0", "1.0", "5.0")),
        "maximumQuantity": random.choice(("300.0", "1000.0", "5000.0")),
        "costs": costs,
        "prices": prices,
        "billingPeriod": term.billing,
        "subscriptionPeriod": term.subscription,
        "billingModel": "chargeBeforeBillingPeriod" if random.random() < 0.9 else "chargeAfterBillingPeriod",
        "dependsOn": [],
        "coterming": {"required": "ALLOWED", "type": "SUBSCRIPTION"},
    }


def _mpn(item: Item, term: Term) -> str:
    if item.brand.mpn_style == "code":
        return item.mpn if term is MONTHLY else f"{item.mpn}-{term.code}"
    if item.brand.mpn_style == "suffix" and term is not MONTHLY:
        return f"{item.mpn}_{'ANNUAL' if term.months <= 12 else 'TRIENNIAL'}"  # both annual terms share it
    return item.mpn


def _amounts(random: Random, price: Decimal, cost: Decimal) -> tuple[list[Json], list[Json]]:
    """``prices`` and ``costs``: mostly one recurring amount each, sometimes more to choose from."""
    prices, costs = [_price(price)], [_cost(cost)]
    roll = random.random()
    if roll < 0.05:  # dearer in small numbers
        prices = [_price(money(price * factor), "TIERED", lower) for lower, factor in _TIERS]
    elif roll < 0.08:  # the same in a second currency
        prices.append(_price(money(price * Decimal("0.93")), currency="EUR"))
        costs.append(_cost(money(cost * Decimal("0.93")), currency="EUR"))
    elif roll < 0.09:  # only in a foreign currency
        prices, costs = [_price(price, currency="EUR")], [_cost(cost, currency="EUR")]
    elif roll < 0.095:  # two that qualify
        prices.append(_price(money(price * Decimal("1.1"))))
    if random.random() < 0.12:
        setup = money(price * Decimal("0.5") + 5)
        prices.append(_price(setup, type="setup"))
        costs.append(_cost(money(setup * Decimal("0.8")), type="setup"))
    if random.random() < 0.08:  # metered, in parts of a cent
        over = (price / Decimal(1000)).quantize(Decimal("0.00001"))
        prices.append(_price(over, type="overuse"))
        costs.append(_cost((over * Decimal("0.8")).quantize(Decimal("0.00001")), type="overuse"))
    return prices, costs


_TIERS = ((0, Decimal(1)), (50, Decimal("0.95")), (250, Decimal("0.88")))


def _cost(amount: Decimal, type: str = "recurring", currency: str = "USD") -> Json:
    return {"currency": currency, "amount": str(amount), "type": type}


def _price(
    amount: Decimal, model: str = "FLAT", lower: int = 0, *, type: str = "recurring", currency: str = "USD"
) -> Json:
    return {"currency": currency, "amount": str(amount), "type": type, "model": model, "lowerLimit": lower}


def _uuid(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))
