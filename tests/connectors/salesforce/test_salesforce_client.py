"""The sandbox driven by a client not written here: ``simple-salesforce``, which speaks https only and is led to loopback."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import requests

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own imports, not ours
    from simple_salesforce import Salesforce as Client
    from simple_salesforce import SalesforceLogin, format_soql
    from simple_salesforce.exceptions import (
        SalesforceAuthenticationFailed,
        SalesforceExpiredSession,
        SalesforceMalformedRequest,
        SalesforceRefusedRequest,
        SalesforceResourceNotFound,
    )

from connectors.sandbox.server import Served

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


class Loopback(requests.Session):
    """Sends what is meant for Salesforce's own hosts to a sandbox."""

    def __init__(self, origin: str) -> None:
        super().__init__()
        self.trust_env = False
        self._origin = origin

    def request(self, method: Any, url: Any, *args: Any, **more: Any) -> Any:
        path = str(url).split("://", 1)[1].partition("/")[2]
        return super().request(method, f"{self._origin}/{path}", *args, **more)


@pytest.fixture
def sign_in():
    def start(served: Served, version: str = "67.0") -> Client:
        session = Loopback(served.origin)
        token, instance = SalesforceLogin(
            consumer_key=served.options["client_id"],
            consumer_secret=served.credentials["client_secret"],
            domain="acme.my",
            session=session,
        )
        return Client(session_id=token, instance=instance, version=version, session=session)

    return start


def test_client_credentials_are_checked(org, sign_in) -> None:
    served = org()
    assert sign_in(served).query("SELECT Id FROM Pricebook2 WHERE IsStandard = true")["totalSize"] == 1
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid client credentials"):
        SalesforceLogin(
            consumer_key=served.options["client_id"],
            consumer_secret="no",
            domain="acme.my",
            session=Loopback(served.origin),
        )


def test_pages_of_a_query_and_what_is_left_out(org, sign_in, crm_world) -> None:
    served = org(short_pages=7)
    client = sign_in(served)
    deleted = crm_world.products[0]
    served.app.records.delete("Product2", deleted.id)
    text = "SELECT Id, Name, ProductCode FROM Product2 ORDER BY Name DESC"
    found = client.query_all(text)
    assert (found["totalSize"], found["done"]) == (len(crm_world.products) - 1, True)
    names = [row["Name"] for row in found["records"]]
    assert names == sorted(names, key=str.casefold, reverse=True)
    every = list(client.query_all_iter("SELECT Id, IsDeleted FROM Product2", include_deleted=True))
    assert {row["Id"] for row in every if row["IsDeleted"]} == {deleted.id}


@pytest.mark.parametrize(
    ("condition", "test"),
    [
        ("IsActive = false", lambda row: not row["IsActive"]),
        ("IsActive != true AND ProductCode LIKE 'LMP%'", lambda row: not row["IsActive"] and row["ProductCode"].startswith("LMP")),
        ("(ProductCode LIKE '%-00001' OR ProductCode LIKE 'OLD-____')", lambda row: row["ProductCode"].endswith("-00001") or row["ProductCode"].startswith("OLD-")),
        ("NOT IsActive = true", lambda row: not row["IsActive"]),
        ("UC_Item_Id__c = null", lambda _row: True),
        ("CreatedDate > 2026-01-01T00:00:00Z", lambda _row: True),
        ("SystemModstamp < 2026-01-01T00:00:00Z", lambda _row: False),
    ],
)  # fmt: skip
def test_conditions(org, sign_in, condition, test) -> None:
    served = org()
    found = sign_in(served).query_all(f"SELECT Id FROM Product2 WHERE {condition}")["records"]
    assert [row["Id"] for row in found] == [row["Id"] for row in served.state.rows("Product2") if test(row)]


def test_values_are_escaped_and_parents_come_along(org, sign_in, crm_world) -> None:
    served = org()
    client = sign_in(served)
    contact = crm_world.contacts[0]
    served.app.records.update("Contact", contact.id, {"LastName": r"O'Neil \ Sons"})
    text = format_soql(
        "SELECT Id, Account.Name FROM Contact WHERE LastName = {} AND Id IN {}", r"O'Neil \ Sons", [contact.id[:15]]
    )
    (row,) = client.query(text)["records"]
    assert row["Account"]["Name"] == next(one.name for one in crm_world.accounts if one.id == contact.account)
    assert row["Account"]["attributes"]["type"] == "Account"


def test_single_records_are_made_changed_upserted_and_deleted(org, sign_in) -> None:
    served = org()
    client = sign_in(served)
    made = client.Product2.create({"Name": "Hook", "ProductCode": "HOOK-1", "UC_Item_Id__c": "HOOK-1"})
    assert made == {"id": made["id"], "success": True, "errors": []}
    assert client.Product2.update(made["id"], {"IsActive": True}) == 204
    assert client.Product2.get(made["id"])["IsActive"] is True
    assert client.Product2.upsert("UC_Item_Id__c/HOOK-1", {"Name": "Brass hook"}) == 200
    assert client.Product2.upsert("UC_Item_Id__c/HOOK-2", {"Name": "Another"}) == 201
    assert client.Product2.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        client.Product2.get(made["id"])


def test_a_standard_price_comes_before_a_custom_one(org, sign_in, crm_world) -> None:
    client = sign_in(org())
    standard, sale = (next(one.id for one in crm_world.books if one.standard is flag) for flag in (True, False))
    product = client.Product2.create({"Name": "Hook", "IsActive": True})["id"]
    price = {"Product2Id": product, "UnitPrice": 4.5, "IsActive": True}
    with pytest.raises(SalesforceMalformedRequest) as caught:
        client.PricebookEntry.create({**price, "Pricebook2Id": sale})
    assert caught.value.content == [
        {
            "message": "Before creating a custom price, create a standard price.",
            "errorCode": "STANDARD_PRICE_NOT_DEFINED",
        }
    ]
    assert client.PricebookEntry.create({**price, "Pricebook2Id": standard})["success"]
    assert client.PricebookEntry.create({**price, "Pricebook2Id": sale})["success"]
    with pytest.raises(SalesforceMalformedRequest, match="already exists in this price book"):
        client.PricebookEntry.create({**price, "Pricebook2Id": sale})


def test_a_person_account_takes_no_name_and_no_business_account_becomes_one(org, sign_in, crm_world) -> None:
    client = sign_in(org())
    kinds = client.query_all(
        "SELECT Id FROM RecordType WHERE SobjectType = 'Account' AND IsPersonType = true AND IsActive = true"
    )
    person = {"RecordTypeId": kinds["records"][0]["Id"], "LastName": "Roe"}
    with pytest.raises(SalesforceMalformedRequest, match="Unable to create/update fields: Name"):
        client.Account.create({**person, "Name": "Roe"})
    made = client.Account.create({**person, "FirstName": "Jane", "PersonEmail": "jane@roe.example"})
    row = client.Account.get(made["id"])
    assert (row["Name"], row["IsPersonAccount"]) == ("Jane Roe", True)
    assert client.Contact.get(row["PersonContactId"])["Email"] == "jane@roe.example"
    business = next(one.id for one in crm_world.accounts if not one.is_person)
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_PERSON_ACCOUNT_OPERATION"):
        client.Account.update(business, {"RecordTypeId": person["RecordTypeId"]})


def test_describes_name_the_fields_that_this_user_may_see(org, sign_in) -> None:
    served = org()
    client = sign_in(served)
    assert {"Product2", "Order_Detail__c"} <= {one["name"] for one in client.describe()["sobjects"]}
    served.app.hidden = {"Product2.UC_Cost__c"}
    names = {one["name"] for one in client.Product2.describe()["fields"]}
    assert "UC_Item_Id__c" in names
    assert "UC_Cost__c" not in names


def test_what_is_refused_is_told_by_its_code(org, sign_in) -> None:
    served = org()
    client = sign_in(served)
    for text, code in (
        ("SELECT Nope FROM Product2", "INVALID_FIELD"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("SELECT Id FRM Product2", "MALFORMED_QUERY"),
        ("SELECT Id FROM Product2 WHERE Name = 'a' AND IsActive = true OR IsActive = false", "MALFORMED_QUERY"),
        ("SELECT Id FROM Product2 WHERE Description = 'x'", "INVALID_FIELD"),
    ):
        with pytest.raises(SalesforceMalformedRequest) as caught:
            client.query(text)
        assert caught.value.content[0]["errorCode"] == code
    served.app.records.update("Product2", client.Product2.create({"Name": "A", "UC_Item_Id__c": "one"})["id"], {})
    with pytest.raises(SalesforceMalformedRequest, match="duplicates value on record with id"):
        client.Product2.create({"Name": "B", "UC_Item_Id__c": "ONE"})
    served.app.oauth.expire()
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT Id FROM Product2")


def test_the_daily_limit_is_told_and_counted(org, sign_in) -> None:
    served = org(rate=1, limit=3)
    client = sign_in(served)
    for used in range(1, 4):
        client.query("SELECT Id FROM Pricebook2")
        assert client.api_usage["api-usage"] == (used, 3)
    with pytest.raises(SalesforceRefusedRequest, match="REQUEST_LIMIT_EXCEEDED"):
        client.query("SELECT Id FROM Pricebook2")


def test_a_lagging_replica_and_an_answer_that_stored_nothing(org, sign_in) -> None:
    served = org()
    client = sign_in(served)
    made = client.Product2.create({"Name": "Hook"})["id"]
    client.Product2.update(made, {"Name": "Brass hook"})
    served.app.faults.add("stale_read", method="GET")
    assert client.Product2.get(made)["Name"] == "Hook"
    served.app.faults.add("no_store", method="PATCH")
    assert client.Product2.update(made, {"Name": "Never"}) == 204
    assert client.Product2.get(made)["Name"] == "Brass hook"
