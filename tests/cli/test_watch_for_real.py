"""``crosswalk watch`` as a process of its own over real HTTP: it syncs by itself, is seen live, and ends in order."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from tinydb import Query

from engine.model import Kind
from tui import compose

CHANGED = 12


@pytest.fixture
async def ws(shop):
    """The workspace as a console has it open."""
    made = compose.open_workspace(shop.path, "tester")
    yield made
    await made.close()


@pytest.fixture
async def due(ws, shop):
    """Mapped and once synced, then twelve prices move and an automatic sync is due; the first that is noticed."""
    flat = [
        (left, right)
        for left, right in shop.pairs
        if len(prices := shop.marketplace.state.tables["products"][left]["prices"]) == 1
        and prices[0]["model"] == "FLAT"
        and prices[0]["currency"] == "USD"
        and float(prices[0]["amount"]) > 5
    ][:CHANGED]
    assert len(flat) == CHANGED
    limits = ("below_cost", "everything_changed")
    ws.set_integration("shop", {"masters.price": "storefront", **{f"guards.{name}": "false" for name in limits}})
    ws.set_integration("shop", {"guards.max_change_percent": ""})
    ws.map(None, Kind.PRODUCTS, flat)
    plan = await ws.plan(None, kinds=(Kind.PRODUCTS,))
    await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
    for left, right in flat:
        shop.reprice(left, f"{shop.price(right) + 1:.2f}")
    made = ws.schedules.add("shop", "every 15 minutes", "UTC", kinds=(Kind.PRODUCTS,))
    earlier = (datetime.now(UTC) - timedelta(minutes=50)).isoformat()
    ws.store.table("schedules").update({"since": earlier}, Query().id == made.id)
    shop.syncro.app.log.clear()
    yield made
    shop.syncro.app.latency_ms = 0.0


@contextmanager
def watching(shop):
    command = [sys.executable, "-m", "tui", "--workspace", str(shop.path), "watch"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def writes(entries):
    return [entry for entry in entries if entry.changed]


async def test_sigterm_settles_the_batch_in_flight(ws, shop, due):
    shop.syncro.app.latency_ms = 60.0
    with watching(shop) as child:
        shop.syncro.wait_for(lambda log: len(writes(log)) >= 2, 30)
        running = [run for run in ws.runs() if run.state == "running"]
        pulse = ws.monitor.pulse(ws.schedules.all(), running, ws.connections())
        child.send_signal(signal.SIGTERM)
        said = child.stderr.read()
        assert child.wait() == 0
    (work,) = pulse.work
    assert (work.integration, work.total) == ("shop", CHANGED)
    assert {name for name, _ in work.budgets} == {"marketplace", "syncro"}
    assert any(name.startswith("watch (process ") for name in pulse.schedulers)
    assert "Stopped in order; what was in flight is settled" in said
    (run,) = [run for run in ws.runs() if run.trigger == f"schedule {due.id}"]
    sent = len(writes(shop.syncro.requests))
    assert run.state == "interrupted"
    assert run.totals.adds_up
    assert run.totals.applied == sent >= 2, "what the system holds is what the run says, and the rest was not sent"
    assert run.totals.not_sent == CHANGED - sent
    assert len(ws.store.table("intents")) == 0
    assert ws.schedules.alive() == []
    after = ws.schedules.get(due.id)
    assert (after.last_result, after.running_by) == ("cut short: the program was closed", "")
    assert any("was cut short: the program was closed" in alarm.message for alarm in ws.alarms())


async def test_a_console_beside_watch_never_runs_its_slot_again(ws, shop, due):
    with watching(shop) as child:
        shop.syncro.wait_for(lambda log: len(writes(log)) >= 1, 30)
        console = ws.scheduler("console")
        assert console.turn() == [], "the slot is taken"
        assert "done" in child.stderr.readline() + child.stderr.readline() + child.stderr.readline()
        child.send_signal(signal.SIGTERM)
        assert child.wait() == 0
    runs = [run for run in ws.runs() if run.trigger.startswith("schedule")]
    assert [(run.state.value, run.totals.applied) for run in runs] == [("done", CHANGED)]
    assert len(writes(shop.syncro.requests)) == CHANGED
    ws.schedules.silence(console.token)


async def test_the_alarm_of_a_killed_watch_is_told_by_the_next(ws, shop, due, tmp_path):
    """kill -9 in the middle of a run: the next ``watch`` settles it, says so, and tells the command of it."""
    out, hook = tmp_path / "told", shop.path / "crosswalk.toml"
    code = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"
    hook.write_text(f"on_alarm = {json.dumps([sys.executable, '-c', code, str(out)])}")
    hook.chmod(0o600)
    shop.syncro.app.latency_ms = 60.0
    with watching(shop) as child:
        shop.syncro.wait_for(lambda log: len(writes(log)) >= 2, 30)
        child.kill()
        child.wait()
    shop.syncro.app.latency_ms = 0.0
    with watching(shop) as child:
        assert "was cut short; what it had sent is settled now" in child.stderr.readline()
        while "Watching" not in child.stderr.readline():
            pass
        child.send_signal(signal.SIGTERM)
        assert child.wait() == 0
    assert len(ws.store.table("intents")) == 0
    told = [json.loads(line)["message"] for line in out.read_text().splitlines()]
    assert any("was interrupted" in message for message in told)
    assert {alarm.told for alarm in ws.alarms() if "was interrupted" in alarm.message} == {"told"}
