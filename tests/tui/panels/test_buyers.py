"""Buyers of paid orders at the keyboard: policies simulated and saved, a run confirmed once, the queue answered."""

from __future__ import annotations

from typing import Any

import pytest

from engine.model import Kind
from engine.settings import AccountPolicy
from tui import compose


@pytest.fixture
async def buyers(crm: Any) -> Any:
    """The store and its CRM, with orders looked at as far back as it goes."""
    ws, box = crm
    ws.set_integration("acme", {"accounts.days": "365", "accounts.with_profile": "ask", "accounts.record_type": ""})
    return ws, box


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_policies_are_simulated_saved_and_run(buyers: Any, console_over: Any, size: tuple[int, int]) -> None:
    ws, box = buyers
    before = len(box.state.tables["Account"])
    async with console_over(lambda: compose.open_workspace(ws.path, actor="ada"), "customers", size) as it:
        await it.press("B", sees="paid orders since")
        await it.sees("With a profile: ask", "Nothing is written yet")
        await it.press("p", sees="Orders with a profile")
        it.console.screen.form.row("with_profile").value = "person_account"
        it.console.screen.form.row("without_profile").value = "account_and_contact"
        it.console.screen.form.row("record_type").value = "Person Account"
        await it.press("ctrl+s", sees="Simulated, nothing is saved")
        page = it.console.screen
        await it.until(lambda: not page.busy)
        assert (await it.ask(lambda ws: ws.integration("acme"))).settings.accounts.with_profile is AccountPolicy.ASK
        assert page.seen.count()["create"] > 0
        assert "only simulated" in page.why_not("start")

        await it.press("w", sees="Nothing is written yet")
        await it.until(lambda: not page.busy)
        saved = (await it.ask(lambda ws: ws.integration("acme"))).settings.accounts
        assert (saved.with_profile, saved.record_type) == (AccountPolicy.PERSON_ACCOUNT, "Person Account")
        made = [one for one in page.seen.buyers if one.step == "create" and not one.with_order]
        await it.press("s", sees="Run now")
        assert len(box.state.tables["Account"]) == before  # a question writes nothing
        await it.press("y", sees="known")
        await it.until(lambda: not page.busy)
        assert len(box.state.tables["Account"]) == before + len(made)
        assert page.why_not("start") == "there is nobody to link or to make"


async def test_who_waits_is_counted_in_the_tab_and_answered_with_a_record(buyers: Any, console_over: Any) -> None:
    ws, _ = buyers
    done = await ws.keep_buyers("acme")
    assert done.waiting
    async with console_over(lambda: compose.open_workspace(ws.path, actor="ada"), "customers", (160, 50)) as it:
        await it.sees(f"{len(done.waiting)} buyer")
        await it.press("B", sees="Enter decides")
        page = it.console.screen
        await it.until(lambda: not page.busy)
        row = page.table.row
        assert row.step == "waits"
        await it.press("enter", sees=f"Who is the buyer of {row.order.number}?")
        answers = it.console.screen.answers
        number, answer = next((at, one) for at, one in enumerate(answers, 1) if not one.disabled)
        before = page.seen
        await it.press(str(number))
        await it.until(lambda: it.console.screen is page and page.seen is not before and not page.busy)
        left = await it.ask(lambda ws: ws.waiting_buyers("acme"))
        assert row.key not in [one.key for one in left]
        if answer.id.startswith("use:") and not row.guest:
            shown = await it.ask(lambda ws: ws.detail("acme", Kind.CUSTOMERS, row.key).row)
            assert shown.right_id == answer.id.partition(":")[2]
        await it.press("escape")


async def test_it_is_greyed_where_no_buyers_are_kept(real_console: Any) -> None:
    async with real_console(tab="customers", size=(160, 50)) as it:
        await it.press("B", sees="no accounts of buyers there")
