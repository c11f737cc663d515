"""The Fees tab: the list is the integration's own; fees are added, changed and removed here."""

from __future__ import annotations

from typing import Any

import pytest

from tui.screens import previews


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Which fee the form was opened for; the form is tested with its own screen."""
    opened: list[Any] = []

    async def edit_fee(_app: Any, integration: str, fee: Any) -> None:
        opened.append((integration, fee.id if fee is not None else None))

    monkeypatch.setattr(previews, "edit_fee", edit_fee)
    return opened


async def test_add_and_edit_open_the_form(open_console: Any, fake: Any, asked: list[Any]) -> None:
    async with open_console(fake(), tab="fees") as d:
        await d.press("plus", until=lambda: len(asked) == 1)
        await d.press("j", "e", until=lambda: len(asked) == 2)
        assert asked == [("acme", None), ("acme", "S1")]


async def test_removing_a_fee_is_asked_first(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws, tab="fees") as d:
        await d.press("delete", until=lambda: d.top == "Confirm")
        assert "Remove this fee?" in d.text
        await d.press("n", until=lambda: d.top != "Confirm")
        assert not ws.verbs("remove_fee")
        await d.press("delete", until=lambda: d.top == "Confirm")
        await d.press("y", until=lambda: bool(ws.verbs("remove_fee")))
        assert ws.verbs("remove_fee") == [("remove_fee", "S0")]


async def test_a_fee_is_mapped_to_a_back_office_product(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws, tab="fees") as d:
        await d.press("enter", until=lambda: d.top == "Picker" and not d.console.screen._reading)
        await d.press("enter", until=lambda: bool(ws.verbs("map")))
        assert ws.verbs("map")[0][3] == (("S0", "B1"),)


async def test_its_columns_are_fees_and_back_office_products(open_console: Any, fake: Any) -> None:
    async with open_console(fake(), tab="fees") as d:
        assert d.text.splitlines()[3].split()[2:4] == ["Fee", "syncro"]
