"""The stages of the sync panel, and pure: why a key of it does nothing in one of them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.changes import Run


class Stage(StrEnum):
    """Where the panel is."""

    IDLE = "ready"
    PLANNING = "reading both sides"
    PREVIEW = "preview"
    RUNNING = "running"
    ENDED = "ended"
    FAILED = "failed"


#: States of an ended run that may have left rows unsent.
RESUMABLE = frozenset({"cancelled", "interrupted", "failed"})


def resumable(run: Run) -> bool:
    """Whether a run can be carried on: it was cut short, or something of it never arrived."""
    return run.state.value in RESUMABLE or (run.state.value == "done" and run.totals.not_sent > 0)


def why_not(action: str, stage: Stage, run: Run | None) -> str:
    """Why an action (other than the start) cannot be done now; empty when it can. ``run`` is the one that is shown."""
    ended = run if stage is Stage.ENDED else None
    match action:
        case "plan" if stage in {Stage.PLANNING, Stage.RUNNING}:
            return f"it is {stage.value}"
        case "cancel" if stage is not Stage.RUNNING:
            return "nothing runs"
        case "resume" if ended is None or not resumable(ended):
            return "there is no interrupted run here"
        case "unblock" if stage is not Stage.PREVIEW:
            return "plan first (p)"
        case "undo" if ended is None:
            return "there is no ended run here; older ones are on the Sync tab"
        case "undo" if ended is not None and ended.undone_by:
            return f"it was undone by {ended.undone_by}"
    return ""
