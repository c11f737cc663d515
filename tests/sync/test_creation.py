"""Records are created once, found again by their marker, and mapped by that."""

from __future__ import annotations

import pytest

from engine import run_log
from engine.changes import RunState
from engine.creation import plan_creations
from engine.errors import UsageError
from engine.model import Kind, Side
from engine.ports import Draft
from engine.recovery import recover
from engine.undo import plan_undo


def drafts(*names):
    return [Draft(f"k-{name}", Kind.PRODUCTS, name, f"Item {name}") for name in names]


def plan(b, *names):
    return plan_creations(b.scene(), "c", drafts(*names), Side.BACKOFFICE)


def mapped(b):
    return {doc["storefront_id"]: doc["backoffice_id"] for doc in b.docs("mappings")}


async def test_created_read_back_and_mapped_in_one_transaction(shop, store):
    b = shop.Bench(store, [])
    run = await b.runner.run(plan(b, "x", "y"))
    assert (run.state, run.totals.planned, run.totals.applied) == (RunState.DONE, 2, 2)
    assert mapped(b) == {"x": "new-1", "y": "new-2"}
    assert b.docs("intents") == []
    first = run_log.outcomes(store, run.id)[0]
    assert (first.field, first.storefront_id, first.backoffice_id, first.after) == (None, "x", "new-1", "new-1")
    entry = b.docs("history")[0]
    assert (entry["action"], entry["how"], entry["outcome"]) == ("create", "created", "applied")
    assert ("psa", Kind.PRODUCTS, "new-1") in b.cache.records


async def test_a_customer_is_created_in_the_storefront_and_mapped_backwards(shop, store):
    b = shop.Bench(store, [])
    draft = Draft("k", Kind.CUSTOMERS, "77", "Contoso")
    run = await b.runner.run(plan_creations(b.scene(), "c", [draft], Side.STOREFRONT))
    assert mapped(b) == {"new-1": "77"}
    assert run.totals.applied == 1


def test_a_system_that_cannot_create_is_named(shop, store):
    b = shop.Bench(store, [])
    with pytest.raises(UsageError, match="market cannot create products"):
        plan_creations(b.scene(), "c", drafts("x"), Side.STOREFRONT)


@pytest.mark.parametrize("fault", ["lost after", "unknown applied", "bug"])
async def test_a_lost_answer_is_found_by_its_marker(shop, store, fault):
    b = shop.Bench(store, [], faults={1: fault})
    b.psa.lag = 2
    run = await b.runner.run(plan(b, "x"))
    assert b.psa.created == ["x"]
    assert mapped(b) == {"x": "new-1"}
    assert run.totals.applied == 1
    assert b.clock.slept == 7.0


@pytest.mark.parametrize("fault", ["unknown", "no store"])
async def test_what_cannot_be_found_is_reported_and_never_sent_again(shop, store, fault):
    b = shop.Bench(store, [], faults={1: fault})
    run = await b.runner.run(plan(b, "x"))
    (outcome,) = run_log.outcomes(store, run.id)
    assert outcome.result.value == "unverified"
    assert "look there" in outcome.message
    assert mapped(b) == {}
    assert b.docs("intents") == []
    assert run.state is RunState.DONE


async def test_two_records_with_the_marker_are_both_named(shop, store):
    b = shop.Bench(store, [], faults={1: "unknown applied"})
    made = plan(b, "x")
    b.psa.records["twin"] = shop.back("twin")
    b.psa.records["twin"] = type(b.psa.records["twin"])("twin", "Item x", notes=made.creations[0].draft.marker)
    run = await b.runner.run(made)
    (outcome,) = run_log.outcomes(store, run.id)
    assert "2 records" in outcome.message
    assert "twin" in outcome.message
    assert "new-1" in outcome.message


async def test_refused_unreachable_and_mapped_meanwhile(shop, store):
    b = shop.Bench(store, [], faults={1: "rejected", 2: "unreachable"})
    made = plan(b, "x", "y", "z")
    store.table("mappings").insert(
        {"integration": "shop", "kind": "products", "storefront_id": "z", "backoffice_id": "other"}
    )
    run = await b.runner.run(made)
    assert b.results(run.id) == {("x", ""): "rejected", ("y", ""): "not_sent", ("z", ""): "not_sent"}
    again = await b.runner.resume(run.id)
    assert b.results(run.id) == {("x", ""): "rejected", ("y", ""): "applied", ("z", ""): "stale"}
    assert (again.state, again.totals.adds_up) == (RunState.DONE, True)
    assert b.psa.created == ["y"]


async def test_recovery_drops_what_was_never_sent_and_finds_what_was(shop, store):
    for crash_at, created in ((5, []), (9, ["x"])):
        b = shop.Bench(store, [], crash_at=crash_at)
        made = plan(b, "x")
        with pytest.raises(shop.Crash):
            await b.runner.run(made)
        assert b.psa.created == created
        b.world.crash_at, b.world.dead = 0, False
        await recover(b.context)
        assert len(mapped(b)) == len(created)
        assert b.docs("intents") == []


async def test_a_created_record_is_named_by_an_undo_and_not_deleted(shop, store):
    b = shop.Bench(store, [])
    run = await b.runner.run(plan(b, "x"))
    undo = plan_undo(b.scene(), "u", run, run_log.outcomes(store, run.id), b.rows())
    (blocked,) = undo.creations
    assert blocked.blocked == "created record new-1 is not deleted; unmap or disable it by hand"
    assert not undo.sending
