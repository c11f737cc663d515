"""The Sync tab, the page of a run, and the sync panel in the real console over real files."""

from __future__ import annotations

import csv
from decimal import Decimal

from engine.errors import Blocked
from engine.model import Kind
from tests.waiting import Heard
from tui.screens.run import RunScreen


def price(files, id):
    with (files / "erp.csv").open() as source:
        return next(Decimal(row["price"]) for row in csv.DictReader(source) if row["id"] == id)


async def one_run(it):
    """A sync of everything that is mapped, started in the engine."""

    async def sync(ws):
        plan = await ws.plan("acme", kinds=(Kind.PRODUCTS,))
        return await ws.sync(plan, allow=[hit.guard for hit in plan.guards])

    return await it.ask(sync)


async def test_a_sync_from_the_list_to_the_files_and_back(real_console, files):
    async with real_console() as it:
        await it.press("S", sees="Sync mapped · ready")
        await it.press("p", sees="Sync mapped · preview")
        await it.sees("12.5", "480", "Firewall")
        await it.press("s", sees="Sync 2 rows")
        await it.press("y", sees="Sync mapped · ended")
        await it.sees("2 applied")
        assert price(files, "b1") == Decimal("12.5")
        await it.press("U", sees="Undo · preview")
        await it.press("s", sees="Undo 2 rows")
        await it.press("y", sees="ended")
        await it.until(lambda: price(files, "b1") == 10)


async def test_a_marked_unmapped_row_is_mapped_on_the_way(real_console):
    async with real_console(mapped=False) as it:
        await it.press("space", "S", "p", sees="Not mapped yet")
        await it.press("1", sees="Map Backup 1 TB")
        await it.press(*"backup")
        await it.sees("Backup one TB")
        await it.press("enter")
        await it.sees("Sync mapped · preview", "First sync")


async def test_the_panel_survives_a_change_of_tabs(real_console):
    async with real_console() as it:
        await it.press("S", "p", sees="Sync mapped · preview")
        await it.press("4", sees="Connection ")
        await it.press("2", sees="Sync mapped · preview")


async def test_runs_connections_and_budgets(real_console):
    async with real_console(tab="sync") as it:
        await it.sees("erp", "shop", "Nothing was synced yet")
        run = await one_run(it)
        await it.sees("2 applied", run.id)
        await it.press("enter", sees=f"Run {run.id} · acme · sync · done")
        await it.sees("Backup 1 TB", "applied")
        await it.press("escape", sees="Connection ")


async def test_a_run_is_undone_from_its_page(real_console, files):
    async with real_console(tab="sync") as it:
        run = await one_run(it)
        await it.sees(run.id)
        await it.press("o", at="RunScreen")
        await it.sees("applied", "took")  # the page has read the run: before that its keys are greyed
        await it.press("U", sees=f"The way back of run {run.id}")
        await it.press("s", sees="Undo 2 rows")
        await it.press("y")
        await it.until(lambda: price(files, "b1") == 10)
        await it.press("escape", "escape")
        await it.sees("sync, undone")


async def test_an_alarm_is_shown_until_it_is_acknowledged(real_console):
    async with real_console(tab="sync") as it:
        await it.ask(lambda ws: ws._alarms.raise_("acme", "the nightly sync did not run"))
        await it.sees("the nightly sync did not run")
        await it.press("a")
        await it.until(lambda: "the nightly sync did not run" not in it.text)


async def test_the_lists_are_walked_by_one_key(real_console):
    async with real_console(tab="sync") as it:
        await it.sees("erp")
        assert it.console.focused.id == "runs"
        await it.press("n")
        assert it.console.focused.id == "schedules"
        await it.press("n")
        assert it.console.focused.id == "connections"
        await it.press("enter", at="ConnectionsScreen")


async def test_nothing_is_painted_while_nothing_changes(real_console):
    async with real_console(tab="sync") as it:
        await one_run(it)
        await it.sees("2 applied")
        screen = it.console.tab
        shown = []
        table = screen.query_one("#runs")
        show = table.show
        table.show = lambda *rows: shown.append(rows) or show(*rows)
        screen.refresh_lists()
        await it.console.workers.wait_for_complete()
        await it.pilot.pause()
        assert shown == []


async def test_cancelling_is_greyed_for_a_run_that_ended(real_console):
    async with real_console(tab="sync") as it:
        await one_run(it)
        await it.sees("2 applied")
        assert it.console.tab.reason("run.stop") == "this run is not running"


async def test_a_run_of_another_process_can_be_asked_to_stop(host, workspace, make, painted, eventually):
    workspace.next_run = make.run("r7", "running")
    workspace.all_runs = [workspace.next_run]
    app = host(workspace)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app.open(RunScreen("r7"))
        await eventually(pilot, lambda: "Run r7 · acme · sync · running" in painted(app))
        await pilot.press("c")
        await eventually(pilot, lambda: workspace.asked_for("cancel") == [("cancel", "r7")])


async def test_a_run_that_was_interrupted_is_resumed(host, workspace, make, painted, eventually):
    workspace.next_run = make.run("r7", "interrupted")
    workspace.all_runs = [workspace.next_run]
    app = host(workspace)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app.open(RunScreen("r7"))
        await eventually(pilot, lambda: "interrupted" in painted(app))
        workspace.next_run = make.run("r7", "done")
        await pilot.press("r")
        await eventually(pilot, lambda: "Run r7 · acme · sync · done" in painted(app))
        assert workspace.asked_for("resume") == [("resume", "r7")]


async def test_a_guard_that_fires_only_now_needs_its_name_too(host, workspace, make, painted, eventually):
    async def begin(_ws, allow):
        workspace.asked.append(("begin", tuple(allow)))
        if "row-count" not in allow:
            raise Blocked("600 rows would be written; the limit is 500", ("row-count",))
        return make.run("r7")

    app = host(workspace)
    workspace.next_run = make.run("r7")
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(RunScreen(begin=begin, integration="acme"))
        await eventually(pilot, lambda: "Type row-count to go on" in painted(app))
        await pilot.press(*"row-count", "enter", "enter")
        await eventually(pilot, lambda: "Run r7" in painted(app))
    assert workspace.asked_for("begin") == [("begin", ()), ("begin", ("row-count",))]


async def test_a_greyed_key_says_why(host, workspace, make, painted, eventually):
    app = host(workspace)
    workspace.next_run = make.run("r7", undone_by="r8")
    heard = Heard()
    async with app.run_test(size=(80, 24), notifications=True, message_hook=heard) as pilot:
        app.open(RunScreen("r7"))
        await eventually(pilot, lambda: "Run r7" in painted(app))
        await pilot.press("U")
        await pilot.pause()
        assert [note.message for note in heard.notes] == ["Not now: it was undone by r8."]
        assert workspace.asked_for("plan_undo") == []


async def test_the_page_of_a_run_names_all_its_keys(real_console):
    async with real_console() as it:
        run = await one_run(it)
        it.console.push_screen(RunScreen(run.id))
        await it.sees(f"Run {run.id}", "applied")
        footer = it.text.splitlines()[-1]
        assert all(word in footer for word in ("f Filter", "e Export", "U Undo", "r Resume", "c Cancel", "esc Back"))


async def test_the_footer_of_products_and_fees_offers_to_sync(real_console):
    for tab in ("products", "fees"):
        async with real_console(tab=tab) as it:
            assert "S Sync" in it.text.splitlines()[-1]
