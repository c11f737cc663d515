"""Two real processes on one workspace: one at a time on a connection, seen and stopped by the other, one token for both."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from itertools import pairwise

import pytest

from connectors.sandbox.limits import RateLimit
from engine.changes import RunState
from engine.errors import Busy
from engine.model import Field, Kind
from tests import waiting

ALLOW = ("--allow", "everything-changed", "--allow", "change-percent", "--allow", "below-cost")
SYNC = ("sync", "--all", "--yes", *ALLOW)
MAPPED = ("310001", "310003", "310005", "310007")


def until(holds):
    """Wait for a condition in another process."""
    asyncio.run(waiting.until(holds))


@pytest.fixture
def syncing(lab, shop, starter):
    """A process in the middle of a sync: its first write waits for ``shop.psa.app.release()``. (workspace, pid)"""
    path = lab.fresh()
    shop.psa.app.faults.add("hold", method="PUT")
    pid = starter.start(path, *SYNC)
    shop.psa.wait_for(lambda log: any(entry.fault for entry in log), timeout=waiting.DEADLINE)
    yield path, pid
    shop.well_again()


def opened(shop, path, look):
    """What ``look`` finds in the workspace, opened in this process."""

    async def do():
        ws = shop.open(path)
        try:
            found = look(ws)
            return await found if asyncio.iscoroutine(found) else found
        finally:
            await ws.close()

    return asyncio.run(do())


def test_a_second_sync_waits_for_the_first_and_says_for_whom(lab, shop, starter, second, syncing):
    path, pid = syncing
    other = second.start(path, *SYNC)
    until(lambda: f"process {pid}" in second.said())
    count = len(shop.log("market"))
    assert other != pid
    assert "sync of resale" in second.said()
    shop.psa.app.release()
    assert (ended := starter.wait()).code == 0, ended.said
    assert (ended := second.wait()).code == 0, ended.said
    assert lab.problems(path, "sync") == []
    runs = opened(shop, path, lambda ws: ws.runs())
    assert [run.state for run in runs] == [RunState.DONE]
    log = shop.log("market")
    assert [entry.path for entry in log].count("/token") == 1, "the second process uses the token of the first"
    assert {entry.path for entry in log[count:]} == {"/products"}, "it read everything anew when its turn came"


def test_whoever_does_not_wait_is_told_who_is_in_the_way(shop, starter, syncing):
    path, pid = syncing

    async def impatient(ws):
        ws._operations.patience = 0.0
        await ws.pull()

    with pytest.raises(Busy, match=f"process {pid}") as refused:
        opened(shop, path, impatient)
    assert refused.value.exit_code == 5
    assert "Nothing was done" in str(refused.value)
    shop.psa.app.release()
    assert (ended := starter.wait()).code == 0, ended.said


def test_another_process_sees_the_run_while_it_runs(shop, starter, second, syncing):
    path, pid = syncing
    (run,) = opened(shop, path, lambda ws: ws.runs())
    assert run.state is RunState.RUNNING
    assert run.heartbeat is not None
    assert run.heartbeat >= run.started
    held = opened(shop, path, lambda ws: ws.connection("psa"))
    assert str(pid) in held.holder
    assert opened(shop, path, lambda ws: ws.recover()) == [], "a live run is nobody else's to settle"
    ended = second.run(path, "runs", "--json")
    assert ended.code == 0
    assert json.loads(ended.said)["runs"][0]["state"] == "running"
    shop.psa.app.release()
    assert (ended := starter.wait()).code == 0, ended.said
    (run,) = opened(shop, path, lambda ws: ws.runs())
    assert (run.state, run.heartbeat) == (RunState.DONE, None)


def test_a_cancel_from_another_process_is_obeyed(lab, shop, starter, second):
    path = lab.fresh()
    shop.market.app.faults.add("hold", method="POST", path="/customers")
    starter.start(path, "import", "customers", "--all", "--yes")
    shop.market.wait_for(lambda log: any(entry.fault for entry in log), timeout=waiting.DEADLINE)
    (run,) = opened(shop, path, lambda ws: ws.runs())
    assert second.run(path, "cancel", run.id).code == 0
    shop.market.app.release()
    ended = starter.wait()
    assert ended.code == 4, ended.said
    (run,) = opened(shop, path, lambda ws: ws.runs())
    assert (run.state, run.totals.applied, run.totals.not_sent) == (RunState.CANCELLED, 1, 1)
    assert len(shop.market.state.tables["customers"]) == len(shop.before["market"]["customers"]) + 1
    assert second.run(path, "resume", run.id).code == 0
    assert len(shop.market.state.tables["customers"]) == len(shop.before["market"]["customers"]) + 2


@pytest.mark.parametrize(("kind", "runs_after"), [("hold", 2), ("hold_after", 1)])
def test_whoever_waits_settles_what_a_killed_process_left(lab, shop, starter, second, kind, runs_after):
    """Also where nothing is left to be sent: the run that was killed must not look alive for ever."""
    path = lab.fresh()
    shop.psa.app.faults.add(kind, method="PUT", times=0 if kind == "hold_after" else 1)
    pid = starter.start(path, *SYNC)
    shop.psa.wait_for(lambda log: sum(entry.method == "PUT" for entry in log) == len(MAPPED), timeout=waiting.DEADLINE)
    second.start(path, *SYNC)
    until(lambda: f"process {pid}" in second.said())
    os.kill(pid, signal.SIGKILL)
    assert starter.wait().code == -9
    assert (ended := second.wait()).code == 0, ended.said
    shop.psa.app.release()
    assert lab.problems(path, "sync") == []
    runs = opened(shop, path, lambda ws: ws.runs())
    assert [run.state for run in runs] == [RunState.DONE, RunState.INTERRUPTED][-runs_after:]


@pytest.mark.parametrize("first", [SYNC, ("pull",), ("plan",)], ids=["sync", "pull", "plan"])
def test_two_at_once_take_turns_and_keep_the_rate_limit_together(lab, shop, starter, second, first, monkeypatch):
    path = lab.fresh()
    opened(shop, path, lambda ws: ws.set_connection("psa", {"rate_per_minute": "600"}))
    monkeypatch.setattr(shop.psa.app, "limiter", RateLimit(16, 60))  # in any second; two at once would ask for 20
    starter.start(path, *first)
    second.start(path, *SYNC)
    ended = [starter.wait(), second.wait()]
    assert [one.code for one in ended] == [0, 0], ended
    assert [entry.status for entry in shop.log("psa")].count(429) == 0
    assert [entry.path for entry in shop.log("market")].count("/token") == 1
    assert lab.problems(path, "sync") == []
    runs = sorted(opened(shop, path, lambda ws: ws.runs()), key=lambda run: run.started)
    assert all(one.ended <= other.started for one, other in pairwise(runs))


# ---------------------------------------------------------------------------------------------- a full disk
@pytest.mark.faults
def test_a_disk_that_fills_up_loses_nothing_and_is_said(lab, matrix, shop, starter):
    stopped = 0
    size = max(file.stat().st_size for file in shop.template.iterdir() if file.is_file())
    for limit in range(4096, size + 200_000, 24_576):
        path = lab.fresh()
        ended = starter.run(path, *SYNC, file_bytes=limit)
        stopped += ended.code != 0
        found = []
        if ended.code and "disk" not in ended.said:
            found.append(f"{ended.code}: {ended.said}")
        if "bug" in ended.said:
            found.append(ended.said)
        lab.go_on(path, "sync")
        matrix.add("full disk", f"{limit} bytes", [*found, *lab.problems(path, "sync")])
    assert stopped > 3


def test_a_plan_is_what_is_read_while_another_process_writes(shop, starter, syncing):
    """A console's lists stay readable while another process syncs; nothing waits."""
    path, _ = syncing
    rows = opened(shop, path, lambda ws: ws.snapshot(None, Kind.PRODUCTS).rows)
    assert len(rows) == 6
    assert opened(shop, path, lambda ws: ws.detail(None, Kind.PRODUCTS, "310001")).fields[0].field is Field.PRICE
    shop.psa.app.release()
    assert (ended := starter.wait()).code == 0, ended.said
