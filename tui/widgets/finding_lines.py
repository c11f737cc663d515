"""The lines of the Reconcile tab: findings with both values, what is proposed, and what was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.widgets.columns import Column

if TYPE_CHECKING:
    from engine.findings import Finding, Reconciliation, Resolved
    from engine.resolving import Resolutions

_TONES = {"applied": "good", "open": "", "moved": "warn", "failed": "bad", "unverified": "bad"}


def name_of(finding: Finding) -> str:
    """Whose finding it is."""
    return finding.storefront_name or finding.backoffice_name or finding.storefront_id or finding.backoffice_id


def search_text(one: Resolved) -> str:
    """What the filter looks in."""
    it = one.finding
    parts = (
        it.code,
        name_of(it),
        it.storefront_id,
        it.backoffice_id,
        it.backoffice_name,
        it.field,
        it.proposal,
        one.result,
    )
    return " ".join(parts).casefold()


def resolvable(one: Resolved) -> bool:
    """Whether it has a proposal that was not carried out yet: what may be marked."""
    return one.finding.action.value != "manual" and one.result.value != "applied"


def _result(one: Resolved) -> str:
    if one.result.value != "open":
        return one.result.value
    return "by hand" if one.finding.action.value == "manual" else "open"


def _tone(one: Resolved) -> str:
    return _TONES[one.result.value] or ("dim" if one.finding.action.value == "manual" else "")


def _arrow(one: Resolved) -> str:
    return {"storefront": "←", "backoffice": "→"}.get(one.finding.target.value if one.finding.target else "", "")


COLUMNS: tuple[Column[Resolved], ...] = (
    Column("code", "Code", lambda one: one.finding.code.value, 15, weight=1, comfort=21,
           tone=lambda one: "warn" if one.finding.severity.value == "error" else ""),
    Column("name", "Record", lambda one: name_of(one.finding), 14, weight=4, comfort=30),
    Column("field", "Field", lambda one: one.finding.field, 8, weight=1, drop=2),
    Column("here", "Storefront", lambda one: one.finding.storefront, 9, weight=2, drop=4),
    Column("arrow", " ", _arrow, 1, drop=4),
    Column("there", "Back office", lambda one: one.finding.backoffice, 9, weight=2, drop=3),
    Column("proposal", "Proposed", lambda one: one.finding.proposal, 16, weight=3, drop=1,
           tone=lambda one: "dim" if one.finding.action.value == "manual" else ""),
    Column("result", "State", _result, 10, tone=_tone),
)  # fmt: skip
RECONCILIATION_COLUMNS: tuple[Column[Reconciliation], ...] = (
    Column("at", "At (UTC)", lambda one: f"{one.at:%Y-%m-%d %H:%M}", 16),
    Column("by", "By", lambda one: one.actor, 8, weight=1),
    Column("total", "Findings", lambda one: f"{one.total:,}", 9, right=True),
    Column("resolved", "Resolved", lambda one: f"{one.resolved:,}", 9, right=True),
    Column("counts", "What", lambda one: ", ".join(f"{n:,} {code}" for code, n in one.counts.items()), 20, weight=4),
)
COMPARED_COLUMNS: tuple[Column[ComparedLine], ...] = (
    Column("what", "What", lambda line: line.what, 6, tone=lambda line: "warn" if line.what == "new" else "good"),
    Column("code", "Code", lambda line: line.finding.code.value, 18, weight=1),
    Column("name", "Record", lambda line: name_of(line.finding), 16, weight=3),
    Column("field", "Field", lambda line: line.finding.field, 8, weight=1, drop=1),
    Column("here", "Storefront", lambda line: line.finding.storefront, 10, weight=2, drop=2),
    Column("there", "Back office", lambda line: line.finding.backoffice, 10, weight=2, drop=3),
)


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """One finding that is new, or gone, since another reconciliation."""

    what: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class ResolutionLine:
    """One finding of a preview: what is done, or why it is left alone."""

    finding: Finding
    done: str
    left: str = ""


def resolution_lines(planned: Resolutions) -> list[ResolutionLine]:
    """What resolving would do, then what is left alone."""
    lines = [ResolutionLine(one, one.proposal) for one in (*planned.edits, *planned.written)]
    return lines + [
        ResolutionLine(one.finding, one.result.value, one.message) for one in (*planned.moved, *planned.refused)
    ]


def _now(line: ResolutionLine) -> str:
    target = line.finding.target.value if line.finding.target else ""
    return {"storefront": line.finding.storefront, "backoffice": line.finding.backoffice}.get(target, "")


RESOLUTION_COLUMNS: tuple[Column[ResolutionLine], ...] = (
    Column("code", "Code", lambda line: line.finding.code.value, 15, weight=1),
    Column("name", "Record", lambda line: name_of(line.finding), 14, weight=3),
    Column("field", "Field", lambda line: line.finding.field, 8, weight=1, drop=2),
    Column("old", "Now", _now, 9, weight=2, drop=1),
    Column("done", "What is done", lambda line: line.left or line.done, 18, weight=4,
           tone=lambda line: "warn" if line.left else ""),
)  # fmt: skip
