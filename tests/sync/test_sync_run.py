"""Applying a plan, as an admin sees it: outcomes, totals, baselines, history; faults, cancel, resume, undo."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from engine import run_log
from engine.adoption import adoptions
from engine.baselines import KEPT, load
from engine.changes import RunState
from engine.errors import Blocked, ProtocolError, StalePlan, UsageError
from engine.events import OutcomeRecorded, RowsChanged, RunEnded, RunProgress, RunStarted
from engine.journal import request_cancel
from engine.model import Field, Kind, Side, Status
from engine.plan import moved_rows
from engine.ports import Result, WriteOutcome
from engine.recovery import recover
from engine.settings import IntegrationSettings
from engine.status import row_state
from engine.undo import plan_undo

PRICE, COST = Field.PRICE, Field.COST


def bench(shop, store, count=3, **options):
    return shop.Bench(store, [shop.pair(f"r{n}", s=("12", "6")) for n in range(count)], **options)


async def test_a_plan_is_written_read_back_and_becomes_the_baseline(shop, store):
    b = bench(shop, store)
    run = await b.runner.run(b.plan())
    assert (run.state, run.totals.planned, run.totals.applied, run.totals.adds_up) == (RunState.DONE, 6, 6, True)
    assert len(b.psa.log) == 6
    assert run.calls == 4  # three writes, and one reading for all three
    assert all(row_state(row, b.settings, shop.can).status is Status.IN_SYNC for row in b.rows())
    assert b.docs("intents") == []
    first = load(store, "shop")[Kind.PRODUCTS, "r0"][PRICE]
    assert (first.storefront, first.backoffice, first.run) == ("12", "12", run.id)
    entry = b.docs("history")[0]
    assert (entry["actor"], entry["before"], entry["after"], entry["outcome"]) == ("ann", "10", "12", "applied")
    assert entry["request_id"] == "req-1"
    assert b.cache.records["psa", Kind.PRODUCTS, "b-r0"] == b.psa.records["b-r0"]
    assert not b.plan().changes


async def test_what_happens_is_published(shop, store):
    b = bench(shop, store, 1)
    run = await b.runner.run(b.plan())
    kinds = [type(event) for event in b.seen]
    assert kinds[0] is RunStarted
    assert kinds[-1] is RunEnded
    assert kinds.count(OutcomeRecorded) == 2
    assert RowsChanged("shop", Kind.PRODUCTS) in b.seen
    last = [event for event in b.seen if isinstance(event, RunProgress)][-1]
    assert (last.run, last.done, last.total) == (run.id, 2, 2)
    assert b.docs("heartbeats") == []


async def test_blocked_rows_are_counted_and_never_sent(shop, store):
    b = bench(shop, store)
    b.pairs.append(shop.pair("x", s=(None, "6")))
    b.psa.records["b-x"] = b.pairs[-1].backoffice
    store.table("mappings").insert(
        {"integration": "shop", "kind": "products", "storefront_id": "x", "backoffice_id": "b-x"}
    )
    run = await b.runner.run(b.plan())
    assert (run.totals.planned, run.totals.applied, run.totals.blocked, run.totals.adds_up) == (8, 7, 1, True)
    (blocked,) = [one for one in run_log.outcomes(store, run.id) if one.result is Result.BLOCKED]
    assert blocked.message == "the storefront has no price; an empty value is never written"
    assert len(b.docs("outcomes")) == run.totals.planned


async def test_a_guard_stops_the_run_until_it_is_allowed(shop, store):
    b = bench(shop, store, settings=IntegrationSettings(guards={"max_change_percent": "10"}))
    plan = b.plan(fields=[PRICE])
    with pytest.raises(Blocked, match="change-percent: 3 rows") as caught:
        await b.runner.run(plan)
    assert caught.value.guards == ("change-percent",)
    assert b.docs("runs") == []
    assert (await b.runner.run(plan, allow=["change-percent"])).totals.applied == 3


async def test_a_plan_whose_settings_or_mappings_changed_is_refused(shop, store):
    b = bench(shop, store, 1)
    plan = b.plan()
    b.settings = b.settings.model_copy(update={"currency": "EUR"})
    with pytest.raises(StalePlan, match="settings"):
        await b.runner.run(plan)
    b.settings = shop.loose
    store.table("mappings").update({"backoffice_id": "other"})
    with pytest.raises(StalePlan, match="mapped differently"):
        await b.runner.run(plan)
    assert b.psa.log == []


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        ("rejected", "rejected"),
        ("moved", "stale"),
        ("no store", "unverified"),
        ("unknown applied", "applied"),
        ("unknown", "applied"),
        ("lost after", "applied"),
    ],
)
async def test_each_answer_is_settled_by_reading(shop, store, fault, result):
    b = bench(shop, store, 2, faults={1: fault})
    run = await b.runner.run(b.plan(fields=[PRICE]))
    found = b.results(run.id)
    assert found["r0", "price"] == result
    if fault != "lost after":  # the run ends there, because the system did not answer
        assert found["r1", "price"] == "applied"
    assert run.totals.adds_up
    assert b.docs("intents") == []


async def test_a_connectors_own_fault_ends_the_run_and_is_logged_with_its_traceback(shop, store, caplog):
    b = bench(shop, store, 2, faults={1: "bug"})
    run = await b.runner.run(b.plan(fields=[PRICE]))
    assert "KeyError: 'price_retail'" in run.message
    assert [type(record.exc_info[1]) for record in caplog.records if record.exc_info] == [KeyError]
    assert run.totals.adds_up


async def test_the_systems_own_words_are_kept_and_shown_until_settled(shop, store):
    b = bench(shop, store, 1, faults={1: "rejected"})
    run = await b.runner.run(b.plan(fields=[PRICE]))
    (outcome,) = run_log.outcomes(store, run.id)
    assert (outcome.message, outcome.code, outcome.request_id) == ("Name can't be blank", "422", "req-9")
    state = row_state(b.rows()[0], b.settings, shop.can)
    assert state.status is Status.FAILED
    assert "Name can't be blank" in state.reason
    await b.runner.run(b.plan(fields=[PRICE]))
    assert row_state(b.rows()[0], b.settings, shop.can, [PRICE]).status is Status.IN_SYNC


async def test_an_answer_that_stored_nothing_is_unverified_and_says_what_is_there(shop, store):
    b = bench(shop, store, 1, faults={1: "no store"})
    run = await b.runner.run(b.plan(fields=[PRICE]))
    (outcome,) = run_log.outcomes(store, run.id)
    assert outcome.found == "10"
    assert "said it was written, but shows 10.00 USD instead of 12.00 USD" in outcome.message
    assert row_state(b.rows()[0], b.settings, shop.can).status is Status.UNVERIFIED
    assert b.clock.slept == 0.5


async def test_one_stale_reading_is_asked_again(shop, store):
    b = bench(shop, store, 1, faults={2: "stale read"})
    run = await b.runner.run(b.plan(fields=[PRICE]))
    assert b.results(run.id) == {("r0", "price"): "applied"}


async def test_a_value_somebody_else_made_equal_is_unchanged(shop, store):
    b = bench(shop, store, 1)
    plan = b.plan(fields=[PRICE])
    b.psa.put("b-r0", PRICE, "12")
    run = await b.runner.run(plan)
    assert b.results(run.id) == {("r0", "price"): "unchanged"}
    assert load(store, "shop")[Kind.PRODUCTS, "r0"][PRICE].backoffice == "12"


@pytest.mark.parametrize("fault", ["denied", "unreachable", "bug"])
async def test_an_error_that_concerns_all_ends_the_run_and_it_can_be_resumed(shop, store, fault):
    b = bench(shop, store, 3, faults={2: fault})
    run = await b.runner.run(b.plan(fields=[PRICE]))
    assert run.state is RunState.FAILED
    assert (run.totals.applied, run.totals.not_sent) == ((2, 1) if fault == "bug" else (1, 2))
    assert run.totals.adds_up
    assert "resume" in run.message
    again = await b.runner.resume(run.id)
    assert (again.id, again.state, again.totals.applied) == (run.id, RunState.DONE, 3)
    assert len(b.docs("outcomes")) == 3
    with pytest.raises(UsageError, match="done"):
        await b.runner.resume(run.id)


async def test_a_system_that_cannot_be_read_back_leaves_the_intent_for_recovery(shop, store):
    b = bench(shop, store, 1, faults={2: "unreachable"})
    run = await b.runner.run(b.plan(fields=[PRICE]))
    assert (run.state, b.results(run.id)) == (RunState.FAILED, {("r0", "price"): "unverified"})
    assert run.totals.adds_up
    assert len(b.docs("intents")) == 1
    recovered = await recover(b.context)
    assert (recovered.open, recovered.error) == (0, None)
    assert recovered.runs[0].totals.applied == 1
    assert b.docs("intents") == []
    assert row_state(b.rows()[0], b.settings, shop.can, [PRICE]).status is Status.IN_SYNC


async def test_many_refusals_in_a_row_end_the_run(shop, store):
    b = bench(shop, store, 9)

    async def refuse(writes):
        raise ProtocolError("an HTML page with status 200", connection="psa")

    b.psa.write = refuse
    run = await b.runner.run(b.plan(fields=[PRICE]))
    assert (run.state, run.totals.rejected, run.totals.not_sent) == (RunState.FAILED, 5, 4)


async def test_cancel_from_any_process_stops_between_batches(shop, store):
    b = bench(shop, store, 5)
    b.psa.hold = asyncio.Event()
    task = asyncio.create_task(b.runner.run(b.plan(fields=[PRICE])))
    await b.psa.entered.wait()
    (doc,) = b.docs("runs")
    request_cancel(store, doc["id"])
    b.psa.hold.set()
    run = await task
    assert (run.state, run.totals.applied, run.totals.not_sent) == (RunState.CANCELLED, 1, 4)
    assert run.totals.adds_up
    done = await b.runner.resume(run.id)
    assert (done.state, done.totals.applied) == (RunState.DONE, 5)
    assert not request_cancel(store, run.id)
    assert not b.docs("runs")[0]["cancel_requested"], "an ended run is not marked: resuming it would stop at once"


async def test_closing_the_program_settles_the_batch_in_flight(shop, store):
    b = bench(shop, store, 5)
    b.psa.hold = asyncio.Event()
    task = asyncio.create_task(b.runner.run(b.plan(fields=[PRICE])))
    await b.psa.entered.wait()
    task.cancel()
    await asyncio.sleep(0)
    b.psa.hold.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    (run,) = run_log.runs(store)
    assert (run.state, run.totals.applied, run.totals.not_sent) == (RunState.INTERRUPTED, 1, 4)
    assert b.docs("intents") == []


async def test_closing_the_program_twice_gives_the_batch_to_recovery(shop, store):
    b = bench(shop, store, 2)
    b.psa.hold = asyncio.Event()
    task = asyncio.create_task(b.runner.run(b.plan(fields=[PRICE])))
    await b.psa.entered.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(b.docs("intents")) == 2
    b.psa.hold = None
    (run,) = (await recover(b.context)).runs
    assert (run.state, run.totals.not_sent, run.totals.adds_up) == (RunState.INTERRUPTED, 2, True)


async def test_rows_that_moved_since_are_stale_on_resume(shop, store):
    b = bench(shop, store, 3, faults={1: "denied"})
    plan = b.plan(fields=[PRICE])
    run = await b.runner.run(plan)
    b.pairs[1] = replace(b.pairs[1], storefront=shop.front("r1", "13", "6"))
    moved = moved_rows(plan.sending, b.rows(), b.settings)
    again = await b.runner.resume(run.id, moved=moved)
    assert (again.totals.applied, again.totals.stale, again.totals.adds_up) == (2, 1, True)
    assert all(id != "b-r1" for id, _, _ in b.psa.log)


async def test_what_a_lost_answer_held_back_goes_with_the_second_attempt(shop, store):
    b = bench(shop, store, 1)
    send = b.psa.write

    async def price_is_lost_and_cost_waits(writes):
        b.psa.write = send
        answers = (Result.UNKNOWN, Result.NOT_SENT)
        return [WriteOutcome(writes[0].key, one.field, r) for one, r in zip(writes[0].fields, answers, strict=True)]

    b.psa.write = price_is_lost_and_cost_waits
    run = await b.runner.run(b.plan())
    assert b.results(run.id) == {("r0", "price"): "applied", ("r0", "cost"): "applied"}


async def test_all_fields_of_a_record_that_moved_are_stale(shop, store):
    b = bench(shop, store, 1)

    async def price_moved(writes):
        answers = (Result.STALE, Result.NOT_SENT)
        return [
            WriteOutcome(writes[0].key, one.field, r, found="77")
            for one, r in zip(writes[0].fields, answers, strict=True)
        ]

    b.psa.write = price_moved
    run = await b.runner.run(b.plan())
    assert b.results(run.id) == {("r0", "price"): "stale", ("r0", "cost"): "stale"}


async def test_siblings_are_written_once_and_all_get_their_baseline(shop, store):
    settings = shop.loose.model_copy(update={"many_to_one": True})
    rows = [shop.pair("a", s=("12", "5"), to="b"), shop.pair("c", s=("12", "5"), to="b")]
    rows = [replace(row, backoffice=rows[0].backoffice) for row in rows]
    b = shop.Bench(store, rows, settings)
    run = await b.runner.run(b.plan(fields=[PRICE], ids=["a"]))
    assert run.totals.applied == 2
    assert b.psa.log == [("b", PRICE, "12")]
    assert set(load(store, "shop")) == {(Kind.PRODUCTS, "a"), (Kind.PRODUCTS, "c")}


async def test_a_decision_is_used_up_with_the_outcome(shop, store):
    b = shop.Bench(store, [shop.pair("r0", s=("12", "5"), b=("11", "5"))])
    store.table("baselines").insert(
        {
            "integration": "shop",
            "kind": "products",
            "storefront_id": "r0",
            "backoffice_id": "b-r0",
            "field": "price",
            "storefront": "10",
            "backoffice": "10",
        }
    )
    assert not b.plan().sending
    store.table("decisions").insert(
        {
            "integration": "shop",
            "kind": "products",
            "storefront_id": "r0",
            "field": "price",
            "keep": "",
            "value": "11.5",
            "actor": "ann",
            "at": "",
        }
    )
    run = await b.runner.run(b.plan())
    assert b.psa.log == [("b-r0", PRICE, "11.5")]
    assert b.docs("decisions") == []
    assert run.totals.applied == 1
    baseline = load(store, "shop")[Kind.PRODUCTS, "r0"][PRICE]
    assert (baseline.storefront, baseline.backoffice, baseline.rule_version) == ("12", "11.5", KEPT)
    assert row_state(b.rows()[0], b.settings, shop.can).status is Status.IN_SYNC


async def test_equal_rows_and_kept_differences_become_baselines_at_the_end_of_a_good_run(shop, store):
    b = shop.Bench(store, [shop.pair("r0", s=("12", "5")), shop.pair("r1", s=("13", "5"), b=("14", "5"))])
    store.table("decisions").insert(
        {
            "integration": "shop",
            "kind": "products",
            "storefront_id": "r1",
            "field": "price",
            "keep": "backoffice",
            "value": None,
            "actor": "ann",
            "at": "",
        }
    )
    plan = b.plan()
    assert [change.storefront_id for change in plan.changes] == ["r0"]
    await b.runner.run(plan, adopt=adoptions(b.scene(), b.rows()))
    known = load(store, "shop")
    assert known[Kind.PRODUCTS, "r0"][COST].backoffice == "5"
    kept = known[Kind.PRODUCTS, "r1"][PRICE]
    assert (kept.storefront, kept.backoffice, kept.rule_version) == ("13", "14", KEPT)
    assert b.docs("decisions") == []
    assert not b.plan().changes
    assert adoptions(b.scene(), b.rows()) == []


async def test_undo_takes_back_what_is_still_ours(shop, store):
    b = bench(shop, store, 3)
    run = await b.runner.run(b.plan(fields=[PRICE]))
    b.psa.put("b-r1", PRICE, "99")
    plan = plan_undo(b.scene(), "u", run, run_log.outcomes(store, run.id), b.rows())
    assert [(c.storefront_id, c.before, c.after, c.blocked) for c in plan.changes] == [
        ("r0", "12", "10", ""),
        ("r1", "99", "10", "moved since: it is 99.00 USD now, this run wrote 12.00 USD"),
        ("r2", "12", "10", ""),
    ]
    undone = await b.runner.run(plan)
    assert (undone.totals.applied, undone.totals.blocked, undone.totals.adds_up) == (2, 1, True)
    assert [b.psa.value(f"b-r{n}", PRICE) for n in range(3)] == ["10", "99", "10"]
    assert run_log.run(store, run.id).undone_by == undone.id
    assert row_state(b.rows()[0], b.settings, shop.can, [PRICE]).status is Status.FIRST_SYNC


async def test_an_undo_restores_the_baseline_before_the_run(shop, store):
    b = bench(shop, store, 1)
    await b.runner.run(b.plan(fields=[PRICE]))
    b.pairs[0] = replace(b.pairs[0], storefront=shop.front("r0", "15", "6"))
    second = await b.runner.run(b.plan(fields=[PRICE]))
    await b.runner.run(plan_undo(b.scene(), "u", second, run_log.outcomes(store, second.id), b.rows()))
    (state,) = row_state(b.rows()[0], b.settings, shop.can, [PRICE]).fields
    assert (state.status, state.before, state.after) == (Status.OUT_OF_SYNC, "12", "15")


async def test_an_undo_whose_target_moves_at_the_last_moment_skips_that_row(shop, store):
    b = bench(shop, store, 2)
    run = await b.runner.run(b.plan(fields=[PRICE]))
    plan = plan_undo(b.scene(), "u", run, run_log.outcomes(store, run.id), b.rows())
    b.psa.put("b-r0", PRICE, "55")
    undone = await b.runner.run(plan)
    assert b.results(undone.id) == {("r0", "price"): "stale", ("r1", "price"): "applied"}
    assert b.psa.value("b-r0", PRICE) == "55"


async def test_batches_and_writes_in_flight_are_those_of_the_system(shop, store):
    able = replace(shop.back_capabilities, batch_size=3, concurrency=4)
    b = bench(shop, store, 60, capabilities=able)
    run = await b.runner.run(b.plan(fields=[PRICE]))
    assert run.totals.applied == 60
    assert 1 < b.psa.most_in_flight <= 4
    assert len(b.psa.keys) == 60


async def test_the_key_of_a_write_is_the_same_on_every_attempt(shop, store):
    b = bench(shop, store, 1, faults={1: "unknown"})
    await b.runner.run(b.plan(fields=[PRICE]))
    assert len(b.psa.keys) == 2
    assert len(set(b.psa.keys)) == 1


async def test_fees_are_written_to_their_product(shop, store):
    b = shop.Bench(store, [shop.fee()])
    run = await b.runner.run(b.plan())
    assert b.psa.log == [("b-f", PRICE, "7")]
    (outcome,) = run_log.outcomes(store, run.id)
    assert (outcome.kind, outcome.target) == (Kind.FEES, Side.BACKOFFICE)
