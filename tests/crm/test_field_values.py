"""What becomes of one field's text in another: types, sizes, choices; nothing is ever written that does not fit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.crm import SchemaField
from engine.field_values import Mode, Transform, convert, misfit

TEXT = SchemaField("Color__c", "Color", "string", length=10, createable=True, updateable=True)
LONG = SchemaField("note", "Note", "string", length=500)
PRICE = SchemaField("Rrp__c", "RRP", "currency", precision=6, scale=2, createable=True, updateable=True)
YES = SchemaField("Active__c", "Active", "boolean", createable=True, updateable=True)
MOMENT = SchemaField("At__c", "At", "datetime", createable=True, updateable=True)
CHOICE = SchemaField(
    "Size__c", "Size", "picklist", picklist=("Small", "Large"), restricted=True, createable=True, updateable=True
)
DATE = SchemaField("From__c", "From", "date", createable=True, updateable=True)


@given(st.text(max_size=40), st.booleans(), st.booleans())
def test_a_text_that_is_written_always_fits(text: str, trim: bool, truncate: bool) -> None:
    made = convert(text, TEXT, Transform(trim=trim, truncate=truncate))
    if made.text is None:
        assert not truncate
        assert made.problem
    else:
        assert len(made.text) <= TEXT.length
        assert truncate or made.text == (" ".join(text.split()) if trim else text.replace("\r\n", "\n").strip())


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_a_number_is_kept_exactly_or_refused(number: Decimal) -> None:
    made = convert(str(number), PRICE, Transform())
    if made.text is None:
        assert made.problem
    else:
        assert Decimal(made.text) == number
        assert abs(number) < 10_000
        assert number == round(number, 2)


@pytest.mark.parametrize(
    ("text", "field", "how", "written", "problem"),
    [
        ("yes", YES, Transform(), "true", ""),
        ("0", YES, Transform(), "false", ""),
        ("maybe", YES, Transform(), None, "not yes or no"),
        ("Small", CHOICE, Transform(), "Small", ""),
        ("XL", CHOICE, Transform(), None, "no choice 'XL'"),
        ("XL", CHOICE, Transform(choices={"XL": "Large"}), "Large", ""),
        ("S", CHOICE, Transform(choices={"XL": "Large"}), None, "no choice is given for 'S'"),
        ("2026-12-31T23:59:59+00:00", DATE, Transform(), "2026-12-31", ""),
        ("31.12.2026", DATE, Transform(), None, "not a date"),
        ("12.345", PRICE, Transform(), None, "finer than the 2 decimals"),
        ("10000", PRICE, Transform(), None, "more digits"),
        ("", replace(TEXT, required=True), Transform(), None, "required"),
        ("ignored", TEXT, Transform(constant="web"), "web", ""),
        ("", TEXT, Transform(), "", ""),
        (" two\r\nlines ", TEXT, Transform(), "two\nlines", ""),
        ("", YES, Transform(), "false", ""),
        ("2026-01-31T23:30:00.123-05:00", MOMENT, Transform(), "2026-02-01T04:30:00+00:00", ""),
    ],
)
def test_each_type_takes_what_it_can_hold(
    text: str, field: SchemaField, how: Transform, written: str | None, problem: str
) -> None:
    made = convert(text, field, how)
    assert made.text == written
    assert problem in made.problem
    assert bool(made.problem) == (written is None)


@pytest.mark.parametrize(
    ("source", "target", "how", "mode", "why"),
    [
        (LONG, TEXT, Transform(), Mode.ALWAYS, "truncate"),
        (LONG, TEXT, Transform(truncate=True), Mode.ALWAYS, ""),
        (LONG, None, Transform(), Mode.ALWAYS, "gone"),
        (None, TEXT, Transform(), Mode.ALWAYS, "source field is gone"),
        (None, TEXT, Transform(constant="x"), Mode.ALWAYS, ""),
        (None, TEXT, Transform(constant="longer than ten"), Mode.ALWAYS, "15 characters"),
        (LONG, replace(TEXT, updateable=False), Transform(truncate=True), Mode.ALWAYS, "cannot be written after"),
        (LONG, replace(TEXT, updateable=False), Transform(truncate=True), Mode.INSERT, ""),
        (LONG, replace(TEXT, updateable=False, createable=False), Transform(truncate=True), Mode.INSERT, "cannot be"),
        (LONG, CHOICE, Transform(), Mode.ALWAYS, "takes only its 2 choices"),
        (LONG, CHOICE, Transform(choices={"a": "Huge"}), Mode.ALWAYS, "no choice 'Huge'"),
        (LONG, CHOICE, Transform(choices={"a": "Small"}), Mode.ALWAYS, ""),
        (YES, PRICE, Transform(), Mode.ALWAYS, "is yes/no"),
        (LONG, replace(TEXT, own=True), Transform(truncate=True), Mode.ALWAYS, "the record's own"),
        (LONG, PRICE, Transform(), Mode.ALWAYS, ""),
        (LONG, SchemaField("Owner", "Owner", "reference", references=("User",), createable=True, updateable=True),
         Transform(), Mode.ALWAYS, "refers to User"),
    ],
)  # fmt: skip
def test_two_fields_that_do_not_fit_are_refused_before_anything_is_saved(
    source: SchemaField | None, target: SchemaField | None, how: Transform, mode: Mode, why: str
) -> None:
    found = misfit(source, target, how, mode)
    assert bool(found) == bool(why)
    assert why in found
