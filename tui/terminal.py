"""The terminal: whether there is one, what it can do, and what happens when it goes away or stops reading.

Measured on Textual 8.2: a plain SIGTERM or SIGHUP leaves the terminal unusable; a vanished terminal makes the input
thread spin; a frozen one stops the whole loop after 30 queued frames. All three are handled here. Imports no Textual.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import termios
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

SMALLEST = (60, 15)
#: Frames that may wait in the writer's queue before painting pauses (Textual blocks at 30).
FRAMES_BEHIND = 3
#: Seconds between two looks at whether the terminal still exists.
WATCH = 2.0
#: Seconds the program may take to end after a signal, until it is ended from outside the screen's loop.
GRACE = 30.0
GRACE_BLIND = 3.0
NO_TERMINAL = """\
crosswalk: the console needs a terminal, and {reason}.
Nothing was opened or written. These work without one:
  crosswalk --help                 all commands
  crosswalk demo --headless        the whole job against simulated systems
  crosswalk list products          what the console would show
"""


def missing(environ: Mapping[str, str] = os.environ) -> str:
    """Why the console cannot run here, or "": standard input, output and error must be a terminal that moves a cursor."""
    for name, stream in (("input", sys.stdin), ("output", sys.stdout), ("error", sys.stderr)):
        if stream is None or stream.closed or not stream.isatty():
            return f"standard {name} is not one"
    if environ.get("TERM", "") in {"", "dumb"}:
        return f"TERM is {environ.get('TERM', '') or 'not set'}"
    return ""


def calm(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether to paint as little as possible: over SSH or inside a multiplexer."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "TMUX", "STY"))


def colourless(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the admin asked for no colour (https://no-color.org)."""
    return bool(environ.get("NO_COLOR"))


class Guard:
    """Ends the app properly on SIGTERM, SIGHUP and when its terminal vanishes."""

    def __init__(self, app: App[Any], last_words: Callable[[], object], *, grace: float = GRACE) -> None:
        """``last_words`` settles what is in flight; it is called when the app itself does not end within ``grace``."""
        self._app, self._last_words, self._grace = app, last_words, grace
        self._ended = threading.Event()
        self._watcher: asyncio.Task[None] | None = None
        self.reason = ""

    def install(self) -> None:
        """Call in the screen's loop."""
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self.leave, signal.Signals(number).name)
        if not self._app.is_headless:
            self._watcher = loop.create_task(self._watch())

    def over(self) -> None:
        """The app has given the terminal back; the last resort is not needed any more."""
        self._ended.set()

    def remove(self) -> None:
        """Hear no more signals. Call in the screen's loop."""
        if self._watcher is not None:
            self._watcher.cancel()
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.remove_signal_handler(number)

    def leave(self, reason: str) -> None:
        """End the app; should its terminal block it, settle and end the process all the same."""
        if self.reason:
            return
        self.reason = reason
        # Textual's own way out may block on a dead terminal, and nobody would see it restored.
        grace = min(self._grace, GRACE_BLIND) if gone() else self._grace
        threading.Thread(target=self._make_sure, args=(grace,), name="last-resort", daemon=True).start()
        self._app.exit(return_code=0, message=f"crosswalk: closed by {reason}; an unfinished run can be resumed.")

    def _make_sure(self, grace: float) -> None:
        if not self._ended.wait(grace):
            self._last_words()
            os._exit(1)

    async def _watch(self) -> None:
        while not gone():  # noqa: ASYNC110  a vanished terminal tells nobody: only looking finds out
            await asyncio.sleep(WATCH)
        self.leave("a terminal that vanished")


def gone() -> bool:
    """Whether the controlling terminal does not exist any more."""
    try:
        termios.tcgetattr(sys.__stdin__.fileno() if sys.__stdin__ is not None else 0)
    except (termios.error, OSError, ValueError):
        return True
    return False


class Throttle:
    """Skips paints while the terminal does not read, and asks for one full paint when it does again."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self.behind = False

    def may_paint(self) -> bool:
        """False while more than a few frames wait; a later full repaint makes up for what is skipped."""
        if self.waiting() <= FRAMES_BEHIND:
            return True
        if not self.behind:
            self.behind = True
            asyncio.get_running_loop().call_later(0.2, self._try_again)
        return False

    def waiting(self) -> int:
        """Frames in the queue of Textual's writer thread; 0 where the driver has none."""
        queue = getattr(getattr(self._app._driver, "_writer_thread", None), "_queue", None)  # noqa: SLF001 - Textual offers no other way to the driver
        return queue.qsize() if queue is not None else 0

    def _try_again(self) -> None:
        if self.waiting() > 0:
            asyncio.get_running_loop().call_later(0.2, self._try_again)
            return
        self.behind = False
        with contextlib.suppress(IndexError):  # the last screen is gone: the app is ending
            self._app.screen.refresh(layout=True)
