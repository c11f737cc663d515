"""What the lists show: filters, counts that stay true, sorting, marks, the detail panel, refreshes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine.model import Kind, Status
from tui.widgets.detail import DetailPanel


async def test_typing_filters_at_once_and_escape_shows_all_again(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("slash")
        await d.type("wx-240 000")
        assert d.screen.bar.text.strip().startswith("2 of 40 ")
        assert [d.table.rows[i].left for i in d.table.view] == ["Firewall WX-240 0001", "Firewall WX-240 0006"]
        await d.press("enter")
        assert d.console.focused is d.table
        await d.press("j")
        assert d.table.row.id == "S6"
        await d.press("escape")
        assert len(d.table.view) == 40
        assert d.table.row.id == "S6"
        assert d.screen.bar.text.strip().startswith("40 rows")


async def test_escape_in_the_input_clears_the_filter(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("slash")
        await d.type("nothing like it")
        assert d.screen.bar.text.strip().startswith("0 of 40 ")
        assert "No row matches the filter" in d.text
        await d.press("escape")
        assert len(d.table.view) == 40
        assert d.console.focused is d.table


async def test_only_unmapped_and_back_office_records(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("u")
        assert {d.table.rows[i].status for i in d.table.view} == {Status.UNMAPPED, Status.AMBIGUOUS}
        assert "8 of 40 · unmapped only" in d.screen.bar.text
        await d.press("u", "b")
        assert [d.table.rows[i].id for i in d.table.view] == ["X0", "X1", "X2"]
        assert "3 rows · back office only" in d.screen.bar.text
        await d.press("b")
        assert len(d.table.view) == 40


async def test_the_status_menu_counts_and_toggles(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("f")
        assert d.top == "Menu"
        assert "[ ] Conflict  4" in d.text
        await d.press("2", until=lambda: d.top != "Menu")
        assert {d.table.rows[i].status for i in d.table.view} == {Status.CONFLICT}
        await d.press("f")
        assert "[x] Conflict" in d.text
        await d.press("0", until=lambda: d.top != "Menu")
        assert len(d.table.view) == 40


async def test_sorting_by_menu_and_by_header(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("s")
        await d.press("1", until=lambda: d.top != "Menu")
        names = [d.table.rows[i].left for i in d.table.view]
        assert names == sorted(names, key=str.casefold)
        assert "market ▴" in d.text
        await d.press("s")
        await d.press("1", until=lambda: d.top != "Menu")
        assert [d.table.rows[i].left for i in d.table.view] == sorted(names, key=str.casefold, reverse=True)
        await d.pilot.click("Table", offset=(8, 0))
        await d.settle()
        assert [d.table.rows[i].id for i in d.table.view][:3] == ["S0", "S1", "S2"]


async def test_marks_count_and_survive_filters(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("space", "space")
        assert "2 marked" in d.screen.bar.text
        await d.press("slash")
        await d.type("contoso")
        await d.press("enter", "asterisk")
        assert "8 of 40 · 10 marked (2 not shown)" in d.screen.bar.text
        await d.press("escape")
        assert "marked" not in d.screen.bar.text
        await d.press("escape", "p")
        assert f"{len(d.table.page)} marked" in d.screen.bar.text
        await d.press("p", "home", "space", "j", "j", "v")
        assert d.table.marks == {(False, f"S{n}") for n in range(4)}


async def test_another_snapshot_keeps_cursor_marks_and_filter(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("u", "j", "space")
        here = d.table.row.id
        ws.change(Kind.PRODUCTS, "S0", status=Status.MAPPED, right="There")
        await d.settle(lambda: len(d.table.view) == 7)
        assert d.table.row.id == here
        assert d.table.marks == {(False, "S4")}
        assert d.console.unmapped("products") == 7
        assert "7 unmapped" in d.text


async def test_the_detail_panel_opens_by_itself_where_there_is_room(open_console: Any, fake: Any) -> None:
    async with open_console(fake(), size=(160, 50)) as d:
        await d.settle(lambda: d.screen.query_one(DetailPanel).detail is not None)
        assert "same model WX-240" in d.text
        await d.press("j", until=lambda: d.screen.query_one(DetailPanel).detail.row.id == "S1")
        assert "anna map" in d.text
        await d.press("d")
        assert not d.screen.query_one(DetailPanel).display


async def test_the_detail_panel_goes_below_on_a_narrow_terminal(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        assert not d.screen.query_one(DetailPanel).display
        await d.press("d", until=lambda: d.screen.query_one(DetailPanel).detail is not None)
        assert d.screen.query_one(DetailPanel).region.y > d.table.region.y
        assert "last synced at 10.00 USD" in d.text
        await d.press("H")
        assert d.console.focused is d.screen.query_one(DetailPanel)


async def test_an_empty_list_says_what_to_do(open_console: Any, fake: Any) -> None:
    async with open_console(fake(rows=0)) as d:
        assert "Nothing read yet. r reads both systems." in d.text


async def test_a_hundred_thousand_rows_filter_while_typing(open_console: Any, fake: Any) -> None:
    async with open_console(fake(rows=100_000)) as d:
        await d.press("slash")
        await d.type("seat 99")
        await d.settle(lambda: d.screen.lens.text == "seat 99" and len(d.table.view) < 100_000)
        expected = [i for i, row in enumerate(d.ws.rows[Kind.PRODUCTS]) if "seat" in row.search and "99" in row.search]
        await d.settle(lambda: list(d.table.view) == expected)
        await d.press("enter", "asterisk")
        assert len(d.table.marks) == len(expected)


@pytest.mark.parametrize(("name", "size"), [("80x24", (80, 24)), ("160x50", (160, 50)), ("60x15", (60, 15))])
@pytest.mark.parametrize("tab", ["customers", "products", "fees"])
async def test_what_a_list_looks_like(
    open_console: Any, fake: Any, text_golden: Any, tab: str, name: str, size: tuple[int, int]
) -> None:
    async with open_console(fake(hostile=True), size=size, tab=tab) as d:
        await d.press("j", "space")
        if size[0] >= 120:
            await d.settle(lambda: getattr(d.screen.query_one(DetailPanel).detail, "row", None) is d.table.row)
        text = re.sub(r"2030-01-0\d \d\d:\d\d", "2030-01-02 --:--", d.text)
        text_golden(f"{tab}-{name}", text.replace(ago_of(d), "read just now"))


def ago_of(d: Any) -> str:
    """The age of the snapshot depends on the day the test runs."""
    return d.screen._age() or "read just now"
