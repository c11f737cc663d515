"""The lists that a screen shows, kept current: built anew when something touched them, with their first suggestions.

Lives in the engine's loop (``bridge``).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.slot import Slot

if TYPE_CHECKING:
    from engine.model import Kind
    from engine.views import Snapshot
    from engine.workspace import Workspace

log = logging.getLogger(__name__)


class WatchedLists:
    """``fail`` is told of what goes wrong in the background."""

    def __init__(self, ws: Workspace, slot: Slot, fail: Callable[[BaseException], None]) -> None:
        self._ws, self._slot, self._fail = ws, slot, fail
        self._watched: dict[tuple[str, str], int] = {}
        self._dirty: dict[tuple[str, str], None] = {}  # in the order in which they are built again
        self._dirty_now = asyncio.Event()
        self._readings: set[tuple[object, ...]] = set()
        self._to_suggest: asyncio.Queue[tuple[str, Kind]] = asyncio.Queue()

    def watch(self, integration: str, kinds: tuple[str, ...]) -> None:
        """Keep these lists, and no others, current; the first is built first."""
        self._watched = {(integration, kind): -1 for kind in kinds}
        for kind in kinds:
            self.soil(integration, kind)

    def soil(self, integration: str, kind: str) -> None:
        """Something touched this list."""
        if (integration, kind) in self._watched:
            self._dirty[integration, kind] = None
            self._dirty_now.set()

    def soil_all(self) -> None:
        """Another process changed something: any list may show it."""
        for integration, kind in self._watched:
            self.soil(integration, kind)

    async def rebuild(self) -> None:
        """Build snapshots of dirty lists, the cheaper the more often: never more than a third of the time."""
        from engine.model import Kind

        while True:
            await self._dirty_now.wait()
            self._dirty_now.clear()
            started = time.monotonic()
            for integration, kind in tuple(self._dirty):
                self._dirty.pop((integration, kind), None)
                try:
                    # Seconds of work for 100,000 rows; the one verb that may leave this thread.
                    snapshot = await asyncio.to_thread(self._ws.snapshot, integration, Kind(kind))
                except Exception as error:
                    log.exception("reading the %s of %s", kind, integration)
                    self._fail(error)
                    continue
                if self._watched.get((integration, kind)) != snapshot.version:
                    self._watched[integration, kind] = snapshot.version
                    self._show(integration, kind, snapshot)
                    self._note_reading(snapshot)
            await asyncio.sleep(max(0.02, 2 * (time.monotonic() - started)))

    async def suggest(self) -> None:
        """Nobody has to ask for the first suggestions of a list; later ones are looked for when it is read again."""
        while True:
            integration, kind = await self._to_suggest.get()
            try:
                if not self._ws.all_suggestions(integration, kind):
                    await self._ws.suggest(integration, kind)
            except Exception as error:
                log.exception("looking for suggestions for the %s of %s", kind, integration)
                self._fail(error)

    def _note_reading(self, snapshot: Snapshot) -> None:
        """A reading with unmapped rows that was not seen before waits for a look at its suggestions."""
        reading = (snapshot.integration, snapshot.kind, snapshot.storefront_read_at, snapshot.backoffice_read_at)
        read = snapshot.backoffice_read_at is not None  # fees of one's own have no storefront reading
        if snapshot.unmapped and read and reading not in self._readings:
            self._readings.add(reading)
            self._to_suggest.put_nowait((snapshot.integration, snapshot.kind))

    def _show(self, integration: str, kind: str, snapshot: Snapshot) -> None:
        self._slot.put(lambda update: update.snapshots.__setitem__((integration, kind), snapshot))
