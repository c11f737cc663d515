"""Progress as one line of text: it costs a few bytes a change and nothing while nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.widgets.line import Line, Piece
from tui.widgets.plain import plain
from tui.widgets.plan_lines import duration

BAR = 20


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something is. ``total`` 0 means not known; ``rate`` is per second, ``eta`` in seconds."""

    done: int = 0
    total: int = 0
    rate: float = 0.0
    eta: float | None = None
    phase: str = ""


def bar(done: int, total: int, width: int = BAR) -> str:
    """A bar of text that is full only when everything is done.

    >>> bar(999, 1000, 4), bar(1000, 1000, 4), bar(0, 0, 4)
    ('###-', '####', '----')
    """
    filled = 0 if total <= 0 else min(width, width * done // total)
    return "#" * filled + "-" * (width - filled)


class ProgressLine(Line):
    """``writing [####----] 120 of 400 · 2.4/s · 1 min 56 s left``; empty until told something."""

    DEFAULT_CSS = """
    ProgressLine { background: $surface; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.progress: Progress | None = None
        self.display = False

    def update(self, progress: Progress | None) -> None:
        """Show another state; None shows nothing."""
        if progress != self.progress:
            self.progress = progress
            self.display = progress is not None
            self.changed()

    def pieces(self, width: int) -> Sequence[Piece]:
        del width
        now = self.progress
        if now is None:
            return ()
        parts = [Piece(f"{plain(now.phase) or 'working'} ", "strong")]
        if now.total:
            parts.append(Piece(f"[{bar(now.done, now.total)}] ", "key"))
            parts.append(Piece(f"{now.done:,} of {now.total:,}"))
        elif now.done:
            parts.append(Piece(f"{now.done:,} so far"))
        if now.rate:
            parts.append(Piece(f" · {now.rate:.1f}/s", "dim"))
        if now.eta is not None:
            parts.append(Piece(f" · {duration(now.eta)} left", "dim"))
        return parts
