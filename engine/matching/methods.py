"""How each kind is searched and compared: two methods of one shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.matching import customer_profile, product_profile
from engine.matching.corpus import Corpus
from engine.matching.customer_evidence import compare_customers
from engine.matching.findings import Finding
from engine.matching.product_evidence import compare_products
from engine.matching.weights import CUSTOMERS, PRODUCTS, Weights
from engine.model import Customer, Product

P = TypeVar("P")

#: Profiles of one side kept at once; more are made again when needed, so that memory stays bounded.
KEPT_PROFILES = 20_000


class Profiles(Generic[P]):
    """Profiles of one side by position, made when first asked for."""

    def __init__(self, make: Callable[[int], P]) -> None:
        self._make = make
        self._kept: dict[int, P] = {}

    def __getitem__(self, at: int) -> P:
        found = self._kept.get(at)
        if found is None:
            if len(self._kept) >= KEPT_PROFILES:
                self._kept.clear()
            found = self._kept[at] = self._make(at)
        return found


@dataclass(frozen=True)
class Method:
    """One pair of catalogues, ready: the words and exact keys of each record, and what a pair shows.

    ``findings(i, j)`` compares the i-th storefront record with the j-th counterpart.
    """

    weights: Weights
    left_words: Iterable[Sequence[str]]
    right_words: Iterable[Sequence[str]]
    left_keys: Sequence[Sequence[str]]
    right_keys: Sequence[Sequence[str]]
    findings: Callable[[int, int], list[Finding]]


def for_products(left: Sequence[Product], right: Sequence[Product], price_type: str) -> Method:
    """Products against products; fees take part as ``product_profile.from_fee`` makes them."""
    corpus = Corpus()
    product_profile.count_words(left, corpus)
    product_profile.count_words(right, corpus)
    mine = Profiles(lambda at: product_profile.profile(left[at], corpus, price_type))
    theirs = Profiles(lambda at: product_profile.profile(right[at], corpus, price_type))
    return Method(
        PRODUCTS,
        map(product_profile.search_words, left),
        map(product_profile.search_words, right),
        [product_profile.keys(record) for record in left],
        [product_profile.keys(record) for record in right],
        lambda i, j: compare_products(mine[i], theirs[j]),
    )


def for_customers(left: Sequence[Customer], right: Sequence[Customer]) -> Method:
    """Customers against customers."""
    corpus = Corpus()
    for record in (*left, *right):
        words = customer_profile.name_words(record.name)
        corpus.add(set(words), words, "")
    mine = Profiles(lambda at: customer_profile.profile(left[at], corpus))
    theirs = Profiles(lambda at: customer_profile.profile(right[at], corpus))
    return Method(
        CUSTOMERS,
        map(customer_profile.search_words, left),
        map(customer_profile.search_words, right),
        [customer_profile.keys(record) for record in left],
        [customer_profile.keys(record) for record in right],
        lambda i, j: compare_customers(mine[i], theirs[j]),
    )
