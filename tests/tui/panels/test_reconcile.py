"""The Reconcile tab over a real workspace: found, looked at, resolved, exported, compared."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from engine.model import Kind

SIZES = [(80, 24), (160, 50)]


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_is_read_before_it_is_asked_for_and_then_everything_is_told(
    real_console: Any, size: tuple[int, int]
) -> None:
    async with real_console(tab="reconcile", size=size) as it:
        await it.sees("Nothing was reconciled yet")
        await it.press("r", sees="reconciled just now")
        found = it.console.screen.found
        assert found
        assert f"{len(found):,} findings" in it.text
        assert "PRICE_MISMATCH" in it.text or "LINK_" in it.text
        assert "reading" not in it.text.splitlines()[0]  # the status line says no reading that is over


async def test_marking_takes_only_what_has_a_proposal_and_resolving_is_previewed(real_console: Any) -> None:
    async with real_console(tab="reconcile") as it:
        await it.press("r", sees="reconciled just now")
        screen = it.console.screen
        able = [one for one in screen.found if one.finding.action.value != "manual"]
        assert able
        assert len(able) < len(screen.found)
        await it.press("asterisk", sees=f"{len(able):,} marked")
        await it.press("a", sees="What is done")
        before = await it.ask(lambda ws: [row.right_id for row in ws.snapshot("acme", Kind.PRODUCTS).rows])
        await it.press("escape", sees="marked")
        after = await it.ask(lambda ws: [row.right_id for row in ws.snapshot("acme", Kind.PRODUCTS).rows])
        assert before == after  # looking at a preview does nothing
        assert not await it.ask(lambda ws: ws.runs("acme"))


async def test_resolving_writes_what_was_shown_and_says_what_became_of_each(real_console: Any, files: Path) -> None:
    async with real_console(tab="reconcile") as it:
        await it.press("r", sees="reconciled just now")
        screen = it.console.screen
        wanted = [one.finding for one in screen.found if one.finding.action.value == "write"]
        assert wanted
        await it.press("asterisk", "a", sees="What is done")
        page = it.console.screen
        hits = [hit.guard for hit in page.planned.plan.guards] if page.planned.plan else []
        await it.press("s", sees="Resolve now")
        for guard in hits:
            await it.pilot.press(*[{"-": "minus"}.get(letter, letter) for letter in guard], "enter")
        if not hits:
            await it.press("y")
        await it.sees("resolved")
        await it.until(lambda: any(one.result.value == "applied" for one in screen.found))
        there = {row["id"]: row for row in csv.DictReader((files / "erp.csv").read_text(encoding="utf-8").splitlines())}
        applied = [one for one in screen.found if one.result.value == "applied" and one.finding.action.value == "write"]
        prices = [one for one in applied if one.finding.field == "price"]
        assert prices
        for one in prices:
            assert float(there[one.finding.backoffice_id]["price"]) == float(one.finding.after)
            assert one.actor == "ada"
            assert one.run


async def test_a_finding_opens_with_both_values_and_why(real_console: Any) -> None:
    async with real_console(tab="reconcile") as it:
        await it.press("r", sees="reconciled just now")
        await it.press("slash", *"mismatch", "enter")
        await it.press("o", sees="Written: nothing yet")
        assert "Next:" in it.text
        await it.press("escape", at="ReconcileScreen")


async def test_export_writes_a_workbook_of_all_findings(real_console: Any, tmp_path: Path) -> None:
    async with real_console(tab="reconcile", size=(160, 50)) as it:
        await it.press("r", sees="reconciled just now")
        await it.press("e", sees="Export the findings")
        target = tmp_path / "found.xlsx"
        field = it.console.screen.query("Input").first()
        field.value = str(target)
        await it.press("ctrl+s")
        await it.until(target.exists)
        await it.sees("Written")
        sheet = openpyxl.load_workbook(target)["Findings"]
        tab = next(screen for screen in it.console.screen_stack if getattr(screen, "NAME", "") == "reconcile")
        assert sheet.max_row == 1 + len(tab.found)


async def test_two_reconciliations_are_compared(real_console: Any, files: Path) -> None:
    async with real_console(tab="reconcile") as it:
        await it.press("r", sees="reconciled just now")
        path = files / "erp.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")  # one record is gone
        first = it.console.screen.made.id
        await it.press("r")
        await it.until(lambda: it.console.screen.made.id != first)
        await it.press("c", sees="Compare with which")
        await it.press("2", sees="still there")
        assert "new" in it.text


@pytest.mark.parametrize("size", SIZES)
async def test_the_fields_tab_says_when_there_is_nothing_to_map(real_console: Any, size: tuple[int, int]) -> None:
    async with real_console(tab="fields", size=size) as it:
        await it.sees("Neither system of this integration has custom objects or fields")
        await it.press("r", sees="neither system has custom objects")
