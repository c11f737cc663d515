"""Pure: the three-way compare of one field: two values and their baseline, the rules and the decision -> ``FieldState``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.baselines import DOUBTED, KEPT, Baseline, Decision
from engine.fields import SIDE_NAMES, Value, display, precision_note, same
from engine.gtin import is_gtin
from engine.model import Field, Kind, Side, Status, canonical
from engine.pairs import VERBS, FieldState
from engine.row_rules import with_unposted
from engine.rules import NO_RULES, Applied, ItemRules, applied

Writable = Mapping[Side, Collection[Field]]

_PROBLEMS = {"unverified": Status.UNVERIFIED, DOUBTED: Status.UNVERIFIED, "failed": Status.FAILED}


@dataclass(slots=True)
class FieldCase:
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
