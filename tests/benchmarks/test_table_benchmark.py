"""The virtual table and the console in a real PTY, against Textual's DataTable and a bare ``import textual.app``.

Everything is timed from outside, as a terminal sees it: from the key that is written to the last byte of the repaint.
Only ratios are judged; both sides are measured in one run on the same machine. ``pytest -m benchmark`` runs it.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
ROWS = int(os.environ.get("CROSSWALK_BENCH_ROWS", "100000"))
COLS, LINES = 120, 40

MODEL = """
import random
rng = random.Random(1)
words = "backup firewall seat mailbox endpoint monitor voice identity storage licence".split()
def rows(n):
    for i in range(n):
        name = f"{rng.choice(words)} {rng.choice(words)} {i:06}"
        mapped = rng.random() < 0.7
        yield (f"S{i}", name, name.upper() if mapped else "", "In sync" if mapped else "Unmapped", "detail")
"""

VIRTUAL = (
    MODEL
    + """
import sys
from textual.app import App
from tui.widgets.columns import Column
from tui.widgets.table import Table
data = list(rows(int(sys.argv[1])))
columns = [Column(str(n), t, (lambda r, n=n: r[n]), 12, weight=1) for n, t in enumerate(("Id", "Left", "Right", "Status", "Detail"))]
class Bench(App):
    def compose(self):
        yield Table(columns, lambda row: row[0])
    def on_mount(self):
        self.query_one(Table).focus()
        self.query_one(Table).say_empty("READY")
    def key_f2(self):
        self.query_one(Table).show(data)
    def key_f3(self):
        self.query_one(Table).set_view([i for i, row in enumerate(data) if row[3] == "Unmapped"])
Bench().run()
"""
)

DATATABLE = (
    MODEL
    + """
import sys
from textual.app import App
from textual.widgets import DataTable
data = list(rows(int(sys.argv[1])))
class Bench(App):
    def compose(self):
        yield DataTable(cursor_type="row")
    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns("READY", "Left", "Right", "Status", "Detail")
        table.focus()
    def key_f2(self):
        self.query_one(DataTable).add_rows(data)
    def key_f3(self):
        table = self.query_one(DataTable)
        table.clear()
        table.add_rows([row for row in data if row[3] == "Unmapped"])
Bench().run()
"""
)


class Terminal:
    """A program in a PTY; nothing is known of it but its bytes."""

    def __init__(self, argv: list[str], env: dict[str, str] | None = None) -> None:
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.chdir(ROOT)
            clean = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "TMUX"}}
            os.execvpe(argv[0], argv, {**clean, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLS, 0, 0))
        self.process = psutil.Process(self.pid)

    def until(self, marker: bytes, timeout: float = 300) -> float:
        """Seconds until the program has written ``marker``."""
        start, seen = time.perf_counter(), b""
        while marker not in seen:
            ready, _, _ = select.select([self.fd], [], [], timeout)
            assert ready, f"{marker!r} never came; the last was {seen[-500:]!r}"
            seen = seen[-len(marker) * 2 :] + os.read(self.fd, 65536)
        return time.perf_counter() - start

    def quiet(self, still: float = 0.3) -> float:
        """Seconds until the last byte before a pause of ``still`` seconds."""
        start = last = time.perf_counter()
        while select.select([self.fd], [], [], still)[0]:
            if not os.read(self.fd, 65536):
                break
            last = time.perf_counter()
        return last - start

    def key(self, key: bytes, still: float = 0.1) -> float:
        """Seconds from a key to the last byte of what it paints."""
        self.quiet(0.02)
        start = time.perf_counter()
        os.write(self.fd, key)
        assert select.select([self.fd], [], [], 20)[0], f"{key!r} painted nothing"
        self.quiet(still)
        return time.perf_counter() - start - still

    def cpu(self, seconds: float) -> float:
        """Percent of a core over some seconds."""
        before, start = self.process.cpu_times(), time.perf_counter()
        while (left := start + seconds - time.perf_counter()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                os.read(self.fd, 65536)
        after = self.process.cpu_times()
        return 100 * (after.user + after.system - before.user - before.system) / (time.perf_counter() - start)

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.fd)
        os.waitpid(self.pid, 0)


@contextmanager
def terminal(*argv: str, env: dict[str, str] | None = None) -> Iterator[Terminal]:
    running = Terminal(list(argv), env)
    try:
        yield running
    finally:
        running.close()


def measure(program: str) -> dict[str, float]:
    """Milliseconds: data to paint, a cursor move, a scroll by one line, a filter to 30 % of the rows."""
    with terminal(sys.executable, "-c", program, str(ROWS)) as app:
        app.until(b"READY")
        app.quiet()
        os.write(app.fd, b"\x1bOQ")  # f2: show the data
        shown = app.until(b"000000")
        app.quiet(1.0)
        moves = [app.key(b"\x1b[B") for _ in range(30)]
        for _ in range(15):  # to the lower edge: from there on every line scrolls
            app.key(b"\x1b[B")
        scrolls = [app.key(b"\x1b[B") for _ in range(25)]
        pages = [app.key(b"\x1b[6~") for _ in range(10)]
        os.write(app.fd, b"\x1bOR")  # f3: only unmapped
        app.quiet(0.02)
        start = time.perf_counter()
        select.select([app.fd], [], [], 300)
        app.quiet(1.0)
        filtered = max(0.0, time.perf_counter() - start - 1.0)
    values = {
        "data to paint": shown,
        "cursor move": statistics.median(moves),
        "scroll by a line": statistics.median(scrolls),
        "page down": statistics.median(pages),
        "filter": filtered,
    }
    return {name: value * 1e3 for name, value in values.items()}


def test_the_table_against_textuals_own(capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs = measure(VIRTUAL), measure(DATATABLE)
    with capsys.disabled():
        print(f"\n{ROWS:,} rows, ms          virtual   DataTable   ratio")
        for name, value in ours.items():
            print(f"  {name:<18} {value:9.1f} {theirs[name]:11.1f}   1/{theirs[name] / value:.1f}")
    assert ours["data to paint"] <= theirs["data to paint"] / 50
    assert ours["cursor move"] <= theirs["cursor move"] / 2
    assert ours["scroll by a line"] <= theirs["scroll by a line"] / 2
    assert ours["page down"] <= theirs["page down"] / 2
    assert ours["filter"] <= theirs["filter"] / 10


def test_first_paint_costs_little_more_than_importing_textual(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imports, paints = [], []
    for _ in range(9):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import textual.app"], check=True, cwd=ROOT)
        imports.append(time.perf_counter() - start)
        with terminal(sys.executable, "-m", "tui", "--workspace", str(tmp_path / "w")) as app:
            app.until(b"Customers")
            paints.append(time.perf_counter() - app.started)
    ratio = min(paints) / min(imports)
    with capsys.disabled():
        print(f"\nfirst paint {min(paints) * 1e3:.0f} ms, import textual.app {min(imports) * 1e3:.0f} ms: {ratio:.2f}x")
    assert ratio <= 1.3


def command(workspace: Path, *arguments: str) -> None:
    """One command of Crosswalk's own."""
    argv = [sys.executable, "-m", "tui", *arguments, "--workspace", str(workspace)]
    subprocess.run(argv, check=True, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def prepare(workspace: Path, rows: int) -> None:
    """A workspace over two files of products, read."""
    for side in ("shop", "office"):
        lines = [f"{n},{side} product {n:06},m{n:06},{n % 90}.50\n" for n in range(rows)]
        (workspace.parent / f"{side}.csv").write_text("id,name,mpn,price\n" + "".join(lines))
        command(workspace, "connection", "add", side, "files", "--set", f"products.path={workspace.parent / side}.csv")
    command(workspace, "integration", "add", "bench", "shop", "office")
    command(workspace, "pull")
    command(workspace, "suggest", "products")  # otherwise the console looks for them by itself, which is no idling
    far = (datetime.now(UTC) + timedelta(hours=12)).hour
    command(workspace, "schedule", "add", f"daily at {far:02}:00")


def test_an_idle_console_costs_next_to_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(tmp_path / "w", 1_000)
    with terminal(sys.executable, "-m", "tui", "--workspace", str(tmp_path / "w")) as app:
        app.until(b"(1,000)")
        app.quiet(4.0)
        percent = app.cpu(12)
        os.write(app.fd, b"4")
        app.until(b"Automatic: console")
        app.quiet(4.0)
        monitor = app.cpu(12)
    with capsys.disabled():
        print(f"\nidle: {percent:.2f} % of a core on a list, {monitor:.2f} % on the monitor")
    assert percent <= 1.0
    assert monitor <= 1.0
