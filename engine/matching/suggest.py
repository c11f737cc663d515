"""Ranked suggestions: search, compare in detail, weigh against rivals, say why. Pure; slow for large catalogues.

100,000 records belong in a worker thread or process: ``progress`` is called between slices, and what it raises ends the
work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import TYPE_CHECKING, Any

from engine.matching.exact import exact
from engine.matching.findings import reasons, score
from engine.matching.keys import Crowd
from engine.matching.methods import Method, for_customers, for_products
from engine.matching.product_profile import from_fee
from engine.matching.search import CANDIDATES, Search, rival_gaps
from engine.matching.text import alike, triples
from engine.matching.weights import Weights
from engine.model import Kind, Product, Record
from engine.settings import IntegrationSettings
from engine.views import Suggestion

if TYPE_CHECKING:
    from engine.matching.grams import Floats, Ints

Pairs = Collection[tuple[str, str]]
Progress = Callable[[int, int], None]

SLICE = 200
#: Candidates whose log-odds are this near to the best are "nearly equal": the best is ambiguous.
NEARLY_EQUAL = 0.7
#: Guesses below this score do not fit, so several of them do not "fit equally": the row is unmapped, not ambiguous.
PLAUSIBLE = 0.1
#: Log-odds that stand for "no rival"; also the least a rival counts.
NO_RIVAL = -4.0
#: A ranked guess is never certain; only an exact match scores 1.
MOST = 0.999


def suggest(
    kind: Kind,
    storefront: Iterable[Record],
    backoffice: Iterable[Record],
    *,
    settings: IntegrationSettings,
    rejected: Pairs = (),
    confirmed: Pairs = (),
    top: int = 5,
    min_score: float = 0.0,
    everyone: Crowd | None = None,
    progress: Progress | None = None,
) -> dict[str, tuple[Suggestion, ...]]:
    """For every storefront record not ``confirmed`` its best counterparts, best first; at most ``top`` each.

    Pairs are (storefront id, back-office id). Rejected pairs never come back; the counterpart of a confirmed pair is
    free for others only where the integration allows many-to-one. Scores are probabilities 0..1 as measured on
    generated catalogues; records without any candidate are absent. Fees are compared with products by their name.
    """
    mapped = {pair[0] for pair in confirmed}
    taken = set() if settings.many_to_one else {pair[1] for pair in confirmed}
    left, right = _ordered(storefront, mapped), _ordered(backoffice, taken)
    if kind is Kind.FEES:
        left = [from_fee(fee) for fee in left]
    if not left or not right or top < 1:
        return {}
    method = for_customers(left, right) if kind is Kind.CUSTOMERS else for_products(left, right, settings.price.type)
    known = {
        (m.storefront_id, m.backoffice_id): m for m in exact(kind, left, right, settings=settings, everyone=everyone)
    }
    rows, columns = ({record.id: at for at, record in enumerate(side)} for side in (left, right))
    ranking = _rank(
        method, _positions(rejected, rows, columns), _positions(known, rows, columns), progress or (lambda _a, _b: None)
    )
    teller = _Teller(method, left, right, known, share=settings.many_to_one)
    found = {record.id: teller.row(row, ranking, top, min_score) for row, record in enumerate(left)}
    return {id: suggestions for id, suggestions in found.items() if suggestions}


def _ordered(records: Iterable[Record], without: set[str]) -> list[Any]:
    """By id, so that the answer does not depend on the order of reading."""
    taking = [r for r in records if r.id not in without and not (isinstance(r, Product) and r.is_base)]
    return sorted(taking, key=lambda record: record.id)


def _positions(
    pairs: Iterable[tuple[str, str]], rows: Mapping[str, int], columns: Mapping[str, int]
) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for mine, theirs in pairs:
        if mine in rows and theirs in columns:
            found.setdefault(rows[mine], set()).add(columns[theirs])
    return found


@dataclass(frozen=True, slots=True)
class _Ranking:
    """Rows x candidates: position of the counterpart (-1: none), final log-odds, lead over other rows' claims."""

    places: Ints
    odds: Floats
    lead: Floats


def _rank(
    method: Method, rejected: Mapping[int, set[int]], known: Mapping[int, set[int]], progress: Progress
) -> _Ranking:
    import numpy as np

    search, weights = Search(method), method.weights
    total = len(search)
    places = np.full((total, CANDIDATES), -1, dtype=np.int64)
    odds = np.full((total, CANDIDATES), NO_RIVAL)
    for row in range(total):
        if row % SLICE == 0:
            progress(row, total)
        without = rejected.get(row, set())
        others, cosines = search.candidates(row, without, sorted(known.get(row, set()) - without))
        for column, (other, cosine) in enumerate(zip(others.tolist(), cosines.tolist(), strict=True)):
            places[row, column] = other
            odds[row, column] = (
                weights.bias
                + weights.features["cosine"] * cosine
                + score(method.findings(row, other), weights.features)
            )
    progress(total, total)
    own, back = rival_gaps(places, odds, NO_RIVAL)
    clip = weights.clip
    return _Ranking(
        places, odds + weights.own * np.clip(own, -clip, clip) + weights.back * np.clip(back, -clip, clip), back
    )


@dataclass(frozen=True, slots=True)
class _Teller:
    """Makes the suggestions of a row: scores, order, evidence, what is ambiguous."""

    method: Method
    left: Sequence[Any]
    right: Sequence[Any]
    known: Mapping[tuple[str, str], Suggestion]
    share: bool

    def row(self, row: int, ranking: _Ranking, top: int, min_score: float) -> tuple[Suggestion, ...]:
        lines = sorted(
            (not self._is_exact(row, other), -round(odds, 6), other, lead)
            for other, odds, lead in zip(
                ranking.places[row].tolist(), ranking.odds[row].tolist(), ranking.lead[row].tolist(), strict=True
            )
            if other >= 0
        )
        if not lines:
            return ()
        best = -lines[0][1]
        mine = triples(self.left[row].name)
        rivals = sum(-line[1] > best - NEARLY_EQUAL for line in lines)
        settled = not lines[0][0]
        found = []
        for position, (guessed, negative, other, lead) in enumerate(lines[:top]):
            near = -negative > best - NEARLY_EQUAL
            contested = position == 0 and abs(lead) <= NEARLY_EQUAL and not self.share
            score = probability(-negative, self.method.weights)
            doubtful = guessed and not settled and score >= PLAUSIBLE and ((near and rivals > 1) or contested)
            suggestion = self._tell(row, other, mine, score, doubtful=doubtful)
            if suggestion.score >= min_score:
                found.append(suggestion)
        return tuple(found)

    def _is_exact(self, row: int, other: int) -> bool:
        match = self.known.get((self.left[row].id, self.right[other].id))
        return match is not None and match.exact

    def _tell(self, row: int, other: int, letters: frozenset[str], score: float, *, doubtful: bool) -> Suggestion:
        mine, theirs = self.left[row], self.right[other]
        findings = self.method.findings(row, other)
        likeness = alike(letters, triples(theirs.name))
        said = (*reasons(findings, self.method.weights.features), f"name {likeness:.2f} alike")
        match = self.known.get((mine.id, theirs.id))
        if match is None:
            return Suggestion(
                mine.id,
                theirs.id,
                score,
                said,
                ambiguous=doubtful,
                storefront_name=mine.name,
                backoffice_name=theirs.name,
            )
        evidence = tuple(dict.fromkeys((*match.evidence, *said)))
        return replace(match, score=1.0 if match.exact else score, evidence=evidence)


def probability(odds: float, weights: Weights) -> float:
    """Log-odds as 0..1 with four digits, below 1."""
    return round(min(MOST, 1.0 / (1.0 + exp(-max(-30.0, min(30.0, weights.scale * odds))))), 4)
