"""What every connector can be asked, and what some can be asked besides (their capabilities say so)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from engine.model import Kind, Order, Record
from engine.ports.capabilities import Capabilities
from engine.ports.health import Budget, CheckReport
from engine.ports.records import ChangedOrders, ChangedPage, Draft, Page, RecordWrite, WriteOutcome


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


class ReadsChanges(Protocol):
    """A system that can say what changed (``capabilities.reads_changes``)."""

    def read_changes(self, kind: Kind, since: datetime) -> AsyncIterator[ChangedPage]:
        """What changed since then (with an overlap for clocks). Raises ``IncompleteRead`` where the system's window or
        object limit does not reach that far: then read all.
        """


class ReadsOrders(Protocol):
    """A storefront with orders (``capabilities.has_orders``)."""

    def read_orders(self, since: datetime) -> AsyncIterator[Sequence[Order]]:
        """All orders since then that count as sales, in pages; complete or ``IncompleteRead``. Aware UTC."""


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
