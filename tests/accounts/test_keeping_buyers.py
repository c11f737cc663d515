"""Policies carried out between the two systems: who is linked, who is made, who waits, and what a lost answer leaves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.sandbox.faults import Fault, FaultKind
from engine.accounts import Answer, Step
from engine.crm import AccountForm
from engine.errors import UnknownId
from engine.model import Kind
from engine.ports import Result
from engine.settings import AccountPolicy
from tests.accounts.conftest import Buyers


def mapped(shop: Buyers) -> dict[str, str]:
    rows = shop.ws.snapshot("acme", Kind.CUSTOMERS).rows
    return {row.id: row.right_id for row in rows if row.side == "storefront" and row.right_id}


async def test_a_look_writes_nothing_and_says_who_every_buyer_is(shop: Buyers) -> None:
    await shop.record_type()
    seen = await shop.ws.look_at_buyers("acme")
    paid = [row for row in shop.store.state.rows("orders") if row["payment"]["payment_status"] == "Processed"]
    assert len(seen.buyers) == len(paid) > 20
    truth = shop.crm.truth
    pairs = {str(oid): id for oid, id in truth["customer_pairs"].items()}
    known = [buyer for buyer in seen.buyers if buyer.step is Step.MATCH and not buyer.guest]
    new = [buyer for buyer in seen.buyers if buyer.step is Step.CREATE and not buyer.guest]
    assert known
    assert new
    assert all(pairs[buyer.order.customer_id] == buyer.record for buyer in known)
    assert not [buyer for buyer in new if buyer.order.customer_id in pairs]
    assert sum(seen.count().values()) == len(paid)
    assert {step for step, n in seen.count().items() if n} >= {"match", "create", "waits"}
    assert mapped(shop) == {}
    assert shop.sent() == []


async def test_a_run_links_and_makes_each_buyer_once_and_a_second_one_does_nothing(shop: Buyers) -> None:
    await shop.record_type()
    before, seen = len(shop.accounts), await shop.ws.look_at_buyers("acme")
    done = await shop.ws.keep_buyers("acme", seen)
    made = {one.key for one in seen.buyers if one.step is Step.CREATE and not one.with_order}
    assert done.run is not None
    assert (done.run.totals.planned, done.run.totals.applied) == (len(made), len(made))
    assert len(shop.accounts) == before + len(made)
    assert {one.key for one in done.linked} | made >= set(mapped(shop))

    again = await shop.ws.keep_buyers("acme", await shop.ws.look_at_buyers("acme"))
    assert (again.run, again.linked) == (None, ())
    assert len(shop.accounts) == before + len(made)
    assert [one.key for one in again.waiting] == [one.key for one in done.waiting]


async def test_an_undo_deletes_nobody_and_names_who_was_made(shop: Buyers) -> None:
    await shop.record_type()
    done = await shop.ws.keep_buyers("acme")
    assert done.run is not None
    before = len(shop.accounts)
    plan = await shop.ws.plan_undo(done.run.id)
    assert plan.rows == 0
    assert len(plan.creations) == done.run.totals.applied
    assert all(one.blocked for one in plan.creations)
    assert len(shop.accounts) == before


async def test_a_person_account_gets_no_name_and_no_business_account_is_touched(shop: Buyers) -> None:
    name = await shop.record_type()
    business = {row["Id"]: row for row in shop.accounts if not row["IsPersonAccount"]}
    await shop.ws.keep_buyers("acme")
    bodies = [
        part["body"]
        for entry in shop.sent()
        for part in json.loads(entry.body if isinstance(entry.body, str) else json.dumps(entry.body))[
            "compositeRequest"
        ]
        if part["url"].endswith("/sobjects/Account")
    ]
    people = [body for body in bodies if "RecordTypeId" in body]
    assert people
    assert all("Name" not in body and body["LastName"] for body in people)
    assert all("RecordTypeId" in body or body["Name"] for body in bodies)
    assert name
    assert {id: row for id, row in ((row["Id"], row) for row in shop.accounts) if id in business} == business


async def test_without_a_record_type_the_policy_is_blocked_and_nothing_is_made(shop: Buyers) -> None:
    seen = await shop.ws.look_at_buyers("acme")  # no record type was chosen
    blocked = [one for one in seen.buyers if one.step is Step.BLOCKED]
    assert blocked
    assert all(
        "no record type is chosen (accounts.record_type). Active ones: Person Account" in one.why for one in blocked
    )
    await shop.ws.keep_buyers("acme", seen)
    assert not {one.key for one in blocked} & set(mapped(shop))


async def test_what_has_changed_since_it_was_shown_is_not_done(shop: Buyers) -> None:
    await shop.record_type()
    seen = await shop.ws.look_at_buyers("acme")
    buyer = next(one for one in seen.buyers if one.step is Step.CREATE and not one.guest and not one.with_order)
    shop.crm.state.put(
        "Contact", "003000000000099AAA",
        {**shop.contacts[0], "Id": "003000000000099AAA", "Email": buyer.customer.email, "FirstName": buyer.customer.first_name,
         "LastName": buyer.customer.last_name},
    )  # fmt: skip
    done = await shop.ws.keep_buyers("acme", seen)
    assert buyer.key in {one.key for one in done.moved}
    assert buyer.key not in mapped(shop)


@pytest.mark.parametrize("kind", [FaultKind.RESET_AFTER, FaultKind.ERROR_AFTER, FaultKind.CUT_AFTER])
async def test_a_lost_answer_makes_nobody_twice(shop: Buyers, kind: FaultKind) -> None:
    await shop.record_type()
    before, seen = len(shop.accounts), await shop.ws.look_at_buyers("acme")
    made = [one for one in seen.buyers if one.step is Step.CREATE and not one.with_order]
    shop.crm.faults.add(Fault(kind, method="POST", path="*composite*"))
    done = await shop.ws.keep_buyers("acme", seen)
    assert done.run is not None
    outcomes = shop.ws.outcomes(done.run.id)
    assert {one.result for one in outcomes} == {Result.APPLIED}
    again = await shop.ws.keep_buyers("acme")
    assert again.run is None
    assert len(shop.accounts) == before + len(made)


async def test_who_waits_is_answered_with_a_record_a_form_or_a_skip(shop: Buyers) -> None:
    await shop.record_type()
    done = await shop.ws.keep_buyers("acme")
    several = [one for one in done.waiting if one.hits and not one.key.startswith("order:")]
    first = several[0]
    assert first.why
    with pytest.raises(UnknownId, match="003000000000000AAA"):
        await shop.ws.answer_buyer("acme", first.order, Answer(use="003000000000000AAA"))
    assert first.key in {one.key for one in shop.ws.waiting_buyers("acme")}
    with pytest.raises(UnknownId, match="order that waits"):
        await shop.ws.answer_buyer("acme", "DEMO-9", Answer())

    await shop.ws.answer_buyer("acme", first.order, Answer(use=first.hits[0].id))
    assert mapped(shop)[first.key] == first.hits[0].id
    assert first.key not in {one.key for one in shop.ws.waiting_buyers("acme")}
    shop.ws.undo_edit("acme")
    assert first.key not in mapped(shop)
    asked = {one.key: one.step for one in (await shop.ws.look_at_buyers("acme")).buyers}
    assert asked[first.key] is Step.WAITS  # taken back is taken back: no run links it again

    rest = [one for one in done.waiting if one.key != first.key]
    await shop.ws.answer_buyer("acme", rest[0].order, Answer())
    before = len(shop.accounts)
    await shop.ws.answer_buyer("acme", rest[1].order, Answer(form=AccountForm.ACCOUNT_AND_CONTACT))
    after = await shop.ws.look_at_buyers("acme")
    steps = {one.key: one.step for one in after.buyers}
    assert steps[rest[0].key] is Step.SKIP
    await shop.ws.answer_buyer("acme", rest[0].order, None)
    again = {one.key: one.step for one in (await shop.ws.look_at_buyers("acme")).buyers}
    assert again[rest[0].key] is Step.WAITS
    if steps[rest[1].key] is Step.CREATE:
        await shop.ws.keep_buyers("acme", after)
        assert len(shop.accounts) == before + 1
    else:
        assert "last name" in next(one.why for one in after.buyers if one.key == rest[1].key)


async def test_a_guest_is_linked_at_once_and_can_be_asked_about_again(shop: Buyers) -> None:
    shop.ws.set_integration("acme", {"accounts.without_profile": "ask"})
    done = await shop.ws.keep_buyers("acme")
    guest = next(one for one in done.waiting if one.key.startswith("order:"))
    record = next(row["Id"] for row in shop.contacts if not row.get("IsPersonAccount"))
    await shop.ws.answer_buyer("acme", guest.order, Answer(use=record))

    async def step() -> tuple[Step, str]:
        found = {one.key: (one.step, one.record) for one in (await shop.ws.look_at_buyers("acme")).buyers}
        return found[guest.key]

    assert await step() == (Step.LINKED, record)
    await shop.ws.answer_buyer("acme", guest.order, None)
    assert await step() == (Step.WAITS, "")


async def test_what_was_ignored_or_rejected_in_the_list_is_not_linked(shop: Buyers) -> None:
    await shop.record_type()
    seen = await shop.ws.look_at_buyers("acme")
    first, second = [one for one in seen.buyers if one.step is Step.MATCH and not one.guest and not one.with_order][:2]
    shop.ws.ignore("acme", Kind.CUSTOMERS, [first.key], "not ours")
    shop.ws.reject("acme", Kind.CUSTOMERS, second.key, second.record)
    done = await shop.ws.keep_buyers("acme", seen)
    assert first.key not in mapped(shop)
    assert mapped(shop).get(second.key) != second.record
    assert {first.key, second.key} <= {one.key for one in done.moved}


async def test_other_policies_are_simulated_without_being_saved(shop: Buyers) -> None:
    settings = shop.ws.integration("acme").settings.accounts
    skip = settings.model_copy(update={"with_profile": AccountPolicy.SKIP, "without_profile": AccountPolicy.SKIP})
    seen = await shop.ws.look_at_buyers("acme", skip)
    assert seen.count()["create"] == 0
    assert seen.count()["skip"] > 0
    assert shop.ws.integration("acme").settings.accounts == settings
    assert any(one.step is Step.CREATE for one in (await shop.ws.look_at_buyers("acme")).buyers)


async def test_an_automatic_run_tells_that_somebody_waits(shop: Buyers) -> None:
    await shop.record_type()
    done = await shop.ws.keep_buyers_unattended("acme", "schedule 1")
    assert done.run is not None
    assert done.run.trigger == "schedule 1"
    texts: list[Any] = [one.message for one in shop.ws.alarms()]
    assert any(f"{len(done.waiting)} buyer(s) wait for a person" in text for text in texts)


async def test_who_is_refused_as_a_duplicate_is_offered_the_record_and_can_be_it(shop: Buyers) -> None:
    await shop.record_type()
    seen = await shop.ws.look_at_buyers("acme")
    buyer = next(one for one in seen.buyers if one.step is Step.CREATE and not one.guest and not one.with_order)
    contact = next(row for row in shop.contacts if not row["IsPersonAccount"])
    # somebody of another first name uses the address: not found as them, and a duplicate to Salesforce
    changed = {"Email": buyer.customer.email, "FirstName": "Somebody", "LastName": buyer.customer.last_name}
    shop.crm.state.put("Contact", contact["Id"], contact | changed)
    (waits,) = [
        one for one in (await shop.ws.look_at_buyers("acme")).buyers if one.key == buyer.key and not one.with_order
    ]
    assert waits.step is Step.WAITS
    await shop.ws.keep_buyers("acme")
    await shop.ws.answer_buyer("acme", waits.order.number, Answer(form=AccountForm.PERSON_ACCOUNT))

    done = await shop.ws.keep_buyers("acme")
    assert done.run is not None
    (refused,) = [one for one in shop.ws.outcomes(done.run.id) if one.storefront_id == buyer.key]
    assert (refused.result, refused.code) == (Result.REJECTED, "DUPLICATES_DETECTED")
    (queued,) = [one for one in shop.ws.waiting_buyers("acme") if one.key == buyer.key]
    assert [hit.id for hit in queued.hits] == [contact["Id"]]
    assert queued in done.waiting
    # not sent again and again: it waits, until a person says so
    again = await shop.ws.keep_buyers("acme")
    assert (again.run, [one.key for one in again.waiting if one.key == buyer.key]) == (None, [buyer.key])
    contact = shop.crm.state.get("Contact", contact["Id"]) or {}
    shop.crm.state.put("Contact", contact["Id"], contact | {"Email": "other@new.example"})
    assert buyer.key in {one.key for one in (await shop.ws.keep_buyers("acme")).waiting}
    await shop.ws.answer_buyer("acme", queued.order, Answer(use=contact["Id"]))
    assert mapped(shop)[buyer.key] == contact["Id"]
    again = await shop.ws.keep_buyers("acme")
    assert [one for one in again.waiting if one.key == buyer.key] == []


@pytest.mark.parametrize("shop", [{"people": False}], indirect=True)
async def test_an_org_without_person_accounts_blocks_that_policy_and_keeps_the_other(shop: Buyers) -> None:
    org = await shop.ws.account_org("acme")
    assert (org.enabled, org.record_types) == (False, ())
    seen = await shop.ws.look_at_buyers("acme")
    blocked = [one for one in seen.buyers if one.step is Step.BLOCKED]
    assert blocked
    assert all(not one.guest and "has no person accounts" in one.why for one in blocked)
    made = {one.key for one in seen.buyers if one.step is Step.CREATE and not one.with_order}
    assert all(key.startswith("order:") for key in made)
    before = len(shop.accounts)
    done = await shop.ws.keep_buyers("acme", seen)
    assert done.run is not None
    assert done.run.totals.applied == len(made) == len(shop.accounts) - before

    shop.ws.set_integration("acme", {"accounts.with_profile": "account_and_contact"})
    again = await shop.ws.keep_buyers("acme")
    assert again.run is not None
    assert again.run.totals.applied == len({one.key for one in blocked})
    contacts = {row["Id"]: row for row in shop.contacts}
    for outcome in shop.ws.outcomes(again.run.id):
        assert contacts[outcome.backoffice_id]["AccountId"]
        assert mapped(shop)[outcome.storefront_id] == outcome.backoffice_id
    assert not any("IsPersonAccount" in str(one.query) for one in shop.crm.log.since())
    assert all(one.status < 400 for one in shop.crm.log.since())
