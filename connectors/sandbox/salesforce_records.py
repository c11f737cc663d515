"""Creating, changing and deleting records: what Salesforce checks, and what it fills in by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.crm_records import salesforce_id
from connectors.sandbox.salesforce_fields import COUNTRIES, PREFIXES, STATES, Column, Entity
from connectors.sandbox.salesforce_index import Index
from connectors.sandbox.salesforce_people import People
from connectors.sandbox.salesforce_shapes import Denied, attributes, key_of, stamp
from connectors.sandbox.state import State
from connectors.sandbox.wire import Json

_NUMBERS = frozenset({"currency", "double", "percent"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
EVERY = ("IsDeleted", "IsArchived", "IsActive", "UseStandardPrice", "IsStandard", "IsPersonAccount")


class Records:
    """The records of one org. ``locks`` maps an id to how many more writes of it meet a lock; ``duplicates`` turns rules on."""

    def __init__(
        self,
        state: State,
        entities: Mapping[str, Entity],
        seen: Callable[[str], bool],
        *,
        people: bool,
        duplicates: bool,
    ) -> None:
        self._state, self._entities, self._seen = state, entities, seen
        self.people = People(state, enabled=people)
        self.duplicates = duplicates
        self.locks: dict[str, int] = {}
        self._indexes = {
            (entity.name, column.name): Index(state, entity.name, column.name)
            for entity in entities.values()
            for column in entity.columns.values()
            if column.unique or (entity.name, column.name) == ("PricebookEntry", "Product2Id")
        }
        self.refusing: dict[str, str] = {}  # object -> the words of a validation rule that refuses everything

    # ------------------------------------------------------------------------------------------------ operations
    def get(self, name: str, id: str) -> Json | None:
        """The stored record by an id of 15 or 18 characters, deleted ones not."""
        row = self._state.get(name, id)
        if row is None and len(id) == 15:
            row = next((one for one in self._state.rows(name) if key_of(one["Id"]) == id), None)
        return None if row is None or row.get("IsDeleted") else row

    def create(self, name: str, body: Json, *, allow_duplicates: bool = False) -> str:
        """The new record's id. Raises ``Denied``."""
        entity = self._writable(name)
        fields = self._checked(entity, body, "c")
        if name == "Account":
            self.people.check_new(fields)
        missing = [one.name for one in entity.columns.values() if one.required and fields.get(one.name) in {None, ""}]
        if name == "Account" and "LastName" in fields:
            missing = [one for one in missing if one != "Name"]
        if missing:
            raise Denied("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)
        self._locked(*(str(value) for key, value in fields.items() if key in {"Product2Id", "AccountId"}))
        id = salesforce_id(PREFIXES[name], self._state.next_id(name))
        row: Json = dict.fromkeys(entity.columns) | {one: False for one in EVERY if one in entity.columns}
        if "CurrencyIsoCode" in entity.columns:
            row["CurrencyIsoCode"] = "USD"
        row |= fields | {"Id": id, "CreatedDate": stamp(), "CreatedById": "0055g00000AbCdEAAV"}
        if name == "PricebookEntry":
            self._entry(row)
        if self.duplicates and not allow_duplicates:
            self.people.refuse_duplicates(name, row)
        self._unique(entity, row)
        self._save(name, row)
        return id

    def update(self, name: str, id: str, body: Json) -> str:
        """Change a record; its id. Raises ``Denied``."""
        entity = self._writable(name)
        row = self.get(name, id)
        if row is None:
            there = self._state.get(name, id)
            code = "ENTITY_IS_DELETED" if there else "NOT_FOUND"
            raise Denied(code, "entity is deleted" if there else "The requested resource does not exist", status=404)
        fields = self._checked(entity, body, "u")
        for field, value in fields.items():
            if entity.columns[field].required and value in {None, ""}:
                raise Denied("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{field}]", [field])
        self._locked(row["Id"])
        changed = row | fields
        if name == "Account":
            self.people.check_change(row, fields)
        self._unique(entity, changed)
        if changed != row:
            self._save(name, changed)
        return str(row["Id"])

    def upsert(self, name: str, field: str, value: str, body: Json, *, update_only: bool = False) -> tuple[str, bool]:
        """The id of the record with this external id, and whether it was created. Raises ``Denied``."""
        entity = self._writable(name)
        column = entity.columns.get(field)
        if column is None or not column.external:
            raise Denied(
                "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {field}", status=404
            )
        same = [row for row in self._indexes[name, field].rows(value) if not row["IsDeleted"]]
        if not same:
            if update_only:
                raise Denied("NOT_FOUND", "The requested resource does not exist", status=404)
            return self.create(name, {**body, field: value}), True
        return self.update(name, same[0]["Id"], {key: one for key, one in body.items() if key != field}), False

    def delete(self, name: str, id: str) -> None:
        row = self.get(name, id)
        if row is None:
            raise Denied("NOT_FOUND", "The requested resource does not exist", status=404)
        if name == "PricebookEntry":
            raise Denied("DELETE_FAILED", "price book entries cannot be deleted, only deactivated")
        self._save(name, row | {"IsDeleted": True})

    # ------------------------------------------------------------------------------------------------ checks
    def _writable(self, name: str) -> Entity:
        entity = self._entities.get(name)
        if entity is None or not self._seen(name):
            raise Denied("INVALID_TYPE", f"sObject type '{name}' is not supported.", status=404)
        if name in self.refusing:
            raise Denied("FIELD_CUSTOM_VALIDATION_EXCEPTION", self.refusing[name])
        return entity

    def _checked(self, entity: Entity, body: Json, how: str) -> Json:
        fields = {}
        for name, value in body.items():
            if name in {"attributes", "Id", "id"}:
                continue
            column = entity.columns.get(name)
            if column is None or not self._seen(f"{entity.name}.{name}"):
                raise Denied("INVALID_FIELD", f"No such column '{name}' on sobject of type {entity.name}")
            if how not in column.edit:
                raise Denied(
                    "INVALID_FIELD_FOR_INSERT_UPDATE",
                    f"Unable to create/update fields: {name}. Please check the security settings of this field and verify "
                    "that it is read/write for your profile or permission set.",
                    [name],
                )
            fields[name] = self._value(column, value)
        for part, known in (("Country", COUNTRIES), ("State", STATES)):
            _place(entity, fields, part, known)
        return fields

    def _value(self, column: Column, value: Any) -> Any:
        if value is None or value == "":
            return False if column.type == "boolean" else None
        if column.type == "boolean":
            if not isinstance(value, bool):
                raise Denied("JSON_PARSER_ERROR", f"Cannot deserialize instance of boolean from {value!r}")
            return value
        if column.type in _NUMBERS:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise Denied("JSON_PARSER_ERROR", f"Cannot deserialize instance of {column.type} from {value!r}")
            number = round(float(value), column.scale)
            if abs(number) >= 10 ** (column.precision - column.scale):
                raise Denied(
                    "NUMBER_OUTSIDE_VALID_RANGE", f"{column.name}: value outside of valid range", [column.name]
                )
            return number
        text = str(value).strip()
        if column.length and len(text) > column.length:
            raise Denied(
                "STRING_TOO_LONG",
                f"{column.name}: data value too large: {text[:80]} (max length={column.length})",
                [column.name],
            )
        if column.type == "email" and not _EMAIL.fullmatch(text):
            raise Denied("INVALID_EMAIL_ADDRESS", f"{column.name}: invalid email address: {text}", [column.name])
        if column.restricted and text not in column.picklist:
            raise Denied(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"{column.name}: bad value for restricted picklist field: {text}",
                [column.name],
            )
        return self._reference(column, text) if column.refs else text

    def _reference(self, column: Column, id: str) -> str:
        for name in column.refs:
            row = self.get(name, id) if name in self._entities else None
            if row is not None:
                return str(row["Id"])
        raise Denied("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [column.name])

    def _locked(self, *ids: str) -> None:
        for id in ids:
            if self.locks.get(id, 0) > 0:
                self.locks[id] -= 1
                raise Denied(
                    "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: " + id
                )

    def _unique(self, entity: Entity, row: Json) -> None:
        for column in entity.columns.values():
            value = row.get(column.name)
            if not column.unique or value in {None, ""}:
                continue
            for other in self._indexes[entity.name, column.name].rows(value):
                if other["Id"] != row["Id"]:
                    said = f"duplicate value found: {column.name} duplicates value on record with id: {key_of(other['Id'])}"
                    raise Denied("DUPLICATE_VALUE", said)

    def _entry(self, row: Json) -> None:
        """A price of a product in a book: one of each currency, the standard one first."""
        product = self._state.get("Product2", row["Product2Id"]) or {}
        row |= {"Name": product.get("Name"), "ProductCode": product.get("ProductCode")}
        same = self._indexes["PricebookEntry", "Product2Id"].rows(row["Product2Id"])
        same = [one for one in same if one.get("CurrencyIsoCode") == row.get("CurrencyIsoCode")]
        if any(one["Pricebook2Id"] == row["Pricebook2Id"] for one in same):
            raise Denied("DUPLICATE_VALUE", "This price definition already exists in this price book")
        book = self._state.get("Pricebook2", row["Pricebook2Id"]) or {}
        standard = [one for one in same if (self._state.get("Pricebook2", one["Pricebook2Id"]) or {}).get("IsStandard")]
        if not book.get("IsStandard") and not standard:
            raise Denied("STANDARD_PRICE_NOT_DEFINED", "Before creating a custom price, create a standard price.")

    def _save(self, name: str, row: Json) -> None:
        at, changes = stamp(datetime.now(UTC)), self._state.changes(name)
        saved = self._state.put(name, row["Id"], row | {"LastModifiedDate": at, "SystemModstamp": at})
        for (table, _), index in self._indexes.items():
            if table == name:
                index.saved(saved, changes)
        if name == "Account":
            self.people.mirror(saved, at)

    def shown(self, name: str, row: Json, version: str) -> Json:
        """A record as a single read shows it: every field this user may see."""
        visible = [one for one in self._entities[name].columns if self._seen(f"{name}.{one}")]
        return {"attributes": attributes(name, row["Id"], version), **{one: row.get(one) for one in visible}}


def _place(entity: Entity, fields: Json, part: str, known: Mapping[str, str]) -> None:
    """Where states and countries are picklists: a code brings its name along, and no other name is taken."""
    for code in [name for name in entity.columns if name.endswith(f"{part}Code")]:
        name = code.removesuffix("Code")
        if fields.get(code):
            fields[name] = known[fields[code]]
        elif fields.get(name) and fields[name] not in known.values():
            raise Denied(
                "FIELD_INTEGRITY_EXCEPTION",
                f"There's a problem with this {part.lower()}, even though it may appear correct.: {name}",
                [name],
            )
