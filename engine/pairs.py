"""A row, and what it is: a pair of records with all that is known of it, and the states that ``status`` finds. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.baselines import Baseline, Decision
from engine.fields import ABSENT, Value
from engine.model import Field, Kind, Record, Side, Status
from engine.rules import NO_RULES, ItemRules
from engine.unposted import UnpostedLine

#: The verb that unblocks a status; what screens and commands offer.
VERBS: dict[Status, str] = {
    Status.UNMAPPED: "map",
    Status.AMBIGUOUS: "map",
    Status.BROKEN: "remap",
    Status.IGNORED: "unignore",
    Status.CONFLICT: "resolve",
    Status.NEEDS_CHOICE: "resolve",
    Status.UNVERIFIED: "re-check",
    Status.IN_ORDERS: "re-check",
    Status.FAILED: "sync",
    Status.OUT_OF_SYNC: "sync",
    Status.FIRST_SYNC: "sync",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """One row: the storefront's record (or fee) and its counterpart. ``backoffice_id`` is empty while unmapped.

    A record that is gone from a complete read is None. ``ignored`` is the reason (None: not ignored), ``ambiguous``
    says which key is not unique. ``rules`` are what holds for the item where the back office is master.
    """

    kind: Kind
    storefront_id: str
    backoffice_id: str
    storefront: Record | None
    backoffice: Record | None
    baselines: Mapping[Field, Baseline] = field(default_factory=dict)
    decisions: Mapping[Field, Decision] = field(default_factory=dict)
    ignored: str | None = None
    ambiguous: str = ""
    name: str = ""  # as remembered by the mapping, for records that are gone
    rules: ItemRules = NO_RULES
    unposted: tuple[UnpostedLine, ...] = ()  # units in orders that accounting does not hold yet

    @property
    def key(self) -> tuple[Kind, str]:
        return (self.kind, self.storefront_id)

    @property
    def title(self) -> str:
        record = self.storefront or self.backoffice
        return record.name if record is not None else self.name or self.storefront_id

    def record(self, side: Side) -> Record | None:
        return self.storefront if side is Side.STOREFRONT else self.backoffice

    def id(self, side: Side) -> str:
        return self.storefront_id if side is Side.STOREFRONT else self.backoffice_id


@dataclass(frozen=True, slots=True)
class FieldState:
    """One field now. ``target`` is the side that would be overwritten, with ``before`` by ``after``.

    ``blocked`` says why it may not be sent although the sides differ. ``adopts``: nothing is to be written, and both
    sides' values become the new baseline at the next sync; ``rule_version`` is stored with it. ``rule`` says in a few
    words which rule made ``after`` of ``source``.
    """

    field: Field
    status: Status
    reason: str = ""
    target: Side | None = None
    before: str | None = None
    after: str | None = None
    source: str | None = None
    verb: str = ""
    blocked: str = ""
    storefront: Value = ABSENT
    backoffice: Value = ABSENT
    adopts: bool = False
    rule_version: str = ""
    rule: str = ""

    @property
    def sends(self) -> bool:
        """Whether a sync would write this field."""
        return self.target is not None and not self.blocked


@dataclass(frozen=True, slots=True)
class RowState:
    """A row shows its worst field; ``fields`` is empty where the row itself decides."""

    status: Status
    reason: str = ""
    fields: tuple[FieldState, ...] = ()

    @property
    def verb(self) -> str:
        return VERBS.get(self.status, "")
