"""Salesforce's rows as records, and the values in them that a sync or a reconciliation compares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.salesforce.settings import Settings
from connectors.values import amount, text
from engine.model import Customer, PriceOption, Product, Sku, canonical

Row = Mapping[str, Any]
#: Fields of a product that have a place of their own in the record, and those that change without meaning anything.
PRODUCT_OWN = frozenset({"Id", "Name", "Description", "ProductCode", "IsActive", "IsDeleted"})
CONTACT_OWN = frozenset({"Id", "AccountId", "Name", "FirstName", "LastName", "Email", "IsDeleted", "IsPersonAccount"})
PERSON_OWN = frozenset(
    {"Id", "Name", "FirstName", "LastName", "PersonEmail", "IsDeleted", "IsPersonAccount", "PersonContactId"}
)
_NOISE = frozenset(
    {"LastViewedDate", "LastReferencedDate", "SystemModstamp", "LastModifiedDate", "LastModifiedById", "CreatedDate"}
    | {"CreatedById", "OwnerId", "MasterRecordId", "PhotoUrl", "LastActivityDate"}
)
_NO_TEXT = frozenset({"address", "location", "base64", "complexvalue", "anyType"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")
_MARKER = re.compile(r"\s*\[(crosswalk:[^\[\]]*)\]\s*$")


def readable(fields: Mapping[str, Mapping[str, Any]], own: Iterable[str] = ()) -> list[str]:
    """Field names that go to a record's ``custom``: all that have a value of their own, but for ``own`` and noise."""
    skip = _NOISE | set(own)
    return [name for name, one in fields.items() if name not in skip and one.get("type") not in _NO_TEXT]


def product(row: Row, entries: Sequence[Row], custom: Iterable[str], settings: Settings, site: str) -> Product:
    """A product with its prices in the synced book; inactive entries are no prices. ``version`` is its SystemModstamp.

    Raises ``ValueError`` for an amount that is none.
    """
    code, id = text(row.get("ProductCode")), str(row["Id"])
    return Product(
        id=id,
        name=text(row.get("Name")),
        description=without_marker(text(row.get("Description"))),
        active=row.get("IsActive") is True and row.get("IsArchived") is not True and row.get("IsDeleted") is not True,
        category=text(row.get("Family")),
        external_id=text(row.get(settings.external_id)) if settings.external_id else "",
        prices=prices(entries),
        skus=(Sku(code),) if code else (),
        version=text(row.get("SystemModstamp")),
        url=f"{site}/lightning/r/Product2/{id}/view",
        notes=text(row.get(settings.marker)),
        custom=texts(row, custom),
    )


def prices(entries: Sequence[Row]) -> tuple[PriceOption, ...]:
    """The active entries' prices, by currency."""
    found = [
        PriceOption(money, text(entry.get("CurrencyIsoCode")) or None)
        for entry in entries
        if entry.get("IsActive") is True and (money := amount(entry.get("UnitPrice"))) is not None
    ]
    return tuple(sorted(found, key=lambda option: option.currency or ""))


def contact(row: Row, custom: Iterable[str], marker: str, site: str) -> Customer:
    """A contact of a business account (or of none)."""
    account = row.get("Account")
    account = account if isinstance(account, Mapping) else {}
    company = text(account.get("Name"))
    first, last = text(row.get("FirstName")), text(row.get("LastName"))
    found = Customer(
        id=str(row["Id"]),
        name=company or f"{first} {last}".strip(),
        active=row.get("IsDeleted") is not True,
        email=text(row.get("Email")),
        phone=text(row.get("Phone")) or text(row.get("MobilePhone")) or text(account.get("Phone")),
        first_name=first,
        last_name=last,
        external_id=text(account.get(marker)),
        version=text(row.get("SystemModstamp")),
        url=f"{site}/lightning/r/Contact/{row['Id']}/view",
        company=company,
        custom=texts(row, custom),
        object="Contact",
    )
    return _located(found, _place(row, "Mailing", account, "Billing"))


def person(row: Row, custom: Iterable[str], marker: str, site: str) -> Customer:
    """A person account: one record that is both."""
    first, last = text(row.get("FirstName")), text(row.get("LastName"))
    found = Customer(
        id=str(row["Id"]),
        name=text(row.get("Name")) or f"{first} {last}".strip(),
        active=row.get("IsDeleted") is not True,
        email=text(row.get("PersonEmail")),
        phone=text(row.get("Phone")) or text(row.get("PersonMobilePhone")),
        first_name=first,
        last_name=last,
        external_id=text(row.get(marker)) if marker else "",
        version=text(row.get("SystemModstamp")),
        url=f"{site}/lightning/r/Account/{row['Id']}/view",
        custom=texts(row, custom),
        object="Account",
    )
    return _located(found, _place(row, "PersonMailing", row, "Billing"))


_ADDRESS = ("Street", "City", "PostalCode", "State", "Country")


def _place(row: Row, own: str, other: Row, otherwise: str) -> dict[str, str]:
    """The address of a row's fields that begin with ``own``; where all are empty, another row's ``otherwise``."""
    named = {name: text(row.get(f"{own}{name}")) for name in _ADDRESS}
    return named if any(named.values()) else {name: text(other.get(f"{otherwise}{name}")) for name in _ADDRESS}


def _located(customer: Customer, address: Mapping[str, str]) -> Customer:
    street, _, more = address["Street"].replace("\r\n", "\n").partition("\n")
    return replace(
        customer,
        street=street,
        street2=more.replace("\n", ", "),
        city=address["City"],
        postal_code=address["PostalCode"],
        region=address["State"],
        country=address["Country"],
    )


def texts(row: Row, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The values of fields as text; empty ones are left out."""
    return tuple((name, value) for name in names if (value := spelled(row.get(name))))


def spelled(value: Any) -> str:
    """A field's value as text: ``true``, plain digits, times in ISO 8601, picklists as Salesforce has them (``a;b``).

    >>> spelled(True), spelled(Decimal("9.50")), spelled(None)
    ('true', '9.5', '')
    >>> spelled("2026-09-24T03:26:07.000+0000")
    '2026-09-24T03:26:07+00:00'
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return canonical(Decimal(value))
    words = str(value)
    if _MOMENT.fullmatch(words):
        return datetime.fromisoformat(words).isoformat()
    return words.replace("\r\n", "\n")


def code_of(value: str) -> str:
    """A product code as codes are compared: trimmed and case-folded, as Salesforce itself compares them."""
    return value.strip().casefold()


def with_marker(words: str, marker: str, longest: int) -> str:
    """A text whose end holds our marker, cut so that the marker is kept whole."""
    if not marker:
        return words[:longest]
    return f"{words[: longest - len(marker) - 3].rstrip()} [{marker}]".strip()


def without_marker(words: str) -> str:
    """What people wrote; our marker at the end is no part of a description.

    >>> without_marker("Wood bat [crosswalk:run-1:7]")
    'Wood bat'
    """
    return _MARKER.sub("", words)
