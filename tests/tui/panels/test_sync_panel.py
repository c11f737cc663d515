from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from textual.widgets import Input

from engine.changes import GuardHit, Purpose, Totals
from engine.errors import IncompleteRead, StalePlan
from engine.events import OutcomeRecorded, RunProgress, RunStarted
from engine.model import Field, Kind, Side, Status
from engine.ports import Result
from tui.slot import Overview
from tui.widgets.plan_lines import Delta, calls_text, delta, duration, plan_lines, plan_totals, totals_text
from tui.widgets.run_view import RunView
from tui.widgets.sync_options import RowChoice, Scope, SyncOptions
from tui.widgets.sync_panel import SyncPanel
from tui.widgets.sync_stage import Stage


class Panel:
    """The panel over a fake workspace, driven by keys."""

    def __init__(self, host, workspace, choice, mapped=()):
        self.asked_to_map, self.choice = [], choice
        self.mapped = set(mapped)
        self.workspace = workspace

        async def map_row(kind, row_id, name):
            self.asked_to_map.append((kind, row_id, name))
            return row_id in self.mapped

        self.app = host(workspace, lambda: SyncPanel("products", lambda: self.choice, map_row))

    @property
    def panel(self):
        return self.app.screen_stack[0].query_one(SyncPanel)


@pytest.fixture
def panel(host, workspace, make):
    rows = [make.row("p1"), make.row("p2", "Unmapped"), make.row("x", "Unmapped", Side.BACKOFFICE)]

    def build(marked=(), mapped=(), view=""):
        return Panel(host, workspace, RowChoice(rows[0], marked, lambda: rows, view), mapped)

    return build


async def planned(pilot, panel, eventually, scope=None):
    panel.panel.open(scope)
    await pilot.pause()
    await pilot.press("p")
    await eventually(pilot, lambda: panel.panel.stage is Stage.PREVIEW)
    await pilot.pause()


async def test_it_says_what_to_do_when_it_opens(panel, golden):
    p = panel()
    async with p.app.run_test(size=(80, 24)) as pilot:
        p.panel.open()
        await pilot.pause()
        await pilot.pause()
        golden("sync_idle", p.app)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_a_plan_shows_every_change_before_anything_is_written(panel, workspace, make, golden, eventually, size):
    workspace.next_plan = make.plan(
        make.change(),
        make.change("p2", "Seat", "cost", before=None, after="3", margin_percent=None, status=Status.FIRST_SYNC),
        make.change("p3", "Firewall", target=Side.STOREFRONT, before="100", after="0", guards=("zero-price",)),
        make.change("p4", "Both moved", before="1", after=None, blocked="both sides moved since", verb="resolve"),
        guards=(GuardHit("zero-price", "1 row would get a price of zero or less: Firewall", 1),),
    )
    p = panel()
    async with p.app.run_test(size=size) as pilot:
        await planned(pilot, p, eventually)
        golden(f"sync_preview_{size[0]}", p.app)
    assert workspace.asked_for("sync") == []


async def test_all_means_mapped_products_and_fees_and_names_no_row(panel, workspace, eventually):
    p = panel()
    async with p.app.run_test(size=(80, 24)) as pilot:
        await planned(pilot, p, eventually)
    assert workspace.asked_for("plan") == [
        ("plan", (Kind.PRODUCTS, Kind.FEES), (Field.PRICE, Field.COST, Field.SKU), None, None)
    ]


async def test_fields_direction_and_rows_are_what_was_chosen(panel, workspace, eventually):
    p = panel()
    async with p.app.run_test(size=(80, 24)) as pilot:
        p.panel.open(Scope.ROW)
        await pilot.pause()
        p.panel.query_one("#field-price").focus()
        await pilot.press("tab", "space", "tab", "space", "tab", "enter", "down", "down", "enter")
        await pilot.press("p")
        await eventually(pilot, lambda: p.panel.stage is Stage.PREVIEW)
    assert workspace.asked_for("plan") == [("plan", (Kind.PRODUCTS,), (Field.PRICE,), ["p1"], Side.STOREFRONT)]


async def test_from_an_out_of_sync_view_its_field_alone_is_the_choice(panel, workspace, eventually):
    fields = (Field.PRICE, Field.COST, Field.QUANTITY)
    workspace.settings = workspace.settings.model_copy(update={"fields": fields})
    p = panel(view="quantity")
    async with p.app.run_test(size=(80, 24)) as pilot:
        p.panel.open(Scope.ROW, plan=True)
        await eventually(pilot, lambda: p.panel.stage is Stage.PREVIEW)
        assert workspace.asked_for("plan")[0][2] == (Field.QUANTITY,)
        options = p.panel.query_one(SyncOptions)
        await pilot.press("escape")
        p.panel.query_one("#field-cost").toggle()
        p.panel.open()
        await pilot.pause()
        assert options.fields == ("cost", "quantity"), "what the admin ticked stays while the view is the same"
        p.choice = replace(p.choice, view="")
        p.panel.open()
        await eventually(pilot, lambda: options.fields == ("price", "cost", "quantity"))


async def test_marked_rows_are_the_choice_when_there_are_any(panel, workspace, make, eventually):
    p = panel(marked=[make.row("p8"), make.row("p9")])
    async with p.app.run_test(size=(80, 24)) as pilot:
        await planned(pilot, p, eventually)
    assert workspace.asked_for("plan")[0][3] == ["p8", "p9"]


async def test_no_field_is_no_plan(panel, workspace):
    p = panel()
    async with p.app.run_test(size=(80, 24), notifications=True) as pilot:
        p.panel.open()
        await pilot.pause()
        p.panel.query_one(SyncOptions).set_fields((), ())
        await pilot.press("p")
        await pilot.pause()
    assert workspace.asked_for("plan") == []


async def test_unmapped_rows_lead_through_mapping_and_back(panel, workspace, make, painted, eventually):
    p = panel(marked=[make.row("p1"), make.row("p2", "Unmapped"), make.row("p3", "Ambiguous")], mapped=["p2"])
    async with p.app.run_test(size=(80, 24)) as pilot:
        p.panel.open()
        await pilot.pause()
        await pilot.press("p")
        await eventually(pilot, lambda: "2 of the 3 chosen rows are not mapped" in painted(p.app))
        await pilot.press("1")
        await eventually(pilot, lambda: p.panel.stage is Stage.PREVIEW)
    assert [row_id for _, row_id, _ in p.asked_to_map] == ["p2", "p3"]
    assert workspace.asked_for("plan")[0][3] == ["p1", "p2"]


async def test_unmapped_rows_can_be_left_out(panel, workspace, make, painted, eventually):
    p = panel(marked=[make.row("p1"), make.row("p2", "Unmapped")])
    async with p.app.run_test(size=(80, 24)) as pilot:
        p.panel.open()
        await pilot.pause()
        await pilot.press("p")
        await eventually(pilot, lambda: "1 of the 2 chosen rows is not mapped" in painted(p.app))
        await pilot.press("2")
        await eventually(pilot, lambda: p.panel.stage is Stage.PREVIEW)
    assert p.asked_to_map == []
    assert workspace.asked_for("plan")[0][3] == ["p1"]


@pytest.mark.parametrize(("key", "plans"), [("1", 1), ("2", 1), ("3", 0)])
async def test_a_row_that_was_not_mapped_can_be_passed_over(panel, workspace, make, painted, eventually, key, plans):
    p = panel(marked=[make.row("p1"), make.row("p2", "Unmapped"), make.row("p3", "Unmapped")])
    async with p.app.run_test(size=(80, 24)) as pilot:
        p.panel.open()
        await pilot.pause()
        await pilot.press("p")
        await eventually(pilot, lambda: "Not mapped yet" in painted(p.app))
        await pilot.press("1")
        await eventually(pilot, lambda: "Product p2 was not mapped" in painted(p.app))
        await pilot.press(key)
        await eventually(pilot, lambda: len(p.app.screen_stack) == 1)
        await p.app.workers.wait_for_complete()
    assert len(workspace.asked_for("plan")) == plans


async def test_one_confirmation_runs_exactly_the_plan(panel, workspace, make, painted, eventually):
    p = panel()
    async with p.app.run_test(size=(80, 24), notifications=True) as pilot:
        await planned(pilot, p, eventually)
        await pilot.press("s")
        await eventually(pilot, lambda: "Sync 1 row" in painted(p.app))
        assert "Backup 1 TB" in painted(p.app)
        await pilot.press("y")
        await eventually(pilot, lambda: p.panel.stage is Stage.ENDED)
        await p.app.workers.wait_for_complete()
        await pilot.pause()
        assert "1 planned: 1 applied" in painted(p.app)
    assert workspace.asked_for("sync") == [("sync", "plan-1", ())]


async def test_a_guard_needs_its_own_name_typed(panel, workspace, make, painted, eventually):
    workspace.next_plan = make.plan(
        make.change(guards=("zero-price",)), guards=(GuardHit("zero-price", "1 row would get no price", 1),)
    )
    p = panel()
    async with p.app.run_test(size=(80, 24)) as pilot:
        await planned(pilot, p, eventually)
        await pilot.press("s")
        await eventually(pilot, lambda: "Type zero-price" in painted(p.app))
        await pilot.press("y", "enter")
        assert workspace.asked_for("sync") == []
        await pilot.press("backspace", *"zero-price", "enter", "enter")
        await eventually(pilot, lambda: p.panel.stage is Stage.ENDED)
    assert workspace.asked_for("sync") == [("sync", "plan-1", ("zero-price",))]


async def test_saying_no_writes_nothing_and_keeps_the_plan(panel, workspace, painted, eventually):
    p = panel()
    async with p.app.run_test(size=(80, 24)) as pilot:
        await planned(pilot, p, eventually)
        await pilot.press("s")
        await eventually(pilot, lambda: "Sync 1 row" in painted(p.app))
        await pilot.press("escape")
        await p.app.workers.wait_for_complete()
        assert p.panel.stage is Stage.PREVIEW
    assert workspace.asked_for("sync") == []


async def test_progress_outcomes_and_cancel_while_it_runs(panel, workspace, make, painted, eventually):
    workspace.gate = asyncio.Event()
    workspace.all_outcomes = []
    workspace.next_run = make.run(state="cancelled", totals=Totals(planned=2, applied=1, not_sent=1))
    p = panel()
    async with p.app.run_test(size=(80, 24), notifications=True) as pilot:
        await planned(pilot, p, eventually)
        await pilot.press("s")
        await eventually(pilot, lambda: "Sync 1 row" in painted(p.app))
        await pilot.press("y")
        await eventually(pilot, lambda: p.panel.stage is Stage.RUNNING)
        workspace.all_runs = [make.run(state="running", ended=None)]
        p.app.tell(
            events=[
                RunStarted(workspace.all_runs[0]),
                OutcomeRecorded(make.outcome("p1")),
                RunProgress("r1", "acme", 1, 2, 2.4, 116.0, "writing"),
            ]
        )
        await eventually(pilot, lambda: "1 min 56 s left" in painted(p.app))
        assert "writing [##########----------] 1 of 2 · 2.4/s" in painted(p.app)
        await pilot.press("c")
        await eventually(pilot, lambda: workspace.asked_for("cancel") == [("cancel", "r1")])
        workspace.all_outcomes = [make.outcome("p1"), make.outcome("p2", result=Result.NOT_SENT)]
        workspace.gate.set()
        await eventually(pilot, lambda: p.panel.stage is Stage.ENDED)
        workspace.gate = None
        await eventually(pilot, lambda: "1 not sent" in painted(p.app))
        await eventually(pilot, lambda: "cancelled [##########----------] 1 of 2" in painted(p.app))
        await pilot.press("r")
        await eventually(pilot, lambda: workspace.asked_for("resume") == [("resume", "r1")])


async def test_the_keys_of_a_run_work_from_the_moment_it_ends(panel, workspace, painted, eventually, monkeypatch):
    monkeypatch.setattr(RunView, "reload", lambda _: None)  # its outcomes are still being read
    p = panel()
    async with p.app.run_test(size=(80, 24)) as pilot:
        await planned(pilot, p, eventually)
        await pilot.press("s")
        await eventually(pilot, lambda: "Sync 1 row" in painted(p.app))
        await pilot.press("y")
        await eventually(pilot, lambda: p.panel.stage is Stage.ENDED)
        assert p.panel.why_not("undo") == ""
        await pilot.press("U")
        await eventually(pilot, lambda: workspace.asked_for("plan_undo") == [("plan_undo", "r1")])


async def test_a_run_is_undone_by_a_plan_that_is_shown_first(panel, workspace, make, painted, eventually):
    p = panel()
    async with p.app.run_test(size=(80, 24), notifications=True) as pilot:
        await planned(pilot, p, eventually)
        await pilot.press("s")
        await eventually(pilot, lambda: "Sync 1 row" in painted(p.app))
        await pilot.press("y")
        await eventually(pilot, lambda: p.panel.stage is Stage.ENDED and p.panel.query_one(RunView).run is not None)
        workspace.next_plan = make.plan(make.change(before="12.5", after="10"), purpose=Purpose.UNDO, undo_of="r1")
        await pilot.press("U")
        await eventually(pilot, lambda: p.panel.stage is Stage.PREVIEW)
        assert workspace.asked_for("plan_undo") == [("plan_undo", "r1")]
        await pilot.press("s")
        await eventually(pilot, lambda: "Undo 1 row" in painted(p.app))
        await pilot.press("y")
        await eventually(pilot, lambda: p.panel.stage is Stage.ENDED)
    assert len(workspace.asked_for("sync")) == 2


async def test_a_read_that_is_not_complete_is_no_plan(panel, workspace, painted, eventually):
    workspace.errors["plan"] = IncompleteRead("page 3 repeats page 2", connection="syncro")
    p = panel()
    async with p.app.run_test(size=(80, 24)) as pilot:
        p.panel.open()
        await pilot.pause()
        await pilot.press("p")
        await eventually(pilot, lambda: len(p.app.screen_stack) == 2)
        await pilot.pause()
        text = painted(p.app)
        assert "syncro: page 3 repeats page 2" in text
        assert "nothing was written" in text
        await pilot.press("enter")
        await p.app.workers.wait_for_complete()
        assert p.panel.stage is Stage.FAILED


async def test_a_stale_plan_says_that_nothing_was_written(panel, workspace, painted, eventually):
    workspace.errors["sync"] = StalePlan("the plan is stale, nothing was written: Seat price moved 1 -> 2")
    p = panel()
    async with p.app.run_test(size=(80, 24)) as pilot:
        await planned(pilot, p, eventually)
        await pilot.press("s")
        await eventually(pilot, lambda: "Sync 1 row" in painted(p.app))
        await pilot.press("y")
        await eventually(pilot, lambda: "Plan again" in painted(p.app))
        await pilot.press("enter")
        await p.app.workers.wait_for_complete()
        assert p.panel.stage is Stage.FAILED


async def test_a_conflict_is_resolved_and_asks_for_a_new_plan(panel, workspace, make, painted, eventually):
    workspace.next_plan = make.plan(
        make.change(),
        make.change("p4", "Moved", before="9", source="11", after=None, blocked="both moved", verb="resolve"),
    )
    p = panel()
    async with p.app.run_test(size=(80, 24), notifications=True) as pilot:
        await planned(pilot, p, eventually)
        await pilot.press("down", "x")
        await eventually(pilot, lambda: "Keep storefront: 11" in painted(p.app))
        await pilot.press("2")
        await eventually(pilot, lambda: p.panel.outdated)
        assert workspace.asked_for("resolve") == [("resolve", Kind.PRODUCTS, "p4", Field.PRICE, Side.BACKOFFICE, None)]
        await pilot.press("s")
        await pilot.pause()
        assert workspace.asked_for("sync") == []
        await pilot.press("p")
        await eventually(pilot, lambda: len(workspace.asked_for("plan")) == 2 and p.panel.stage is Stage.PREVIEW)
        assert not p.panel.outdated


async def test_one_of_several_prices_is_chosen_from_a_list(panel, workspace, make, painted, eventually):
    several = make.change(blocked="2 prices qualify", verb="resolve", source=None, before="9", choices=("8.5", "7.25"))
    workspace.next_plan = make.plan(several)
    p = panel()
    async with p.app.run_test(size=(80, 24)) as pilot:
        await planned(pilot, p, eventually)
        await pilot.press("enter")
        await eventually(pilot, lambda: "Choose 8.5" in painted(p.app))
        await pilot.press("4")
        await eventually(pilot, lambda: p.panel.outdated)
    assert workspace.asked_for("resolve") == [("resolve", Kind.PRODUCTS, "p1", Field.PRICE, None, "7.25")]


async def test_a_value_can_be_typed_instead(panel, workspace, make, painted, eventually):
    workspace.next_plan = make.plan(
        make.change(blocked="several prices qualify", verb="resolve", source=None, before="9")
    )
    p = panel()
    async with p.app.run_test(size=(80, 24)) as pilot:
        await planned(pilot, p, eventually)
        await pilot.press("enter")
        await eventually(pilot, lambda: "it has no single value" in painted(p.app))
        await pilot.press("3")
        await eventually(pilot, lambda: "that both sides shall have" in painted(p.app))
        await pilot.press("backspace", *"8.5", "enter")
        await eventually(pilot, lambda: p.panel.outdated)
    assert workspace.asked_for("resolve") == [("resolve", Kind.PRODUCTS, "p1", Field.PRICE, None, "8.5")]


@pytest.mark.parametrize("verb", ["map", "remap", "unignore", "re-check"])
async def test_every_blocked_row_has_a_verb(panel, workspace, make, eventually, verb):
    workspace.next_plan = make.plan(make.change(blocked="why", verb=verb))
    p = panel(mapped=["p1"])
    async with p.app.run_test(size=(80, 24)) as pilot:
        await planned(pilot, p, eventually)
        await pilot.press("x")
        await eventually(pilot, lambda: p.panel.outdated)
    assert bool(p.asked_to_map) == (verb in {"map", "remap"})
    assert bool(workspace.asked_for("unignore")) == (verb == "unignore")


async def test_blocked_rows_alone_can_be_looked_at(panel, workspace, make, eventually):
    workspace.next_plan = make.plan(make.change(), make.change("p4", "Moved", blocked="both moved", verb="resolve"))
    p = panel()
    async with p.app.run_test(size=(80, 24)) as pilot:
        await planned(pilot, p, eventually)
        table = p.panel.query_one("PlanTable")
        await pilot.press("b")
        assert [table.rows[n].name for n in table.view] == ["Moved"]
        await pilot.press("b")
        assert len(table.view) == 2


async def test_another_choice_makes_a_shown_plan_out_of_date(panel, eventually):
    p = panel()
    async with p.app.run_test(size=(80, 24)) as pilot:
        await planned(pilot, p, eventually)
        p.panel.query_one("#field-sku").toggle()
        await pilot.pause()
        assert p.panel.why_not_start().startswith("decisions were taken")


async def test_a_run_of_another_process_is_shown_and_can_be_asked_to_stop(panel, workspace, make, painted, eventually):
    running = make.run("r9", "running", actor="cron")
    workspace.all_runs = [running]
    workspace.all_outcomes = [make.outcome("p5", run="r9")]
    p = panel()
    async with p.app.run_test(size=(80, 24)) as pilot:
        p.panel.open()
        await eventually(pilot, lambda: "Product p5" in painted(p.app))
        p.panel.focus_inside()
        await pilot.press("c")
        await eventually(pilot, lambda: workspace.asked_for("cancel") == [("cancel", "r9")])
        workspace.all_runs = [make.run("r9", "cancelled")]
        p.app.tell(overview=Overview(), changed=frozenset({"runs"}))
        await eventually(pilot, lambda: p.panel.query_one(RunView).run.state.value == "cancelled")
        p.app.tell(overview=Overview())
        await eventually(pilot, lambda: p.panel.stage is Stage.ENDED)


async def test_closing_and_zooming_tell_the_list(host, workspace):
    said = []

    async def never(*_what):
        return False

    class Watching(SyncPanel):
        def on_sync_panel_closed(self):
            said.append("closed")

        def on_sync_panel_zoomed(self, event):
            said.append(event.full)

    app = host(workspace, lambda: Watching("products", RowChoice, never))
    async with app.run_test(size=(160, 50)) as pilot:
        panel = app.query_one(Watching)
        panel.open()
        await pilot.pause()
        await pilot.press("z", "z", "escape")
        await pilot.pause()
        assert not panel.is_open
    assert said == [False, True, False, False, "closed"]


async def test_keys_of_the_list_do_not_act_while_the_panel_has_the_cursor(panel, eventually):
    p = panel()
    acted = []
    async with p.app.run_test(size=(80, 24)) as pilot:
        p.app.action_touch = lambda: acted.append("touched")
        p.app.screen._bindings.bind("a,enter,8", "app.touch")
        await planned(pilot, p, eventually)
        await pilot.press("a")
        assert acted == []
        await pilot.press("8")
        assert acted == ["touched"]
        assert p.panel.stage is Stage.PREVIEW


async def test_a_greyed_key_of_the_panel_is_never_taken_for_a_key_of_the_list(panel, painted, eventually):
    """``U`` unmaps in the list: with no run to undo it must not unmap the row behind the panel."""
    p = panel()
    acted = []
    async with p.app.run_test(size=(80, 24), notifications=True) as pilot:
        p.app.action_touch = lambda: acted.append("touched")
        p.app.screen._bindings.bind("U,c,r", "app.touch")
        await planned(pilot, p, eventually)
        await pilot.press("c", "r", "U")
        await eventually(pilot, lambda: "no ended run here" in painted(p.app))
        assert acted == []


async def test_a_row_that_is_not_blocked_says_that_there_is_nothing_to_fix(panel, eventually):
    p = panel()
    async with p.app.run_test(size=(80, 24), notifications=True) as pilot:
        await planned(pilot, p, eventually)
        await pilot.press("x")
        said = "Not now: the row under the cursor is not blocked."
        await eventually(pilot, lambda: said in [note.message for note in p.app._notifications])


async def test_outcomes_can_be_filtered_and_exported(panel, workspace, make, painted, eventually, tmp_path):
    workspace.all_outcomes = [make.outcome("p1"), make.outcome("p2", "rejected", message="too dear", code="422")]
    p = panel()
    async with p.app.run_test(size=(80, 24), notifications=True) as pilot:
        await planned(pilot, p, eventually)
        await pilot.press("s")
        await eventually(pilot, lambda: "Sync 1 row" in painted(p.app))
        await pilot.press("y")
        await eventually(pilot, lambda: "too dear" in painted(p.app))
        await pilot.press("f")
        await eventually(pilot, lambda: "rejected: 1" in painted(p.app))
        await pilot.press("3")
        await eventually(pilot, lambda: "Product p1" not in painted(p.app))
        await pilot.press("e")
        await eventually(pilot, lambda: "Export outcomes" in painted(p.app))
        p.app.screen.query_one(Input).value = str(tmp_path / "out.csv")
        await pilot.press("enter")
        await eventually(pilot, (tmp_path / "out.csv").exists)
        await p.app.workers.wait_for_complete()
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert len(lines) == 2
    assert "rejected" in lines[1]
    assert "too dear" in lines[1]


async def test_hostile_names_stay_plain_text(panel, workspace, make, painted, hostile, eventually):
    workspace.next_plan = make.plan(
        make.change(name=hostile, blocked=hostile, verb="resolve", before=hostile),
        guards=(GuardHit("zero-price", hostile, 1),),
    )
    workspace.all_outcomes = [make.outcome(name=hostile, message=hostile)]
    p = panel()
    async with p.app.run_test(size=(160, 50)) as pilot:
        await planned(pilot, p, eventually)
        text = painted(p.app)
        assert text.count("[/bar] [red]x[/]") >= 3
        assert "\x1b" not in text


# ------------------------------------------------------------------------------------------------ the words alone
def test_differences_and_percentages():
    assert delta("10", "12.5") == Delta("+2.5", "+25.0%")
    assert delta("12.5", "10") == Delta("-2.5", "-20.0%")
    assert delta(None, "5") == Delta("", "new")
    assert delta("1", "5000") == Delta("+4999", "+499,900%")
    assert delta("A-1", "B-2") == Delta("", "")
    assert delta("1", None) == Delta("", "")


def test_the_words_of_a_plan(make):
    plan = make.plan(make.change(), make.change("p2", blocked="no", verb="map"))
    assert plan_totals(plan) == "1 row, 1 change (1 price) · 1 blocked · 7 rows already equal"
    assert calls_text(plan, {"syncro": make.view("syncro").budget}) == "syncro 40 calls at 150/min · about 16 s"
    assert [line.note for line in plan_lines(plan)][1] == "Blocked: no  [map]"


def test_totals_that_do_not_add_up_say_so():
    assert totals_text(Totals(planned=3, applied=1)).endswith("THE TOTALS DO NOT ADD UP")
    assert totals_text(Totals(planned=1, applied=1)) == "1 planned: 1 applied"


def test_lengths_of_time():
    assert [duration(n) for n in (None, 0.1, 59, 61, 3661)] == [
        "unknown", "under 1 s", "59 s", "1 min 01 s", "1 h 01 min",
    ]  # fmt: skip
