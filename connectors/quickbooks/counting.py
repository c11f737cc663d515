"""Quantities by the item's own number: an absolute value, so what was sold in the same moment has to be looked for.

Neither the SyncToken nor the number tells: the sale is simply not counted. Transactions are listed before the items are read
and after they were written; an item that a new one names is in doubt.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connectors.quickbooks import changes
from connectors.quickbooks.api import Api
from engine.errors import ConnectorError

_WHY = "a transaction of the same moment moved its stock and may not be counted; check its quantity, then sync it again or resolve it"
_UNKNOWN = "whether a transaction of the same moment moved its stock cannot be told ({}); check its quantity"


class StockWatch:
    """The transactions around one batch: ``begin`` before the items are read, ``doubts`` after they were written."""

    def __init__(self, api: Api, now: Callable[[], datetime]) -> None:
        self._api, self._now = api, now
        self._known: dict[tuple[str, ...], frozenset[str]] = {}

    async def begin(self) -> None:
        """Raises ``ConnectorError``: what cannot be looked at is not written."""
        self._since = self._now()
        self._known = await changes.moved(self._api, self._since)

    async def doubts(self) -> Callable[[str], str]:
        """Tells of an item's id why its quantity is in doubt, or ""."""
        try:
            found = await changes.moved(self._api, self._since)
        except ConnectorError as error:
            why = _UNKNOWN.format(error)
            return lambda _item: why
        moved = {id for key, ids in found.items() if key not in self._known for id in ids}
        return lambda item: _WHY if item in moved or "" in moved else ""
