"""Which value of a record counts, and when none does."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.fields import difference, display, parse, precision_note, read, same, sku_slot, writable
from engine.model import Customer, Fee, Field, PriceOption, Product, Side, Sku
from engine.ports import Capabilities
from engine.settings import IntegrationSettings, PriceChoice, SkuChoice

USD = IntegrationSettings()


def priced(*options: PriceOption) -> Product:
    return Product("a", "A", prices=options)


def test_the_price_of_the_configured_type_model_and_currency_counts():
    product = priced(
        PriceOption(Decimal(5), "USD", "setup"),
        PriceOption(Decimal("9.50"), "USD"),
        PriceOption(Decimal(8), "EUR"),
        PriceOption(Decimal(7), "USD", "recurring", "TIERED"),
    )
    assert read(product, Field.PRICE, Side.STOREFRONT, USD).text == "9.5"
    setup = IntegrationSettings(price=PriceChoice(type="setup"))
    assert read(product, Field.PRICE, Side.STOREFRONT, setup).text == "5"


def test_several_prices_that_differ_are_never_chosen_from():
    product = priced(*(PriceOption(Decimal(n), "USD") for n in (9, 10, 11)))
    value = read(product, Field.PRICE, Side.STOREFRONT, USD)
    assert value.text is None
    assert value.problem == "3 prices qualify: 9, 10, 11"
    assert value.options == ("9", "10", "11")


def test_several_prices_that_are_equal_at_the_currencys_precision_are_one():
    product = priced(PriceOption(Decimal("9.50"), "USD"), PriceOption(Decimal("9.5"), "USD"))
    assert read(product, Field.PRICE, Side.STOREFRONT, USD).text == "9.5"


def test_another_currency_and_another_type_say_so():
    euro = read(priced(PriceOption(Decimal(9), "EUR")), Field.PRICE, Side.STOREFRONT, USD)
    assert (euro.text, euro.problem) == (None, "price is in EUR, the integration's currency is USD")
    setup = read(priced(PriceOption(Decimal(9), "USD", "setup")), Field.PRICE, Side.STOREFRONT, USD)
    assert setup.problem == "no price is recurring FLAT; there is: setup FLAT 9"
    assert read(priced(), Field.PRICE, Side.STOREFRONT, USD).problem == ""


def test_the_back_office_price_is_in_the_integrations_currency_whatever_its_type():
    product = priced(PriceOption(Decimal(9), None, "retail", "ANY"))
    assert read(product, Field.PRICE, Side.BACKOFFICE, USD).text == "9"
    euro = priced(PriceOption(Decimal(9), "EUR"))
    assert read(euro, Field.PRICE, Side.BACKOFFICE, USD).problem


def test_the_sku_is_read_from_its_slot():
    product = Product("id1", "A", mpn="M", upc="U", skus=(Sku("own"), Sku("V-1", "Acme", "7"), Sku("W-1", "Other")))

    def back(**choice):
        return read(product, Field.SKU, Side.BACKOFFICE, IntegrationSettings(sku=SkuChoice(**choice))).text

    assert back(backoffice="sku") == "own"
    assert back(backoffice="upc") == "U"
    assert back(backoffice="mpn") == "M"
    assert back(backoffice="vendor", backoffice_vendor="acme") == "V-1"
    assert back(backoffice="vendor", backoffice_vendor="nobody") is None
    unset = read(product, Field.SKU, Side.BACKOFFICE, IntegrationSettings(sku=SkuChoice(backoffice="vendor")))
    assert "vendor whose SKU counts is not set" in unset.problem
    for slot, text in {"mpn": "M", "id": "id1", "upc": "U", "sku": "own"}.items():
        settings = IntegrationSettings(sku=SkuChoice(storefront=slot))
        assert read(product, Field.SKU, Side.STOREFRONT, settings).text == text
        assert sku_slot(settings, Side.STOREFRONT) == slot
    two = Product("a", "A", skus=(Sku("x"), Sku("y")))
    assert read(two, Field.SKU, Side.BACKOFFICE, USD).problem == "2 SKUs qualify: x, y"


def test_a_fee_has_a_price_and_nothing_else():
    fee = Fee("f", "Setup", amount=Decimal("7.00"), currency="USD")
    assert read(fee, Field.PRICE, Side.STOREFRONT, USD).text == "7"
    assert read(fee, Field.COST, Side.STOREFRONT, USD).text is None
    assert read(Fee("f", "Setup"), Field.PRICE, Side.STOREFRONT, USD).text is None
    assert read(Fee("f", "S", amount=Decimal(1), currency="EUR"), Field.PRICE, Side.STOREFRONT, USD).problem
    assert read(Customer("c", "C"), Field.PRICE, Side.STOREFRONT, USD).text is None


def test_an_sku_can_be_written_only_where_the_system_has_the_slot():
    able = Capabilities(writes_fields=frozenset({Field.PRICE, Field.SKU}), sku_slots=("upc", "vendor"))
    assert writable(able, USD, Side.BACKOFFICE) == {Field.PRICE}
    upc = IntegrationSettings(sku=SkuChoice(backoffice="upc"))
    assert writable(able, upc, Side.BACKOFFICE) == {Field.PRICE, Field.SKU}
    vendor = IntegrationSettings(sku=SkuChoice(backoffice="vendor", backoffice_vendor="Acme"))
    assert Field.SKU in writable(able, vendor, Side.BACKOFFICE)


def test_amounts_are_shown_at_least_at_the_currencys_decimals():
    assert display(Field.PRICE, "12.5", "USD") == "12.50 USD"
    assert display(Field.PRICE, "0.0042", "USD") == "0.0042 USD"
    assert display(Field.PRICE, "1200", "JPY") == "1200 JPY"
    assert display(Field.PRICE, None, "USD") == "-"
    assert display(Field.SKU, "X-1") == "X-1"


def test_a_sub_unit_price_is_kept_and_flagged():
    assert precision_note(Field.PRICE, "1.234", "USD").startswith("1.234 is finer than USD")
    assert not precision_note(Field.PRICE, "1.23", "USD")
    assert same(Field.PRICE, "1.234", "1.23", "USD")
    assert not same(Field.PRICE, "1.234", "1.23", "KWD")
    assert not same(Field.SKU, "1.0", "1", "USD")
    assert same(Field.QUANTITY, "1.0", "1", "USD")


def test_difference_and_percent():
    assert difference("10", "12") == (Decimal(2), Decimal(20))
    assert difference("0", "12") == (Decimal(12), None)
    assert difference(None, "12") == (None, None)
    assert difference("X-1", "X-2") == (None, None)


@pytest.mark.parametrize("text", ["", " ", "abc", "-1", "NaN", "Infinity"])
def test_a_typed_value_that_is_no_amount_is_refused(text):
    with pytest.raises(UsageError, match="nothing was changed"):
        parse(Field.PRICE, text)


@given(st.decimals(min_value=0, max_value=10**12, places=4))
def test_a_typed_amount_survives_parsing_and_equals_itself(amount):
    text = parse(Field.PRICE, str(amount))
    assert Decimal(text) == amount
    assert same(Field.PRICE, text, str(amount), "USD")
