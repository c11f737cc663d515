"""The "mix" features of a text: 3- and 4-grams of each word and the whole compacted word; weighted by TF-IDF.

Rows are sparse (compressed rows, as in scipy's CSR) over one vocabulary that both sides share.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


def mix(word: str) -> list[str]:
    """The features of one compacted word. A feature ``key:...`` (an exact key, such as a web domain) stays whole.

    >>> mix("fs105")
    ['=fs105', '<fs', 'fs1', 's10', '105', '05>', '<fs1', 'fs10', 's105', '105>']
    """
    if ":" in word:
        return [word]
    padded = f"<{word}>"
    found = [f"={word}"]
    for size in (3, 4):
        found += [padded[at : at + size] for at in range(len(padded) - size + 1)]
    if not word.isascii():  # scripts without spaces: two signs are already a word
        found += [word[at : at + 2] for at in range(len(word) - 1)]
    return found


@dataclass(frozen=True, slots=True)
class SparseRows:
    """Unit-length sparse rows: row ``i`` has features ``ids[starts[i]:starts[i+1]]`` with ``weights`` alike."""

    starts: Ints
    ids: Ints
    weights: Floats
    width: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    def row(self, at: int) -> tuple[Ints, Floats]:
        start, end = self.starts[at], self.starts[at + 1]
        return self.ids[start:end], self.weights[start:end]


class Vocabulary:
    """Numbers features and words in order of appearance; each distinct word is cut into grams once."""

    def __init__(self) -> None:
        self._features: dict[str, int] = {}
        self._words: dict[str, Ints] = {}

    def __len__(self) -> int:
        return len(self._features)

    def of(self, word: str) -> Ints:
        """Feature numbers of one word."""
        import numpy as np

        known = self._words.get(word)
        if known is None:
            features = self._features
            known = np.array([features.setdefault(gram, len(features)) for gram in mix(word)], dtype=np.int64)
            self._words[word] = known
        return known


def count(texts: Iterable[Sequence[str]], vocabulary: Vocabulary, slice_rows: int = 20_000) -> SparseRows:
    """Rows of feature counts (1 + ln tf); not yet weighted. Each text is a sequence of words."""
    import numpy as np

    starts, ids, weights = [np.zeros(1, dtype=np.int64)], [], []
    offset = 0
    batch: list[Sequence[str]] = []

    def flush() -> None:
        nonlocal offset
        arrays = [vocabulary.of(word) for words in batch for word in words]
        lengths = np.array([sum(len(vocabulary.of(word)) for word in words) for words in batch], dtype=np.int64)
        width = max(len(vocabulary), 1)
        flat = np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)
        keys, times = np.unique(np.repeat(np.arange(len(batch)), lengths) * width + flat, return_counts=True)
        per_row = np.bincount(keys // width, minlength=len(batch))
        starts.append(offset + np.cumsum(per_row))
        ids.append(keys % width)
        weights.append(1.0 + np.log(times))
        offset += len(keys)
        batch.clear()

    for words in texts:
        batch.append(words)
        if len(batch) >= slice_rows:
            flush()
    if batch:
        flush()
    empty = np.zeros(0, dtype=np.int64)
    return SparseRows(
        np.concatenate(starts),
        np.concatenate(ids) if ids else empty,
        np.concatenate(weights) if weights else empty.astype(np.float64),
        len(vocabulary),
    )


def weigh(counts: SparseRows, idf: Floats) -> SparseRows:
    """The same rows weighted by ``idf`` and scaled to unit length (an empty row stays empty)."""
    import numpy as np

    weights = counts.weights * idf[counts.ids]
    row_of = np.repeat(np.arange(len(counts)), np.diff(counts.starts))
    norms = np.sqrt(np.bincount(row_of, weights=weights * weights, minlength=len(counts)))
    norms[norms == 0.0] = 1.0
    return SparseRows(counts.starts, counts.ids, weights / norms[row_of], len(idf))


def document_frequency(rows: SparseRows, width: int) -> Ints:
    """In how many rows each feature occurs; ``width`` is the vocabulary's size."""
    import numpy as np

    return np.bincount(rows.ids, minlength=width)


def inverse_frequency(frequency: Ints, rows: int) -> Floats:
    """Smooth inverse document frequency: ``ln((1 + n) / (1 + df)) + 1``."""
    import numpy as np

    return np.asarray(np.log((1.0 + rows) / (1.0 + frequency)) + 1.0)
