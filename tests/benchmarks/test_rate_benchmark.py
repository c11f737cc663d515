"""A sync of 10,000 products to each simulated system, against the rate that its connection is configured to keep.

Each system runs in a process of its own. Of the configured rate at least 0.95 must be used, and never more than allowed. Run with
``-m benchmark -n0 -s``; ``CROSSWALK_BENCHMARK_ROWS`` asks for other sizes. One line of ``TARGETS`` per system that can
be written and has a rate: the marketplace is only read, Salesforce counts calls by the day, Shopify counts points
(``test_points_benchmark.py``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors.registry import EntryPointRegistry
from connectors.sandbox.process import start_process
from connectors.secrets import resolve
from engine.changes import Plan, RunState
from engine.model import Field, Kind
from engine.workspace import Workspace
from tui.demo.control import Control, Record

ROWS = int(os.environ.get("CROSSWALK_BENCHMARK_ROWS", "10000"))
LEAST, MOST = 0.95, 1.02

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]


@dataclass(frozen=True)
class Target:
    """One way of writing one system: ``storefront`` and ``backoffice`` are connected, ``written`` is the one that is
    limited to ``rate`` requests a minute by ``options``.

    ``differ`` makes a row's two sides differ: the table and the columns of a record, from the record.
    """

    name: str
    storefront: str
    backoffice: str
    written: str
    field: Field
    rate: float
    options: Callable[[float], Mapping[str, str]]
    differ: Callable[[Record], Mapping[str, Any]]
    tables: tuple[str, ...]
    fit: Callable[[Record], bool] = bool
    settings: Mapping[str, str] = field(default_factory=dict)
    limited: str = ""  # the end of the paths that the rate is for; all requests otherwise
    articles: float = 1.0  # of the simulated catalogue, for each row that is to be mapped


def _by_minute(rate: float) -> Mapping[str, str]:
    return {"rate_per_minute": f"{rate:g}"}


def _by_hour(rate: float) -> Mapping[str, str]:
    return {"requests_per_hour": f"{rate * 60:g}", "requests_per_day": f"{rate * 1440:g}", "burst": "1"}


def _counted(item: Record) -> bool:
    return bool(item["Active"]) and item["Type"] == "Inventory"


STORE = ("woocommerce", "quickbooks")
TARGETS = [
    Target(
        "woocommerce prices", *STORE, "woocommerce", Field.PRICE, 3000, _by_minute,
        lambda row: {"regular_price": f"{float(row['regular_price']) + 1:.2f}", "sale_price": "", "on_sale": False},
        ("products", "variations"), lambda row: bool(row["regular_price"]), {"masters.price": "backoffice"},
    ),
    Target(
        "quickbooks prices", *STORE, "quickbooks", Field.PRICE, 200, lambda rate: {"batches_per_minute": f"{rate:g}"},
        lambda row: {"UnitPrice": float(row["UnitPrice"]) + 1}, ("item",), _counted, {"masters.price": "storefront"},
        limited="/batch",
    ),
    Target(
        "quickbooks quantities", *STORE, "quickbooks", Field.QUANTITY, 3000, _by_minute,
        lambda row: {"QtyOnHand": int(row["QtyOnHand"]) + 1}, ("item",), _counted, {"masters.quantity": "storefront"},
    ),
    Target(
        "syncro prices", "marketplace", "syncro", "syncro", Field.PRICE, 3000, _by_minute,
        lambda row: {"price_retail": float(row["price_retail"]) + 1000}, ("products",),
        lambda row: not row["disabled"], {"masters.price": "storefront"}, articles=1.8,
    ),
    Target(
        "ultracart prices", "ultracart", "salesforce", "ultracart", Field.PRICE, 1000, _by_hour,
        lambda row: {"pricing": {**row["pricing"], "cost": float(row["pricing"]["cost"]) + 1}}, ("items",),
        lambda row: not row["inactive"], {"masters.price": "backoffice", "sku.storefront": "sku"}, articles=1.4,
    ),
]  # fmt: skip


@pytest.fixture(params=TARGETS, ids=lambda target: target.name)
def bench(request: pytest.FixtureRequest) -> Iterator[tuple[Target, dict[str, Any]]]:
    target: Target = request.param
    size = int(ROWS * target.articles) + 100
    names = (target.storefront, target.backoffice)
    with (
        start_process(names, customers=5, products=size, seed=3, rate=0, timeout=300) as process,
        pytest.MonkeyPatch.context() as environment,
    ):
        for name, secret in process.env.items():
            environment.setenv(name, secret)
        yield target, process.systems


async def prepared(path: Path, target: Target, systems: Mapping[str, Any]) -> tuple[Workspace, Plan]:
    """A workspace with so many mapped rows that differ, and the plan that writes them."""
    ws = Workspace.open(path, EntryPointRegistry(), actor="benchmark", secret=resolve)
    for name in (target.storefront, target.backoffice):
        ws.add_connection(name, name, dict(systems[name]["options"]))
    limits = {"guards.max_rows": "", "guards.max_percent_of_catalogue": "", "guards.max_change_percent": ""}
    settings = {"fields": target.field.value, "orders.policy": "ignore", **limits, **target.settings}
    ws.add_integration("rate", target.storefront, target.backoffice, settings)
    control = Control(systems[target.written])
    rows = {id: (table, row) for table in target.tables for id, row in control.table(table).items()}
    pairs = Control(systems[target.storefront]).truth()["product_pairs"].items()
    at = 0 if target.written == target.storefront else 1
    fitting = [pair for pair in pairs if pair[at] in rows and target.fit(rows[pair[at]][1])]

    def differ(id: str) -> None:
        table, row = rows[id]
        control.change(table, id, **target.differ(row))

    with ThreadPoolExecutor(4) as several:
        list(several.map(differ, [pair[at] for pair in fitting]))
    report = await ws.pull()
    assert not report.errors, report.errors
    known = {(row.side, row.id) for row in ws.snapshot(None, Kind.PRODUCTS).rows}
    fitting = [pair for pair in fitting if ("storefront", pair[0]) in known and ("backoffice", pair[1]) in known]
    ws.map(None, Kind.PRODUCTS, fitting)
    for fee in ws.snapshot(None, Kind.FEES).rows:
        ws.ignore(None, Kind.FEES, [fee.id], "not charged here")
    everything = await ws.plan(None, kinds=[Kind.PRODUCTS])
    ids = [change.storefront_id for change in everything.sending][:ROWS]
    plan = await ws.plan(None, kinds=[Kind.PRODUCTS], ids=ids)
    ws.set_connection(target.written, dict(target.options(target.rate)))
    return ws, plan


def _limited(control: Control, target: Target) -> int:
    """How many of the requests that the rate is for were made so far."""
    if not target.limited:
        return control.requests()
    return sum(entry["path"].endswith(target.limited) for entry in control.log())


async def test_the_configured_rate_is_used(
    bench: tuple[Target, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, systems = bench
    ws, plan = await prepared(tmp_path / "ws", target, systems)
    control = Control(systems[target.written])
    try:
        before = _limited(control, target)
        started = time.perf_counter()
        run = await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
        seconds = time.perf_counter() - started
        calls = _limited(control, target) - before
    finally:
        await ws.close()
    rate = calls / seconds * 60
    with capsys.disabled():
        print(
            f"\n{target.name}: {run.totals.applied:,} of {len(plan.sending):,} rows, {calls:,} {target.limited or 'calls'} (all: "
            f"{run.calls:,}, estimated {plan.calls.get(target.written, 0):,}) in {seconds:.1f} s: {rate:,.0f} a minute, "
            f"{rate / target.rate:.3f} of the configured {target.rate:,.0f}"
        )
    assert (run.state, run.totals.applied) == (RunState.DONE, len(plan.sending))
    assert len(plan.sending) == ROWS
    assert LEAST <= rate / target.rate <= MOST


def test_every_system_that_is_written_at_a_rate_is_measured() -> None:
    # no network; calls are counted by the day; what a request costs is counted in points that the store gives back
    without = {"files", "salesforce", "shopify"}
    able = {one.name: one.capabilities for one in EntryPointRegistry().types()}
    written = {name for name, can in able.items() if can.writes_fields} - without
    assert written == {target.written for target in TARGETS}
