"""A picture of the real screen: the console itself, run without a terminal on the demo's workspace."""

from __future__ import annotations

from pathlib import Path

from tui import compose

SIZE = (132, 40)  # columns, lines
TICK = 0.05  # seconds between two looks at whether the engine is done


async def draw(workspace: Path) -> str:
    """The Products tab with the preview of a sync as SVG text."""
    from tui.app import Console

    console = Console(lambda: compose.open_workspace(workspace, actor="demo"), first_tab="products")
    try:
        async with console.run_test(size=SIZE) as pilot:
            while console.snapshot("products") is None:
                await pilot.pause(TICK)
            for key in ("S", "p"):
                await pilot.press(key)
                await pilot.pause()
                while console.bridge.busy:
                    await pilot.pause(TICK)
            await pilot.pause()
            return console.export_screenshot(title="Crosswalk")
    finally:
        console.bridge.close()
