"""Rules are pure arithmetic with promises: monotone, bounded, item before store, and steady once synced."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.baselines import KEPT, Baseline, Decision
from engine.errors import UsageError
from engine.fields import ABSENT, Value, rounded, same
from engine.model import Field, Kind, PriceOption, Product, Side, Sku, Status, canonical
from engine.pairs import Pair
from engine.rule_text import names, parse, values, words
from engine.rules import (
    Exclusions,
    ItemRules,
    PriceRule,
    QuantityRule,
    Rule,
    RuleBook,
    applied,
    ended,
    quantity,
)
from engine.settings import IntegrationSettings
from engine.status import row_state

PRICE, QUANTITY = Field.PRICE, Field.QUANTITY
BACK = IntegrationSettings(masters={PRICE: Side.BACKOFFICE, QUANTITY: Side.BACKOFFICE}, fields=(PRICE, QUANTITY))
BOTH = {side: frozenset(Field) for side in Side}

units = st.decimals(min_value=-50, max_value=500, places=2)
counts = st.decimals(min_value=0, max_value=60, places=0)
quantity_rules = st.builds(
    QuantityRule,
    safety=counts,
    minus=counts,
    percent=st.decimals(min_value=0, max_value=100, places=1),
    cap=st.none() | counts,
    round_down=st.booleans(),
)
money = st.decimals(min_value="0.01", max_value=2000, places=2)
price_rules = st.builds(
    PriceRule,
    percent=st.decimals(min_value=-90, max_value=200, places=1),
    amount=st.decimals(min_value=-20, max_value=50, places=2),
    ending=st.sampled_from(["", ".99", ".95", ".00", "9.99", "0.50", "00"]),
    rounding=st.sampled_from(["nearest", "up", "down"]),
    min_margin=st.none() | st.decimals(min_value=0, max_value=80, places=1),
    below_margin=st.sampled_from(["raise", "block"]),
)
books = st.builds(ItemRules, st.none() | quantity_rules, st.none() | price_rules)


@given(quantity_rules, units, units)
def test_a_quantity_is_monotone_never_negative_and_never_over_its_cap(rule, one, other):
    low, high = sorted((one, other))
    assert 0 <= quantity(rule, low) <= quantity(rule, high)
    if rule.cap is not None:
        assert quantity(rule, high) <= rule.cap
    assert quantity(rule, high) <= max(high, Decimal(0))
    if low < rule.safety:
        assert quantity(rule, low) == 0
    if rule.round_down:
        assert quantity(rule, high) == quantity(rule, high).to_integral_value() or quantity(rule, high) == rule.cap


@given(price_rules, money, money, st.none() | money)
def test_a_price_is_monotone_above_zero_and_never_below_its_margin(rule, one, other, cost):
    rules, known = ItemRules(price=rule), ABSENT if cost is None else Value(canonical(cost), "USD")
    found = [applied(rules, PRICE, canonical(price), known, "USD") for price in sorted((one, other))]
    for made in found:
        assert (made.text is None) == bool(made.problem)
        if made.text is not None:
            assert Decimal(made.text) > 0
            if rule.min_margin is not None:
                assert cost is not None
                assert Decimal(made.text) >= cost * (100 + rule.min_margin) / 100
            if rule.ending and (rule.percent or rule.amount):
                assert ended(Decimal(made.text), rule.ending, "nearest") == Decimal(made.text)
    if found[0].text is not None and found[1].text is not None:
        assert Decimal(found[0].text) <= Decimal(found[1].text)
    if rule.min_margin is not None and cost is None:
        assert all(made.problem for made in found)


@given(money, st.sampled_from([".99", "9.95", "00", "0.00"]))
def test_an_ending_lies_on_the_stated_side(price, ending):
    down, near, up = (ended(price, ending, how) for how in ("down", "nearest", "up"))
    assert near in {down, up}
    assert up >= price
    assert down <= price or down == up
    assert abs(near - price) <= min(abs(down - price), abs(up - price))


@pytest.mark.parametrize(
    ("rule", "stock", "shown"),
    [
        (QuantityRule(minus=1), "10", "9"),
        (QuantityRule(minus=1), "0", "0"),
        (QuantityRule(percent=50), "7", "3"),
        (QuantityRule(percent=50, round_down=False), "7", "3.5"),
        (QuantityRule(safety=3, minus=1), "2", "0"),
        (QuantityRule(safety=3, minus=1), "3", "2"),
        (QuantityRule(cap=5), "12", "5"),
        (QuantityRule(), "-4", "0"),
        (QuantityRule(negative_to_zero=False), "-4", "-4"),
    ],
)
def test_quantities_by_example(rule, stock, shown):
    assert applied(ItemRules(quantity=rule), QUANTITY, stock, ABSENT, "USD").text == shown


@pytest.mark.parametrize(
    ("rule", "price", "cost", "shown"),
    [
        (PriceRule(percent=10), "9.95", None, "10.95"),
        (PriceRule(percent=10, amount=1), "10", None, "12"),
        (PriceRule(ending=".99"), "10.40", None, "9.99"),
        (PriceRule(ending=".99", rounding="up"), "10.40", None, "10.99"),
        (PriceRule(ending="9.95", rounding="down"), "31", None, "29.95"),
        (PriceRule(min_margin=20), "10", "9", "10.8"),
        (PriceRule(min_margin=20, ending=".99"), "10.80", "9", "10.99"),
        (PriceRule(min_margin=20), "12", "9", "12"),
        (PriceRule(), "10.005", None, "10.005"),
    ],
)
def test_prices_by_example(rule, price, cost, shown):
    known = ABSENT if cost is None else Value(cost, "USD")
    assert applied(ItemRules(price=rule), PRICE, price, known, "USD").text == shown


@pytest.mark.parametrize(
    ("rule", "price", "cost", "said"),
    [
        (PriceRule(min_margin=20), "10", None, "no cost"),
        (PriceRule(min_margin=20, below_margin="block"), "10", "9", "below 20 % over its cost of 9.00 USD"),
        (PriceRule(amount=-5), "3", None, "makes it -2.00 USD, not above zero"),
        (PriceRule(amount=Decimal("1e30")), "3", None, "its rule makes it 1,000,000,000,000 or more"),
        (PriceRule(ending=".99"), "0", None, "is 0.00 USD; no rule uses it"),
    ],
)
def test_a_price_that_cannot_be_made_says_why_and_is_never_written(rule, price, cost, said):
    known = ABSENT if cost is None else Value(cost, "USD")
    made = applied(ItemRules(price=rule), PRICE, price, known, "USD")
    assert made.text is None
    assert said in made.problem


@given(st.none() | quantity_rules, st.none() | quantity_rules | st.just("as-is"), st.none() | price_rules)
def test_the_items_rule_is_before_the_stores_field_by_field(store, own, price):
    book = RuleBook(Rule(quantity=store, price=price), {"a": Rule(quantity=own)})
    assert book.of("b") == ItemRules(store, price)
    found = book.of("a")
    assert found.price == price
    assert found.quantity == (None if own == "as-is" else store if own is None else own)


def test_exclusions_and_the_items_own_word():
    rule = Rule(exclude=Exclusions(ids=("x",), categories=("Old",), brands=("ACME",), skus=("REF-*",)))
    book = RuleBook(rule, {"own": Rule(excluded=False), "out": Rule(excluded=True)})
    assert book.exclusion("x", "", "", ()) == "excluded by rule: id x"
    assert book.exclusion("y", "old", "", ()) == "excluded by rule: category old"
    assert book.exclusion("y", "", "acme", ()) == "excluded by rule: brand acme"
    assert book.exclusion("y", "", "", ("A", "ref-7")) == "excluded by rule: SKU ref-7 fits REF-*"
    assert book.exclusion("y", "New", "", ("A",)) is None
    assert book.exclusion("own", "Old", "ACME", ("REF-1",)) is None
    assert book.exclusion("out", "", "", ()) == "excluded by its own rule"


# ------------------------------------------------------------------------------------------------ as settings
@given(st.builds(Rule, quantity=st.none() | quantity_rules, price=st.none() | price_rules))
def test_a_rule_survives_being_spelled(rule):
    spelled = {k: v for k, v in values(rule, item=False).items() if getattr(rule, k.partition(".")[0]) is not None}
    assert parse(Rule(), spelled, item=False, currency="USD") == rule
    assert bool(words(rule)) == (rule != Rule())


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"quantity.percent": "120"}, "quantity.percent: .*less than or equal to 100"),
        ({"quantity.minus": "-1"}, "quantity.minus"),
        ({"quantity.minus": "many"}, "quantity.minus"),
        ({"price.ending": "x9"}, "an ending is digits"),
        ({"price.ending": ".995"}, "finer than USD"),
        ({"price.nope": "1"}, "no setting 'price.nope'"),
        ({"excluded": "yes"}, "no setting 'excluded'"),
        ({"quantity.safety": "3", "quantity.negative_to_zero": "no"}, "negative_to_zero must be on"),
        ({"price.amount": "1e30"}, "price.amount must be below 1,000,000,000,000"),
        ({"price.amount": "-1e500"}, "price.amount must be below"),
        ({"quantity.cap": "1e40"}, "quantity.cap must be below"),
        ({"quantity.cap": "2.5"}, "quantity.cap 2.5 is not whole units; or switch quantity.round_down off"),
    ],
)
def test_a_wrong_setting_is_named(setting, said):
    with pytest.raises(UsageError, match=said):
        parse(Rule(), setting, item=False, currency="USD")


def test_parts_are_set_one_by_one_and_taken_back():
    rule = parse(Rule(), {"quantity.minus": "2", "exclude.brands": "Acme, Umbra"}, item=False, currency="USD")
    assert rule.exclude.brands == ("Acme", "Umbra")
    rule = parse(rule, {"quantity.cap": "9", "exclude.brands": ""}, item=False, currency="USD")
    assert rule == Rule(quantity=QuantityRule(minus=2, cap=9))
    own = parse(Rule(), {"quantity": "as-is", "excluded": "no"}, item=True, currency="USD")
    assert own == Rule(quantity="as-is", excluded=False)
    assert parse(own, {"quantity": "", "excluded": ""}, item=True, currency="USD") == Rule()
    assert "exclude.ids" not in names(item=True)


# ------------------------------------------------------------------------------------------------ status
def item(price: str, units: str, cost: str = "5") -> Product:
    return Product(
        "a", "Lamp", prices=(PriceOption(Decimal(price), "USD"),), costs=(PriceOption(Decimal(cost), "USD"),),
        skus=(Sku("L-1"),), quantity=Decimal(units),
    )  # fmt: skip


def row(front: Product, back: Product, rules: ItemRules, **base: Baseline) -> Pair:
    known = {Field(name): value for name, value in base.items()}
    return Pair(Kind.PRODUCTS, "a", "b", front, replace(back, id="b"), known, rules=rules)


def states(pair: Pair) -> dict[Field, object]:
    return {one.field: one for one in row_state(pair, BACK, BOTH).fields}


@given(books, money, units, money)
def test_what_a_sync_with_rules_leaves_is_in_sync_and_stays_so(rules, price, stock, cost):
    back = item(str(price), str(stock), str(cost))
    pair = row(item("77.77", "7777"), back, rules)
    front = pair.storefront
    base = {}
    for one in states(pair).values():
        if not one.sends:
            assert one.status is Status.IN_SYNC or one.blocked
            continue
        assert one.target is Side.STOREFRONT
        base[one.field.value] = Baseline(one.after, one.source, one.rule_version)
        changed = {"quantity": Decimal(one.after)} if one.field is QUANTITY else {}
        if one.field is PRICE:
            changed = {"prices": (PriceOption(Decimal(one.after), "USD"),)}
        front = replace(front, **changed)
    done = replace(pair, storefront=front, baselines=row(front, back, rules, **base).baselines)
    for name, one in states(done).items():
        if name.value in base:
            assert (one.status, one.adopts, one.target) == (Status.IN_SYNC, False, None)


def test_equal_means_the_storefront_has_what_the_rule_makes():
    rules = ItemRules(QuantityRule(minus=1), PriceRule(percent=10))
    found = states(row(item("11", "9"), item("10", "10"), rules))
    assert {one.status for one in found.values()} == {Status.IN_SYNC}
    assert all(one.adopts for one in found.values())
    found = states(row(item("10", "10"), item("10", "10"), rules))
    assert (found[PRICE].source, found[PRICE].after, found[PRICE].rule) == ("10", "11", "+10 %")
    assert (found[QUANTITY].source, found[QUANTITY].after, found[QUANTITY].rule) == ("10", "9", "less 1")


def test_a_changed_rule_is_out_of_sync_and_no_conflict():
    old, new = ItemRules(price=PriceRule(percent=10)), ItemRules(price=PriceRule(percent=20))
    base = Baseline("11", "10", old.version(PRICE))
    assert states(row(item("11", "1"), item("10", "1"), old, price=base))[PRICE].status is Status.IN_SYNC
    one = states(row(item("11", "1"), item("10", "1"), new, price=base))[PRICE]
    assert (one.status, one.reason, one.after) == (Status.OUT_OF_SYNC, "the rule changed", "12")
    gone = states(row(item("11", "1"), item("10", "1"), ItemRules(), price=base))[PRICE]
    assert (gone.status, gone.reason, gone.after) == (Status.OUT_OF_SYNC, "the rule changed", "10")
    moved = states(row(item("11.50", "1"), item("10", "1"), new, price=base))[PRICE]
    assert (moved.status, moved.after) == (Status.OUT_OF_SYNC, "12")
    both = states(row(item("11.50", "1"), item("9", "1"), old, price=base))[PRICE]
    assert both.status is Status.CONFLICT, "both sides moved since the last sync"


def test_rules_go_from_a_back_office_that_is_master_only():
    rules = ItemRules(QuantityRule(minus=1), PriceRule(percent=10))
    front = BACK.model_copy(update={"masters": dict.fromkeys((PRICE, QUANTITY), Side.STOREFRONT)})
    pair = row(item("10", "10"), item("10", "10"), rules)
    assert row_state(pair, front, BOTH).status is Status.IN_SYNC


def test_available_is_what_the_system_tells():
    rules = ItemRules(QuantityRule(basis="available", minus=1))
    back = replace(item("10", "10"), available=Decimal(4))
    one = states(row(item("10", "10"), back, rules))[QUANTITY]
    assert (one.source, one.after) == ("4", "3")
    untold = states(row(item("10", "10"), item("10", "10"), rules))[QUANTITY]
    assert untold.status is Status.NEEDS_CHOICE
    assert "does not tell" in untold.blocked


@given(st.sampled_from(list(Side)), st.none() | money, money, money)
def test_a_decision_about_a_ruled_price_ends_in_sync_too(keep, typed, front, back):
    rules = ItemRules(price=PriceRule(percent=10, ending=".99"))
    decision = Decision(value=canonical(typed)) if typed is not None else Decision(keep)
    pair = replace(row(item(str(front), "1"), item(str(back), "1"), rules), decisions={PRICE: decision})
    one = states(pair)[PRICE]
    if not one.sends:
        return
    texts = {Side.STOREFRONT: canonical(front), Side.BACKOFFICE: canonical(back)}
    texts[one.target] = one.after
    base = Baseline(texts[Side.STOREFRONT], texts[Side.BACKOFFICE], one.rule_version)
    after = row(item(texts[Side.STOREFRONT], "1"), item(texts[Side.BACKOFFICE], "1"), rules, price=base)
    state = states(after)[PRICE]
    assert (state.status, state.target) == (Status.IN_SYNC, None)
    made = applied(rules, PRICE, texts[Side.BACKOFFICE], ABSENT, "USD").text
    assert (one.rule_version == KEPT) == (not same(PRICE, made, texts[Side.STOREFRONT], "USD"))
    assert rounded(texts[Side.STOREFRONT], "USD") > 0
