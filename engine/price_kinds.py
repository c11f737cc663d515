"""Which kinds of prices and costs a storefront quotes, as last read: what ``price.type`` and ``price.model`` choose from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Literal

from engine.errors import UsageError
from engine.model import Kind
from engine.ports import RecordCache
from engine.settings import IntegrationSettings

What = Literal["price", "cost"]
#: What a storefront quotes: ``("price" | "cost", "type" | "model")`` -> value -> how many prices (costs) have it.
Quoted = Mapping[tuple[What, Literal["type", "model"]], Mapping[str, int]]

NAMED = 12
_LISTS: Mapping[What, str] = {"price": "prices", "cost": "costs"}
#: A price without a model is flat (``engine.fields``).
_DEFAULTS = {"type": "recurring", "model": "FLAT"}


class PriceKinds:
    """Counts what was read, anew only after another read."""

    def __init__(self, cache: RecordCache) -> None:
        self._cache = cache
        self._known: dict[str, tuple[int, Quoted]] = {}

    def of(self, connection: str) -> Quoted:
        """All counters are empty where nothing was read, or the system quotes none."""
        generation = self._cache.generation(connection, Kind.PRODUCTS)
        known = self._known.get(connection)
        if known is None or known[0] != generation:
            known = generation, self._count(connection)
            self._known[connection] = known
        return known[1]

    def refuse_unknown(self, connection: str, current: IntegrationSettings | None, wanted: IntegrationSettings) -> None:
        """Raise ``UsageError`` for a changed choice that no price of the catalogue has: all its rows would need a choice."""
        quoted = self.of(connection)
        for (what, part), counts in quoted.items():
            value = getattr(getattr(wanted, what), part)
            if current is not None and value == getattr(getattr(current, what), part):
                continue
            if counts and value.casefold() not in {known.casefold() for known in counts}:
                there = ", ".join(f"{known} ({count:,})" for known, count in list(counts.items())[:NAMED])
                there += f" and {len(counts) - NAMED:,} more" if len(counts) > NAMED else ""
                raise UsageError(
                    f"{what}.{part}={value}: no {what} of {connection}, as last read, is of this {part}; there are: {there}. "
                    "Nothing was saved; choose one of these, or pull first if it is new there"
                )

    def _count(self, connection: str) -> Quoted:
        counts: dict[tuple[What, Literal["type", "model"]], Counter[str]] = {
            (what, part): Counter() for what in ("price", "cost") for part in ("type", "model")
        }
        for _, _, raw in self._cache.raw(connection, Kind.PRODUCTS):
            product = json.loads(raw)
            for what, field in _LISTS.items():
                for option in product.get(field) or ():
                    for part in ("type", "model"):
                        counts[what, part][option.get(part) or _DEFAULTS[part]] += 1
        return {key: dict(counter.most_common()) for key, counter in counts.items()}
