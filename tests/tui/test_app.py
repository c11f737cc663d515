"""The console's frame: tabs, status line, help, palette, integrations, small terminals, keys of one's own."""

from __future__ import annotations

import asyncio
import gc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.changes import Purpose, Run, RunState, Totals
from engine.errors import WorkspaceError
from engine.events import RunEnded, RunProgress, RunStarted
from engine.model import Kind
from engine.views import Alarm
from tui.actions import REGISTRY
from tui.app import TABS, Console
from tui.widgets.footer import StableFooter
from tui.widgets.status_line import StatusLine

AT = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def usual_keys() -> Any:
    """Whatever a test does to the keys is undone."""
    yield
    REGISTRY.remap({})


def status(d: Any) -> str:
    return str(d.screen.query_one(StatusLine).text)


async def test_numbers_and_brackets_change_tabs_and_each_keeps_its_state(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("j", "j", "u")
        await d.press("1", until=lambda: d.screen.NAME == "customers")
        assert "[1 Customers 8 unmapped]" in d.text
        await d.press("right_square_bracket", until=lambda: d.screen.NAME == "products")
        assert d.table.cursor == 0 or d.screen.lens.unmapped
        assert "unmapped only" in d.screen.bar.text
        await d.press("3", until=lambda: d.screen.NAME == "fees")
        await d.press("left_square_bracket", until=lambda: d.screen.NAME == "products")
        await d.pilot.click("TabStrip", offset=(3, 0))
        await d.settle(lambda: d.screen.NAME == "customers")


async def test_tab_keys_do_not_act_under_a_dialog(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("full_stop")
        await d.press("1")
        assert d.screen.NAME == "products"
        assert d.top == "Menu"
        d.console.open_tab("customers")
        await d.settle()
        assert d.screen.NAME == "products"


async def test_counts_of_every_tab_are_live(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        assert "1 Cust (8)" in d.text
        await d.console.bridge.call(lambda w: w.unmap("acme", Kind.CUSTOMERS, ["S1", "S2"]))
        await d.settle(lambda: "1 Cust (10)" in d.text)


async def test_the_status_line_tells_health_budget_alarms_and_progress(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        assert status(d).split() == [
            "acme",
            *["market", "●", "ok", "12/600", "a", "min", "→", "syncro", "●", "ok", "148/150", "a", "min"],
        ]
        ws.alarm_list = [Alarm(1, AT, "acme", "error", "sync failed")]
        ws.counters = {"alarms": 2}
        await d.settle(lambda: "1 alarm" in status(d))
        run = Run("r1", "acme", Purpose.SYNC, RunState.RUNNING, AT, None, "anna", "p", Totals())
        ws.run_list = [run]
        ws.events.publish(RunStarted(run))
        ws.events.publish(RunProgress("r1", "acme", 320, 1200, 4.0, 220.0, "writing"))
        await d.settle(lambda: "writing 320/1,200 3:40 left" in status(d))
        assert "1 alarm" in status(d)
        ws.run_list = []
        ws.events.publish(RunEnded(run))
        await d.settle(lambda: "writing" not in status(d))


async def test_another_processs_run_is_shown(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        ws.run_list = [Run("other", "acme", Purpose.SYNC, RunState.RUNNING, AT, None, "cron", "p", Totals())]
        await d.settle(lambda: "sync runs" in status(d))


async def test_switching_the_integration_shows_its_rows_everywhere(open_console: Any, fake: Any) -> None:
    async with open_console(fake(integrations=("acme", "[b]other"))) as d:
        await d.press("i", until=lambda: d.top == "Menu")
        assert "market → syncro · shown now" in d.text
        await d.press("2", until=lambda: d.console.integration == "[b]other")
        await d.settle(lambda: d.console.snapshot("products") is not None)
        assert status(d).strip().startswith("[b]other")
        assert len(d.table.view) == 40


async def test_one_integration_cannot_be_switched_and_says_so(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("i")
        assert any("there is only this one" in toast for toast in d.toasts)


async def test_without_an_integration_the_wizard_opens(open_console: Any, fake: Any) -> None:
    async with open_console(fake(integrations=())) as d:
        await d.settle(lambda: d.top == "SetupScreen")
        assert "No integration yet" in status(d)


async def test_help_lists_every_action_and_runs_the_chosen_one(open_console: Any, fake: Any, text_golden: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("question_mark", until=lambda: d.top == "Help")
        text_golden("help-80x24", d.text)
        offered = d.console.screen.query_one("OptionList").option_count
        assert offered >= len(REGISTRY.of("products"))
        await d.type("only unmapped")
        await d.press("enter", until=lambda: d.top != "Help")
        assert d.screen.lens.unmapped


async def test_help_finds_actions_by_key(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        await d.press("question_mark", until=lambda: d.top == "Help")
        await d.type("^z")
        assert d.console.screen.query_one("OptionList").option_count == 1


async def test_the_palette_offers_the_same_actions(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        commands = {command.title: command for command in d.console.get_system_commands(d.screen)}
        assert "Map…" in commands
        assert "Quit" in commands
        assert commands["Unmap"].help == "not now: it is not mapped"
        commands["Show only unmapped"].callback()
        await d.settle(lambda: d.screen.lens.unmapped)
        await d.press("ctrl+p", until=lambda: d.top == "CommandPalette")


async def test_what_fails_every_second_in_the_background_is_told_once(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        polls = []

        def fail() -> Any:
            polls.append(1)
            raise WorkspaceError("the disk is full")

        ws.changes = fail
        await d.settle(lambda: d.top == "MessageDialog" and len(polls) > 5)
        assert len(d.console.screen_stack) == 3
        await d.press("escape")
        seen = len(polls)
        await d.settle(lambda: len(polls) > seen + 3)
        assert d.top == "ProductsScreen"


def test_no_key_means_two_things_on_one_tab() -> None:
    assert REGISTRY.remap({}) == []


@pytest.mark.parametrize("tab", [tab.name for tab in TABS])
async def test_every_key_in_the_footer_has_an_action_and_a_help_text(open_console: Any, fake: Any, tab: str) -> None:
    async with open_console(fake(), size=(160, 50), tab=tab) as d:
        for action in REGISTRY.of(tab):
            assert action.help.endswith((".", "…")), action.id
            assert action.label[0].isupper(), action.id
            assert isinstance(action.enabled(d.screen.context()), str), action.id


async def test_keys_can_be_changed_by_id(open_console: Any, fake: Any, tmp_path: Path) -> None:
    ws = fake()
    ws.path = tmp_path
    (tmp_path / "keys.toml").write_text('only_unmapped = "f6"\nnonsense = "f7"\nby_status = "slash"\n')
    async with open_console(ws) as d:
        await d.settle(lambda: len(d.toasts) > 0)
        assert "'nonsense' is no action" in d.toasts[0]
        assert "'slash' means both filter and by_status" in d.toasts[0]
        await d.press("f6")
        assert d.screen.lens.unmapped
        await d.press("u")
        assert d.screen.lens.unmapped


async def test_a_malformed_key_file_is_told_and_the_usual_keys_work(
    open_console: Any, fake: Any, tmp_path: Path
) -> None:
    ws = fake()
    ws.path = tmp_path
    (tmp_path / "keys.toml").write_text("only_unmapped = \n")
    async with open_console(ws) as d:
        await d.settle(lambda: d.top == "MessageDialog")
        await d.settle(lambda: "is not TOML" in " ".join(d.text.replace("│", "").split()))
        await d.press("escape", "u")
        assert d.screen.lens.unmapped


async def test_a_terminal_that_is_too_small_swallows_keys_until_it_grows(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws) as d:
        await d.pilot.resize_terminal(50, 10)
        await d.settle(lambda: d.top == "TooSmall")
        assert "50x10, needed 60x15" in d.text
        await d.press("a", "1", "escape", "enter")
        assert d.top == "TooSmall"
        assert not ws.verbs("map")
        await d.pilot.resize_terminal(80, 24)
        await d.settle(lambda: d.top == "ProductsScreen")
        await d.press("j")
        assert d.table.cursor == 1


async def test_no_colour_pins_a_readable_theme(open_console: Any, fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_console(fake()) as d:
        assert d.console.theme == "textual-dark"
        assert "Change theme" not in {command.title for command in d.console.get_system_commands(d.screen)}
        assert d.text.splitlines()[4].startswith("›[ ]")


async def test_over_ssh_nothing_is_animated(open_console: Any, fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
    async with open_console(fake()) as d:
        assert d.console.animation_level == "none"


async def test_the_footer_keeps_nothing_when_bindings_refresh(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        footer = d.screen.query_one(StableFooter)

        async def refresh(times: int) -> None:
            for n in range(times):
                d.console.screen.refresh_bindings()
                d.table.cursor = n % 7
                if n % 50 == 0:
                    await d.pilot.pause()
            await d.settle()

        await refresh(100)
        gc.collect()
        before = len(gc.get_objects())
        await refresh(1000)
        gc.collect()
        assert len(gc.get_objects()) - before < 500
        assert not footer.children


async def test_a_click_in_the_footer_does_what_the_key_does(open_console: Any, fake: Any) -> None:
    async with open_console(fake()) as d:
        x = d.text.splitlines()[-1].index("u Unmapped") + 2
        await d.pilot.click("StableFooter", offset=(x, 0))
        await d.settle(lambda: d.screen.lens.unmapped)


async def test_a_workspace_that_does_not_open_ends_the_console_with_the_reason() -> None:
    def refuse() -> Any:
        raise WorkspaceError("the workspace was written by a newer Crosswalk")

    console = Console(refuse)
    async with console.run_test() as pilot:
        while console.failure is None:
            await pilot.pause()
    assert console.return_code == 1
    assert "newer Crosswalk" in str(console.failure)
    assert await asyncio.to_thread(console.bridge.close)
