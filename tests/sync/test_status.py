"""What one row is: every status of the design, and properties of the three-way compare."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.baselines import KEPT, Baseline, Decision
from engine.fields import same
from engine.model import Customer, Field, Kind, PriceOption, Product, Side, Status
from engine.pairs import Pair
from engine.settings import IntegrationSettings
from engine.status import row_state

PRICE = Field.PRICE


def price_of(state):
    return next(one for one in state.fields if one.field is PRICE)


def test_rows_decide_before_fields(shop):
    row = shop.pair()
    cases = {
        Status.BASE: replace(row, storefront=replace(row.storefront, is_base=True)),
        Status.IGNORED: replace(row, ignored="discontinued"),
        Status.AMBIGUOUS: replace(row, backoffice_id="", backoffice=None, ambiguous="M-a occurs twice"),
        Status.UNMAPPED: replace(row, backoffice_id="", backoffice=None),
        Status.BROKEN: replace(row, backoffice=None),
    }
    for status, case in cases.items():
        assert row_state(case, shop.loose, shop.can).status is status
    gone = row_state(replace(row, storefront=None), shop.loose, shop.can)
    assert gone.reason == "a is gone from the storefront"
    disabled = replace(row, backoffice=replace(row.backoffice, active=False))
    assert "inactive in the back office" in row_state(disabled, shop.loose, shop.can).reason


def test_customers_are_mapped_or_broken(shop):
    row = Pair(Kind.CUSTOMERS, "1", "2", Customer("1", "Contoso"), Customer("2", "Contoso Ltd"))
    assert row_state(row, shop.loose, shop.can).status is Status.MAPPED
    assert row_state(replace(row, backoffice=None), shop.loose, shop.can).status is Status.BROKEN


def test_equal_sides_are_in_sync_and_become_the_baseline(shop):
    state = row_state(shop.pair(), shop.loose, shop.can)
    assert state.status is Status.IN_SYNC
    assert all(one.adopts for one in state.fields)
    known = shop.pair(base={PRICE: ("10", "10")})
    assert not price_of(row_state(known, shop.loose, shop.can)).adopts


def test_without_a_baseline_the_master_wins(shop):
    state = row_state(shop.pair(s=("12", "5")), shop.loose, shop.can)
    one = price_of(state)
    assert (state.status, one.target, one.before, one.after) == (Status.FIRST_SYNC, Side.BACKOFFICE, "10", "12")


@pytest.mark.parametrize(
    ("storefront", "backoffice", "status", "reason"),
    [
        ("12", "10", Status.OUT_OF_SYNC, "the storefront moved 10.00 USD -> 12.00 USD"),
        ("10", "11", Status.OUT_OF_SYNC, "the back office moved 10.00 USD -> 11.00 USD; the storefront wins"),
        ("12", "11", Status.CONFLICT, "both sides moved"),
        ("12", "12", Status.IN_SYNC, ""),
    ],
)
def test_three_ways(shop, storefront, backoffice, status, reason):
    row = shop.pair(s=(storefront, "5"), b=(backoffice, "5"), base={PRICE: ("10", "10")})
    one = price_of(row_state(row, shop.loose, shop.can))
    assert one.status is status
    assert reason in one.reason
    assert one.sends == (status is Status.OUT_OF_SYNC)
    assert one.adopts == (status is Status.IN_SYNC)


def test_a_baseline_of_an_earlier_mapping_does_not_count(shop):
    row = shop.pair(s=("12", "5"), b=("11", "5"))
    old = replace(row, baselines={PRICE: Baseline("10", "10", backoffice_id="another")})
    assert row_state(old, shop.loose, shop.can).status is Status.FIRST_SYNC


@pytest.mark.parametrize("keep", list(Side))
def test_a_decision_resolves_a_conflict(shop, keep):
    row = shop.pair(
        s=("12", "5"), b=("11", "5"), base={PRICE: ("10", "10")}, decide={PRICE: Decision(keep, actor="ann")}
    )
    one = price_of(row_state(row, shop.loose, shop.both))
    assert one.sends
    assert one.target is keep.other
    assert one.after == {"storefront": "12", "backoffice": "11"}[keep]


def test_keeping_a_side_whose_other_cannot_be_written_keeps_the_difference(shop):
    row = shop.pair(
        s=("12", "5"),
        b=("11", "5"),
        base={PRICE: ("10", "10")},
        decide={PRICE: Decision(Side.BACKOFFICE, actor="ann")},
    )
    one = price_of(row_state(row, shop.loose, shop.can))
    assert (one.status, one.adopts, one.rule_version, one.target) == (Status.IN_SYNC, True, KEPT, None)
    later = replace(row, decisions={}, baselines={PRICE: Baseline("12", "11", KEPT)})
    assert price_of(row_state(later, shop.loose, shop.can)).status is Status.IN_SYNC
    moved = replace(later, storefront=shop.front("a", "13"))
    one = price_of(row_state(moved, shop.loose, shop.can))
    assert (one.status, one.after) == (Status.OUT_OF_SYNC, "13")


def test_a_typed_value_is_written_to_the_overwritten_side(shop):
    row = shop.pair(s=("12", "5"), b=("11", "5"), base={PRICE: ("10", "10")}, decide={PRICE: Decision(value="11.5")})
    one = price_of(row_state(row, shop.loose, shop.can))
    assert (one.target, one.before, one.after, one.rule_version) == (Side.BACKOFFICE, "11", "11.5", KEPT)


def test_an_absent_master_value_is_never_written(shop):
    one = price_of(row_state(shop.pair(s=(None, "5")), shop.loose, shop.can))
    assert one.status is Status.NEEDS_CHOICE
    assert one.blocked == "the storefront has no price; an empty value is never written"
    assert one.verb == "resolve"


def test_several_prices_need_a_choice(shop):
    product = Product("a", "A", prices=tuple(PriceOption(Decimal(n), "USD") for n in (1, 2)))
    row = replace(shop.pair(), storefront=product)
    assert price_of(row_state(row, shop.loose, shop.can)).status is Status.NEEDS_CHOICE


def test_a_side_that_cannot_be_written_is_reported_and_not_sent(shop):
    settings = IntegrationSettings(masters={PRICE: Side.BACKOFFICE})
    one = price_of(row_state(shop.pair(s=("12", "5")), settings, shop.can))
    assert (one.status, one.target, one.sends) == (Status.FIRST_SYNC, Side.STOREFRONT, False)
    assert "cannot take a price" in one.blocked


def test_a_fee_is_always_the_master_of_its_amount(shop):
    settings = IntegrationSettings(masters={PRICE: Side.BACKOFFICE})
    state = row_state(shop.fee(), settings, shop.both)
    assert [one.field for one in state.fields] == [PRICE]
    assert (state.fields[0].target, state.fields[0].after) == (Side.BACKOFFICE, "7")
    empty = row_state(shop.fee(amount=None), settings, shop.both)
    assert empty.status is Status.NEEDS_CHOICE


@pytest.mark.parametrize(("problem", "status"), [("unverified", Status.UNVERIFIED), ("failed", Status.FAILED)])
def test_what_a_run_left_behind_stays_visible_until_the_sides_are_equal(shop, problem, status):
    row = shop.pair(s=("12", "5"))
    left = replace(row, baselines={PRICE: Baseline(None, None, problem=problem, problem_message="it said no")})
    one = price_of(row_state(left, shop.loose, shop.can))
    assert one.status is status
    assert one.reason.startswith("it said no")
    assert one.sends
    settled = replace(left, backoffice=shop.back("b-a", "12", sku="M-a"))
    one = price_of(row_state(settled, shop.loose, shop.can))
    assert (one.status, one.adopts) == (Status.IN_SYNC, True)


def test_a_doubted_value_stays_unverified_although_equal_until_a_side_moves_or_somebody_decides(shop):
    row = shop.pair(base={PRICE: ("10", "10")})
    doubted = replace(row.baselines[PRICE], problem="doubted", problem_message="sold in the same moment")
    row = replace(row, baselines={PRICE: doubted})
    one = price_of(row_state(row, shop.loose, shop.can))
    assert (one.status, one.reason, one.verb) == (Status.UNVERIFIED, "sold in the same moment", "resolve")
    assert (one.adopts, one.target) == (False, None)
    decided = price_of(row_state(replace(row, decisions={PRICE: Decision(keep=Side.STOREFRONT)}), shop.loose, shop.can))
    assert (decided.status, decided.adopts, decided.rule_version) == (Status.IN_SYNC, True, "")
    moved = replace(row, storefront=shop.pair(s=("12", "5")).storefront)
    assert price_of(row_state(moved, shop.loose, shop.can)).sends


def test_quantity_has_no_conflict_the_master_wins(shop):
    settings = IntegrationSettings(fields=(Field.QUANTITY,))
    row = replace(
        shop.pair(),
        storefront=Product("a", "A", quantity=Decimal(3)),
        backoffice=Product("b-a", "B", quantity=Decimal(4)),
        baselines={Field.QUANTITY: Baseline("1", "1")},
    )
    state = row_state(row, settings, shop.both)
    assert (state.status, state.fields[0].after) == (Status.OUT_OF_SYNC, "3")


amounts = st.one_of(st.none(), st.sampled_from(["0", "1", "1.004", "2", "2.5"]))
sides = st.sampled_from(list(Side))
baselines = st.one_of(
    st.none(),
    st.builds(
        Baseline,
        amounts,
        amounts,
        st.sampled_from(["", KEPT]),
        problem=st.sampled_from(["", "unverified", "failed"]),
    ),
)
decisions = st.one_of(
    st.none(), st.builds(Decision, sides), st.builds(Decision, st.none(), st.sampled_from(["1", "3"]))
)
ABLE = [dict.fromkeys(Side, able) for able in (frozenset(), frozenset(Field))]


@given(amounts, amounts, baselines, decisions, sides, st.sampled_from(ABLE))
def test_what_is_sent_differs_is_never_empty_and_can_be_written(shop, s, b, baseline, decision, master, can):
    settings = IntegrationSettings(masters={PRICE: master}, fields=(PRICE,))
    row = shop.pair(s=(s, "5"), b=(b, "5"), decide={PRICE: decision} if decision else {})
    row = replace(row, baselines={PRICE: baseline} if baseline else {})
    (one,) = row_state(row, settings, can).fields
    if one.sends:
        assert one.after is not None
        assert not same(PRICE, one.before, one.after, "USD")
        assert PRICE in can[one.target]
        assert one.before == (s if one.target is Side.STOREFRONT else b)
    else:
        assert one.status not in {Status.OUT_OF_SYNC, Status.FIRST_SYNC} or one.blocked
    assert one.blocked == "" or one.verb


@given(amounts, amounts, baselines, decisions, sides)
def test_writing_what_is_sent_makes_the_row_in_sync(shop, s, b, baseline, decision, master):
    settings = IntegrationSettings(masters={PRICE: master}, fields=(PRICE,))
    row = shop.pair(s=(s, "5"), b=(b, "5"), decide={PRICE: decision} if decision else {})
    row = replace(row, baselines={PRICE: baseline} if baseline else {})
    (one,) = row_state(row, settings, shop.both).fields
    if not one.sends:
        return
    s, b = (one.after, b) if one.target is Side.STOREFRONT else (s, one.after)
    rule = "" if same(PRICE, s, b, "USD") else KEPT
    done = replace(shop.pair(s=(s, "5"), b=(b, "5")), baselines={PRICE: Baseline(s, b, rule)})
    assert row_state(done, settings, shop.both).status is Status.IN_SYNC


@pytest.mark.parametrize("side", list(Side))
def test_what_one_side_does_not_count_is_no_difference(shop, side):
    row = shop.pair()
    counted = {
        Side.STOREFRONT: replace(row.storefront, quantity=Decimal(5)),
        Side.BACKOFFICE: replace(row.backoffice, quantity=Decimal(3)),
    }
    counted[side] = replace(counted[side], quantity=None)
    pair = replace(row, storefront=counted[Side.STOREFRONT], backoffice=counted[Side.BACKOFFICE])
    can = {Side.STOREFRONT: frozenset(Field), Side.BACKOFFICE: frozenset(Field)}
    (state,) = row_state(pair, shop.loose, can, [Field.QUANTITY]).fields
    assert (state.status, state.target) == (Status.IN_SYNC, None)
    assert "does not count it" in state.reason
