"""What a reconciliation finds: one discrepancy each, with both values and a proposed resolution (or none). Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.model import Kind, Side


class Code(StrEnum):
    """What kind of discrepancy it is; the order is the order of a report."""

    LINK_MISSING = "LINK_MISSING"  # not mapped, and nothing has its key
    LINK_FOUND = "LINK_FOUND"  # not mapped, and one record has its key
    LINK_AMBIGUOUS = "LINK_AMBIGUOUS"  # not mapped, and several have its key
    LINK_DANGLING = "LINK_DANGLING"  # mapped to a record that is gone
    LINK_ORPHANED = "LINK_ORPHANED"  # mapped, and the storefront's own record is gone
    LINK_SHARED = "LINK_SHARED"  # several rows are mapped to one record
    LINK_MALFORMED = "LINK_MALFORMED"  # the link stored in the storefront is not the mapping's
    DUPLICATE = "DUPLICATE"  # a key that several records of one side have
    NAME_MISMATCH = "NAME_MISMATCH"
    DESCRIPTION_MISMATCH = "DESCRIPTION_MISMATCH"
    PRICE_MISMATCH = "PRICE_MISMATCH"
    COST_MISMATCH = "COST_MISMATCH"
    QUANTITY_MISMATCH = "QUANTITY_MISMATCH"
    SKU_MISMATCH = "SKU_MISMATCH"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    ACTIVE_MISMATCH = "ACTIVE_MISMATCH"
    CUSTOM_FIELD_MISMATCH = "CUSTOM_FIELD_MISMATCH"
    ENTRY_MISSING = "ENTRY_MISSING"  # no price in a book that should have one
    ENTRY_INACTIVE = "ENTRY_INACTIVE"
    ORPHAN = "ORPHAN"  # a back-office record that nothing is mapped to


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


SEVERITY = {
    Code.LINK_MISSING: Severity.WARNING,
    Code.LINK_FOUND: Severity.WARNING,
    Code.NAME_MISMATCH: Severity.NOTE,
    Code.DESCRIPTION_MISMATCH: Severity.NOTE,
    Code.ORPHAN: Severity.NOTE,
}


class Action(StrEnum):
    """What a resolution does. ``manual`` is left to a person."""

    MANUAL = "manual"
    MAP = "map"
    REMAP = "remap"
    UNMAP = "unmap"
    CREATE = "create"
    PUSH = "push"
    WRITE = "write"
    WRITE_TEXT = "write text"


@dataclass(frozen=True, slots=True)
class Finding:
    """One discrepancy. ``target`` is the side that the proposed action would change; ``field`` its field or attribute.

    ``after`` is what would be written, ``owner`` the side whose value wins. ``why`` says why it is left to a person, or
    what the proposal rests on. Values are canonical text.
    """

    code: Code
    kind: Kind
    storefront_id: str = ""
    storefront_name: str = ""
    backoffice_id: str = ""
    backoffice_name: str = ""
    field: str = ""
    storefront: str = ""
    backoffice: str = ""
    difference: str = ""
    owner: Side | None = None
    action: Action = Action.MANUAL
    target: Side | None = None
    after: str = ""
    why: str = ""
    storefront_url: str = ""
    backoffice_url: str = ""

    @property
    def key(self) -> str:
        """The same discrepancy has the same key in every run, whatever the values are."""
        return f"{self.code}|{self.kind}|{self.storefront_id}|{self.backoffice_id}|{self.field}"

    @property
    def severity(self) -> Severity:
        return SEVERITY.get(self.code, Severity.ERROR)

    @property
    def proposal(self) -> str:
        """The proposed action in words."""
        where = {Side.STOREFRONT: "the storefront", Side.BACKOFFICE: "the back office", None: ""}[self.target]
        match self.action:
            case Action.MANUAL:
                return "by hand"
            case Action.MAP | Action.REMAP:
                return f"{self.action} to {self.backoffice_name or self.backoffice_id}"
            case Action.UNMAP:
                return "forget the mapping"
            case Action.CREATE:
                return f"create it in {where}"
            case Action.PUSH:
                return f"push it to {where}" + (f": {self.field} {self.after}" if self.field else "")
        return f"write {self.after or 'nothing'} to {where}"


class Resolution(StrEnum):
    """What became of one finding in one run."""

    OPEN = "open"
    APPLIED = "applied"
    MOVED = "moved"  # not as it was found any more: nothing was done
    FAILED = "failed"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A finding with what was done about it, by whom and when. ``run`` is the run that wrote it, if one did."""

    finding: Finding
    result: Resolution = Resolution.OPEN
    action_taken: str = ""
    message: str = ""
    code: str = ""
    actor: str = ""
    at: datetime | None = None
    run: str = ""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One complete comparison of both sides. ``calls`` are requests per connection; ``counts`` findings per code."""

    id: str
    integration: str
    at: datetime
    actor: str
    kinds: tuple[Kind, ...]
    counts: dict[str, int]
    records: dict[str, int]
    calls: dict[str, int]
    seconds: float = 0.0
    resolved: int = 0

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Compared:
    """Two reconciliations of one integration, by the findings' keys; of the kinds that both looked at.

    ``ended`` is what was done about those that are gone, by key.
    """

    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    still: tuple[Finding, ...]
    ended: Mapping[str, Resolved] = field(default_factory=dict)
