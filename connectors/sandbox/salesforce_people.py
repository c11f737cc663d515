"""Person accounts and their contact halves, and the duplicate rules of people."""

from __future__ import annotations

from connectors.sandbox.crm_records import salesforce_id
from connectors.sandbox.salesforce_shapes import Denied
from connectors.sandbox.state import State
from connectors.sandbox.wire import Json

#: Of the contact half -> of the person account.
MIRROR = {
    "FirstName": "FirstName",
    "LastName": "LastName",
    "Email": "PersonEmail",
    "Title": "PersonTitle",
    "MobilePhone": "PersonMobilePhone",
    "Phone": "Phone",
    "UC_Loyalty__c": "UC_Loyalty__pc",
    **{f"Mailing{name}": f"PersonMailing{name}" for name in ("Street", "City", "State", "PostalCode", "Country")},
}
_PERSON_ONLY = frozenset({"FirstName", "LastName", "PersonEmail", "PersonTitle", "PersonMobilePhone"})


class People:
    """What is special about people. ``enabled``: the org has person accounts."""

    def __init__(self, state: State, *, enabled: bool) -> None:
        self._state, self.enabled = state, enabled

    def is_person_type(self, id: object) -> bool:
        row = self._state.get("RecordType", str(id or ""))
        return bool(row and row["IsPersonType"])

    def check_new(self, fields: Json) -> None:
        """A person account has a record type for persons and a last name, and never a name."""
        if not self.enabled:
            return
        person = self.is_person_type(fields.get("RecordTypeId"))
        if person and "Name" in fields:
            raise Denied(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                "Unable to create/update fields: Name. Please check the security settings of this field and verify that it "
                "is read/write for your profile or permission set.",
                ["Name"],
            )
        if person and not fields.get("LastName"):
            raise Denied("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"])
        if not person and _PERSON_ONLY & set(fields):
            raise Denied("INVALID_PERSON_ACCOUNT_OPERATION", "these fields are for person accounts only")

    def check_change(self, row: Json, fields: Json) -> None:
        if row.get("IsPersonAccount") and "Name" in fields:
            raise Denied("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: Name.", ["Name"])
        if not row.get("IsPersonAccount") and self.is_person_type(fields.get("RecordTypeId")):
            raise Denied("INVALID_PERSON_ACCOUNT_OPERATION", "a business account cannot be made a person account")

    def mirror(self, account: Json, at: str) -> None:
        """Fill in what Salesforce makes of a person account: its name and its contact."""
        if not self.enabled or not self.is_person_type(account.get("RecordTypeId")):
            return
        contact_id = account.get("PersonContactId") or salesforce_id("003", self._state.next_id("Contact"))
        name = f"{account.get('FirstName') or ''} {account['LastName']}".strip()
        whole = account | {"IsPersonAccount": True, "PersonContactId": contact_id, "Name": name}
        self._state.put("Account", account["Id"], whole)
        before = self._state.get("Contact", contact_id) or {"CreatedDate": at, "CreatedById": account["CreatedById"]}
        half = {mine: account.get(theirs) for mine, theirs in MIRROR.items()}
        made = {"Id": contact_id, "AccountId": account["Id"], "Name": name, "IsPersonAccount": True}
        stamps = {"LastModifiedDate": at, "SystemModstamp": at, "IsDeleted": account["IsDeleted"]}
        self._state.put("Contact", contact_id, {"Description": None, **before, **half, **made, **stamps})

    def refuse_duplicates(self, name: str, row: Json) -> None:
        """The standard rules: the same e-mail address and last name as somebody's."""
        email = {"Contact": "Email", "Account": "PersonEmail"}.get(name)
        address = str(row.get(email or "") or "").casefold()
        if not address:
            return
        last = str(row.get("LastName") or "").casefold()
        matches = [
            one
            for one in self._state.rows("Contact")
            if str(one.get("Email") or "").casefold() == address
            and str(one.get("LastName") or "").casefold() == last
            and not one["IsDeleted"]
        ]
        if matches:
            raise Denied("DUPLICATES_DETECTED", "Use one of these records?", more=_told(matches))


def _told(matches: list[Json]) -> Json:
    records = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {
                "attributes": {"type": "Contact", "url": f"/services/data/v67.0/sobjects/Contact/{one['Id']}"},
                "Id": one["Id"],
            },
        }
        for one in matches
    ]
    result = {
        "entityType": "Contact",
        "errors": [],
        "matchEngine": "FuzzyMatchEngine",
        "matchRecords": records,
        "rule": "Standard_Contact_Match_Rule_v1_1",
        "size": len(records),
        "success": True,
    }
    return {
        "allowSave": True,
        "duplicateRule": "Standard_Contact_Duplicate_Rule",
        "duplicateRuleEntityType": "Contact",
        "errorMessage": "Use one of these records?",
        "matchResults": [result],
    }
