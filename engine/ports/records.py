"""What connectors read and are asked to write: pages, field writes, drafts, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from engine.model import Customer, Field, Kind, Order, Record, Sku


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a complete read. ``total`` is what the system claims, or None."""

    records: tuple[Record, ...]
    total: int | None = None


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """One page of an incremental read: changed records, and ids that are gone."""

    records: tuple[Record, ...]
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangedOrders:
    """One page of an incremental read of orders: those that count as sales, and the ids of those that do not (any more)."""

    orders: tuple[Order, ...]
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldWrite:
    """One field to write: canonical text (``engine.model.canonical`` for amounts). ``before`` is what must still hold.

    An ``after`` of ``""`` takes an SKU away (the undo of one that was added); amounts are never emptied. ``takes_back`` is
    the id of the stock movement that this undoes: a connector that can, and finds it as it was made, deletes it.
    """

    field: Field
    before: str | None
    after: str
    takes_back: str = ""


@dataclass(frozen=True, slots=True)
class RecordWrite:
    """All fields of one record that one run writes. ``key`` is the idempotency key of this logical write.

    ``sku_slot`` says where the SKU lives: ``"sku"`` (the record's own), ``"upc"`` or ``"vendor:NAME"``.
    """

    key: str
    kind: Kind
    id: str
    name: str
    fields: tuple[FieldWrite, ...]
    version: str = ""
    sku_slot: str = "sku"
    currency: str = ""


class Result(StrEnum):
    """The outcome of one field of one row. ``unknown`` is a connector's word only; the engine settles it by reading."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    STALE = "stale"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    UNVERIFIED = "unverified"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """What a connector says of one field of one ``RecordWrite`` (or, with ``field`` None, of one create).

    ``found`` is the value met when ``stale``, or (of a create) the ids of the records it would be a duplicate of, with
    commas between them; ``id`` the new record's id after a create, or that of the stock movement that was made for a quantity; ``message`` and ``code`` are
    the system's own words. ``doubt`` says why the value may be wrong although the record shows it (units sold in the same
    moment): it ends ``unverified``.
    """

    key: str
    field: Field | None
    result: Result
    message: str = ""
    code: str = ""
    request_id: str = ""
    found: str | None = None
    id: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A record to be created. ``marker`` is stored with it where it can be read back (Syncro: the product's notes).

    ``sku`` with ``vendor`` names whose code it is. ``customer`` is set for kind customers. ``details`` are values of the
    system's own ``draft_fields``. ``quantity`` is written after the record was made: a connector makes it with none.
    """

    key: str
    kind: Kind
    source_id: str
    name: str
    description: str = ""
    price: Decimal | None = None
    cost: Decimal | None = None
    currency: str = ""
    sku: Sku | None = None
    upc: str = ""
    category: str = ""
    taxable: bool = True
    maintain_stock: bool = False
    marker: str = ""
    external_id: str = ""
    customer: Customer | None = None
    details: tuple[tuple[str, str], ...] = ()
    quantity: Decimal | None = None
    stock: Decimal | None = None  # what the source had when ``quantity`` was made of it; None: it was typed
    unposted: Decimal = Decimal(0)  # units in orders that accounting does not hold, counted into ``quantity``
    waits: str = ""  # why ``quantity`` is written by a later sync

    @property
    def quantity_words(self) -> str:
        """What orders that are not posted make of the first quantity, or ""."""
        if self.waits:
            return f"first quantity later: {self.waits}"
        if self.unposted:
            return (
                f"first quantity {self.quantity:f}: {self.stock:f} in the store, {self.unposted:f} in orders not posted"
            )
        return ""

    def detail(self, name: str) -> str:
        """The value of one of the system's own fields, or ""."""
        return dict(self.details).get(name, "")
