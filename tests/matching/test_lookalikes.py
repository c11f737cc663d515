"""Whom an imported customer would be a second one of."""

from __future__ import annotations

import pytest

from engine.lookalikes import lookalikes
from engine.model import Customer
from engine.views import Suggestion

THERE = [
    Customer("1", "Contoso Ltd.", external_id="B7"),
    Customer("2", "Fabrikam", email="Office@Fabrikam.example"),
    Customer("3", "Northwind & Sons, Inc."),
]


@pytest.mark.parametrize(
    ("who", "twins"),
    [
        (Customer("B7", "Renamed since"), ("Contoso Ltd. (1): same external id",)),
        (Customer("B8", "Other", email=" office@fabrikam.example "), ("Fabrikam (2): same e-mail",)),
        (Customer("B9", "northwind and sons LLC"), ("Northwind & Sons, Inc. (3): same name",)),
        (Customer("B1", "Tailspin", email="hello@tailspin.example"), ()),
        (Customer("B2", "No mail, no name in common", email=""), ()),
    ],
)
def test_an_external_id_a_mail_and_a_name_tell_a_twin(who: Customer, twins: tuple[str, ...]) -> None:
    assert lookalikes(THERE, [who], {}).get(who.id, ()) == twins


def test_a_likely_suggestion_tells_a_twin_and_an_unlikely_one_does_not() -> None:
    guesses = {
        "1": (Suggestion("1", "B1", 0.51, ("domain contoso.com",), storefront_name="Contoso Ltd."),),
        "2": (Suggestion("2", "B2", 0.49, ("similar name",), storefront_name="Fabrikam"),),
        "3": (Suggestion("3", "B3", 0.2, (), ambiguous=True, storefront_name="Northwind"),),
    }
    found = lookalikes(THERE, [Customer(b, f"Unlike {b}") for b in ("B1", "B2", "B3")], guesses)
    assert found == {"B1": ("Contoso Ltd. (1): domain contoso.com",), "B3": ("Northwind (3): score 0.20",)}


def test_a_rejected_pair_is_not_alike_whatever_it_has_in_common() -> None:
    who = Customer("B7", "Fabrikam")
    assert lookalikes(THERE, [who], {}, {("1", "B7")}) == {"B7": ("Fabrikam (2): same name",)}
    assert lookalikes(THERE, [who], {}, {("1", "B7"), ("2", "B7")}) == {}


def test_only_a_few_are_named_and_the_rest_counted() -> None:
    many = [Customer(str(n), "Contoso") for n in range(5)]
    (texts,) = lookalikes(many, [Customer("B1", "contoso")], {}).values()
    assert texts[:2] == ("Contoso (0): same name", "Contoso (1): same name")
    assert texts[-1] == "and 2 more"
