"""The Customers tab between a store and accounting: two-step matches, the picker, duplicates, all at the keyboard."""

from __future__ import annotations

import asyncio

import pytest

from connectors.registry import EntryPointRegistry
from connectors.secrets import resolve
from engine.model import Kind
from engine.workspace import Workspace
from tests.waiting import DEADLINE, eventually, painted
from tui.app import Console


def mapped(console) -> list[tuple[str, str]]:
    """(store's name, accounting's id) of what the console lists as mapped."""
    return [(row.left, row.right_id) for row in console.live.snapshots["store", "customers"].rows if row.right_id]


def matched(console, name: str) -> bool:
    """Whether the list of customers shows the exact match of ``name``, which only the new reading can find."""
    rows = console.live.snapshots["store", "customers"].rows
    return any(row.left == name and row.detail.startswith("=") for row in rows)


class Keys:
    """Press keys, then wait for words on the screen."""

    def __init__(self, console, pilot):
        self.console, self.pilot = console, pilot

    async def until(self, condition):
        await eventually(self.pilot, condition)

    async def press(self, *keys, sees=""):
        assert not sees or sees not in painted(self.console), f"{sees!r} is there before {keys} are pressed"
        await self.pilot.press(*keys)
        await self.until(lambda: sees in painted(self.console))


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_matches_are_seen_then_mapped_then_the_rest_is_picked(stores, size):
    shopper = next(one for one in stores.world.shoppers if one.accounting_id)
    row = stores.books.state.get("customer", str(shopper.accounting_id))
    name = f"{shopper.first_name} {shopper.last_name}"
    stores.books.state.put("customer", row["Id"], {**row, "DisplayName": name})

    def open_workspace():
        return Workspace.open(stores.path, EntryPointRegistry(), actor="ada", secret=resolve)

    console = Console(open_workspace, first_tab="customers", poll=0.05)
    try:
        async with console.run_test(size=size, notifications=True) as pilot:
            keys = Keys(console, pilot)
            await keys.until(lambda: len(console.live.snapshots) == 3)
            await keys.press("r")
            await keys.until(lambda: matched(console, name))  # other suggestions were there before the reading
            await keys.press("A", sees="would be mapped")
            await keys.press("x", sees="exact only (x)")
            await keys.until(lambda: name in painted(console) and "0 ranked" in painted(console))
            await keys.press("s", sees="Map them")
            await keys.press("y")
            await keys.until(lambda: (name, row["Id"]) in mapped(console))
            await keys.press("D", sees="Duplicates · store · customers")
            await keys.press("escape")
            await keys.press("u")
            await keys.press("enter", sees="to choose from")
            await keys.press("escape")
    finally:
        await asyncio.to_thread(console.bridge.close, DEADLINE)
    ws = open_workspace()
    try:
        seen = ws.store.table("integrations").all()[0]["matches_seen"]
        assert list(seen) == [Kind.CUSTOMERS.value]
        assert seen["customers"]["by"] == "ada"
        assert seen["customers"]["count"] >= 1
    finally:
        await ws.close()
