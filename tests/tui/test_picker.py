"""The picker: suggestions first, then all counterparts; what was typed is never lost."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.events import Paste

from engine.errors import UsageError
from engine.model import Kind
from engine.views import Choice, Suggestion


async def opened(d: Any) -> None:
    await d.press("enter", until=lambda: d.top == "Picker" and not d.console.screen._reading)


async def test_suggestions_come_first_with_their_reasons(open_console: Any, fake: Any, text_golden: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await opened(d)
        text_golden("picker-80x24", d.text)
        await d.press("enter", until=lambda: bool(ws.verbs("map")))
        assert ws.verbs("map") == [("map", "acme", Kind.PRODUCTS, (("S0", "B1"),), "by hand")]


async def test_type_ahead_over_all_counterparts(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await opened(d)
        await d.type("sku-7 part")
        assert "11 of 500 match" in d.text
        assert "Counterpart 7  SKU-7  ↔ mapped to Mailbox 50 GB 0007" in d.text
        await d.press("backspace", "backspace", "backspace", "backspace", "backspace", "5", "enter")
        await d.settle(lambda: bool(ws.verbs("map")))
        assert ws.verbs("map")[0][3] == (("S0", "B75"),)


async def test_arrows_choose_while_the_input_keeps_the_focus(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await opened(d)
        await d.press("down", "down", "up", "enter", until=lambda: bool(ws.verbs("map")))
        assert ws.verbs("map")[0][3] == (("S0", "B2"),)


async def test_escape_keeps_what_was_typed_for_that_row(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await opened(d)
        await d.type("sku-12")
        await d.press("escape", until=lambda: d.top != "Picker")
        assert not ws.verbs("map")
        await d.press("j")
        await opened(d)
        assert d.console.screen.query_one("Input").value == ""
        await d.press("escape", "k")
        await opened(d)
        assert d.console.screen.query_one("Input").value == "sku-12"
        assert "of 500 match" in d.text


async def test_nothing_found_offers_to_add(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await opened(d)
        await d.type("no such thing")
        assert "nothing matches" in d.text
        assert "Add to syncro…" in d.text


async def test_marked_rows_are_led_through_one_after_the_other(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("space", "space", "space")
        await opened(d)
        assert "(1 of 3)" in d.text
        await d.press("enter", until=lambda: "(2 of 3)" in d.text)
        await d.settle(lambda: d.top == "Picker" and not d.console.screen._reading)
        await d.press("ctrl+n", until=lambda: "(3 of 3)" in d.text)
        await d.settle(lambda: d.top == "Picker" and not d.console.screen._reading)
        await d.press("escape", until=lambda: d.top != "Picker")
        assert [call[3] for call in ws.verbs("map")] == [(("S0", "B1"),)]


async def test_a_refused_choice_is_told_and_the_walk_goes_on_with_the_same_row(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("space", "space")
        await opened(d)
        await d.type("sku-12")
        ws.fail["map"] = UsageError("Counterpart 12 (B12) is mapped to Other (S9) already; nothing was mapped")
        await d.press("enter", until=lambda: d.top == "MessageDialog")
        assert "mapped to Other (S9) already" in d.text
        del ws.fail["map"]
        await d.press("escape", until=lambda: d.top == "Picker" and not d.console.screen._reading)
        assert "(1 of 2)" in d.text
        assert d.console.screen.query_one("Input").value == "sku-12"
        await d.type("5")
        await d.press("enter", until=lambda: "(2 of 2)" in d.text)
        assert ws.verbs("map")[-1][3] == (("S0", "B125"),)
        await d.press("escape", until=lambda: d.top != "Picker")


async def test_pasted_lines_are_words_of_one_search(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await opened(d)
        d.console.screen.query_one("Input").post_message(Paste("sku-7\r\npart\n"))
        await d.settle(lambda: "11 of 500 match" in d.text)
        assert d.console.screen.query_one("Input").value == "sku-7 part"
        await d.press("escape", until=lambda: d.top != "Picker")
        await d.press("slash")
        d.console.screen.query_one("FilterInput").post_message(Paste("mailbox\n50\n"))
        await d.settle(lambda: d.console.screen.query_one("FilterInput").value == "mailbox 50")


async def test_a_back_office_record_is_mapped_to_a_storefront_row(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.press("b", "j")
        await opened(d)
        assert "Add to" not in d.text
        await d.type("endpoint seat 0003")
        await d.press("enter", until=lambda: bool(ws.verbs("map")))
        assert ws.verbs("map")[0][3] == (("S3", "X1"),)


async def test_a_base_product_and_an_ignored_row_are_not_mapped(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        d.table.cursor = 6
        await d.press("enter")
        assert any("map the variants" in toast for toast in d.toasts)
        d.table.cursor = 5
        await d.press("enter")
        assert any("un-ignore it first" in toast for toast in d.toasts)


async def test_a_hundred_thousand_counterparts(open_console: Any, fake: Any) -> None:
    ws = fake()
    many = [Choice(str(n), f"Name {n}", "", f"name {n}", "") for n in range(100_000)]
    ws.choices_for = lambda _integration, _kind: many
    async with open_console(ws) as d:
        await opened(d)
        await d.type("9 me 99")
        await d.settle(lambda: f"{sum('99' in str(n) for n in range(100_000)):,} of 100,000 match" in d.text)
        assert d.console.screen.query_one("OptionList").option_count == 51


async def test_suggestions_can_be_taken_while_all_the_others_are_still_read(open_console: Any, fake: Any) -> None:
    ws = fake()
    gate = asyncio.Event()

    async def slowly(_integration: str, _kind: Any) -> Any:
        await gate.wait()

    ws.choices_for = slowly
    async with open_console(ws) as d:
        await d.pilot.press("enter")
        while "reading all the others" not in d.text:
            await d.pilot.pause()
        await d.pilot.press("down", "enter")
        while not ws.verbs("map"):
            await d.pilot.pause()
        assert ws.verbs("map")[0][3] == (("S0", "B2"),)
        d.console.bridge._loop.call_soon_threadsafe(gate.set)


async def test_all_counterparts_are_asked_for_once_per_reading(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        for _ in range(3):
            await opened(d)
            await d.press("escape", "j", until=lambda: d.top != "Picker")
        assert len(ws.verbs("choices_for")) == 1


async def test_hostile_names_are_only_text(open_console: Any, fake: Any) -> None:
    ws = fake(hostile=True)
    hostile = "[/bar] [@click=app.quit]q[/] \x1b[31m\u202e"
    ws.choices_for = lambda _integration, _kind: [Choice("1", hostile, hostile, hostile.casefold(), hostile)]
    async with open_console(ws) as d:
        await opened(d)
        assert "[/bar] [@click=app.quit]q[/]" in d.text
        assert "\x1b" not in d.text


async def test_what_does_not_fit_on_a_line_goes_on_below_its_name(open_console: Any, fake: Any) -> None:
    ws = fake()
    code = "9f0dd980-276a-4afc-9a88-e1a5228c6563"
    ws.suggestions = lambda *_what: (
        Suggestion("S0", "B1", 0.9, (f"same MPN/SKU {code}", f"same model {code}"), backoffice_name="Counterpart 1"),
    )
    ws.choices_for = lambda *_what: [Choice("B9", "A counterpart with a long name", f"{code} · {code[::-1]}", code, "")]
    async with open_console(ws) as d:
        await opened(d)
        below = [line for line in d.text.splitlines() if code in line or code[::-1] in line]
        assert len(below) == 4
        assert all(line.partition("│")[2].startswith(" " * 9) for line in below), below
