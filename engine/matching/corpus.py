"""What both catalogues together say about a word: how rare it is, and whether it is a brand."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from math import log
from zlib import crc32

_SLOTS = 1 << 20  # a hashed table: two words in one slot only make both look a little more common


class Corpus:
    """Document frequencies of words over both sides, and the brands that occur. Filled once, then only read."""

    def __init__(self) -> None:
        self.records = 0
        self._frequency = array("i", bytes(_SLOTS * array("i").itemsize))
        self._first_words: Counter[str] = Counter()
        self._brands: set[str] = set()

    def add(self, words: Iterable[str], name_words: Sequence[str], brand: str) -> None:
        """Count one record: the distinct words of all its text, the words of its name, its brand field (compacted)."""
        self.records += 1
        for word in words:
            self._frequency[crc32(word.encode()) & (_SLOTS - 1)] += 1
        if name_words:
            self._first_words[name_words[0]] += 1
        if brand:
            self._brands.add(brand)

    def frequency(self, word: str) -> int:
        return self._frequency[crc32(word.encode()) & (_SLOTS - 1)]

    def idf(self, word: str) -> float:
        """``ln((1 + n) / (1 + df))``: 0 for a word that is in every record."""
        return log((1 + self.records) / (1 + min(self.frequency(word), self.records)))

    def rarity(self, word: str) -> float:
        """0..1: 1 for a word of one record, 0 for one that is everywhere; says nothing about very small catalogues."""
        top = log((1 + max(self.records, 1)) / 2)
        return max(0.0, min(1.0, self.idf(word) / top)) if top > 0 else 1.0

    def is_brand(self, word: str) -> bool:
        """Whether a word is a brand field of some record, or begins several names and has letters only."""
        return word in self._brands or (word.isalpha() and self._first_words[word] >= 3)
