"""A new product's first quantity: written once the product is there, journalled like any other write."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engine import run_log
from engine.baselines import load
from engine.changes import RunState
from engine.creation import plan_creations
from engine.model import Field, Kind, Side
from engine.plan_file import dump
from engine.plan_file import load as load_plan
from engine.ports import Draft
from engine.recovery import recover
from engine.undo import plan_undo


def drafts(**quantities):
    return [
        Draft(
            f"k-{name}", Kind.PRODUCTS, name, f"Item {name}", maintain_stock=True, quantity=amount and Decimal(amount)
        )
        for name, amount in quantities.items()
    ]


def bench(shop, store, **more):
    able = replace(shop.back_capabilities, writes_fields=frozenset(Field), batch_size=10)
    return shop.Bench(store, [], capabilities=able, **more)


def plan(b, **quantities):
    return plan_creations(b.scene(), "c", drafts(**quantities), Side.BACKOFFICE)


def stock(b):
    return {record.name: record.quantity for record in b.psa.records.values()}


async def test_created_empty_then_filled_with_one_outcome_each(shop, store):
    b = bench(shop, store)
    made = plan(b, x="12", y=None, z="0")
    assert (made.rows, len(made.changes), made.calls) == (3, 1, {"psa": 12})
    assert load_plan(dump(made)) == made
    run = await b.runner.run(made)
    assert (run.state, run.totals.planned, run.totals.applied) == (RunState.DONE, 4, 4)
    assert stock(b) == {"Item x": 12, "Item y": 0, "Item z": 0}
    last = run_log.outcomes(store, run.id)[-1]
    assert (last.field, last.storefront_id, last.backoffice_id, last.before, last.after) == (
        Field.QUANTITY,
        "x",
        "new-1",
        "0",
        "12",
    )
    baseline = load(store, "shop")[Kind.PRODUCTS, "x"][Field.QUANTITY]
    assert (baseline.storefront, baseline.backoffice, baseline.backoffice_id) == ("12", "12", "new-1")
    assert b.docs("intents") == []


async def test_a_product_that_was_not_created_gets_no_quantity(shop, store):
    b = bench(shop, store, faults={1: "rejected"})
    run = await b.runner.run(plan(b, x="12"))
    assert b.results(run.id) == {("x", ""): "rejected", ("x", "quantity"): "blocked"}
    assert (run.state, run.totals.adds_up, b.psa.log) == (RunState.DONE, True, [])
    outcome = run_log.outcomes(store, run.id)[-1]
    assert outcome.message.startswith("not written: Item x was not created")


async def test_a_row_mapped_to_something_else_meanwhile_keeps_that_ones_stock(shop, store):
    b = bench(shop, store)
    b.psa.records["other"] = shop.back("other")
    made = plan(b, x="12")
    row = {"integration": "shop", "kind": "products", "storefront_id": "x", "backoffice_id": "other"}
    store.table("mappings").insert(row)
    run = await b.runner.run(made)
    assert b.results(run.id) == {("x", ""): "stale", ("x", "quantity"): "blocked"}
    assert b.psa.log == []


async def test_stock_that_somebody_booked_first_is_not_overwritten(shop, store):
    b = bench(shop, store, faults={3: "moved"})
    put = b.psa.put
    b.psa.put = lambda record, field, text: put(record, field, "5" if text == "77" else text)
    run = await b.runner.run(plan(b, x="12"))
    assert b.results(run.id) == {("x", ""): "applied", ("x", "quantity"): "stale"}
    assert stock(b) == {"Item x": 5}


async def test_an_undo_takes_the_quantity_back_and_names_the_product(shop, store):
    b = bench(shop, store)
    run = await b.runner.run(plan(b, x="12"))
    b.pairs = [replace(shop.pair("x", to="new-1"), storefront=replace(shop.front("x"), quantity=Decimal(12)))]
    undo = plan_undo(b.scene(), "u", run, run_log.outcomes(store, run.id), b.rows())
    (change,) = undo.sending
    assert (change.field, change.before, change.after) == (Field.QUANTITY, "12", "0")
    assert "is not deleted" in undo.creations[0].blocked
    await b.runner.run(undo)
    assert stock(b) == {"Item x": 0}


STEPS = 25


@pytest.mark.parametrize("crash_at", range(1, STEPS))
async def test_killed_at_any_instant_it_is_created_once_and_filled_once(shop, store, crash_at):
    b = bench(shop, store, crash_at=crash_at)
    made = plan(b, x="12")
    try:
        ended = await b.runner.run(made)
    except shop.Crash:
        ended = None
    b.world.crash_at, b.world.dead = 0, False
    assert (ended is None) == (b.world.steps >= crash_at)
    await recover(b.context)
    runs = run_log.runs(store)
    if not runs:
        assert (b.psa.created, b.psa.log) == ([], [])
        return
    (run,) = runs
    if run.totals.not_sent:
        half = b.results(run.id)
        if half["x", ""] == "applied":  # in between: it exists, mapped, with nothing in stock and no baseline
            assert (b.docs("mappings")[0]["backoffice_id"], stock(b)) == ("new-1", {"Item x": 0})
            assert load(store, "shop") == {}
            assert [doc["keep"] for doc in b.docs("decisions")] == ["storefront"]
        run = await b.runner.resume(run.id)
    assert (run.totals.adds_up, run.totals.not_sent) == (True, 0)
    assert b.docs("intents") == []
    if not b.psa.created:  # the request was lost: a create is reported, never sent again, and nothing follows it
        assert b.results(run.id) == {("x", ""): "unverified", ("x", "quantity"): "blocked"}
        assert b.psa.log == []
        return
    assert b.psa.created == ["x"]
    assert b.psa.log == [("new-1", Field.QUANTITY, "12")]
    assert stock(b) == {"Item x": 12}
    assert b.results(run.id) == {("x", ""): "applied", ("x", "quantity"): "applied"}
    assert b.docs("decisions") == []
