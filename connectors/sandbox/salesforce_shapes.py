"""Salesforce's answers: errors of a call, errors of a record, describes and records as queries show them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.salesforce_fields import PREFIXES, Column, Entity
from connectors.sandbox.wire import Json, Refused, Reply, as_json

SOAP = {"boolean": "xsd:boolean", "currency": "xsd:double", "double": "xsd:double", "percent": "xsd:double",
        "date": "xsd:date", "datetime": "xsd:dateTime", "id": "tns:ID", "reference": "tns:ID"}  # fmt: skip


class Denied(Exception):
    """A record (or a call) that is refused, in Salesforce's words."""

    def __init__(
        self, code: str, message: str, fields: Collection[str] = (), *, status: int = 400, more: Any = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.fields, self.status, self.more = code, message, list(fields), status, more

    def of_call(self) -> Json:
        """As a single-record call tells it."""
        said: Json = {"message": self.message, "errorCode": self.code}
        if self.fields:
            said["fields"] = self.fields
        return said | ({"duplicateResult": self.more} if self.more else {})

    def of_record(self) -> Json:
        """As a collection tells it of one record."""
        said: Json = {"statusCode": self.code, "message": self.message, "fields": self.fields}
        return said | ({"duplicateResult": self.more} if self.more else {})

    def reply(self) -> Reply:
        return as_json([self.of_call()], self.status)


def refused(code: str, message: str, status: int = 400) -> Refused:
    """Ends a call with one error."""
    return Refused(as_json([{"message": message, "errorCode": code}], status))


def stamp(at: datetime | None = None) -> str:
    """A time as REST spells it: ``2024-09-24T03:26:07.000+0000``."""
    return (at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def listed(entity: Entity, version: str) -> Json:
    """One line of the list of objects."""
    url = f"/services/data/{version}/sobjects/{entity.name}"
    open_ = not entity.setting
    return {
        "name": entity.name,
        "label": entity.label,
        "labelPlural": f"{entity.label}s",
        "keyPrefix": PREFIXES.get(entity.name),
        "custom": entity.custom,
        "customSetting": entity.setting,
        "createable": open_,
        "updateable": open_,
        "deletable": open_,
        "queryable": entity.queryable,
        "deprecatedAndHidden": False,
        "urls": {"sobject": url, "describe": f"{url}/describe"},
    }


def described(entity: Entity, version: str, hidden: Collection[str], record_types: list[Json]) -> Json:
    """The describe of an object; fields without field-level security are absent."""
    fields = [_field(one) for name, one in entity.columns.items() if f"{entity.name}.{name}" not in hidden]
    return {**listed(entity, version), "fields": fields, "recordTypeInfos": record_types, "childRelationships": []}


def _field(one: Column) -> Json:
    values = [{"value": value, "label": value, "active": True, "defaultValue": False} for value in one.picklist]
    return {
        "name": one.name,
        "label": one.name.removesuffix("__c").replace("_", " "),
        "type": one.type,
        "soapType": SOAP.get(one.type, "xsd:string"),
        "length": one.length,
        "precision": one.precision,
        "scale": one.scale,
        "custom": one.custom,
        "externalId": one.external,
        "unique": one.unique,
        "nillable": one.nillable,
        "createable": "c" in one.edit,
        "updateable": "u" in one.edit,
        "defaultedOnCreate": one.defaulted,
        "calculated": one.name == "Margin__c",
        "autoNumber": False,
        "filterable": one.filterable,
        "deprecatedAndHidden": False,
        "picklistValues": values,
        "restrictedPicklist": one.restricted,
        "referenceTo": list(one.refs),
        "relationshipName": one.relationship,
        "nameField": one.name == "Name",
        "idLookup": one.name == "Id" or one.external,
    }


def attributes(entity: str, id: str, version: str) -> Json:
    return {"type": entity, "url": f"/services/data/{version}/sobjects/{entity}/{id}"}


def key_of(id: str) -> str:
    """Salesforce takes 15 characters of an id for 18: what both have in common."""
    return id[:15]
