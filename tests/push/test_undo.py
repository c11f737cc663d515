"""Taking back pushes and texts: nothing is deleted, nothing that was changed since is touched, and it can be redone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from engine.changes import Plan, PushAction, Run
from engine.findings import Code
from engine.model import Kind

ROOT = Path(__file__).parents[2]


async def undo(shop: Any, run: Run) -> tuple[Plan, Run]:
    plan = await shop.ws.plan_undo(run.id)
    return plan, await shop.ws.sync(plan, allow=[hit.guard for hit in plan.guards])


async def test_a_created_product_is_deactivated_with_its_prices_and_forgotten_never_deleted(shop: Any) -> None:
    item = shop.add("900001", "NEW-1", 12.5)
    shop.sell(item, sale_cost=9.0)
    _, run = await shop.push([item])
    product = shop.product(item)
    plan, undone = await undo(shop, run)
    (back,) = plan.pushes
    assert back.reason == "deactivated with its 2 prices, never deleted; its mapping is forgotten"
    assert (undone.purpose, undone.totals.applied, undone.totals.planned) == ("undo", 1, 1)
    assert shop.products[product["Id"]]["IsActive"] is False
    entries = [row for row in shop.crm.state.tables["PricebookEntry"].values() if row["Product2Id"] == product["Id"]]
    assert [row["IsActive"] for row in entries] == [False, False]
    assert item not in shop.mapped
    assert shop.codes["NEW-1"] == 1
    assert shop.ws.run(run.id).undone_by == undone.id
    redo, redone = await undo(shop, undone)
    assert redo.pushes[0].action is PushAction.LINK
    assert redone.totals.applied == 1
    assert shop.mapped[item] == product["Id"]
    assert shop.product(item)["IsActive"] is True
    assert (shop.price(item), shop.price(item, "Web sale")) == (12.5, 9.0)


async def test_what_a_push_changed_gets_its_old_values_back(shop: Any) -> None:
    item = shop.add("900001", "NEW-1", 12.5)
    await shop.push([item])
    shop.sell(item, cost=14.0, sale_cost=11.0, description="Another name")
    _, run = await shop.push([item])
    assert (shop.price(item), shop.price(item, "Web sale"), shop.product(item)["Name"]) == (14.0, 11.0, "Another name")
    plan, _ = await undo(shop, run)
    assert plan.pushes[0].reason == (
        "Standard Price Book back to 12.5, Web sale becomes inactive, name back to New thing NEW-1, "
        "description back to New thing NEW-1"
    )
    assert (shop.price(item), shop.price(item, "Web sale")) == (12.5, None)
    assert shop.product(item)["Name"] == "New thing NEW-1"
    assert item in shop.mapped  # the row was mapped before that push


async def test_a_price_that_a_push_made_active_again_is_inactive_again(shop: Any) -> None:
    item = shop.add("900001", "NEW-1", 12.5)
    await shop.push([item])
    entry = shop.entry(item)
    shop.crm.state.put("PricebookEntry", entry["Id"], {**entry, "IsActive": False})
    _, run = await shop.push([item])
    assert shop.price(item) == 12.5
    await undo(shop, run)
    assert shop.price(item) is None
    assert shop.entry(item)["UnitPrice"] == 12.5


async def test_a_link_is_forgotten(shop: Any) -> None:
    whole = await shop.ws.plan_push("acme")
    link = next(p for p in whole.pushes if p.action is PushAction.LINK and not p.item.values and not p.item.prices)
    item, before = link.item.source_id, dict(shop.products)
    _, run = await shop.push([item])
    assert shop.mapped[item] == link.item.product_id
    plan, undone = await undo(shop, run)
    assert plan.pushes[0].reason == "its mapping is forgotten"
    assert (undone.state, undone.totals.adds_up) == ("done", True)
    assert item not in shop.mapped
    assert shop.products == before


async def test_a_product_that_was_changed_since_is_left_alone_and_named(shop: Any) -> None:
    mine, theirs, gone = (shop.add(f"90000{n}", f"NEW-{n}") for n in (1, 2, 3))
    _, run = await shop.push([mine, theirs, gone])
    shop.edit(theirs, Name="Renamed in the CRM")
    lost = shop.mapped[gone]
    shop.crm.state.remove("Product2", lost)
    plan, undone = await undo(shop, run)
    blocked = {push.item.source_id: push.blocked for push in plan.pushes if push.blocked}
    assert blocked == {
        theirs: "changed since: name 'Renamed in the CRM' instead of 'New thing NEW-2'",
        gone: f"{lost} is gone from the back office",
    }
    assert (undone.totals.applied, undone.totals.blocked, undone.totals.adds_up) == (1, 2, True)
    assert mine not in shop.mapped
    assert theirs in shop.mapped
    assert shop.product(theirs)["IsActive"] is True


async def test_what_moves_after_the_preview_is_not_written_over(shop: Any) -> None:
    item = shop.add("900001", "NEW-1")
    await shop.push([item])
    shop.sell(item, description="Another name")
    _, run = await shop.push([item])
    plan = await shop.ws.plan_undo(run.id)
    shop.edit(item, Name="Just now")
    undone = await shop.ws.sync(plan)
    assert undone.totals.stale == 1
    assert shop.product(item)["Name"] == "Just now"


async def resolved(shop: Any, *codes: Code) -> Run:
    """Reconcile, and resolve everything of these codes."""
    made = await shop.ws.reconcile("acme", (Kind.PRODUCTS,))
    keys = [one.finding.key for one in shop.ws.findings(made.id) if one.finding.code in codes]
    planned = await shop.ws.plan_resolutions(made.id, keys)
    await shop.ws.resolve_findings(planned, allow=[hit.guard for hit in planned.plan.guards])
    run: Run = shop.ws.runs("acme", 1)[0]
    return run


async def test_texts_that_a_reconciliation_wrote_are_put_back_where_they_still_stand(shop: Any) -> None:
    one, other, moved = (shop.add(f"90000{n}", f"NEW-{n}") for n in (1, 2, 3))
    await shop.push([one, other, moved])
    for item in (one, other, moved):
        shop.edit(item, Name="Named by hand", Description="Told by hand")
    run = await resolved(shop, Code.NAME_MISMATCH, Code.DESCRIPTION_MISMATCH)
    assert {shop.product(item)["Name"] for item in (one, other)} == {"New thing NEW-1", "New thing NEW-2"}
    shop.edit(moved, Name="Named again")
    plan, undone = await undo(shop, run)
    assert [text.blocked for text in plan.texts if text.blocked] == [
        "moved since: it is 'Named again' now, this run wrote 'New thing NEW-3'"
    ]
    assert (undone.totals.planned, undone.totals.applied, undone.totals.blocked) == (6, 5, 1)
    assert {shop.product(item)["Name"] for item in (one, other)} == {"Named by hand"}
    assert (shop.product(moved)["Name"], shop.product(moved)["Description"]) == ("Named again", "Told by hand")
    entries = [entry for entry in shop.ws.history("acme", run=undone.id) if entry.attribute == "name"]
    assert {(entry.action, entry.after) for entry in entries if entry.outcome == "applied"} == {
        ("undo", "Named by hand")
    }


async def test_a_row_that_was_mapped_otherwise_since_does_not_stop_the_rest(shop: Any) -> None:
    one, other = (shop.add(f"90000{n}", f"NEW-{n}") for n in (1, 2))
    await shop.push([one, other])
    for item in (one, other):
        shop.edit(item, Name="Named by hand")
    run = await resolved(shop, Code.NAME_MISMATCH)
    shop.ws.unmap("acme", Kind.PRODUCTS, [other])
    plan, undone = await undo(shop, run)
    assert [text.blocked for text in plan.texts if text.blocked] == ["is mapped differently now; nothing is taken back"]
    assert undone.totals.applied == 1


async def test_the_command_shows_what_will_be_and_takes_it_back(shop: Any) -> None:
    item = shop.add("900001", "NEW-1")
    _, run = await shop.push([item])
    product = shop.mapped[item]

    def command(*options: str) -> Any:
        words = ["--workspace", str(shop.ws.path), "undo", run.id, "--yes", *options]
        return subprocess.run(
            [sys.executable, "-m", "tui", *words], capture_output=True, text=True, check=False, cwd=ROOT
        )

    done = command("--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["totals"]["applied"] == 1
    assert shop.products[product]["IsActive"] is False
    again = command()
    assert again.returncode == 0, again.stderr
    assert "changed since: active 'false' instead of 'true'" in again.stdout + again.stderr
    assert "Nothing to write." in again.stdout + again.stderr
