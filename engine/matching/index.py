"""An inverted index in numpy: the best candidates of each row by cosine, one bincount a row.

Memory is the postings (8 bytes each), the rows and one float a counterpart; numpy lets other threads run during the heavy
calls. On large catalogues features in more than 1 % of the counterparts are left out of the search (they say little and
cost most); the cosine that is handed out is exact all the same, because it is computed again for those found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.matching.grams import SparseRows

if TYPE_CHECKING:
    from engine.matching.grams import Floats, Ints

#: Features in at most this many counterparts are always searched.
ALWAYS_SEARCHED = 1000
FREQUENCY_CAP = 0.01


class Index:
    """Postings of the back-office rows; ``nearest`` asks for one storefront row."""

    def __init__(self, rows: SparseRows) -> None:
        import numpy as np

        self.rows = rows
        frequency = np.bincount(rows.ids, minlength=rows.width)
        order = np.argsort(rows.ids, kind="stable")
        row_of = np.repeat(np.arange(len(rows)), np.diff(rows.starts))
        self._documents = row_of[order].astype(np.int32)
        self._weights = rows.weights[order].astype(np.float32)  # half the memory; what is handed out is exact
        self._dense = np.zeros(rows.width)  # one row spread out; zero between calls
        self._starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(frequency)])
        cap = max(ALWAYS_SEARCHED, int(len(rows) * FREQUENCY_CAP))
        self._searched = (frequency > 0) & (frequency <= cap)
        self._capped = bool((frequency > cap).any())

    def nearest(self, ids: Ints, weights: Floats, top: int) -> tuple[Ints, Floats]:
        """The ``top`` rows nearest to a unit row, best first, ties by position; rows of cosine 0 are left out."""
        import numpy as np

        keep = self._searched[ids]
        starts, ends = self._starts[ids[keep]], self._starts[ids[keep] + 1]
        lengths = ends - starts
        total = int(lengths.sum())
        if not total:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        within = np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        at = np.repeat(starts, lengths) + within
        scores = np.bincount(
            self._documents[at], weights=self._weights[at] * np.repeat(weights[keep], lengths), minlength=len(self.rows)
        )
        best = _largest(np.asarray(scores, dtype=np.float64), top * 2 if self._capped else top)
        found = self.cosines(ids, weights, best)
        order = np.lexsort((best, -np.round(found, 9)))[:top]
        return best[order], found[order]

    def cosines(self, ids: Ints, weights: Floats, documents: Ints) -> Floats:
        """Exact cosines between one unit row and some of the index's rows."""
        import numpy as np

        dense = self._dense
        dense[ids] = weights
        found = [float(dense[own] @ own_weights) for own, own_weights in map(self.rows.row, documents)]
        dense[ids] = 0.0
        return np.array(found, dtype=np.float64)


def _largest(scores: Floats, top: int) -> Ints:
    """Positions of the largest positive scores, in no order."""
    import numpy as np

    positive = np.flatnonzero(scores > 0.0)
    if len(positive) <= top:
        return positive
    cut = np.partition(scores[positive], len(positive) - top)[len(positive) - top]
    chosen = positive[scores[positive] >= cut - 1e-6]
    # ties at the cut: the first positions, so that the answer does not depend on chance
    ordered: Ints = chosen[np.lexsort((chosen, -np.round(scores[chosen], 6)))]
    return ordered[:top]


def candidates(rows: SparseRows, index: Index, top: int) -> Iterator[tuple[Ints, Floats]]:
    """The nearest counterparts of each row, in order."""
    for at in range(len(rows)):
        yield index.nearest(*rows.row(at), top)
