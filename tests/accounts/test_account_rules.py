"""Whose order it is: found by link, e-mail, name and address, or by a policy; and never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.accounts import Answer, Buyer, Known, Step, buyers, creations, key_of, matches, record_type_problem, waiting
from engine.crm import AccountForm, Person, PersonAccounts, RecordType
from engine.model import Customer, Order
from engine.settings import AccountPolicy, AccountSettings, LastName

AT = datetime(2026, 9, 1, 8, tzinfo=UTC)
ORG = PersonAccounts(True, (RecordType("012000000000001AAA", "Consumer"), RecordType("012000000000002AAA", "Member")))
SETTINGS = AccountSettings(
    with_profile=AccountPolicy.PERSON_ACCOUNT, without_profile=AccountPolicy.ACCOUNT_AND_CONTACT, record_type="Consumer"
)
ADA = Customer(
    "c1",
    "Ada Byron",
    email="Ada@Shop.example",
    first_name="Ada",
    last_name="Byron",
    street="1 Mill St.",
    postal_code="AB 1",
)


def order(id: str = "1", profile: str = "c1", customer: Customer = ADA, *, paid: bool = True, hours: int = 0) -> Order:
    return Order(id, f"N{id}", AT + timedelta(hours=hours), "paid", (), profile, replace(customer, id=profile), paid)


def person(id: str = "003A", email: str = "ada@shop.example", **values: Any) -> Person:
    plain: dict[str, Any] = {"first_name": "Ada", "last_name": "Byron", "street": "1 mill st", "postal_code": "ab1"}
    return Person(id, f"001-{id}", id, False, email=email, **{**plain, **values})


def one(found: Sequence[Buyer]) -> Buyer:
    (buyer,) = found
    return buyer


def look(orders: Sequence[Order], settings: AccountSettings = SETTINGS, **known: Any) -> list[Buyer]:
    return buyers(orders, Known(**{"person_accounts": ORG, **known}), settings)


def test_a_link_comes_first_then_the_address_of_mail_then_name_and_place() -> None:
    by_mail, by_place = person("003M"), person("003P", email="")
    linked = one(look([order()], people=[by_mail, by_place], links={"c1": "003L"}))
    assert (linked.step, linked.record) == (Step.LINKED, "003L")
    mailed = one(look([order()], people=[by_mail, by_place]))
    assert (mailed.step, mailed.record, mailed.why) == (Step.MATCH, "003M", "same e-mail address")
    placed = one(look([order()], people=[by_place]))
    assert (placed.step, placed.record, placed.why) == (Step.MATCH, "003P", "same name and address")


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ([person("003A"), person("003B", first_name="Bob")], "2 records have the e-mail address"),
        ([person(first_name="Bob")], "Bob Byron has the e-mail address, and another name"),
        ([person("003A", email=""), person("003B", email="x@y.example")], "2 records have the name and the address"),
    ],
)
def test_several_hits_or_another_name_wait_for_a_person(people: list[Person], said: str) -> None:
    buyer = one(look([order()], people=people))
    assert buyer.step is Step.WAITS
    assert said in buyer.why
    assert {hit.id for hit in buyer.hits} == {one.id for one in people}


def test_a_record_that_another_profile_is_mapped_to_waits_unless_sharing_is_allowed() -> None:
    taken = {"003A": "c9"}
    assert one(look([order()], people=[person()], taken=taken)).step is Step.WAITS
    assert one(look([order()], people=[person()], taken=taken, many_to_one=True)).step is Step.MATCH
    assert one(look([order(profile="")], people=[person()], taken=taken)).step is Step.MATCH  # a guest maps nothing


def test_two_profiles_that_fit_one_record_are_not_both_linked() -> None:
    found = look([order("1", "c1"), order("2", "c2", hours=1)], people=[person()])
    assert [one.step for one in found] == [Step.MATCH, Step.WAITS]


def test_policies_differ_for_orders_with_and_without_a_profile() -> None:
    with_profile, guest = one(look([order()])), one(look([order(profile="")]))
    assert (with_profile.step, with_profile.form) == (Step.CREATE, AccountForm.PERSON_ACCOUNT)
    assert (guest.step, guest.form) == (Step.CREATE, AccountForm.ACCOUNT_AND_CONTACT)
    asked = look([order()], AccountSettings())
    skipped = look([order()], replace_policy(AccountPolicy.SKIP))
    assert (one(asked).step, one(skipped).step) == (Step.WAITS, Step.SKIP)


def replace_policy(policy: AccountPolicy) -> AccountSettings:
    return SETTINGS.model_copy(update={"with_profile": policy})


def test_person_accounts_need_an_org_that_has_them_and_an_active_record_type() -> None:
    off = one(look([order()], person_accounts=PersonAccounts(False)))
    assert (off.step, "has no person accounts" in off.why) == (Step.BLOCKED, True)
    unknown = SETTINGS.model_copy(update={"record_type": "Partner"})
    blocked = one(look([order()], unknown))
    assert blocked.step is Step.BLOCKED
    assert "Consumer (012000000000001AAA); Member (012000000000002AAA)" in blocked.why
    assert record_type_problem(ORG, SETTINGS.model_copy(update={"record_type": "012000000000002"})) == ""
    assert "no record type is chosen" in record_type_problem(ORG, SETTINGS.model_copy(update={"record_type": ""}))


def test_a_missing_last_name_is_asked_for_or_stands_for_by_setting() -> None:
    nameless = replace(ADA, name="", first_name="", last_name="", company="Byron Ltd")

    def made(instead: LastName) -> Buyer:
        settings = SETTINGS.model_copy(update={"no_last_name": instead})
        return one(look([order(customer=nameless)], settings))

    assert made(LastName.ASK).step is Step.WAITS
    assert made(LastName.COMPANY).customer.last_name == "Byron Ltd"
    assert made(LastName.EMAIL).customer.last_name == "Ada"


def test_an_answer_decides() -> None:
    two = [person("003A"), person("003B")]
    used = one(look([order()], people=two, answers={"c1": Answer(use="003B")}))
    assert (used.step, used.record) == (Step.MATCH, "003B")
    made = one(look([order()], people=two, answers={"c1": Answer(form=AccountForm.ACCOUNT_AND_CONTACT)}))
    assert (made.step, made.form) == (Step.CREATE, AccountForm.ACCOUNT_AND_CONTACT)
    assert one(look([order()], people=two, answers={"c1": Answer()})).step is Step.SKIP


def test_two_new_buyers_with_one_name_and_address_are_not_both_made() -> None:
    """Run after run the second would be found by the first one's record: in one run it waits for it."""
    other = replace(ADA, email="ada@home.example", street="1 mill st", postal_code="ab1")
    for profiles in (("c1", "c2"), ("", ""), ("c1", "")):
        first, second = order("1", profiles[0]), order("2", profiles[1], other, hours=1)
        assert [one.step for one in look([first, second])] == [Step.CREATE, Step.WAITS], profiles
        assert [one.step for one in look([second, first])] == [Step.CREATE, Step.WAITS], profiles


def test_an_ignored_customer_is_left_alone_and_a_rejected_pair_is_not_linked() -> None:
    ignored = one(look([order()], people=[person()], ignored={"c1"}))
    assert (ignored.step, ignored.why) == (Step.SKIP, "the customer is ignored")
    by_mail, by_place = person("003M"), person("003P", email="")
    other = one(look([order()], people=[by_mail, by_place], rejected={("c1", "003M")}))
    assert (other.step, other.record) == (Step.MATCH, "003P")
    nobody = one(look([order()], people=[by_mail, by_place], rejected={("c1", "003M"), ("c1", "003P")}))
    assert nobody.step is Step.CREATE
    assert one(look([order("1", "c2")], people=[by_mail], rejected={("c1", "003M")})).step is Step.MATCH


def test_unpaid_orders_are_left_alone() -> None:
    assert look([order(paid=False)]) == []


NAMES = st.sampled_from(["Ada", "Bob", ""])
MAILS = st.sampled_from(["a@x.example", "A@X.example", "b@x.example", ""])


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[Order], Known]:
    orders = []
    for at in range(draw(st.integers(0, 6))):
        profile = draw(st.sampled_from(["", "c1", "c2"]))
        who = Customer(
            profile,
            "",
            email=draw(MAILS),
            first_name=draw(NAMES),
            last_name=draw(NAMES),
            street="1 St",
            postal_code="1",
        )
        orders.append(
            Order(str(at), f"N{at}", AT + timedelta(hours=at % 3), "paid", (), profile, who, draw(st.booleans()))
        )
    people = [
        person(
            f"003{at}", email=draw(MAILS), first_name=draw(NAMES), last_name=draw(NAMES), street="1 St", postal_code="1"
        )
        for at in range(draw(st.integers(0, 3)))
    ]
    links = draw(st.dictionaries(st.sampled_from(["c1", "c2", "order:0"]), st.just("003L"), max_size=2))
    return orders, Known(people, links, {}, {}, ORG)


@given(scenes(), st.randoms(use_true_random=False))
def test_every_paid_order_has_one_end_whatever_the_order_of_reading(
    scene: tuple[list[Order], Known], random: Any
) -> None:
    orders, known = scene
    found = buyers(orders, known, SETTINGS)
    assert sorted(one.order.id for one in found) == sorted(one.id for one in orders if one.paid)
    shuffled, people = list(orders), list(known.people)
    random.shuffle(shuffled)
    random.shuffle(people)
    assert buyers(shuffled, replace(known, people=people), SETTINGS) == found


@given(scenes())
def test_nobody_is_made_who_is_known_or_made_already_and_nobody_is_chosen_of_several(
    scene: tuple[list[Order], Known],
) -> None:
    orders, known = scene
    found = buyers(orders, known, SETTINGS)
    made = creations(found)
    keys, mails = [one.key for one in made], [one.customer.email.casefold() for one in made if one.customer.email]
    assert len(set(keys)) == len(keys)
    assert len(set(mails)) == len(mails)
    places = [(one.customer.first_name, one.customer.last_name) for one in made if one.customer.last_name]
    assert len(set(places)) == len(places)  # they all have one address
    there = {one.email.casefold() for one in known.people if one.email}
    assert not there & set(mails)
    assert not set(keys) & set(known.links)
    for buyer in matches(found):
        same = [one for one in known.people if one.email and one.email.casefold() == buyer.customer.email.casefold()]
        assert [one.id for one in same] in ([buyer.record], [])
    profiles = [one.record for one in matches(found) if not one.guest]
    assert len(set(profiles)) == len(profiles)
    assert {one.key for one in waiting(found)}.isdisjoint(keys)
    assert all(key_of(one.order) == one.key for one in found)
