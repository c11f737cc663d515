"""The Sync tab as a live monitor: what it shows of any process, what is marked on every tab, and that it costs nothing idle."""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.changes import Purpose, Run, RunState, Totals
from engine.heartbeats import Work
from engine.monitor import Mark, Pulse, Trouble
from engine.ports import Budget
from engine.schedule import Attempt, Schedule
from engine.views import Alarm
from tui.widgets.monitor_lines import MonitorLine, WorkLine
from tui.widgets.spark import spark

NOON = datetime(2026, 11, 4, 12, tzinfo=UTC)
DEAD = Trouble(Mark.DEAD, "no scheduler is running: leave a console open or start `crosswalk watch`")
FAILING = Trouble(Mark.FAILING, "schedule s1 of acme failed: syncro does not answer", "acme", "s1")
WORK = Work(
    "r0", "acme", "writing", 120, 400, 2.41, 116.0,
    (("market", Budget(600, used=34, requests=70)), ("syncro", Budget(150, used=141, requests=141))), NOON,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def a_run(number: int, written: int, found: int = 0, state: str = "done", **more: Any) -> Run:
    at = NOON - timedelta(minutes=15 * number)
    ended = None if state == "running" else at + timedelta(seconds=40)
    totals = Totals(planned=max(found, written), applied=written, unverified=max(0, found - written))
    return Run(
        f"r{number}",
        "acme",
        Purpose.SYNC,
        RunState(state),
        at,
        ended,
        "ada",
        "p",
        totals,
        trigger="schedule s1",
        **more,
    )


def busy(fake: Any) -> Any:
    """A workspace in which another process syncs, with a history, a failing schedule and an open alarm."""
    ws = fake(integrations=("acme", "outlet"))
    runs = [a_run(n, written) for n, written in enumerate([3, 0, 0, 40, 1, 0, 900, 12, 0, 0, 5, 2], 1)]
    ws.run_list = [a_run(0, 0, state="running"), *runs]
    recent = (Attempt(NOON - timedelta(minutes=8), 4.0, good=False),)
    ws.schedules.made = [
        Schedule("s1", "acme", "*/15 * * * *", "Europe/Berlin", NOON, last_slot=NOON, last_good=NOON,
                 last_result="failed: syncro does not answer", recent=recent),
    ]  # fmt: skip
    ws.schedules.made[0] = replace(ws.schedules.made[0], last_slot=datetime.now(UTC))
    ws.alarm_list = [Alarm(1, NOON, "acme", "error", "automatic sync s1: syncro does not answer")]
    ws.monitor.now = Pulse(("watch (process 7)",), (WORK,), (FAILING,))
    ws.counters["schedules"] = 1
    return ws


def still(text: str) -> str:
    """Without the next fire, which depends on the day."""
    return re.sub(r"\d\d-\d\d \d\d:\d\d( 11-04)", r"NN-NN NN:NN\1", text)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_monitor_shows_everything_at_once(open_console, fake, text_golden, size):
    async with open_console(busy(fake), size=size, tab="sync") as d:
        await d.settle(lambda: "failing" in d.text or "running" in d.text)
        text_golden(f"monitor-{size[0]}x{size[1]}", still(d.text))
        if size == (80, 24):
            svg = d.console.export_screenshot(title="Crosswalk")
            svg = re.sub(r"terminal-\d+", "terminal", re.sub(r"\d\d-\d\d&#160;\d\d:\d\d(&#160;11-04)", r"N\1", svg))
            path = Path(__file__).parent / "golden" / "monitor-80x24.svg"
            if os.environ.get("CROSSWALK_GOLDEN") == "write":
                path.write_text(svg, encoding="utf-8")
            assert svg == path.read_text(encoding="utf-8")


async def test_an_alarm_can_be_read_to_its_last_word(open_console, fake):
    """What to do stands at the end; the console of an admin who is called at night is a small one."""
    advice = "Connect the app to company 4620816365001234 again, and test the connection"
    text = f"automatic sync s1: {'no plan was made, because not everything could be read; ' * 4}{advice}"
    ws = busy(fake)
    ws.alarm_list = [Alarm(1, NOON, "acme", "error", text)]
    async with open_console(ws, size=(80, 24), tab="sync") as d:
        await d.settle(lambda: "Alarm since" in d.text)
        d.screen.query_one("#alarms").focus()
        await d.settle(lambda: advice in " ".join(d.text.split()))
        assert "running" in d.text, "the runs keep their place"


async def test_progress_of_another_process_has_rate_eta_and_both_budgets(open_console, fake):
    async with open_console(busy(fake), size=(160, 50), tab="sync") as d:
        line = d.screen.query(WorkLine).first()
        assert "acme writing [#########---------------------] 120 of 400 · 2.4/s · 1 min 56 s left" in line.text
        assert line.text.endswith("market 34/600 a min  syncro 141/150 a min")
        d.ws.monitor.now = replace(d.ws.monitor.now, work=(replace(WORK, silent=True),))
        await d.settle(lambda: "not heard of since" in line.text)
        d.ws.monitor.now = replace(d.ws.monitor.now, work=())
        await d.settle(lambda: not line.display)


@pytest.mark.parametrize("tab", ["customers", "products", "fees", "sync", "fields", "activity"])
async def test_a_failing_or_missed_schedule_is_marked_on_every_tab_also_when_its_alarm_was_seen(
    open_console, fake, tab
):
    ws = fake()
    async with open_console(ws, size=(80, 24), tab=tab) as d:
        assert "Sync ▲" not in d.text
        ws.monitor.now = Pulse(("console (process 1)",), (), (FAILING,))
        await d.settle(lambda: "Sync ▲" in d.text)
        assert "▲ sync failing" in d.text.splitlines()[0]
        missed = Trouble(Mark.MISSED, "schedule s2 of acme should have run at 2026-11-04 11:45 UTC", "acme", "s2")
        ws.monitor.now = Pulse(("console (process 1)",), (), (FAILING, missed))
        await d.settle(lambda: "▲ 2 syncs missed" in d.text.splitlines()[0])
        ws.monitor.now = Pulse((), (), (DEAD,))
        await d.settle(lambda: "▲ no scheduler" in d.text.splitlines()[0])
        ws.monitor.now = Pulse(("console (process 1)",))
        await d.settle(lambda: "▲" not in d.text)


async def test_the_first_line_says_who_runs_the_syncs_or_what_is_wrong(open_console, fake):
    ws = fake()
    async with open_console(ws, tab="sync") as d:
        line = d.screen.query_one(MonitorLine)
        assert "No automatic sync yet: + adds one" in line.text
        ws.schedules.made = [Schedule("s1", "acme", "*/15 * * * *", "UTC", datetime.now(UTC))]
        ws.monitor.now = Pulse(("console (process 1)", "watch (process 7)"))
        ws.counters["schedules"] = 2
        await d.settle(lambda: "Automatic: console (process 1), watch (process 7)" in line.text)
        assert "next acme" in line.text
        ws.monitor.now = Pulse((), (), (DEAD,))
        await d.settle(lambda: "no scheduler is running: leave a console open" in line.text)


async def test_nothing_is_painted_while_nothing_changes(open_console, fake):
    async with open_console(busy(fake), tab="sync") as d:
        await d.settle(lambda: "running" in d.text)
        painted = []
        d.console._display = lambda *what: painted.append(what)
        looks = []
        pulse = d.ws.monitor.pulse
        d.ws.monitor.pulse = lambda *what: looks.append(what) or pulse(*what)
        await d.settle(lambda: len(looks) > 5)
        assert painted == []


def test_a_sparkline_shows_small_beside_large_and_failed_beside_zero():
    assert spark([0, 3, 3000, None], 4) == "▁▃█×"
    assert len(spark(list(range(100)), 10)) == 10
    assert spark([5] * 3, 3) == "███"
    assert spark([], 0) == ""
