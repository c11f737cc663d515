"""Data only: sides, kinds, fields, and the records that connectors read.

Records are frozen, slotted and validated (pydantic dataclasses): a connector builds them page by page at its edge,
the cache keeps them as JSON. Money is ``Decimal`` with an ISO 4217 currency, never a float; time is aware UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

RECORD = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Side(StrEnum):
    """One half of an integration."""

    STOREFRONT = "storefront"
    BACKOFFICE = "backoffice"

    @property
    def other(self) -> Side:
        return Side.BACKOFFICE if self is Side.STOREFRONT else Side.STOREFRONT


class Kind(StrEnum):
    """What is mapped. A fee is kept by the integration itself; its counterpart is a back-office product."""

    CUSTOMERS = "customers"
    PRODUCTS = "products"
    FEES = "fees"

    @property
    def counterpart(self) -> Kind:
        """The kind of the back-office record that a row of this kind is mapped to."""
        return Kind.PRODUCTS if self is Kind.FEES else self

    @property
    def singular(self) -> str:
        return self.value[:-1]


class Field(StrEnum):
    """What a product sync may write. Names and descriptions are compared, never written by it."""

    PRICE = "price"
    COST = "cost"
    QUANTITY = "quantity"
    SKU = "sku"

    @property
    def is_money(self) -> bool:
        return self in {Field.PRICE, Field.COST}


class Status(StrEnum):
    """What one row (or one field of it) is now; the order is the order of severity shown in lists (design, section 4)."""

    FAILED = "Failed"
    UNVERIFIED = "Unverified"
    BROKEN = "Broken"
    CONFLICT = "Conflict"
    NEEDS_CHOICE = "Needs choice"
    AMBIGUOUS = "Ambiguous"
    UNMAPPED = "Unmapped"
    IN_ORDERS = "In orders"
    OUT_OF_SYNC = "Out of sync"
    FIRST_SYNC = "First sync"
    IN_SYNC = "In sync"
    MAPPED = "Mapped"
    BASE = "Base"
    IGNORED = "Ignored"


@dataclass(frozen=True, slots=True, config=RECORD)
class PriceOption:
    """One of several prices or costs a storefront quotes for a product (CloudBlue SimpleAPI ``prices[]``, ``costs[]``).

    ``currency`` is None where the system has none (Syncro): the integration's currency is meant.
    """

    amount: Decimal
    currency: str | None = None
    type: str = "recurring"
    model: str = "FLAT"
    lower_limit: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, config=RECORD)
class Sku:
    """One stock-keeping code. ``vendor`` names whose code it is and ``id`` its own record, where the system has both."""

    value: str
    vendor: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True, config=RECORD)
class Product:
    """A product as one system has it. ``version`` is whatever the system offers for compare-and-set, or empty.

    ``quantity`` is what is on hand, ``available`` what of it may be sold, where the system tells the two apart.
    ``custom`` holds further fields by their API name, as text.
    """

    id: str
    name: str
    description: str = ""
    active: bool = True
    brand: str = ""
    mpn: str = ""
    upc: str = ""
    category: str = ""
    period: str = ""
    external_id: str = ""
    prices: tuple[PriceOption, ...] = ()
    costs: tuple[PriceOption, ...] = ()
    skus: tuple[Sku, ...] = ()
    quantity: Decimal | None = None
    available: Decimal | None = None
    is_base: bool = False
    parent_id: str = ""
    version: str = ""
    url: str = ""
    notes: str = ""
    custom: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, config=RECORD)
class Customer:
    """A customer. ``complete`` is False while only the list's few fields are known (details are read lazily).

    ``object`` is the name of the system's object whose fields are in ``custom``, where it has several for customers
    (Salesforce: ``Account`` for a person account, else ``Contact``).
    """

    id: str
    name: str
    active: bool = True
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    postal_code: str = ""
    region: str = ""
    country: str = ""
    language: str = ""
    external_id: str = ""
    complete: bool = True
    version: str = ""
    url: str = ""
    company: str = ""
    custom: tuple[tuple[str, str], ...] = ()
    object: str = ""


@dataclass(frozen=True, slots=True, config=RECORD)
class Fee:
    """One line of the integration's fee list; ``amount`` is entered, or read from prices of ``price_type``."""

    id: str
    name: str
    type: str = "cancellation"
    amount: Decimal | None = None
    currency: str = ""
    source_product_id: str = ""
    active: bool = True
    builtin: bool = False


@dataclass(frozen=True, slots=True, config=RECORD)
class OrderLine:
    """Units of one product in one order; ``product_id`` is the storefront's id of the product or variant."""

    product_id: str
    quantity: Decimal
    sku: str = ""


@dataclass(frozen=True, slots=True, config=RECORD)
class Order:
    """A storefront's order. ``number`` is what accounting knows it by once it is posted.

    ``customer`` is who bought, as the order says it; ``customer_id`` is empty for a buyer without a profile.
    """

    id: str
    number: str
    at: datetime
    status: str
    lines: tuple[OrderLine, ...] = ()
    customer_id: str = ""
    customer: Customer | None = None
    paid: bool = True


Record = Product | Customer | Fee

ADAPTERS: dict[Kind, TypeAdapter[Record]] = {
    Kind.CUSTOMERS: TypeAdapter(Customer),
    Kind.PRODUCTS: TypeAdapter(Product),
    Kind.FEES: TypeAdapter(Fee),
}


def to_json(record: Record) -> bytes:
    """Compact JSON of a record; decimals as strings."""
    kind = {Customer: Kind.CUSTOMERS, Product: Kind.PRODUCTS, Fee: Kind.FEES}[type(record)]
    return ADAPTERS[kind].dump_json(record, exclude_defaults=True)


def from_json(kind: Kind, raw: bytes | str) -> Record:
    """The record that ``to_json`` wrote. Raises ``pydantic.ValidationError`` on anything else."""
    return ADAPTERS[kind].validate_json(raw)


def canonical(amount: Decimal) -> str:
    """The one spelling of an amount that is stored and compared: plain digits, no exponent, no trailing zeros.

    >>> canonical(Decimal("10.50")), canonical(Decimal("1E+3"))
    ('10.5', '1000')
    """
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def utc_text(at: datetime) -> str:
    """ISO 8601 in UTC with microseconds: sorts as text."""
    if at.tzinfo is None:
        raise ValueError(f"naive time {at!r}: times are aware UTC")
    return at.astimezone(UTC).isoformat(timespec="microseconds")
