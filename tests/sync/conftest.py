"""Rows and scenes of a small shop, as the sync tests use them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import pytest

from engine import baselines, run_log
from engine.baselines import Baseline, Decision
from engine.changes import Plan
from engine.errors import PermissionMissing, Unreachable
from engine.events import Events
from engine.fields import read
from engine.model import Customer, Fee, Field, Kind, PriceOption, Product, Record, Side, Sku
from engine.pairs import Pair
from engine.plan import Scene, build
from engine.ports import Budget, Capabilities, Draft, RecordWrite, Result, WriteOutcome
from engine.settings import Guards, IntegrationSettings
from engine.store import SqliteStore, open_store
from engine.sync import Runner
from engine.sync_context import SyncContext

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
STORE = Capabilities(reads=frozenset(Kind), reads_fields=frozenset(Field), creates=frozenset({Kind.CUSTOMERS}))
BACK = Capabilities(
    reads=frozenset(Kind),
    reads_fields=frozenset(Field),
    writes_fields=frozenset({Field.PRICE, Field.COST, Field.SKU}),
    creates=frozenset({Kind.PRODUCTS}),
    finds_marker=True,
    rate_per_minute=60,
    calls_per_write=3,
)
CAPABILITIES = {Side.STOREFRONT: STORE, Side.BACKOFFICE: BACK}
CONNECTIONS = {Side.STOREFRONT: "market", Side.BACKOFFICE: "psa"}
LOOSE = Guards(
    zero_price=False,
    below_cost=False,
    max_change_percent=None,
    max_rows=None,
    max_percent_of_catalogue=None,
    max_shrink_percent=None,
    everything_changed=False,
)


def front(
    id: str, price: str | None = "10", cost: str | None = "5", mpn: str = "", name: str = "", active: bool = True
) -> Product:
    prices = () if price is None else (PriceOption(Decimal(price), "USD"),)
    costs = () if cost is None else (PriceOption(Decimal(cost), "USD"),)
    return Product(id, name or f"Item {id}", mpn=mpn or f"M-{id}", prices=prices, costs=costs, active=active)


def back(
    id: str, price: str | None = "10", cost: str | None = "5", sku: str = "", name: str = "", active: bool = True
) -> Product:
    prices = () if price is None else (PriceOption(Decimal(price)),)
    costs = () if cost is None else (PriceOption(Decimal(cost)),)
    skus = (Sku(sku),) if sku else ()
    return Product(id, name or f"Back {id}", prices=prices, costs=costs, skus=skus, active=active)


def pair(
    id: str = "a",
    s: tuple[str | None, str | None] = ("10", "5"),
    b: tuple[str | None, str | None] = ("10", "5"),
    *,
    to: str = "",
    base: dict[Field, tuple[str, str]] | None = None,
    decide: dict[Field, Decision] | None = None,
) -> Pair:
    """A mapped product whose storefront has (price, cost) ``s`` and whose counterpart has ``b``; SKUs are equal."""
    target = to or f"b-{id}"
    baselines = {field: Baseline(*values) for field, values in (base or {}).items()}
    return Pair(
        Kind.PRODUCTS,
        id,
        target,
        front(id, *s),
        back(target, *b, sku=f"M-{id}"),
        baselines,
        decide or {},
    )


def fee(id: str = "f", amount: str | None = "7", to: str = "b-f", price: str = "6") -> Pair:
    record = Fee(id, "Cancellation Fee", amount=None if amount is None else Decimal(amount), currency="USD")
    return Pair(Kind.FEES, id, to, record, back(to, price) if to else None)


def scene(settings: IntegrationSettings | None = None, **values: object) -> Scene:
    found = settings or IntegrationSettings(guards=LOOSE)
    return Scene("shop", found, CAPABILITIES, CONNECTIONS, NOW, "ann", "lineage", **values)  # type: ignore[arg-type]


class Crash(BaseException):
    """The process dies here."""


class Clock:
    """Time that passes only when it is looked at, or slept."""

    def __init__(self) -> None:
        self.at, self.slept = 0.0, 0.0

    def now(self) -> datetime:
        self.at += 0.001
        return NOW + timedelta(seconds=self.at)

    def monotonic(self) -> float:
        self.at += 0.001
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.at += seconds
        await asyncio.sleep(0)


class Cache:
    """The part of the record cache that a run uses."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, Kind, str], Record] = {}

    def put(self, connection: str, kind: Kind, records: Iterable[Record]) -> None:
        for record in records:
            self.records[connection, kind, record.id] = record


class World:
    """Counts every step (requests, transactions) and dies, or goes wrong, at the chosen one."""

    def __init__(self, crash_at: int = 0, faults: dict[int, str] | None = None) -> None:
        self.crash_at, self.faults = crash_at, faults or {}
        self.steps = self.requests = 0
        self.dead = False

    def step(self) -> None:
        """Once dead, nothing else happens either, in whichever task."""
        self.steps += 1
        self.dead = self.dead or self.steps == self.crash_at
        if self.dead:
            raise Crash

    def fault(self) -> str:
        self.requests += 1
        return self.faults.pop(self.requests, "")


class CrashingStore:
    """The real store; a transaction may die right before its commit (then it is rolled back) or right after it."""

    def __init__(self, store: SqliteStore, world: World) -> None:
        self._store, self._world, self._depth = store, world, 0
        self.table, self.last_id = store.table, store.last_id

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._store.transaction():
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            if not self._depth:
                self._world.step()
        if not self._depth:
            self._world.step()


class FakeSystem:
    """A back office in memory: what it holds, what it was asked, and how it lies on request.

    ``log`` lists what it really stored; ``created`` what it really made. ``old`` is what a stale read shows.
    """

    def __init__(self, world: World, records: Iterable[Product], capabilities: Capabilities = BACK) -> None:
        self.world, self.capabilities = world, capabilities
        self.records: dict[str, Record] = {record.id: record for record in records}
        self.old: dict[str, Record] = dict(self.records)
        self.log: list[tuple[str, Field, str]] = []
        self.created: list[str] = []
        self.keys: list[str] = []
        self.lag = 0  # looks for a marker that find nothing yet
        self.asked = self.in_flight = self.most_in_flight = 0
        self.hold: asyncio.Event | None = None
        self.entered = asyncio.Event()

    def value(self, id: str, field: Field) -> str | None:
        return read(self.records[id], field, Side.BACKOFFICE, IntegrationSettings()).text

    def put(self, id: str, field: Field, text: str) -> None:
        record = self.records[id]
        assert isinstance(record, Product)
        if field is Field.SKU:
            self.records[id] = replace(record, skus=(Sku(text),))
            return
        if field is Field.QUANTITY:
            self.records[id] = replace(record, quantity=Decimal(text))
            return
        options = (PriceOption(Decimal(text)),)
        self.records[id] = replace(record, prices=options) if field is Field.PRICE else replace(record, costs=options)

    async def _request(self) -> str:
        self.world.step()
        self.asked += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.entered.set()
        if self.hold is not None:
            await self.hold.wait()
        else:
            await asyncio.sleep(0)
        self.in_flight -= 1
        fault = self.world.fault()
        if fault == "unreachable":
            raise Unreachable("connection refused", connection="psa")
        if fault == "denied":
            raise PermissionMissing("Products - Edit is missing", connection="psa", request_id="req-1")
        return fault

    async def read_some(self, kind: Kind, ids: Sequence[str]) -> dict[str, Record]:
        fault = await self._request()
        source = self.old if fault == "stale read" else self.records
        found = {id: source[id] for id in ids if id in source}
        self.world.step()
        return found

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        assert len(writes) <= self.capabilities.batch_size
        self.keys += [write.key for write in writes]
        fault = await self._request()
        outcomes = [outcome for write in writes for outcome in self._write(write, fault)]
        if fault == "lost after":
            raise lost(Unreachable("time-out after sending", connection="psa"))
        if fault == "bug":
            raise KeyError("price_retail")
        self.world.step()
        return outcomes

    def _write(self, write: RecordWrite, fault: str) -> list[WriteOutcome]:
        if fault == "rejected":
            return [
                WriteOutcome(write.key, one.field, Result.REJECTED, "Name can't be blank", "422", "req-9")
                for one in write.fields
            ]
        if fault == "moved":
            self.put(write.id, write.fields[0].field, "77")
        found = {one.field: self.value(write.id, one.field) for one in write.fields}
        if any(found[one.field] not in {one.before, one.after} for one in write.fields):
            return [
                WriteOutcome(write.key, one.field, Result.STALE, "moved", found=found[one.field])
                for one in write.fields
            ]
        outcomes = []
        for one in write.fields:
            if found[one.field] == one.after:
                outcomes.append(WriteOutcome(write.key, one.field, Result.UNCHANGED))
                continue
            if fault not in {"no store", "unknown"}:
                self.old[write.id] = self.records[write.id]
                self.put(write.id, one.field, one.after)
                self.log.append((write.id, one.field, one.after))
            result = Result.UNKNOWN if fault.startswith("unknown") else Result.APPLIED
            outcomes.append(WriteOutcome(write.key, one.field, result, request_id=f"req-{self.world.requests}"))
        return outcomes

    async def create(self, draft: Draft) -> WriteOutcome:
        fault = await self._request()
        if fault == "rejected":
            return WriteOutcome(draft.key, None, Result.REJECTED, "Name has already been taken", "422", "req-9")
        if fault == "unknown":
            return WriteOutcome(draft.key, None, Result.UNKNOWN, "time-out")
        new = f"new-{len(self.created) + 1}"
        if fault != "no store":
            made: Record = (
                Product(new, draft.name, notes=draft.marker, quantity=Decimal(0) if draft.maintain_stock else None)
                if draft.kind is Kind.PRODUCTS
                else Customer(new, draft.name, external_id=draft.marker)
            )
            self.records[new] = made
            self.created.append(draft.source_id)
        if fault == "lost after":
            raise lost(Unreachable("time-out after sending", connection="psa"))
        if fault == "bug":
            raise KeyError("product")
        self.world.step()
        result = Result.UNKNOWN if fault.startswith("unknown") else Result.APPLIED
        return WriteOutcome(draft.key, None, result, request_id="req-2", id=new)

    async def find_marker(self, kind: Kind, marker: str, name: str) -> list[Record]:
        await self._request()
        if self.lag:
            self.lag -= 1
            return []
        found = [r for r in self.records.values() if marker in {getattr(r, "notes", ""), getattr(r, "external_id", "")}]
        self.world.step()
        return found

    def budget(self) -> Budget:
        return Budget(requests=self.asked)


def lost(error: Unreachable) -> Unreachable:
    error.maybe_sent = True
    return error


class Bench:
    """A store with mappings, a fake system on each side, and the runner on top."""

    def __init__(
        self,
        store: SqliteStore,
        pairs: Sequence[Pair],
        settings: IntegrationSettings | None = None,
        *,
        crash_at: int = 0,
        faults: dict[int, str] | None = None,
        capabilities: Capabilities = BACK,
    ) -> None:
        self.inner, self.world = store, World(crash_at, faults)
        self.settings = settings or IntegrationSettings(guards=LOOSE)
        self.store = CrashingStore(store, self.world)
        self.events, self.seen = Events(), []
        self.events.subscribe(self.seen.append)
        self.clock, self.cache = Clock(), Cache()
        targets = {pair.backoffice_id: pair.backoffice for pair in pairs if pair.backoffice is not None}
        self.psa = FakeSystem(self.world, targets.values(), capabilities)
        self.market = FakeSystem(self.world, [], STORE)
        self.pairs = list(pairs)
        store.table("mappings").insert_multiple(
            {
                "integration": "shop",
                "kind": pair.kind.value,
                "storefront_id": pair.storefront_id,
                "backoffice_id": pair.backoffice_id,
            }
            for pair in pairs
            if pair.backoffice_id
        )

    @property
    def context(self) -> SyncContext:
        return SyncContext(
            self.store, self.cache, self.clock, self.events, "ann", "lineage", "shop", self.settings,
            {Side.STOREFRONT: self.market, Side.BACKOFFICE: self.psa}, CONNECTIONS,
        )  # fmt: skip

    @property
    def runner(self) -> Runner:
        """As a fresh process has it: nothing but the store is remembered."""
        return Runner(self.context)

    def rows(self) -> list[Pair]:
        """The rows as a fresh read finds them."""
        known = baselines.load(self.inner, "shop")
        decided = baselines.load_decisions(self.inner, "shop")
        return [
            replace(
                pair,
                backoffice=self.psa.records.get(pair.backoffice_id),
                baselines=known.get(pair.key, {}),
                decisions=decided.get(pair.key, {}),
            )
            for pair in self.pairs
        ]

    def scene(self) -> Scene:
        able = {Side.STOREFRONT: self.market.capabilities, Side.BACKOFFICE: self.psa.capabilities}
        return replace(scene(self.settings), capabilities=able)

    def plan(self, **choice: object) -> Plan:
        return build(self.scene(), "p", self.rows(), **choice)  # type: ignore[arg-type]

    def docs(self, table: str) -> list[dict[str, object]]:
        return [dict(doc) for doc in self.inner.table(table).all()]

    def results(self, run: str) -> dict[tuple[str, str], str]:
        """(storefront id, field) -> result."""
        return {
            (one.storefront_id, str(one.field or "")): one.result.value for one in run_log.outcomes(self.inner, run)
        }


class Shop:
    """The builders above and their settings under one name; stateless, so that properties may share it."""

    pair = staticmethod(pair)
    fee = staticmethod(fee)
    front = staticmethod(front)
    back = staticmethod(back)
    scene = staticmethod(scene)
    Bench = Bench
    Crash = Crash
    FakeSystem = FakeSystem
    back_capabilities = BACK
    loose = IntegrationSettings(guards=LOOSE)
    strict = IntegrationSettings()
    now = NOW
    capabilities = CAPABILITIES
    connections = CONNECTIONS
    can: ClassVar = {Side.STOREFRONT: frozenset(), Side.BACKOFFICE: BACK.writes_fields}
    both: ClassVar = {side: frozenset(Field) for side in Side}


@pytest.fixture(scope="session")
def shop() -> Shop:
    return Shop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = open_store(tmp_path / "workspace.db")
    yield opened
    opened.close()
