"""The further fields of a new product: what is prefilled, what is left out, what is wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.draft_fields import completed, names_of
from engine.model import Field, Kind
from engine.ports import Capabilities, Draft, DraftField

FIELDS = (
    DraftField(
        "type", "Type", choices=(("stocked", "Stocked"), ("plain", "Plain")), default="plain", counted="stocked"
    ),
    DraftField("since", "Start date", kind="date", stocked=True),
    DraftField("sales", "Sales account", default="Sales", required="always"),
    DraftField("costs", "Costs account", required="stocked"),
)
ABLE = Capabilities(writes_fields=frozenset(Field), draft_fields=FIELDS)
DRAFT = Draft("k", Kind.PRODUCTS, "1", "Kettle")


def made(stock: str | None = None, able: Capabilities = ABLE, **given: str):
    draft, wrong = completed(DRAFT, given, able, None if stock is None else Decimal(stock))
    return dict(draft.details), draft.maintain_stock, draft.quantity, dict(wrong)


def test_a_product_whose_stock_is_counted_is_offered_as_such_with_its_quantity():
    assert made("7", costs="COGS") == (
        {"type": "stocked", "sales": "Sales", "costs": "COGS"}, True, Decimal(7), {},
    )  # fmt: skip
    assert made() == ({"type": "plain", "sales": "Sales"}, False, None, {})


def test_what_was_given_goes_first_and_what_only_stock_has_is_left_out():
    assert made("7", type="plain", since="2026-01-02", quantity="3") == (
        {"type": "plain", "sales": "Sales"}, False, None, {},
    )  # fmt: skip
    details, stocked, quantity, wrong = made(None, type="stocked", since="2026-01-02", costs="C", quantity="3.5")
    assert (details["since"], stocked, quantity, wrong) == ("2026-01-02", True, Decimal("3.5"), {})
    assert made("7", type="stocked", costs="C", quantity="0")[2] == 0


@pytest.mark.parametrize(
    ("given", "field", "told"),
    [
        ({"type": "kit"}, "type", "'kit' is none of stocked, plain"),
        ({"type": "stocked"}, "costs", "is needed: give the costs account"),
        ({"type": "stocked", "costs": "C", "since": "soon"}, "since", "'soon' is not a date such as 2027-01-31"),
        ({"type": "stocked", "costs": "C", "quantity": "-1"}, "quantity", "zero or more"),
        ({"type": "stocked", "costs": "C", "quantity": "x"}, "quantity", "not an amount"),
    ],
)
def test_what_is_wrong_names_the_field(given, field, told):
    wrong = made(None, **given)[3]
    assert list(wrong) == [field]
    assert told in wrong[field]


def test_what_was_left_blank_stays_blank():
    assert made("7", costs="C", sales="")[3] == {"sales": "is needed: give the sales account"}
    assert made(None, costs="")[0] == {"type": "plain", "sales": "Sales"}


def test_a_store_that_sold_too_much_needs_a_quantity():
    assert "-2 is below zero" in made("-2", costs="C")[3]["quantity"]
    assert made("-2", costs="C", quantity="0")[3] == {}


@pytest.mark.parametrize(
    ("name", "told"), [("x" * 11, "has 11 characters; 10 is the most there"), ("a:b", "may not have ':' there")]
)
def test_a_name_that_the_system_would_refuse_is_told_before(name, told):
    able = Capabilities(name_limit=10, name_forbids=":\t")
    draft = Draft("k", Kind.PRODUCTS, "1", name)
    assert completed(draft, {}, able, None)[1] == [("name", told)]


def test_a_system_without_such_fields_is_asked_nothing():
    assert made("7", able=Capabilities(writes_fields=frozenset(Field))) == ({}, False, None, {})
    assert names_of(Capabilities(writes_fields=frozenset(Field))) == ()
    assert names_of(ABLE) == ("type", "since", "sales", "costs", "quantity")
