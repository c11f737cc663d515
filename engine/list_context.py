"""Everything of one list that is not a record, and what it makes of records: pairs, their states, and the list's rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.baselines import Baseline, Baselines, Decision, Decisions
from engine.fields import SIDE_NAMES
from engine.integrations import Integration
from engine.mappings import Ignored, RowMapping
from engine.model import Fee, Field, Kind, Product, Record, Side, Status, from_json
from engine.pairs import Pair, RowState
from engine.row_text import difference_text, differences, fee_amount, raw_search_text, search_text, suggestion_text
from engine.rules import RuleBook
from engine.status import row_state
from engine.unposted import UnpostedLine
from engine.views import Row, Suggestion


@dataclass(slots=True)
class ListContext:
    """Everything of one list that is not a record."""

    integration: Integration
    kind: Kind
    writable: Mapping[Side, frozenset[Field]]
    comparable: Collection[Field]
    mapped: dict[str, RowMapping]
    ignored: dict[str, Ignored]
    baselines: Baselines
    decisions: Decisions
    suggestions: Mapping[str, tuple[Suggestion, ...]]
    undecided: frozenset[Field]
    book: RuleBook
    unread: tuple[Side, ...] = ()
    unposted: Mapping[str, tuple[UnpostedLine, ...]] = field(default_factory=dict)

    def state(self, pair: Pair) -> RowState:
        """The row's state. Of a side that was never read (its cache is gone) nothing is known, least of all a loss."""
        missing = [side for side in self.unread if pair.record(side) is None]
        if missing and pair.backoffice_id and pair.ignored is None:
            return RowState(Status.MAPPED, f"nothing was read from {SIDE_NAMES[missing[0]]} yet: read both systems")
        return row_state(pair, self.integration.settings, self.writable, self.comparable, self.undecided)

    def counterpart(self, raws: Mapping[str, bytes], storefront_id: str) -> Record | None:
        """The record that a row is mapped to, built of its document."""
        mapping = self.mapped.get(storefront_id)
        raw = raws.get(mapping.backoffice_id) if mapping else None
        return from_json(self.kind.counterpart, raw) if raw is not None else None

    def row(self, storefront_id: str, record: Record | dict[str, Any] | None, counterpart: Record | None) -> Row:
        """One line of the list; an unmapped row's record may be an unbuilt document."""
        suggestions = self.suggestions.get(storefront_id, ())
        mapping = self.mapped.get(storefront_id)
        if isinstance(record, dict):
            name, search = record["name"], raw_search_text(record)
            base = bool(record.get("is_base"))
            reason = self._reason(storefront_id) or self._raw_exclusion(storefront_id, record)
            pair = Pair(self.kind, storefront_id, "", None, None, ignored=reason)
            state = (
                RowState(Status.BASE, "parent of variants; never synced itself")
                if base
                else self.state(replace(pair, ambiguous=_ambiguous(suggestions)))
            )
        else:
            pair = self.pair(storefront_id, record, counterpart)
            name, search = pair.title, search_text(record) if record else pair.title.casefold()
            state = self.state(pair)
        ignored = state.status is Status.IGNORED  # the reason counts there, not who it might be mapped to
        guess = "" if ignored else suggestion_text(suggestions)
        detail = difference_text(state, self.integration.settings) if mapping else guess
        if isinstance(record, Fee):
            detail = " · ".join(filter(None, (fee_amount(record, self.integration.settings), detail)))
        right, right_id = "", ""
        if mapping is not None:
            right_id = mapping.backoffice_id
            right = counterpart.name if counterpart else mapping.backoffice_name or right_id
            search = f"{search} {right.casefold()} {right_id.casefold()}"
        return Row(
            storefront_id,
            Side.STOREFRONT,
            name,
            storefront_id,
            right,
            right_id,
            detail,
            state.status,
            state.reason,
            search,
            differences(state, self.integration.settings),
        )

    def pair(self, storefront_id: str, storefront: Record | None, counterpart: Record | None) -> Pair:
        """All that is known of a row."""
        key = (self.kind, storefront_id)
        mapping = self.mapped.get(storefront_id)
        kept: Mapping[Field, Baseline] = self.baselines.get(key, {})
        decided: Mapping[Field, Decision] = self.decisions.get(key, {})
        pair = Pair(
            self.kind,
            storefront_id,
            mapping.backoffice_id if mapping else "",
            storefront,
            counterpart,
            kept,
            decided,
            ignored=self._reason(storefront_id),
            ambiguous="" if mapping else _ambiguous(self.suggestions.get(storefront_id, ())),
            name=mapping.storefront_name if mapping else "",
            unposted=self.unposted.get(storefront_id, ()),
        )
        return with_rules(pair, self.book) if self.kind is Kind.PRODUCTS else pair

    def _reason(self, storefront_id: str) -> str | None:
        ignored = self.ignored.get(storefront_id)
        if ignored is None:
            return None
        return ignored.reason + (f" (until {ignored.until})" if ignored.until else "")

    def _raw_exclusion(self, storefront_id: str, doc: dict[str, Any]) -> str | None:
        """As ``with_rules``, of a record that is not built."""
        if not self.book.excludes:
            return None
        codes = (*(sku["value"] for sku in doc.get("skus", ())), *filter(None, (doc.get("mpn", ""),)))
        return self.book.exclusion(storefront_id, doc.get("category", ""), doc.get("brand", ""), codes)


def with_rules(pair: Pair, book: RuleBook) -> Pair:
    """A product's row as these rules see it; the pair must not have been through another book."""
    rules = book.of(pair.storefront_id)
    ignored = pair.ignored
    if ignored is None and book.excludes and isinstance(pair.storefront, Product):
        one = pair.storefront
        codes = (*(sku.value for sku in one.skus), *filter(None, (one.mpn,)))
        ignored = book.exclusion(one.id, one.category, one.brand, codes)
    return pair if rules == pair.rules and ignored == pair.ignored else replace(pair, rules=rules, ignored=ignored)


def _ambiguous(suggestions: Collection[Suggestion]) -> str:
    doubtful = [s for s in suggestions if s.ambiguous]
    if not doubtful:
        return ""
    if clash := next((s.clash for s in doubtful if s.clash), ""):
        return clash
    names = ", ".join(s.backoffice_name or s.backoffice_id for s in doubtful[:3])
    if len(doubtful) == 1:
        return f"{names} fits, but another row claims it as well"
    return f"{len(doubtful)} counterparts fit alike: {names}"


def backoffice_row(record_id: str, name: str, doc: dict[str, Any]) -> Row:
    """A line for a back-office record that nothing is mapped to."""
    inactive = "" if doc.get("active", True) else "inactive"
    return Row(
        record_id, Side.BACKOFFICE, name, record_id, "", "", inactive, Status.UNMAPPED,
        "nothing in the storefront is mapped to it", raw_search_text(doc),
    )  # fmt: skip
