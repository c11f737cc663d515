"""Dotted settings: every guard's limit can be set and switched off, and what is wrong is named."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import UsageError
from engine.integrations import parse_settings, setting_names, setting_values
from engine.model import Field, Side
from engine.settings import IntegrationSettings

LIMITS = ["max_change_percent", "max_rows", "max_percent_of_catalogue", "max_shrink_percent"]


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_is_set_switched_off_and_set_again(limit):
    name = f"guards.{limit}"
    lowered = parse_settings(IntegrationSettings(), {name: "12"})
    assert getattr(lowered.guards, limit) == Decimal(12)
    off = parse_settings(lowered, {name: ""})
    assert getattr(off.guards, limit) is None
    assert setting_values(off)[name] == ""
    assert getattr(parse_settings(off, {name: "3"}).guards, limit) == 3


def test_every_setting_survives_its_own_text():
    changed = parse_settings(
        IntegrationSettings(),
        {"fields": "price", "masters.cost": "backoffice", "currency": "eur", "many_to_one": "yes"},
    )
    assert (changed.fields, changed.master(Field.COST), changed.currency) == ((Field.PRICE,), Side.BACKOFFICE, "EUR")
    values = setting_values(changed)
    assert list(values) == setting_names(changed)
    again = parse_settings(IntegrationSettings(), values)
    assert setting_values(again) == values
    assert parse_settings(changed, {"masters.cost": ""}).master(Field.COST) is Side.STOREFRONT


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("guards.max_rows", "0", "guards.max_rows"),
        ("guards.zero_price", "", "guards.zero_price"),
        ("price", "x", "price"),
        ("nothing", "x", "no setting 'nothing'"),
        ("fields", "price,colour", "fields"),
        ("masters.price", "both", "masters.price"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changes(name, value, words):
    with pytest.raises(UsageError, match=words):
        parse_settings(IntegrationSettings(), {name: value})
