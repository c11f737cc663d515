"""SimpleAPI's documents as records, and a draft as SimpleAPI's document."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.marketplace.api import period_text
from engine.model import Customer, PriceOption, Product

#: Statuses in which an account exists and may buy or hold services; the others count as inactive.
_ALIVE = frozenset({"", "active", "pending", "creditHold"})
_ADDRESS = {
    "street": "streetAddress",
    "street2": "addressExtension",
    "postal_code": "postalCode",
    "city": "city",
    "region": "state",
    "country": "countryCode",
}


def customer(row: Mapping[str, Any]) -> Customer:
    """A customer; ``complete`` only when the document has the address and contacts that the thin list leaves out."""
    address = _dict(row.get("address"))
    contact = _main_contact(row.get("contactPersons"))
    return Customer(
        id=str(row["id"]),
        name=_text(row.get("name")),
        active=_text(row.get("status")) in _ALIVE,
        email=_text(contact.get("email")),
        phone=_text(contact.get("phoneNumber")),
        first_name=_text(contact.get("firstName")),
        last_name=_text(contact.get("lastName")),
        language=_text(row.get("language")),
        external_id=_text(row.get("externalId")),
        complete="address" in row and "contactPersons" in row,
        street=_text(address.get("streetAddress")),
        street2=_text(address.get("addressExtension")),
        city=_text(address.get("city")),
        postal_code=_text(address.get("postalCode")),
        region=_text(address.get("state")),
        country=_text(address.get("countryCode")),
    )


def product(row: Mapping[str, Any], id: str) -> Product:
    """A product with all its prices and costs: type, model, currency and tier of each. Raises ``ValueError``."""
    billing, term = period_text(row.get("billingPeriod")), period_text(row.get("subscriptionPeriod"))
    return Product(
        id=id,
        name=_text(row.get("name")),
        brand=_text(row.get("vendor")),
        mpn=_text(row.get("mpn")),
        category=_text(row.get("serviceName")),
        period=billing if term in {"", billing} else f"{billing}, {term} term".removeprefix(", "),
        prices=_options(row.get("prices")),
        costs=_options(row.get("costs")),
    )


def missing_for_creation(new: Customer) -> list[str]:
    """What the marketplace demands of a new customer and this one lacks, in the words of its form."""
    demanded = {
        "name": new.name,
        "street": new.street,
        "city": new.city,
        "postal code": new.postal_code,
        "country": new.country,
        "first name": new.first_name,
        "last name": new.last_name,
        "e-mail": new.email,
        "phone": new.phone,
        "language": new.language,
    }
    return [name for name, value in demanded.items() if not value.strip()]


def new_customer(new: Customer, external_id: str) -> dict[str, Any]:
    """The body of ``POST /customers``."""
    address = {theirs: value for ours, theirs in _ADDRESS.items() if (value := getattr(new, ours))}
    body: dict[str, Any] = {
        "name": new.name,
        "address": address,
        "contactPersons": [
            {
                "type": "admin",
                "firstName": new.first_name,
                "lastName": new.last_name,
                "email": new.email,
                "phoneNumber": new.phone,
            }
        ],
        "language": new.language,
    }
    if external_id:
        body["externalId"] = external_id
    return body


def _options(rows: Any) -> tuple[PriceOption, ...]:
    if rows is None:
        return ()
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("prices and costs are lists of objects")
    return tuple(
        PriceOption(
            amount=_decimal(row.get("amount")),
            currency=_text(row.get("currency")).upper() or None,
            type=_text(row.get("type")) or "recurring",
            model=_text(row.get("model")) or "FLAT",
            lower_limit=_decimal(row.get("lowerLimit") or 0),
        )
        for row in rows
    )


def _decimal(value: Any) -> Decimal:
    """Amounts are strings in this API ("70.5"); numbers are read too. Raises ``ValueError``."""
    try:
        amount = Decimal(value if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else "none")
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is no amount") from error
    if not amount.is_finite():
        raise ValueError(f"{value!r} is no amount")
    return amount


def _main_contact(people: Any) -> Mapping[str, Any]:
    """The admin contact, or the first one."""
    known = [person for person in people if isinstance(person, dict)] if isinstance(people, list) else []
    return next((person for person in known if person.get("type") == "admin"), known[0] if known else {})


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return "" if value is None else str(value)
