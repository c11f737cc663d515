"""The real program in a real terminal: however it is closed, the terminal is restored and the process ends."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEAVES_ALTERNATE_SCREEN = b"\x1b[?1049l"
SECONDS = 60


class Program:
    """Crosswalk in a PTY of 80x24."""

    def __init__(self, workspace: Path, *, ignore_hangup: bool = False) -> None:
        self.pid, self.fd = pty.fork()
        if not self.pid:
            if ignore_hangup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.chdir(ROOT)
            environ = {name: value for name, value in os.environ.items() if name not in {"TMUX", "COLUMNS", "LINES"}}
            argv = [sys.executable, "-m", "tui", "--workspace", str(workspace)]
            os.execvpe(argv[0], argv, {**environ, "TERM": "xterm-256color"})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.code: int | None = None

    def until(self, marker: bytes) -> bytes:
        """Read until the program has written something."""
        seen, end = b"", time.monotonic() + SECONDS
        while marker not in seen:
            assert select.select([self.fd], [], [], max(0.0, end - time.monotonic()))[0], seen[-2000:]
            seen += os.read(self.fd, 65536)
        return seen

    def ended(self) -> int:
        """Wait for the end of the process; its exit code, or minus the signal that killed it."""
        watch = os.pidfd_open(self.pid)
        try:
            assert select.select([watch], [], [], SECONDS)[0], "it never ended"
        finally:
            os.close(watch)
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code

    def close(self) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    running = Program(tmp_path / "w")
    try:
        running.until(b"Customers")
        yield running
    finally:
        running.close()
        os.close(running.fd)


def test_ctrl_q_ends_it(program: Program) -> None:
    os.write(program.fd, b"\x11")
    program.until(LEAVES_ALTERNATE_SCREEN)
    assert program.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal_and_says_why(program: Program, number: signal.Signals) -> None:
    os.kill(program.pid, number)
    seen = program.until(b"can be resumed")
    said = seen[seen.index(LEAVES_ALTERNATE_SCREEN) :]  # one read may bring both: looked for in what came so far
    assert number.name.encode() in said
    assert b"can be resumed" in said
    assert program.ended() == 0


def test_a_terminal_that_vanishes_does_not_leave_an_orphan(tmp_path: Path) -> None:
    running = Program(tmp_path / "w", ignore_hangup=True)
    try:
        running.until(b"Customers")
        os.close(running.fd)
        running.ended()
    finally:
        running.close()


def test_a_workspace_that_cannot_be_opened_is_said_after_the_console_closed(tmp_path: Path) -> None:
    (tmp_path / "w").write_text("a file, not a directory")
    running = Program(tmp_path / "w")
    try:
        seen = running.until(str(tmp_path / "w").encode())
        left = seen.index(LEAVES_ALTERNATE_SCREEN)  # one read may bring both: they are looked for in what came so far
        assert b"crosswalk: " in seen[left:]
        assert running.ended() == 1
    finally:
        running.close()
        os.close(running.fd)
