"""Buyers: person accounts (one record) or an account with its contact; found by e-mail, name or our marker, and made.

A person account is an Account with a record type and a last name; Salesforce makes its contact half, and its ``Name`` is never
sent. An account and its contact are one composite request, both or neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.salesforce import soql
from connectors.salesforce.api import Api, Row
from connectors.salesforce.create import made
from connectors.salesforce.meta import ACCOUNT, CONTACT, Described, Meta
from connectors.salesforce.records import with_marker
from connectors.salesforce.sending import Sent
from connectors.salesforce.values import WrongValue, filled
from connectors.values import text
from engine.crm import AccountDraft, AccountForm, AccountOutcome, Person, PersonAccounts, RecordType, TextValue
from engine.errors import ConnectorError
from engine.model import Customer
from engine.ports import Draft, Result, WriteOutcome

#: How far back accounts are looked through for a marker in a field that cannot be asked for.
RECENT = timedelta(days=7)
_FIELDS = ("AccountId", "FirstName", "LastName", "Email", "MailingStreet", "MailingCity", "MailingPostalCode")
_ACCOUNT = ("Name", "BillingStreet", "BillingCity", "BillingPostalCode")
_ROOM = 3_000  # bytes of one condition's literals


class People:
    """Finds and makes buyers of one org."""

    def __init__(self, api: Api, meta: Meta) -> None:
        self._api, self._meta = api, meta

    async def person_accounts(self) -> PersonAccounts:
        """Whether the org has person accounts, and the active record types this user may make them with."""
        described = await self._meta.of(ACCOUNT, again=True)
        if not described.has("IsPersonAccount"):
            return PersonAccounts(enabled=False)
        text_ = soql.select(
            ["Id", "Name"],
            "RecordType",
            "SobjectType = 'Account'",
            "IsPersonType = true",
            "IsActive = true",
            order="Name",
        )
        rows = await self._api.rows(text_, "RecordType")
        mine = {
            str(one.get("recordTypeId"))[:15]: one for one in described.record_types if one.get("available") is True
        }
        types = [
            RecordType(str(row["Id"]), text(row.get("Name")), mine[id].get("defaultRecordTypeMapping") is True)
            for row in rows
            if (id := str(row["Id"])[:15]) in mine
        ]
        return PersonAccounts(True, tuple(types))

    # ------------------------------------------------------------------------------------------------ finding
    async def find(self, emails: Sequence[str], names: Sequence[tuple[str, str]], marker: str) -> list[Person]:
        """Everybody with one of the addresses, or one of the names, or the marker; by id, each once."""
        conditions = [soql.among("Email", room) for room in soql.value_lists(_given(emails), _ROOM)]
        pairs = [
            f"(FirstName = {soql.quoted(first)} AND LastName = {soql.quoted(last)})"
            if first
            else f"LastName = {soql.quoted(last)}"
            for first, last in dict.fromkeys((first.strip(), last.strip()) for first, last in names)
            if last
        ]
        conditions += [soql.anyone(*pairs[at : at + 20]) for at in range(0, len(pairs), 20)]
        if marker:
            accounts = await self._marked(marker)
            conditions += [soql.among("AccountId", room) for room in soql.value_lists(accounts, _ROOM)]
        found: dict[str, Person] = {}
        for condition in conditions:
            for person in await self._read(condition):
                found[person.id] = person
        return [found[id] for id in sorted(found)]

    async def _marked(self, marker: str) -> list[str]:
        """Ids of accounts that hold the marker; where the field cannot be asked for, those of the last week are looked at."""
        described, name = await self._meta.of(ACCOUNT), self._api.settings.account_marker
        if not described.has(name):
            return []
        if described.filterable(name):
            # a wildcard in the marker finds more than it: what is found is looked at again
            condition = f"{name} LIKE {soql.quoted(f'%{marker}%')}"
        else:
            condition = f"CreatedDate >= {soql.at(datetime.now(UTC) - RECENT)}"
        rows = await self._api.rows(soql.select(["Id", name], ACCOUNT, condition), ACCOUNT)
        return [str(row["Id"]) for row in rows if _holds(text(row.get(name)), marker)]

    async def _read(self, condition: str) -> list[Person]:
        people = await self._meta.person_accounts()
        described = await self._meta.of(CONTACT)
        fields = ["Id", *described.only(_FIELDS), *(f"Account.{name}" for name in _ACCOUNT)]
        rows = await self._api.rows(
            soql.select([*fields, *(["IsPersonAccount"] if people else [])], CONTACT, condition), CONTACT
        )
        return [_person(row) for row in rows]

    # ------------------------------------------------------------------------------------------------ making
    async def create(self, draft: AccountDraft) -> AccountOutcome:
        """One request. ``unknown`` when it may have been carried out; it is never sent again."""
        person = draft.form is AccountForm.PERSON_ACCOUNT
        try:
            parts = await (self._person_parts(draft) if person else self._pair_parts(draft))
        except WrongValue as error:
            return AccountOutcome(draft.key, Result.REJECTED, message=f"{error}; nothing was sent", code="incomplete")
        sent, ids = await _made(self._api, parts)
        if sent.result is not Result.APPLIED:
            return AccountOutcome(
                draft.key, sent.result, "", "", "", sent.message, sent.code, sent.request_id, sent.matches
            )
        account = ids[0]
        if not person:
            return AccountOutcome(draft.key, sent.result, ids[1], account, ids[1], request_id=sent.request_id)
        contact, message = await self._contact_half(account)
        return AccountOutcome(draft.key, sent.result, account, account, contact, message, request_id=sent.request_id)

    async def _contact_half(self, account: str) -> tuple[str, str]:
        """The contact that Salesforce made; the account stands whether or not it can be read."""
        text_ = soql.select(["Id", "PersonContactId"], ACCOUNT, soql.among("Id", [account]))
        try:
            rows = await self._api.rows(text_, ACCOUNT)
        except ConnectorError as error:
            return "", f"the account was made; its contact could not be read: {error}"
        return (text(rows[0].get("PersonContactId")) if rows else ""), ""

    async def _person_parts(self, draft: AccountDraft) -> list[dict[str, Any]]:
        kinds = await self.person_accounts()
        if not kinds.enabled:
            raise WrongValue("this org has no person accounts: choose account and contact, or have them enabled")
        if draft.record_type_id[:15] not in {kind.id[:15] for kind in kinds.record_types}:
            raise WrongValue(
                f"the record type {draft.record_type_id or '(none chosen)'} is no active person-account record type that the "
                "integration user may use: choose another one"
            )
        described, customer = await self._meta.of(ACCOUNT), draft.customer
        values = {
            **_name(customer),
            "PersonEmail": customer.email,
            "Phone": customer.phone,
            **_address("PersonMailing", customer, described),
            **_address("Billing", customer, described),
            **{one.name.removeprefix("Account."): one.after for one in draft.custom if not _is_contacts(one.name)},
        }
        values.pop("Name", None)  # Salesforce makes it of the first and the last name, and refuses it
        body = filled(described.fields, self._marked_by(values, draft, described), creating=True)
        return [_part(ACCOUNT, "account", {"RecordTypeId": draft.record_type_id, **body})]

    async def _pair_parts(self, draft: AccountDraft) -> list[dict[str, Any]]:
        described, person, customer = await self._meta.of(ACCOUNT), await self._meta.of(CONTACT), draft.customer
        full = f"{customer.first_name} {customer.last_name}".strip()
        account = {
            "Name": draft.company or customer.company or full or customer.name,
            "Phone": customer.phone,
            **_address("Billing", customer, described),
        }
        contact = {
            **_name(customer),
            "Email": customer.email,
            "Phone": customer.phone,
            **_address("Mailing", customer, person),
        }
        for one in draft.custom:
            owner, _, name = one.name.rpartition(".")
            mine = owner == CONTACT or (not owner and person.has(one.name))
            if mine or not _is_persons(name):
                (contact if mine else account)[name] = one.after
        return [
            _part(
                ACCOUNT, "account", filled(described.fields, self._marked_by(account, draft, described), creating=True)
            ),
            _part(CONTACT, "contact", {**filled(person.fields, contact, creating=True), "AccountId": "@{account.id}"}),
        ]

    def _marked_by(self, values: Mapping[str, str], draft: AccountDraft, described: Described) -> dict[str, str]:
        """The account's values with the marker that finds it again."""
        name = self._api.settings.account_marker
        if not draft.marker:
            return dict(values)
        if not described.has(name):
            raise WrongValue(f"the integration user cannot see the field Account.{name} (option account_marker_field)")
        if name != "Description":
            return {**values, name: draft.marker}
        longest = int(described.fields[name].get("length") or 255)
        return {**values, name: with_marker(values.get(name, ""), draft.marker, longest)}


def account_draft(draft: Draft) -> AccountDraft:
    """What a policy made of an order's buyer, as this system's accounts are made. Raises ``ValueError`` without its form."""
    customer = draft.customer or Customer("", draft.name)
    form = AccountForm(draft.detail("form"))
    custom = tuple(TextValue(name, value) for name, value in draft.details if "." in name)
    return AccountDraft(draft.key, form, customer, "", draft.detail("record_type_id"), draft.marker, custom)


def account_answer(draft: Draft, made: AccountOutcome) -> WriteOutcome:
    """The outcome of a creation; records that Salesforce calls duplicates are offered, never taken."""
    offered = (
        f"; it may be the same as {', '.join(made.matches)}: use that, or change one of them" if made.matches else ""
    )
    found = ",".join(made.matches) or None
    return WriteOutcome(
        draft.key, None, made.result, f"{made.message}{offered}", made.code, made.request_id, found, made.id
    )


async def _made(api: Api, parts: list[dict[str, Any]]) -> tuple[Sent, list[str]]:
    """How the request ended, and the ids of what it made in the order of the parts."""
    sent, bodies = await made(api, parts)
    ids = [text(body.get("id")) for body in bodies]
    if sent.result is Result.APPLIED and not all(ids):
        why = f"the answer does not name what was made (request {sent.request_id}); it may have been created"
        return Sent(Result.UNKNOWN, why, "", sent.request_id), []
    return sent, ids


def _part(entity: str, name: str, body: Row) -> dict[str, Any]:
    return {"method": "POST", "url": f"/sobjects/{entity}", "referenceId": name, "body": body}


def _name(customer: Customer) -> dict[str, str]:
    if not customer.last_name.strip():
        raise WrongValue(
            f"{customer.name or 'this customer'} has no last name, and Salesforce needs one: complete the customer, or set "
            "what stands for it"
        )
    return {"FirstName": customer.first_name.strip(), "LastName": customer.last_name.strip()}


def _address(prefix: str, customer: Customer, described: Described) -> dict[str, str]:
    """An address's fields. Where states and countries are picklists, a code goes into the field for codes: the one for
    names refuses it.
    """
    country, region = customer.country.strip(), customer.region.strip()
    codes = country.upper() in _choices(described, f"{prefix}CountryCode")
    state = codes and region.upper() in _choices(described, f"{prefix}StateCode")
    return {
        f"{prefix}Street": "\n".join(line for line in (customer.street, customer.street2) if line),
        f"{prefix}City": customer.city,
        f"{prefix}PostalCode": customer.postal_code,
        f"{prefix}StateCode" if state else f"{prefix}State": region.upper() if state else region,
        f"{prefix}CountryCode" if codes else f"{prefix}Country": country.upper() if codes else country,
    }


def _choices(described: Described, name: str) -> set[str]:
    """The values of a picklist; empty where there is no such field."""
    values = described.fields.get(name, {}).get("picklistValues") or ()
    return {str(row.get("value")) for row in values}


def _person(row: Row) -> Person:
    account = row.get("Account")
    account = account if isinstance(account, Mapping) else {}
    is_person, account_id = row.get("IsPersonAccount") is True, text(row.get("AccountId"))
    mailing = any(row.get(f"Mailing{name}") for name in ("Street", "City", "PostalCode"))

    def part(name: str) -> str:
        return text(row.get(f"Mailing{name}") if mailing else account.get(f"Billing{name}"))

    return Person(
        id=account_id if is_person else str(row["Id"]),
        account_id=account_id,
        contact_id=str(row["Id"]),
        is_person=is_person,
        first_name=text(row.get("FirstName")),
        last_name=text(row.get("LastName")),
        email=text(row.get("Email")),
        street=part("Street"),
        city=part("City"),
        postal_code=part("PostalCode"),
        account_name=text(account.get("Name")),
    )


def _is_contacts(name: str) -> bool:
    """Whether a field is a contact's: a person account has its mirror (``PersonTitle``, ``Loyalty__pc``) instead."""
    return name.startswith(f"{CONTACT}.")


def _is_persons(name: str) -> bool:
    """Whether a field of Account is a person account's only: a business account refuses it."""
    names = {"FirstName", "MiddleName", "LastName", "Salutation", "Suffix"}
    return name in names or name.startswith("Person") or name.endswith("__pc")


def _given(values: Sequence[str]) -> list[str]:
    return [value.strip() for value in values if value.strip()]


def _holds(found: str, marker: str) -> bool:
    """Whether a field holds this marker, and not a longer one that begins like it."""
    return found.strip() == marker or f"[{marker}]" in found
