"""What matching knows of one product: words, codes, quantities, colours, variants, prices. Made once per record."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from engine.matching.codes import find_codes, identifier
from engine.matching.corpus import Corpus
from engine.matching.lexicon import COLOURS, MARKED, VARIANTS
from engine.matching.quantities import quantities
from engine.matching.text import compact, compact_words, fold, number
from engine.model import Fee, PriceOption, Product

#: Descriptions are read up to here: what tells products apart comes early, and time is bounded.
DESCRIPTION_CHARS = 600
_PLAIN_NUMBER = re.compile(r"(?<![\w.,/-])v?(\d{1,3}(?:\.\d+)*)(?![\w,/-])(?!\.\d)")
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What one text says."""

    words: tuple[str, ...]
    codes: frozenset[str]
    quantities: dict[str, frozenset[float]]
    numbers: frozenset[str]
    colours: frozenset[str]
    variants: dict[str, frozenset[str]]
    marked: frozenset[str]


def facts(text: str) -> Facts:
    """Read one text (not yet folded)."""
    folded = fold(text)
    found, rest = quantities(folded)
    words = tuple(compact_words(folded))
    variants: dict[str, set[str]] = {}
    for word in words:
        if word in VARIANTS:
            group, meaning = VARIANTS[word]
            variants.setdefault(group, set()).add(meaning)
    return Facts(
        words,
        frozenset(find_codes(rest)),
        found,
        frozenset(number(value) for value in _PLAIN_NUMBER.findall(rest))
        | {_ROMAN[word] for word in words if word in _ROMAN},
        frozenset(COLOURS[word] for word in words if word in COLOURS),
        {group: frozenset(meanings) for group, meanings in variants.items()},
        frozenset(MARKED[word] for word in words if word in MARKED),
    )


@dataclass(frozen=True, slots=True)
class Profile:
    """One product ready to be compared. ``squeezed`` is all its text without spaces, for codes written apart."""

    id: str
    name: Facts
    text: Facts  # the description
    words: dict[str, float]  # word -> idf, of all its text
    norm: float
    codes: dict[str, float]  # model numbers of name, MPN, SKUs -> rarity
    terms: tuple[tuple[str, float, frozenset[str]], ...]  # words of the name: idf, beginnings of three letters and more
    name_words: frozenset[str]
    prefixes: frozenset[str]  # the beginnings of all words of the name
    upc: str
    squeezed: str
    brand: str
    prices: tuple[tuple[float, str], ...]
    active: bool
    period: str


def from_fee(fee: Fee) -> Product:
    """A fee as the product it is to be mapped to would look: its name with its type, its amount as the price."""
    name = fee.name if fee.type.casefold() in fee.name.casefold() else f"{fee.name} {fee.type}"
    prices = () if fee.amount is None else (PriceOption(fee.amount, fee.currency or None),)
    return Product(id=fee.id, name=name, active=fee.active, prices=prices)


def source(record: Product) -> tuple[str, str, str]:
    """(name, description, brand) as matching reads them; the brand is put before a name that lacks it."""
    name = record.name
    brand = record.brand.strip()
    if brand and compact(brand) not in compact(name):
        name = f"{brand} {name}"
    return name, record.description[:DESCRIPTION_CHARS], brand


def search_words(record: Product) -> tuple[str, ...]:
    """The words a record is searched by: its name, brand and codes, and the beginning of its description."""
    name, description, _ = source(record)
    words = compact_words(fold(name))
    words += [code for code in codes_of(record) if code not in words]
    if description:
        words += compact_words(fold(description[:200]))
    return tuple(words)


def codes_of(record: Product) -> list[str]:
    """MPN and SKUs, compacted, placeholders left out."""
    return [code for text in (record.mpn, *(sku.value for sku in record.skus)) if (code := identifier(text))]


def count_words(records: Iterable[Product], corpus: Corpus) -> None:
    """Fill the corpus with one side."""
    for record in records:
        name, description, brand = source(record)
        name_words = compact_words(fold(name))
        corpus.add({*name_words, *compact_words(fold(description)), *codes_of(record)}, name_words, compact(brand))


def profile(record: Product, corpus: Corpus, price_type: str = "recurring") -> Profile:
    """Read one record. ``price_type`` chooses among several prices, where one of that type exists."""
    title, description, brand = source(record)
    name, text = facts(title), facts(description)
    codes = codes_of(record)
    chosen = [p for p in record.prices if p.type == price_type] or record.prices or record.costs
    known_brand = compact(brand) or next((word for word in name.words[:4] if corpus.is_brand(word)), "")
    weights = {word: corpus.idf(word) for word in dict.fromkeys((*name.words, *text.words, *codes))}
    terms = tuple((word, weights[word], _beginnings(word)) for word in dict.fromkeys(name.words))
    return Profile(
        record.id,
        name,
        text,
        weights,
        sqrt(sum(weight * weight for weight in weights.values())),
        {code: corpus.rarity(code) for code in sorted({*name.codes, *codes})},
        terms,
        frozenset(name.words),
        frozenset().union(*(beginnings for _, _, beginnings in terms)),
        identifier(record.upc),
        "".join(name.words) + "|" + "|".join(codes) + "|" + "".join(text.words),
        known_brand,
        tuple((float(price.amount), price.currency or "") for price in chosen if price.amount > 0),
        record.active,
        record.period,
    )


def _beginnings(word: str) -> frozenset[str]:
    return frozenset(word[:end] for end in range(3, len(word) + 1)) if word.isalpha() else frozenset()


def keys(record: Product) -> tuple[str, ...]:
    """Exact keys that bring a candidate in whatever its name is: codes, UPC."""
    upc = identifier(record.upc).lstrip("0")
    return (*(f"code {code}" for code in codes_of(record)), *([f"upc {upc}"] if upc else []))
