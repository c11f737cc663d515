"""Amounts in files: what is taken, what is refused, and that what is written is read back as it was meant."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.amounts import BadAmount, parse_amount, respell


@pytest.mark.parametrize(
    ("text", "decimal", "amount", "currency"),
    [
        ("49", "", "49", ""),
        (" 0.0125 ", "", "0.0125", ""),
        (".5", "", "0.5", ""),
        ("-3.20", "", "-3.20", ""),
        ("$1,299.00", "", "1299.00", ""),
        ("1,299,000", "", "1299000", ""),
        ("-$5", "", "-5", ""),
        ("USD 1 299.00", "", "1299.00", "USD"),
        ("1'299.00 CHF", "", "1299.00", "CHF"),
        ("€12,50", ",", "12.50", "EUR"),
        ("1.299,00 €", ",", "1299.00", "EUR"),
        ("1.299", ",", "1299", ""),
        ("1,299", ".", "1299", ""),
        ("1,299", ",", "1.299", ""),
        ("£7", "", "7", "GBP"),
    ],
)
def test_plain_amounts_are_read_exactly(text, decimal, amount, currency):
    assert parse_amount(text, decimal) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "text",
    ["1,299", "12,50", "1.299,00", "1,2,3", "12,34,567", "1.2.3", "(5.00)", "1e3", "n/a", "NaN", "$", "$5 USD", "--5", "1 2", "٣", "5 %", "1,299.0.0", ""],
)  # fmt: skip
def test_anything_doubtful_is_refused(text):
    with pytest.raises(BadAmount):
        parse_amount(text)


amounts = st.decimals(min_value=-(10**7), max_value=10**7, allow_nan=False, places=4)


@given(
    amounts,
    st.sampled_from(["", "5", "$1,299.00", "1299.00 USD", "EUR 3", "£0.5"]),
    st.sampled_from(["", ".", ","]),
)
def test_what_is_written_is_read_back_as_the_same_amount(amount, old, decimal):
    text = respell(amount, old if decimal != "," else "", decimal)
    assert parse_amount(text, decimal)[0] == amount
