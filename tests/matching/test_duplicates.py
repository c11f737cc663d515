"""What is not unique, side by side and key by key."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.duplicates import find, shared, summary
from engine.integrations import parse_settings
from engine.mappings import RowMapping
from engine.model import Customer, Kind, Product, Side, Sku
from engine.settings import IntegrationSettings

SETTINGS = IntegrationSettings()
NAMES = {Side.STOREFRONT: "SHOP", Side.BACKOFFICE: "BOOKS"}


def product(id: str, sku: str = "", **more) -> Product:
    return Product(id, more.pop("name", f"Thing {id}"), skus=(Sku(sku),) if sku else (), **more)


def told(found):
    return [(d.side.value, d.key, d.value, [id for id, _ in d.records]) for d in found]


def test_skus_are_looked_at_on_both_sides_and_so_is_every_match_key():
    left = [product("1", "A"), product("2", "A"), product("3", "B"), product("4", "A", active=False)]
    right = [product("a", "B", name="A"), product("b", "B", name="a "), product("c", name="A")]
    assert told(find(Kind.PRODUCTS, left, right, SETTINGS)) == [
        ("storefront", "SKU", "A", ["1", "2"]),
        ("backoffice", "SKU", "B", ["a", "b"]),
    ]
    keyed = parse_settings(SETTINGS, {"match.products.primary": "sku:name", "match.normalise": "trim,case"})
    found = find(Kind.PRODUCTS, left, right, keyed)
    assert told(found) == [
        ("storefront", "SKU", "a", ["1", "2"]),
        ("backoffice", "name", "a", ["a", "b", "c"]),
        ("backoffice", "SKU", "b", ["a", "b"]),
    ]
    assert summary(found, NAMES) == (
        "1 SKU is not unique in SHOP",
        "1 name is not unique in BOOKS",
        "1 SKU is not unique in BOOKS",
    )


def test_customers_by_their_address_unless_the_settings_say_otherwise():
    rows = [Customer("1", "N", email="n@x.test"), Customer("2", "N", email="n@x.test"), Customer("3", "N")]
    assert told(find(Kind.CUSTOMERS, rows, [], SETTINGS)) == [("storefront", "e-mail", "n@x.test", ["1", "2"])]
    keyed = parse_settings(SETTINGS, {"match.customers.primary": "name:name"})
    assert told(find(Kind.CUSTOMERS, rows, [], keyed)) == [("storefront", "name", "N", ["1", "2", "3"])]


def test_a_counterpart_that_a_fee_and_a_product_share():
    def row(id: str, to: str) -> RowMapping:
        return RowMapping(id, to, "by hand", "ann", "", f"Name {id}")

    mapped = {
        Kind.PRODUCTS: {"1": row("1", "a"), "2": row("2", "b")},
        Kind.FEES: {"f": row("f", "a")},
        Kind.CUSTOMERS: {"9": row("9", "b")},
    }
    assert told(shared(Kind.PRODUCTS, mapped)) == [("backoffice", "counterpart", "a", ["1", "f"])]
    assert shared(Kind.CUSTOMERS, mapped) == ()
    assert summary(shared(Kind.PRODUCTS, mapped), NAMES) == ()


@given(st.lists(st.text(st.sampled_from("AB "), max_size=2), max_size=8))
def test_every_record_with_a_shared_value_is_named_once_and_no_other(codes):
    rows = [product(str(n), code) for n, code in enumerate(codes)]
    found = [d for d in find(Kind.PRODUCTS, rows, [], SETTINGS) if d.key == "SKU"]
    named = sorted(int(id) for d in found for id, _ in d.records)
    assert named == [n for n, code in enumerate(codes) if code.strip() and codes.count(code) > 1]
    assert len({d.value for d in found}) == len(found)
