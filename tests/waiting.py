"""Waiting in tests: until something holds, by a generous deadline; until a console has nothing left to do.

Nothing here measures the processor. Textual's own ``wait_for_idle`` does: it takes a process that uses no time for one
that has nothing to do, so on a busy machine, where it merely gets none, the next key is pressed too early.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import textual.app
import textual.pilot
from textual._context import active_app
from textual.app import App, ScreenStackError
from textual.message import Message
from textual.notifications import Notification, Notify

#: Seconds after which what did not happen never will; it is only waited out by a test that fails.
DEADLINE = 45.0
#: Seconds between two looks at a condition, from the first to the later ones: a look may cost a painted screen.
SHORTEST, LONGEST = 0.002, 0.03
#: Seconds that a console may go on by itself (an animation) before it counts as idle all the same.
RESTLESS = 3.0
#: Turns of the loop in a row without anything to do; more than one, as each looks at the sockets only once.
TURNS = 3


class Heard:
    """A console's ``message_hook``: all notes it ever told, for each of them leaves the screen after some seconds."""

    def __init__(self) -> None:
        self.notes: list[Notification] = []

    def __call__(self, message: Message) -> None:
        if isinstance(message, Notify):
            self.notes.append(message.notification)


def painted(app: App[Any]) -> str:
    """What is on the screen, as text without trailing spaces."""
    strips = app.screen._compositor.render_strips(app.size)
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips).rstrip() + "\n"


async def until(
    holds: Callable[[], Any], *, turn: Callable[[], Awaitable[Any]] | None = None, shown: Callable[[], str] = str
) -> None:
    """Wait until ``holds()`` is true; ``turn`` lets the rest go on meanwhile, ``shown`` is told when it never is."""
    end, pause = time.monotonic() + DEADLINE, SHORTEST
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"never happened; on the screen:\n{shown()}")
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST)
        if turn is not None:  # last, so that what is looked at is painted
            await turn()


async def eventually(pilot: Any, holds: Callable[[], Any]) -> None:
    """Let a console run until ``holds()`` is true, and paint that; fails with the painted screen when it never is."""
    await until(holds, turn=pilot.pause, shown=lambda: painted(pilot.app))
    await pilot.pause()


async def idle(min_sleep: float = 0.0, max_sleep: float = RESTLESS) -> None:
    """Wait until no task of this loop can go on and the screen is painted; instead of Textual's ``wait_for_idle``."""
    loop: Any = asyncio.get_running_loop()
    end = loop.time() + RESTLESS
    quiet = 0
    while quiet < TURNS and loop.time() < end:
        await asyncio.sleep(0)
        quiet = 0 if loop._ready or _paint() else quiet + 1


def _paint() -> bool:
    """Paint at once what Textual would paint at the next frame; whether there was anything to paint."""
    app = active_app.get(None)
    try:
        screen: Any = app.screen if app is not None and app._running else None
    except ScreenStackError:
        return False
    if screen is None or not screen.is_running or not screen.is_current or app is None or app._batch_count:
        return False
    wanted = (
        screen._layout_required, screen._scroll_required, screen._repaint_required, screen._recompose_required,
        screen._dirty_widgets, screen._callbacks,
    )  # fmt: skip
    if not any(wanted):
        return False
    screen._on_timer_update()
    return True


def know_idle() -> None:
    """Let every pilot wait by ``idle``."""
    for module in (textual.app, textual.pilot):
        assert hasattr(module, "wait_for_idle"), f"{module.__name__} waits in another way"
        vars(module)["wait_for_idle"] = idle
