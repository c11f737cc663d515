"""The search against the plain definition of what it computes."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching import index as index_module
from engine.matching.grams import Vocabulary, count, document_frequency, inverse_frequency, mix, weigh
from engine.matching.index import Index
from engine.matching.search import rival_gaps

catalogues = st.lists(st.lists(st.text("abc1", min_size=1, max_size=5), max_size=4), min_size=1, max_size=12)


def vectors(texts):
    """Unit TF-IDF vectors by the definition, with plain dictionaries."""
    counted = []
    for words in texts:
        counts: dict[str, int] = {}
        for word in words:
            for gram in mix(word):
                counts[gram] = counts.get(gram, 0) + 1
        counted.append({gram: 1 + math.log(times) for gram, times in counts.items()})
    frequency: dict[str, int] = {}
    for row in counted:
        for gram in row:
            frequency[gram] = frequency.get(gram, 0) + 1
    unit = []
    for row in counted:
        weighted = {g: w * (math.log((1 + len(texts)) / (1 + frequency[g])) + 1) for g, w in row.items()}
        norm = math.sqrt(sum(w * w for w in weighted.values())) or 1.0
        unit.append({gram: weight / norm for gram, weight in weighted.items()})
    return unit


@pytest.mark.parametrize("cap", [1000, 2])
@given(catalogues, catalogues, st.integers(1, 5))
def test_the_nearest_rows_are_those_of_the_largest_cosines(cap, left, right, top):
    expected = vectors([*left, *right])
    mine, theirs = expected[: len(left)], expected[len(left) :]
    vocabulary = Vocabulary()
    counts = count(left, vocabulary, slice_rows=3), count(right, vocabulary, slice_rows=3)
    frequency = sum(document_frequency(rows, len(vocabulary)) for rows in counts)
    idf = inverse_frequency(frequency, len(left) + len(right))
    rows, others = (weigh(one, idf) for one in counts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_module, "ALWAYS_SEARCHED", cap)
        index = Index(others)
    for at, vector in enumerate(mine):
        true = [sum(weight * other.get(gram, 0.0) for gram, weight in vector.items()) for other in theirs]
        found, cosines = index.nearest(*rows.row(at), top)
        assert np.allclose(
            cosines, [true[place] for place in found]
        )  # exact, also where common grams were not searched
        assert list(cosines) == sorted(cosines, reverse=True)
        if cap == 1000:
            best = sorted((c for c in true if c > 0), reverse=True)[:top]
            assert np.allclose(cosines, best)


@given(
    st.lists(st.lists(st.tuples(st.integers(-1, 4), st.floats(-3, 3)), min_size=3, max_size=3), min_size=1, max_size=6)
)
def test_gaps_are_the_distance_to_the_best_rival(rows):
    floor = -4.0
    rows = [list({place: (place, score) for place, score in row}.values()) for row in rows]
    rows = [[*row, *[(-1, 0.0)] * (3 - len(row))] for row in rows]
    places = np.array([[place for place, _ in row] for row in rows])
    scores = np.array([[score for _, score in row] for row in rows])
    own, back = rival_gaps(places, scores, floor)
    for i, row in enumerate(rows):
        for k, (place, score) in enumerate(row):
            if place < 0:
                continue
            beside = [s for c, (p, s) in enumerate(row) if c != k and p >= 0]
            above = [s for r, other in enumerate(rows) if r != i for p, s in other if p == place]
            assert math.isclose(own[i, k], score - max([floor, *beside]), abs_tol=1e-9)
            assert math.isclose(back[i, k], score - max([floor, *above]), abs_tol=1e-9)


def test_numpy_is_not_imported_before_it_is_needed():
    code = "import engine.matching, sys; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
