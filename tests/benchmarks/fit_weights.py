"""Fits the shipped product weights on generated catalogues and prints them: ``python tests/benchmarks/fit_weights.py``.

The prior is what a person would say (``HAND``); ``PULL`` draws the fit towards it, because generated text is tidier than
real text. What the weights say of real catalogues is measured in ``test_suggestions_benchmark.py``, on data that is not
used here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from catalogue_generator import NOUNS, catalogues
from numpy.typing import NDArray

from engine.matching.methods import for_products
from engine.matching.search import CANDIDATES, Search, rival_gaps
from engine.matching.suggest import NO_RIVAL
from engine.matching.weights import PRODUCTS

HAND = {
    "cosine": 6.0, "text_cosine": 4.0, "covers": 2.0, "covered": 2.0,
    "code_same": 5.0, "code_inside": 3.0, "code_stem": 2.5, "code_sibling": -3.0, "code_other": -1.5,
    "quantity_same": 1.5, "quantity_other": -2.0, "number_same": 1.0, "number_other": -1.5, "number_extra": -0.5,
    "colour_same": 0.4, "colour_other": -1.5, "variant_same": 0.3, "variant_other": -1.5, "one_sided": -1.5,
    "brand_same": 1.0, "brand_other": -2.0, "price_gap": -1.5, "price_same": 1.0,
    "upc_same": 4.0, "upc_other": -3.0, "inactive": -0.3,
}  # fmt: skip
NAMES = tuple(HAND)
PULL, STEPS, RATE, SEEDS = 0.1, 400, 0.05, 5
Array = NDArray[np.float64]


@dataclass
class Case:
    """One pair of catalogues: candidates' positions and features (rows x candidates), and which one is true."""

    places: NDArray[np.int64]
    features: Array
    true: NDArray[np.bool_]


def case(trade: str, seed: int) -> Case:
    """The candidates of one generated pair of catalogues, compared as ``suggest`` compares them."""
    left, right, pairs = catalogues(1000 + seed * 17 + len(trade), trade)
    left.sort(key=lambda record: record.id)
    right.sort(key=lambda record: record.id)
    method = for_products(left, right, "recurring")
    search = Search(method)
    places = np.full((len(left), CANDIDATES), -1)
    features = np.zeros((len(left), CANDIDATES, len(NAMES)))
    for row in range(len(left)):
        for column, (other, cosine) in enumerate(
            zip(*(found.tolist() for found in search.candidates(row)), strict=True)
        ):
            places[row, column] = other
            features[row, column, NAMES.index("cosine")] = cosine
            for finding in method.findings(row, other):
                features[row, column, NAMES.index(finding.feature)] = finding.value
    wanted = {at: pairs.get(record.id) for at, record in enumerate(left)}
    true = np.array(
        [[place >= 0 and right[place].id == wanted[row] for place in places[row]] for row in range(len(left))]
    )
    return Case(places, features, true)


def fit(cases: list[Case], prior: Array, bias: float) -> tuple[Array, float]:
    """Softmax over the candidates and "none of them" (log-odds 0), pulled towards the prior; Adam, full batches."""
    total = sum(len(one.places) for one in cases)
    spread = (
        np.sqrt(np.mean(np.concatenate([one.features.reshape(-1, len(NAMES)) for one in cases]) ** 2, axis=0)) + 0.02
    )
    start = prior * spread
    weights, first, second = start.copy(), np.zeros(len(NAMES) + 1), np.zeros(len(NAMES) + 1)
    for step in range(1, STEPS + 1):
        gradient = np.zeros(len(NAMES) + 1)
        for one in cases:
            odds = np.where(one.places >= 0, (one.features / spread) @ weights + bias, -99.0)
            odds = np.concatenate([odds, np.zeros((len(odds), 1))], axis=1)
            share = np.exp(odds - odds.max(axis=1, keepdims=True))
            share /= share.sum(axis=1, keepdims=True)
            none = ~one.true.any(axis=1, keepdims=True)
            target = share * np.concatenate([one.true, none], axis=1)
            target /= target.sum(axis=1, keepdims=True) + 1e-12
            error = (share - target)[:, :-1]
            gradient[:-1] += np.einsum("ik,ikf->f", error, one.features / spread)
            gradient[-1] += error.sum()
        gradient /= total
        gradient[:-1] += PULL * (weights - start)
        first, second = 0.9 * first + 0.1 * gradient, 0.99 * second + 0.01 * gradient**2
        move = RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-9)
        weights, bias = weights - move[:-1], bias - float(move[-1])
    return weights / spread, bias


def calibrate(cases: list[Case], weights: Array, bias: float) -> tuple[float, float]:
    """(scale, shift): how the log-odds of the best candidates become the share of them that is true."""
    values, truth = [], []
    for one in cases:
        odds = np.where(one.places >= 0, one.features @ weights + bias, NO_RIVAL)
        own, back = rival_gaps(one.places, odds, NO_RIVAL)
        clip = PRODUCTS.clip
        final = odds + PRODUCTS.own * np.clip(own, -clip, clip) + PRODUCTS.back * np.clip(back, -clip, clip)
        best = np.where(one.places >= 0, final, -99.0).argmax(axis=1)
        rows = np.arange(len(best))
        values.append(final[rows, best])
        truth.append(one.true[rows, best])
    x = np.stack([np.concatenate(values), np.ones(sum(map(len, values)))], axis=1)
    y = np.concatenate(truth).astype(np.float64)
    line = np.zeros(2)
    for _ in range(50):
        share = 1 / (1 + np.exp(-x @ line))
        line -= np.linalg.solve((x * (share * (1 - share))[:, None]).T @ x, x.T @ (share - y))
    return float(line[0]), float(line[1])


if __name__ == "__main__":
    cases = [case(trade, seed) for trade in NOUNS for seed in range(SEEDS)]
    weights, bias = fit(cases, np.array(list(HAND.values())), -6.0)
    scale, shift = calibrate(cases, weights, bias)
    for name, value in zip(NAMES, weights, strict=True):
        print(f'"{name}": {value:.2f},')
    print(f"bias={bias:.2f}, scale={scale:.3f}, shift={shift:.2f}")
