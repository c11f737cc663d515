"""Rules as an admin uses them: tried, saved, synced, changed, undone, and an item taken out of an exclusion."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import StalePlan, UnknownId, UsageError
from engine.model import Field, Kind, Side, Status

NAME = "north-books"


def brief(plan):
    return {(c.storefront_id, str(c.field)): (c.before, c.after, c.source) for c in plan.sending}


def statuses(ws, name=NAME):
    rows = ws.snapshot(name, Kind.PRODUCTS).rows
    return {row.id: (row.status, row.reason) for row in rows if row.side is Side.STOREFRONT}


async def synced(ws, name=NAME, **choice):
    plan = await ws.plan(name, **choice)
    return await ws.sync(plan, allow=[hit.guard for hit in plan.guards])


async def test_a_rule_is_tried_saved_synced_and_then_all_is_in_sync(stores, held):
    wanted = {"quantity.minus": "1", "price.percent": "10", "price.ending": ".99", "price.rounding": "up"}
    found = await stores.rules.simulate(NAME, wanted)
    assert (found.rows, found.changed) == (3, 3)
    by = {one.field: one for one in found.fields}
    assert (by[Field.QUANTITY].rows, by[Field.QUANTITY].least, by[Field.QUANTITY].most) == (3, -1, -1)
    assert by[Field.PRICE].middle == Decimal("2.99")  # 20 -> 22.99, beside 10 -> 11.99 and 100 -> 110.99
    assert [one.id for one in found.largest[:2]] == ["n3", "n2"]
    assert not any(rule.words for rule in stores.rules.all(NAME)), "trying saves nothing"

    stores.rules.set(NAME, wanted)
    plan = await stores.plan(NAME, kinds=[Kind.PRODUCTS])
    assert brief(plan)["n1", "quantity"] == ("7", "9", "10")
    assert brief(plan)["n1", "price"] == ("10", "11.99", "10")
    assert {c.rule for c in plan.changes if c.field is Field.PRICE} == {"+10 %, to .99 up"}
    await stores.sync(plan, allow=[hit.guard for hit in plan.guards])
    assert held("north", "quantity") == {"n1": "9", "n2": "3", "n3": "1"}
    assert held("books", "quantity") == {"b1": "10", "b2": "4", "b3": "2"}
    assert {status for status, _ in statuses(stores).values()} == {Status.IN_SYNC}
    again = await stores.plan(NAME, kinds=[Kind.PRODUCTS])
    assert (again.changes, again.unchanged_rows) == ((), 3)


async def test_a_changed_rule_is_out_of_sync_and_undo_goes_back(stores, held):
    stores.rules.set(NAME, {"quantity.minus": "1"})
    first = await synced(stores)
    stores.rules.set(NAME, {"quantity.minus": "2"})
    assert statuses(stores)["n1"] == (Status.OUT_OF_SYNC, "quantity: the rule changed")
    second = await synced(stores)
    assert held("north", "quantity")["n1"] == "8"
    assert second.totals.applied == 3
    undo = await stores.plan_undo(second.id)
    await stores.sync(undo, allow=[hit.guard for hit in undo.guards])
    assert held("north", "quantity")["n1"] == "9"
    assert statuses(stores)["n1"][0] is Status.OUT_OF_SYNC, "the rule still asks for 8"
    assert first.totals.adds_up
    actions = [(one.action, one.before, one.after) for one in stores.history(NAME) if one.action == "rule"]
    assert actions == [("rule", "quantity: less 1", "quantity: less 2"), ("rule", None, "quantity: less 1")]


async def test_the_items_rule_wins_and_can_be_taken_away(stores):
    stores.rules.set(NAME, {"quantity.minus": "1"})
    stores.rules.set(NAME, {"quantity.cap": "5"}, "n1")
    stores.rules.set(NAME, {"quantity": "as-is"}, "n2")
    plan = brief(await stores.plan(NAME))
    assert [plan[id, "quantity"][1] for id in ("n1", "n2")] == ["5", "4"]
    assert ("n3", "quantity") not in plan, "2 less 1 is what the store has"
    assert [one.item for one in stores.rules.all(NAME)] == ["", "n1", "n2"]
    stores.rules.remove(NAME, "n1")
    assert brief(await stores.plan(NAME))["n1", "quantity"][1] == "9"
    with pytest.raises(UnknownId, match="nothing was changed"):
        stores.rules.set(NAME, {"quantity.minus": "1"}, "zzz")
    with pytest.raises(UsageError, match=r"quantity\.minus"):
        stores.rules.set(NAME, {"quantity.minus": "x"})


async def test_an_edited_rule_makes_a_plan_stale(stores, held):
    plan = await stores.plan(NAME, fields=[Field.QUANTITY])
    stores.rules.set(NAME, {"quantity.minus": "1"})
    with pytest.raises(StalePlan, match="its rule, or the units in orders that are not posted, changed"):
        await stores.sync(plan)
    assert held("north", "quantity")["n1"] == "7"
    plan = await stores.plan(NAME, fields=[Field.QUANTITY])
    stores.rules.set(NAME, {"exclude.skus": "L-*"})
    with pytest.raises(StalePlan, match="is ignored now"):
        await stores.sync(plan)


async def test_what_is_excluded_is_never_synced_until_it_is_let_in(stores, held):
    found = await stores.rules.simulate(NAME, {"exclude.brands": "acme", "exclude.skus": "ref-*"})
    assert (found.excluded, found.changed) == (2, 2)
    stores.rules.set(NAME, {"exclude.brands": "acme", "exclude.skus": "ref-*"})
    assert statuses(stores)["n1"] == (Status.IGNORED, "excluded by rule: brand Acme")
    await synced(stores)
    assert held("north", "quantity") == {"n1": "7", "n2": "4", "n3": "1"}
    chosen = await stores.plan(NAME, ids=["n1"])
    assert not chosen.sending
    assert {c.verb for c in chosen.blocked} == {"unignore"}
    edit = stores.unignore(NAME, Kind.PRODUCTS, ["n1"])
    assert (edit.count, edit.skipped) == (1, ())
    assert statuses(stores)["n1"][0] is not Status.IGNORED
    assert statuses(stores)["n3"][0] is Status.IGNORED
    await synced(stores)
    assert held("north", "quantity") == {"n1": "10", "n2": "4", "n3": "1"}


async def test_an_excluded_row_that_is_not_mapped_says_why_and_not_what_it_might_be_mapped_to(stores):
    stores.unmap(NAME, Kind.PRODUCTS, ["n1"])
    await stores.suggest(NAME, Kind.PRODUCTS)
    (before,) = [row for row in stores.snapshot(NAME, Kind.PRODUCTS).rows if row.id == "n1"]
    assert before.detail, "something is suggested"
    stores.rules.set(NAME, {"exclude.ids": "n1"})
    (row,) = [row for row in stores.snapshot(NAME, Kind.PRODUCTS).rows if row.id == "n1"]
    assert (row.status, row.reason, row.detail) == (Status.IGNORED, "excluded by rule: id n1", "")


async def test_a_minimum_margin_is_kept_or_the_row_waits(stores, edit):
    stores.rules.set(NAME, {"price.percent": "-50", "price.min_margin": "20"})
    assert brief(await stores.plan(NAME))["n3", "price"] == ("90", "60", "100")
    stores.rules.set(NAME, {"price.below_margin": "block"})
    plan = await stores.plan(NAME)
    (waits,) = [c for c in plan.blocked if c.storefront_id == "n3"]
    assert waits.status is Status.NEEDS_CHOICE
    assert "below 20 % over its cost of 50.00 USD" in waits.blocked
    edit("books", "b3", cost="")
    stores.rules.set(NAME, {"price.below_margin": "raise"})
    (waits,) = [c for c in (await stores.plan(NAME)).blocked if c.storefront_id == "n3"]
    assert "no cost" in waits.blocked


async def test_a_rule_for_a_field_that_is_not_ruled_says_that_it_does_nothing(stores):
    stores.set_integration(NAME, {"masters.price": "storefront", "fields": "price"})
    found = await stores.rules.simulate(NAME, {"price.percent": "10", "quantity.minus": "1"})
    assert found.changed == 0
    assert any("not master of the price" in note for note in found.notes)
    assert any("does not sync the quantity" in note for note in found.notes)


async def test_a_rules_result_is_never_written_back_over_its_source(stores, held):
    stores.rules.set(NAME, {"quantity.minus": "1"})
    await synced(stores)
    plan = await stores.plan(NAME, fields=[Field.QUANTITY], overwrite=Side.BACKOFFICE)
    assert not plan.sending
    assert all("no rule is computed backwards" in change.blocked for change in plan.blocked)
    assert held("books", "quantity")["b1"] == "10"
