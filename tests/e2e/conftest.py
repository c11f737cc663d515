"""A terminal to drive the real program in: a pseudo-terminal, its screen as ``pyte`` sees it, and keys.

Nothing here sleeps: ``wait`` selects on the terminal until the screen says what is wanted, or its deadline is over.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyte
import pytest

ROOT = Path(__file__).parents[2]
#: Seconds until a screen that does not come is a failure; a loaded machine is slow, a missing screen never comes.
DEADLINE = 40.0
KEYS = {
    "enter": b"\r",
    "tab": b"\t",
    "escape": b"\x1b",
    "space": b" ",
    "slash": b"/",
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "shift+tab": b"\x1b[Z",
    "page_down": b"\x1b[6~",
    "backspace": b"\x7f",
} | {f"ctrl+{letter}": bytes([ord(letter) - 96]) for letter in "abcdefghijklmnopqrstuvwxyz"}
#: Makes the pseudo-terminal the controlling one of a session of its own, then becomes the program.
BECOME = "import fcntl,os,sys,termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
#: "Do you paint frames at once?" - "Yes": so that half a frame is never looked at.
ASKS, SAYS_YES = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
FRAME_BEGINS, FRAME_ENDS = b"\x1b[?2026h", b"\x1b[?2026l"
ALT_SCREEN, MAIN_SCREEN, MOUSE_OFF, CURSOR_SHOWN = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?25h"

Wanted = str | re.Pattern[str] | Callable[[str], Any]


class Terminal:
    """One program in a terminal of its own. ``text`` is the screen as lines; ``raw`` all bytes that came."""

    def __init__(self, arguments: list[str], env: Mapping[str, str], columns: int = 80, rows: int = 24) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")
        self.raw = b""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.cooked = termios.tcgetattr(slave)
        self._slave = os.ttyname(slave)
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", BECOME, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(env),
            cwd=ROOT,
            start_new_session=True,
        )
        os.close(slave)

    # what it shows
    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait(self, *wanted: Wanted, deadline: float = DEADLINE) -> str:
        """The screen, once it shows all of ``wanted``: words, patterns, or questions about the text."""
        end = time.monotonic() + deadline
        while not (self.whole and all(_met(one, text) for text in [self.text] for one in wanted)):
            left = end - time.monotonic()
            if left <= 0 or not self._read(left):
                missing = [one for one in wanted if not _met(one, self.text)]
                pytest.fail(f"the screen never showed {missing}; it shows:\n{self.text}", pytrace=True)
        return self.text

    @property
    def whole(self) -> bool:
        """Whether the last frame has come to its end."""
        return self.raw.rfind(FRAME_ENDS) >= self.raw.rfind(FRAME_BEGINS)

    def gone(self, word: str) -> str:
        """The screen, once it does not show ``word`` any more."""
        return self.wait(lambda text: word not in text)

    def _read(self, seconds: float) -> bool:
        """Take in what comes within ``seconds``; False when nothing did, or the program closed the terminal."""
        if self.master < 0 or not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # EIO: nobody has the other end any more
            return False
        if ASKS in self.raw[-len(ASKS) :] + data:
            os.write(self.master, SAYS_YES)
        self.raw += data
        self._stream.feed(self._decode.decode(data))
        return bool(data)

    # what is done to it
    def press(self, *keys: str) -> None:
        """Press keys by name, or type a single character."""
        for key in keys:
            os.write(self.master, KEYS.get(key, key.encode()))

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)
        self.process.send_signal(signal.SIGWINCH)

    def swallowed(self, *keys: str) -> None:
        """Press keys that a terminal of less than 60x15 ignores, and wait until they have been; it is resized meanwhile."""
        self.press(*keys)
        end = time.monotonic() + DEADLINE
        while unread := self._unread():
            assert time.monotonic() < end, f"{unread} bytes of {keys} are never read"
            self._read(0.01)
        columns, rows = self.screen.columns + 1, self.screen.lines
        self.resize(columns, rows)
        self.wait(f"{columns}x{rows}")  # a frame that was painted after the keys were read

    def _unread(self) -> int:
        """Bytes that were typed and that the program has not read yet."""
        slave = os.open(self._slave, os.O_RDWR | os.O_NOCTTY)
        try:
            return int.from_bytes(fcntl.ioctl(slave, termios.FIONREAD, bytes(4)), sys.byteorder)
        finally:
            os.close(slave)

    def vanish(self) -> None:
        """The window is closed: the other end of the program's terminal is gone."""
        os.close(self.master)
        self.master = -1

    def ended(self, deadline: float = DEADLINE) -> int:
        """The exit code, once the program has ended; what it still writes is taken in."""
        end = time.monotonic() + deadline
        while self.process.poll() is None and time.monotonic() < end and self._read(end - time.monotonic()):
            pass
        code = self.process.wait(max(0.1, end - time.monotonic()))
        while self._read(0):
            pass
        return code

    def restored(self) -> bool:
        """Whether the alternate screen was left, mouse and cursor are as they were, and the line settings too."""
        left = self.raw.rfind(MAIN_SCREEN) > self.raw.rfind(ALT_SCREEN) >= 0
        return left and MOUSE_OFF in self.raw and CURSOR_SHOWN in self.raw and self.settings() == self.cooked

    def settings(self) -> list[Any]:
        """The terminal's line settings now (raw while the console runs)."""
        return termios.tcgetattr(self.master)

    def close(self) -> None:
        """End what the test left running."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            self.process.wait(DEADLINE)
        if self.master >= 0:
            os.close(self.master)


def _met(wanted: Wanted, text: str) -> bool:
    if isinstance(wanted, str):
        return wanted in text
    return bool(wanted.search(text) if isinstance(wanted, re.Pattern) else wanted(text))


Open = Callable[..., Terminal]


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Open]:
    """Opens the real program over ``tmp_path / "workspace"`` in a terminal of 80x24."""
    opened: list[Terminal] = []

    def open_console(
        *arguments: str, columns: int = 80, rows: int = 24, without: tuple[str, ...] = (), **env: str
    ) -> Terminal:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
        surroundings = {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "HOME": str(home)}
        given = [*arguments] or ["--workspace", str(tmp_path / "workspace")]
        environ = {name: value for name, value in {**surroundings, **env}.items() if name not in without}
        terminal = Terminal([sys.executable, "-m", "tui", *given], environ, columns, rows)
        opened.append(terminal)
        return terminal

    yield open_console
    for terminal in opened:
        terminal.close()
