"""How good suggestions are, and how fast: ``pytest -n0 -s -m benchmark tests/benchmarks/test_suggestions_benchmark.py``.

The weights were set by hand and fitted on generated catalogues (fit_weights.py), never on Abt-Buy; the generated
catalogues measured here come from other seeds than those of the fit.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from engine.matching import suggest
from engine.matching.methods import for_products
from engine.matching.search import Search
from engine.model import Kind, Product
from engine.settings import IntegrationSettings
from engine.views import Suggestion

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

THRESHOLDS = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
TRADES = ("devices", "software", "household", "clothing", "parts", "books", "services")


@dataclass
class Measured:
    top1: float
    top5: float
    seconds: float
    found: Mapping[str, tuple[Suggestion, ...]]


def measure(left: Sequence[Product], right: Sequence[Product], true: Mapping[str, set[str]]) -> Measured:
    """Accuracy over the records that have a counterpart."""
    started = time.perf_counter()
    found = suggest(Kind.PRODUCTS, left, right, settings=IntegrationSettings())
    seconds = time.perf_counter() - started

    def share(top: int) -> float:
        return sum(any(s.backoffice_id in own for s in found.get(id, ())[:top]) for id, own in true.items()) / len(true)

    return Measured(share(1), share(5), seconds, found)


def precision_table(found: Mapping[str, tuple[Suggestion, ...]], true: Mapping[str, set[str]]) -> list[str]:
    """What "accept all above X" would do: accepted rows, how many are right, which share of the true pairs that is."""
    lines = ["  score >=  accepted  precision  coverage"]
    for threshold in THRESHOLDS:
        tops = [own[0] for own in found.values() if own[0].score >= threshold and not own[0].ambiguous]
        right = sum(top.backoffice_id in true.get(top.storefront_id, ()) for top in tops)
        lines.append(f"  {threshold:8.2f}  {len(tops):8d}  {right / max(1, len(tops)):9.4f}  {right / len(true):8.3f}")
    return lines


def recall_of_candidates(left: Sequence[Product], right: Sequence[Product], true: Mapping[str, set[str]]) -> float:
    """How often a true counterpart is among the candidates that are compared in detail."""
    left, right = (sorted(side, key=lambda record: record.id) for side in (left, right))
    search = Search(for_products(left, right, "recurring"))
    hits = sum(
        any(right[place].id in true[record.id] for place in search.candidates(row)[0])
        for row, record in enumerate(left)
        if record.id in true
    )
    return hits / len(true)


async def test_abt_buy(abt_buy):
    left, right, true = abt_buy
    measured = measure(left, right, true)
    recall = recall_of_candidates(left, right, true)
    print(f"\nAbt-Buy, {len(left)} x {len(right)}, {len(true)} with a counterpart; weights not fitted on it")
    print(
        f"  top-1 {measured.top1:.4f}  top-5 {measured.top5:.4f}  candidates hold it {recall:.4f}  {measured.seconds:.1f} s"
    )
    print("\n".join(precision_table(measured.found, true)))
    assert measured.top1 >= 0.945
    assert measured.top5 >= 0.99
    assert recall >= 0.995
    sure = [own[0] for own in measured.found.values() if own[0].score >= 0.9 and not own[0].ambiguous]
    assert sum(top.backoffice_id in true.get(top.storefront_id, ()) for top in sure) >= 0.99 * len(sure)
    assert len(sure) >= 0.6 * len(true)


def test_generated_catalogues_of_seven_trades(catalogue_generator):
    print("\ngenerated catalogues (seeds that the weights have not seen)")
    scores = []
    for trade in TRADES:
        left, right, pairs = catalogue_generator.catalogues(90_001, trade)
        true = {mine: {theirs} for mine, theirs in pairs.items()}
        measured = measure(left, right, true)
        scores.append(measured.top1)
        print(f"  {trade:10} {len(left):4} x {len(right):4}  top-1 {measured.top1:.3f}  top-5 {measured.top5:.3f}")
        assert measured.top5 >= 0.95
    assert sum(scores) / len(scores) >= 0.85


def test_a_large_catalogue_stays_fast_and_small(catalogue_generator):
    left, right, pairs = [], [], {}
    for number, trade in enumerate(TRADES):
        mine, theirs, true = catalogue_generator.catalogues(95_000 + number, trade, families=2200)
        left += [renumbered(record, trade) for record in mine]
        right += [renumbered(record, trade) for record in theirs]
        pairs |= {f"{trade}-{one}": {f"{trade}-{other}"} for one, other in true.items()}
    left = left[:: len(left) // 2000][:2000]
    kept = {record.id for record in left}
    measured = measure(left, right, {id: own for id, own in pairs.items() if id in kept})
    print(f"\n{len(left)} x {len(right)}: top-1 {measured.top1:.3f}, {measured.seconds:.1f} s")
    assert measured.seconds < 90


def renumbered(record: Product, trade: str) -> Product:
    return Product(
        id=f"{trade}-{record.id}", name=record.name, description=record.description, brand=record.brand,
        mpn=record.mpn, prices=record.prices,
    )  # fmt: skip
