"""What all verbs share: ``@verb`` turns ``async def f(work, ...)`` into a command.

It adds ``--workspace`` and ``--json``, opens the workspace, settles what a killed process left open (networked verbs
only) and closes the workspace again, whatever happens. Errors pass through to ``tui.cli.entry``.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import typer

from tui import compose
from tui.cli.options import JsonOption, WorkspaceOption
from tui.cli.output import Output

if TYPE_CHECKING:
    from engine.workspace import Workspace

P = ParamSpec("P")
Body = Callable[Concatenate["Work", P], Awaitable[int | None]]


@dataclass(frozen=True, slots=True)
class Settings:
    """What stood before the command."""

    workspace: Path | None = None
    json: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """What a verb works with: the open workspace and where its output goes."""

    ws: Workspace
    out: Output


def verb(*, networked: bool = False) -> Callable[[Body[P]], Callable[..., int]]:
    """Make a command of an async function whose first parameter is a ``Work``; it returns the exit code or None."""

    def decorate(body: Body[P]) -> Callable[..., int]:
        @functools.wraps(body)
        def command(ctx: typer.Context, workspace: Path | None, as_json: bool, **options: Any) -> int:
            before: Settings = ctx.obj
            out = Output(json=as_json or before.json)
            path = workspace or before.workspace or compose.default_workspace()
            return asyncio.run(_perform(body, path, out, options, networked=networked))

        _describe(command, body)
        return command

    return decorate


async def _perform(
    body: Callable[..., Awaitable[int | None]], path: Path, out: Output, options: dict[str, Any], *, networked: bool
) -> int:
    stop_on_signals()
    ws = compose.open_workspace(path)
    try:
        if networked:
            await recover(ws, out)
        return await body(Work(ws, out), **options) or 0
    finally:
        await ws.close()


def stop_on_signals() -> None:
    """SIGTERM and a vanished terminal end a command like Ctrl-C does: the workspace is closed in order."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)


async def recover(ws: Workspace, out: Output) -> None:
    """Settle writes that a killed process left open, before anything else touches a system."""
    for run in await ws.recover():
        out.say(
            f"Run {run.id} was cut short; what it had sent is settled now ({run.state.value}: {run.totals.applied} "
            f"applied, {run.totals.not_sent} not sent). Details: crosswalk runs {run.id}"
        )


def _describe(command: Callable[..., int], body: Callable[..., Any]) -> None:
    """Give the command the body's parameters without ``work``, and the shared ones: what typer looks at."""
    own = list(inspect.signature(body, eval_str=True).parameters.values())[1:]
    keyword = inspect.Parameter.KEYWORD_ONLY
    shared = [
        inspect.Parameter("ctx", keyword, annotation=typer.Context),
        *(parameter.replace(kind=keyword) for parameter in own),
        inspect.Parameter("workspace", keyword, default=None, annotation=WorkspaceOption),
        inspect.Parameter("as_json", keyword, default=False, annotation=JsonOption),
    ]
    command.__signature__ = inspect.Signature(shared)  # type: ignore[attr-defined]  # functions may carry one
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in shared}
    del command.__wrapped__  # type: ignore[attr-defined]  # else the body's hints would be read instead
