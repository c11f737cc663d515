"""Where the engine keeps its state (``Store``) and what was last read (``RecordCache``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tinydb.table import Table

from engine.model import Kind, Record
from engine.unposted import Unposted, UnpostedLine


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
