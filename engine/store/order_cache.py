"""What was last read of orders that are not posted, beside the records: disposable like them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from engine.model import canonical, utc_text
from engine.ports import OrderReading
from engine.store.cache_file import CacheFile, CacheSession
from engine.unposted import Unposted, UnpostedLine


class OrderCache:
    """Per integration: the lines of unposted orders by product, and when they were read."""

    _file: CacheFile

    def save_unposted(self, integration: str, found: Unposted, reading: OrderReading) -> None:
        """Replace what is known, all at once."""
        rows = [
            (integration, line.product_id, line.order, canonical(line.units), utc_text(line.at), line.order_id)
            for lines in found.values()
            for line in lines
        ]

        times = [utc_text(at) if at else "" for at in (reading.at, reading.full_at, reading.since)]

        def save(session: CacheSession) -> None:
            with session.transaction():
                session.execute("DELETE FROM unposted WHERE integration=?", (integration,))
                session.executemany("INSERT INTO unposted VALUES(?,?,?,?,?,?)", rows)
                session.execute("REPLACE INTO unposted_sets VALUES(?,?,?,?)", (integration, *times))

        self._file.attempt(save)

    def load_unposted(self, integration: str) -> dict[str, tuple[UnpostedLine, ...]]:
        """By storefront product, oldest order first."""
        sql = "SELECT product_id, number, units, at, order_id FROM unposted WHERE integration=? ORDER BY at, number"
        found: dict[str, list[UnpostedLine]] = {}
        for product, number, units, at, order_id in self._file.attempt(
            lambda session: session.fetch(sql, (integration,))
        ):
            line = UnpostedLine(number, product, Decimal(units), datetime.fromisoformat(at), order_id)
            found.setdefault(product, []).append(line)
        return {product: tuple(lines) for product, lines in found.items()}

    def order_reading(self, integration: str) -> OrderReading | None:
        """How current that is; None: orders were never read."""
        sql = "SELECT read_at, full_at, since FROM unposted_sets WHERE integration=?"
        for at, *rest in self._file.attempt(lambda session: session.fetch(sql, (integration,))):
            full_at, since = (datetime.fromisoformat(text) if text else None for text in rest)
            return OrderReading(datetime.fromisoformat(at), full_at, since)
        return None
