"""What a CRM offers beyond a catalogue, and a store that feeds one: schema, pushed products, text fields, accounts.

Data and protocols only, like ``engine.ports``; a connector says which of them it follows in its ``Capabilities``
(``has_schema``, ``pushes_products``, ``writes_texts``, ``makes_accounts``).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from engine.model import Customer, Kind, Product
from engine.ports import Result


# ------------------------------------------------------------------------------------------------ schema
@dataclass(frozen=True, slots=True)
class SchemaField:
    """One field of one object, as the system describes it now. ``type`` is the system's own word (``string``, ``picklist``).

    ``length`` counts characters, ``precision`` and ``scale`` digits; 0 where they have no meaning. ``required``: a new
    record is refused without it. ``references`` names the objects a lookup may point at. ``own``: the record's name, code and
    the like, which are in the record itself and not in its ``custom``; no field is mapped into one.
    """

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False
    unique: bool = False
    external_id: bool = False
    picklist: tuple[str, ...] = ()
    restricted: bool = False  # only the picklist's values are taken
    createable: bool = False
    updateable: bool = False
    custom: bool = False
    references: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """One object (Salesforce: an sObject; UltraCart: ``item`` and ``customer``) with the fields this user may see.

    ``kind`` says whose records hold these fields (in ``Product.custom``, ``Customer.custom``); None: nobody's.
    """

    name: str
    label: str
    custom: bool
    fields: tuple[SchemaField, ...]
    kind: Kind | None = None


class HasSchema(Protocol):
    """A system whose objects and fields differ from account to account (``capabilities.has_schema``)."""

    async def schema(self) -> tuple[SchemaObject, ...]:
        """Every object that can be mapped, with all fields this user may read; complete or ``IncompleteRead``."""


# ------------------------------------------------------------------------------------------------ products
@dataclass(frozen=True, slots=True)
class PriceBook:
    """One list of prices. A system that has any has exactly one ``standard`` book."""

    id: str
    name: str
    standard: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class PriceEntry:
    """The price of one product in one price book, active or not."""

    id: str
    product_id: str
    book_id: str
    amount: Decimal
    currency: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class BookPrice:
    """A price that one pushed product shall have in one book, in an ``active`` entry (or, taken back, in an inactive one).

    ``entry_id``, ``before`` and ``was_active`` are the entry as seen; empty, None and True where none was seen. A price
    that moved since is ``stale``. No entry is made to be inactive.
    """

    book_id: str
    amount: Decimal
    currency: str = ""
    entry_id: str = ""
    before: Decimal | None = None
    active: bool = True
    was_active: bool = True


@dataclass(frozen=True, slots=True)
class TextValue:
    """One field of a record by its API name, as text; ``before`` is what must still hold (None: not looked at).

    The names ``name``, ``description``, ``code`` and ``active`` (``"true"``/``"false"``) mean the same in every system;
    any other is the system's own. Empty text empties the field.
    """

    name: str
    after: str
    before: str | None = None


@dataclass(frozen=True, slots=True)
class PushItem:
    """A storefront product to be made, or kept up, in the back office. ``product_id`` is empty for a new one.

    ``code`` is the storefront's id of it and finds it again after a lost answer: a connector never makes a second
    product with a code it can see. ``values`` are the fields to write; a new product takes all of them.
    """

    key: str
    source_id: str
    code: str
    values: tuple[TextValue, ...]
    prices: tuple[BookPrice, ...]
    product_id: str = ""


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """What became of one ``PushItem``, and which ids it has now; ``message`` and ``code`` are the system's own words.

    ``unknown`` when a request may have been carried out. ``matches`` are the ids of records the system calls duplicates.
    A product that was made while one of its prices was refused is ``rejected`` with its ``product_id`` set.
    """

    key: str
    result: Result
    product_id: str = ""
    entries: Mapping[str, str] | None = None  # book id -> entry id
    message: str = ""
    code: str = ""
    request_id: str = ""
    matches: tuple[str, ...] = ()


class PushesProducts(Protocol):
    """A back office with products in price books (``capabilities.pushes_products``)."""

    async def price_books(self) -> list[PriceBook]: ...

    def price_entries(self) -> AsyncIterator[Sequence[PriceEntry]]:
        """Every entry of every book, inactive ones too, in pages; complete or ``IncompleteRead``."""

    async def entries_of(self, product_ids: Sequence[str]) -> list[PriceEntry]:
        """The entries of some products in every book, inactive ones too: what a push is verified by."""

    async def find_codes(self, codes: Sequence[str]) -> dict[str, list[Product]]:
        """Products by code (trimmed, case-folded), inactive ones too; a code nobody has is absent."""

    async def push(self, items: Sequence[PushItem]) -> list[PushOutcome]:
        """Make or update up to ``capabilities.push_size`` products with their prices: one outcome per item, in order.

        In batches: the products, then the standard prices of those that went through, then each other book. Raises
        only when nothing can have been sent.
        """


# ------------------------------------------------------------------------------------------------ texts
@dataclass(frozen=True, slots=True)
class TextWrite:
    """Names, descriptions and custom fields of one product, or custom fields of one customer, to be written by a
    reconciliation (never by a sync).
    """

    key: str
    id: str
    values: tuple[TextValue, ...]
    kind: Kind = Kind.PRODUCTS


@dataclass(frozen=True, slots=True)
class TextOutcome:
    """What became of one field of one ``TextWrite``; ``found`` is the value met when ``stale``."""

    key: str
    name: str
    result: Result
    message: str = ""
    code: str = ""
    request_id: str = ""
    found: str | None = None


class WritesTexts(Protocol):
    """A system whose names, descriptions and custom fields may be reconciled (``capabilities.writes_texts``)."""

    async def write_texts(self, writes: Sequence[TextWrite]) -> list[TextOutcome]:
        """Exactly one outcome per (write, value), in order; read again right before writing, as ``Connector.write``."""


# ------------------------------------------------------------------------------------------------ accounts
class AccountForm(StrEnum):
    """The two ways to keep a buyer: one person account, or an account with a contact."""

    PERSON_ACCOUNT = "person_account"
    ACCOUNT_AND_CONTACT = "account_and_contact"


@dataclass(frozen=True, slots=True)
class RecordType:
    id: str
    name: str
    default: bool = False


@dataclass(frozen=True, slots=True)
class PersonAccounts:
    """Whether the org has person accounts, and the active record types this user may make them with."""

    enabled: bool
    record_types: tuple[RecordType, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A buyer the back office knows. ``id`` is the id its customer record has (the contact's, or the person account's)."""

    id: str
    account_id: str
    contact_id: str
    is_person: bool
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    street: str = ""
    city: str = ""
    postal_code: str = ""
    account_name: str = ""


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """A buyer to be made. ``marker`` finds it again after a lost answer (the storefront's id of the customer or order)."""

    key: str
    form: AccountForm
    customer: Customer
    company: str = ""
    record_type_id: str = ""
    marker: str = ""
    custom: tuple[TextValue, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountOutcome:
    """``matches`` are records the system calls duplicates: offered to the admin, never taken by themselves."""

    key: str
    result: Result
    id: str = ""
    account_id: str = ""
    contact_id: str = ""
    message: str = ""
    code: str = ""
    request_id: str = ""
    matches: tuple[str, ...] = ()


class MakesAccounts(Protocol):
    """A CRM that keeps buyers (``capabilities.makes_accounts``)."""

    async def person_accounts(self) -> PersonAccounts: ...

    async def find_people(
        self, emails: Sequence[str], names: Sequence[tuple[str, str]] = (), marker: str = ""
    ) -> list[Person]:
        """All buyers with one of the e-mail addresses, or one of the (first, last) names, or the marker; unfiltered."""

    async def create_account(self, draft: AccountDraft) -> AccountOutcome:
        """One person account, or an account with its contact (both or neither). ``unknown`` when it may have been
        carried out; never retried by itself.
        """
