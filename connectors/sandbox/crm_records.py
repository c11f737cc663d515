"""The records of a seeded store and the CRM behind it: neutral values that each sandbox spells as its vendor does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

__all__ = [
    "CrmAccount",
    "CrmBook",
    "CrmContact",
    "CrmCustomer",
    "CrmEntry",
    "CrmItem",
    "CrmLine",
    "CrmOrder",
    "CrmProduct",
    "Postal",
    "salesforce_id",
]

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def salesforce_id(prefix: str, number: int) -> str:
    """An 18-character id of the CRM: three of prefix, twelve of number, three that check upper and lower case.

    >>> salesforce_id("01t", 1)
    '01t5g0000000001AAA'
    """
    tail = ""
    while number:
        number, digit = divmod(number, len(LETTERS))
        tail = LETTERS[digit] + tail
    short = f"{prefix}5g{tail:0>10}"
    checks = ""
    for start in (0, 5, 10):
        bits = sum(1 << place for place in range(5) if short[start + place].isupper())
        checks += CHECKS[bits]
    return short + checks


@dataclass(frozen=True, slots=True)
class Postal:
    """A name with an address, as orders and customer profiles have it."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = "US"
    phone: str = ""


@dataclass(frozen=True, slots=True)
class CrmItem:
    """What the store sells. ``tiers`` maps the name of a price tier to its price; ``product_id`` is the link it holds."""

    oid: int
    code: str
    description: str
    long_text: str
    price: Decimal
    cogs: Decimal
    quantity: int | None  # None: not counted
    sale_price: Decimal | None = None
    msrp: Decimal | None = None
    tiers: tuple[tuple[str, Decimal], ...] = ()
    active: bool = True
    barcode: str = ""
    manufacturer_sku: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    product_id: str = ""


@dataclass(frozen=True, slots=True)
class CrmCustomer:
    """A customer profile of the store."""

    oid: int
    email: str
    billing: Postal
    notes: str = ""
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CrmLine:
    """Units of one item, named by its code as orders do."""

    code: str
    quantity: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class CrmOrder:
    """An order. ``customer`` is the oid of a profile, or 0 for a buyer without one; ``email`` and ``billing`` are the buyer's."""

    id: str
    at: datetime
    paid: bool
    customer: int
    email: str
    billing: Postal
    lines: tuple[CrmLine, ...]


@dataclass(frozen=True, slots=True)
class CrmProduct:
    """A product of the CRM (prefix 01t)."""

    id: str
    name: str
    code: str
    description: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class CrmBook:
    """A price book (prefix 01s)."""

    id: str
    name: str
    standard: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class CrmEntry:
    """The price of one product in one book (prefix 01u)."""

    id: str
    book: str
    product: str
    price: Decimal
    active: bool = True


@dataclass(frozen=True, slots=True)
class CrmAccount:
    """An account (prefix 001). A person account has the person's names and e-mail, and the id of its contact half."""

    id: str
    name: str
    billing: Postal
    is_person: bool = False
    email: str = ""
    contact_id: str = ""


@dataclass(frozen=True, slots=True)
class CrmContact:
    """A contact (prefix 003) of a business account."""

    id: str
    account: str
    email: str
    mailing: Postal
