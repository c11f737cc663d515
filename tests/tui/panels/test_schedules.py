"""Automatic syncs on the Sync tab: added in plain words, refused when out of bounds, run, paused and removed by key."""

from __future__ import annotations

import csv
from decimal import Decimal


def price(files, id):
    with (files / "erp.csv").open() as source:
        return next(Decimal(row["price"]) for row in csv.DictReader(source) if row["id"] == id)


async def test_a_schedule_is_added_run_paused_and_removed_by_key(real_console, files):
    async with real_console(tab="sync") as it:
        await it.sees("Nothing was synced yet")
        await it.press("plus", sees="Automatic sync")
        await it.press("ctrl+s", sees="every 30 minutes")
        await it.sees("not run yet")
        it.console.screen.query_one("#schedules").focus()
        await it.press("x", sees="done: 0 written")
        assert price(files, "b1") == 10, "a first sync is left to a person"
        assert (await it.ask(lambda ws: ws.schedules.all()))[0].last_good is not None
        await it.press("p", sees="paused")
        await it.press("p")
        await it.until(lambda: "paused" not in it.text)
        await it.press("delete", sees="Remove the automatic sync?")
        await it.press("y")
        await it.until(lambda: not it.console.screen.query_one("#schedules").has_class("-some"))


async def test_a_rhythm_out_of_bounds_is_refused_in_the_form(real_console):
    async with real_console(tab="sync") as it:
        await it.press("plus", sees="Automatic sync")
        field = next(row for row in it.console.screen.query("FormRow") if row.field.name == "rhythm")
        field.control.value = "every 10 minutes"
        await it.press("ctrl+s", sees="the minimum is")
        assert await it.ask(lambda ws: ws.schedules.all()) == []
