"""The CRM's half of a seeded world, in Salesforce's words."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sandbox.crm_records import CrmAccount, CrmContact, Postal, salesforce_id
from connectors.sandbox.crm_world import CrmWorld
from connectors.sandbox.salesforce_fields import Entity
from connectors.sandbox.salesforce_people import MIRROR
from connectors.sandbox.wire import Json

BORN = "2026-08-01T06:00:00.000+0000"
BUSINESS, PERSON, MEMBER, RETIRED = (salesforce_id("012", number) for number in range(1, 5))
#: Numbers below these are given out by worlds.
COUNTERS = dict.fromkeys(
    ("Account", "Contact", "Product2", "PricebookEntry", "Opportunity", "Order_Detail__c"), 5_000_000
)


def tables(world: CrmWorld, entities: Mapping[str, Entity], *, people: bool) -> dict[str, dict[str, Json]]:
    """The tables of an org; without person accounts those of the world are left out."""
    made: dict[str, list[Json]] = {name: [] for name in entities}
    made["Pricebook2"] = [
        {"Id": book.id, "Name": book.name, "IsActive": book.active, "IsStandard": book.standard} for book in world.books
    ]
    products = {one.id: one for one in world.products}
    made["Product2"] = [
        {
            "Id": one.id,
            "Name": one.name,
            "ProductCode": one.code,
            "Description": one.description,
            "IsActive": one.active,
        }
        for one in world.products
    ]
    made["PricebookEntry"] = [
        {
            "Id": one.id,
            "Pricebook2Id": one.book,
            "Product2Id": one.product,
            "UnitPrice": float(one.price),
            "IsActive": one.active,
            "Name": products[one.product].name,
            "ProductCode": products[one.product].code,
        }
        for one in world.entries
    ]
    for account in world.accounts:
        if account.is_person and people:
            whole = _person(account)
            made["Account"].append(whole)
            made["Contact"].append(_half(whole))
        elif not account.is_person:
            made["Account"].append(_business(account, people=people))
    made["Contact"] += [_contact(one) for one in world.contacts]
    made["RecordType"] = _record_types() if people else []
    return {name: {row["Id"]: _whole(entities[name], row) for row in rows} for name, rows in made.items()}


def _whole(entity: Entity, row: Json) -> Json:
    """A row with every field; what is not told is false or empty."""
    blank: Json = {name: False if one.type == "boolean" else None for name, one in entity.columns.items()}
    system = {
        "CreatedDate": BORN,
        "LastModifiedDate": BORN,
        "SystemModstamp": BORN,
        "CreatedById": "0055g00000AbCdEAAV",
    }
    money = {"CurrencyIsoCode": "USD"} if "CurrencyIsoCode" in entity.columns else {}
    return blank | system | money | row


def _record_types() -> list[Json]:
    told = (
        (BUSINESS, "Business Account", "Business_Account", False, True),
        (PERSON, "Person Account", "PersonAccount", True, True),
        (MEMBER, "Club Member", "Club_Member", True, True),
        (RETIRED, "Former Member", "Former_Member", True, False),
    )
    return [
        {
            "Id": id,
            "Name": name,
            "DeveloperName": api,
            "SobjectType": "Account",
            "IsPersonType": person,
            "IsActive": active,
        }
        for id, name, api, person, active in told
    ]


def _place(prefix: str, who: Postal) -> Json:
    return {
        f"{prefix}Street": who.street,
        f"{prefix}City": who.city,
        f"{prefix}State": who.region,
        f"{prefix}PostalCode": who.postal_code,
        f"{prefix}Country": who.country,
    }


def _business(account: CrmAccount, *, people: bool) -> Json:
    kind = {"RecordTypeId": BUSINESS} if people else {}
    row = {"Id": account.id, "Name": account.name, "Phone": account.billing.phone}
    return row | _place("Billing", account.billing) | kind


def _person(account: CrmAccount) -> Json:
    who = account.billing
    row = {
        "Id": account.id,
        "Name": account.name,
        "FirstName": who.first_name or None,
        "LastName": who.last_name,
        "PersonEmail": account.email or None,
        "Phone": who.phone,
        "IsPersonAccount": True,
        "PersonContactId": account.contact_id,
        "RecordTypeId": PERSON,
    }
    return row | _place("Billing", who) | _place("PersonMailing", who)


def _half(account: Json) -> Json:
    """The contact half of a person account."""
    own = {
        "Id": account["PersonContactId"],
        "AccountId": account["Id"],
        "IsPersonAccount": True,
        "Name": account["Name"],
    }
    return own | {mine: account.get(theirs) for mine, theirs in MIRROR.items()}


def _contact(contact: CrmContact) -> Json:
    who = contact.mailing
    row = {
        "Id": contact.id,
        "AccountId": contact.account,
        "FirstName": who.first_name or None,
        "LastName": who.last_name or "Unknown",
        "Name": f"{who.first_name} {who.last_name}".strip(),
        "Email": contact.email or None,
        "Phone": who.phone,
    }
    return row | _place("Mailing", who)
