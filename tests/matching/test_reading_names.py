"""How names are read: folding, words, codes, quantities, company names. Pure functions and their invariants."""

from __future__ import annotations

import doctest
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching import codes, customer_profile, grams, quantities, text
from engine.matching.codes import Likeness, compare, find_codes, identifier
from engine.matching.customer_profile import mail_of, name_words, phone_of, root_of

texts = st.text(max_size=40)


@pytest.mark.parametrize("module", [text, codes, grams, customer_profile])
def test_the_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


@given(texts)
def test_folding_and_compacting_twice_changes_nothing(value):
    assert text.fold(text.fold(value)) == text.fold(value)
    assert text.compact(text.compact(value)) == text.compact(value)
    assert all(word and not word.isspace() for word in text.compact_words(text.fold(value)))


@given(texts, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_spelling_of_accents_does_not_matter(value, form):
    assert text.fold(unicodedata.normalize(form, value)) == text.fold(unicodedata.normalize("NFKD", value))


@given(st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=1, max_size=5), st.randoms())
def test_a_company_keeps_its_name_in_any_order_case_and_legal_form(words, rng):
    plain = name_words(" ".join(words))
    shuffled = list(words)
    rng.shuffle(shuffled)
    assert name_words(" ".join(shuffled).upper() + ", Inc.") == name_words(" ".join(words) + " inc")
    if set(plain) == set(words) and not set(words) & customer_profile.LEGAL_FORMS:
        assert name_words(" & ".join(words) + " GmbH") == plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller & Söhne GmbH", "MULLER UND SOHNE".replace("UND ", "")),
        ("The Smith Group, L.L.C.", "smith group"),
        ("Contoso Corp.", "Contoso Corporation"),
        ("A. Datum Ltd", "A Datum Limited"),
    ],
)
def test_names_that_are_the_same(one, other):
    assert name_words(one) == name_words(other)


def test_a_name_made_of_legal_forms_alone_is_kept():
    assert name_words("The Company") == ("company", "the")


@pytest.mark.parametrize(
    ("written", "address", "domain"),
    [
        ("IT@Contoso.com ", "it@contoso.com", "contoso.com"),
        ("someone@gmail.com", "someone@gmail.com", ""),
        ("not an address", "", ""),
        ("@contoso.com", "", ""),
        ("me@localhost", "", ""),
    ],
)
def test_addresses_and_domains(written, address, domain):
    assert mail_of(written) == (address, domain)


def test_domains_phones():
    assert [root_of(d) for d in ("contoso.com", "mail.contoso.co.uk", "a-datum.de")] == ["contoso", "contoso", "adatum"]
    assert phone_of("+1 (425) 555-0100 x12") == phone_of("425.555.0100")
    assert phone_of("555") == phone_of("000-000-0000") == ""


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("canon wx-240 printer", ["wx240"]),
        ("th-46pz80u plasma", ["th46pz80u"]),
        ("order 10020780 now", ["10020780"]),
        ("htz515/xaa", ["htz515xaa", "htz515"]),
        ("the 3rd of 100 version 4.0", []),
    ],
)
def test_codes_are_found_in_a_text(written, found):
    assert find_codes(written) == found


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("wx240", "wx240", Likeness.SAME),
        ("wx240", "wx250", Likeness.SIBLING),
        ("dsct500b", "dsct500", Likeness.STEM),
        ("nsaw390bl", "nsaw390bk", Likeness.STEM),
        ("wx24", "wx240", Likeness.SIBLING),
        ("abc123", "xyz987", Likeness.OTHER),
    ],
)
def test_how_alike_codes_are(one, other, kind):
    assert compare(one, other) is kind
    assert compare(other, one) is kind


@pytest.mark.parametrize("nothing", ["N/A", "none", "0000", "--", "x1", "TBD", ""])
def test_a_placeholder_identifies_nothing(nothing):
    assert identifier(nothing) == ""


@pytest.mark.parametrize(
    ("written", "dimension", "values"),
    [
        ('tv 27" lcd', "inch", {27.0}),
        ("19 ' panel", "inch", {19.0}),
        ("5-1/2 inch", "inch", {5.5}),
        ("1,000 sheets", "sheets", {1000.0}),
        ("1,5 l", "volume", set()),
        ("1,5l", "volume", {1500.0}),
        ("12 fl oz", "volume", {354.882}),
        ("pack of 6", "pack", {6.0}),
        ("6-pack", "pack", {6.0}),
        ("5 users 1 year", "months", {12.0}),
        ("5.6 cu . ft.", "capacity", {5.6}),
        ("office 2019 home", "year", {2019.0}),
        ("1tb drive", "storage", {1000.0}),
    ],
)
def test_quantities_are_read_in_one_unit(written, dimension, values):
    assert quantities.quantities(written)[0].get(dimension, frozenset()) == values


def test_close_quantities_agree_and_others_do_not():
    assert quantities.close(frozenset({1000.0}), frozenset({1024.0}))
    assert not quantities.close(frozenset({19.0}), frozenset({20.0}))
