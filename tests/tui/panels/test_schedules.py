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
        await it.sees("acme: every 15 minutes is recommended: shop 4 rows, erp 3 rows")
        await it.press("ctrl+s", sees="next acme")
        it.console.screen.query_one("#schedules").focus()
        await it.sees("every 15 minutes UTC · not run yet")
        await it.press("x", sees="done: 0 written")
        await it.sees("● well")
        assert price(files, "b1") == 10, "a first sync is left to a person"
        assert (await it.ask(lambda ws: ws.schedules.all()))[0].last_good is not None
        await it.press("p", sees="paused")
        await it.press("p")
        await it.until(lambda: "paused" not in it.text)
        await it.press("p", "p")  # faster than the list
        await it.until(lambda: not it.console.bridge.busy)
        assert (await it.ask(lambda ws: ws.schedules.all()))[0].enabled
        await it.press("delete", sees="Remove the automatic sync?")
        await it.press("y")
        await it.sees("by hand", "No automatic sync yet")
        assert it.console.tab.reason("schedule.run") == "there is no automatic sync here yet; + adds one"


async def test_a_rhythm_out_of_bounds_is_refused_in_the_form(real_console):
    async with real_console(tab="sync") as it:
        await it.press("plus", sees="Automatic sync")
        field = next(row for row in it.console.screen.query("FormRow") if row.field.name == "rhythm")
        field.control.value = "every 10 minutes"
        await it.press("ctrl+s", sees="the minimum is")
        assert await it.ask(lambda ws: ws.schedules.all()) == []


async def test_which_rows_fields_and_direction_are_chosen_in_the_form(real_console):
    async with real_console(tab="sync") as it:
        await it.press("plus", sees="Automatic sync")
        for name, value in (("fields", "price"), ("ids", "p1, p3"), ("kinds", "products"), ("overwrite", "backoffice")):
            row = next(row for row in it.console.screen.query("FormRow") if row.field.name == name)
            row.control.value = value
        await it.press("ctrl+s", sees="next acme")
        (made,) = await it.ask(lambda ws: ws.schedules.all())
        assert (made.fields, made.ids, made.kinds, made.overwrite) == (
            ("price",),
            ("p1", "p3"),
            ("products",),
            "backoffice",
        )
        it.console.screen.query_one("#schedules").focus()
        await it.sees("every 15 minutes UTC (price, 2 rows, overwrites the back office)")


async def test_a_schedule_is_changed_by_key_and_keeps_its_record(real_console):
    async with real_console(tab="sync") as it:
        await it.press("plus", sees="Automatic sync")
        await it.press("ctrl+s", sees="next acme")
        (old,) = await it.ask(lambda ws: ws.schedules.all())
        it.console.screen.query_one("#schedules").focus()
        await it.press("e", sees="Change the automatic sync")
        form = {row.field.name: row for row in it.console.screen.query("FormRow")}
        assert {name: row.field.value for name, row in form.items()} == {
            "rhythm": "every 15 minutes", "timezone": "UTC", "fields": "", "kinds": "products,fees", "overwrite": "", "ids": "",
        }  # fmt: skip
        form["rhythm"].control.value = "every 5 minutes"
        await it.press("ctrl+s", sees="the minimum is")
        form["rhythm"].control.value = "daily at 02:30"
        form["fields"].control.value = "price"
        form["kinds"].control.value = "products"
        await it.press("ctrl+s", sees="daily at 02:30 UTC (price")
        (new,) = await it.ask(lambda ws: ws.schedules.all())
        assert (new.id, new.expression, new.fields, new.kinds) == (old.id, "30 2 * * *", ("price",), ("products",))
