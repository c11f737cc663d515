"""Person accounts, and accounts with a contact: which there may be, who is there, and making one of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.crm import AccountDraft, AccountForm, TextValue
from engine.model import Customer
from engine.ports import Result

DATA = "/services/data/v67.0"
COMPOSITE = f"{DATA}/composite"
JANE = Customer(
    id="77", name="Jane Roe", first_name="Jane", last_name="Roe", email="jane.roe@new.example", phone="+1 555 1",
    street="1 Main", street2="Suite 2", city="Springvale", postal_code="92612", region="CA", country="US",
)  # fmt: skip


@pytest.fixture
def draft(org, connect):
    def make(form: AccountForm = AccountForm.PERSON_ACCOUNT, customer: Customer = JANE, **values) -> AccountDraft:
        given = {"key": "k", "marker": "crosswalk:people:77", "record_type_id": "0125g0000000002AAA"}
        return AccountDraft(form=form, customer=customer, **{**given, **values})

    return make


def accounts(served) -> list[dict]:
    return [row for row in served.state.rows("Account") if "crosswalk:people:77" in str(row["Description"])]


class TestRecordTypes:
    async def test_exactly_the_active_ones_that_this_user_may_use(self, org, connect) -> None:
        found = await connect(org()).person_accounts()
        assert found.enabled
        assert [(one.name, one.default) for one in found.record_types] == [("Person Account", True)]

    async def test_an_org_without_them(self, org, connect) -> None:
        served = org(people=False)
        assert not (await connect(served).person_accounts()).enabled


class TestFinding:
    async def test_by_email_by_name_and_everybody_of_them(self, org, connect, crm_world) -> None:
        served = org()
        connector = connect(served)
        person, contact = crm_world.person_accounts[0], crm_world.contacts[0]
        found = {
            one.id: one for one in await connector.find_people([person.email.upper(), contact.email, "x@y.example"])
        }
        assert {person.id, contact.id} <= set(found)
        assert (found[person.id].is_person, found[person.id].contact_id) == (True, person.contact_id)
        assert (found[contact.id].account_id, found[contact.id].city) == (contact.account, contact.mailing.city)
        name = (person.billing.first_name, person.billing.last_name)
        named = await connector.find_people([], [name, ("No", "Body"), ("", "O'Nobody")])
        wanted = {
            row["Id"] if not row["IsPersonAccount"] else row["AccountId"]
            for row in served.state.rows("Contact")
            if (row["FirstName"], row["LastName"]) == name
        }
        assert {one.id for one in named} == wanted
        assert await connector.find_people([], []) == []

    async def test_by_marker_in_a_field_that_cannot_be_asked_for(self, org, connect, draft) -> None:
        connector = connect(org())
        made = await connector.create_account(draft())
        (found,) = await connector.find_people([], [], "crosswalk:people:77")
        assert found.id == made.id
        assert await connector.find_people([], [], "crosswalk:people:7") == []

    async def test_by_marker_in_a_field_of_its_own(self, org, connect, draft) -> None:
        served = org()
        connector = connect(served, account_marker_field="UC_Customer_Id__c")
        made = await connector.create_account(draft(marker="77"))
        assert served.state.get("Account", made.account_id)["UC_Customer_Id__c"] == "77"
        assert served.state.get("Account", made.account_id)["Description"] is None
        assert [one.id for one in await connector.find_people([], [], "77")] == [made.id]


class TestMaking:
    async def test_a_person_account_is_one_account_and_its_name_is_never_sent(self, org, connect, draft) -> None:
        served = org()
        custom = (TextValue("UC_Loyalty__pc", "5"), TextValue("Name", "Never"))
        outcome = await connect(served).create_account(draft(custom=custom))
        assert outcome.result is Result.APPLIED, outcome.message
        row = served.state.get("Account", outcome.account_id)
        assert (row["Name"], row["PersonEmail"], row["RecordTypeId"]) == ("Jane Roe", JANE.email, "0125g0000000002AAA")
        assert (row["PersonMailingStreet"], row["BillingCity"], row["UC_Loyalty__pc"]) == (
            "1 Main\nSuite 2",
            "Springvale",
            5,
        )
        assert outcome.id == outcome.account_id
        assert outcome.contact_id == row["PersonContactId"]
        sent = next(entry.body for entry in served.requests if entry.path == COMPOSITE)
        assert all("Name" not in part["body"] for part in sent["compositeRequest"])

    @pytest.mark.parametrize("people", [True, False])
    async def test_an_account_with_its_contact(self, org, connect, draft, people) -> None:
        served = org(people=people)
        custom = (TextValue("UC_Tier__c", "gold"), TextValue("Contact.Title", "Boss"), TextValue("UC_Loyalty__c", "3"))
        form = AccountForm.ACCOUNT_AND_CONTACT
        outcome = await connect(served).create_account(draft(form, company="Roe & Sons", custom=custom))
        assert outcome.result is Result.APPLIED, outcome.message
        account = served.state.get("Account", outcome.account_id)
        contact = served.state.get("Contact", outcome.contact_id)
        assert outcome.id == outcome.contact_id
        assert (account["Name"], account["UC_Tier__c"]) == ("Roe & Sons", "gold")
        assert (contact["AccountId"], contact["Email"], contact["Title"]) == (account["Id"], JANE.email, "Boss")
        assert contact["UC_Loyalty__c"] == 3

    async def test_a_duplicate_is_offered_and_neither_half_is_made(self, org, connect, draft, crm_world, whole) -> None:
        served = org()
        other = next(one for one in crm_world.contacts if one.email)
        twin = Customer(id="1", name="x", last_name=other.mailing.last_name, email=other.email.upper())
        before = whole(served)
        for form in AccountForm:
            outcome = await connect(served).create_account(draft(form, twin))
            assert (outcome.result, outcome.code) == (Result.REJECTED, "DUPLICATES_DETECTED")
            assert other.id in outcome.matches
            assert outcome.id == ""
        assert whole(served) == before

    @pytest.mark.parametrize("form", list(AccountForm))
    async def test_states_and_countries_that_are_picklists_get_their_codes(self, org, connect, draft, form) -> None:
        served = org(address_codes=True)
        outcome = await connect(served).create_account(draft(form))
        assert outcome.result is Result.APPLIED, outcome.message
        account = served.state.get("Account", outcome.account_id)
        contact = served.state.get("Contact", outcome.contact_id)
        assert (account["BillingCountryCode"], account["BillingStateCode"]) == ("US", "CA")
        assert (contact["MailingCountry"], contact["MailingState"]) == ("United States", "California")
        abroad = replace(JANE, country="fr", region="Occitanie", email="other@new.example", last_name="Other")
        refused = await connect(served).create_account(draft(form, abroad, marker="crosswalk:people:78"))
        assert (refused.result, refused.code) == (Result.REJECTED, "FIELD_INTEGRITY_EXCEPTION")

    @pytest.mark.parametrize("form", list(AccountForm))
    @pytest.mark.parametrize("fault", ["timeout_after", "error_after", "html_after", "short_page"])
    async def test_a_lost_answer_is_unknown_and_settled_by_the_marker(self, org, connect, draft, form, fault) -> None:
        served = org()
        served.app.faults.add(fault, path=COMPOSITE)
        connector = connect(served, timeout_seconds="0.5")
        outcome = await connector.create_account(draft(form))
        assert outcome.result is Result.UNKNOWN
        assert len(accounts(served)) == 1
        (found,) = await connector.find_people([], [], "crosswalk:people:77")
        assert found.is_person is (form is AccountForm.PERSON_ACCOUNT)

    async def test_what_cannot_be_is_told_before_anything_is_sent(self, org, connect, draft, changes) -> None:
        served = org()
        nameless = Customer(id="1", name="Acme", email="a@b.example")
        connector = connect(served)
        for form in AccountForm:
            outcome = await connector.create_account(draft(form, nameless))
            assert (outcome.result, "has no last name" in outcome.message) == (Result.REJECTED, True)
        for wrong in ("", "0125g0000000003AAA", "0125g0000000004AAA"):
            outcome = await connector.create_account(draft(record_type_id=wrong))
            assert "no active person-account record type" in outcome.message
        outcome = await connector.create_account(draft(custom=(TextValue("Nothing__c", "1"),)))
        assert "no field Nothing__c" in outcome.message
        assert changes(served) == []

    async def test_an_org_without_person_accounts_makes_none(self, org, connect, draft, changes) -> None:
        served = org(people=False)
        outcome = await connect(served).create_account(draft())
        assert "this org has no person accounts" in outcome.message
        assert changes(served) == []
