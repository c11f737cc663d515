"""Every key that the footer of a mapping tab offers does something that can be seen, at both sizes."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import CrosswalkError
from tui.widgets.footer import StableFooter
from tui.widgets.sync_panel import SyncPanel


def offered(d: Any) -> list[str]:
    """The keys as the footer paints them, from left to right."""
    footer = d.screen.query_one(StableFooter)
    pieces = [*footer.pieces(footer.size.width), *footer.right(footer.size.width)]
    return list(dict.fromkeys(piece.click for piece in pieces if piece.click))


def seen(d: Any) -> tuple[Any, ...]:
    return (d.text, d.top, len(d.toasts), len(d.ws.calls), d.console.focused)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)], ids=["80x24", "160x50"])
@pytest.mark.parametrize(("tab", "least"), [("customers", 7), ("products", 7), ("fees", 7)])
async def test_every_key_of_the_footer_does_something(
    open_console: Any, fake: Any, caplog: Any, tab: str, least: int, size: tuple[int, int]
) -> None:
    async with open_console(fake(), tab=tab, size=size) as d:
        await d.settle()
        keys = offered(d)
        assert len(keys) >= least
        for key in keys:
            before = seen(d)
            await d.press(key, until=lambda before=before: seen(d) != before)
            for _ in range(4):  # out of what it opened, and of the filters and marks it set
                panel = any(one.is_open for one in d.screen.query(SyncPanel))
                if d.console.screen is not d.screen or panel or d.screen.lens.filters or d.table.marks:
                    await d.press("escape")
            assert d.console.screen is d.screen, f"{key} left {d.top} open"
    unforeseen = [r for r in caplog.records if r.exc_info and not isinstance(r.exc_info[1], CrosswalkError)]
    assert not unforeseen, [record.getMessage() for record in unforeseen]
