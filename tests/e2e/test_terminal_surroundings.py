"""The real program in terminals that end, vanish, are too small, have no colour, or are none at all."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.model import Kind
from engine.workspace import Workspace
from tests.waiting import DEADLINE
from tui import compose

ROOT = Path(__file__).parents[2]
PRODUCTS = "id,name,brand,mpn,price,currency\n" + "".join(
    f"p{n},Backup agent {n},Acme,BA-{n},{10 + n}.00,USD\n" for n in range(12)
)
COLOUR = re.compile(rb"\x1b\[[0-9;]*[34]8;2;(\d+);(\d+);(\d+)")


@pytest.fixture
async def workspace(tmp_path: Path) -> Path:
    """A workspace of two files with products on both sides, read once."""
    for name in ("shop", "books"):
        (tmp_path / f"{name}.csv").write_text(PRODUCTS, encoding="utf-8")
    ws = compose.open_workspace(tmp_path / "workspace", actor="test")
    for name in ("shop", "books"):
        ws.add_connection(name, "files", {"products.path": str(tmp_path / f"{name}.csv")})
    ws.add_integration("trial", "shop", "books", {})
    await ws.pull("trial")
    await ws.close()
    return tmp_path / "workspace"


async def reopened(path: Path) -> Workspace:
    """The workspace as the next start finds it: nothing to settle, nothing lost."""
    ws = compose.open_workspace(path, actor="test")
    assert await ws.recover() == []
    return ws


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_restores_the_terminal_and_keeps_the_workspace(
    number: signal.Signals, workspace: Path, console: Callable[..., Any]
) -> None:
    terminal = console()
    terminal.wait("2 Products (12)")
    terminal.press("2")
    terminal.wait(" = ", "Backup agent 3")
    terminal.press("a")
    terminal.wait("Accepted", "11 unmapped")

    terminal.process.send_signal(number)

    assert terminal.ended() == 0
    assert terminal.restored()
    assert f"closed by {number.name}".encode() in terminal.raw
    ws = await reopened(workspace)
    assert ws.snapshot("trial", Kind.PRODUCTS).unmapped == 11
    await ws.close()


def test_a_vanished_terminal_ends_the_process(workspace: Path, console: Callable[..., Any]) -> None:
    terminal = console()
    terminal.wait("2 Products (12)")
    process = psutil.Process(terminal.process.pid)
    busy = sum(process.cpu_times()[:2])

    terminal.vanish()
    spent = 0.0
    end = time.monotonic() + DEADLINE
    while terminal.process.poll() is None:
        assert time.monotonic() < end, "it goes on without a terminal"
        with contextlib.suppress(psutil.NoSuchProcess):
            spent = sum(process.cpu_times()[:2]) - busy
        with contextlib.suppress(subprocess.TimeoutExpired):
            terminal.process.wait(0.1)
    assert spent < 5, f"it took {spent:.1f} s of processor time to end"


@pytest.mark.parametrize(("term", "said"), [("dumb", "TERM is dumb"), ("", "TERM is not set")])
def test_a_terminal_without_a_cursor_is_refused_in_words(term: str, said: str, console: Callable[..., Any]) -> None:
    terminal = console(TERM=term)
    assert terminal.ended() == 2
    words = terminal.raw.decode()
    assert said in words
    assert "Nothing was opened or written" in words
    assert "crosswalk demo --headless" in words
    assert "\x1b" not in words


def test_no_terminal_at_all_is_said(tmp_path: Path) -> None:
    path = tmp_path / "workspace"
    done = subprocess.run(
        [sys.executable, "-m", "tui", "--workspace", str(path)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs a terminal, and standard input is not one" in done.stderr
    assert not path.exists()


def test_without_colour_all_is_grey_and_readable(workspace: Path, console: Callable[..., Any]) -> None:
    terminal = console(NO_COLOR="1")
    terminal.wait("2 Products (12)")
    terminal.press("2")
    terminal.wait("›", "Backup agent 3", "Unmapped")
    shades = {match.groups() for match in COLOUR.finditer(terminal.raw)}
    assert shades
    assert all(max(map(int, shade)) - min(map(int, shade)) <= 1 for shade in shades), "a colour was painted"
    same = [
        (row, column)
        for row, line in terminal.screen.buffer.items()
        for column, cell in line.items()
        if cell.data.strip() and cell.fg == cell.bg != "default"
    ]
    assert same == [], "text in the colour of its background"


def test_a_terminal_that_is_too_small_says_so_and_swallows_keys(workspace: Path, console: Callable[..., Any]) -> None:
    terminal = console(columns=40, rows=10)
    terminal.wait("too small")
    terminal.swallowed("2", "a", "S")
    terminal.resize(80, 24)
    terminal.wait("[1 Customers", "2 Products (12)")
    terminal.press("2")
    terminal.wait("[2 Products 12 unmapped", " = ")

    terminal.resize(40, 10)
    terminal.wait("too small")
    terminal.swallowed("a")
    terminal.resize(80, 24)
    terminal.wait("[2 Products 12 unmapped", " = ")
    terminal.press("ctrl+q")
    assert terminal.ended() == 0
    assert terminal.restored()
