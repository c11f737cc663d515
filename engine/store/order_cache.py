"""What was last read of orders that are not posted, beside the records: disposable like them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from engine.model import canonical, utc_text
from engine.store.cache_file import CacheFile, CacheSession
from engine.unposted import Unposted, UnpostedLine


class OrderCache:
    """Per integration: the lines of unposted orders by product, and when they were read."""

    _file: CacheFile

    def save_unposted(self, integration: str, found: Unposted, at: datetime) -> None:
        """Replace what is known, all at once."""
        rows = [
            (integration, line.product_id, line.order, canonical(line.units), utc_text(line.at))
            for lines in found.values()
            for line in lines
        ]

        def save(session: CacheSession) -> None:
            with session.transaction():
                session.execute("DELETE FROM unposted WHERE integration=?", (integration,))
                session.executemany("INSERT INTO unposted VALUES(?,?,?,?,?)", rows)
                session.execute("REPLACE INTO unposted_sets VALUES(?,?)", (integration, utc_text(at)))

        self._file.attempt(save)

    def load_unposted(self, integration: str) -> dict[str, tuple[UnpostedLine, ...]]:
        """By storefront product, oldest order first."""
        sql = "SELECT product_id, number, units, at FROM unposted WHERE integration=? ORDER BY at, number"
        found: dict[str, list[UnpostedLine]] = {}
        for product, number, units, at in self._file.attempt(lambda session: session.fetch(sql, (integration,))):
            line = UnpostedLine(number, product, Decimal(units), datetime.fromisoformat(at))
            found.setdefault(product, []).append(line)
        return {product: tuple(lines) for product, lines in found.items()}

    def unposted_at(self, integration: str) -> datetime | None:
        """When the orders were last read completely; None: never."""
        sql = "SELECT read_at FROM unposted_sets WHERE integration=?"
        at = self._file.attempt(lambda session: session.value(sql, (integration,)))
        return datetime.fromisoformat(at) if at else None
