"""What screens and commands are shown: immutable values, built by the engine, holding plain text only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from engine.model import Customer, Field, Kind, Side, Status
from engine.ports import Budget


class Difference(NamedTuple):
    """One field of a mapped row whose sides differ: both values as shown, what would be overwritten, and by how much.

    ``change`` is the new value less the old one, in the field's unit and in percent; ``blocked`` says why a sync would
    leave it alone.
    """

    field: Field
    storefront: str
    backoffice: str
    target: Side
    change: str
    reason: str
    blocked: str


class Row(NamedTuple):
    """One line of a list. ``side`` is the side the row hangs on: back-office rows are records nothing is mapped to.

    ``id`` is that side's id (a fee's id on the Fees tab). ``detail`` is the difference or the evidence, ``search`` the
    case-folded text that filters look in, ``differs`` the fields that are not equal: what the out-of-sync views show.
    """

    id: str
    side: Side
    left: str
    left_id: str
    right: str
    right_id: str
    detail: str
    status: Status
    reason: str
    search: str
    differs: tuple[Difference, ...] = ()

    def differing(self, field: str) -> Difference | None:
        """How the sides differ in a field, if they do."""
        return next((one for one in self.differs if one.field == field), None)

    @property
    def key(self) -> tuple[Side, str]:
        return (self.side, self.id)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All rows of one list of one integration as of ``version``; never changed after it was handed out.

    ``rows`` holds the storefront's rows first, then unmapped back-office rows (``side`` tells them apart). ``waiting``
    counts buyers of paid orders who wait for a person (customers only).
    """

    integration: str
    kind: Kind
    version: int
    rows: Sequence[Row]
    counts: dict[Status, int]
    unmapped_backoffice: int
    storefront_read_at: datetime | None
    backoffice_read_at: datetime | None
    waiting: int = 0

    @property
    def unmapped(self) -> int:
        return self.counts.get(Status.UNMAPPED, 0) + self.counts.get(Status.AMBIGUOUS, 0)


class Choice(NamedTuple):
    """One counterpart the picker offers; ``search`` is case-folded name, ids and codes."""

    id: str
    name: str
    hint: str
    search: str
    mapped_to: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A ranked guess with readable evidence; ``exact`` marks an identical key, unique on both sides.

    ``ambiguous`` is set on exact keys that are not unique; ``clash`` says which key, where, and of which records.
    ``score`` is 0..1.
    """

    storefront_id: str
    backoffice_id: str
    score: float
    evidence: tuple[str, ...]
    exact: bool = False
    ambiguous: bool = False
    storefront_name: str = ""
    backoffice_name: str = ""
    clash: str = ""


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of a mapped row: both values, the baseline of each side, and the field's own status.

    ``keeps`` are the storefront's and the back office's single value as shown, None where a side has none that could be
    kept; ``choices`` those of several that qualify, canonical.
    """

    field: str
    storefront: str
    backoffice: str
    baseline_storefront: str
    baseline_backoffice: str
    status: Status
    reason: str
    master: Side | None
    verb: str = ""
    keeps: tuple[str | None, str | None] = (None, None)
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that was done: a mapping edit, a written field, a setting; ``run`` links it to its run."""

    id: int
    at: datetime
    actor: str
    action: str
    integration: str
    kind: Kind | None
    storefront_id: str
    backoffice_id: str
    name: str
    field: Field | None
    before: str | None
    after: str | None
    run: str
    how: str
    request_id: str = ""
    outcome: str = ""
    attribute: str = ""  # the field's name where it is none of ``Field``: a text, or the price in a book


@dataclass(frozen=True, slots=True)
class HeldUnits:
    """Units of one product in one order of the store that accounting does not hold yet. ``at``: when it was made."""

    order: str
    storefront_id: str
    name: str
    units: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HeldOrders:
    """All of them as last read, oldest first; ``read_at`` None: orders were never read."""

    read_at: datetime | None
    held: tuple[HeldUnits, ...]

    @property
    def products(self) -> int:
        return len({one.storefront_id for one in self.held})


@dataclass(frozen=True, slots=True)
class Detail:
    """The side panel of one row."""

    row: Row
    lines: tuple[tuple[str, str, str], ...]  # label, storefront value, back-office value
    fields: tuple[FieldView, ...]
    suggestions: tuple[Suggestion, ...]
    history: tuple[HistoryEntry, ...]
    mapping: str
    urls: tuple[tuple[Side, str], ...] = ()
    orders: tuple[HeldUnits, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """The result of a mapping edit; ``id`` undoes it."""

    id: int
    action: str
    count: int
    message: str
    skipped: tuple[tuple[str, str], ...] = ()  # (row id, why it was left alone)


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One line of a mapping file: what importing it would do, or what is wrong with it (``error``)."""

    line: int
    kind: Kind | None
    storefront_id: str
    backoffice_id: str
    action: str  # "map", "remap", "same", "ignore", "error"
    error: str = ""
    before: str = ""
    note: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ImportPreview:
    lines: tuple[ImportLine, ...]
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not any(line.error for line in self.lines)


@dataclass(frozen=True, slots=True)
class DraftProblem:
    source_id: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class CustomerReadiness:
    """Whether a back-office customer can be created in the storefront, and which profile fields are missing.

    ``twins`` names storefront customers that it seems to be already (``Contoso Ltd (17): same name``).
    """

    customer: Customer
    missing: tuple[str, ...]
    twins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that needs a person, until it is acknowledged."""

    id: int
    at: datetime
    integration: str
    severity: str
    message: str
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    told: str = ""  # what became of the ``on_alarm`` command: empty (none), "told", or why it failed

    @property
    def text(self) -> str:
        """The message, and that nobody could be told of it."""
        return f"{self.message} ({self.told})" if self.told not in {"", "told"} else self.message


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection with its health: when it last answered, its budget, and which process holds it for what.

    ``pushes_products``: it has price books that products can be pushed into; ``makes_accounts``: it keeps buyers; ``logs_in``: a person grants it access with a
    code (``Workspace.log_in``).
    """

    name: str
    type: str
    title: str
    options: dict[str, str]
    state: str  # "ok", "not checked", "reconnect needed", "unreachable" ...
    message: str
    checked_at: datetime | None
    budget: Budget
    holder: str = ""
    holder_purpose: str = ""
    pushes_products: bool = False
    makes_accounts: bool = False
    logs_in: bool = False


@dataclass(frozen=True, slots=True)
class PullReport:
    """What a pull read: records per (connection, kind), and what could not be read and why."""

    read: dict[str, dict[Kind, int]]
    errors: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class DoctorLine:
    name: str
    ok: bool
    message: str
