"""Identical identifiers: a match where they are unique on both sides, ambiguous where they are not."""

from __future__ import annotations

from engine.matching import exact
from engine.model import Customer, Fee, Kind, Product, Sku
from engine.settings import IntegrationSettings, SkuChoice

SETTINGS = IntegrationSettings()


def said(kind, left, right, settings=SETTINGS):
    return [
        (s.storefront_id, s.backoffice_id, "exact" if s.exact else "ambiguous", *s.evidence)
        for s in exact(kind, left, right, settings=settings)
    ]


def test_a_unique_mpn_or_sku_is_an_exact_match_however_it_is_spelled():
    left = [Product("s1", "A", mpn="WX-240"), Product("s2", "B", mpn="N/A"), Product("s3", "C", skus=(Sku("k 9-1"),))]
    right = [Product("b1", "X", skus=(Sku("wx240"),)), Product("b2", "Y", mpn="n/a"), Product("b3", "Z", mpn="K91")]
    assert said(Kind.PRODUCTS, left, right) == [
        ("s1", "b1", "exact", "same MPN/SKU wx240"),
        ("s3", "b3", "exact", "same MPN/SKU k91"),
    ]
    found = exact(Kind.PRODUCTS, left, right, settings=SETTINGS)[0]
    assert (found.score, found.storefront_name, found.backoffice_name) == (1.0, "A", "X")


def test_an_mpn_that_repeats_across_periods_is_ambiguous_and_not_guessed():
    left = [Product("s1", "Seat monthly", mpn="CFQ7"), Product("s2", "Seat annual", mpn="CFQ7")]
    right = [Product("b1", "Seat", mpn="CFQ7")]
    assert said(Kind.PRODUCTS, left, right) == [
        ("s1", "b1", "ambiguous", "same MPN/SKU cfq7"),
        ("s2", "b1", "ambiguous", "same MPN/SKU cfq7"),
    ]


def test_the_external_id_decides_over_every_other_key():
    left = [Product("s1", "A", external_id="b2", mpn="M-1"), Product("s2", "B", mpn="M-22")]
    right = [Product("b1", "X", mpn="M-1"), Product("b2", "Y"), Product("b3", "Z", external_id="s2")]
    assert said(Kind.PRODUCTS, left, right) == [
        ("s1", "b2", "exact", "same external id b2"),
        ("s2", "b3", "exact", "same external id s2"),
    ]


def test_keys_that_contradict_each_other_are_ambiguous():
    left = [Product("s1", "A", mpn="MMM1", upc="012345678905")]
    right = [Product("b1", "X", mpn="MMM1"), Product("b2", "Y", upc="12345678905")]
    assert said(Kind.PRODUCTS, left, right) == [
        ("s1", "b1", "ambiguous", "same MPN/SKU mmm1"),
        ("s1", "b2", "ambiguous", "same UPC 12345678905"),
    ]


def test_a_short_number_is_believed_only_with_names_that_have_something_in_common():
    left = [Product("s1", "Contoso Router", mpn="1001"), Product("s2", "Oak desk", mpn="1002")]
    right = [Product("b1", "Router by Contoso", mpn="1001"), Product("b2", "Laser toner", mpn="1002")]
    assert said(Kind.PRODUCTS, left, right) == [
        ("s1", "b1", "exact", "same MPN/SKU 1001"),
        ("s2", "b2", "ambiguous", "same MPN/SKU 1002"),
    ]


def test_the_settings_name_what_counts_as_sku():
    left, right = [Product("AB-77", "A")], [Product("b1", "X", upc="ab77")]
    assert said(Kind.PRODUCTS, left, right) == []
    settings = IntegrationSettings(sku=SkuChoice(storefront="id", backoffice="upc"))
    assert said(Kind.PRODUCTS, left, right, settings) == [("AB-77", "b1", "exact", "same MPN/SKU ab77")]


def test_equal_ids_of_two_systems_mean_nothing():
    assert said(Kind.PRODUCTS, [Product("1001", "A")], [Product("1001", "X")]) == []


def test_base_and_inactive_records_take_no_part():
    left = [Product("s0", "Base", mpn="AB-1", is_base=True), Product("s1", "A", mpn="AB-1")]
    right = [Product("b1", "X", mpn="AB-1", active=False), Product("b2", "Y", mpn="AB-1")]
    assert said(Kind.PRODUCTS, left, right) == [("s1", "b2", "exact", "same MPN/SKU ab1")]


def test_customers_match_by_external_id_then_e_mail_then_domain():
    left = [
        Customer("s1", "Contoso", external_id="b9"),
        Customer("s2", "Fabrikam", email="IT@fabrikam.com"),
        Customer("s3", "Adatum", email="a@adatum.de"),
        Customer("s4", "Person", email="p@gmail.com"),
    ]
    right = [
        Customer("b9", "Contoso Ltd"),
        Customer("b2", "Fabrikam Inc", email="it@fabrikam.com"),
        Customer("b3", "A. Datum", email="office@adatum.de"),
        Customer("b4", "Other", email="q@gmail.com"),
    ]
    assert said(Kind.CUSTOMERS, left, right) == [
        ("s1", "b9", "exact", "same external id b9", "same name"),
        ("s2", "b2", "exact", "same e-mail it@fabrikam.com", "domain fabrikam.com", "same name"),
        ("s3", "b3", "exact", "domain adatum.de"),
    ]


def test_a_shared_domain_is_ambiguous():
    left = [
        Customer("s1", "Contoso East", email="e@contoso.com"),
        Customer("s2", "Contoso West", email="w@contoso.com"),
    ]
    right = [Customer("b1", "Contoso", email="x@contoso.com")]
    assert [s[2] for s in said(Kind.CUSTOMERS, left, right)] == ["ambiguous", "ambiguous"]


def test_a_web_domain_is_not_believed_against_the_name():
    left = [Customer("s1", "Contoso Legal", email="info@contoso.com")]
    right = [Customer("b1", "Contoso Dental", email="it@contoso.com"), Customer("b2", "Contoso Legal LLC")]
    assert said(Kind.CUSTOMERS, left, right) == [("s1", "b1", "ambiguous", "domain contoso.com")]
    assert said(Kind.CUSTOMERS, left, right[:1]) == [("s1", "b1", "exact", "domain contoso.com")]
    assert said(Kind.CUSTOMERS, left, right[1:]) == []


def test_a_key_that_everything_shares_names_only_a_few():
    left = [Product(f"s{n}", "A", mpn="SAME") for n in range(20)]
    right = [Product(f"b{n:02}", "A", mpn="SAME") for n in range(50)]
    found = exact(Kind.PRODUCTS, left, right, settings=SETTINGS)
    assert len(found) == 20 * 5
    assert not any(s.exact for s in found)


def test_fees_have_no_identifiers():
    assert said(Kind.FEES, [Fee("f1", "Setup")], [Product("f1", "Setup")]) == []
