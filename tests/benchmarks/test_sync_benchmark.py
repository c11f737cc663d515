"""A sync against a bare HTTP loop that makes the same calls, and against the rate it is configured to keep.

The systems run in a process of their own and answer after 20 ms. Ratios are printed; run with ``-m benchmark -n0 -s``.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
import urllib.request

import httpx
import pytest

from connectors.registry import EntryPointRegistry
from connectors.sandbox.process import start_process
from connectors.secrets import resolve
from engine.changes import RunState
from engine.model import Field, Kind
from engine.workspace import Workspace
from tui.demo.control import Control

ROWS = 2000
LATENCY_MS = 20
CONFIGURED = 3000.0  # requests a minute
ROWS_AT_RATE = 300
PASSES = 2

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def systems():
    with start_process(customers=5, products=3600, seed=3, latency_ms=LATENCY_MS, rate=0) as process:
        before = dict(os.environ)
        os.environ.update(process.env)
        yield process.systems
        for name in process.env.keys() - before.keys():
            del os.environ[name]


def control(system, method, path, body=None):
    """One call of the sandbox's control endpoint."""
    request = urllib.request.Request(
        system["control_url"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"X-Control-Token": system["control_token"]},
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as reply:
        return json.loads(reply.read())


async def prepared(path, systems, rows, rate):
    """A workspace with so many mapped rows whose price differs, and the plan that writes them."""
    for system in systems.values():
        control(system, "POST", "/reset")
        control(system, "PATCH", "/settings", {"latency_ms": 0})
    ws = Workspace.open(path, EntryPointRegistry(), actor="benchmark", secret=resolve)
    market, psa = systems["marketplace"], systems["syncro"]
    ws.add_connection("market", "marketplace", {**market["options"], "page_size": "500"})
    ws.add_connection("psa", "syncro", {**psa["options"], "rate_per_minute": f"{rate:g}"})
    ws.add_integration("resale", "market", "psa", {"guards.max_percent_of_catalogue": "100", "guards.max_rows": "5000"})
    await ws.pull()
    tables = Control(market).tables()["products"]
    known = {row.id for row in ws.snapshot(None, Kind.PRODUCTS).rows if row.side == "backoffice" and not row.detail}
    good = {
        id
        for id, row in tables.items()
        if [(p["type"], p.get("model", "FLAT"), p["currency"]) for p in row["prices"]] == [("recurring", "FLAT", "USD")]
    }
    pairs = [(left, right) for left, right in Control(market).truth()["product_pairs"].items() if left in good]
    pairs = [(left, right) for left, right in pairs if right in known][:rows]
    assert len(pairs) == rows
    for number, (_, right) in enumerate(pairs):
        control(psa, "PATCH", f"/tables/products/{right}", {"price_retail": 5000.0 + number})
    ws.map(None, Kind.PRODUCTS, pairs)
    ws.ignore(None, Kind.FEES, ["cancellation-fee"], "not charged here")
    plan = await ws.plan(None, kinds=[Kind.PRODUCTS], fields=[Field.PRICE])
    assert len(plan.sending) == rows
    for system in systems.values():
        control(system, "PATCH", "/settings", {"latency_ms": LATENCY_MS})
        control(system, "DELETE", "/log")
    return ws, plan


async def synced(ws, plan):
    """Seconds that the sync of a plan takes."""
    started = time.perf_counter()
    run = await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
    seconds = time.perf_counter() - started
    assert run.state is RunState.DONE
    assert run.totals.applied == len(plan.sending)
    return seconds


async def replayed(system, calls, width):
    """Seconds that a bare loop of ``width`` workers takes for the same calls in the same order."""
    headers = {"Authorization": f"Bearer {system['credentials']['token']}", "Content-Type": "application/json"}
    todo = iter(calls)

    async def work(http):
        for call in todo:
            body = None if call["body"] is None else json.dumps(call["body"]).encode()
            path = system["base_url"] + call["path"] + (f"?{call['query']}" if call["query"] else "")
            answer = await http.request(call["method"], path, content=body, headers=headers)
            assert answer.status_code == 200, answer.text
            answer.json()

    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        started = time.perf_counter()
        await asyncio.gather(*(work(http) for _ in range(width)))
        return time.perf_counter() - started


async def test_a_sync_of_2000_rows_against_the_same_calls_made_bare(tmp_path, systems):
    psa = systems["syncro"]
    times = []
    for number in range(PASSES):
        ws, plan = await prepared(tmp_path / str(number), systems, ROWS, 1_000_000)
        width = ws.capabilities(None, plan.sending[0].target).concurrency
        ours = await synced(ws, plan)
        await ws.close()
        calls = control(psa, "GET", "/log")["data"]
        bare = await replayed(psa, calls, width)
        times.append((ours, bare))
        print(
            f"\nsync of {ROWS} rows, {len(calls)} calls, {width} at a time: {ours:.1f} s, bare loop {bare:.1f} s, "
            f"ratio {bare / ours:.2f}"
        )
    # the best of each: what else the machine did meanwhile only ever costs time
    ratio = min(bare for _, bare in times) / min(ours for ours, _ in times)
    print(f"best against best: {ratio:.2f}")
    assert ratio >= 0.85


async def test_the_configured_rate_is_used_where_it_binds(tmp_path, systems):
    ws, plan = await prepared(tmp_path / "ws", systems, ROWS_AT_RATE, CONFIGURED)
    seconds = await synced(ws, plan)
    await ws.close()
    calls = control(systems["syncro"], "GET", "/log")["count"]
    rate = calls / seconds * 60
    print(f"\n{calls} calls in {seconds:.1f} s: {rate:.0f} a minute, {rate / CONFIGURED:.3f} of the configured rate")
    assert 0.95 <= rate / CONFIGURED <= 1.02
