"""The monitor's lines of text: who runs the automatic syncs, and how far each piece of work is, in whatever process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from tui.widgets.budget_words import per
from tui.widgets.line import Line, Piece
from tui.widgets.plain import clip, plain
from tui.widgets.plan_lines import duration
from tui.widgets.progress import bar
from tui.widgets.run_lines import short_moment
from tui.widgets.sync_lines import next_of, when

if TYPE_CHECKING:
    from engine.heartbeats import Work
    from engine.ports import Budget
    from tui.app import Console


class MonitorLine(Line):
    """``● Automatic: watch (process 7)``, or what is wrong with them; at the right, what comes next."""

    DEFAULT_CSS = """
    MonitorLine { background: $surface; }
    """

    def pieces(self, width: int) -> Sequence[Piece]:
        del width
        live = cast("Console", self.app).live
        overview = live.overview
        if overview is None or overview.pulse is None:
            return ()
        if live.troubles:
            more = len(live.troubles) - 1
            text = f" ▲ {plain(live.troubles[0].text)}"
            return (Piece(text, "bad"), Piece(f" · {more} more" if more else "", "bad"))
        if not overview.schedules:
            return (Piece(" ○ No automatic sync yet", "dim"), Piece(": + adds one", "dim"))
        if not any(schedule.enabled for schedule in overview.schedules):
            return (Piece(" ○ All automatic syncs are paused", "warn"),)
        return (Piece(" ● ", "good"), Piece(f"Automatic: {plain(', '.join(overview.pulse.schedulers))}"))

    def right(self, width: int) -> Sequence[Piece]:
        del width
        live = cast("Console", self.app).live
        coming = next_of(live.overview.schedules) if live.overview is not None and not live.troubles else None
        if coming is None:
            return ()
        name, at = coming
        return (Piece(f" next {clip(plain(name), 20).rstrip()} {when(at)} ", "dim"),)


class WorkLine(Line):
    """``acme writing [###---] 120 of 400 · 2.4/s · 1 min 56 s left``, with the rate budgets of both connections."""

    DEFAULT_CSS = """
    WorkLine { background: $boost; display: none; }
    WorkLine.-some { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.work: Work | None = None

    def show(self, work: Work | None) -> None:
        """Another state, or nothing."""
        if work != self.work:
            self.work = work
            self.set_class(work is not None, "-some")
            self.changed()

    def pieces(self, width: int) -> Sequence[Piece]:
        work = self.work
        if work is None:
            return ()
        parts = [Piece(f" ▶ {plain(work.integration)} ", "strong"), Piece(f"{plain(work.phase)} ")]
        if work.total:
            if width >= 60:
                parts.append(Piece(f"[{bar(work.done, work.total, 10 if width < 90 else 30)}] ", "key"))
            parts.append(Piece(f"{work.done:,}/{work.total:,}" if width < 90 else f"{work.done:,} of {work.total:,}"))
        elif work.done:
            parts.append(Piece(f"{work.done:,} so far"))
        if work.silent:
            return [*parts, Piece(f" · not heard of since {short_moment(work.at)}", "bad")]
        if work.rate:
            parts.append(Piece(f" · {work.rate:.1f}/s", "dim"))
        if work.eta is not None:
            left = duration(work.eta) if width >= 60 else f"{round(work.eta) // 60}:{round(work.eta) % 60:02}"
            parts.append(Piece(f" · {left} left", "dim"))
        return parts

    def right(self, width: int) -> Sequence[Piece]:
        budgets = self.work.budgets if self.work is not None else ()
        return [_budget_piece(name, budget, short=width < 100) for name, budget in budgets]


def _budget_piece(name: str, budget: Budget, *, short: bool) -> Piece:
    shown = clip(plain(name), 8 if short else 20).rstrip()
    if budget.limit is None:
        return Piece(f" {shown} {budget.requests:,} ", "dim")
    window = "" if short else f" {per(budget.window)}"
    near = budget.used >= 0.9 * budget.limit
    return Piece(f" {shown} {budget.used:,}/{budget.limit:,.0f}{window} ", "warn" if near else "dim")
