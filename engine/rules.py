"""Pure: what the storefront shall have, given what the back office has: quantity rules, price rules, exclusions.

Rules apply in one direction, from the back office to the storefront, and only to a field whose master is the back office
(the value that wins). Nothing is ever computed backwards. A store-wide rule is the integration's; a rule of one item
replaces the store-wide one **of that field as a whole** ("as-is" takes the field out of all rules).

Quantity, in this order: 1. the *basis*, on hand or available, less the units in orders that are not posted where the
integration compensates for them; 2. below the *safety* stock it is zero; 3. *minus* n; 4. *percent* of it; 5. rounded down
to whole units (*round_down*); 6. at most *cap*; 7. what is negative is zero (*negative_to_zero*).

Price, in this order: 1. *percent* more or less; 2. *amount* more or less; 3. *rounding* (nearest, a tie up; up; down) to
the currency's precision, or to the next price that has the *ending*; 4. *min_margin* percent over the back office's cost:
a lower price is raised to it (rounded up, with the ending) or, with ``below_margin=block``, not sent. A price that comes
out at zero or less, and a minimum margin without a cost, are blocked with the reason; a rule never hides either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Final, Literal

from pydantic import BaseModel, field_validator, model_validator
from pydantic import Field as Setting

from engine.fields import Value, digits, display, read
from engine.model import Field, Product, Record, Side, canonical
from engine.settings import STRICT, IntegrationSettings

AS_IS: Final = "as-is"
#: A price that comes out at this or more is no price; far above it, Decimal could not round to the currency any more.
MOST: Final = 10**12
_HOW = {"nearest": ROUND_HALF_UP, "up": ROUND_CEILING, "down": ROUND_FLOOR}


class QuantityRule(BaseModel):
    """What of the stock the storefront shows. Numbers are units; ``percent`` is 0..100."""

    model_config = STRICT
    basis: Literal["on-hand", "available"] = "on-hand"
    safety: Decimal = Setting(default=Decimal(0), ge=0)
    minus: Decimal = Setting(default=Decimal(0), ge=0)
    percent: Decimal = Setting(default=Decimal(100), ge=0, le=100)
    round_down: bool = True
    cap: Decimal | None = Setting(default=None, ge=0)
    negative_to_zero: bool = True

    @model_validator(mode="after")
    def _consistent(self) -> QuantityRule:
        if self.safety and not self.negative_to_zero:
            raise ValueError("a safety stock shows zero below it, so negative_to_zero must be on")
        return self


class PriceRule(BaseModel):
    """What the storefront charges. ``ending`` is text such as ``.99``, ``9.95`` or ``00``; empty: no ending."""

    model_config = STRICT
    percent: Decimal = Setting(default=Decimal(0), gt=-100, le=10_000)
    amount: Decimal = Decimal(0)
    ending: str = ""
    rounding: Literal["nearest", "up", "down"] = "nearest"
    min_margin: Decimal | None = Setting(default=None, ge=0, le=10_000)
    below_margin: Literal["raise", "block"] = "raise"

    @field_validator("ending")
    @classmethod
    def _digits(cls, value: str) -> str:
        whole, _, part = value.partition(".")
        if value and not (value.isascii() and (whole + part).isdigit() and len(whole) <= 6 and len(part) <= 4):
            raise ValueError("an ending is digits, such as .99, 9.95 or 00")
        return value


class Exclusions(BaseModel):
    """What is never synced: storefront ids, categories and brands (case does not count), SKU patterns (``REF-*``)."""

    model_config = STRICT
    ids: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()


class Rule(BaseModel):
    """The store-wide rule of an integration, or that of one item. None: says nothing about the field.

    ``exclude`` is store-wide; ``excluded`` is an item's own word about it: True, False, or None (what the store says).
    """

    model_config = STRICT
    quantity: QuantityRule | Literal["as-is"] | None = None
    price: PriceRule | Literal["as-is"] | None = None
    exclude: Exclusions = Exclusions()
    excluded: bool | None = None


def _version(rule: QuantityRule | PriceRule | None) -> str:
    if rule is None:
        return ""
    return sha256(f"{type(rule).__name__}{rule.model_dump_json()}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class ItemRules:
    """The rules that hold for one item; None where there is none."""

    quantity: QuantityRule | None = None
    price: PriceRule | None = None
    versions: tuple[str, str] = field(init=False, repr=False, compare=False)  # of the quantity's and the price's rule

    def __post_init__(self) -> None:
        """Versions are asked for in every row, and worked out once."""
        object.__setattr__(self, "versions", (_version(self.quantity), _version(self.price)))

    def of(self, name: Field) -> QuantityRule | PriceRule | None:
        return self.quantity if name is Field.QUANTITY else self.price if name is Field.PRICE else None

    def version(self, name: Field) -> str:
        """Twelve hex digits that change with the rule of a field; empty without one."""
        return self.versions[0] if name is Field.QUANTITY else self.versions[1] if name is Field.PRICE else ""


NO_RULES: Final = ItemRules()


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules of an integration; ``items`` by storefront id."""

    store: Rule = field(default_factory=Rule)
    items: Mapping[str, Rule] = field(default_factory=dict)
    usual: ItemRules = field(init=False, repr=False, compare=False)  # of an item without a rule of its own

    def __post_init__(self) -> None:
        """The store's rules are asked for in every row, and worked out once."""
        object.__setattr__(self, "usual", _item_rules(self.store.quantity, self.store.price))

    def of(self, storefront_id: str) -> ItemRules:
        """The rules of one item: its own, field by field, before the store's."""
        own = self.items.get(storefront_id)
        if own is None:
            return self.usual
        quantity = self.store.quantity if own.quantity is None else own.quantity
        price = self.store.price if own.price is None else own.price
        return _item_rules(quantity, price)

    def exclusion(self, storefront_id: str, category: str, brand: str, codes: tuple[str, ...]) -> str | None:
        """Why a rule excludes an item, or None. Its own word counts before the store's."""
        own = self.items.get(storefront_id)
        if own is not None and own.excluded is not None:
            return "excluded by its own rule" if own.excluded else None
        return _excluded(self.store.exclude, storefront_id, category, brand, codes)

    @property
    def excludes(self) -> bool:
        """Whether any item may be excluded at all."""
        return self.store.exclude != Exclusions() or any(rule.excluded for rule in self.items.values())

    def with_rule(self, rule: Rule, item: str = "") -> RuleBook:
        """The book with the store-wide rule, or that of one item, replaced."""
        if not item:
            return RuleBook(rule, self.items)
        rest = {key: value for key, value in self.items.items() if key != item}
        return RuleBook(self.store, rest if rule == Rule() else {**rest, item: rule})


@dataclass(frozen=True, slots=True)
class Applied:
    """What a rule makes of a value: canonical text, or why nothing (``problem``); ``words`` tell the rule shortly."""

    text: str | None
    words: str = ""
    problem: str = ""


def read_master(record: Record, name: Field, settings: IntegrationSettings, rules: ItemRules) -> Value:
    """The back office's value that a rule starts from: a quantity's basis may be what is available, not on hand."""
    rule = rules.quantity
    if name is Field.QUANTITY and rule is not None and rule.basis == "available" and isinstance(record, Product):
        if record.available is not None:
            return Value(canonical(record.available))
        if record.quantity is not None:
            return Value(None, "", "its rule starts from what is available, which the back office does not tell")
    return read(record, name, Side.BACKOFFICE, settings)


def applied(
    rules: ItemRules, name: Field, text: str, cost: Value, currency: str, *, unposted: Decimal = Decimal(0)
) -> Applied:
    """What the storefront shall have where the back office has ``text`` (of ``read_master``) and ``cost``."""
    if name is Field.QUANTITY:
        if rules.quantity is None and not unposted:
            return Applied(text)
        stock = Decimal(text) - unposted
        if rules.quantity is None:
            return Applied(canonical(max(stock, Decimal(0))))
        return Applied(canonical(quantity(rules.quantity, stock)), quantity_words(rules.quantity))
    if name is Field.PRICE and rules.price is not None:
        return _price(rules.price, text, cost, currency)
    return Applied(text)


def quantity(rule: QuantityRule, stock: Decimal) -> Decimal:
    """The units to show of a stock, as the module says."""
    if rule.safety and stock < rule.safety:
        return Decimal(0)
    units = (stock - rule.minus) * rule.percent / 100
    if rule.round_down:
        units = units.to_integral_value(ROUND_FLOOR)
    if rule.cap is not None:
        units = min(units, rule.cap)
    return max(units, Decimal(0)) if rule.negative_to_zero else units


def ended(price: Decimal, ending: str, how: str) -> Decimal:
    """The price with an ending: the one below, above, or nearest (a tie goes up). Never below zero.

    >>> [str(ended(Decimal("10.40"), ".99", how)) for how in ("down", "nearest", "up")]
    ['9.99', '9.99', '10.99']
    """
    whole = ending.partition(".")[0].lstrip("0") if ending.startswith("0.") else ending.partition(".")[0]
    step, end = Decimal(10) ** len(whole), Decimal(ending)
    low = ((price - end) / step).to_integral_value(ROUND_FLOOR) * step + end
    if low == price:
        return price
    up = low < 0 or how == "up" or (how == "nearest" and price - low >= low + step - price)
    return low + step if up else low


def quantity_words(rule: QuantityRule) -> str:
    """A quantity rule in a few words."""
    parts = [
        "available" if rule.basis == "available" else "",
        f"0 below {canonical(rule.safety)}" if rule.safety else "",
        f"less {canonical(rule.minus)}" if rule.minus else "",
        f"{canonical(rule.percent)} %" if rule.percent != 100 else "",
        f"at most {canonical(rule.cap)}" if rule.cap is not None else "",
        "" if rule.round_down else "not rounded",
        "" if rule.negative_to_zero else "negative kept",
    ]
    return ", ".join(filter(None, parts)) or "whole units on hand"


def price_words(rule: PriceRule) -> str:
    """A price rule in a few words."""
    least = f"{canonical(rule.min_margin)} % over cost" if rule.min_margin is not None else ""
    parts = [
        f"{_signed(rule.percent)} %" if rule.percent else "",
        _signed(rule.amount) if rule.amount else "",
        f"to {rule.ending} {rule.rounding}" if rule.ending else "",
        f"rounded {rule.rounding}" if not rule.ending and rule.rounding != "nearest" else "",
        least and (f"at least {least}" if rule.below_margin == "raise" else f"not below {least}"),
    ]
    return ", ".join(filter(None, parts)) or "as it is"


def _price(rule: PriceRule, text: str, cost: Value, currency: str) -> Applied:
    words = price_words(rule)
    price = Decimal(text)
    if price <= 0:
        return Applied(
            None, words, f"the back office's price is {display(Field.PRICE, text, currency)}; no rule uses it"
        )
    moves = bool(rule.percent or rule.amount or rule.ending)
    price = price * (100 + rule.percent) / 100 + rule.amount
    if price >= MOST:
        return Applied(None, words, f"its rule makes it {MOST:,} or more")
    if price > 0 and moves:
        price = _rounded(price, rule, rule.rounding, currency)
    if rule.min_margin is not None:
        if cost.text is None:
            why = cost.problem or "the back office has no cost"
            return Applied(None, words, f"{why}, so its minimum margin cannot be kept")
        least = Decimal(cost.text) * (100 + rule.min_margin) / 100
        if price < least:
            if rule.below_margin == "block":
                below = f"{canonical(rule.min_margin)} % over its cost of {display(Field.COST, cost.text, currency)}"
                return Applied(None, words, f"its rule makes it {_shown(price, currency)}, below {below}")
            price, words = _rounded(least, rule, "up", currency), f"{words}; raised to it"
    if price <= 0:
        return Applied(None, words, f"its rule makes it {_shown(price, currency)}, not above zero")
    return Applied(canonical(price), words)


def _rounded(price: Decimal, rule: PriceRule, how: str, currency: str) -> Decimal:
    if rule.ending:
        return ended(price, rule.ending, how)
    return price.quantize(Decimal(1).scaleb(-digits(currency)), _HOW[how])


def _excluded(exclude: Exclusions, id: str, category: str, brand: str, codes: tuple[str, ...]) -> str | None:
    if id in exclude.ids:
        return f"excluded by rule: id {id}"
    if category and category.casefold() in {one.casefold() for one in exclude.categories}:
        return f"excluded by rule: category {category}"
    if brand and brand.casefold() in {one.casefold() for one in exclude.brands}:
        return f"excluded by rule: brand {brand}"
    for pattern in exclude.skus:
        for code in codes:
            if fnmatchcase(code.casefold(), pattern.casefold()):
                return f"excluded by rule: SKU {code} fits {pattern}"
    return None


def _item_rules(quantity: QuantityRule | str | None, price: PriceRule | str | None) -> ItemRules:
    """Without what is to be taken as it is."""
    return ItemRules(
        quantity if isinstance(quantity, QuantityRule) else None, price if isinstance(price, PriceRule) else None
    )


def _signed(amount: Decimal) -> str:
    text = canonical(amount)
    return text if text.startswith("-") else f"+{text}"


def _shown(price: Decimal, currency: str) -> str:
    return display(Field.PRICE, canonical(price), currency)
