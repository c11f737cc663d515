"""One thing found about a pair, and the vector and reasons made of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAX_REASONS = 6


@dataclass(slots=True)
class Finding:
    """The feature it sets, by how much, and how to say it (empty: it counts but is not worth saying)."""

    feature: str
    value: float
    reason: str = ""


def score(findings: Sequence[Finding], weights: Mapping[str, float]) -> float:
    """The weighted sum: a log-odds, before the gaps to rivals are added."""
    return sum(weights[finding.feature] * finding.value for finding in findings)


def reasons(findings: Sequence[Finding], weights: Mapping[str, float]) -> tuple[str, ...]:
    """What is worth saying: strongest support first, then strongest objection; at most ``MAX_REASONS``."""
    said = {f.reason: weights[f.feature] * f.value for f in findings if f.reason}
    strongest = sorted(said, key=lambda reason: (-abs(said[reason]), reason))[:MAX_REASONS]
    return tuple(sorted(strongest, key=lambda reason: (said[reason] < 0, -abs(said[reason]), reason)))
