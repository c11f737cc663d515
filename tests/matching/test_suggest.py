"""Ranked suggestions: order, evidence, what is ambiguous, what never comes back, and that the order of reading is idle."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.matching import exact, suggest
from engine.matching.suggest import PLAUSIBLE
from engine.model import Fee, Kind, PriceOption, Product, Sku
from engine.settings import IntegrationSettings

SETTINGS = IntegrationSettings()
SHARED = IntegrationSettings(many_to_one=True)


def product(id: str, name: str, price: str = "", **more) -> Product:
    return Product(id, name, prices=(PriceOption(Decimal(price)),) if price else (), **more)


def ranked(left, right, **more):
    more.setdefault("settings", SETTINGS)
    return suggest(Kind.PRODUCTS, left, right, **more)


#: A small catalogue around the records of a test, so that words have a rarity.
OTHERS = [
    product(f"o{n}", name)
    for n, name in enumerate(
        [
            "Contoso laser printer LP-100",
            "Fabrikam router R7",
            "Tailspin backup 1 TB",
            "Northwind chair blue",
            "Litware antivirus 3 users",
            "Adatum headset H-55",
            "Wingtip camera C900",
            "Proseware firewall FW-20",
            "Lucerne monitor 24 inch",
            "Fourth Coffee beans 500 g",
        ]
    )
]


def test_the_same_model_comes_first_and_says_so():
    left = [product("s1", "Contoso Laser Printer WX-240 black", "199.00")]
    right = [
        product("b1", "Contoso WX240 laser printer", "205.00"),
        product("b2", "Contoso WX250 laser printer", "199.00"),
        *OTHERS,
    ]
    best = ranked(left, right)["s1"]
    assert [s.backoffice_id for s in best[:2]] == ["b1", "b2"]
    assert "same model WX240" in best[0].evidence
    assert "price 3 % apart" in best[0].evidence
    assert "name 0.90 alike" in best[0].evidence
    assert "other model: WX240 / WX250" in best[1].evidence
    assert (best[0].storefront_name, best[0].backoffice_name) == (left[0].name, right[0].name)
    assert not best[0].exact
    assert best[0].score > 0.5 > best[1].score


@pytest.mark.parametrize(
    ("mine", "right_one", "wrong_one", "reason"),
    [
        ("Northwind desk lamp black", "Northwind lamp desk blk", "Northwind desk lamp white", "other colour: black / white"),
        ("Litware Office 5 users", "Litware Office, 5 seats", "Litware Office 25 users", "other quantity: 5 users / 25 users"),
        ('Lucerne TV 32"', "Lucerne 32-inch TV", "Lucerne TV 40 inch", "other quantity: 32 in / 40 in"),
        ("Proseware Studio 4.0", "Proseware Studio 4", "Proseware Studio 5", "other number: 4 / 5"),
        ("Tailspin Suite professional", "Tailspin Suite Pro", "Tailspin Suite home", "other variant: professional / home"),
        ("Tailspin Mail monthly", "Tailspin mail, monthly", "Tailspin Mail annual", "other variant: monthly / annual"),
        ("Adatum Editor", "Adatum Editor", "Adatum Editor upgrade", "only one is upgrade"),
        ("Fourth Coffee dark roast 12 oz", "Fourth Coffee dark roast 12oz", "Fourth Coffee dark roast 2 lb", "other quantity"),
    ],
)  # fmt: skip
def test_variants_are_told_apart_in_words(mine, right_one, wrong_one, reason):
    best = ranked([product("s1", mine)], [product("b1", right_one), product("b2", wrong_one), *OTHERS])["s1"]
    assert [s.backoffice_id for s in best[:2]] == ["b1", "b2"]
    assert any(said.startswith(reason) for said in best[1].evidence), best[1].evidence


def test_a_code_brings_a_counterpart_in_whatever_its_name_is():
    left = [product("s1", "Something quite different", mpn="ZX-9000")]
    right = [product("b1", "Alpha beta", notes="x", skus=(Sku("ZX9000"),)), *OTHERS]
    best = ranked(left, right)["s1"][0]
    assert (best.backoffice_id, best.exact, best.score) == ("b1", True, 1.0)
    assert best.evidence[0] == "same MPN/SKU zx9000"


def test_two_counterparts_that_are_nearly_equal_are_ambiguous():
    left = [product("s1", "Contoso cloud backup")]
    right = [product("b1", "Contoso cloud backup"), product("b2", "Contoso cloud backup"), *OTHERS]
    best = ranked(left, right)["s1"]
    assert [(s.backoffice_id, s.ambiguous) for s in best[:2]] == [("b1", True), ("b2", True)]


def test_counterparts_that_fit_equally_badly_are_not_called_ambiguous():
    left = [product("s1", "Voice Seat Pro X100")]
    right = [product("b1", "Voice Seat Basic Z900"), product("b2", "Voice Seat Basic Q900"), *OTHERS]
    best = ranked(left, right)["s1"]
    assert [s.backoffice_id for s in best[:2]] == ["b1", "b2"]
    assert best[0].score == best[1].score < PLAUSIBLE
    assert not any(s.ambiguous for s in best)


def test_two_records_that_claim_one_counterpart_are_ambiguous_unless_it_may_be_shared():
    left = [product("s1", "Contoso cloud backup"), product("s2", "Contoso cloud backup")]
    right = [product("b1", "Contoso cloud backup"), *OTHERS]
    assert all(ranked(left, right)[id][0].ambiguous for id in ("s1", "s2"))
    assert not any(ranked(left, right, settings=SHARED)[id][0].ambiguous for id in ("s1", "s2"))


def test_a_rejected_pair_never_comes_back():
    left = [product("s1", "Contoso cloud backup", mpn="CCB-1")]
    right = [product("b1", "Contoso cloud backup", mpn="CCB-1"), *OTHERS]
    assert ranked(left, right)["s1"][0].backoffice_id == "b1"
    after = ranked(left, right, rejected=[("s1", "b1")])
    assert "b1" not in {s.backoffice_id for s in after.get("s1", ())}


def test_confirmed_pairs_are_done_and_their_counterparts_taken():
    left = [product("s1", "Contoso cloud backup"), product("s2", "Contoso cloud backup plus")]
    right = [product("b1", "Contoso cloud backup"), *OTHERS]
    after = ranked(left, right, confirmed=[("s1", "b1")])
    assert "s1" not in after
    assert "b1" not in {s.backoffice_id for s in after.get("s2", ())}
    shared = ranked(left, right, confirmed=[("s1", "b1")], settings=SHARED)
    assert shared["s2"][0].backoffice_id == "b1"


def test_base_products_are_never_suggested():
    left = [product("s1", "Contoso cloud backup"), product("s0", "Contoso cloud backup", is_base=True)]
    right = [product("b0", "Contoso cloud backup", is_base=True), product("b1", "Contoso backup"), *OTHERS]
    found = ranked(left, right)
    assert "s0" not in found
    assert found["s1"][0].backoffice_id == "b1"


def test_fees_are_compared_with_products_by_name_and_amount():
    fees = [Fee("f1", "Cancellation Fee", amount=Decimal(50)), Fee("f2", "Onboarding", type="setup")]
    right = [product("b1", "Fee for cancellation", "50"), product("b2", "Setup fee, onboarding"), *OTHERS]
    found = suggest(Kind.FEES, fees, right, settings=SETTINGS)
    assert {id: own[0].backoffice_id for id, own in found.items()} == {"f1": "b1", "f2": "b2"}
    assert found["f1"][0].storefront_name == "Cancellation Fee"
    assert "same price" in found["f1"][0].evidence


def test_nothing_in_nothing_out():
    assert ranked([], OTHERS) == {}
    assert ranked([product("s1", "A")], []) == {}
    assert ranked([product("s1", "")], [product("b1", "")]) == {}
    assert ranked([product("s1", "Contoso")], [product("b1", "漢字")]) == {}


def test_scripts_without_spaces_and_accents_are_found():
    right = [product("b1", "東京 会計 サービス"), product("b2", "Café crème"), *OTHERS]
    found = ranked([product("s1", "会計サービス 東京"), product("s2", "CAFE CREME")], right)
    assert {id: own[0].backoffice_id for id, own in found.items()} == {"s1": "b1", "s2": "b2"}


def test_progress_is_told_and_can_end_the_work():
    told = []
    ranked([product("s1", "A b c")], OTHERS, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 1), (1, 1)]

    class Enough(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Enough

    with pytest.raises(Enough):
        ranked([product("s1", "A b c")], OTHERS, progress=stop)


words = st.sampled_from(
    [
        "contoso",
        "router",
        "r7",
        "black",
        "white",
        "4.0",
        "5",
        "pro",
        "home",
        "backup",
        "12-pack",
        "500g",
        "usb",
        "lp-100",
        "lp-101",
        "seat",
        "annual",
    ]
)
names = st.lists(words, min_size=0, max_size=6).map(" ".join)
prices = st.sampled_from(["", "10", "10.50", "99"])
mpns = st.sampled_from(["", "", "M-100", "M-101"])


def side(letter: str):
    records = st.lists(st.tuples(names, prices, mpns, st.booleans()), max_size=7)
    return records.map(
        lambda rows: [
            product(f"{letter}{n}", name, price, mpn=mpn, active=active)
            for n, (name, price, mpn, active) in enumerate(rows)
        ]
    )


@settings(max_examples=40)
@given(
    side("s"),
    side("b"),
    st.integers(1, 6),
    st.randoms(use_true_random=False),
    st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6))),
)
def test_what_always_holds(left, right, top, rng, forbidden):
    rejected = {(f"s{mine}", f"b{theirs}") for mine, theirs in forbidden}
    found = ranked(left, right, top=top, rejected=rejected)
    for id, own in found.items():
        assert 1 <= len(own) <= top
        assert len({s.backoffice_id for s in own}) == len(own)
        assert all(s.storefront_id == id and (id, s.backoffice_id) not in rejected for s in own)
        assert all(0.0 <= s.score <= 1.0 and (s.score == 1.0) == s.exact for s in own)
        assert [s.score for s in own] == sorted((s.score for s in own), reverse=True)
        assert all(s.evidence and all(s.evidence) for s in own)
        assert not any(s.exact and s.ambiguous for s in own)
    shuffled_left, shuffled_right = list(left), list(right)
    rng.shuffle(shuffled_left)
    rng.shuffle(shuffled_right)
    assert ranked(shuffled_left, shuffled_right, top=top, rejected=rejected) == found
    least = ranked(left, right, top=top, rejected=rejected, min_score=0.5)
    assert all(s.score >= 0.5 for own in least.values() for s in own)
    known = {
        (m.storefront_id, m.backoffice_id) for m in exact(Kind.PRODUCTS, left, right, settings=SETTINGS) if m.exact
    }
    firsts = {(id, own[0].backoffice_id) for id, own in found.items()}
    assert {pair for pair in known - rejected if pair[0] in found} <= firsts
