"""Suggestions for customers: messy names, keys, places, and how far a score can be trusted."""

from __future__ import annotations

import random

import pytest

from engine.matching import suggest
from engine.model import Customer, Kind
from engine.settings import IntegrationSettings

SETTINGS = IntegrationSettings()
OTHERS = [
    Customer(f"o{n}", name)
    for n, name in enumerate(
        ["Fabrikam Inc", "Adatum Corp", "Wingtip Toys", "Tailspin Travel", "Northwind Traders", "Litware LLC"]
    )
]


def ranked(left, right):
    return suggest(Kind.CUSTOMERS, left, right, settings=SETTINGS)


@pytest.mark.parametrize(
    ("mine", "theirs", "reason"),
    [
        (Customer("s", "Contoso, Ltd."), Customer("b", "CONTOSO LIMITED"), "same name"),
        (Customer("s", "Smith & Sons"), Customer("b", "Sons and Smith Inc."), "same name"),
        (Customer("s", "Müller Söhne GmbH"), Customer("b", "Muller Sohne"), "same name"),
        (Customer("s", "Contoso", email="a@contoso.com"), Customer("b", "CT Holdings", email="b@contoso.com"), "domain contoso.com"),
        (Customer("s", "J. Doe", email="jd@gmail.com"), Customer("b", "Doe Repairs", email="JD@gmail.com"), "same e-mail jd@gmail.com"),
        (Customer("s", "Acme", email="x@blueyonderair.com"), Customer("b", "Blue Yonder Air"), "domain blueyonderair.com fits the name"),
        (Customer("s", "Alpine Ski", phone="+1 425 555 0100"), Customer("b", "Ski House", phone="(425) 555-0100"), "same phone"),
        (Customer("s", "Coho Wine", postal_code="98052"), Customer("b", "Coho Winery", postal_code="98052-1234"), "same postal code 98052"),
    ],
)  # fmt: skip
def test_the_counterpart_comes_first_and_says_why(mine, theirs, reason):
    best = ranked([mine], [theirs, *OTHERS])["s"][0]
    assert best.backoffice_id == "b"
    assert reason in best.evidence


def test_a_namesake_elsewhere_comes_second():
    mine = Customer("s", "Alpine Dental", postal_code="98052", city="Redmond", email="office@alpinedental.com")
    right = [
        Customer("b1", "Alpine Dental", postal_code="10001", city="New York", email="hello@alpine-ny.com"),
        Customer("b2", "Alpine Dental PLLC", postal_code="98052", city="Redmond"),
        *OTHERS,
    ]
    best = ranked([mine], right)["s"]
    assert [s.backoffice_id for s in best[:2]] == ["b2", "b1"]
    assert "other postal code: 98052 / 10001" in best[1].evidence


def test_free_mail_domains_bring_nobody_together():
    found = ranked(
        [Customer("s", "Alpha One", email="a@gmail.com")], [Customer("b", "Beta Two", email="b@gmail.com"), *OTHERS]
    )
    assert "b" not in {s.backoffice_id for own in found.values() for s in own}


PLACES = [
    "north",
    "south",
    "summit",
    "harbor",
    "river",
    "stone",
    "cedar",
    "blue",
    "silver",
    "falcon",
    "eagle",
    "pioneer",
    "heritage",
    "liberty",
    "union",
    "valley",
    "metro",
]
TRADES = [
    "dental",
    "legal",
    "medical",
    "accounting",
    "logistics",
    "plumbing",
    "design",
    "realty",
    "insurance",
    "bakery",
    "motors",
    "electric",
    "farms",
    "foods",
]
FORMS = ["Inc", "Inc.", "LLC", "Ltd.", "GmbH", "Corp", "& Co", ""]


def test_high_scores_of_messy_made_up_customers_are_nearly_always_right():
    rng = random.Random(11)

    def rendered(id: str, words: list[str], domain: str, place: str) -> Customer:
        shown = [word.title() for word in words]
        if rng.random() < 0.2:
            rng.shuffle(shown)
        name = " ".join([*shown, rng.choice(FORMS)]).strip()
        if rng.random() < 0.15:
            at = rng.randrange(1, len(name) - 1)
            name = name[:at] + name[at + 1 :]
        email = f"{rng.choice(['info', 'office', 'it'])}@{domain}" if rng.random() < 0.6 else ""
        return Customer(id, name, email=email, postal_code=place if rng.random() < 0.6 else "")

    left, right, true = [], [], {}
    for n in range(400):
        words = [rng.choice(PLACES), rng.choice(PLACES), rng.choice(TRADES)]
        domain, place = "".join(words) + rng.choice([".com", ".net", ".de"]), str(rng.randint(10000, 99999))
        kept = rng.random()
        if kept < 0.8:
            left.append(rendered(f"s{n}", words, domain, place))
        if kept < 0.6 or kept >= 0.8:
            right.append(rendered(f"b{n}", words, domain, place))
        if kept < 0.6:
            true[f"s{n}"] = f"b{n}"
    found = ranked(left, right)
    first = sum(found[id][0].backoffice_id == own for id, own in true.items() if id in found)
    assert first >= 0.93 * len(true)
    sure = [own[0] for own in found.values() if own[0].score >= 0.9 and not own[0].ambiguous]
    right_ones = sum(true.get(s.storefront_id) == s.backoffice_id for s in sure)
    assert right_ones >= 0.95 * len(sure)
    assert len(sure) >= 0.4 * len(true)
