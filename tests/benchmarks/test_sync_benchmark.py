"""A sync of 2,000 rows against a server with 20 ms latency, as a ratio to the same calls made by a bare httpx loop."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sandbox.process import SandboxProcess, start_process
from connectors.syncro import CONNECTOR
from engine.changes import Plan
from engine.clock import SystemClock
from engine.events import Events
from engine.model import Field, Kind, PriceOption, Product, Side
from engine.plan import Scene, build
from engine.ports import Capabilities, ConnectionContext, Connector
from engine.settings import Guards, IntegrationSettings
from engine.status import Pair
from engine.store import open_cache, open_store
from engine.sync import Runner
from engine.sync_context import SyncContext

ROWS = 2_000
LATENCY_MS = 20
SETTINGS = IntegrationSettings(
    fields=(Field.PRICE,),
    guards=Guards(max_rows=None, max_percent_of_catalogue=None, max_change_percent=None, below_cost=False),
)

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    with start_process(["syncro"], products=ROWS * 2, customers=5, latency_ms=LATENCY_MS, rate=10_000) as running:
        yield running


def opened(sandbox: SandboxProcess) -> Connector:
    options = {**sandbox.systems["syncro"]["options"], "rate_per_minute": "1000000"}
    return CONNECTOR.open(
        ConnectionContext("psa", options, lambda reference: sandbox.env[reference.removeprefix("env:")])
    )


async def products(connector: Connector) -> list[Product]:
    found = [record async for page in connector.read(Kind.PRODUCTS) for record in page.records]
    return [record for record in found if isinstance(record, Product) and record.active and record.prices][:ROWS]


def plan_for(records: Sequence[Product], capabilities: Capabilities) -> Plan:
    """Every price one unit up."""
    pairs = []
    for record in records:
        price = PriceOption(record.prices[0].amount + 1, "USD")
        pairs.append(
            Pair(
                Kind.PRODUCTS,
                f"s-{record.id}",
                record.id,
                Product(f"s-{record.id}", record.name, prices=(price,)),
                record,
            )
        )
    reads = Capabilities(reads_fields=frozenset(Field))
    able = {Side.STOREFRONT: reads, Side.BACKOFFICE: capabilities}
    names = {Side.STOREFRONT: "market", Side.BACKOFFICE: "psa"}
    return build(Scene("shop", SETTINGS, able, names, SystemClock().now(), "ann", "lineage"), "p", pairs)


async def sync(folder: Path, connector: Connector, plan: Plan) -> float:
    """Seconds that the run took; asserts that it did all of it."""
    store, cache = open_store(folder / "workspace.db"), open_cache(folder / "cache.db")
    try:
        store.table("mappings").insert_multiple(
            {
                "integration": "shop",
                "kind": change.kind.value,
                "storefront_id": change.storefront_id,
                "backoffice_id": change.backoffice_id,
            }
            for change in plan.changes
        )
        context = SyncContext(
            store, cache, SystemClock(), Events(), "ann", "lineage", "shop", SETTINGS,
            dict.fromkeys(Side, connector), {Side.STOREFRONT: "market", Side.BACKOFFICE: "psa"},
        )  # fmt: skip
        started = time.perf_counter()
        run = await Runner(context).run(plan)
        seconds = time.perf_counter() - started
        assert run.totals.applied == len(plan.changes) == ROWS
        return seconds
    finally:
        cache.close()
        store.close()


def control(sandbox: SandboxProcess, method: str, path: str) -> Any:
    system = sandbox.systems["syncro"]
    headers = {"X-Control-Token": system["control_token"]}
    return httpx.request(method, f"{system['control_url']}{path}", headers=headers, trust_env=False, timeout=60).json()


async def bare(sandbox: SandboxProcess, calls: Sequence[dict[str, Any]], in_flight: int) -> float:
    """Seconds that the same calls take in a plain loop with as many in flight, nothing kept and nothing checked."""
    base = httpx.URL(sandbox.systems["syncro"]["base_url"])
    headers = {"Authorization": f"Bearer {next(iter(sandbox.env.values()))}"}
    left = iter(calls)

    async def work(client: httpx.AsyncClient) -> None:
        for call in left:
            url = base.copy_with(raw_path=f"{call['path']}{'?' * bool(call['query'])}{call['query']}".encode())
            reply = await client.request(call["method"], url, json=call["body"] if call["method"] != "GET" else None)
            assert reply.status_code == call["status"]

    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=60) as client:
        started = time.perf_counter()
        await asyncio.gather(*(work(client) for _ in range(in_flight)))
        return time.perf_counter() - started


async def test_a_sync_costs_little_more_than_its_calls(sandbox: SandboxProcess, tmp_path: Path) -> None:
    connector = opened(sandbox)
    try:
        plan = plan_for(await products(connector), connector.capabilities)
        control(sandbox, "DELETE", "/log")
        ours = await sync(tmp_path, connector, plan)
        calls = [entry for entry in control(sandbox, "GET", "/log")["data"] if entry["status"]]
        theirs = await bare(sandbox, calls, connector.capabilities.concurrency)
    finally:
        await connector.close()
    cores = os.cpu_count()
    print(
        f"\n{ROWS} rows, {len(calls)} calls, {connector.capabilities.concurrency} in flight, {LATENCY_MS} ms, {cores} cores: "
        f"sync {ours:.1f} s, bare loop {theirs:.1f} s, ratio {theirs / ours:.2f}"
    )
    assert theirs / ours >= 0.85
