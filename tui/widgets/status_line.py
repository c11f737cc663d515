"""The status line: which integration, how its two connections are, what runs, and what is wrong."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from rich.cells import cell_len

from tui.live import trouble_text
from tui.widgets.budget_words import per
from tui.widgets.line import Line, Piece
from tui.widgets.plain import clip_to, plain

if TYPE_CHECKING:
    from engine.views import ConnectionView
    from tui.app import Console

#: state -> (sign, tone); anything else is a problem.
_STATES = {"ok": ("●", "good"), "not checked": ("○", "dim"), "": ("○", "dim")}


class StatusLine(Line):
    """Shortened for the width: first the budgets go, then the words; alarms and a running sync stay."""

    def pieces(self, width: int) -> Sequence[Piece]:
        console = cast("Console", self.app)
        overview = console.overview
        if console.trouble:
            return (Piece(f" {plain(console.trouble)}", "bad"),)
        if overview is None:
            return (Piece(" Opening the workspace…", "dim"),)
        if not console.integration:
            return (Piece(" No integration yet", "warn"), Piece(": ctrl+p, Set up", "dim"))
        chosen = next((i for i in overview.integrations if i.name == console.integration), None)
        views = {view.name: view for view in overview.connections}
        names = (chosen.storefront, chosen.backoffice) if chosen else ()
        for detail in (2, 1, 0):
            pieces = [Piece(f" {clip_to(console.integration, 24)} ", "strong", "integration"), Piece(" ")]
            for index, name in enumerate(names):
                pieces += [Piece(" → ", "dim")] if index else []
                pieces += _connection(name, views.get(name), detail)
            if sum(cell_len(piece.text) for piece in pieces) <= width:
                break
        return pieces

    def right(self, width: int) -> Sequence[Piece]:
        del width
        console = cast("Console", self.app)
        overview = console.overview
        pieces = [Piece(f" {text} ", "active", "sync") for text in console.progress_texts()]
        if trouble := trouble_text(console.live.troubles):
            pieces.append(Piece(f" ▲ {trouble} ", "bad", "sync"))
        if overview is not None and (alarms := len(overview.alarms)):
            pieces.append(Piece(f" ▲ {alarms} alarm{'s' if alarms > 1 else ''} ", "bad", "activity"))
        return pieces

    def clicked(self, what: str) -> None:
        console = cast("Console", self.app)
        if what == "integration":
            console.act("integration")
        else:
            console.open_tab(what)


def _connection(name: str, view: ConnectionView | None, detail: int) -> list[Piece]:
    if view is None:
        return [Piece(f"{clip_to(name, 20)} ?", "warn")]
    sign, tone = _STATES.get(view.state, ("▲", "bad"))
    words = view.state if tone == "bad" or (detail == 2 and view.state) else ""
    budget = view.budget
    pieces = [Piece(f"{clip_to(name, 20)} "), Piece(f"{sign} {words}".rstrip(), tone)]
    if detail >= 1 and budget.limit:
        near = budget.used >= 0.9 * budget.limit
        pieces.append(
            Piece(
                f" {budget.used:,}/{budget.limit:,.0f}" + (f" {per(budget.window)}" if detail == 2 else ""),
                "warn" if near else "dim",
            )
        )
    if view.holder and f"(process {os.getpid()})" not in view.holder:  # our own work is told on the right
        pieces.append(Piece(f" held by {clip_to(view.holder, 16)}", "warn"))
    return pieces
