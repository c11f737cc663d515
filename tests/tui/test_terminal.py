"""Starting without a terminal, signals, a frozen terminal, and what is imported before the first paint."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tui import terminal
from tui.__main__ import console_only

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "console"),
    [
        ([], (True, None)),
        (["--workspace", "w"], (True, Path("w"))),
        (["--workspace=w"], (True, Path("w"))),
        (["--workspace"], (False, None)),
        (["--workspace", "--json"], (False, None)),
        (["--help"], (False, None)),
        (["--workspace", "w", "list", "products"], (False, None)),
        (["demo"], (False, None)),
    ],
)
def test_the_console_is_what_nothing_else_asks_for(arguments: list[str], console: tuple[bool, Path | None]) -> None:
    assert console_only(arguments) == console


def test_without_a_terminal_it_says_so_and_names_what_works(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui", "--workspace", str(tmp_path / "w")],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "crosswalk --help" in done.stderr
    assert "demo --headless" in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "w").exists()


def test_a_dumb_terminal_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tty:
        closed = False

        def isatty(self) -> bool:
            return True

    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, Tty())
    assert terminal.missing({"TERM": "xterm"}) == ""
    assert terminal.missing({"TERM": "dumb"}) == "TERM is dumb"
    assert terminal.missing({}) == "TERM is not set"


def test_nothing_but_textual_is_imported_before_the_first_paint() -> None:
    program = """
import sys
from tui.app import Console
from tui.screens import customers, global_actions
global_actions.add()
console = Console(lambda: None)
for name in ("engine", "connectors", "typer", "httpx", "pydantic", "numpy", "tinydb", "croniter"):
    found = [module for module in sys.modules if module == name or module.startswith(name + ".")]
    assert not found, found
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)


async def test_sigterm_ends_the_app_with_a_message(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        os.kill(os.getpid(), signal.SIGTERM)
        while not d.console.guard.reason:
            await d.pilot.pause()
        assert d.console.guard.reason == "SIGTERM"
        assert d.console._exit


async def test_sighup_is_heard_too_and_only_once(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        os.kill(os.getpid(), signal.SIGHUP)
        while not d.console.guard.reason:
            await d.pilot.pause()
        d.console.guard.leave("again")
        assert d.console.guard.reason == "SIGHUP"


class Queue:
    def __init__(self, size: int) -> None:
        self.size = size

    def qsize(self) -> int:
        return self.size


class Writer:
    def __init__(self, queue: Queue) -> None:
        self._queue = queue


class Driver:
    def __init__(self, queue: Queue) -> None:
        self._writer_thread = Writer(queue)


class Screen:
    def __init__(self) -> None:
        self.refreshed = asyncio.Event()

    def refresh(self, *, layout: bool) -> None:
        assert layout
        self.refreshed.set()


class Frozen:
    def __init__(self, waiting: int) -> None:
        self.queue = Queue(waiting)
        self._driver = Driver(self.queue)
        self.screen = Screen()


async def test_paints_pause_while_the_terminal_does_not_read_and_one_makes_up_for_them() -> None:
    app: Any = Frozen(0)
    throttle = terminal.Throttle(app)
    assert throttle.may_paint()
    app.queue.size = 4
    assert not throttle.may_paint()
    assert throttle.behind
    app.queue.size = 0
    async with asyncio.timeout(5):
        await app.screen.refreshed.wait()
    assert throttle.may_paint()
    assert not throttle.behind
