"""Starts the real command line again and again without paying for its imports: one forked process per line of input.

A line is JSON: ``{"argv": [...], "out": path, "kill": {"commit": n, "when": "before" | "after"} | null, "file_bytes": n | null}``.
The process that is forked for it runs the command line as ``crosswalk`` does. With ``kill`` it ends itself by SIGKILL before
or after its n-th commit of any database; with ``file_bytes`` no file may grow beyond that. The answer is one line of JSON,
``{"pid": n}`` when it is started and ``{"code": n, "commits": n}`` when it has ended; a killed one has the code -9.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import stamina

from connectors.http import pace
from connectors.registry import EntryPointRegistry
from engine.clock import SystemClock
from engine.store.session import Session
from tui.cli import entry

#: What commands import only when they need it: paid for once, here.
LATE = (
    "anyio._backends._asyncio",
    "certifi",
    "concurrent.futures.thread",
    "connectors.secrets",
    "engine.workspace",
    "httpcore._async.http11",
    "tui.cli.documents",
    "tui.cli.stopping",
    "tui.widgets.plain",
    "tui.widgets.plan_lines",
)
#: Outermost transactions of this process so far: one number for each.
commits: list[int] = []


def count_commits(kill: dict[str, Any] | None) -> None:
    """Count every outermost transaction of this process, and end it at the one that ``kill`` names."""
    original = Session.transaction

    def strike(when: str) -> None:
        if kill and (kill["commit"], kill["when"]) == (len(commits), when):
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def transaction(self: Session) -> Iterator[None]:
        outermost = not self.depth
        with original(self):
            yield
            if outermost:
                commits.append(len(commits) + 1)
                strike("before")
        if outermost:
            strike("after")

    Session.transaction = transaction  # type: ignore[method-assign]


async def no_wait(self: SystemClock, seconds: float) -> None:
    await asyncio.sleep(0)


def child(order: dict[str, Any]) -> None:
    """Never returns."""
    code = 70
    try:
        out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for descriptor in (1, 2):
            os.dup2(out, descriptor)
        os.environ.update(order.get("env", {}))
        if order.get("file_bytes"):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_bytes"], order["file_bytes"]))
        count_commits(order.get("kill"))
        code = entry.run(order["argv"])
        sys.stdout.flush()
        sys.stderr.flush()
        if order.get("count"):
            Path(order["count"]).write_text(str(len(commits)))
    finally:
        os._exit(code)


def main() -> None:
    # Waiting takes no time: the simulated systems lag by requests, not by seconds.
    stamina.set_testing(True, attempts=10, cap=True)
    pace._LONGEST_PAUSE = 0.01
    SystemClock.sleep = no_wait  # type: ignore[method-assign]
    for kind in EntryPointRegistry().types():
        assert kind.open
    entry.command_line()
    for name in LATE:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            child(order)
        print(json.dumps({"pid": pid}), flush=True)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(json.dumps({"code": code}), flush=True)


if __name__ == "__main__":
    main()
