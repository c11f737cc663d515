"""Every key of the Sync, Fields, Reconcile and Activity tabs does something that can be seen, or says why it cannot."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from engine.errors import CrosswalkError
from engine.model import Kind
from tui import compose
from tui.actions import EVERYWHERE, REGISTRY
from tui.screens.tab import TabScreen
from tui.widgets.footer import StableFooter

TABS = ("sync", "fields", "reconcile", "activity")
#: They leave: the program, or what is not open here (``back`` tries escape after every other key).
UNSEEN = {"ctrl+q", "ctrl+c", "escape"}


class Keys:
    """Presses keys of one tab, and comes back to it."""

    def __init__(self, it: Any, tab: str) -> None:
        self.it, self.tab = it, tab

    @property
    def console(self) -> Any:
        return self.it.console

    def seen(self) -> tuple[Any, ...]:
        console = self.console
        return (type(console.screen).__name__, self.it.text, len(self.it.heard.notes), console.screen.focused)

    @property
    def busy(self) -> bool:
        running = [one for one in self.console.workers if one.is_running and not one.group.startswith("act")]
        return bool(self.console.bridge.busy or running)

    async def still(self) -> tuple[Any, ...]:
        """Wait until the console has nothing to do and shows the same twice."""
        last = None

        def rests() -> bool:
            nonlocal last
            before, last = last, self.seen()
            return not self.busy and last == before

        await self.it.until(rests)
        return self.seen()

    async def press(self, key: str) -> bool:
        """Whether anything changed that can be seen; waits until what it began is over."""
        before = self.seen()
        await self.it.pilot.press(key)
        try:
            await self.it.until(lambda: self.seen() != before)
        except AssertionError:
            return False
        return await self.still() != before

    async def back(self, key: str) -> None:
        """Out of what a key opened, and of filters and marks: escape is enough, whatever it was."""
        for _ in range(6):
            there = isinstance(self.console.screen, TabScreen)
            await self.it.pilot.press("escape")
            if there:
                break
            await self.still()
        assert isinstance(self.console.screen, TabScreen), f"{key} left {type(self.console.screen).__name__} open"
        self.console.open_tab(self.tab)
        self.console.clear_notifications()  # one that ends by itself must not pass for what the next key does
        await self.still()

    def offered(self, *, everywhere: bool) -> list[str]:
        """The footer's keys as painted, then those the help lists: the tab's own, and perhaps those of every tab."""
        footer = self.console.screen.query_one(StableFooter)
        pieces = [*footer.pieces(footer.size.width), *footer.right(footer.size.width)]
        painted = [piece.click for piece in pieces if piece.click]
        left_out = set() if everywhere else {action.id for action in REGISTRY.of(EVERYWHERE)}
        listed = [key for one in REGISTRY.of(self.tab) if one.id not in left_out for key in one.keys if key != self.own]
        return [key for key in dict.fromkeys([*painted, *listed]) if key not in UNSEEN]

    async def try_all(self, *, everywhere: bool) -> dict[str, str]:
        """What is mute, with the screen it was mute on."""
        mute = {}
        keys = self.offered(everywhere=everywhere)
        assert len(keys) > 5
        await self.still()
        for key in keys:
            if not await self.press(key):
                mute[key] = self.it.text
            await self.back(key)
        return mute

    @property
    def own(self) -> str:
        """The key of the tab that is open already."""
        return next(action.key for action in REGISTRY.of(self.tab) if action.id == f"tab.{self.tab}")


async def _tried(it: Any, tab: str, caplog: pytest.LogCaptureFixture, *, everywhere: bool = False) -> None:
    caplog.set_level(logging.WARNING)
    mute = await Keys(it, tab).try_all(everywhere=everywhere)
    assert not mute, "\n".join(f"{key} does nothing on:\n{text}" for key, text in mute.items())
    unforeseen = [r for r in caplog.records if r.exc_info and not isinstance(r.exc_info[1], CrosswalkError)]
    assert not unforeseen, [f"{record.getMessage()}: {record.exc_info}" for record in unforeseen]


@pytest.mark.parametrize("tab", TABS)
async def test_on_a_workspace_where_nothing_happened_yet(real_console: Any, caplog: Any, tab: str) -> None:
    async with real_console(tab=tab, mapped=False) as it:
        await _tried(it, tab, caplog, everywhere=tab == TABS[0])


@pytest.mark.parametrize("tab", TABS)
async def test_with_runs_fields_findings_and_edits(crm: Any, console_over: Any, caplog: Any, tab: str) -> None:
    ws, _ = crm
    await ws.suggest("acme", Kind.PRODUCTS)
    found = ws.acceptable("acme", Kind.PRODUCTS, 0.5)
    ws.map("acme", Kind.PRODUCTS, [(one.storefront_id, one.backoffice_id) for one in found])
    await ws.pull_schema("acme")
    await ws.reconcile("acme")
    plan = await ws.plan_push("acme", [found[0].storefront_id] if found else None)
    await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
    async with console_over(lambda: compose.open_workspace(ws.path, actor="ada"), tab, (80, 24)) as it:
        await _tried(it, tab, caplog)
