"""What the console knows of the engine right now: the newest snapshots, the overview, and what is running."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.events import PullProgress, RunProgress
    from engine.views import Choice, Snapshot
    from tui.bridge import Overview, Update

LISTS = ("customers", "products", "fees")


@dataclass
class Live:
    """Immutable values in a few slots; replaced as updates come in, never changed in place."""

    snapshots: dict[tuple[str, str], Snapshot] = field(default_factory=dict)
    overview: Overview | None = None
    runs: dict[str, RunProgress] = field(default_factory=dict)
    pulls: dict[tuple[str, str], PullProgress] = field(default_factory=dict)
    choices: dict[tuple[str, str], tuple[object, Sequence[Choice]]] = field(default_factory=dict)
    runs_ended: int = 0

    def absorb(self, update: Update) -> None:
        """Take in what came over the bridge."""
        self.snapshots.update(update.snapshots)
        if update.overview is not None:
            self.overview = update.overview
        for event in update.events:
            match type(event).__name__:
                case "RunProgress":
                    progress = cast("RunProgress", event)
                    self.runs[progress.run] = progress
                case "PullProgress":
                    pull = cast("PullProgress", event)
                    self.pulls[pull.connection, str(pull.kind)] = pull
                case "RowsChanged":  # a reading ends with it
                    kind = str(cast("Any", event).kind)
                    self.pulls = {key: pull for key, pull in self.pulls.items() if key[1] != kind}
        ended = {cast("Any", e).run.id for e in update.events if type(e).__name__ == "RunEnded"}
        self.runs_ended += len(ended)
        if update.overview is not None:
            ended |= self.runs.keys() - {run.id for run in update.overview.runs}
        for run in ended:
            self.runs.pop(run, None)

    def unmapped(self, integration: str, tab: str) -> int:
        """Rows of a list that wait to be mapped; 0 for tabs that are no list."""
        snapshot = self.snapshots.get((integration, tab))
        return snapshot.unmapped if snapshot is not None else 0

    def progress_texts(self) -> list[str]:
        """What runs now, in a few words each."""
        texts = [_run_text(progress) for progress in self.runs.values()]
        if self.overview is not None:
            others = [run for run in self.overview.runs if run.id not in self.runs]
            texts += [f"{run.purpose} runs" for run in others]
        for (_, kind), pull in self.pulls.items():
            of = f" of {pull.total:,}" if pull.total else ""
            texts.append(f"reading {kind} {pull.read:,}{of}")
        return texts[:2]


def _run_text(progress: RunProgress) -> str:
    text = f"{progress.phase or 'sync'} {progress.done:,}/{progress.total:,}"
    if progress.eta is not None:
        minutes, seconds = divmod(round(progress.eta), 60)
        text += f" {minutes}:{seconds:02} left"
    return text
