"""The Products tab: accepting many, adding to the back office, and the sync panel below the list."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from engine.model import Kind, Status
from tui.actions import REGISTRY
from tui.screens import previews
from tui.widgets.sync_panel import SyncPanel


async def test_accept_all_previews_what_is_suggested_for_the_filtered_rows(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("slash")
        await d.type("basic")
        await d.press("enter", "A", until=lambda: d.top == "AcceptAll" and bool(ws.verbs("acceptable")))
        assert set(ws.verbs("acceptable")[0][3]) == {"S0", "S10", "S20", "S30"}
        await d.press("escape", until=lambda: d.top == "ProductsScreen")
        assert not ws.verbs("map")


async def test_accepting_the_marked_rows_is_previewed_too(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("space", "space", "a", until=lambda: d.top == "AcceptAll" and bool(ws.verbs("acceptable")))
        assert ws.verbs("acceptable")[0][3] == ("S0",)


async def test_accept_all_with_nothing_suggested_says_so(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("slash")
        await d.type("endpoint")
        await d.press("enter", "A")
        assert any("Nothing is suggested for these rows" in toast for toast in d.toasts)


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would be added; the form itself is tested with its own screen."""
    asked: list[Any] = []

    async def add_products(_app: Any, integration: str, ids: Any) -> bool:
        asked.append((integration, tuple(ids)))
        return True

    monkeypatch.setattr(previews, "add_products", add_products)
    return asked


async def test_add_one_row_or_the_marked_rows_to_the_back_office(
    open_console: Any, fake: Any, added: list[Any]
) -> None:
    async with open_console(fake()) as d:
        await d.press("n", until=lambda: len(added) == 1)
        await d.press("space", "space", "j", "j", "space", "n", until=lambda: len(added) == 2)
        assert added == [("acme", ("S0",)), ("acme", ("S0", "S4"))]
        await d.settle(lambda: not d.table.marks)
        await d.press("home", "j", "n")
        assert any("it is mapped already" in toast for toast in d.toasts)


async def test_the_last_entry_of_the_picker_adds(open_console: Any, fake: Any, added: list[Any]) -> None:
    async with open_console(fake()) as d:
        await d.press("enter", until=lambda: d.top == "Picker" and not d.console.screen._reading)
        await d.type("no such thing")
        await d.press("enter", until=lambda: bool(added))
        assert added == [("acme", ("S0",))]


async def test_the_sync_panel_opens_below_the_list_and_gives_the_screen_back(open_console: Any, fake: Any) -> None:
    async with open_console(fake(), size=(160, 50)) as d:
        await d.press("S", until=lambda: bool(d.screen.query(SyncPanel)) and d.screen.query_one(SyncPanel).is_open)
        panel = d.screen.query_one(SyncPanel)
        await d.settle(lambda: panel.region.height > 5)
        assert panel.region.y >= d.table.region.bottom
        assert d.table.region.height > 5
        await d.press("escape", until=lambda: not panel.is_open)
        await d.settle(lambda: d.console.focused is d.table)
        assert d.table.region.height > 40


async def test_on_a_small_terminal_the_sync_panel_takes_the_lists_place(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("S", until=lambda: bool(d.screen.query(SyncPanel)) and d.screen.query_one(SyncPanel).is_open)
        panel = d.screen.query_one(SyncPanel)
        await d.settle(lambda: panel.region.height >= 18)
        assert not d.table.region.height
        await d.press("escape", until=lambda: d.table.region.height == 20)
        assert d.console.focused is d.table


async def test_sync_rows_plans_the_row_under_the_cursor_at_once(open_console: Any, fake: Any) -> None:
    ws = fake()
    planned: list[Any] = []

    async def plan(integration: str, **options: Any) -> Any:
        planned.append((integration, options.get("ids")))
        raise AssertionError("no plan in this test")

    ws.plan = plan
    async with open_console(ws) as d:
        await d.press("j", "ctrl+s", until=lambda: bool(planned))
        assert planned == [("acme", ["S1"])]
        assert ws.rows[Kind.PRODUCTS][1].id == "S1"


async def test_price_out_of_sync_shows_both_values_and_only_rows_that_differ(
    open_console: Any, fake: Any, text_golden: Any
) -> None:
    async with open_console(fake()) as d:
        await d.press("w", until=lambda: d.top == "Menu")
        assert "Price out of sync" in d.text
        await d.press("1", until=lambda: d.top == "ProductsScreen" and d.screen.lens.out == "price")
        seen = [d.table.rows[index] for index in d.table.view]
        assert seen
        assert all(row.differing("price") for row in seen)
        assert len(seen) == sum(row.differing("price") is not None for row in d.table.rows)
        text_golden("price-out-80x24", re.sub(r"(market|syncro) [^·│]*?ago|(market|syncro) just now", "AGE", d.text))


async def test_a_view_is_left_with_escape_or_for_another_one(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("w", "1", "w", "2", until=lambda: d.screen.lens.out == "quantity")
        assert "Difference" in d.text
        assert {row.status for row in map(d.table.rows.__getitem__, d.table.view)} == {Status.CONFLICT}
        await d.press("escape", until=lambda: not d.screen.lens.out)
        assert len(d.table.view) == d.screen.selector.boundary


@pytest.mark.parametrize(("size", "above"), [((80, 24), True), ((160, 50), False)])
async def test_why_a_row_is_blocked_is_said_above_the_list_where_its_column_has_no_room(
    open_console: Any, fake: Any, size: tuple[int, int], above: bool
) -> None:
    async with open_console(fake(), size=size) as d:
        await d.press("w", "1", until=lambda: d.screen.lens.out == "price")
        assert ("Why blocked" in d.text) is not above
        rows = [d.screen.table.rows[index] for index in d.screen.table.view]
        blocked = next(n for n, row in enumerate(rows) if row.differing("price").blocked)
        assert blocked != 0
        assert "! both sides moved" not in d.screen.bar.text
        await d.press(*["down"] * blocked, until=lambda: ("! both sides moved" in d.screen.bar.text) is above)
        await d.press("home", until=lambda: "! both sides moved" not in d.screen.bar.text)


@pytest.mark.parametrize("action", ["out_of_sync", "by_status"])
async def test_no_counts_are_shown_before_the_list_is_there(open_console: Any, fake: Any, action: str) -> None:
    async with open_console(fake()) as d:
        context = d.screen.context()
        enabled = REGISTRY.find("products", action).enabled
        assert enabled(context) == ""
        d.console.act(action, replace(context, snapshot=None))
        await d.settle(lambda: any("the list is not there yet" in toast for toast in d.toasts))
        assert d.top == "ProductsScreen"
