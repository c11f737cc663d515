"""What the picker offers, and which suggestions "accept all above" would accept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from engine.integrations import Integration
from engine.model import Kind, Product, Record, Side, Status
from engine.ports import RecordCache
from engine.row_text import search_text
from engine.views import Choice, Row, Suggestion


def choices(cache: RecordCache, integration: Integration, kind: Kind, holders: Mapping[str, str]) -> Sequence[Choice]:
    """All counterparts on the back-office side in reading order; ``holders`` names whom each is mapped to."""
    records = cache.records(integration.backoffice, kind.counterpart)
    return [Choice(r.id, r.name, _hint(r), search_text(r), holders.get(r.id, "")) for r in records]


def acceptable(
    rows: Iterable[Row],
    suggestions: Mapping[str, Sequence[Suggestion]],
    taken: Collection[str],
    min_score: float,
    ids: Collection[str] | None,
    *,
    many_to_one: bool,
) -> tuple[Suggestion, ...]:
    """The top suggestion of every unmapped row at or above a score, doubtful first, exact ones last.

    A target that two rows want goes to neither, and one that is taken to nobody, unless ``many_to_one``.
    """
    best = [
        guesses[0]
        for row in rows
        if row.status is Status.UNMAPPED and row.side is Side.STOREFRONT and (ids is None or row.id in ids)
        if (guesses := suggestions.get(row.id)) and not guesses[0].ambiguous and guesses[0].score >= min_score
    ]
    if not many_to_one:
        wishes = Counter(guess.backoffice_id for guess in best)
        best = [g for g in best if wishes[g.backoffice_id] == 1 and g.backoffice_id not in taken]
    return tuple(sorted(best, key=lambda g: (g.exact, g.score, g.storefront_id)))


def _hint(record: Record) -> str:
    parts = [] if record.active else ["inactive"]
    if isinstance(record, Product):
        parts += [record.mpn, record.upc, *(sku.value for sku in record.skus)]
    else:
        parts.append(getattr(record, "email", ""))
    return " · ".join(part for part in parts if part)
