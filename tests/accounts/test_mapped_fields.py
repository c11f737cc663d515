"""Mapped customer fields go into the records that are made of buyers."""

from __future__ import annotations

from typing import Any

from engine.accounts import Step
from engine.crm import AccountForm
from engine.field_mappings import FieldMapping
from engine.field_values import Transform
from engine.findings import Action, Code, Resolution
from engine.model import Kind
from tests.accounts.conftest import Buyers


def mapping(source: str, target: str, **how: Any) -> FieldMapping:
    owner, _, name = target.partition(".")
    return FieldMapping("acme", Kind.CUSTOMERS, source, owner, name, transform=Transform(**how))


async def test_made_buyers_get_their_mapped_fields(shop: Buyers) -> None:
    await shop.record_type()
    await shop.ws.pull_schema("acme")
    for one in (
        mapping("billing.title", "Account.PersonTitle"),
        mapping("", "Account.UC_Tier__c", constant="shop"),
        mapping("", "Contact.Title", constant="Buyer"),
        mapping("business_notes", "Contact.UC_Loyalty__c"),
    ):
        shop.ws.map_field("acme", one)
    seen = await shop.ws.look_at_buyers("acme")
    made = [one for one in seen.buyers if one.step is Step.CREATE and not one.with_order]
    assert {one.form for one in made} == set(AccountForm)
    done = await shop.ws.keep_buyers("acme", seen)
    assert done.run is not None
    assert done.run.totals.applied == len(made)

    accounts = {row["Id"]: row for row in shop.accounts}
    contacts = {row["Id"]: row for row in shop.contacts}
    outcomes = {one.storefront_id: one.backoffice_id for one in shop.ws.outcomes(done.run.id)}
    profiles = {str(row["customer_profile_oid"]): row for row in shop.store.state.rows("customers")}
    for buyer in made:
        id = outcomes[buyer.key]
        if buyer.form is AccountForm.PERSON_ACCOUNT:
            assert accounts[id]["UC_Tier__c"] == "shop"
            title = profiles[buyer.key]["billing"][0].get("title")
            assert accounts[id]["PersonTitle"] == (title or None)
        else:
            assert contacts[id]["Title"] == "Buyer"
            assert accounts[contacts[id]["AccountId"]]["UC_Tier__c"] == "shop"
            assert not accounts[contacts[id]["AccountId"]].get("PersonTitle")


async def test_a_value_that_does_not_fit_is_left_out_and_said(shop: Buyers) -> None:
    await shop.record_type()
    await shop.ws.pull_schema("acme")
    shop.ws.map_field("acme", mapping("referral_source", "Account.UC_Loyalty__pc"))
    (key,) = [
        one.key
        for one in (await shop.ws.look_at_buyers("acme")).buyers
        if one.step is Step.CREATE and not one.guest and not one.with_order
    ][:1]
    row = next(row for row in shop.store.state.rows("customers") if str(row["customer_profile_oid"]) == key)
    shop.store.state.put(
        "customers", key, row | {"referral_source": "many", "last_modified_dts": "2026-09-20T11:59:00+00:00"}
    )
    await shop.ws.pull("acme")
    (buyer,) = [one for one in (await shop.ws.look_at_buyers("acme")).buyers if one.key == key and not one.with_order]
    assert "left out Account.UC_Loyalty__pc: 'many' is not a number" in buyer.why
    assert buyer.fields == ()


async def test_mapped_fields_of_known_buyers_are_reconciled_where_they_are_and_taken_back(shop: Buyers) -> None:
    await shop.record_type()
    await shop.ws.pull_schema("acme")
    await shop.ws.keep_buyers("acme")
    for one in (
        mapping("billing.postal_code", "Account.PersonTitle"),
        mapping("billing.city", "Contact.Title"),
        mapping("", "Account.UC_Tier__c", constant="shop"),
    ):
        shop.ws.map_field("acme", one)
    made = await shop.ws.reconcile("acme", (Kind.CUSTOMERS,))
    found = [one.finding for one in shop.ws.findings(made.id) if one.finding.code is Code.CUSTOM_FIELD_MISMATCH]
    people = {row["Id"] for row in shop.accounts if row["IsPersonAccount"]}
    assert {one.field for one in found if one.backoffice_id in people} == {"PersonTitle", "UC_Tier__c"}
    assert {one.field for one in found if one.backoffice_id not in people} == {"Title"}
    before = {row["Id"]: row for row in (*shop.accounts, *shop.contacts)}

    every = [one.finding.key for one in shop.ws.findings(made.id) if one.finding.action is not Action.MANUAL]
    done = await shop.ws.resolve_findings(await shop.ws.plan_resolutions(made.id, every))
    assert {one.result for one in done} == {Resolution.APPLIED}, [
        (one.finding.key, one.message, one.code) for one in done if one.result != "applied"
    ]
    assert len(done) == len(every)
    profiles = {str(row["customer_profile_oid"]): row for row in shop.store.state.rows("customers")}
    now = {row["Id"]: row for row in (*shop.accounts, *shop.contacts)}
    for one in found:
        address = profiles[one.storefront_id]["billing"][0]
        wanted = {"PersonTitle": address["postal_code"], "Title": address["city"], "UC_Tier__c": "shop"}[one.field]
        assert now[one.backoffice_id][one.field] == wanted
    again = await shop.ws.reconcile("acme", (Kind.CUSTOMERS,))
    assert "CUSTOM_FIELD_MISMATCH" not in again.counts

    undone = await shop.ws.sync(await shop.ws.plan_undo(done[-1].run))
    assert undone.totals.applied == len(found)
    for row in (*shop.accounts, *shop.contacts):
        fields = {"PersonTitle", "Title", "UC_Tier__c"} & row.keys()
        assert {name: row[name] for name in fields} == {name: before[row["Id"]][name] for name in fields}
