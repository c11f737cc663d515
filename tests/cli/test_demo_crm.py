"""The demo of a store and its CRM: pushed, reconciled, resolved, and proved from what both systems hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from connectors.sandbox.launcher import describe
from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.systems import make as make_systems
from connectors.sandbox.world import World
from engine.model import Kind
from tui import compose
from tui.demo import crm_job
from tui.demo.profiles import profile

ROOT = Path(__file__).parents[2]
PROFILE = "ultracart-salesforce"
#: What a person must decide; everything else is to be gone after "apply all".
LEFT = {"LINK_MISSING", "LINK_AMBIGUOUS", "LINK_MALFORMED", "DUPLICATE", "ORPHAN"}


def both_sides_are_linked(sheet):
    """Every finding about a product leads to its page on each side that has one."""
    header, *rows = list(sheet.iter_rows())
    column = {cell.value: at for at, cell in enumerate(header)}
    pages = {"storefront": "https://demo.example/item/{}", "back-office": "/lightning/r/Product2/{}/view"}
    linked = dict.fromkeys(pages, 0)
    for row in rows:
        if row[column["kind"]].value != "products":
            continue
        for side, page in pages.items():
            id, link = row[column[f"{side} id"]].value, row[column[f"{side} link"]].hyperlink
            if link is not None:
                linked[side] += 1
                assert link.target.endswith(page.format(id)), link.target
    assert min(linked.values()) > 10, linked


def test_the_second_reconciliation_finds_only_what_is_manual_and_the_sheet_lists_it(tmp_path):
    sheet = tmp_path / "out.xlsx"
    done = subprocess.run(
        [sys.executable, "-m", "tui", "demo", "--profile", PROFILE, "--headless", "--json", "--products", "80",
         "--xlsx", str(sheet)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["adds_up"] is document["only_manual_left"] is document["sandbox_equals_findings"] is True
    assert document["missed"] == []
    assert set(document["second"]["counts"]) == LEFT
    assert document["sandbox"] == document["second"]["counts"]
    assert document["resolved"] == {"applied": document["first"]["proposed"]}
    totals = document["push"]["totals"]
    assert totals["planned"] == sum(value for name, value in totals.items() if name != "planned") == 80
    assert totals["blocked"] == document["push"]["items"]["blocked"] > 0
    book = openpyxl.load_workbook(sheet)
    both_sides_are_linked(book["Findings"])
    header, *rows = list(book["Findings"].iter_rows(values_only=True))
    assert Counter(row[header.index("code")] for row in rows) == Counter(document["second"]["counts"])
    assert {row[header.index("proposed action")] for row in rows} == {"by hand"}
    gone = [row[0] for row in book["Gone"].iter_rows(min_row=2, values_only=True)]
    assert set(document["planted"]) - {"ORPHAN"} <= set(gone)


@pytest.fixture
async def reported(tmp_path, monkeypatch):
    """The job's report over the simulated systems of this process."""
    boxes = make_systems(["ultracart", "salesforce"], World.make(seed=2, customers=5, products=60), rate=0)
    with serve_in_thread(boxes["ultracart"]) as store, serve_in_thread(boxes["salesforce"]) as crm:
        announced = {"ultracart": describe(store), "salesforce": describe(crm)}
        for name, secret in [item for one in announced.values() for item in one["env"].items()]:
            monkeypatch.setenv(name, secret)
        ws = compose.open_workspace(tmp_path / "demo", actor="demo")
        scene = await crm_job.prepare(ws, profile(PROFILE), announced, lambda _text: None)
        yield ws, scene, crm
        await ws.close()


async def test_a_system_that_lies_is_found_out(reported):
    ws, scene, crm = reported
    report = await crm_job.do(ws, scene, lambda _text: None)
    assert report.well, report.problems()
    assert len(report.runs) == 2  # the push, and the resolving
    item = scene.planted["NAME_MISMATCH"]
    product = next(row.right_id for row in ws.snapshot("demo", Kind.PRODUCTS).rows if row.id == item)
    crm.app.state.put("Product2", product, {**crm.app.state.tables["Product2"][product], "Name": "Quite another"})
    again = crm_job.Held.of(scene.store, scene.crm).counts()
    assert again["NAME_MISMATCH"] == 1
    lied = replace(report, held=again)
    assert not lied.well
    assert lied.problems() == ["NAME_MISMATCH: found 0, the systems have 1"]


async def test_a_report_is_well_only_when_everything_holds(reported):
    ws, scene, _ = reported
    report = await crm_job.do(ws, scene, lambda _text: None)
    some = next(one for one in report.found if one.finding.action.value != "manual")
    for broken in (
        {"unpaired": 1},
        {"left": [*report.left, some]},
        {"found": [one for one in report.found if one is not some]},
        {"runs": [replace(report.runs[0], totals=replace(report.runs[0].totals, planned=1))]},
        {"scene": replace(scene, planted={**scene.planted, "LINK_SHARED": "nowhere"})},
    ):
        assert not replace(report, **broken).well, broken


def test_without_headless_the_console_opens_on_it(crosswalk, monkeypatch):
    shown = []

    def look(path, *, first_tab):
        ws = compose.open_workspace(path)
        shown.append((first_tab, ws.reconciliation("last").counts, [run.purpose for run in ws.runs("demo")]))
        ws.store.close()
        ws.cache.close()
        return 0

    monkeypatch.setattr("tui.terminal.missing", lambda: "")
    monkeypatch.setattr("tui.app.run_console", look)
    before = dict(os.environ)
    try:
        assert crosswalk("demo", "--profile", PROFILE, "--products", "40").code == 0
    finally:
        os.environ.clear()
        os.environ.update(before)
    ((tab, counts, purposes),) = shown
    assert tab == "reconcile"
    assert {"NAME_MISMATCH", "PRICE_MISMATCH", "ENTRY_MISSING", "LINK_DANGLING"} <= counts.keys()
    assert purposes == ["push"]


def test_what_it_cannot_do_is_refused_before_anything_starts(crosswalk):
    few = crosswalk("demo", "--headless", "--profile", PROFILE, "--products", "3")
    assert (few.code, "--products 40" in few.err) == (2, True)
    assert crosswalk("demo", "--xlsx", "x.xlsx").code == 2


def test_the_other_demos_write_the_sheet_too(tmp_path):
    sheet = tmp_path / "out.xlsx"
    done = subprocess.run(
        [sys.executable, "-m", "tui", "demo", "--headless", "--json", "--products", "40", "--xlsx", str(sheet)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    codes = {row[0].value for row in openpyxl.load_workbook(sheet)["Findings"].iter_rows(min_row=2)}
    assert {"NAME_MISMATCH", "ORPHAN"} <= codes
