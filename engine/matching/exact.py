"""Matches by an identical identifier: external id, MPN or SKU, UPC; for customers e-mail and web domain too.

Where the settings name match keys, those alone count (``keys.py``). Else a key that is unique on both sides makes an
exact match; one that is not, or that contradicts another one, is said to be ambiguous and left to the admin. Order of
the keys: domain page, section 6.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.matching.codes import identifier
from engine.matching.customer_profile import mail_of, name_words
from engine.matching.keys import Crowd, match_keys, matches
from engine.matching.text import alike, triples
from engine.model import Customer, Kind, Product, Record
from engine.settings import IntegrationSettings
from engine.views import Suggestion

#: Counterparts named of one record whose key is not unique.
NAMED = 5
#: Numbers of fewer digits are met by chance; the names must then be alike to this degree.
SHORT_NUMBER = 8
HARDLY_ALIKE = 0.2


@dataclass(frozen=True, slots=True)
class Key:
    """One way two records can be the same: what each side is known by, and how to say it.

    An external id ``decides``: another key that contradicts it is not heard. A key that only ``objects`` makes no match
    but can contradict one. A pair that is ``doubted`` is not unique, however rare the value.
    """

    label: str
    left: Callable[[Any], Iterable[str]]
    right: Callable[[Any], Iterable[str]]
    decides: bool = False
    objects: bool = False
    doubted: Callable[[Any, Any, str], bool] = lambda _mine, _theirs, _value: False


@dataclass(slots=True)
class _Pair:
    reasons: list[str] = field(default_factory=list)
    unique: bool = False  # one key at least is unique on both sides
    decided: bool = False
    matched: bool = False  # one key at least is an identifier


def exact(
    kind: Kind,
    storefront: Iterable[Record],
    backoffice: Iterable[Record],
    *,
    settings: IntegrationSettings,
    everyone: Crowd | None = None,
) -> list[Suggestion]:
    """All pairs with an identical identifier, ordered by their ids. Base and inactive records take no part.

    Unique on both sides: ``exact`` and score 1. Not unique, or two identifiers that name different counterparts
    (unless an external id decides): ``ambiguous`` and score 0.5, at most ``NAMED`` counterparts of one record.
    Fees have no identifiers. ``everyone`` is whom a configured key must be unique among (``keys.crowd``).
    """
    if kind is Kind.FEES:
        return []
    if match_keys(kind, settings):
        return matches(kind, storefront, backoffice, settings, everyone)
    left, right = _taking_part(storefront), _taking_part(backoffice)
    pairs: dict[tuple[str, str], _Pair] = {}
    for key in _customer_keys() if kind is Kind.CUSTOMERS else _product_keys(settings):
        for mine, theirs, value, unique in _pairs(key, left, right):
            pair = pairs.setdefault((mine, theirs), _Pair())
            pair.reasons.append(key.label if key.objects else f"{key.label} {value}")
            pair.matched |= not key.objects
            pair.unique |= unique
            pair.decided |= unique and key.decides
    won = _won(pairs)
    done = {mine for mine, _ in won}, {theirs for _, theirs in won}
    names = {record.id: record.name for record in left}, {record.id: record.name for record in right}
    return [
        Suggestion(
            mine,
            theirs,
            1.0 if (mine, theirs) in won else 0.5,
            tuple(dict.fromkeys(pair.reasons)),
            exact=(mine, theirs) in won,
            ambiguous=(mine, theirs) not in won,
            storefront_name=names[0][mine],
            backoffice_name=names[1][theirs],
        )
        for (mine, theirs), pair in sorted(pairs.items())
        if (mine, theirs) in won or (pair.matched and not (mine in done[0] or theirs in done[1]))
    ]


def _won(pairs: dict[tuple[str, str], _Pair]) -> set[tuple[str, str]]:
    """The unique pairs that nothing contradicts."""
    won: set[tuple[str, str]] = set()
    for decided in (True, False):
        taken = {mine for mine, _ in won}, {theirs for _, theirs in won}
        level = [
            (mine, theirs)
            for (mine, theirs), pair in pairs.items()
            if pair.unique and pair.decided is decided and mine not in taken[0] and theirs not in taken[1]
        ]
        lefts, rights = Counter(mine for mine, _ in level), Counter(theirs for _, theirs in level)
        won |= {
            (mine, theirs)
            for mine, theirs in level
            if lefts[mine] == rights[theirs] == 1 and pairs[mine, theirs].matched
        }
    return won


def _pairs(key: Key, left: Sequence[Any], right: Sequence[Any]) -> Iterator[tuple[str, str, str, bool]]:
    """(storefront id, back-office id, shared value, whether it is unique on both sides)."""
    mine, theirs = _by_value(key.left, left), _by_value(key.right, right)
    for value in mine.keys() & theirs.keys():
        unique = len(mine[value]) == len(theirs[value]) == 1
        for one in mine[value]:
            for other in theirs[value][:NAMED]:
                yield one.id, other.id, value, unique and not key.doubted(one, other, value)


def _by_value(values: Callable[[Any], Iterable[str]], records: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for record in records:
        for value in dict.fromkeys(values(record)):
            if value:
                found.setdefault(value, []).append(record)
    return found


def _taking_part(records: Iterable[Record]) -> list[Any]:
    taking = [r for r in records if r.active and not (isinstance(r, Product) and r.is_base)]
    return sorted(taking, key=lambda record: record.id)


def _external_keys() -> list[Key]:
    return [
        Key("same external id", lambda r: [r.external_id.strip()], lambda r: [r.id], decides=True),
        Key("same external id", lambda r: [r.id], lambda r: [r.external_id.strip()], decides=True),
        Key("same external id", lambda r: [r.external_id.strip()], lambda r: [r.external_id.strip()]),
    ]


def _product_keys(settings: IntegrationSettings) -> list[Key]:
    """Codes of the storefront: MPN, SKUs and the one the settings name; of the back office likewise."""

    def left_codes(record: Product) -> list[str]:
        return _codes(record, settings.sku.storefront)

    def right_codes(record: Product) -> list[str]:
        return _codes(record, settings.sku.backoffice)

    return [
        *_external_keys(),
        Key("same MPN/SKU", left_codes, right_codes, doubted=_by_chance),
        Key("same UPC", _upc, _upc),
    ]


def _by_chance(mine: Product, theirs: Product, code: str) -> bool:
    """A short number is in use everywhere: it counts only where the names have something in common too."""
    return (
        code.isdigit() and len(code) < SHORT_NUMBER and alike(triples(mine.name), triples(theirs.name)) < HARDLY_ALIKE
    )


def _codes(record: Product, chosen: str) -> list[str]:
    codes = [record.mpn, *(sku.value for sku in record.skus)]
    if chosen in {"id", "upc"}:
        codes.append(record.id if chosen == "id" else record.upc)
    return [identifier(code) for code in codes]


def _upc(record: Product) -> list[str]:
    digits = identifier(record.upc).lstrip("0")
    return [digits] if digits.isdigit() and len(digits) >= 6 else []


def _customer_keys() -> list[Key]:
    def mail(record: Customer) -> list[str]:
        return [mail_of(record.email)[0]]

    def domain(record: Customer) -> list[str]:
        return [mail_of(record.email)[1]]

    def name(record: Customer) -> list[str]:
        return [" ".join(name_words(record.name))]

    return [
        *_external_keys(),
        Key("same e-mail", mail, mail),
        Key("domain", domain, domain),
        Key("same name", name, name, objects=True),
    ]
