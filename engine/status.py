"""Pure: what one row, and each field of it, is now: (mapping, two records, baselines, decisions, settings) -> status.

The row first, then each field; a row shows its worst. Nothing here reads, writes or asks the time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from engine.baselines import DOUBTED, KEPT, Baseline, Decision
from engine.fields import ABSENT, SIDE_NAMES, Value, display, fields_of, precision_note, read, same, sku_slot
from engine.gtin import is_gtin
from engine.model import Field, Kind, Product, Record, Side, Status, canonical
from engine.rules import NO_RULES, Applied, ItemRules, applied, read_master
from engine.settings import IntegrationSettings, OrderPolicy
from engine.unposted import UnpostedLine, told, units

Writable = Mapping[Side, Collection[Field]]

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

_SEVERITY = {status: number for number, status in enumerate(Status)}
_PROBLEMS = {"unverified": Status.UNVERIFIED, DOUBTED: Status.UNVERIFIED, "failed": Status.FAILED}


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


def row_state(
    pair: Pair,
    settings: IntegrationSettings,
    writable: Writable,
    fields: Collection[Field] | None = None,
    undecided: Collection[Field] = (),
) -> RowState:
    """The state of one row over ``fields`` (default: the integration's). ``writable`` as ``fields.writable`` says.

    ``undecided`` are the fields whose master nobody has chosen (``fields.undecided``): they are blocked where they differ.
    """
    whole = _row_level(pair)
    if whole is not None:
        return whole
    if pair.kind is Kind.CUSTOMERS:
        return RowState(Status.MAPPED)
    chosen = fields_of(pair.kind, settings.fields if fields is None else fields)
    states = tuple(field_state(pair, name, settings, writable, undecided) for name in chosen)
    if held := in_orders(pair, settings):
        return RowState(Status.IN_ORDERS, held, tuple(_held(state, held) for state in states))
    if not states:
        return RowState(Status.MAPPED)
    worst = min(states, key=lambda state: _SEVERITY[state.status])
    reason = worst.reason if worst.status is Status.IN_SYNC else f"{worst.field}: {worst.reason}"
    return RowState(worst.status, reason, states)


def in_orders(pair: Pair, settings: IntegrationSettings) -> str:
    """Why nothing of the row may be synced because of orders that are not posted, or ""."""
    blocks = settings.orders.policy is OrderPolicy.BLOCK and pair.kind is Kind.PRODUCTS
    return told(pair.unposted) if blocks and pair.unposted else ""


def _held(state: FieldState, why: str) -> FieldState:
    """Both values stay in view; nothing is written, and nothing becomes a baseline."""
    if state.target is None:
        return replace(state, adopts=False)
    return replace(state, status=Status.IN_ORDERS, reason=why, blocked=why, verb="re-check", adopts=False)


def _row_level(pair: Pair) -> RowState | None:
    """What decides the whole row, in the order of the design; None where its fields decide."""
    if isinstance(pair.storefront, Product) and pair.storefront.is_base:
        return RowState(Status.BASE, "parent of variants; never synced itself")
    if pair.ignored is not None:
        return RowState(Status.IGNORED, pair.ignored)
    if not pair.backoffice_id:
        if pair.ambiguous:
            return RowState(Status.AMBIGUOUS, pair.ambiguous)
        what = "fee" if pair.kind is Kind.FEES else "it"
        return RowState(Status.UNMAPPED, f"map {what} to a back-office {pair.kind.counterpart.singular} to sync it")
    for side in (Side.BACKOFFICE, Side.STOREFRONT):
        record = pair.record(side)
        if record is None:
            return RowState(Status.BROKEN, f"{pair.id(side)} is gone from {SIDE_NAMES[side]}")
        if not record.active:
            return RowState(Status.BROKEN, f"{record.name} ({record.id}) is inactive in {SIDE_NAMES[side]}")
    return None


def field_state(
    pair: Pair, name: Field, settings: IntegrationSettings, writable: Writable, undecided: Collection[Field] = ()
) -> FieldState:
    """The three-way state of one field of a mapped row whose records both exist."""
    assert pair.storefront is not None
    assert pair.backoffice is not None
    storefront = read(pair.storefront, name, Side.STOREFRONT, settings)
    baseline = pair.baselines.get(name)
    if baseline is not None and baseline.backoffice_id not in {"", pair.backoffice_id}:
        baseline = None  # of an earlier mapping
    # A fee's own side is the integration's list: it is always the master and never overwritten by a sync.
    master = Side.STOREFRONT if pair.kind is Kind.FEES else settings.master(name)
    rules = rules_of(pair, name, master)
    if rules is NO_RULES:
        backoffice = read(pair.backoffice, name, Side.BACKOFFICE, settings)
    else:
        backoffice = read_master(pair.backoffice, name, settings, rules)
    cost = ABSENT if rules.price is None else read(pair.backoffice, Field.COST, Side.BACKOFFICE, settings)
    case = _Case(name, storefront, backoffice, master, baseline, settings.currency, pair.kind, writable, rules, cost,
                 compensated(pair, name, settings), barcodes(name, settings))  # fmt: skip
    if name in undecided and pair.kind is Kind.PRODUCTS:
        return case.undecided()
    decision = pair.decisions.get(name)
    state = case.decided(decision) if decision is not None else case.compared()
    if baseline is None or not baseline.problem:
        return state
    if baseline.problem == DOUBTED and decision is not None:
        return state  # somebody has looked
    return case.with_problem(state)


def barcodes(name: Field, settings: IntegrationSettings) -> Collection[Side]:
    """The sides where the SKU lives in the UPC and a barcode in it is not overwritten unasked."""
    if name is not Field.SKU or not settings.sku.keep_barcodes:
        return ()
    return [side for side in Side if sku_slot(settings, side) == "upc"]


def compensated(pair: Pair, name: Field, settings: IntegrationSettings) -> Decimal:
    """The unposted units that accounting still counts and the store does not, where the settings say so."""
    wanted = settings.orders.policy is OrderPolicy.COMPENSATE and name is Field.QUANTITY
    return units(pair.unposted) if wanted and pair.kind is Kind.PRODUCTS else Decimal(0)


def version_of(pair: Pair, name: Field, settings: IntegrationSettings) -> str:
    """What a baseline of the field is marked with: the rule's version, and the units that were compensated."""
    return with_unposted(rules_of(pair, name, settings.master(name)).version(name), compensated(pair, name, settings))


def with_unposted(version: str, unposted: Decimal) -> str:
    """A rule's version, with the units that were compensated beside it."""
    return f"{version}-unposted-{canonical(unposted)}".lstrip("-") if unposted else version


def rules_of(pair: Pair, name: Field, master: Side) -> ItemRules:
    """The rules that a field of a row obeys: they go from the back office to the storefront, and from a master only."""
    if pair.rules is NO_RULES:
        return NO_RULES
    ruled = master is Side.BACKOFFICE and pair.kind is Kind.PRODUCTS and pair.rules.of(name) is not None
    return pair.rules if ruled else NO_RULES


def ruled_value(pair: Pair, name: Field, settings: IntegrationSettings) -> tuple[str | None, Applied]:
    """The back office's value of a field, and what the rules make of it for the storefront (as it is without one)."""
    if pair.backoffice is None:
        return None, Applied(None)
    rules = rules_of(pair, name, settings.master(name))
    source = read_master(pair.backoffice, name, settings, rules)
    if source.text is None or not rules.version(name):
        return source.text, Applied(source.text, "", source.problem)
    cost = read(pair.backoffice, Field.COST, Side.BACKOFFICE, settings)
    return source.text, applied(rules, name, source.text, cost, settings.currency)


@dataclass(slots=True)
class _Case:
    """All that decides one field, gathered once. Never changed; not frozen because a list builds 300,000 of them."""

    field: Field
    storefront: Value
    backoffice: Value
    master: Side
    baseline: Baseline | None
    currency: str
    kind: Kind
    writable: Writable
    rules: ItemRules
    cost: Value
    unposted: Decimal = Decimal(0)
    barcodes: Collection[Side] = ()

    def value(self, side: Side) -> Value:
        return self.storefront if side is Side.STOREFRONT else self.backoffice

    def takes(self, side: Side) -> bool:
        """Whether a sync can write the field on a side."""
        return self.field in self.writable.get(side, ()) and not (self.kind is Kind.FEES and side is Side.STOREFRONT)

    def compared(self) -> FieldState:
        """Without a decision: equal, needs a choice, first sync, conflict, or out of sync."""
        source, target = self.value(self.master), self.value(self.master.other)
        wanted = self._ruled(source.text)
        if self._same(wanted.text, target.text) and not (source.problem or target.problem or wanted.problem):
            return self._equal(wanted)
        if (
            self.field is Field.QUANTITY
            and None in {source.text, target.text}
            and not (source.problem or target.problem)
        ):
            side = self.master if source.text is None else self.master.other
            return self._state(Status.IN_SYNC, f"{SIDE_NAMES[side]} does not count it")
        if self._kept():
            return self._state(Status.IN_SYNC, "the difference was kept by decision", rule_version=KEPT)
        for side in (self.master, self.master.other):
            if self.value(side).problem:
                return self._blocked(Status.NEEDS_CHOICE, self.value(side).problem, "resolve")
        if source.text is None:
            text = f"{SIDE_NAMES[self.master]} has no {self.field}; an empty value is never written"
            return self._blocked(Status.NEEDS_CHOICE, text, "resolve")
        if wanted.text is None:
            return replace(self._blocked(Status.NEEDS_CHOICE, wanted.problem, "resolve"), rule=wanted.words)
        state = self._differs(wanted.text)
        return replace(state, rule=wanted.words) if wanted.words else state

    def undecided(self) -> FieldState:
        """Both sides could be written and nobody has said which one wins: nothing is, and nothing is assumed."""
        if self._same(self.storefront.text, self.backoffice.text):
            return self._state(Status.IN_SYNC)
        reason = f"which side's {self.field} wins is not chosen: set masters.{self.field} to storefront or backoffice"
        return self._blocked(Status.NEEDS_CHOICE, reason, "change settings")

    def decided(self, decision: Decision) -> FieldState:
        """What an admin's decision makes of it: a write to one side, or a difference that is kept."""
        if decision.value is not None:
            target, after, why = self.master.other, decision.value, f"typed by {decision.actor or 'an admin'}"
        else:
            keep = decision.keep or self.master
            ruled = self._across(keep)
            target, why = keep.other, f"kept from {SIDE_NAMES[keep]} by {decision.actor or 'an admin'}"
            kept = self.value(keep)
            if not self.takes(target) and not self.value(target).problem and not kept.problem:
                return self._state(Status.IN_SYNC, f"{why}; the difference stays", adopts=True, rule_version=KEPT)
            if kept.problem or kept.text is None:
                reason = kept.problem or f"{SIDE_NAMES[keep]} has no {self.field}; an empty value is never written"
                return self._blocked(Status.NEEDS_CHOICE, reason, "resolve")
            if ruled.text is None:
                return replace(self._blocked(Status.NEEDS_CHOICE, ruled.problem, "resolve"), rule=ruled.words)
            after = ruled.text
        if self.value(target).problem:
            return self._blocked(Status.NEEDS_CHOICE, self.value(target).problem, "choose price")
        other = self.value(target.other).text
        master, overwritten = (after, other) if target is self.master else (other, after)
        wanted = self._ruled(master)
        rule = self._version if not wanted.problem and self._same(wanted.text, overwritten) else KEPT
        if self._same(self.value(target).text, after):
            return self._state(Status.IN_SYNC, why, adopts=True, rule_version=rule)
        return replace(self._write(Status.OUT_OF_SYNC, target, after, why), rule_version=rule)

    def with_problem(self, state: FieldState) -> FieldState:
        """What the last run left behind stays visible until the values are equal; it can be sent again."""
        if self.baseline is None or state.status not in {Status.OUT_OF_SYNC, Status.FIRST_SYNC}:
            return self._doubted(state)
        problem = self.baseline.problem
        reason = f"{self.baseline.problem_message or problem}; {state.reason}".rstrip("; ")
        status = _PROBLEMS.get(problem, Status.FAILED)
        return replace(state, status=status, reason=reason, verb=state.verb if state.blocked else VERBS[status])

    def _doubted(self, state: FieldState) -> FieldState:
        """Equal values that may be wrong on both sides stay unverified until one moves or somebody decides."""
        if self.baseline is None or self.baseline.problem != DOUBTED or state.status is not Status.IN_SYNC:
            return state
        why = self.baseline.problem_message
        return replace(state, status=Status.UNVERIFIED, reason=why, verb="resolve", adopts=False)

    @property
    def _version(self) -> str:
        return with_unposted(self.rules.version(self.field), self.unposted)

    def _across(self, keep: Side) -> Applied:
        """What the other side shall have where the value of ``keep`` wins; only a master's obeys rules."""
        text = self.value(keep).text
        if keep is self.master:
            return self._ruled(text)
        return self._compensated(text, keep)

    def _compensated(self, text: str | None, side: Side) -> Applied:
        """A quantity as the other side has it while orders are not posted: accounting has those units more."""
        if text is None or not self.unposted:
            return Applied(text)
        more = self.unposted if side is Side.STOREFRONT else -self.unposted
        return Applied(canonical(max(Decimal(text) + more, Decimal(0))), f"{canonical(self.unposted)} not posted")

    def _ruled(self, text: str | None) -> Applied:
        """What the side that is not master shall have where the master has ``text``."""
        if text is None or (self.rules is NO_RULES and not self.unposted):
            return Applied(text)
        if self.master is Side.STOREFRONT:
            return self._compensated(text, self.master)
        made = applied(self.rules, self.field, text, self.cost, self.currency, unposted=self.unposted)
        if not self.unposted or made.text is None:
            return made
        return replace(made, words=f"{canonical(self.unposted)} not posted; {made.words}".rstrip("; "))

    def _equal(self, wanted: Applied) -> FieldState:
        storefront, backoffice = self.storefront.text, self.backoffice.text
        if storefront is None:
            return self._state(Status.IN_SYNC, f"neither side has a {self.field}")
        baseline = self.baseline
        adopts = (
            baseline is None
            or bool(baseline.problem)
            or baseline.rule_version != self._version
            or not self._same(baseline.storefront, storefront)
            or not self._same(baseline.backoffice, backoffice)
        )
        state = self._state(Status.IN_SYNC, adopts=adopts, rule_version=self._version)
        return replace(state, rule=wanted.words) if wanted.words else state

    def _kept(self) -> bool:
        return (
            self.baseline is not None
            and self.baseline.rule_version == KEPT
            and not any(self._moved(side) for side in Side)
        )

    def _differs(self, source: str) -> FieldState:
        target = self.master.other
        if target in self.barcodes and is_gtin(self.value(target).text) and not is_gtin(source):
            reason = f"{SIDE_NAMES[target]}'s UPC {self.value(target).text} is a barcode (GTIN) and {source} is none"
            return self._blocked(Status.NEEDS_CHOICE, f"{reason}: keep one, or set sku.keep_barcodes=false", "resolve")
        if self.baseline is None or not self.baseline.known:
            return self._write(Status.FIRST_SYNC, target, source, f"first sync: {SIDE_NAMES[self.master]} wins")
        if self.field is not Field.QUANTITY and self._moved(Side.STOREFRONT) and self._moved(Side.BACKOFFICE):
            moves = " and ".join(self._move(side) for side in Side)
            return self._blocked(Status.CONFLICT, f"both sides moved: {moves}", "resolve")
        if self.baseline.rule_version not in {self._version, KEPT}:
            reason = "the rule changed"
        elif self._moved(self.master):
            reason = self._move(self.master)
        elif self._moved(target):
            reason = f"{self._move(target)}; {SIDE_NAMES[self.master]} wins"
        else:
            reason = f"{SIDE_NAMES[self.master]} wins"
        return self._write(Status.OUT_OF_SYNC, target, source, reason)

    def _write(self, status: Status, target: Side, after: str, reason: str) -> FieldState:
        before = self.value(target).text
        note = precision_note(self.field, after, self.currency)
        reason = "; ".join(filter(None, (reason, note)))
        if not self.takes(target):
            blocked = f"{SIDE_NAMES[target]} cannot take a {self.field} from here"
            verb = "resolve"
        else:
            blocked, verb = "", "sync"
        source = self.value(target.other).text
        return self._state(
            status, reason, target=target, before=before, after=after, source=source, blocked=blocked, verb=verb,
            rule_version=self._version,
        )  # fmt: skip

    def _blocked(self, status: Status, reason: str, verb: str) -> FieldState:
        target = self.master.other
        return self._state(
            status,
            reason,
            target=target,
            before=self.value(target).text,
            source=self.value(self.master).text,
            verb=verb,
            blocked=reason,
        )

    def _moved(self, side: Side) -> bool:
        return self.baseline is not None and not self._same(self.baseline.of(side), self.value(side).text)

    def _move(self, side: Side) -> str:
        was = display(self.field, self.baseline.of(side) if self.baseline else None, self.currency)
        return f"{SIDE_NAMES[side]} moved {was} -> {display(self.field, self.value(side).text, self.currency)}"

    def _same(self, left: str | None, right: str | None) -> bool:
        return same(self.field, left, right, self.currency)

    def _state(
        self,
        status: Status,
        reason: str = "",
        *,
        target: Side | None = None,
        before: str | None = None,
        after: str | None = None,
        source: str | None = None,
        verb: str = "",
        blocked: str = "",
        adopts: bool = False,
        rule_version: str = "",
    ) -> FieldState:
        return FieldState(
            self.field, status, reason, target, before, after, source, verb, blocked,
            self.storefront, self.backoffice, adopts, rule_version,
        )  # fmt: skip
