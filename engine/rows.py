"""The lists: one immutable snapshot per (integration, kind), rebuilt when a side was read anew, else touched up by row.

Building 100,000 rows takes seconds, so it happens off the screen's loop and only when a generation, a setting or the
day changed. Every other change is in the history, which is the feed: only the rows it names are built again.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.baselines import load, load_decisions
from engine.connections import Connections
from engine.fees import Fees
from engine.fields import comparable, undecided, writable
from engine.history import History
from engine.integrations import Integration
from engine.list_context import ListContext, backoffice_row
from engine.mappings import Mappings, RowMapping
from engine.model import Fee, Kind, Record, Side, from_json
from engine.order_buyers import waiting_count
from engine.pairs import Pair, RowState
from engine.ports import Clock, RecordCache, Store
from engine.rule_store import Rules
from engine.rules import RuleBook
from engine.suggestions import Suggestions
from engine.views import Row, Snapshot

#: More touched rows than this are cheaper to build anew, all together.
TOUCH_LIMIT = 5_000
_EMPTY = Snapshot("", Kind.PRODUCTS, 0, (), {}, 0, None, None)


@dataclass(slots=True)
class _List:
    stamp: tuple[object, ...]
    history: int
    snapshot: Snapshot
    index: dict[str, int]
    backoffice: dict[str, Row] = field(default_factory=dict)


class Lists:
    """Snapshots of every list; safe to call from any thread."""

    def __init__(
        self,
        store: Store,
        cache: RecordCache,
        connections: Connections,
        mappings: Mappings,
        fees: Fees,
        history: History,
        suggestions: Suggestions,
        clock: Clock,
        rules: Rules,
    ) -> None:
        self._store, self._cache, self._connections, self._mappings = store, cache, connections, mappings
        self._fees, self._history, self._suggestions, self._clock = fees, history, suggestions, clock
        self._rules = rules
        self._lists: dict[tuple[str, Kind], _List] = {}
        self._lock = threading.RLock()

    def snapshot(self, integration: Integration, kind: Kind) -> Snapshot:
        """The list as of now."""
        with self._lock:
            key = (integration.name, kind)
            stamp = self._stamp(integration, kind)
            newest = self._history.last_id()
            known = self._lists.get(key)
            if known is None or known.stamp != stamp:
                version = known.snapshot.version + 1 if known else 1
                known = self._lists[key] = self._build(integration, kind, stamp, newest, version)
            elif known.history != newest:
                touched = {
                    doc["storefront_id"]
                    for doc in self._history.since(known.history)
                    if doc["integration"] == integration.name and doc["storefront_id"]
                }
                # A shared target's siblings are other rows of the same counterpart: all rows the edit can have moved.
                if len(touched) > TOUCH_LIMIT:
                    known = self._lists[key] = self._build(integration, kind, stamp, newest, known.snapshot.version + 1)
                elif touched:
                    self._touch(integration, kind, known, touched)
                known.history = newest
            return known.snapshot

    def pair(self, integration: Integration, kind: Kind, storefront_id: str) -> tuple[Pair, RowState]:
        """One row with its records and state, as last read."""
        context = self._context(integration, kind)
        mapping = context.mapped.get(storefront_id)
        storefront = self._storefront(integration, kind, [storefront_id]).get(storefront_id)
        counterpart = None
        if mapping is not None:
            found = self._cache.get(integration.backoffice, kind.counterpart, [mapping.backoffice_id])
            counterpart = found.get(mapping.backoffice_id)
        pair = context.pair(storefront_id, storefront, counterpart)
        return pair, context.state(pair)

    def pairs(
        self, integration: Integration, kind: Kind, ids: Collection[str] | None = None, *, book: RuleBook | None = None
    ) -> list[Pair]:
        """Mapped rows (or the chosen ones, mapped or not) with their cached records: what a plan is made of.

        ``book`` stands for the saved rules.
        """
        context = self._context(integration, kind)
        context.book = context.book if book is None else book
        wanted = list(dict.fromkeys(ids)) if ids is not None else list(context.mapped)
        left = self._storefront(integration, kind, wanted)
        targets = {context.mapped[i].backoffice_id for i in wanted if i in context.mapped}
        right = self._cache.get(integration.backoffice, kind.counterpart, targets)
        pairs = []
        for storefront_id in wanted:
            mapping = context.mapped.get(storefront_id)
            counterpart = right.get(mapping.backoffice_id) if mapping else None
            pairs.append(context.pair(storefront_id, left.get(storefront_id), counterpart))
        return pairs

    def states(
        self, integration: Integration, kind: Kind, as_if: Mapping[str, str] | None = None
    ) -> list[tuple[Pair, RowState]]:
        """Every mapped row with its state, as last read; ``as_if``: also these unmapped rows, as if they were mapped so."""
        context = self._context(integration, kind)
        context.mapped |= {left: RowMapping(left, right, "", "", "") for left, right in (as_if or {}).items()}
        left = self._storefront(integration, kind, list(context.mapped))
        right = self._cache.get(
            integration.backoffice, kind.counterpart, {m.backoffice_id for m in context.mapped.values()}
        )
        pairs = (
            context.pair(id, left.get(id), right.get(mapping.backoffice_id)) for id, mapping in context.mapped.items()
        )
        return [(pair, context.state(pair)) for pair in pairs]

    def fee_ids(self, integration: Integration) -> list[str]:
        return [fee.id for fee in self._fee_list(integration)]

    # ------------------------------------------------------------------------------------------------ inside
    def _stamp(self, integration: Integration, kind: Kind) -> tuple[object, ...]:
        fees = tuple(self._fee_list(integration)) if kind is Kind.FEES else ()
        return (
            integration.settings,
            integration.connections,
            self._cache.read_at(integration.storefront, kind),
            self._cache.read_at(integration.backoffice, kind.counterpart),
            self._suggestions.stamp(integration.name, kind),
            self._clock.now().date(),
            fees,
            self._rules.book(integration.name).store if kind is Kind.PRODUCTS else None,
            self._cache.order_reading(integration.name) if kind is Kind.PRODUCTS else None,
            self._waiting(integration, kind),
        )

    def _waiting(self, integration: Integration, kind: Kind) -> int:
        return waiting_count(self._store, integration.name) if kind is Kind.CUSTOMERS else 0

    def _context(self, integration: Integration, kind: Kind) -> ListContext:
        name, settings = integration.name, integration.settings
        capabilities = {side: self._connections.connector(integration.connection(side)).capabilities for side in Side}
        return ListContext(
            integration,
            kind,
            {side: writable(capabilities[side], settings, side) for side in Side},
            comparable(kind, settings.fields, capabilities),
            self._mappings.mapped(name, kind),
            self._mappings.ignored(name, kind),
            load(self._store, name, kind),
            load_decisions(self._store, name, kind),
            self._suggestions.all(name, kind),
            undecided(capabilities, settings) if kind is Kind.PRODUCTS else frozenset(),
            self._rules.book(name) if kind is Kind.PRODUCTS else RuleBook(),
            tuple(
                side
                for side in Side
                if self._cache.read_at(
                    integration.connection(side), kind if side is Side.STOREFRONT else kind.counterpart
                )
                is None
            ),
            self._cache.load_unposted(name) if kind is Kind.PRODUCTS else {},
        )

    def _fee_list(self, integration: Integration) -> list[Fee]:
        return self._fees.all(integration.name, integration.storefront, integration.settings.currency)

    def _storefront(self, integration: Integration, kind: Kind, ids: Iterable[str]) -> Mapping[str, Record]:
        if kind is Kind.FEES:
            wanted = set(ids)
            # A fee without an amount is still a fee: it is unusable only when the product it follows is gone.
            return {fee.id: fee for fee in self._fee_list(integration) if fee.id in wanted}
        return self._cache.get(integration.storefront, kind, ids)

    def _build(
        self, integration: Integration, kind: Kind, stamp: tuple[object, ...], history: int, version: int
    ) -> _List:
        context = self._context(integration, kind)
        targets = {mapping.backoffice_id for mapping in context.mapped.values()}
        counterparts: dict[str, bytes] = {}
        backoffice: dict[str, Row] = {}
        for record_id, name, raw in self._cache.raw(integration.backoffice, kind.counterpart):
            if record_id in targets:
                counterparts[record_id] = raw
            if kind is not Kind.FEES:
                backoffice[record_id] = backoffice_row(record_id, name, json.loads(raw))
        rows: list[Row] = []
        seen: set[str] = set()
        for storefront_id, record in self._storefront_records(context):
            seen.add(storefront_id)
            rows.append(context.row(storefront_id, record, context.counterpart(counterparts, storefront_id)))
        for storefront_id in context.mapped.keys() - seen:
            # Mapped, but gone from the storefront: Broken, and still in the list.
            counterpart = context.counterpart(counterparts, storefront_id)
            rows.append(context.row(storefront_id, None, counterpart))
        index = {row.id: position for position, row in enumerate(rows)}
        made = _List(stamp, history, _EMPTY, index, backoffice)
        self._publish(made, integration, kind, rows, targets, version)
        return made

    def _storefront_records(self, context: ListContext) -> Iterable[tuple[str, Record | dict[str, Any]]]:
        """(id, record); an unmapped row's record stays an unbuilt document, which is five times quicker."""
        if context.kind is Kind.FEES:
            yield from ((fee.id, fee) for fee in self._fee_list(context.integration))
            return
        for record_id, _, raw in self._cache.raw(context.integration.storefront, context.kind):
            mapping = context.mapped.get(record_id)
            yield record_id, from_json(context.kind, raw) if mapping is not None else json.loads(raw)

    def _touch(self, integration: Integration, kind: Kind, known: _List, touched: Collection[str]) -> None:
        context = self._context(integration, kind)
        targets = {mapping.backoffice_id for mapping in context.mapped.values()}
        storefront = self._storefront(integration, kind, touched)
        wanted = {context.mapped[i].backoffice_id for i in touched if i in context.mapped}
        right = self._cache.get(integration.backoffice, kind.counterpart, wanted)
        rows = [row for row in known.snapshot.rows if row.side is Side.STOREFRONT]
        for storefront_id in touched:
            mapping = context.mapped.get(storefront_id)
            record = storefront.get(storefront_id)
            if record is None and mapping is None:
                continue  # an edit of another kind's row, or a record that is gone with its mapping
            row = context.row(storefront_id, record, right.get(mapping.backoffice_id) if mapping else None)
            position = known.index.get(storefront_id)
            if position is None:
                known.index[storefront_id] = len(rows)
                rows.append(row)
            else:
                rows[position] = row
        # Verified writes changed the cached counterparts: the rows of back-office records follow by name only.
        self._publish(known, integration, kind, rows, targets, known.snapshot.version + 1)

    def _publish(
        self, made: _List, integration: Integration, kind: Kind, rows: list[Row], targets: set[str], version: int
    ) -> None:
        counts = Counter(row.status for row in rows)
        others = [row for record_id, row in made.backoffice.items() if record_id not in targets]
        made.snapshot = Snapshot(
            integration.name,
            kind,
            version,
            rows + others,
            dict(counts),
            len(others),
            self._cache.read_at(integration.storefront, kind),
            self._cache.read_at(integration.backoffice, kind.counterpart),
            self._waiting(integration, kind),
        )
