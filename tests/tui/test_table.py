"""The virtual table: cursor, pages, marks, mouse, columns, and 100,000 rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest
from textual.app import App, ComposeResult

from tui.widgets.columns import Column, fit
from tui.widgets.table import Table

HOSTILE = "[/bar] [@click=app.quit]q[/] \x1b[31m\u202e漢字 \U0001f600"


class Item(NamedTuple):
    id: int
    name: str
    tone: str = ""


COLUMNS = (
    Column[Item]("name", "Name", lambda i: i.name, 10, weight=1, sort=lambda i: i.name),
    Column[Item]("id", "Id", lambda i: str(i.id), 8, drop=1, right=True),
    Column[Item]("state", "State", lambda i: i.tone or "none", 6, tone=lambda i: i.tone),
)


class Host(App[None]):
    def __init__(self, rows: list[Item], markable: Callable[[Item], bool] | None = None) -> None:
        super().__init__()
        self.rows = rows
        self.markable = markable
        self.heard: list[str] = []

    def compose(self) -> ComposeResult:
        yield Table(COLUMNS, lambda item: item.id, markable=self.markable)

    def on_mount(self) -> None:
        self.query_one(Table).show(self.rows)
        self.query_one(Table).focus()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        self.heard.append(type(event).__name__ + getattr(event, "column", ""))

    def on_table_menu_wanted(self, event: Table.MenuWanted) -> None:
        self.on_table_chosen(event)

    def on_table_sort_wanted(self, event: Table.SortWanted) -> None:
        self.on_table_chosen(event)


@asynccontextmanager
async def shown(
    count: int = 50, size: tuple[int, int] = (60, 12), **options: Any
) -> AsyncIterator[tuple[Table[Item], Any]]:
    rows = [Item(n, f"name {n:06}") for n in range(count)]
    app = Host(rows, **options)
    async with app.run_test(size=size) as pilot:
        yield app.query_one(Table), pilot


def lines(table: Table[Any]) -> list[str]:
    strips = table.app.screen._compositor.render_strips(table.app.size)
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


async def test_keys_move_the_cursor_and_stay_inside() -> None:
    async with shown() as (table, pilot):
        for keys, place in (
            (["down", "j", "j", "k", "up"], 1),
            (["up", "up", "up"], 0),
            (["pagedown"], 10),
            (["pageup"], 0),
            (["end"], 49),
            (["down"], 49),
            (["home"], 0),
            (["G"], 49),
            (["g"], 0),
        ):
            await pilot.press(*keys)
            assert table.cursor == place, keys
        await pilot.press("end")
        assert table.page == range(39, 50)
        assert lines(table)[-1].startswith("›[ ] name 000049")


async def test_marks_are_keys_and_survive_filter_sort_and_refresh() -> None:
    async with shown() as (table, pilot):
        table.toggle_mark()
        table.toggle_mark()
        assert table.marks == {0, 1}
        assert table.cursor == 2
        table.set_view(range(49, 9, -1))
        assert table.marks == {0, 1}
        assert table.hidden_marks() == 2
        assert [item.id for item in table.targets()] == [0, 1]
        table.show([Item(n, "new") for n in range(1, 30)])
        await pilot.pause()
        assert table.marks == {1}
        assert [item.name for item in table.targets()] == ["new"]


async def test_without_marks_the_row_under_the_cursor_is_meant() -> None:
    async with shown(3) as (table, pilot):
        await pilot.press("down")
        assert [item.id for item in table.targets()] == [1]
        table.show([])
        assert table.targets() == []
        assert table.row is None


async def test_mark_range_page_and_all() -> None:
    async with shown() as (table, pilot):
        await pilot.press("down", "down")
        table.toggle_mark()
        table.cursor = 6
        table.mark_range()
        assert table.marks == {2, 3, 4, 5, 6}
        table.unmark()
        table.mark_page()
        assert table.marks == set(range(11))
        assert lines(table)[0].startswith(" [x]")
        table.mark_page()
        assert table.marks == set()
        table.set_view([5, 7, 9])
        table.mark_all()
        assert table.marks == {5, 7, 9}
        table.mark_all()
        assert table.marks == set()
        await pilot.press("home", "shift+down", "shift+down")
        assert table.marks == {5, 7, 9}


async def test_the_header_box_says_none_some_or_all_of_the_page() -> None:
    async with shown(5) as (table, pilot):
        await pilot.pause()
        assert lines(table)[0].startswith(" [ ]")
        table.toggle_mark()
        await pilot.pause()
        assert lines(table)[0].startswith(" [-]")
        table.mark_page()
        await pilot.pause()
        assert lines(table)[0].startswith(" [x]")


async def test_rows_that_cannot_be_marked_are_left_out() -> None:
    async with shown(6, markable=lambda item: item.id % 2 == 0) as (table, _pilot):
        table.mark_all()
        assert table.marks == {0, 2, 4}
        table.cursor = 1
        table.toggle_mark()
        assert table.marks == {0, 2, 4}


async def test_the_cursor_stays_on_its_row_when_the_rows_change() -> None:
    async with shown() as (table, _pilot):
        table.cursor = 20
        table.show([Item(n, "x") for n in range(15, 60)])
        assert table.row is not None
        assert table.row.id == 20
        table.set_view([3, 5, 8])
        assert table.row.id == 20
        table.set_view([3, 8])
        assert table.cursor == 1
        assert table.go_to(18)
        assert table.cursor == 0
        assert not table.go_to(9999)


async def test_the_mouse_marks_opens_menus_and_sorts() -> None:
    async with shown(5) as (table, pilot):
        await pilot.click(Table, offset=(2, 2))
        assert table.marks == {1}
        assert table.cursor == 1
        await pilot.click(Table, offset=(20, 4))
        assert table.cursor == 3
        await pilot.click(Table, offset=(58, 1))
        await pilot.click(Table, offset=(10, 0))
        await pilot.click(Table, offset=(10, 3), times=2)
        await pilot.click(Table, offset=(10, 9))
        assert pilot.app.heard == ["MenuWanted", "SortWantedname", "Chosen"]
        await pilot.click(Table, offset=(2, 0))
        assert len(table.marks) == 5


async def test_hostile_names_are_shown_as_they_are_and_stay_in_their_cells() -> None:
    app = Host([Item(1, HOSTILE), Item(2, "after")])
    async with app.run_test(size=(60, 6)) as pilot:
        await pilot.pause()
        table = app.query_one(Table)
        assert "[/bar] [@click=app.quit]q[/]" in lines(table)[1]
        assert "\x1b" not in "".join(lines(table))
        assert {strip.cell_length for strip in (table.render_line(y) for y in range(1, 3))} == {59}


async def test_an_empty_view_says_why() -> None:
    async with shown(0) as (table, pilot):
        table.say_empty("Nothing [yet]")
        await pilot.pause()
        assert "Nothing [yet]" in "\n".join(lines(table))
        await pilot.press("down", "end", "pagedown", "shift+down")
        table.toggle_mark()
        table.mark_all()
        assert table.marks == set()


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (40, [("name", 24), ("id", 8), ("state", 6)]),
        (24, [("name", 17), ("state", 6)]),
        (12, [("name", 5), ("state", 6)]),
    ],
)
def test_columns_go_by_priority_and_the_rest_is_shared(room: int, expected: list[tuple[str, int]]) -> None:
    assert [(column.id, width) for column, width in fit(COLUMNS, room)] == expected


async def test_a_hundred_thousand_rows_are_all_there_and_only_the_visible_ones_are_rendered() -> None:
    seen: list[int] = []

    def name(item: Item) -> str:
        seen.append(item.id)
        return item.name

    rows = [Item(n, f"row {n}") for n in range(100_000)]
    app = Host([])
    async with app.run_test(size=(60, 24)) as pilot:
        table = app.query_one(Table)
        table.set_columns([Column[Item]("name", "Name", name, 20)])
        table.show(rows)
        await pilot.pause()
        await pilot.press("end")
        assert table.cursor == 99_999
        assert "row 99999" in lines(table)[-1]
        table.mark_all()
        assert len(table.marks) == 100_000
        table.set_view(range(99_999, -1, -2))
        await pilot.press("home", "pagedown")
        assert table.row == rows[99_999 - 2 * 22]
        assert len(set(seen)) < 24 * 8
