"""The row menu and the verbs behind it: what is sent, what is asked first, what is greyed and why."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Busy
from engine.model import Field, Kind, Side
from tui.widgets import clipboard


@pytest.fixture(autouse=True)
def no_clipboard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nothing leaves the test; what would have been copied is kept."""
    copied: list[str] = []

    async def copy(_app: Any, text: str) -> str:
        copied.append(text)
        return "to the test"

    monkeypatch.setattr(clipboard, "copy", copy)
    monkeypatch.setattr("tui.screens.row_verbs.copy", copy)
    return copied


async def test_the_menu_lists_every_verb_and_greys_with_reasons(open_console: Any, fake: Any, text_golden: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("full_stop")
        text_golden("row-menu-unmapped", d.text)
        await d.press("escape", "j", "full_stop")
        assert "it is mapped already" in d.text
        await d.press("a")
        assert d.top == "Menu"
        assert any("it is mapped already" in toast for toast in d.toasts)
        await d.press("full_stop", until=lambda: d.top != "Menu")


async def test_the_menu_of_the_last_row_opens_upwards(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("end", "full_stop")
        lines = d.text.splitlines()
        assert "Contoso Ltd 0039" in lines[22]
        assert "Copy id" in "\n".join(lines[:22])


async def test_a_letter_in_the_menu_acts_at_once(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("full_stop")
        await d.press("a", until=lambda: bool(ws.verbs("map")))
        assert ws.verbs("map") == [("map", "acme", Kind.PRODUCTS, (("S0", "B1"),), "accepted, 0.93")]


async def test_the_mouse_opens_the_menu_at_the_three_dots(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.pilot.click("Table", offset=(78, 3))
        await d.settle(lambda: d.top == "Menu")
        assert d.table.cursor == 2


async def test_accepting_row_after_row(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("u")
        await d.press("a", until=lambda: len(ws.verbs("map")) == 1)
        await d.settle(lambda: len(d.table.view) == 7)
        await d.press("a")
        assert any("several records fit equally" in toast for toast in d.toasts)
        await d.press("j", "a", until=lambda: len(ws.verbs("map")) == 2)
        assert [call[3][0][0] for call in ws.verbs("map")] == ["S0", "S10"]
        assert "Accepted: Backup Basic 0000 → Counterpart 1 · same model WX-240 · same brand" in d.toasts


async def test_reject_forgets_one_pair(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("minus", until=lambda: bool(ws.verbs("reject")))
        assert ws.verbs("reject") == [("reject", Kind.PRODUCTS, "S0", "B1")]


async def test_unmap_one_row_at_once_and_many_after_a_question(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("U")
        assert not ws.verbs("unmap")
        assert any("it is not mapped" in toast for toast in d.toasts)
        await d.press("j")
        await d.press("U", until=lambda: bool(ws.verbs("unmap")))
        assert ws.verbs("unmap") == [("unmap", Kind.PRODUCTS, ("S1",))]
        await d.press("asterisk", "U", until=lambda: d.top == "Confirm")
        assert "Unmap 23 rows?" in d.text
        await d.press("n", until=lambda: d.top != "Confirm")
        assert len(ws.verbs("unmap")) == 1
        await d.press("U", until=lambda: d.top == "Confirm")
        await d.press("y", until=lambda: len(ws.verbs("unmap")) == 2)
        await d.settle(lambda: not d.table.marks)


async def test_ignore_asks_for_a_reason_and_undo_takes_it_back(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("space", "space", "x", until=lambda: d.top == "ReasonPrompt")
        await d.type("test data")
        await d.press("ctrl+s", until=lambda: bool(ws.verbs("ignore")))
        assert ws.verbs("ignore") == [("ignore", Kind.PRODUCTS, ("S0", "S1"), "test data", None)]
        await d.press("home", "X", until=lambda: bool(ws.verbs("unignore")))
        await d.press("ctrl+z", until=lambda: bool(ws.verbs("undo_edit")))
        assert "Undone: taken back" in d.toasts


async def test_undo_of_many_rows_says_what_it_takes_back_and_asks(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("asterisk", "U", until=lambda: d.top == "Confirm")
        await d.press("y", until=lambda: bool(ws.verbs("unmap")) and not d.table.marks and d.top != "Confirm")
        await d.press("ctrl+z", until=lambda: "Take back an edit of 24 rows?" in d.text)
        assert "unmap of 24 products by anna" in d.text
        await d.press("n", until=lambda: d.top != "Confirm")
        assert not ws.verbs("undo_edit")
        await d.press("ctrl+z", until=lambda: d.top == "Confirm")
        await d.press("y", until=lambda: bool(ws.verbs("undo_edit")))


async def test_undo_with_nothing_to_undo_says_so(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("ctrl+z", until=lambda: d.top == "MessageDialog")
        assert "there is no mapping edit to take back" in d.text


async def test_resolve_keeps_a_side(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("j", "j", "j", "R", until=lambda: d.top == "ChooseOne")
        await d.press("enter", until=lambda: bool(ws.verbs("resolve")))
        assert ws.verbs("resolve") == [("resolve", Kind.PRODUCTS, "S3", Field.PRICE, Side.STOREFRONT, None)]


async def test_copying_ids_and_addresses(open_console: Any, fake: Any, no_clipboard: list[str]) -> None:
    async with open_console(fake()) as d:
        await d.press("y", until=lambda: bool(no_clipboard))
        await d.press("space", "space", "y", until=lambda: len(no_clipboard) == 2)
        assert no_clipboard == ["S0", "S0\nS1"]
        assert "S0: Copied to the test." in d.toasts
        await d.press("escape", "o", until=lambda: d.top == "MessageDialog")
        assert "https://shop.example/1" in d.text
        assert no_clipboard[-1] == "https://shop.example/1"


async def test_reading_both_systems_says_what_was_read_and_looks_for_suggestions(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("r", until=lambda: bool(ws.verbs("suggest")))
        assert any("market: 40 products" in toast for toast in d.toasts)
        assert any("4 unmapped rows have a suggestion" in toast for toast in d.toasts)


async def test_a_failing_verb_says_what_happened_and_what_to_do(open_console: Any, fake: Any) -> None:
    ws = fake()
    ws.fail["pull"] = Busy("syncro is held by process 77 for a sync")
    async with open_console(ws) as d:
        await d.press("r", until=lambda: d.top == "MessageDialog")
        assert "held by process 77" in d.text
        assert "nothing was written" in d.text
        await d.press("escape", until=lambda: d.top != "MessageDialog")
        assert d.console.focused is d.table
