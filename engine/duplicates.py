"""Keys that occur more than once on one side, and mappings that share a counterpart: pure, over what was last read.

Records that take no part in matching (parents of variants, inactive ones) are left out; so is what is unique. A
duplicate blocks nothing but its own rows, which are Ambiguous instead of matched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.mappings import RowMapping
from engine.matching.keys import LABELS, by_value, match_keys
from engine.model import Kind, Record, Side
from engine.settings import IntegrationSettings

#: What is looked at where no match key is set: the identifiers that then count.
USUAL = {Kind.PRODUCTS: ("sku", "mpn", "upc"), Kind.CUSTOMERS: ("email",)}
#: What is looked at in any case.
ALWAYS = {Kind.PRODUCTS: ("sku",), Kind.CUSTOMERS: ()}
COUNTERPART = "counterpart"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """One value that several records of ``side`` have. ``key`` is what it is called; ``records`` are (id, name).

    Of a shared counterpart, ``value`` is the back-office id and ``records`` are the storefront's rows mapped to it.
    """

    side: Side
    key: str
    value: str
    records: tuple[tuple[str, str], ...]


def find(
    kind: Kind, storefront: Iterable[Record], backoffice: Iterable[Record], settings: IntegrationSettings
) -> tuple[Duplicate, ...]:
    """All duplicate keys: by side, by key, the most frequent values first."""
    found: list[Duplicate] = []
    for side, records in ((Side.STOREFRONT, storefront), (Side.BACKOFFICE, backoffice)):
        every = list(records)
        for key in keys_of(kind, side, settings):
            having = by_value(every, key, settings.match.normalise)
            several = [(value, same) for value, same in having.items() if len(same) > 1]
            found += [
                Duplicate(side, LABELS[key], value, tuple(sorted((record.id, record.name) for record in same)))
                for value, same in sorted(several, key=lambda one: (-len(one[1]), one[0]))
            ]
    return tuple(found)


def keys_of(kind: Kind, side: Side, settings: IntegrationSettings) -> tuple[str, ...]:
    """The keys that must be unique on a side for its rows to match."""
    chosen = [key.of(side) for key in match_keys(kind, settings)] or USUAL.get(kind, ())
    return tuple(dict.fromkeys([*chosen, *ALWAYS.get(kind, ())]))


def shared(kind: Kind, mapped: Mapping[Kind, Mapping[str, RowMapping]]) -> tuple[Duplicate, ...]:
    """Counterparts that several rows are mapped to; a fee and a product may share one too."""
    rows: dict[str, list[RowMapping]] = {}
    for other, mappings in mapped.items():
        if other.counterpart is kind.counterpart:
            for mapping in mappings.values():
                rows.setdefault(mapping.backoffice_id, []).append(mapping)
    return tuple(
        Duplicate(
            Side.BACKOFFICE,
            COUNTERPART,
            target,
            tuple(sorted((mapping.storefront_id, mapping.storefront_name) for mapping in sharing)),
        )
        for target, sharing in sorted(rows.items())
        if len(sharing) > 1
    )


def summary(found: Sequence[Duplicate], names: Mapping[Side, str]) -> tuple[str, ...]:
    """One sentence per side and key: ``12 SKUs are not unique in SHOP``."""
    counts: dict[tuple[Side, str], int] = {}
    for one in found:
        if one.key != COUNTERPART:
            counts[one.side, one.key] = counts.get((one.side, one.key), 0) + 1
    return tuple(
        f"{count:,} {key}{'' if count == 1 else 's'} {'is' if count == 1 else 'are'} not unique in {names[side]}"
        for (side, key), count in counts.items()
    )
