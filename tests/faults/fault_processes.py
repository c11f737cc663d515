"""The real command line in processes of its own, which may be killed at a commit or run out of disk."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fault_shop import LIVES, Bench, Job, open_intents

from engine.changes import RunState

ROOT = Path(__file__).parents[2]
STARTER = Path(__file__).parent / "children" / "starter.py"


@dataclass(frozen=True)
class Ended:
    """A process that is over: its exit code (-9: killed), all it said, and how often it committed."""

    code: int
    said: str
    commits: int


class Starter:
    """Starts the real command line in processes of their own (see ``children/starter.py``)."""

    def __init__(self, child: subprocess.Popen[str], directory: Path) -> None:
        self._child, self._directory = child, directory
        self._running = 0

    def start(self, path: Path, *argv: str, **order: Any) -> int:
        """Start one and return its process id; ``wait`` must follow. One that a failed test left running is ended first."""
        if self._running:
            os.kill(self._running, signal.SIGKILL)
            self.wait()
        line = {"argv": ["--workspace", str(path), *argv], "out": str(self._directory / "out"), **order}
        (self._directory / "out").write_text("")
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps({**line, "count": str(self._directory / "count")}) + "\n")
        self._child.stdin.flush()
        self._running = int(self._answer()["pid"])
        return self._running

    def wait(self) -> Ended:
        code = int(self._answer()["code"])
        self._running = 0
        count = self._directory / "count"
        return Ended(code, (self._directory / "out").read_text(), int(count.read_text()) if count.exists() else 0)

    def said(self) -> str:
        """What the running process has said so far."""
        return (self._directory / "out").read_text()

    def run(self, path: Path, *argv: str, **order: Any) -> Ended:
        self.start(path, *argv, **order)
        return self.wait()

    def _answer(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        answer: dict[str, Any] = json.loads(self._child.stdout.readline())
        return answer


@contextmanager
def starting(directory: Path) -> Iterator[Starter]:
    child = subprocess.Popen(
        [sys.executable, str(STARTER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with child:
        yield Starter(child, directory)
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(20) == 0


def live_in_processes(
    shop: Bench, starter: Starter, path: Path, job: Job, kills: Sequence[dict[str, Any]] = ()
) -> list[Ended]:
    """As ``live``, but every life is a process of its own and every step a command; ``kills`` end the first of them."""
    lives: list[Ended] = []
    left = list(kills)
    for _ in range(LIVES):
        ws = shop.open(path)
        what, run_id = job.step(ws)
        unsettled = open_intents(ws) or any(run.state is RunState.RUNNING for run in ws.runs())
        asyncio.run(ws.close())
        if what == "over" and not unsettled:
            return lives
        # any command settles what is left open before it does its own work
        command = job.command if what == "start" else ("resume", run_id) if what == "resume" else ("pull",)
        if unsettled:
            command = ("pull",)
        lives.append(starter.run(path, *command, kill=left.pop(0) if left else None))
        if lives[-1].code > 0:
            shop.well_again()
    raise AssertionError(f"never ended: {lives}")
