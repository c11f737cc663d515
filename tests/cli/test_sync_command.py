"""``crosswalk sync`` writes what was shown and confirmed, and nothing else."""

from __future__ import annotations

import io
import json
import os
import signal
import sys

import pytest

from engine import plan_file
from engine.changes import GuardHit, RunState
from engine.events import RunStarted
from engine.model import Field
from engine.ports import Result
from tui.cli import confirm


@pytest.fixture
def terminal(monkeypatch):
    """Somebody sits there and types."""

    def types(text: str) -> None:
        monkeypatch.setattr(confirm, "can_ask", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return types


@pytest.mark.parametrize("verb", [["sync", "--all"], ["sync", "--ids", "p1"], ["undo", "run-1"]])
def test_without_a_terminal_and_without_yes_nothing_happens(crosswalk, ws, verb):
    ended = crosswalk(*verb)
    assert ended.code == 2
    assert "--yes" in ended.err
    assert "nothing was written" in ended.err
    assert ws.verbs() == ["recover"]


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--all", "--ids", "p1"],
        ["--all", "--plan", "x.json"],
        ["--plan", "x.json", "--fields", "price"],
        ["--all", "--fields", "colour"],
        ["--all", "--kinds", "customers"],
        ["--ids", ","],
    ],
)
def test_a_sync_that_is_not_clear_is_refused(crosswalk, ws, argv):
    ended = crosswalk("sync", *argv, "--yes")
    assert ended.code == 2
    assert ws.verbs() == ["recover"]


def test_yes_sends_exactly_the_plan_that_was_made(crosswalk, ws, make):
    one, other = make.change("p1"), make.change("p2", field=Field.COST)
    ws.scripted_plan(make.plan(one, other))
    ws.scripted_sync([make.outcome(one), make.outcome(other)])
    ended = crosswalk("sync", "--all", "--fields", "price,cost", "--yes", "--json")
    assert ended.code == 0
    assert ws.verbs() == ["recover", "plan", "connections", "sync", "outcomes"]
    assert ws.asked[3][1] == (make.plan(one, other),)
    document = ended.document
    assert document["totals"] == {
        "planned": 2, "applied": 2, "unchanged": 0, "stale": 0, "rejected": 0, "blocked": 0, "unverified": 0,
        "not_sent": 0,
    }  # fmt: skip
    assert document["adds_up"] is True
    row = document["rows"][0]
    assert (row["kind"], row["id"], row["counterpart"], row["field"]) == ("products", "p1", "b-p1", "price")
    assert (row["before"], row["after"], row["status"], row["outcome"]) == ("10", "12", "Out of sync", "applied")
    assert row["reason"] == one.reason


def test_the_chosen_rows_and_fields_reach_the_plan(crosswalk, ws, make, tmp_path):
    names = tmp_path / "ids.txt"
    names.write_text("p3\nwith,comma\n\n")
    ws.scripted_plan(make.plan())
    crosswalk("sync", "--ids", "p1,p2", "--ids", f"@{names}", "--fields", "price", "--overwrite", "storefront", "--yes")
    asked = ws.asked[1][2]
    assert asked["ids"] == ["p1", "p2", "p3", "with,comma"]
    assert asked["fields"] == (Field.PRICE,)
    assert asked["overwrite"] == "storefront"


def test_a_guard_stops_the_run_until_it_is_allowed_by_name(crosswalk, ws, make):
    one = make.change(guards=("zero-price",))
    hits = (GuardHit("zero-price", "1 row would get a price of zero", 1), GuardHit("row-count", "too many", 600))
    ws.scripted_plan(make.plan(one, guards=hits))
    ws.scripted_sync([make.outcome(one)])
    stopped = crosswalk("sync", "--all", "--yes", "--allow", "row-count", "--json")
    assert stopped.code == 3
    assert "sync" not in ws.verbs()
    assert stopped.document["error"]["guards"] == ["zero-price"]
    assert stopped.document["plan"]["rows"][0]["id"] == "p1"
    assert "--allow zero-price" in stopped.err
    allowed = crosswalk("sync", "--all", "--yes", "--allow", "row-count", "--allow", "zero-price")
    assert allowed.code == 0
    assert ws.asked[-2][2] == {"allow": ["row-count", "zero-price"]}


def test_on_a_terminal_the_preview_is_shown_and_no_means_no(crosswalk, ws, make, terminal):
    ws.scripted_plan(make.plan(make.change()))
    for said in ("n\n", "\n", "", "what?\n"):
        terminal(said)
        ended = crosswalk("sync", "--all")
        assert ended.code == 1
        assert "Product p1" in ended.out
        assert "12" in ended.out
        assert "nothing was written" in ended.err
    assert "sync" not in ws.verbs()


def test_on_a_terminal_yes_is_typed(crosswalk, ws, make, terminal):
    ws.scripted_plan(make.plan(make.change()))
    ws.scripted_sync([make.outcome(make.change())])
    terminal("y\n")
    ended = crosswalk("sync", "--all", "--json")
    assert ended.code == 0
    assert "Product p1" in ended.err  # the preview makes room for the document
    assert ended.document["totals"]["applied"] == 1


@pytest.mark.parametrize(
    ("results", "state", "code"),
    [
        ([Result.APPLIED, Result.UNCHANGED], RunState.DONE, 0),
        ([Result.APPLIED, Result.BLOCKED], RunState.DONE, 0),
        ([Result.APPLIED, Result.STALE], RunState.DONE, 4),
        ([Result.REJECTED], RunState.DONE, 4),
        ([Result.APPLIED, Result.UNVERIFIED], RunState.DONE, 4),
        ([Result.APPLIED, Result.NOT_SENT], RunState.CANCELLED, 4),
        ([Result.APPLIED, Result.NOT_SENT], RunState.FAILED, 4),
        ([Result.NOT_SENT], RunState.FAILED, 1),
        ([Result.NOT_SENT], RunState.INTERRUPTED, 1),
    ],
)
def test_the_exit_code_is_counted_from_the_outcomes(crosswalk, ws, make, results, state, code):
    ws.scripted_plan(make.plan(make.change()))
    outcomes = [make.outcome(make.change(f"p{n}"), result) for n, result in enumerate(results)]
    ws.scripted_sync(outcomes, make.run(outcomes, state))
    ended = crosswalk("sync", "--all", "--yes")
    assert ended.code == code
    if Result.NOT_SENT in results:
        assert "crosswalk resume run-1" in ended.err
    if Result.APPLIED in results:
        assert "crosswalk undo run-1" in ended.err


def test_nothing_to_write_makes_no_run(crosswalk, ws, make):
    ws.scripted_plan(make.plan(make.change(blocked="both sides moved", verb="Resolve..."), unchanged_rows=7))
    ended = crosswalk("sync", "--all", "--yes", "--json")
    assert ended.code == 0
    assert ended.document["run"] is None
    assert ended.document["totals"]["blocked"] == ended.document["totals"]["planned"] == 1
    assert "sync" not in ws.verbs()


def test_a_saved_plan_is_sent_as_it_was_saved(crosswalk, ws, make, tmp_path):
    made = make.plan(make.change())
    ws.scripted_plan(made)
    ws.scripted_sync([make.outcome(make.change())])
    file = tmp_path / "plan.json"
    shown = crosswalk("plan", "--json", "-o", str(file))
    assert (shown.code, json.loads(file.read_text())) == (0, shown.document)
    assert crosswalk("sync", "--plan", str(file), "--yes").code == 0
    assert ws.asked[-2][:2] == ("sync", (made,))


def test_a_plan_printed_as_json_can_be_sent_too(crosswalk, ws, make, tmp_path):
    ws.scripted_plan(make.plan(make.change()))
    file = tmp_path / "plan.json"
    file.write_text(crosswalk("plan", "--json").out)
    assert plan_file.load(file.read_text()) == make.plan(make.change())


def test_a_plan_that_cannot_be_read_is_refused(crosswalk, ws, tmp_path):
    for content in (None, "{", "[]", '{"format": "crosswalk-plan", "version": 99}'):
        file = tmp_path / "plan.json"
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_text(content)
        ended = crosswalk("sync", "--plan", str(file), "--yes")
        assert ended.code == 2
        assert ended.err
    assert "sync" not in ws.verbs()


def test_a_plan_lists_every_field_and_adds_up(crosswalk, ws, make):
    ws.scripted_plan(make.plan(make.change(), make.change("p2", blocked="below cost", verb="Resolve...")))
    document = crosswalk("plan", "--json").document
    assert [row["id"] for row in document["rows"]] == ["p1", "p2"]
    assert {"kind", "id", "counterpart", "field", "before", "after", "status", "reason"} <= document["rows"][0].keys()
    totals = document["totals"]
    assert totals.pop("planned") == sum(totals.values()) == 2
    assert (totals["blocked"], totals["not_sent"]) == (1, 1)


def test_the_first_signal_settles_what_is_in_flight_and_says_how_to_resume(crosswalk, ws, make):
    import asyncio

    sent, left = make.outcome(make.change()), make.outcome(make.change("p2"), Result.NOT_SENT)
    asked = asyncio.Event()
    ws.scripted_plan(make.plan(make.change(), make.change("p2")))

    async def sync(_plan, **_options):
        ws.events.publish(RunStarted(make.run([], RunState.RUNNING)))
        os.kill(os.getpid(), signal.SIGTERM)
        await asked.wait()
        return make.run([sent, left], RunState.CANCELLED)

    ws.answers |= {"sync": sync, "cancel": lambda _run: not asked.set(), "outcomes": [sent, left]}
    ended = crosswalk("sync", "--all", "--yes", "--json")
    assert ended.code == 4
    assert ("cancel", ("run-1",), {}) in ws.asked
    assert "crosswalk resume run-1" in ended.err
    assert ended.document["totals"]["not_sent"] == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_a_signal_before_anything_was_sent_ends_the_command(crosswalk, ws, number, code):
    import asyncio

    async def plan(*_args, **_options):
        os.kill(os.getpid(), number)
        await asyncio.Event().wait()

    ws.answers |= {"plan": plan}
    ended = crosswalk("sync", "--all", "--yes")
    assert ended.code == code
    assert ws.closed == 1
    assert "Traceback" not in ended.err


def test_a_second_signal_stops_at_once(crosswalk, ws, make):
    import asyncio

    ws.scripted_plan(make.plan(make.change()))

    async def sync(_plan, **_options):
        ws.events.publish(RunStarted(make.run([], RunState.RUNNING)))
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    ws.answers |= {"sync": sync, "cancel": lambda _run: os.kill(os.getpid(), signal.SIGINT)}
    ended = crosswalk("sync", "--all", "--yes")
    assert ended.code in {130, 143}
    assert ws.closed == 1


def test_undo_shows_and_runs_its_plan(crosswalk, ws, make):
    ws.scripted_plan(make.plan(make.change(before="12", after="10")))
    ws.scripted_sync([make.outcome(make.change())])
    assert crosswalk("undo", "run-1", "--yes").code == 0
    assert ws.verbs()[:2] == ["recover", "plan_undo"]


def test_resume_needs_no_new_confirmation(crosswalk, ws, make):
    outcomes = [make.outcome(make.change())]

    async def resume(_run):
        return make.run(outcomes)

    ws.answers |= {"resume": resume, "outcomes": outcomes}
    ended = crosswalk("resume", "run-1", "--json")
    assert (ended.code, ended.document["totals"]["applied"]) == (0, 1)
