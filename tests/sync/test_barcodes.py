"""Where the SKU lives in the UPC, a real barcode stays until somebody decides."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.baselines import Decision
from engine.gtin import LENGTHS, is_gtin
from engine.integrations import parse_settings
from engine.model import Field, Side, Status
from engine.status import row_state

SKU = Field.SKU
# of the GS1 General Specifications and of boxes in a kitchen
REAL = ("96385074", "036000291452", "4006381333931", "10614141000415", "5901234123457")


@pytest.mark.parametrize("code", REAL)
def test_real_barcodes_are_known(code):
    assert is_gtin(code)


@pytest.mark.parametrize("code", [
    None, "", "WX-240", "036000291453", "36000291452", "0" * 12, "٠٣٦٠٠٠٢٩١٤٥٢", "036000291452 ", "4006381333931x",
])  # fmt: skip
def test_other_codes_are_none(code):
    assert not is_gtin(code)


@given(st.sampled_from(sorted(LENGTHS)), st.data())
def test_any_slip_of_one_digit_is_noticed(length, data):
    others = data.draw(st.text("0123456789", min_size=length - 1, max_size=length - 1).filter(lambda t: t.strip("0")))
    (code,) = [others + last for last in "0123456789" if is_gtin(others + last)]
    place = data.draw(st.integers(0, length - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != code[place]]))
    assert not is_gtin(code[:place] + other + code[place + 1 :])


def upc(shop, **more):
    return parse_settings(shop.loose, {"sku.backoffice": "upc", **more})


def sku_of(row, settings, can):
    return next(one for one in row_state(row, settings, can).fields if one.field is SKU)


def with_upc(shop, code, **more):
    row = shop.pair(**more)
    return replace(row, backoffice=replace(row.backoffice, upc=code))


@pytest.mark.parametrize("base", [None, {SKU: ("M-old", "4006381333931")}])
def test_a_barcode_is_not_replaced_by_a_part_number_at_the_first_sync_or_later(shop, base):
    one = sku_of(with_upc(shop, "4006381333931", base=base), upc(shop), shop.can)
    assert (one.status, one.sends, one.verb, one.target) == (Status.NEEDS_CHOICE, False, "resolve", Side.BACKOFFICE)
    assert "4006381333931 is a barcode (GTIN) and M-a is none" in one.blocked
    assert "sku.keep_barcodes=false" in one.blocked


def test_what_is_no_barcode_and_a_barcode_by_a_barcode_are_written(shop):
    assert sku_of(with_upc(shop, "OLD-1"), upc(shop), shop.can).sends
    row = with_upc(shop, "4006381333931")
    other = replace(row, storefront=replace(row.storefront, mpn="5901234123457"))
    assert sku_of(other, upc(shop), shop.can).after == "5901234123457"


def test_the_setting_and_a_decision_allow_it(shop):
    row = with_upc(shop, "4006381333931")
    assert sku_of(row, upc(shop, **{"sku.keep_barcodes": "false"}), shop.can).sends
    decided = replace(row, decisions={SKU: Decision(Side.STOREFRONT, actor="ann")})
    one = sku_of(decided, upc(shop), shop.can)
    assert (one.sends, one.before, one.after) == (True, "4006381333931", "M-a")
    kept = replace(row, decisions={SKU: Decision(Side.BACKOFFICE, actor="ann")})
    assert sku_of(kept, upc(shop), shop.can).status is Status.IN_SYNC


def test_an_sku_that_lives_elsewhere_is_nobodys_barcode(shop):
    row = shop.pair()
    row = replace(row, backoffice=replace(row.backoffice, mpn="4006381333931"))
    assert sku_of(row, parse_settings(shop.loose, {"sku.backoffice": "mpn"}), shop.can).sends
