"""What one process sees of another's work: progress, rate budgets, readings; told from what a killed one left behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from connectors.registry import EntryPointRegistry
from connectors.secrets import resolve
from engine.errors import IncompleteRead
from engine.events import PullEnded, PullProgress, RunProgress
from engine.heartbeats import work_now
from engine.model import Kind, Side
from engine.monitor import borrow_budgets
from engine.workspace import Workspace

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest_asyncio.fixture
async def other(ws):
    """Another console on the same workspace."""
    made = Workspace.open(ws.path, EntryPointRegistry(), actor="somebody else", secret=resolve)
    yield made
    await made.close()


def pulse(ws):
    running = [run for run in ws.runs() if run.state == "running"]
    return ws.monitor.pulse(ws.schedules.all(), running, ws.connections())


async def test_a_run_of_one_process_is_seen_by_another_with_both_budgets(ws, other, systems):
    ws.map(None, Kind.PRODUCTS, list(systems.world.product_pairs.items())[:5])
    plan = await ws.plan(None, kinds=(Kind.PRODUCTS,))
    assert plan.sending
    before, seen = other.changes(), []

    def look(event):
        if isinstance(event, RunProgress) and not seen:
            seen.append((pulse(other), other.changes(), borrow_budgets(other.connections(), pulse(other).work)))

    ws.events.subscribe(look)
    # the first progress is published before it is stored: look again at the next outcome
    ws.events._listeners.clear()
    ws.events.subscribe(lambda event: look(event) if pulse(other).work else None)
    await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
    (there, changes, views) = seen[0]
    (work,) = there.work
    assert (work.integration, work.phase, work.total, work.silent) == ("resale", "writing", len(plan.sending), False)
    assert {name for name, _ in work.budgets} == {"market", "psa"}
    assert sum(budget.requests for _, budget in work.budgets) > 0
    assert all(view.budget.requests > 0 for view in views), "the status line shows the budgets of who works"
    assert "heartbeats" not in changes or changes["heartbeats"] == before.get("heartbeats", 0)
    assert pulse(other).work == ()


async def test_a_reading_of_one_process_is_seen_by_another(ws, other, monkeypatch):
    monkeypatch.setattr("engine.heartbeats.EVERY", 0.0)
    seen = []

    def look(event):
        if isinstance(event, PullProgress):
            seen.extend(pulse(other).work)

    ws.events.subscribe(look)
    await ws.pull(None, (Kind.PRODUCTS,))
    assert {work.key.partition("/")[0] for work in seen} <= {"market", "psa"}
    assert all(work.phase == "reading products" and work.done > 0 for work in seen)
    assert seen
    assert pulse(other).work == ()


async def test_a_plan_whose_reading_fails_says_that_the_readings_are_over(ws, monkeypatch):
    """The market is read well and the other side breaks: no rows change, and nobody reads any more."""
    told = []
    ws.events.subscribe(told.append)
    monkeypatch.setenv("TEST_SYNCRO_TOKEN", "revoked")
    ws.reload()
    with pytest.raises(IncompleteRead, match="no plan was made"):
        await ws.plan(None, kinds=(Kind.PRODUCTS,))
    begun = {(event.connection, event.kind) for event in told if isinstance(event, PullProgress)}
    assert ("market", Kind.PRODUCTS) in begun
    assert begun <= {(event.connection, event.kind) for event in told if isinstance(event, PullEnded)}


def beat(run, **values):
    fields = {"at": NOW.isoformat(), "done": 1, "total": 2, "rate": 1.0, "eta": 1.0, "phase": "writing"}
    return {"run": run, **fields, **values}


def test_what_a_killed_process_left_behind_is_not_shown_as_work():
    docs = [beat("r1"), beat("r2"), beat("read:shop/products"), beat("read:books/products")]
    found = work_now(docs, NOW, {"r1": "main"}, {"shop": "reading main"})
    assert [work.key for work in found] == ["r1", "shop/products"]
    assert found[0].budgets == (), "beats of an older version have none"
    (late,) = work_now([beat("r1")], NOW + timedelta(seconds=61), {"r1": "main"}, {})
    assert late.silent


async def test_the_pace_follows_the_catalogues_and_the_last_runs(ws):
    pace = ws.monitor.pace(ws.integration())
    assert pace.words == "every 15 minutes"
    for side in Side:
        name = ws.integration().connection(side)
        assert f"{name} {ws.cache.count(name, Kind.PRODUCTS):,} rows at 60,000 requests a minute" in str(pace)
