"""Reading both sides completely, or failing: a new generation in the cache per (connection, kind), and its age.

Where a system can say what changed, and everything was read lately, an unattended sync reads only that. What the system
does not tell that way (a record deleted for good) shows at the next full read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import cast

from engine.connections import Connections
from engine.errors import ConnectorError, IncompleteRead
from engine.events import Events, PullEnded, PullProgress
from engine.heartbeats import ReadingBeat
from engine.integrations import Integration
from engine.model import Kind, Record, Side
from engine.ports import Clock, ReadsChanges, RecordCache, Store
from engine.views import PullReport

READ_KINDS = (Kind.PRODUCTS, Kind.CUSTOMERS)


class Catalog:
    """Pulls into the cache. The caller holds the connections' locks."""

    def __init__(
        self, connections: Connections, cache: RecordCache, clock: Clock, events: Events, store: Store
    ) -> None:
        self._connections, self._cache, self._clock, self._events = connections, cache, clock, events
        self._store = store

    async def pull(
        self, integration: Integration, kinds: Collection[Kind] | None, *, changes: bool = False
    ) -> PullReport:
        """Read both sides at once. What failed keeps its previous generation and is named in ``errors``.

        ``changes``: only what changed, where the system can say so and the setting ``reads.full_every_hours`` allows it.
        """
        wanted = [kind for kind in READ_KINDS if kinds is None or kind in kinds]
        started = self._clock.monotonic()
        both = await asyncio.gather(
            *(self._pull_side(integration, side, wanted, changes) for side in (Side.STOREFRONT, Side.BACKOFFICE))
        )
        read: dict[str, dict[Kind, int]] = {}
        errors: list[str] = []
        for side, (counts, problems) in zip((Side.STOREFRONT, Side.BACKOFFICE), both, strict=True):
            read.setdefault(integration.connection(side), {}).update(counts)
            errors += problems
        return PullReport(read, tuple(errors), self._clock.monotonic() - started)

    async def _pull_side(
        self, integration: Integration, side: Side, kinds: Collection[Kind], changes: bool
    ) -> tuple[dict[Kind, int], list[str]]:
        name = integration.connection(side)
        counts: dict[Kind, int] = {}
        problems: list[str] = []
        for kind in kinds:
            if kind not in self._connections.connector(name).capabilities.reads:
                continue
            try:
                known = self._since(integration, name, kind) if changes else None
                counts[kind] = await (self.read(name, kind) if known is None else self.read_changes(name, kind, known))
            except ConnectorError as error:
                self._connections.note(name, error)
                problems.append(f"{kind} of {error if error.connection else f'{name}: {error}'}")
        if counts and not problems:
            self._connections.note(name, None)
        return counts, problems

    async def read(self, connection: str, kind: Kind) -> int:
        """One complete read of one kind into a new generation; returns its size. Raises ``ConnectorError``; a repeated
        id is ``IncompleteRead``, and the previous generation stays.
        """
        connector = self._connections.connector(connection)
        began = self._clock.now()
        beat = ReadingBeat(self._store, self._clock, connection, kind)
        writer = self._cache.begin(connection, kind)
        seen: set[str] = set()
        try:
            async for page in connector.read(kind):
                for record in page.records:
                    if record.id in seen:
                        raise IncompleteRead(
                            f"{kind.singular} {record.id!r} was delivered twice while reading; nothing was replaced, read again",
                            connection=connection,
                        )
                    seen.add(record.id)
                writer.add(page.records)
                self._events.publish(PullProgress(connection, kind, len(seen), page.total))
                beat.say(len(seen), page.total, connector.budget())
            writer.commit(self._clock.now(), began)
        except BaseException:
            writer.abandon()
            raise
        finally:
            beat.end()
            self._events.publish(PullEnded(connection, kind))
        return len(seen)

    async def read_changes(self, connection: str, kind: Kind, since: datetime) -> int:
        """Merge what changed into the current generation; returns its size. A system that cannot say is read completely.

        Raises ``ConnectorError``; then nothing was merged.
        """
        connector = cast("ReadsChanges", self._connections.connector(connection))
        began = self._clock.now()
        changed: dict[str, Record | None] = {}
        try:
            async for page in connector.read_changes(kind, since):
                changed |= {record.id: record for record in page.records}
                changed |= dict.fromkeys(page.gone)
                self._events.publish(PullProgress(connection, kind, len(changed), None))
        except IncompleteRead:
            return await self.read(connection, kind)
        finally:
            self._events.publish(PullEnded(connection, kind))
        self._cache.merge(connection, kind, changed, began=began, at=self._clock.now())
        return self._cache.count(connection, kind)

    def _since(self, integration: Integration, connection: str, kind: Kind) -> datetime | None:
        """From when on changes are needed; None when everything must be read."""
        if not self._connections.connector(connection).capabilities.reads_changes:
            return None
        reading = self._cache.reading(connection, kind)
        if reading is None or reading.full_at is None:
            return None
        age = self._clock.now() - reading.full_at
        fresh = timedelta(0) <= age < timedelta(hours=integration.settings.reads.full_every_hours)
        return reading.began if fresh else None
