"""Ten thousand items pushed and reconciled within both systems' limits: killed in the middle, parked in the middle, and in the
end one product per item and a spreadsheet that counts what the systems hold.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors.sandbox.crm_world import CrmWorld
from connectors.sandbox.launcher import describe
from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.systems import make as make_systems
from engine.field_mappings import FieldMapping
from engine.model import Kind
from tui import compose
from tui.demo.control import Control
from tui.demo.crm_proof import Held
from tui.demo.ultracart_salesforce import ULTRACART_SALESFORCE, meddle

ROOT = Path(__file__).parents[2]
RATE = 120.0  # the vendors' clocks run so much faster: an hour is half a minute, a day twelve
DAY = 100_000  # Salesforce's calls of a day
KILLED = -9


@dataclass
class Lab:
    """Both systems, and commands in processes of their own on one workspace."""

    store: Any
    crm: Any
    announced: dict[str, Any]
    path: Path
    env: dict[str, str]

    def command(self, *words: str) -> tuple[int, Any, str]:
        """Exit code, the document on stdout (None: none), and what was said."""
        done = subprocess.run(
            [sys.executable, "-m", "tui", "--workspace", str(self.path), *words],
            capture_output=True, text=True, check=False, cwd=ROOT, env=self.env,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout) if done.stdout.strip().startswith("{") else None, done.stderr

    def good(self, *words: str) -> Any:
        code, document, said = self.command(*words)
        assert code == 0, said
        return document

    def control(self, name: str) -> Control:
        return Control(self.announced[name])


async def set_up(lab: Lab) -> None:
    ws = compose.open_workspace(lab.path, actor="ada")
    for name, one in lab.announced.items():
        ws.add_connection(name, name, one["options"])
    settings = {**ULTRACART_SALESFORCE.settings, "guards.max_percent_of_catalogue": "", "guards.max_rows": ""}
    ws.add_integration("acme", "ultracart", "salesforce", settings)
    await ws.pull_schema("acme")
    for source, target in ULTRACART_SALESFORCE.fields.items():
        ws.map_field("acme", FieldMapping("acme", Kind.PRODUCTS, source, "Product2", target))
    await ws.close()


@pytest.fixture
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    boxes = make_systems(["ultracart", "salesforce"], CrmWorld.make(5, request.param), rate=RATE)  # type: ignore[arg-type]
    with ExitStack() as running:
        served = {name: running.enter_context(serve_in_thread(box)) for name, box in boxes.items()}
        announced = {name: describe(one) for name, one in served.items()}
        secrets = {name: secret for one in announced.values() for name, secret in one["env"].items()}
        made = Lab(boxes["ultracart"], boxes["salesforce"], announced, tmp_path / "ws", {**os.environ, **secrets})
        with pytest.MonkeyPatch.context() as environment:
            for name, secret in secrets.items():
                environment.setenv(name, secret)
            asyncio.run(set_up(made))
        yield made


def codes_of(table: dict[str, Any], column: str) -> Counter[str]:
    return Counter(str(row[column]).casefold() for row in table.values())


@pytest.mark.parametrize(
    "lab", [pytest.param(450, id="450"), pytest.param(10_000, id="10000", marks=pytest.mark.slow)], indirect=True
)
@pytest.mark.timeout(900)
def test_killed_and_parked_in_the_middle_it_ends_with_one_product_per_item(lab: Lab, tmp_path: Path) -> None:
    items, products = lab.store.state.tables["items"], lab.crm.state.tables["Product2"]
    batches = -(-len(items) // 200)
    twice = {code for code, count in codes_of(products, "ProductCode").items() if count > 1}
    new = len(set(codes_of(items, "merchant_item_id")) - codes_of(products, "ProductCode").keys())

    # Killed once the CRM has stored the new products of a batch in the middle: their answer is lost.
    fault = lab.crm.faults.add("kill_after", method="PATCH", path="*/composite/sobjects/Product2/*", skip=batches // 3)
    code, _, said = lab.command("push", "items", "--all", "--yes", "--json")
    assert (code, fault.struck) == (KILLED, 1), said
    (killed,) = lab.good("runs", "--json")["runs"]
    done = sum(codes_of(products, "ProductCode")[str(row["merchant_item_id"]).casefold()] > 0 for row in items.values())
    assert done < len(items)

    # The day's calls end in the middle of the rest: parked, and nothing of it is lost.
    lab.crm.limiter.limit = len(lab.crm._calls) + 12 + 2 * batches
    code, document, said = lab.command("resume", killed["id"], "--json")
    assert code not in {0, KILLED}
    assert "parked" in said + json.dumps(document)
    parked = lab.good("runs", killed["id"], "--json")["run"]
    assert parked["state"] in {"failed", "interrupted"}
    assert 0 < parked["totals"]["not_sent"] < parked["totals"]["planned"]
    assert parked["totals"]["unverified"] == 0 or parked["totals"]["applied"] > 0

    # The next day it is resumed, and ends.
    lab.crm._calls.clear()
    lab.crm.limiter.limit = DAY
    code, document, said = lab.command("resume", killed["id"], "--json")
    assert code == 0, said
    totals = document["run"]["totals"]
    assert totals["planned"] == sum(count for name, count in totals.items() if name != "planned")
    assert totals["not_sent"] == totals["unverified"] == totals["rejected"] == totals["stale"] == 0
    assert totals["blocked"] == len(twice)

    # One product per item: no code came twice that did not before.
    codes = codes_of(products, "ProductCode")
    selling = [str(row["merchant_item_id"]).casefold() for row in items.values() if not row["inactive"]]
    assert all(codes[code] == 1 for code in selling if code not in twice)
    assert {code for code, count in codes.items() if count > 1} == twice
    assert new > len(items) // 20

    # Reconciled: each planted defect is found, all that can be resolved is, and the sheet counts what the systems hold.
    store, crm = lab.control("ultracart"), lab.control("salesforce")
    listed = lab.good("list", "products", "--json")["rows"]
    pairs = {row["id"]: row["backoffice_id"] for row in listed if row["side"] == "storefront" and row["backoffice_id"]}
    planted = meddle(store, crm, pairs)
    first = lab.good("reconcile", "--json", "--apply", "--yes")
    found = {(one["code"], one["storefront_id"] or one["backoffice_id"]) for one in first["findings"]}
    assert set(planted.items()) <= found
    by_hand = [one for one in first["findings"] if one["proposed_action"] == "by hand"]
    assert first["results"] == {"open": len(by_hand), "applied": len(first["findings"]) - len(by_hand)}
    sheet = tmp_path / "second.xlsx"
    second = lab.good("reconcile", "--json", "--xlsx", str(sheet))
    book = openpyxl.load_workbook(sheet, read_only=True)
    header, *rows = list(book["Findings"].iter_rows(values_only=True))
    counts = Counter(row[header.index("code")] for row in rows)
    assert counts == Counter(second["counts"]) == Counter(Held.of(store, crm).counts())
    assert {row[header.index("proposed action")] for row in rows} == {"by hand"}

    # Within the limits: the store was never asked too often, the CRM refused only on the day that was full.
    refused = Counter(entry.status for entry in lab.store.log.since(0) if entry.status and entry.status >= 400)
    assert refused == {}
    assert {entry.status for entry in lab.crm.log.since(0) if entry.status and entry.status >= 400} <= {403}
