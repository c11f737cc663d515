"""What the engine asks of the world: connectors, their registry, the store, the record cache, locks, the clock.

Everything here is data and protocols; nothing is implemented here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol

from tinydb.table import Table

from engine.model import Customer, Field, Kind, Order, Record, Sku
from engine.unposted import Unposted, UnpostedLine


# ------------------------------------------------------------------------------------------------ capabilities
@dataclass(frozen=True, slots=True)
class Option:
    """One setting of a connection, as the wizard, ``connection add --set`` and ``connection types`` show it.

    A ``secret`` option holds a reference (``env:NAME``, ``file:/path``, ``command:...``, ``keyring:service/user``),
    never the secret itself. ``choices_of`` is what ``Connector.choices`` is asked for values once the connection works.
    """

    name: str
    label: str
    help: str = ""
    required: bool = False
    default: str = ""
    secret: bool = False
    path: bool = False  # a file's path: kept absolute, so that it means the same from every directory
    choices_of: str = ""
    prefix: bool = False  # any number of dotted names below this one (files: ``products.columns.``)


@dataclass(frozen=True, slots=True)
class DraftField:
    """One further field of a record to be created, as this system has it: forms and ``add products --set`` draw on it.

    ``choices`` are (value, label); ``choices_of`` is what ``Connector.choices`` is asked for names. The value ``counted``
    (of the one field that has it) means that stock is kept, and that the record is made with a stock of zero; a ``stocked`` field is for such records only.
    """

    name: str
    label: str
    help: str = ""
    kind: Literal["text", "date"] = "text"
    choices: tuple[tuple[str, str], ...] = ()
    choices_of: str = ""
    default: str = ""
    required: Literal["no", "stocked", "always"] = "no"
    stocked: bool = False
    counted: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a system can do; screens and the engine obey it and never ask for a connector's name."""

    reads: frozenset[Kind] = frozenset()
    creates: frozenset[Kind] = frozenset()
    reads_fields: frozenset[Field] = frozenset()
    writes_fields: frozenset[Field] = frozenset()
    writes_external_id: bool = False
    compare_and_set: bool = False
    price_xor_quantity: bool = False
    delta_quantity: bool = False
    has_currency: bool = True
    has_orders: bool = False
    has_postings: bool = False
    order_changes: bool = False
    posting_changes: bool = False
    reads_changes: bool = False
    has_schema: bool = False  # this and the next three: see engine.crm
    pushes_products: bool = False
    writes_texts: bool = False
    makes_accounts: bool = False
    push_size: int = 200
    finds_marker: bool = False  # a create can be settled by reading a marker of ours back
    batch_size: int = 1
    concurrency: int = 1  # writes the system takes at the same time
    calls_per_write: int = 1  # requests for one batch, looking, reading and verifying included: for estimates
    calls_per_parent: int = 0  # further requests for each product whose variants are written
    calls_per_record: int = 0  # further requests for each record of a batch
    calls_per_quantity: int = 0  # further requests for each quantity, where those are written one by one
    page_size: int = 100
    rate_per_minute: float | None = None
    sku_slots: tuple[str, ...] = ()  # where an SKU may live: ("upc", "vendor") in Syncro
    product_form: tuple[str, ...] = ()  # fields of a new product's form beyond name, price, cost, sku
    draft_fields: tuple[DraftField, ...] = ()  # and those that only this system has
    name_limit: int = 0  # characters of a new record's name; 0: no limit is known
    name_forbids: str = ""  # characters that no name may have


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One line of a connection test: what was tried, whether it works, and what to do if not."""

    name: str
    ok: bool
    message: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a connection test found. ``reconnect``: the credentials were refused, and nothing else helps than new ones."""

    items: tuple[CheckItem, ...]
    account: str = ""
    reconnect: bool = False

    @property
    def ok(self) -> bool:
        return all(item.ok for item in self.items if item.required)


@dataclass(frozen=True, slots=True)
class Budget:
    """The rate budget of one connection as of now; ``limit`` of ``unit`` per ``window`` seconds.

    ``also`` are longer limits that hold at the same time, such as a day's beside an hour's.
    """

    limit: float | None = None
    window: float = 60.0
    used: int = 0
    waiting_seconds: float = 0.0
    requests: int = 0
    throttled: int = 0
    note: str = ""
    unit: str = "requests"
    also: tuple[Budget, ...] = ()


# ------------------------------------------------------------------------------------------------ reading, writing
@dataclass(frozen=True, slots=True)
class Page:
    """One page of a complete read. ``total`` is what the system claims, or None."""

    records: tuple[Record, ...]
    total: int | None = None


@dataclass(frozen=True, slots=True)
class FieldWrite:
    """One field to write: canonical text (``engine.model.canonical`` for amounts). ``before`` is what must still hold.

    An ``after`` of ``""`` takes an SKU away (the undo of one that was added); amounts are never emptied.
    """

    field: Field
    before: str | None
    after: str


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

    ``found`` is the value met when ``stale``; ``id`` the new record's id after a create; ``message`` and ``code`` are
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


class Connector(Protocol):
    """One configured connection to one system. All methods raise ``ConnectorError`` subclasses only."""

    capabilities: Capabilities

    async def check(self) -> CheckReport:
        """Connect and name every missing permission; writes nothing."""

    def read(self, kind: Kind) -> AsyncIterator[Page]:
        """All records of a kind, page by page; ends complete or raises ``IncompleteRead``."""

    async def read_some(self, kind: Kind, ids: Sequence[str]) -> dict[str, Record]:
        """Fresh copies of some records; an id that is gone is absent from the answer."""

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """Write up to ``capabilities.batch_size`` records: exactly one outcome per (write, field), in order.

        The ``before`` of every field is checked against the system right before writing (or by compare-and-set);
        a value that moved is ``stale`` and that record's other fields are not written either. A request that may have
        been carried out ends ``unknown``. Raises only when nothing of the batch can have been sent.
        """

    async def create(self, draft: Draft) -> WriteOutcome:
        """Create one record; ``unknown`` when the request may have been carried out. Never retried by itself."""

    async def find_marker(self, kind: Kind, marker: str, name: str) -> list[Record]:
        """Records that carry our marker: settles an unknown create. ``name`` narrows the vendor's search."""

    async def set_external_id(self, kind: Kind, id: str, value: str) -> WriteOutcome:
        """Write the counterpart's id into an empty external-id field; a non-empty one is ``rejected``."""

    async def choices(self, what: str) -> list[str]:
        """Names to pick from in forms: ``"categories"``, ``"vendors"``, and every ``DraftField.choices_of``."""

    def budget(self) -> Budget: ...

    async def close(self) -> None: ...


class ReadsOrders(Protocol):
    """A storefront with orders (``capabilities.has_orders``)."""

    def read_orders(self, since: datetime) -> AsyncIterator[Sequence[Order]]:
        """All orders since then that count as sales, in pages; complete or ``IncompleteRead``. Aware UTC."""


@dataclass(frozen=True, slots=True)
class ChangedOrders:
    """One page of an incremental read of orders: those that count as sales, and the ids of those that do not (any more)."""

    orders: tuple[Order, ...]
    gone: tuple[str, ...] = ()


class ReadsOrderChanges(Protocol):
    """A storefront that can say which orders changed (``capabilities.order_changes``)."""

    def read_order_changes(self, since: datetime) -> AsyncIterator[ChangedOrders]:
        """All orders made or changed since then. Raises ``IncompleteRead`` where it cannot say so after all: then read all."""


class ReadsPostings(Protocol):
    """An accounting system (``capabilities.has_postings``) that can say which orders it holds."""

    async def posted(self, numbers: Sequence[str]) -> set[str]:
        """Those of the order numbers that an invoice or sales receipt carries in the configured field."""


class ReadsPostingChanges(Protocol):
    """An accounting system that can say what was posted lately (``capabilities.posting_changes``)."""

    async def posted_since(self, since: datetime) -> set[str]:
        """The order numbers of all invoices and sales receipts made or changed since then. Raises ``IncompleteRead`` where
        it cannot tell, also where one was deleted (an order that was posted is not any more): then ask for all.
        """


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """One page of an incremental read: changed records, and ids that are gone."""

    records: tuple[Record, ...]
    gone: tuple[str, ...] = ()


class ReadsChanges(Protocol):
    """A system that can say what changed (``capabilities.reads_changes``)."""

    def read_changes(self, kind: Kind, since: datetime) -> AsyncIterator[ChangedPage]:
        """What changed since then (with an overlap for clocks). Raises ``IncompleteRead`` where the system's window or
        object limit does not reach that far: then read all.
        """


# ------------------------------------------------------------------------------------------------ logging in
@dataclass(frozen=True, slots=True)
class LoginCode:
    """What a person needs to let us in: they open ``address`` anywhere, type ``user_code`` and agree. No secret is in it.

    ``complete`` is the address with the code in it, where there is one; ``seconds`` is how long the code lasts.
    """

    user_code: str
    address: str
    seconds: float
    complete: str = ""


class LoginEnd(StrEnum):
    GRANTED = "granted"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class LoginResult:
    """How a login ended; ``account`` is whose data may be used from now on."""

    end: LoginEnd
    account: str = ""


class DeviceLogin(Protocol):
    """A login with a code that waits for a person (RFC 8628). What it polls with is a secret and stays inside."""

    code: LoginCode

    async def wait(self, stop: asyncio.Event) -> LoginResult:
        """Ask, as often as the system wants to be asked, until the person decided, the code ended or ``stop`` is set.

        What was granted is kept before this returns. Raises ``AuthenticationError`` when it cannot be, or is for another
        account than this connection's.
        """


class LogsIn(Protocol):
    """A connection whose access a person grants with a code (``ConnectorType.logs_in``)."""

    async def start_login(self) -> DeviceLogin: ...


def never_logs_in(_options: Mapping[str, str]) -> bool:
    """The credentials come from somewhere else: a key, a token that an admin issued."""
    return False


@dataclass(frozen=True, slots=True)
class ConnectionContext:
    """What a connector is built from. ``secret`` resolves a reference when it is needed, never earlier.

    ``token_file`` is where a rotating token may be kept (0600, beside the workspace), ``images`` a directory for records
    as they were before a write that went wrong.
    """

    name: str
    options: Mapping[str, str]
    secret: Callable[[str], str]
    token_file: Path | None = None
    images: Path | None = None


@dataclass(frozen=True, slots=True)
class ConnectorType:
    """What the entry-point group ``crosswalk.connectors`` holds: one per system.

    ``logs_in`` says whether a connection with these options logs in with a code (its connector is a ``LogsIn``);
    ``reconnect`` is what an admin does, where it does not, when its credentials have ended.
    """

    name: str
    title: str
    description: str
    sides: frozenset[str]  # {"storefront", "backoffice"}
    options: tuple[Option, ...]
    capabilities: Capabilities
    open: Callable[[ConnectionContext], Connector]
    notes: tuple[str, ...] = field(default=())
    logs_in: Callable[[Mapping[str, str]], bool] = never_logs_in
    reconnect: str = ""


class Registry(Protocol):
    """Finds connector types; implemented over entry points by ``connectors.registry``."""

    def types(self) -> list[ConnectorType]: ...

    def get(self, name: str) -> ConnectorType:
        """Raises ``UsageError`` naming the known types."""


# ------------------------------------------------------------------------------------------------ storage, time
class Store(Protocol):
    """Documents. Implemented by ``engine.store`` over SQLite; PostgreSQL may implement it later."""

    def table(self, name: str) -> Table: ...

    def transaction(self) -> AbstractContextManager[Any]:
        """All writes inside are kept together or not at all; never ``await`` inside."""

    def last_id(self, table: str) -> int:
        """The highest document id ever given out in a table, 0 when none: ids only grow."""

    def changes(self) -> dict[str, int]:
        """A counter per table that grows with every commit that touched it, by any process."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """How current what was read is, aware UTC: complete as of ``at`` by a read that ``began`` earlier (changes from then on
    are not known for sure); ``full_at`` is when everything was last read, None when everything must be read again.
    """

    at: datetime
    began: datetime
    full_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderReading:
    """How current what is known of orders is, aware UTC: as of ``at``; the last read of all of them was ``full_at`` and went
    back to ``since`` (None: all must be read).
    """

    at: datetime
    full_at: datetime | None = None
    since: datetime | None = None


class RecordCache(Protocol):
    """What was last read from each system: disposable, one generation per (connection, kind)."""

    def begin(self, connection: str, kind: Kind) -> CacheWriter: ...

    def records(self, connection: str, kind: Kind) -> Iterator[Record]:
        """All records of the current generation in reading order."""

    def get(self, connection: str, kind: Kind, ids: Iterable[str]) -> dict[str, Record]: ...

    def put(self, connection: str, kind: Kind, records: Iterable[Record]) -> None:
        """Replace single records of the current generation (after a verified write or a fresh single read)."""

    def drop(self, connection: str, kind: Kind, ids: Iterable[str]) -> None:
        """Take single records out of the current generation (a fresh single read did not find them)."""

    def count(self, connection: str, kind: Kind) -> int: ...

    def read_at(self, connection: str, kind: Kind) -> datetime | None:
        """When the current generation was completed."""

    def reading(self, connection: str, kind: Kind) -> Reading | None:
        """How current the current generation is; None before the first read."""

    def merge(
        self, connection: str, kind: Kind, changed: Mapping[str, Record | None], *, began: datetime, at: datetime
    ) -> None:
        """Take a complete incremental read into the current generation, all of it or nothing; None means gone."""

    def doubt(self, connection: str) -> None:
        """What was read may be of another account: keep it, but read everything next time."""

    def generation(self, connection: str, kind: Kind) -> int:
        """Grows with every swap, every ``put``, and every ``merge`` that changed something."""

    def raw(self, connection: str, kind: Kind) -> Iterator[tuple[str, str, bytes]]:
        """(id, name, JSON) of all records in reading order: what lists of a hundred thousand are built from."""

    def save_suggestions(self, integration: str, kind: Kind, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Replace what was suggested for the rows of one list."""

    def load_suggestions(self, integration: str, kind: Kind) -> dict[str, list[dict[str, Any]]]: ...

    def save_unposted(self, integration: str, found: Unposted, reading: OrderReading) -> None:
        """Replace what is known of orders that are not posted, all at once."""

    def load_unposted(self, integration: str) -> dict[str, tuple[UnpostedLine, ...]]:
        """By storefront product."""

    def order_reading(self, integration: str) -> OrderReading | None:
        """How current that is; None: orders were never read."""

    def forget(self, connection: str) -> None: ...

    def close(self) -> None: ...


class CacheWriter(Protocol):
    """A new generation in the making; invisible until ``commit``."""

    def add(self, records: Iterable[Record]) -> None: ...

    def commit(self, at: datetime, began: datetime | None = None) -> int: ...

    def abandon(self) -> None: ...


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...
