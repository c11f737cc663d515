"""A host for one dialog, panel or screen at a time, over a fake bridge; and goldens that are plain text."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widget import Widget

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = "[/bar] [red]x[/] [@click=app.quit]q[/] \x1b[31m\u202eRTL 漢字 e\u0301 \U0001f600"


class Bridge:
    """Runs verbs at once in the test's own loop; ``gate`` (when set) holds them back until it is opened."""

    def __init__(self, workspace: Any) -> None:
        self.workspace = workspace
        self.gate: asyncio.Event | None = None
        self.calls = 0

    async def call(self, fn: Callable[..., Any], *args: Any) -> Any:
        self.calls += 1
        if self.gate is not None:
            await self.gate.wait()
        result = fn(self.workspace, *args)
        return await result if inspect.isawaitable(result) else result


class Host(App[None]):
    """The smallest console: a bridge, the name of the current integration, and one widget."""

    CSS = "Screen { layout: vertical; }"

    def __init__(self, workspace: Any = None, widget: Callable[[], Widget] | None = None) -> None:
        super().__init__()
        self.bridge = Bridge(workspace)
        self.integration = "acme"
        self.make = widget
        self.result: Any = None
        self.finished = asyncio.Event()

    def compose(self) -> ComposeResult:
        if self.make is not None:
            yield self.make()

    def open(self, screen: Screen[Any]) -> None:
        """Show a dialog; what it returns is in ``result`` once ``finished`` is set."""

        def ended(result: Any) -> None:
            self.result = result
            self.finished.set()

        self.finished.clear()
        self.push_screen(screen, ended)


def painted_text(app: App[Any]) -> str:
    """What is on the screen, as text without trailing spaces."""
    strips = app.screen._compositor.render_strips(app.size)
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips).rstrip() + "\n"


@pytest.fixture
def host() -> type[Host]:
    return Host


@pytest.fixture
def hostile() -> str:
    return HOSTILE


@pytest.fixture
def painted() -> Callable[[App[Any]], str]:
    return painted_text


@pytest.fixture
def golden() -> Callable[[str, App[Any]], None]:
    """Compare the screen with ``golden/NAME.txt``; ``CROSSWALK_GOLDEN=write`` writes it instead."""

    def compare(name: str, app: App[Any]) -> None:
        path = GOLDEN / f"{name}.txt"
        text = painted_text(app)
        if os.environ.get("CROSSWALK_GOLDEN") == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


async def settle(pilot: Any, until: Callable[[], bool], tries: int = 400) -> None:
    """Let the app run until ``until()`` holds; fails with the painted screen when it never does."""
    for _ in range(tries):
        if until():
            return
        await pilot.pause()
    raise AssertionError(f"never happened; on the screen:\n{painted_text(pilot.app)}")


@pytest.fixture
def eventually() -> Callable[..., Any]:
    return settle
