"""Each guard, at its limit and off."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.changes import Change
from engine.guards import Guard, RunFacts, SideSize, below_cost, of_change, of_run
from engine.model import Field, Kind, Side, Status
from engine.settings import Guards

OFF = Guards(
    zero_price=False,
    below_cost=False,
    max_change_percent=None,
    max_rows=None,
    max_percent_of_catalogue=None,
    max_shrink_percent=None,
    everything_changed=False,
)


def change(before, after, field=Field.PRICE):
    return Change(
        Kind.PRODUCTS, "a", "b", "A", field, Side.BACKOFFICE, before, after, after, "", Status.OUT_OF_SYNC, "USD"
    )


@pytest.mark.parametrize(
    ("before", "after", "hits"),
    [
        ("10", "15", ()),
        ("10", "15.01", (Guard.CHANGE_PERCENT,)),
        ("10", "4.99", (Guard.CHANGE_PERCENT,)),
        ("10", "0", (Guard.ZERO_PRICE, Guard.CHANGE_PERCENT)),
        ("0.005", "0.004", (Guard.ZERO_PRICE,)),
        ("0", "5", (Guard.CHANGE_PERCENT,)),
        (None, "5", ()),
        ("10", "-1", (Guard.ZERO_PRICE, Guard.CHANGE_PERCENT)),
    ],
)
def test_one_change(before, after, hits):
    assert of_change(change(before, after), Guards()) == hits
    assert of_change(change(before, after), OFF) == ()


def test_a_cost_may_be_zero_but_not_negative_and_a_sku_has_no_guard():
    free = Guards(max_change_percent=None)
    assert of_change(change("1", "0", Field.COST), free) == ()
    assert of_change(change("1", "-1", Field.COST), free) == (Guard.ZERO_PRICE,)
    assert of_change(change("1", "0", Field.SKU), Guards()) == ()


def test_below_cost():
    assert below_cost("4.99", "5", Guards())
    assert not below_cost("5", "5", Guards())
    assert not below_cost("4", None, Guards())
    assert not below_cost("4", "5", OFF)


def names(facts, guards=None):
    return [hit.guard for hit in of_run(facts, guards or Guards())]


def test_a_run_has_limits():
    assert names(RunFacts(500, 5000, 600, 500)) == []
    assert names(RunFacts(501, 5000, 600, 500)) == [Guard.ROW_COUNT]
    assert names(RunFacts(11, 20, 12, 11)) == [Guard.CATALOGUE_PERCENT]
    assert names(RunFacts(9, 9, 0, 0)) == []
    assert names(RunFacts(10, 100, 10, 10)) == [Guard.EVERYTHING_CHANGED]
    assert names(RunFacts(600, 600, 600, 600), OFF) == []


@pytest.mark.parametrize(
    ("previous", "current", "fires"),
    [(None, 0, False), (0, 0, False), (100, 70, False), (100, 69, True), (100, 0, True), (1, 0, True), (50, 60, False)],
)
def test_a_side_that_is_suddenly_small(previous, current, fires):
    facts = RunFacts(1, 1000, 0, 0, (SideSize(Side.BACKOFFICE, "products", previous, current),))
    assert names(facts) == [Guard.SHRUNK_SIDE] * fires
    assert names(facts, OFF) == []


def test_a_limit_says_both_numbers():
    (hit,) = of_run(RunFacts(11, 5000, 0, 0), Guards(max_rows=10))
    assert (hit.message, hit.rows) == ("11 rows would be written; the limit is 10", 11)
    (hit,) = of_run(RunFacts(15, 20, 0, 0), Guards(max_percent_of_catalogue=Decimal(10)))
    assert hit.message == "15 of 20 rows of the catalogue would be written; the limit is 10 %"
