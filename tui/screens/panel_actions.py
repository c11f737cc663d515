"""The keys of the sync panel as actions of the list it stands below: for the palette and the searchable help.

They have no key here: the panel has its own, which work while the cursor is in it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui.actions import Action, Context

if TYPE_CHECKING:
    from tui.widgets.sync_panel import SyncPanel

#: action of the panel, its key there, what it does
KEYS = (
    ("plan", "p", "Plan", "Read both sides and show what a sync would do."),
    ("start", "s", "Start", "Confirm and carry out the plan that is shown."),
    ("cancel", "c", "Cancel", "Stop the run after the batch in flight."),
    ("resume", "r", "Resume", "Go on with the rows that were not sent."),
    ("unblock", "x", "Fix the row", "What unblocks the row under the cursor of the plan."),
    ("undo", "U", "Undo the run", "Plan the way back of the run that is shown."),
    ("blocked", "b", "Blocked rows only", "Show blocked rows only, or all."),
    ("zoom", "z", "Full screen", "Give the panel the whole screen, or half."),
)


def _panel(context: Context) -> SyncPanel | None:
    from tui.widgets.sync_panel import SyncPanel  # its widgets load with the panel, not with the list

    return next((panel for panel in context.screen.query(SyncPanel) if panel.is_open), None)


def _run(context: Context, name: str) -> None:
    panel = _panel(context)
    if panel is not None:
        panel.focus_inside()
        getattr(panel, f"action_{name}")()


def _enabled(context: Context, name: str) -> str:
    panel = _panel(context)
    return "open the sync panel first (S)" if panel is None else panel.why_not(name)


PANEL = tuple(
    Action(
        f"panel.{name}",
        "",
        f"Sync panel: {label} ({key})",
        help,
        partial(_run, name=name),
        partial(_enabled, name=name),
    )
    for name, key, label, help in KEYS
)
