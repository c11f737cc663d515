"""Match keys that the settings name: what is identical, what is unique, and what an ambiguous row says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.integrations import parse_settings, setting_names, setting_values
from engine.matching import crowd, exact, suggest
from engine.matching.keys import normal
from engine.model import Customer, Kind, Product, Sku
from engine.settings import NORMALISATIONS, IntegrationSettings


def settings(**values: str) -> IntegrationSettings:
    return parse_settings(IntegrationSettings(), {name.replace("__", "."): value for name, value in values.items()})


SKU_NAME = settings(match__products__primary="sku:name")
MAIL = settings(match__customers__primary="name:name", match__customers__secondary="email:email")


def shop(id: str, sku: str = "", name: str = "", **more) -> Product:
    return Product(id, name or f"Thing {id}", skus=(Sku(sku),) if sku else (), **more)


def pairs(found):
    return {(s.storefront_id, s.backoffice_id): "exact" if s.exact else s.clash for s in found}


def test_the_storefronts_sku_against_the_item_name():
    left = [shop("1", "KET-1"), shop("2", "ket-2"), shop("3", "MUG")]
    right = [Product("a", "KET-1"), Product("b", "KET-2"), shop("c", "MUG", "Mug, blue")]
    found = exact(Kind.PRODUCTS, left, right, settings=SKU_NAME)
    assert pairs(found) == {("1", "a"): "exact"}
    assert (found[0].score, found[0].evidence) == (1.0, ("SKU = name KET-1",))
    cased = settings(match__products__primary="sku:name", match__normalise="case")
    assert pairs(exact(Kind.PRODUCTS, left, right, settings=cased)) == {("1", "a"): "exact", ("2", "b"): "exact"}


def test_other_identical_identifiers_are_suggestions_then_and_no_match():
    left, right = [shop("1", "A-1", "Kettle", mpn="M-77")], [Product("a", "Kettle", mpn="M-77")]
    assert exact(Kind.PRODUCTS, left, right, settings=SKU_NAME) == []
    (guess,) = suggest(Kind.PRODUCTS, left, right, settings=SKU_NAME)["1"]
    assert not guess.exact
    assert guess.score < 1.0


def test_an_ambiguous_row_names_the_key_the_side_and_the_ids():
    left = [shop("1", "X"), shop("2", "X"), shop("3", "Y")]
    right = [Product("a", "X"), Product("b", "Y"), Product("c", "Y")]
    assert pairs(exact(Kind.PRODUCTS, left, right, settings=SKU_NAME)) == {
        ("1", "a"): "SKU X is not unique in the storefront: 1, 2",
        ("2", "a"): "SKU X is not unique in the storefront: 1, 2",
        ("3", "b"): "name Y is not unique in the back office: b, c",
        ("3", "c"): "name Y is not unique in the back office: b, c",
    }


def test_customers_match_in_two_steps_the_secondary_where_nobody_has_the_primary():
    left = [
        Customer("1", "Merrow", email="n@x.test"),
        Customer("2", " ", email="n@x.test"),
        Customer("3", "Nobody", email="o@x.test"),
        Customer("4", "Sold", email="p@x.test"),
    ]
    right = [
        Customer("a", "Merrow", email="other@x.test"),
        Customer("b", "Norden", email="n2@x.test"),
        Customer("c", "Osten", email="o@x.test"),
        Customer("d", "Sold", email="q@x.test"),
        Customer("e", "Peer", email="p@x.test"),
    ]
    found = pairs(exact(Kind.CUSTOMERS, left, right, settings=MAIL))
    assert found == {("1", "a"): "exact", ("3", "c"): "exact", ("4", "d"): "exact"}
    everyone = crowd(Kind.CUSTOMERS, left, right, MAIL)
    taken = [one for one in right if one.id != "d"]
    found = pairs(exact(Kind.CUSTOMERS, left, taken, settings=MAIL, everyone=everyone))
    assert found == {("1", "a"): "exact", ("3", "c"): "exact"}, (
        "somebody else's counterpart has that name: no second guess"
    )


def test_the_secondary_key_of_products_speaks_only_where_the_primary_is_blank():
    chosen = settings(match__products__primary="sku:sku", match__products__secondary="upc:upc")
    left = [
        Product("1", "A", upc="11", skus=(Sku("X"),)),
        Product("2", "B", upc="22"),
        Product("3", "C", upc="33", skus=(Sku("Z"),)),
    ]
    right = [
        Product("a", "A", skus=(Sku("X"),)),
        Product("b", "B", upc="22"),
        Product("c", "C", upc="33"),
    ]
    assert pairs(exact(Kind.PRODUCTS, left, right, settings=chosen)) == {("1", "a"): "exact", ("2", "b"): "exact"}


def test_a_sub_customer_with_its_parents_address_is_ambiguous():
    left = [Customer("1", "", email="m@x.test")]
    right = [Customer("a", "Merrow", email="m@x.test"), Customer("b", "Merrow:Job 1", email="m@x.test")]
    clash = "e-mail m@x.test is not unique in the back office: a, b"
    assert set(pairs(exact(Kind.CUSTOMERS, left, right, settings=MAIL)).values()) == {clash}
    gone = [right[0], replace(right[1], active=False)]
    assert pairs(exact(Kind.CUSTOMERS, left, gone, settings=MAIL)) == {("1", "a"): "exact"}


def test_one_counterpart_claimed_by_both_keys_goes_to_neither():
    left = [Customer("1", "Merrow"), Customer("2", "", email="m@x.test")]
    right = [Customer("a", "Merrow", email="m@x.test")]
    assert set(pairs(exact(Kind.CUSTOMERS, left, right, settings=MAIL)).values()) == {
        "a in the back office has a key of several rows: 1, 2"
    }


def test_a_mapped_record_still_makes_its_key_ambiguous():
    left, right = [shop("1", "X"), shop("2", "X")], [Product("a", "X"), Product("b", "other")]
    everyone = crowd(Kind.PRODUCTS, left, right, SKU_NAME)
    (found,) = exact(Kind.PRODUCTS, left[1:], right, settings=SKU_NAME, everyone=everyone)
    assert found.clash == "SKU X is not unique in the storefront: 1, 2"
    (guess,) = suggest(Kind.PRODUCTS, left[1:], right, settings=SKU_NAME, everyone=everyone, top=1)["2"]
    assert (guess.ambiguous, guess.clash) == (True, found.clash)


def test_parents_of_variants_take_no_part():
    left = [shop("0", "X", is_base=True), shop("1", "X")]
    assert pairs(exact(Kind.PRODUCTS, left, [Product("a", "X")], settings=SKU_NAME)) == {("1", "a"): "exact"}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"match.products.primary": "sku"}, "STOREFRONT:BACKOFFICE"),
        ({"match.products.primary": "sku:email"}, "keys: sku, name"),
        ({"match.customers.primary": "sku:name"}, "keys: name, person"),
        ({"match.products.secondary": "upc:upc"}, "a secondary key needs a primary one"),
        ({"match.normalise": "fuzzy"}, "exact; trim; case; trim,case"),
        ({"match.products": "sku:name"}, "match.products"),
        ({"match.products.third": "sku:name"}, "no setting"),
    ],
)
def test_wrong_keys_are_named(values, told):
    with pytest.raises(UsageError, match=told.replace(",", r"\,").replace(";", r"\;")):
        parse_settings(IntegrationSettings(), values)


def test_every_key_setting_is_listed_with_its_value():
    values = setting_values(settings(match__normalise="case,trim", match__products__primary=" SKU : Name"))
    assert (values["match.products.primary"], values["match.normalise"]) == ("sku:name", "trim,case")
    assert list(values) == setting_names(IntegrationSettings())
    assert parse_settings(IntegrationSettings(), values) == parse_settings(IntegrationSettings(), dict(values))


texts = st.text(st.sampled_from("aAbBß \t-É"), max_size=5)
ways = st.sampled_from(NORMALISATIONS)


@given(texts, ways)
def test_normalising_twice_changes_nothing_and_blank_is_blank(text, how):
    once = normal(text, how)
    assert normal(once, how) == once
    assert (once == "") == (not text.strip())


@given(texts, texts)
def test_a_wider_normalisation_never_parts_what_a_narrower_one_joins(one, other):
    narrow = ("exact", "trim", "trim,case"), ("exact", "case", "trim,case")
    for chain in narrow:
        joined = [normal(one, how) == normal(other, how) for how in chain]
        assert joined == sorted(joined)


@given(st.lists(texts, max_size=6), st.lists(texts, max_size=6), ways)
def test_matches_are_one_to_one_and_exactly_the_unique_values(lefts, rights, how):
    keyed = settings(match__products__primary="sku:name", match__normalise=how)
    left = [Product(f"s{n}", "x", skus=(Sku(text),)) for n, text in enumerate(lefts)]
    right = [Product(f"b{n}", text) for n, text in enumerate(rights)]
    found = exact(Kind.PRODUCTS, left, right, settings=keyed)
    mine, theirs = [normal(t, how) for t in lefts], [normal(t, how) for t in rights]
    unique = {(f"s{mine.index(v)}", f"b{theirs.index(v)}") for v in mine if v and mine.count(v) == theirs.count(v) == 1}
    assert {(s.storefront_id, s.backoffice_id) for s in found if s.exact} == unique
    for s in found:
        value = mine[int(s.storefront_id[1:])]
        assert value == theirs[int(s.backoffice_id[1:])] != ""
        assert s.exact != s.ambiguous
        assert bool(s.clash) == s.ambiguous
