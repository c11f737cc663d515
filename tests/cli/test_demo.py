"""The demo does the whole job and proves it; when the proof fails it says so, and its servers never outlive it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import psutil
import pytest

from connectors.sandbox.faults import FaultKind
from connectors.sandbox.launcher import describe
from tui import compose
from tui.demo import job, profiles, proof, scene
from tui.demo.profile import Profile

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "tui", "demo"]
SMALL = ["--products", "40", "--customers", "10"]


SYNCED = {name: known for name, known in profiles.PROFILES.items() if isinstance(known, Profile)}
ALONE = {name: {"conflict", "broken", *known.statuses} for name, known in SYNCED.items()}


@pytest.mark.parametrize("profile", SYNCED)
def test_the_whole_job_adds_up_and_the_systems_hold_the_plan(profile):
    done = subprocess.run(
        [*PROGRAM, "--headless", "--json", *SMALL, "--seed", "2", "--profile", profile],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["adds_up"] is True
    assert document["sandbox_equals_plan"] is True
    assert document["left_alone"] == dict.fromkeys(ALONE[profile], True)
    totals = document["totals"]
    assert totals["applied"] > 5
    assert totals["planned"] == sum(value for name, value in totals.items() if name != "planned")


@pytest.fixture
async def prepared(systems, tmp_path):
    """A workspace and a scene over the simulated systems of this process."""
    ws = compose.open_workspace(tmp_path / "demo", actor="demo")
    announced = {name: describe(served) for name, served in systems.items()}
    yield ws, await scene.prepare(ws, profiles.profile(profiles.DEFAULT), announced, lambda _text: None)
    await ws.close()


async def test_the_scene_has_one_of_everything(prepared):
    from engine.model import Kind, Status

    ws, played = prepared
    rows = {row.id: row for row in ws.snapshot(scene.INTEGRATION, Kind.PRODUCTS).rows if row.side == "storefront"}
    assert rows[played.conflict].status is Status.CONFLICT
    assert rows[played.broken].status is Status.BROKEN
    assert {rows[one].status for one in played.moved} == {Status.OUT_OF_SYNC}
    assert {rows[one].status for one in played.in_sync} <= {Status.IN_SYNC}
    mapped = sum(bool(row.right_id) for row in rows.values())
    assert 0.2 * len(rows) < mapped < 0.8 * len(rows)
    fees = {row.left: row.status for row in ws.snapshot(scene.INTEGRATION, Kind.FEES).rows}
    assert fees["Setup Fee"] is Status.UNMAPPED
    assert fees["Cancellation Fee"] is not Status.UNMAPPED


async def test_a_system_that_lies_is_found_out(prepared, systems):
    ws, played = prepared
    systems["syncro"].app.faults.add(FaultKind.NO_STORE, method="PUT", times=2)
    report = await job.do(ws, played, lambda _text: None)
    assert report.mismatches
    assert report.document()["sandbox_equals_plan"] is False
    assert not report.well


async def test_a_change_nobody_planned_is_found_out(prepared, systems):
    _ws, played = prepared
    products = systems["syncro"].state.tables["products"]
    stranger = next(i for i, row in products.items() if row["name"].startswith("Rack Shelf"))
    before = {"syncro": played.backoffice.tables()}
    systems["syncro"].state.put("products", stranger, {**products[stranger], "taxable": "changed"})
    (found,) = proof.differences("syncro", before["syncro"], played.backoffice.tables())
    assert (found.table, found.id, found.column, found.found) == ("products", stranger, "taxable", "changed")


def test_a_report_is_well_only_when_everything_holds(make):
    change = make.change()
    run = make.run([make.outcome(change)])
    good = job.Report(run, [make.outcome(change)], make.plan(change), {}, [], 0, [], {"conflict": True})
    assert good.well
    mismatch = proof.Mismatch("syncro", "products", "1", "price_retail", 1, 2)
    for broken in (
        {"mismatches": [mismatch]},
        {"left_to_sync": 1},
        {"left_alone": {"conflict": False}},
        {"outcomes": []},
        {"run": replace(run, totals=replace(run.totals, planned=2))},
        {"run": replace(run, totals=replace(run.totals, applied=0, rejected=1))},
    ):
        assert not replace(good, **broken).well, broken


def test_expected_state_is_the_old_one_and_the_plan(make):
    written = profiles.profile(profiles.DEFAULT).written
    record = {"id": 7, "price_retail": Decimal("10.0"), "price_cost": 1, "upc_code": None, "product_skus": []}
    before = {"products": {"7": record, "8": {"id": 8}}, "customers": {}}
    changes = [
        make.change(backoffice_id="7", after="12"),
        make.change(backoffice_id="7", field="sku", after="A", sku_slot="upc"),
    ]
    changes[1] = replace(changes[1], field=type(changes[0].field)("sku"))
    expected = proof.carried_out(before, ("products",), changes, written)
    assert expected["products"]["7"] == {**record, "price_retail": Decimal(12), "upc_code": "A"}
    assert before["products"]["7"] is record
    assert list(proof.differences("s", expected, expected)) == []
    assert {one.column for one in proof.differences("s", before, expected)} == {"price_retail", "upc_code"}
    gone = {"products": {"7": record}, "customers": {}}
    (missing,) = proof.differences("s", before, gone)
    assert missing.id == "8"


def test_no_such_profile_and_no_json_without_headless(crosswalk):
    assert crosswalk("demo", "--headless", "--profile", "nope").code == 2
    assert crosswalk("demo", "--json").code == 2
    assert crosswalk("demo", "--headless", "--picture", "x.svg").code == 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_servers_end_with_the_demo_however_it_ends(number):
    child = subprocess.Popen([*PROGRAM, "--headless", *SMALL], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    assert child.stderr is not None
    while b"reading both sides" not in child.stderr.readline():
        assert child.poll() is None
    servers = psutil.Process(child.pid).children(recursive=True)
    assert servers
    child.send_signal(number)
    child.communicate(timeout=60)
    _, alive = psutil.wait_procs(servers, timeout=30)
    assert alive == []
