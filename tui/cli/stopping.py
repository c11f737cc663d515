"""Ctrl-C and friends while a run writes: the batch in flight is settled, the rest is left for ``resume``."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.events import Event
    from engine.workspace import Workspace
    from tui.cli.output import Output

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def settling_on_signals(ws: Workspace, out: Output) -> Iterator[None]:
    """The first signal asks the run to stop in order; a second one stops now (the journal settles it later).

    Before a run has started nothing was sent, and the first signal simply ends the command.
    """
    from engine.events import RunStarted

    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    runs: list[str] = []
    asked = False

    def started(event: Event) -> None:
        if isinstance(event, RunStarted):
            runs.append(event.run.id)

    def stop() -> None:
        nonlocal asked
        if asked or not runs:
            task.cancel()
            return
        asked = True
        out.say("", "Stopping: the writes in flight are settled first. Once more stops at once.")
        ws.cancel(runs[-1])

    leave = ws.events.subscribe(started)
    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        leave()
        loop.remove_signal_handler(signal.SIGINT)
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, task.cancel)
