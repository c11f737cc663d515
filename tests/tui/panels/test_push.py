"""Pushing from the Products tab into a simulated CRM: previewed, confirmed once, carried out; greyed elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from engine.model import Kind
from tui import compose


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_row_is_previewed_with_reason_and_cost_and_pushed(
    crm: Any, console_over: Any, size: tuple[int, int]
) -> None:
    ws, box = crm
    async with console_over(lambda: compose.open_workspace(ws.path, actor="ada"), "products", size) as it:
        table = it.console.screen.table
        await it.until(lambda: table.row is not None)
        chosen = table.row
        await it.press("full_stop", sees="Push to salesforce…")
        await it.press("escape", "P", sees="Push · acme")
        await it.sees("left today", "ultracart no calls")
        plan = it.console.screen.plan
        assert [push.item.source_id for push in plan.pushes] == [chosen.id]
        assert not await it.ask(lambda ws: ws.runs("acme"))  # a preview writes nothing
        await it.press("s", sees="Push now")
        await it.press("y", sees="done")
        await it.until(lambda: not it.console.bridge.busy)
        await it.press("escape", sees="read just now")
        (run,) = await it.ask(lambda ws: ws.runs("acme"))
        assert (run.purpose, run.state, run.totals.planned) == ("push", "done", 1)
        row = await it.ask(lambda ws: ws.detail("acme", Kind.PRODUCTS, chosen.id).row)
        assert row.right_id in box.state.tables["Product2"]


async def test_push_all_shows_every_kind_of_row_and_leaves_the_ambiguous_alone(crm: Any, console_over: Any) -> None:
    ws, box = crm
    async with console_over(lambda: compose.open_workspace(ws.path, actor="ada"), "products", (160, 50)) as it:
        await it.press("B", sees="Push · acme")
        plan = it.console.screen.plan
        actions = {"blocked" if push.blocked else push.action.value for push in plan.pushes}
        assert actions >= {"create", "link", "blocked"}
        assert "to create" in it.text
        assert "! ambiguous" in it.text
        assert "2 products have the code" in "".join(
            line.note for line in it.console.screen.query_one("PlanTable").rows
        )
        await it.press("s", sees="Push now")
        await it.press("y", sees="done")
        await it.until(lambda: not it.console.bridge.busy)
        await it.press("escape", sees="read just now")
        (run,) = await it.ask(lambda ws: ws.runs("acme"))
        assert run.totals.adds_up
        assert run.totals.blocked == sum(bool(push.blocked) for push in plan.pushes) > 0
        codes = [row["ProductCode"] for row in box.state.tables["Product2"].values()]
        made = [push.item.code for push in plan.pushes if push.action == "create" and not push.blocked]
        assert all(codes.count(code) == 1 for code in made)


async def test_a_used_up_day_is_told_before_anything_is_sent(crm: Any, console_over: Any) -> None:
    ws, box = crm
    box.limiter.limit, box.limiter.rate = 60, 1.0
    async with console_over(lambda: compose.open_workspace(ws.path, actor="ada"), "products", (160, 50)) as it:
        box.limiter.limit = len(box._calls) + 8  # the planning itself takes some
        await it.press("B", sees="Push · acme")
        await it.sees("calls left today and this needs")


async def test_it_is_greyed_where_nothing_can_be_pushed(real_console: Any) -> None:
    async with real_console() as it:
        await it.press("P", sees="no price books there")
        assert not await it.ask(lambda ws: ws.runs("acme"))


async def _choose(it: Any, **values: str) -> None:
    for name, value in values.items():
        row = next(row for row in it.console.screen.query("FormRow") if row.field.name == name)
        row.control.value = value


async def test_a_push_is_scheduled_in_the_form_and_runs_as_it_would_by_itself(crm: Any, console_over: Any) -> None:
    ws, _ = crm
    ws.set_integration("acme", {"guards.max_rows": ""})
    async with console_over(lambda: compose.open_workspace(ws.path, actor="ada"), "sync", (160, 50)) as it:
        await it.press("plus", sees="Automatic sync")
        await _choose(it, kinds="push", fields="price")
        await it.press("ctrl+s", sees="a push has no fields and no direction")
        await _choose(it, fields="")
        await it.press("ctrl+s", sees="next acme")
        it.console.screen.query_one("#schedules").focus()
        await it.sees("push every 15 minutes UTC")
        await it.press("x", sees="● well")
        (run,) = await it.ask(lambda ws: ws.runs("acme"))
        assert (run.purpose, run.totals.adds_up) == ("push", True)
        told = {one.message for one in await it.ask(lambda ws: ws.outcomes(run.id)) if one.result == "blocked"}
        assert any("match_is_mapping" in text for text in told)  # what is there already is linked by a person first
        assert run.totals.applied > 0


async def test_a_push_is_not_scheduled_where_nothing_can_be_pushed(real_console: Any) -> None:
    async with real_console(tab="sync") as it:
        await it.press("plus", sees="Automatic sync")
        await _choose(it, kinds="push")
        await it.press("ctrl+s", sees="has no price books")
        assert await it.ask(lambda ws: ws.schedules.all()) == []


async def test_a_push_is_taken_back_from_the_activity_tab_and_the_preview_says_how(crm: Any, console_over: Any) -> None:
    ws, box = crm
    plan = await ws.plan_push("acme")
    made = [push.item.source_id for push in plan.pushes if push.action == "create" and push.sends]
    await ws.sync(await ws.plan_push("acme", made))
    rows = {row.id: row.right_id for row in ws.snapshot("acme", Kind.PRODUCTS).rows if row.side == "storefront"}
    async with console_over(lambda: compose.open_workspace(ws.path, actor="ada"), "activity", (160, 50)) as it:
        await it.sees("push")
        table = it.console.screen.table
        await it.until(lambda: any(line.category == "runs" for line in table.rows))
        place = next(at for at, index in enumerate(table.view) if table.rows[index].category == "runs")
        table.cursor = place
        await it.press("o", at="RunScreen")
        await it.sees("applied")
        await it.press("U", sees="The way back of run")
        await it.sees("never deleted; its mapping is forgotten")
        assert all(box.state.tables["Product2"][rows[id]]["IsActive"] for id in made)
        await it.press("s", sees="Undo now")
        await it.press("y", sees="done")
        await it.until(lambda: not it.console.bridge.busy)
        assert not any(box.state.tables["Product2"][rows[id]]["IsActive"] for id in made)
        after = {row.id: row.right_id for row in await it.ask(lambda ws: ws.snapshot("acme", Kind.PRODUCTS).rows)}
        assert not any(after[id] for id in made)
