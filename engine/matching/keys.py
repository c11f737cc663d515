"""Match keys that the integration's settings name: ``sku:name`` is the storefront's SKU against the back office's name.

Two records match when the storefront's primary key is identical to the back office's after the stated normalisation and
nothing else on either side has it. The secondary key speaks for storefront records whose primary key is blank, and for
customers in two steps: also where no back-office record at all has the primary's value (accounting writes names its own way;
another SKU is another product). A value that occurs twice, or a counterpart that two rows claim, is ambiguous and names the
records concerned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.model import Kind, Product, Record, Side
from engine.settings import IntegrationSettings
from engine.views import Suggestion

#: Ids named of one value, and counterparts offered of one row, before "and n more".
NAMED = 5
LABELS = {
    "sku": "SKU", "name": "name", "mpn": "part number", "upc": "UPC", "id": "id", "external_id": "external id",
    "email": "e-mail", "phone": "phone", "company": "company", "person": "first and last name",
}  # fmt: skip
PLACES = {Side.STOREFRONT: "in the storefront", Side.BACKOFFICE: "in the back office"}
_VALUES: dict[str, Callable[[Any], Iterable[str]]] = {
    "sku": lambda r: [sku.value for sku in r.skus],
    "person": lambda r: [" ".join(part for part in (r.first_name, r.last_name) if part.strip())],
}


@dataclass(frozen=True, slots=True)
class MatchKey:
    """One configured key: what it is called on each side."""

    left: str
    right: str

    def of(self, side: Side) -> str:
        return self.left if side is Side.STOREFRONT else self.right

    def evidence(self, value: str) -> str:
        """How a pair with this value is told."""
        same = self.left == self.right
        return f"same {LABELS[self.left]} {value}" if same else f"{LABELS[self.left]} = {LABELS[self.right]} {value}"


def match_keys(kind: Kind, settings: IntegrationSettings) -> tuple[MatchKey, ...]:
    """The primary and the secondary key as set; empty where none is (then ``exact`` has its own identifiers)."""
    chosen = {Kind.PRODUCTS: settings.match.products, Kind.CUSTOMERS: settings.match.customers}.get(kind)
    if chosen is None:
        return ()
    pairs = [text.partition(":") for text in (chosen.primary, chosen.secondary) if text]
    return tuple(MatchKey(left, right) for left, _, right in pairs)


def normal(text: str, how: str) -> str:
    """A key's value as it is compared; "" where it is blank. ``how`` is ``exact``, ``trim``, ``case`` or ``trim,case``.

    >>> normal(" KET-1 ", "exact"), normal(" KET-1 ", "trim"), normal("KET-1", "case"), normal("  ", "exact")
    (' KET-1 ', 'KET-1', 'ket-1', '')
    """
    if not text.strip():
        return ""
    ways = how.split(",")
    text = text.strip() if "trim" in ways else text
    return text.casefold() if "case" in ways else text


def values(record: Record, key: str, how: str) -> list[str]:
    """The values a record has for a key, normalised, blanks left out."""
    found = _VALUES[key](record) if key in _VALUES else [getattr(record, key)]
    return list(dict.fromkeys(value for text in found if (value := normal(text, how))))


def takes_part(record: Record) -> bool:
    """Parents of variants are never synced, and inactive records never matched."""
    return record.active and not (isinstance(record, Product) and record.is_base)


def by_value(records: Iterable[Record], key: str, how: str) -> dict[str, list[Record]]:
    """Normalised value -> the records that have it, in the order given; only records that take part."""
    found: dict[str, list[Record]] = {}
    for record in records:
        if takes_part(record):
            for value in values(record, key, how):
                found.setdefault(value, []).append(record)
    return found


#: (side, key) -> value -> the ids that have it: what uniqueness is judged by. Mapped records count.
Crowd = Mapping[tuple[Side, str], Mapping[str, Sequence[str]]]


def crowd(
    kind: Kind, storefront: Iterable[Record], backoffice: Iterable[Record], settings: IntegrationSettings
) -> Crowd:
    """Who has which value of every configured key, over all records of both sides."""
    sides = {Side.STOREFRONT: list(storefront), Side.BACKOFFICE: list(backoffice)}
    return {
        (side, name): {
            value: sorted(record.id for record in having)
            for value, having in by_value(records, name, settings.match.normalise).items()
        }
        for side, records in sides.items()
        for name in dict.fromkeys(key.of(side) for key in match_keys(kind, settings))
    }


def matches(
    kind: Kind,
    storefront: Iterable[Record],
    backoffice: Iterable[Record],
    settings: IntegrationSettings,
    everyone: Crowd | None = None,
) -> list[Suggestion]:
    """All pairs with an identical configured key, by their ids; ambiguous ones say in ``clash`` what is not unique.

    ``everyone`` is the crowd of all records where the two sides hold only those that are still open.
    """
    keys, how = match_keys(kind, settings), settings.match.normalise
    left, right = list(storefront), list(backoffice)
    having = everyone if everyone is not None else crowd(kind, left, right, settings)
    targets = {key: by_value(right, key.right, how) for key in keys}
    pairs: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    names: dict[tuple[Side, str], str] = {}
    for mine in sorted(filter(takes_part, left), key=lambda record: record.id):
        key = next((key for key in keys if _speaks(kind, key, values(mine, key.left, how), having)), None)
        for value in values(mine, key.left, how) if key is not None else ():
            assert key is not None
            clash = _clash(key, value, having)
            for theirs in targets[key].get(value, ())[:NAMED]:
                names[Side.STOREFRONT, mine.id], names[Side.BACKOFFICE, theirs.id] = mine.name, theirs.name
                evidence, clashes = pairs.setdefault((mine.id, theirs.id), ([], []))
                evidence.append(key.evidence(value))
                clashes += [clash] if clash else []
    return _told(pairs, names)


def _speaks(kind: Kind, key: MatchKey, found: Sequence[str], having: Crowd) -> bool:
    """Whether these values of a record decide by this key, or the next key is asked."""
    if kind is not Kind.CUSTOMERS:
        return bool(found)
    known = having.get((Side.BACKOFFICE, key.right), {})
    return any(value in known for value in found)


def _clash(key: MatchKey, value: str, having: Crowd) -> str:
    """Which sides have a value more than once, and where; empty when it is unique on both."""
    told = []
    for side in Side:
        ids = having.get((side, key.of(side)), {}).get(value, ())
        if len(ids) > 1:
            told.append(f"{LABELS[key.of(side)]} {value} is not unique {PLACES[side]}: {some(ids)}")
    return "; ".join(told)


def _told(
    pairs: Mapping[tuple[str, str], tuple[list[str], list[str]]], names: Mapping[tuple[Side, str], str]
) -> list[Suggestion]:
    rivals: dict[str, list[str]] = {}
    others: dict[str, list[str]] = {}
    for mine, theirs in pairs:
        rivals.setdefault(theirs, []).append(mine)
        others.setdefault(mine, []).append(theirs)
    found = []
    for (mine, theirs), (evidence, unclear) in sorted(pairs.items()):
        clashes = list(unclear)
        if not clashes and len(rivals[theirs]) > 1:
            clashes.append(f"{theirs} {PLACES[Side.BACKOFFICE]} has a key of several rows: {some(rivals[theirs])}")
        elif not clashes and len(others[mine]) > 1:
            clashes.append(f"its keys name several records {PLACES[Side.BACKOFFICE]}: {some(others[mine])}")
        found.append(
            Suggestion(
                mine,
                theirs,
                0.5 if clashes else 1.0,
                tuple(dict.fromkeys(evidence)),
                exact=not clashes,
                ambiguous=bool(clashes),
                storefront_name=names[Side.STOREFRONT, mine],
                backoffice_name=names[Side.BACKOFFICE, theirs],
                clash="; ".join(dict.fromkeys(clashes)),
            )
        )
    return found


def some(ids: Sequence[str]) -> str:
    """A few ids, and how many more there are."""
    more = len(ids) - NAMED
    return ", ".join(ids[:NAMED]) + (f" and {more} more" if more > 0 else "")
