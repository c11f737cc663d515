"""Every object that can be mapped, as the org describes it now: 25 describes in one call."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from connectors.http import ReadLedger
from connectors.salesforce.api import SUBREQUESTS, Api, Row
from connectors.salesforce.faults import reason
from connectors.salesforce.records import CONTACT_OWN, PERSON_OWN, PRODUCT_OWN
from engine.crm import SchemaField, SchemaObject
from engine.model import Kind

#: Whose records hold an object's fields: a person account is an Account, every other customer a Contact.
KINDS = {"Product2": Kind.PRODUCTS, "Contact": Kind.CUSTOMERS, "Account": Kind.CUSTOMERS}
#: Fields that are in the record itself, and not among its custom ones.
OWN = {"Product2": PRODUCT_OWN, "Contact": CONTACT_OWN, "Account": PERSON_OWN}
STANDARD = ("Account", "Contact", "Opportunity", "OpportunityLineItem", "Product2", "PricebookEntry")


async def schema(api: Api) -> tuple[SchemaObject, ...]:
    """The standard objects of STANDARD and all custom ones, with the fields this user may read.

    An object that is not listed is not readable. Raises ``IncompleteRead`` when a listed one cannot be described.
    """
    listed = await _listed(api)
    standard = [name for name in STANDARD if name in listed]
    custom = sorted(name for name, row in listed.items() if _wanted(row))
    names = [*standard, *(name for name in custom if name not in standard)]
    found = []
    for at in range(0, len(names), SUBREQUESTS):
        found += await _described(api, names[at : at + SUBREQUESTS])
    return tuple(found)


async def _listed(api: Api) -> dict[str, Row]:
    reply = await api.get("/sobjects/")
    rows = reply.data.get("sobjects") if isinstance(reply.data, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("name") for row in rows):
        raise api.error("the list of objects is no list of objects", reply.request_id)
    return {str(row["name"]): row for row in rows}


def _wanted(row: Row) -> bool:
    return (
        row.get("custom") is True
        and row.get("queryable") is True
        and row.get("customSetting") is not True
        and not row.get("associateEntityType")  # who shares, follows or changed the records of another object
        and row.get("deprecatedAndHidden") is not True
    )


async def _described(api: Api, names: Sequence[str]) -> list[SchemaObject]:
    parts = [
        {"method": "GET", "url": f"/sobjects/{name}/describe", "referenceId": f"describe{at}"}
        for at, name in enumerate(names)
    ]
    rows = await api.composite(parts, all_or_none=False, safe=True)
    found = []
    for name, row in zip(names, rows, strict=True):
        body = row.get("body")
        if row.get("httpStatusCode") != 200 or not isinstance(body, dict) or not isinstance(body.get("fields"), list):
            why = reason(body)
            raise ReadLedger(api.connection, "objects").incomplete(
                f"{name} cannot be described: {why.message or why.code}"
            )
        found.append(described(body, api.settings.external_id))
    return found


def described(body: Mapping[str, Any], external_id: str) -> SchemaObject:
    """One object from its describe; ``external_id`` is the field in which a push keeps the storefront's code; fields that are going away or hold no value of their own are left out."""
    name = str(body["name"])
    own = OWN.get(name, frozenset()) | ({external_id} if name == "Product2" else set())
    fields = tuple(_field(one, own) for one in body["fields"] if one.get("deprecatedAndHidden") is not True)
    return SchemaObject(name, str(body.get("label") or name), body.get("custom") is True, fields, KINDS.get(name))


def _field(one: Mapping[str, Any], own: Collection[str]) -> SchemaField:
    createable = one.get("createable") is True
    values = [row for row in one.get("picklistValues") or () if row.get("active") is not False]
    return SchemaField(
        name=str(one["name"]),
        label=str(one.get("label") or one["name"]),
        type=str(one.get("type") or ""),
        length=int(one.get("length") or 0),
        precision=int(one.get("precision") or 0),
        scale=int(one.get("scale") or 0),
        required=createable and one.get("nillable") is False and one.get("defaultedOnCreate") is not True,
        unique=one.get("unique") is True,
        external_id=one.get("externalId") is True,
        picklist=tuple(str(row.get("value") or "") for row in values),
        restricted=one.get("restrictedPicklist") is True,
        createable=createable,
        updateable=one.get("updateable") is True,
        custom=one.get("custom") is True,
        references=tuple(str(name) for name in one.get("referenceTo") or ()),
        own=one["name"] in own,
    )
