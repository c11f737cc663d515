"""The fault matrix of a run: a crash at every step x a fault at every request, then recovery and resume.

Held against the fake system's own log: no duplicate, no lost outcome, no open intent, and totals that are true.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import run_log
from engine.changes import Purpose, RunState
from engine.creation import plan_creations
from engine.model import Field, Kind, Side
from engine.ports import Draft
from engine.recovery import needs_recovery, recover

PRICE, COST = Field.PRICE, Field.COST
FAULTS = (
    "unknown applied",
    "unknown",
    "lost after",
    "rejected",
    "moved",
    "unreachable",
    "denied",
    "no store",
    "stale read",
    "bug",
)
LOST = ("unknown applied", "lost after", "no store")
CREATE_FAULTS = ("unknown applied", "unknown", "lost after", "rejected", "unreachable", "no store", "bug")
TABLES = ("runs", "plans", "intents", "outcomes", "history", "baselines", "decisions", "mappings", "heartbeats")
RESUMABLE = {RunState.INTERRUPTED, RunState.FAILED, RunState.CANCELLED}

pytestmark = pytest.mark.faults


@pytest.fixture(autouse=True)
def quick_disk(store):
    """Crashes here are of the process, not of the machine: the file need not be flushed thousands of times."""
    store.db.storage.state.session.execute("PRAGMA synchronous=OFF")


def clean(store):
    with store.transaction():
        for name in TABLES:
            store.table(name).truncate()


async def settle_loop():
    """Tasks of the dead process end before the next one starts, as they would."""
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def live(b, make_plan):
    """The program is started again and again until the run is over, as an admin would."""
    for _ in range(8):
        try:
            if "shop" in needs_recovery(b.inner):
                await recover(b.context)
            runs = run_log.runs(b.inner)
            if not runs:
                await b.runner.run(make_plan())
            elif runs[0].state in RESUMABLE and runs[0].totals.not_sent:
                await b.runner.resume(runs[0].id)
            elif "shop" not in needs_recovery(b.inner):
                return runs[0]
        except b.Crash:
            await settle_loop()
            b.world.crash_at, b.world.dead = 0, False
    raise AssertionError("never ended")


def wrong_with_writes(b, run, plan):
    """What is not as it must be, in words; empty if all is well."""
    problems = []
    outcomes = run_log.outcomes(b.inner, run.id)
    if not run.totals.adds_up or run.totals.planned != len(outcomes):
        problems.append(f"totals {run.totals}")
    if len({(o.storefront_id, o.field) for o in outcomes}) != len(outcomes):
        problems.append("an outcome twice")
    if b.docs("intents"):
        problems.append("an intent left open")
    stored = {(id, field) for id, field, _ in b.psa.log}
    for outcome in outcomes:
        there = b.psa.value(outcome.backoffice_id, outcome.field)
        ours = (outcome.backoffice_id, outcome.field) in stored
        match outcome.result.value:
            case "applied" | "unchanged":
                bad = there != outcome.after or not ours
            case "stale":
                bad = there == outcome.after
            case "rejected":
                bad = ours
            case "unverified":
                bad = not b.faults & {"no store", "moved", "stale read"}
            case _:
                bad = True
        if bad:
            problems.append(f"{outcome.storefront_id} {outcome.field} {outcome.result}, holds {there}, ours {ours}")
    if run.totals.applied > len(plan.changes):
        problems.append("too many applied")
    return problems


def bench(shop, store, crash_at, faults, concurrency=1):
    clean(store)
    settings = shop.loose.model_copy(update={"many_to_one": True})
    rows = [
        shop.pair("a", s=("12", "6")),
        shop.pair("c", s=("13", "5"), to="shared"),
        shop.pair("d", s=("13", "5"), to="shared"),
    ]
    able = replace(shop.back_capabilities, concurrency=concurrency)
    b = shop.Bench(store, rows, settings, crash_at=crash_at, faults=faults, capabilities=able)
    b.Crash, b.faults = shop.Crash, set(faults.values())
    return b


def simulate(shop, store, crash_at, faults, concurrency=1):
    b = bench(shop, store, crash_at, faults, concurrency)
    plan = b.plan(fields=[PRICE, COST])
    with asyncio.Runner() as loop:
        run = loop.run(live(b, lambda: plan))
    return b, wrong_with_writes(b, run, plan)


@pytest.mark.parametrize(
    ("chunk", "in_flight", "faults_of"),
    [(25, 1, FAULTS), (1, 1, (*LOST, "moved", "stale read")), (1, 3, ("lost after", "rejected"))],
)
def test_every_crash_times_every_fault_of_writes(shop, store, monkeypatch, chunk, in_flight, faults_of):
    monkeypatch.setattr("engine.sync_write.CHUNK", chunk)
    b, problems = simulate(shop, store, 0, {}, in_flight)
    assert problems == []
    steps, requests = b.world.steps, b.world.requests
    count, bad = Counter(), {}
    for crash_at in range(steps + 1):
        for faults in [{}, *({n: fault} for n in range(1, requests + 2) for fault in faults_of)]:
            _, problems = simulate(shop, store, crash_at, dict(faults), in_flight)
            count["crash" if crash_at else "no crash", next(iter(faults.values()), "no fault")] += 1
            if problems:
                bad[crash_at, str(faults)] = problems
    print(
        f"\nwrites, {chunk} at a time, {in_flight} in flight: {count.total()} scenarios ({steps} crash points, {requests} requests), {len(bad)} bad"
    )
    assert bad == {}


several = st.dictionaries(st.integers(1, 9), st.sampled_from(FAULTS), min_size=2, max_size=5)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several, st.integers(0, 25))
def test_several_faults_and_a_crash_in_one_run(shop, store, faults, crash_at):
    """A run that needs a second, third ... start ends with true totals."""
    _, problems = simulate(shop, store, crash_at, faults)
    assert problems == []


def simulate_creates(shop, store, crash_at, faults, lag, names):
    clean(store)
    b = shop.Bench(store, [], crash_at=crash_at, faults=faults)
    b.Crash, b.psa.lag = shop.Crash, lag
    drafts = [Draft(f"k-{name}", Kind.PRODUCTS, name, f"Item {name}") for name in names]
    plan = plan_creations(b.scene(), "c", drafts, Side.BACKOFFICE)
    assert plan.purpose is Purpose.CREATE
    with asyncio.Runner() as loop:
        run = loop.run(live(b, lambda: plan))
    problems = []
    if not run.totals.adds_up or b.docs("intents"):
        problems.append(f"totals {run.totals} or an open intent")
    mapped = {doc["storefront_id"]: doc["backoffice_id"] for doc in b.docs("mappings")}
    for name in names:
        made = b.psa.created.count(name)
        result = b.results(run.id)[name, ""]
        if made > 1:
            problems.append(f"DUPLICATE {name}")
        if (result == "applied") != (made == 1) or (name in mapped) != (made == 1):
            problems.append(f"{name} {result}, made {made}, mapped {mapped.get(name)}")
        if result == "not_sent":
            problems.append(f"{name} lost")
    return b, problems


@pytest.mark.parametrize(("lag", "names", "faults_of"), [(0, "x", CREATE_FAULTS), (2, "xy", LOST)])
def test_every_crash_times_every_fault_of_creates(shop, store, lag, names, faults_of):
    b, problems = simulate_creates(shop, store, 0, {}, lag, names)
    assert problems == []
    steps, requests = b.world.steps, b.world.requests
    scenarios, bad = 0, {}
    for crash_at in range(steps + 1):
        for faults in [{}, *({n: fault} for n in range(1, requests + 2) for fault in faults_of)]:
            _, problems = simulate_creates(shop, store, crash_at, dict(faults), lag, names)
            scenarios += 1
            if problems:
                bad[crash_at, str(faults)] = problems
    print(f"\ncreates of {len(names)}, lag {lag}: {scenarios} scenarios, {len(bad)} bad")
    assert bad == {}
