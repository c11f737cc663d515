"""What the console knows of the engine right now: the newest snapshots, the overview, and what is running."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.events import PullEnded, PullProgress, RunProgress
    from engine.heartbeats import Work
    from engine.monitor import Trouble
    from engine.views import Choice, Snapshot
    from tui.slot import Overview, Update

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
                case "PullEnded":
                    over = cast("PullEnded", event)
                    self.pulls.pop((over.connection, str(over.kind)), None)
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

    @property
    def troubles(self) -> Sequence[Trouble]:
        """What is wrong with automatic syncs, of all integrations."""
        return self.overview.pulse.troubles if self.overview is not None and self.overview.pulse is not None else ()

    def progress_texts(self) -> list[str]:
        """What runs now, in a few words each."""
        texts = [_run_text(progress) for progress in self.runs.values()]
        if self.overview is not None:
            told = {work.key: work for work in (self.overview.pulse.work if self.overview.pulse is not None else ())}
            texts += [
                _work_text(told[run.id]) if run.id in told else f"{run.purpose} runs"
                for run in self.overview.runs
                if run.id not in self.runs
            ]
            own = {f"{connection}/{kind}" for connection, kind in self.pulls}
            texts += [_work_text(work) for key, work in told.items() if "/" in key and key not in own]
        for (_, kind), pull in self.pulls.items():
            of = f" of {pull.total:,}" if pull.total else ""
            texts.append(f"reading {kind} {pull.read:,}{of}")
        return texts[:2]


def trouble_text(troubles: Sequence[Trouble]) -> str:
    """What is wrong with automatic syncs, in a few words; empty when all is well."""
    marks = [trouble.mark.value for trouble in troubles]
    if not marks:
        return ""
    if "no scheduler" in marks:
        return "no scheduler"
    worst = "missed" if "missed" in marks else "failing"
    count = len({trouble.schedule for trouble in troubles})
    return f"sync {worst}" if count == 1 else f"{count} syncs {worst}"


def _work_text(work: Work) -> str:
    text = f"{work.phase or 'sync'} {work.done:,}" + (f"/{work.total:,}" if work.total else "")
    return f"{text} silent" if work.silent else text if work.eta is None else f"{text} {_left(work.eta)}"


def _left(eta: float) -> str:
    minutes, seconds = divmod(round(eta), 60)
    return f"{minutes}:{seconds:02} left"


def _run_text(progress: RunProgress) -> str:
    text = f"{progress.phase or 'sync'} {progress.done:,}/{progress.total:,}"
    return text if progress.eta is None else f"{text} {_left(progress.eta)}"
