"""The Rules page in the real console: tried live, saved by a key, nothing lost by Escape."""

from __future__ import annotations

import pytest

from engine.model import Kind
from tui.screens.rules import RulesScreen


async def opened(it, key="l"):
    await it.press(key)
    await it.until(lambda: isinstance(it.console.screen, RulesScreen))
    await it.sees("of 3 mapped rows would change")
    return it.console.screen


async def books_are_master(it):
    settings = {"masters.price": "backoffice", "masters.quantity": "backoffice", "fields": "price,quantity"}
    await it.ask(lambda ws: ws.set_integration("acme", settings))


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_a_rule_is_tried_while_it_is_typed_and_saved_by_one_key(real_console, size):
    async with real_console(size=size) as it:
        await books_are_master(it)
        page = await opened(it)
        await it.sees("Rules of acme · for the whole store", "0 of 3 mapped rows would change")
        page.form.row("price.percent").focus_control()
        await it.press(*"10", sees="3 of 3 mapped rows would change")
        assert page.form.row("price").value == "set", "typing a part switches the rule on"
        await it.sees("price: 3 rows, by +0.32 to +50, middle +1", "largest: ")
        assert not (await it.ask(lambda ws: ws.rules.show("acme"))).words
        await it.press("ctrl+s", sees="Rule of store-wide saved")
        await it.sees("0 of 3 mapped rows would change")
        assert (await it.ask(lambda ws: ws.rules.show("acme"))).words == "price: +10 %"
        await it.press("escape")
        await it.until(lambda: not isinstance(it.console.screen, RulesScreen))


async def test_the_items_own_rule_and_escape_that_asks(real_console):
    async with real_console() as it:
        await books_are_master(it)
        await it.ask(lambda ws: ws.rules.set("acme", {"price.percent": "10"}))
        page = await opened(it, "L")
        await it.sees("Rules of acme · of Backup 1 TB (p1)")
        page.form.row("price").value = "as-is"
        await it.sees("1 of 3 mapped rows would change")
        await it.press("escape", sees="Discard what you typed?")
        await it.press("escape")
        await it.until(lambda: it.console.screen is page)
        assert page.form.row("price").value == "as-is"
        await it.press("ctrl+s", sees="Rule of Backup 1 TB saved")
        assert (await it.ask(lambda ws: ws.rules.show("acme", "p1"))).words == "price: as-is"
        await it.press("f2", sees="for the whole store")
        await it.until(lambda: page.form.row("price.percent").value == "10")
        await it.press("f8", sees="Rule of store-wide removed")
        assert not (await it.ask(lambda ws: ws.rules.show("acme"))).words


async def test_what_the_engine_refuses_is_said_and_kept(real_console):
    async with real_console() as it:
        await books_are_master(it)
        page = await opened(it)
        page.form.row("price").value = "set"
        page.form.row("price.ending").focus_control()
        await it.press(*"x9", sees="an ending is digits")
        await it.press("ctrl+s")
        await it.sees("! rule not changed: price.ending")
        assert page.form.row("price.ending").value == "x9"


async def test_an_excluded_row_comes_back_with_the_same_verb_as_an_ignored_one(real_console):
    async with real_console() as it:
        await it.ask(lambda ws: ws.rules.set("acme", {"exclude.ids": "p1"}))
        await it.sees("Ignored")
        await it.press("X")
        await it.until(lambda: "Ignored" not in it.text)
        snapshot = await it.ask(lambda ws: ws.snapshot("acme", Kind.PRODUCTS))
        assert all(row.status != "Ignored" for row in snapshot.rows)
