"""The monitor left open for a day: a real console in a PTY whose clock runs fast, over files whose prices keep moving.

Memory is measured from outside, as the operating system sees it, and live objects inside; the first hours, in which caches
fill, are not counted.
``pytest -m benchmark`` runs it; ``CROSSWALK_SOAK_SPEED`` says how many seconds pass in one.
"""

from __future__ import annotations

import fcntl
import os
import pty
import random
import select
import signal
import statistics
import struct
import sys
import termios
import time
from pathlib import Path

import psutil
import pytest

from connectors.registry import EntryPointRegistry
from engine.model import Kind
from engine.workspace import Workspace

pytestmark = [pytest.mark.benchmark, pytest.mark.slow, pytest.mark.timeout(3600)]

ROOT = Path(__file__).parents[2]
SPEED = float(os.environ.get("CROSSWALK_SOAK_SPEED", "240"))
ROWS = 500
DAY = 86_400 * int(os.environ.get("CROSSWALK_SOAK_DAYS", "1"))

CONSOLE = """
import asyncio, gc, sys, threading, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from connectors.registry import EntryPointRegistry
from engine.workspace import Workspace
from tui.app import Console

class FastClock:
    def __init__(self, speed):
        self.speed, self.began, self.start = speed, time.monotonic(), datetime.now(UTC)
    def now(self):
        return self.start + timedelta(seconds=(time.monotonic() - self.began) * self.speed)
    def monotonic(self):
        return (time.monotonic() - self.began) * self.speed
    async def sleep(self, seconds):
        await asyncio.sleep(seconds / self.speed)

def count(file):
    # the number of live objects, every simulated hour
    while True:
        time.sleep(3600 / clock.speed)
        gc.collect()
        file.write(f"{len(gc.get_objects())}\\n")
        file.flush()

clock = FastClock(float(sys.argv[2]))
threading.Thread(target=count, args=(open(sys.argv[3], "w"),), daemon=True).start()
Console(lambda: Workspace.open(Path(sys.argv[1]), EntryPointRegistry(), clock=clock), first_tab="sync").run()
"""


def write(path: Path, seed: int) -> None:
    """A catalogue in which about one price in twenty differs from that of another seed."""
    moved = random.Random(seed)
    lines = [f"{n},Product {n},M{n},{n % 90 + 10 + (moved.random() < 0.05)}.50\n" for n in range(ROWS)]
    new = path.with_suffix(".new")
    new.write_text("id,name,mpn,price\n" + "".join(lines))
    new.replace(path)


async def prepare(path: Path) -> None:
    """Two files, mapped and once synced, with an automatic sync every 15 minutes."""
    for name in ("shop", "office"):
        write(path.parent / f"{name}.csv", 0)
    ws = Workspace.open(path, EntryPointRegistry())
    for name in ("shop", "office"):
        ws.add_connection(name, "files", {"products.path": str(path.parent / f"{name}.csv"), "writable": "true"})
    off = ("max_rows", "max_percent_of_catalogue", "max_change_percent", "max_shrink_percent")
    settings = {"fields": "price", "masters.price": "storefront", **{f"guards.{name}": "" for name in off}}
    ws.add_integration("soak", "shop", "office", settings)
    await ws.pull()
    ws.map(None, Kind.PRODUCTS, [(str(n), str(n)) for n in range(ROWS)])
    plan = await ws.plan(None, kinds=(Kind.PRODUCTS,))
    await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
    ws.schedules.add("soak", "every 15 minutes", "UTC")
    await ws.suggest(None, Kind.PRODUCTS)
    await ws.close()


def live_a_day(workspace: Path) -> tuple[list[float], int, float]:
    """Megabytes every half simulated hour, bytes painted, and seconds of processor time."""
    pid, fd = pty.fork()
    if not pid:
        os.chdir(ROOT)
        clean = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "TMUX"}}
        argv = [sys.executable, "-c", CONSOLE, str(workspace), str(SPEED), str(workspace.parent / "objects")]
        os.execvpe(argv[0], argv, {**clean, "TERM": "xterm-256color"})
    try:
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        process, sizes, painted = psutil.Process(pid), [], 0
        start = time.monotonic()
        while (passed := (time.monotonic() - start) * SPEED) < DAY:
            if passed >= len(sizes) * 1800:
                sizes.append(process.memory_info().rss / 2**20)
                write(workspace.parent / "shop.csv", len(sizes))
            if select.select([fd], [], [], 0.2)[0]:
                painted += len(os.read(fd, 65536))
        times = process.cpu_times()
        return sizes, painted, times.user + times.system
    finally:
        os.kill(pid, signal.SIGKILL)
        os.close(fd)
        os.waitpid(pid, 0)


async def test_memory_stays_flat_over_a_day_of_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await prepare(tmp_path / "w")
    sizes, painted, processor = live_a_day(tmp_path / "w")
    ws = Workspace.open(tmp_path / "w", EntryPointRegistry())
    runs = [run for run in ws.runs(limit=500) if run.trigger.startswith("schedule")]
    written, alarms = sum(run.totals.applied for run in runs), ws.alarms()
    await ws.close()
    objects = [int(line) for line in (tmp_path / "objects").read_text().splitlines()]
    settled, last = statistics.median(sizes[8:16]), statistics.median(sizes[-8:])
    kept, left = statistics.median(objects[4:8]), statistics.median(objects[-4:])
    with capsys.disabled():
        print(f"\na day at {SPEED:g} times the speed: {len(runs)} automatic runs, {written:,} prices written")
        print(f"  memory after 4 h {settled:.1f} MB, at the end {last:.1f} MB, most {max(sizes):.1f} MB")
        print(f"  live objects after 4 h {kept:,.0f}, at the end {left:,.0f}")
        print(f"  every two hours: {' '.join(f'{size:.1f}' for size in sizes[::4])}")
        print(f"  {painted / 1024:,.0f} KiB painted, {processor:.0f} s of processor time")
        print("".join(f"  alarm: {alarm.message}\n" for alarm in alarms))
    assert len(runs) >= 90 * DAY / 86_400, "96 quarter hours, less what the start and the jitter take"
    assert written > 500
    assert left <= 1.03 * kept, "nothing is kept of what is over, but for the list of the newest runs"
    assert last <= 1.15 * settled, "the allocator may take a step, it may not climb"
