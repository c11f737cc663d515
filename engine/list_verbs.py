"""The workspace's verbs of lists: a part of the front door in a file of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from engine.details import detail
from engine.duplicates import Duplicate
from engine.errors import UnknownId
from engine.mapping_verbs import MappingVerbs
from engine.model import Kind, Side
from engine.operations import Operations
from engine.picking import choices
from engine.views import Choice, Detail, HeldOrders, HistoryEntry, PullReport, Snapshot


class ListVerbs(MappingVerbs):
    """Reading both sides, and everything a list, a detail pane and a picker show of it."""

    _operations: Operations

    async def pull(self, integration: str | None = None, kinds: Collection[Kind] | None = None) -> PullReport:
        """Read both sides completely. Unique exact matches become mappings where the setting allows it."""
        chosen = self.integration(integration)
        report = await self._operations.pull(chosen, kinds)
        if chosen.settings.match_is_mapping:
            for kind in (Kind.PRODUCTS, Kind.CUSTOMERS):
                if kinds is None or kind in kinds:
                    await self.suggest(chosen.name, kind)
                    self._map_matches(chosen, kind)
        self._all_changed(chosen)
        return report

    def held_orders(self, integration: str | None = None) -> HeldOrders:
        """Units of products in store orders that accounting does not hold yet, as last read."""
        return self._operations.held(self.integration(integration))

    async def check_orders(self, integration: str | None = None) -> HeldOrders:
        """Ask both systems again which orders are not posted: rows *In orders* whose orders are posted by now are free.

        Raises ``UsageError`` where orders hold nothing, and ``ConnectorError``; then what was known stays.
        """
        return await self._operations.check_orders(self.integration(integration))

    def snapshot(self, integration: str | None, kind: Kind) -> Snapshot:
        return self._lists.snapshot(self.integration(integration), kind)

    def detail(
        self, integration: str | None, kind: Kind, row_id: str, side: Side = Side.STOREFRONT, *, history: int = 20
    ) -> Detail:
        """Everything known of one row. Raises ``UnknownId``."""
        chosen = self.integration(integration)
        row = next((r for r in self.snapshot(chosen.name, kind).rows if r.id == row_id and r.side is side), None)
        if row is None:
            raise UnknownId(kind.singular, row_id, "it is not in the list as last read")
        entries = tuple(self._history.search(chosen.name, None, row_id, None, history))
        pair, state = self._lists.pair(chosen, kind, row_id if side is Side.STOREFRONT else "")
        if side is Side.BACKOFFICE:
            record = self.cache.get(chosen.backoffice, kind.counterpart, [row_id]).get(row_id)
            pair = type(pair)(kind, "", row_id, None, record)
        mapping = self._mappings.mapped(chosen.name, kind).get(row_id) if side is Side.STOREFRONT else None
        guesses = () if mapping or side is Side.BACKOFFICE else self.suggestions(chosen.name, kind, row_id)
        return detail(row, pair, state, mapping, guesses, entries, chosen.settings)

    def choices_for(self, integration: str | None, kind: Kind) -> Sequence[Choice]:
        """All counterparts on the back-office side, in reading order, for the picker."""
        chosen = self.integration(integration)
        return choices(self.cache, chosen, kind, self._mappings.holders(chosen.name, kind))

    async def duplicates(self, integration: str | None, kind: Kind) -> tuple[Duplicate, ...]:
        """Keys that are not unique on a side and counterparts that are shared, as last read; seconds for 100,000 records."""
        return await asyncio.to_thread(self._operations.duplicates, self.integration(integration), kind)

    def history(
        self,
        integration: str | None = None,
        kind: Kind | None = None,
        id: str | None = None,
        run: str | None = None,
        limit: int = 200,
    ) -> list[HistoryEntry]:
        """Newest first."""
        return self._history.search(integration, kind, id, run, limit)
