"""A few pictures of the real screen, for what plain text cannot show: colours of statuses, of the cursor and of marks."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "golden"


def normal(svg: str) -> str:
    """Without what differs between two pictures of one screen: the generated ids, and the age of the reading."""
    return re.sub(r"read[^<]*ago|read&#160;[^<]*", "read", re.sub(r"terminal-\d+", "terminal", svg))


@pytest.mark.parametrize(("tab", "keys"), [("products", ("down", "space")), ("customers", ())])
async def test_a_list_in_colour(open_console: Any, fake: Any, tab: str, keys: tuple[str, ...]) -> None:
    async with open_console(fake, size=(80, 24), tab=tab) as d:
        if keys:
            await d.press(*keys)
        svg = normal(d.console.export_screenshot(title="Crosswalk"))
    path = HERE / f"{tab}-80x24.svg"
    if os.environ.get("CROSSWALK_GOLDEN") == "write":
        path.write_text(svg, encoding="utf-8")
    assert svg == path.read_text(encoding="utf-8")
