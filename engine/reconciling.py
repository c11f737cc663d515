"""Reconciling an integration: reading both sides completely, finding every discrepancy, keeping what was found.

What is found is kept in ``reconciliations`` (one document per reconciliation) and ``findings`` (one per finding).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, cast

from pydantic import TypeAdapter
from tinydb import Query

from engine.catalog import READ_KINDS
from engine.connections import Connections
from engine.crm import PriceBook, PriceEntry, PushesProducts
from engine.duplicates import find as find_duplicates
from engine.duplicates import shared
from engine.errors import UnknownId, UsageError
from engine.field_mappings import concerns, values
from engine.field_work import FieldWork
from engine.findings import Action, Compared, Finding, Reconciliation, Resolution, Resolved
from engine.integrations import Integration
from engine.mappings import Mappings
from engine.model import Kind, Product, Record, Side, canonical, utc_text
from engine.operations import Operations
from engine.ports import Clock, RecordCache, Store
from engine.push_prices import Books, choose, in_currency, prices_of
from engine.reconcile import Custom, Sides, Wanted, counts, detect
from engine.rows import Lists

Q = Query()
_FINDING = TypeAdapter(Finding)


@dataclass(frozen=True, slots=True)
class Prices:
    """What the back office's price books hold; None where it has none."""

    books: Books
    entries: Mapping[str, Sequence[PriceEntry]]


#: (integration, storefront ids, price books) -> those that would not be created in the back office, and why.
Refused = Callable[[Integration, Sequence[str], Prices | None], Mapping[str, str]]


def _nothing_refused(_integration: Integration, _ids: Sequence[str], _prices: Prices | None) -> Mapping[str, str]:
    return {}


@dataclass(slots=True)
class Reconciler:
    """Made by ``Workspace``, which sets ``refused``: pushes and drafts are planned on what is read here."""

    store: Store
    cache: RecordCache
    clock: Clock
    actor: str
    connections: Connections
    mappings: Mappings
    lists: Lists
    fields: FieldWork
    operations: Operations
    refused: Refused = _nothing_refused

    # ------------------------------------------------------------------------------------------------ finding
    async def run(self, integration: Integration, kinds: Collection[Kind]) -> Reconciliation:
        """Read both sides completely (or fail), find every discrepancy, and keep what was found. Writes to no system."""
        wanted = tuple(kind for kind in READ_KINDS if kind in kinds)
        started, before = self.clock.monotonic(), self._calls(integration)
        async with self.operations.exclusive(integration.connections, f"reconciling {integration.name}"):
            await self.operations.read_everything(integration, wanted)
            prices = await self.prices(integration) if Kind.PRODUCTS in wanted else None
            found = await asyncio.to_thread(self.find, integration, wanted, prices)
            after = self._calls(integration)
        calls = {name: after[name] - before[name] for name in after}
        records = {
            f"{name}/{kind.value}": self.cache.count(name, kind)
            for name in dict.fromkeys(integration.connections)
            for kind in wanted
        }
        made = Reconciliation(
            uuid.uuid4().hex[:12], integration.name, self.clock.now(), self.actor, wanted, counts(found), records, calls,
            round(self.clock.monotonic() - started, 1),
        )  # fmt: skip
        self._keep(made, found)
        return made

    async def prices(self, integration: Integration) -> Prices | None:
        """The back office's price books, and the entries in the integration's currency, where it has any. The caller holds
        the lock.
        """
        connector = self.connections.connector(integration.backoffice)
        if not connector.capabilities.pushes_products:
            return None
        books = cast("PushesProducts", connector)
        chosen = choose(await books.price_books(), integration.settings)
        entries: dict[str, list[PriceEntry]] = {}
        async for page in books.price_entries():
            for entry in in_currency(page, integration.settings.currency):
                entries.setdefault(entry.product_id, []).append(entry)
        return Prices(chosen, entries)

    def find(self, integration: Integration, kinds: Collection[Kind], prices: Prices | None) -> list[Finding]:
        """Every discrepancy between the cached records of both sides; seconds for 100,000 of them."""
        found: list[Finding] = []
        for kind in kinds:
            found += detect(self._sides(integration, kind, prices))
        return found

    def _sides(self, integration: Integration, kind: Kind, prices: Prices | None) -> Sides:
        from engine import matching  # numpy is imported on first use only

        name, settings = integration.name, integration.settings
        left = list(self.cache.records(integration.storefront, kind))
        right = list(self.cache.records(integration.backoffice, kind.counterpart))
        mapped, ignored = self.mappings.mapped(name, kind), self.mappings.ignored(name, kind)
        backoffice = {record.id: record for record in right}
        taken = {mapping.backoffice_id for mapping in mapped.values()}
        loose = [record for record in left if _loose(record, mapped, ignored, backoffice)]
        free = [record for record in right if settings.many_to_one or record.id not in taken]
        pairs = matching.exact(
            kind, loose, free, settings=settings, everyone=matching.crowd(kind, left, right, settings)
        )
        matches: dict[str, list[str]] = {}
        for match in pairs:
            matches.setdefault(match.storefront_id, []).append(match.backoffice_id)
        exact = {m.storefront_id: m.backoffice_id for m in pairs if m.exact and m.storefront_id not in mapped}
        # What would differ once a found link is made is found now, so that one approval settles all of it.
        states = self.lists.states(integration, kind, exact)
        able = {side: self.connections.connector(integration.connection(side)).capabilities for side in Side}
        every = {
            one: self.mappings.mapped(name, one) for one in (kind, Kind.FEES) if one.counterpart is kind.counterpart
        }
        spoken_for = {m.backoffice_id for one in every.values() for m in one.values()} | {
            m.backoffice_id for m in pairs
        }
        products = [pair.storefront for pair, _ in states if isinstance(pair.storefront, Product)]
        creates = self._creates(
            kind, pushes=able[Side.BACKOFFICE].pushes_products, makes=kind in able[Side.BACKOFFICE].creates
        )
        # what nothing there has the key of: not mapped, or mapped to what is gone
        missing = (
            [one.id for one in loose if one.active and one.id not in matches] if creates is not Action.MANUAL else []
        )
        return Sides(
            kind=kind,
            settings=settings,
            pairs=states,
            unmapped=[r for r in left if r.id not in mapped and r.id not in ignored and not _is_base(r)],
            orphans=[r for r in right if r.active and not _is_base(r) and r.id not in spoken_for],
            matches=matches,
            exact={m.storefront_id: m.backoffice_id for m in pairs if m.exact},
            backoffice=backoffice,
            duplicates=[*find_duplicates(kind, left, right, settings), *shared(kind, every)],
            ignored=ignored,
            creates=creates,
            refused=self.refused(integration, missing, prices) if missing else {},
            writes_texts=[side for side in Side if able[side].writes_texts],
            owners={one: getattr(settings.owners, one) for one in ("name", "description", "active")},
            entries=prices.entries if prices is not None and kind is Kind.PRODUCTS else None,
            wanted=self._wanted(integration, products, prices) if kind is Kind.PRODUCTS else {},
            custom=self._custom(integration, kind, states),
            pushes=able[Side.BACKOFFICE].pushes_products,
        )

    def _creates(self, kind: Kind, *, pushes: bool, makes: bool) -> Action:
        if kind is not Kind.PRODUCTS:
            return Action.MANUAL  # a customer is made from an order or a form, never from a list
        return Action.PUSH if pushes else Action.CREATE if makes else Action.MANUAL

    def _wanted(
        self, integration: Integration, products: Sequence[Product], prices: Prices | None
    ) -> dict[str, list[Wanted]]:
        if prices is None:
            return {}
        books: dict[str, PriceBook] = {book.id: book for book in prices.books.all}
        found = {}
        for product in products:
            wanted, _ = prices_of(product, integration.settings, prices.books)
            found[product.id] = [Wanted(books[one.book_id], canonical(one.amount)) for one in wanted]
        return found

    def _custom(self, integration: Integration, kind: Kind, states: Sequence[Any]) -> dict[str, list[Custom]]:
        """What every usable field mapping makes of each mapped record. Insert-only ones are no mismatch later."""
        mappings, _ = self.fields.usable(integration, kind)
        if not mappings:
            return {}
        targets = {name: self.fields.targets(integration, name) for name in {one.object for one in mappings}}
        found: dict[str, list[Custom]] = {}
        for pair, _state in states:
            if pair.storefront is None or pair.backoffice is None:
                continue
            now = dict(pair.backoffice.custom)
            given = dict(pair.storefront.custom)
            for object_name, fields in targets.items():
                mine = [one for one in mappings if one.object == object_name and concerns(one, pair.backoffice)]
                for mapping, made in values(mine, fields, pair.storefront, new=False):
                    found.setdefault(pair.storefront_id, []).append(
                        Custom(
                            mapping.id, mapping.target, given.get(mapping.source, ""), made, now.get(mapping.target, "")
                        )
                    )
        return found

    def _calls(self, integration: Integration) -> dict[str, int]:
        return {name: self.connections.budget(name).requests for name in dict.fromkeys(integration.connections)}

    # ------------------------------------------------------------------------------------------------ keeping
    def _keep(self, made: Reconciliation, found: Sequence[Finding]) -> None:
        document = {**asdict(made), "at": utc_text(made.at), "kinds": [kind.value for kind in made.kinds]}
        with self.store.transaction():
            self.store.table("reconciliations").insert(document)
            self.store.table("findings").insert_multiple(
                {
                    "reconciliation": made.id, "key": one.key, "finding": _FINDING.dump_python(one, mode="json"),
                    "result": Resolution.OPEN.value, "action_taken": "", "message": "", "code": "", "actor": "",
                    "at": None, "run": "",
                }
                for one in found
            )  # fmt: skip

    def all(self, integration: str | None, limit: int = 50) -> list[Reconciliation]:
        """The newest first."""
        docs = self.store.table("reconciliations").all()
        chosen = [doc for doc in docs if integration is None or doc["integration"] == integration]
        return [_reconciliation(doc) for doc in sorted(chosen, key=lambda doc: -doc.doc_id)[:limit]]

    def get(self, id: str) -> Reconciliation:
        """One of them; ``last`` is the newest. Raises ``UnknownId``."""
        newest = self.all(None, 1) if id == "last" else []
        doc = self.store.table("reconciliations").get(Q.id == (newest[0].id if newest else id))
        if not isinstance(doc, dict):
            raise UnknownId("reconciliation", id, "list them with: crosswalk reconcile --list")
        return _reconciliation(doc)

    def findings(self, id: str) -> list[Resolved]:
        """Everything one of them found, with what was done about it, in the order it was found."""
        docs = self.store.table("findings").search(Q.reconciliation == self.get(id).id)
        return [_resolved(doc) for doc in sorted(docs, key=lambda doc: doc.doc_id)]

    def resolve(self, id: str, done: Sequence[Resolved]) -> None:
        """Keep what was done about some findings of one of them."""
        table = self.store.table("findings")
        known = {doc["key"]: doc.doc_id for doc in table.search(Q.reconciliation == id)}
        with self.store.transaction():
            for one in done:
                change = {
                    "result": one.result.value, "action_taken": one.action_taken, "message": one.message,
                    "code": one.code, "actor": one.actor, "at": utc_text(one.at) if one.at else None, "run": one.run,
                }  # fmt: skip
                table.update(change, doc_ids=[known[one.finding.key]])
            applied = sum(doc["result"] == Resolution.APPLIED.value for doc in table.search(Q.reconciliation == id))
            self.store.table("reconciliations").update({"resolved": applied}, Q.id == id)

    def compare(self, older: str, newer: str) -> Compared:
        """Two reconciliations by their findings' keys. Raises ``UnknownId``, and ``UsageError`` for two that have nothing in
        common.
        """
        one, other = self.get(older), self.get(newer)
        kinds = set(one.kinds) & set(other.kinds)
        if one.integration != other.integration or not kinds:
            what = f"integration {one.integration}" if kinds else " and ".join(one.kinds)
            raise UsageError(f"reconciliation {one.id} is of {what}: it cannot be compared with {other.id}")
        before = {it.finding.key: it for it in self.findings(one.id) if it.finding.kind in kinds}
        after = {it.finding.key: it.finding for it in self.findings(other.id) if it.finding.kind in kinds}
        gone = {key: it for key, it in before.items() if key not in after}
        return Compared(
            tuple(it for key, it in after.items() if key not in before),
            tuple(it.finding for it in gone.values()),
            tuple(it for key, it in after.items() if key in before),
            gone,
        )


def _loose(record: Record, mapped: Mapping[str, Any], ignored: Mapping[str, Any], there: Mapping[str, Record]) -> bool:
    """A record that is open to be mapped, or whose counterpart is gone."""
    if record.id in ignored or _is_base(record):
        return False
    mapping = mapped.get(record.id)
    return mapping is None or mapping.backoffice_id not in there


def _is_base(record: Record) -> bool:
    return isinstance(record, Product) and record.is_base


def _reconciliation(doc: Mapping[str, Any]) -> Reconciliation:
    return Reconciliation(
        doc["id"], doc["integration"], datetime.fromisoformat(doc["at"]), doc["actor"],
        tuple(Kind(kind) for kind in doc["kinds"]), dict(doc["counts"]), dict(doc["records"]), dict(doc["calls"]),
        doc["seconds"], doc["resolved"],
    )  # fmt: skip


def _resolved(doc: Mapping[str, Any]) -> Resolved:
    return Resolved(
        _FINDING.validate_python(doc["finding"]), Resolution(doc["result"]), doc["action_taken"], doc["message"],
        doc["code"], doc["actor"], datetime.fromisoformat(doc["at"]) if doc["at"] else None, doc["run"],
    )  # fmt: skip


def as_moved(one: Resolved, why: str, at: datetime, actor: str) -> Resolved:
    """A finding that is not as it was found any more: nothing was done about it."""
    return replace(one, result=Resolution.MOVED, message=why, at=at, actor=actor)
