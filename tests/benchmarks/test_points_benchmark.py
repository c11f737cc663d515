"""A sync of 10,000 prices to a simulated Shopify store, against the points that it gives.

A store has no rate of requests: a full bucket of points is there at the start, and so many come back every second. Of all that
were to be had, at least 0.95 must be used. Run with ``-m benchmark -n0 -s``; ``CROSSWALK_BENCHMARK_ROWS`` asks for other
sizes. The bucket is a small one, so that what is measured is the pace and not the start.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from connectors.sandbox.process import start_process
from engine.changes import RunState
from engine.model import Field
from tests.benchmarks.test_rate_benchmark import LEAST, MOST, ROWS, Target, prepared
from tui.demo.control import Control

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

RATE = 10.0  # of the smallest plan's 100 points a second


def _no_options(rate: float) -> Mapping[str, str]:
    """The store tells its pace itself."""
    del rate
    return {}


SHOPIFY = Target(
    "shopify prices", "shopify", "quickbooks", "shopify", Field.PRICE, RATE * 100, _no_options,
    lambda row: {"price": f"{float(row['price']) + 1:.2f}"}, ("variants",),
    lambda row: float(row["price"]) > 0, {"masters.price": "backoffice"},
)  # fmt: skip


async def test_the_points_of_a_store_are_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (SHOPIFY.storefront, SHOPIFY.backoffice)
    with start_process(names, customers=5, products=ROWS + 100, seed=3, rate=RATE, timeout=300) as process:
        for name, secret in process.env.items():
            monkeypatch.setenv(name, secret)
        ws, plan = await prepared(tmp_path / "ws", SHOPIFY, process.systems)
        control = Control(process.systems["shopify"])
        try:
            before, started = control.points(), time.perf_counter()
            run = await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
            seconds, after = time.perf_counter() - started, control.points()
        finally:
            await ws.close()
    spent = float(after["spent"] - before["spent"])
    given = float(before["currentlyAvailable"]) + float(before["restoreRate"]) * seconds
    with capsys.disabled():
        print(
            f"\nshopify prices: {run.totals.applied:,} of {len(plan.sending):,} rows, {run.calls:,} calls, {spent:,.0f} points "
            f"in {seconds:.1f} s: {spent / given:.3f} of the {given:,.0f} that were to be had"
        )
    assert (run.state, run.totals.applied) == (RunState.DONE, len(plan.sending))
    assert len(plan.sending) == ROWS
    assert LEAST <= spent / given <= MOST
