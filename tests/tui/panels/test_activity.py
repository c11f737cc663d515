from __future__ import annotations

import json

from textual.widgets import Input

from engine.csv_cells import safe_cell
from engine.model import Field, Kind
from engine.views import Alarm, HistoryEntry
from tui.widgets.activity_lines import ALARMS, EDITS, RUNS, WRITTEN, activity, change_text, chosen
from tui.widgets.export import write_rows


def entry(id, run="edit:1", name="Backup", **more):
    from datetime import UTC, datetime

    values = {
        "at": datetime(2026, 1, 1, 12, id % 60, tzinfo=UTC), "actor": "ada", "action": "map", "integration": "acme",
        "kind": Kind.PRODUCTS, "storefront_id": f"p{id}", "backoffice_id": "b1", "name": name, "field": None,
        "before": None, "after": "b1", "run": run, "how": "by hand",
    }  # fmt: skip
    return HistoryEntry(id=id, **{**values, **more})


async def test_edits_runs_and_their_drill_down(real_console):
    async with real_console(tab="activity") as it:
        await it.sees("3 rows", "map")
        await it.press("enter", sees="3 rows, by ada")
        await it.sees("Seat Basic")
        await it.press("o", at="FactsDialog")
        await it.sees("Before")
        await it.press("escape", "escape")

        async def sync(ws):
            return await ws.sync(await ws.plan("acme", kinds=(Kind.PRODUCTS,)))

        run = await it.ask(sync)
        await it.sees("run: sync")
        await it.press("home", "enter", sees=f"Run {run.id}")


async def test_filter_and_categories_by_key(real_console):
    async with real_console(tab="activity") as it:
        await it.ask(lambda ws: ws.unmap("acme", Kind.PRODUCTS, ["p1"]))
        await it.sees("unmap")
        await it.press("slash", *"unmap", "enter")
        await it.until(lambda: "3 rows" not in it.text)
        await it.press("escape", sees="3 rows")
        await it.press("v", sees="edits only: 2")
        await it.press("5")
        await it.sees("0 of 2")


async def test_what_is_listed_is_exported(real_console, tmp_path):
    async with real_console(tab="activity") as it:
        await it.sees("3 rows")
        await it.press("e", sees="Export activity")
        it.console.screen.query_one(Input).value = str(tmp_path / "a.json")
        await it.press("enter")
        await it.until((tmp_path / "a.json").exists)
    rows = json.loads((tmp_path / "a.json").read_text())
    assert [row["action"] for row in rows] == ["map"]
    assert rows[0]["actor"] == "ada"


async def test_an_existing_file_is_not_replaced_unasked(real_console, tmp_path):
    (tmp_path / "a.csv").write_text("mine")
    async with real_console(tab="activity") as it:
        await it.sees("3 rows")
        await it.press("e", sees="Export activity")
        it.console.screen.query_one(Input).value = str(tmp_path / "a.csv")
        await it.press("enter", sees="exists already")
        await it.press("n", sees="Export activity")
        assert (tmp_path / "a.csv").read_text() == "mine"
        await it.press("enter", sees="exists already")
        await it.press("y")
        await it.until(lambda: (tmp_path / "a.csv").read_text() != "mine")


async def test_a_file_that_cannot_be_written_is_told(real_console, tmp_path):
    async with real_console(tab="activity") as it:
        await it.sees("3 rows")
        await it.press("e", sees="Export activity")
        it.console.screen.query_one(Input).value = str(tmp_path / "no" / "a.csv")
        await it.press("enter", sees="Not exported")
        await it.sees("no file was written")


def test_one_line_per_edit_and_everything_in_order(make):
    entries = [entry(3), entry(2), entry(1), entry(5, run="r1", field=Field.PRICE, action="sync", outcome="rejected")]
    alarm = Alarm(1, make.at, "acme", "error", "the nightly sync did not run")
    lines = activity(entries, [make.run()], [alarm])
    assert [line.category for line in lines] == [RUNS, ALARMS, WRITTEN, EDITS]
    assert lines[3].name == "3 rows: Backup …"
    assert lines[2].tone == "bad"


def test_words_and_categories_choose(make):
    lines = activity([entry(1), entry(2, run="r1", field=Field.PRICE)], [make.run()], [])
    assert [lines[n].category for n in chosen(lines, "", "")] == [RUNS, EDITS]
    assert [lines[n].category for n in chosen(lines, "", WRITTEN)] == [WRITTEN]
    assert [lines[n].category for n in chosen(lines, "BACKUP map", "")] == [EDITS]
    assert chosen(lines, "nowhere", "") == []


def test_changes_in_words():
    assert change_text("1", "2") == "1 → 2"
    assert change_text("", None) == "→"


def test_no_spreadsheet_runs_a_name(tmp_path):
    path = tmp_path / "x.csv"
    write_rows(path, ("name", "price"), [("=cmd()", "-1.5"), ("+1", "@x")])
    assert path.read_text().splitlines() == ["name,price", "'=cmd(),-1.5", "+1,'@x"]
    assert safe_cell("-") == "'-"
