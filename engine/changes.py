"""Plans, runs and outcomes: frozen values that are shown, stored, sent and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.crm import PushItem
from engine.model import Field, Kind, Side, Status
from engine.ports import Draft, Result


class Purpose(StrEnum):
    SYNC = "sync"
    UNDO = "undo"
    CREATE = "create"
    PUSH = "push"
    RECONCILE = "reconcile"
    ACCOUNTS = "accounts"


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"  # every row has its outcome (some may be rejected)
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # the process died or lost the system; resumable
    FAILED = "failed"  # stopped by an error before the end; resumable


@dataclass(frozen=True, slots=True)
class GuardHit:
    """One guard that fired: needs a typed confirmation at the keyboard, ``--allow NAME`` on the command line."""

    guard: str
    message: str
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one mapped row. ``blocked`` (a reason) means: shown, counted, never sent; ``verb`` unblocks it.

    ``before`` is the value seen on ``target`` (the side that is overwritten), ``source`` the one on the other side,
    ``after`` what will be written: canonical text. ``sku_slot`` as in ``RecordWrite``. ``rule`` tells shortly which rule made
    ``after`` of ``source``; ``rule_version`` is kept with the baseline. ``choices`` are the values that qualify where a side
    has several and the row is blocked by that. ``takes_back`` is as in ``FieldWrite``.
    """

    kind: Kind
    storefront_id: str
    backoffice_id: str
    name: str
    field: Field
    target: Side
    before: str | None
    after: str | None
    source: str | None
    reason: str
    status: Status
    currency: str = ""
    blocked: str = ""
    verb: str = ""
    guards: tuple[str, ...] = ()
    version: str = ""
    sku_slot: str = "sku"
    margin_percent: str | None = None
    rule: str = ""
    rule_version: str = ""
    choices: tuple[str, ...] = ()
    takes_back: str = ""

    @property
    def target_id(self) -> str:
        return self.backoffice_id if self.target is Side.BACKOFFICE else self.storefront_id

    @property
    def sends(self) -> bool:
        return not self.blocked

    @property
    def follows(self) -> bool:
        """Whether it goes into a record that the same plan makes first: its target has no id yet."""
        return self.sends and not self.target_id


@dataclass(frozen=True, slots=True)
class Creation:
    """One record to be created on ``target`` and mapped by that."""

    draft: Draft
    target: Side
    blocked: str = ""


class PushAction(StrEnum):
    """What a push does with one storefront product."""

    CREATE = "create"
    LINK = "link"  # one product there has its code: it is mapped by that, and kept up
    UPDATE = "update"
    SKIP = "skip"  # nothing differs
    AMBIGUOUS = "ambiguous"  # several products there have its code: a person decides
    UNDO = "undo"  # takes back what an earlier push wrote; nothing is deleted


@dataclass(frozen=True, slots=True)
class Push:
    """One storefront product made, or kept up, in the back office with its prices and mapped fields.

    ``problems`` are field mappings that could not be carried out for it; the rest is written all the same. ``mapped`` is
    the back-office id it was mapped to when this was planned: that of a product that is gone is replaced. ``unmap``: its
    mapping is forgotten once it went through.
    """

    item: PushItem
    name: str
    action: PushAction
    reason: str = ""
    blocked: str = ""
    guards: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    mapped: str = ""
    unmap: bool = False

    @property
    def sends(self) -> bool:
        return not self.blocked and self.action not in {PushAction.SKIP, PushAction.AMBIGUOUS}


@dataclass(frozen=True, slots=True)
class TextChange:
    """One text field of one mapped product or customer: what a reconciliation writes, and a product sync never does.

    ``attribute`` is ``name``, ``description``, ``active`` or a field's API name, as ``TextValue`` has it.
    """

    storefront_id: str
    backoffice_id: str
    name: str
    attribute: str
    target: Side
    before: str | None
    after: str
    reason: str = ""
    blocked: str = ""
    kind: Kind = Kind.PRODUCTS

    @property
    def target_id(self) -> str:
        return self.backoffice_id if self.target is Side.BACKOFFICE else self.storefront_id

    @property
    def sends(self) -> bool:
        return not self.blocked


Item = Change | Creation | Push | TextChange


@dataclass(frozen=True, slots=True)
class Plan:
    """A frozen, ordered list of changes. What is shown is exactly what runs.

    ``lineage`` is the workspace's id and ``fingerprint`` a digest over all that the plan depends on (mappings,
    settings, seen values): a saved plan whose fingerprint no longer holds is refused as stale.
    """

    id: str
    integration: str
    purpose: Purpose
    at: datetime
    actor: str
    lineage: str
    fingerprint: str
    fields: tuple[Field, ...] = ()
    changes: tuple[Change, ...] = ()
    creations: tuple[Creation, ...] = ()
    pushes: tuple[Push, ...] = ()
    texts: tuple[TextChange, ...] = ()
    guards: tuple[GuardHit, ...] = ()
    unchanged_rows: int = 0
    calls: dict[str, int] = field(default_factory=dict)
    eta_seconds: float = 0.0
    undo_of: str = ""
    overwrite: Side | None = None  # the side that was chosen to be overwritten, whatever the masters say
    notes: tuple[str, ...] = ()  # what an admin should know before the first sync; it stops nothing

    @property
    def sending(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.sends)

    @property
    def blocked(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.blocked)

    @property
    def rows(self) -> int:
        """Distinct rows with at least one change that is sent."""
        return (
            len({(c.kind, c.storefront_id) for c in self.changes if c.sends and not c.follows})
            + sum(not creation.blocked for creation in self.creations)
            + sum(push.sends for push in self.pushes)
            + len({(text.kind, text.storefront_id) for text in self.texts if text.sends})
        )

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything that gets an outcome. A push that is skipped or ambiguous gets none: nothing is asked of it."""
        pushes = tuple(push for push in self.pushes if push.sends or push.blocked)
        return (*self.changes, *self.creations, *pushes, *self.texts)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change; ``field`` is None for the creation or push of a record, and for a text.

    ``attribute`` is the text field's name, or ``"push"``. ``movement`` is the id of the stock movement that was made.
    """

    run: str
    kind: Kind
    storefront_id: str
    backoffice_id: str
    name: str
    field: Field | None
    target: Side
    result: Result
    before: str | None = None
    after: str | None = None
    found: str | None = None
    message: str = ""
    code: str = ""
    request_id: str = ""
    at: datetime | None = None
    attribute: str = ""
    movement: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Counted from outcomes, never by subtraction; ``adds_up`` is the check."""

    planned: int = 0
    applied: int = 0
    unchanged: int = 0
    stale: int = 0
    rejected: int = 0
    blocked: int = 0
    unverified: int = 0
    not_sent: int = 0

    @classmethod
    def of(cls, planned: int, results: Iterable[Result]) -> Totals:
        count = Counter(results)
        return cls(
            planned,
            count[Result.APPLIED],
            count[Result.UNCHANGED],
            count[Result.STALE],
            count[Result.REJECTED],
            count[Result.BLOCKED],
            count[Result.UNVERIFIED],
            count[Result.NOT_SENT],
        )

    @property
    def adds_up(self) -> bool:
        return self.planned == (
            self.applied + self.unchanged + self.stale + self.rejected + self.blocked + self.unverified + self.not_sent
        )


@dataclass(frozen=True, slots=True)
class Run:
    """One application of a plan."""

    id: str
    integration: str
    purpose: Purpose
    state: RunState
    started: datetime
    ended: datetime | None
    actor: str
    plan: str
    totals: Totals
    message: str = ""
    undo_of: str = ""
    undone_by: str = ""
    calls: int = 0
    cancel_requested: bool = False
    heartbeat: datetime | None = None
    trigger: str = "by hand"
