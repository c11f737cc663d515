"""Progress on stderr: one line that is rewritten on a terminal, only the waiting messages elsewhere."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tui.cli.output import Output, is_terminal, plain, write

if TYPE_CHECKING:
    from engine.events import Event, Events


class Progress:
    """Shows a workspace's events while it is entered."""

    def __init__(self, events: Events, out: Output) -> None:
        self._events, self._out = events, out
        self._live = is_terminal(sys.stderr) and os.environ.get("TERM", "") not in {"", "dumb"}
        self._shown = 0

    def __enter__(self) -> Self:
        self._leave = self._events.subscribe(self._show)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
        self._draw("")

    def _show(self, event: Event) -> None:
        from engine.events import AlarmRaised, PullProgress, RunProgress, Waiting

        if isinstance(event, PullProgress):
            of = f" of {event.total:,}" if event.total is not None else ""
            self._draw(f"reading {event.kind.value} from {event.connection}: {event.read:,}{of}")
        elif isinstance(event, RunProgress):
            left = f", {event.eta:.0f} s left" if event.eta is not None else ""
            self._draw(f"{event.phase}: {event.done:,} of {event.total:,}, {event.rate:.1f}/s{left}")
        elif isinstance(event, Waiting):
            self._draw("")
            self._out.say(f"waiting for {plain(event.connection)}: {plain(event.holder)}")
        elif isinstance(event, AlarmRaised):
            self._draw("")
            self._out.say(f"alarm: {plain(event.message)}")

    def _draw(self, text: str) -> None:
        if not self._live or (not text and not self._shown):
            return
        text = plain(text)[:78]
        write(sys.stderr, f"\r{text}{' ' * max(0, self._shown - len(text))}" + ("\r" if not text else ""))
        self._shown = len(text)
