"""From rows to a plan: what is listed, what is blocked and why, what a saved plan refuses."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.baselines import Decision
from engine.errors import StalePlan, UnknownId, UsageError
from engine.fields import same
from engine.guards import Guard
from engine.model import Field, Side, Status
from engine.plan import build, check_fresh
from engine.plan_file import dump, load
from engine.settings import Guards, IntegrationSettings

PRICE, COST, SKU = Field.PRICE, Field.COST, Field.SKU


def brief(plan):
    return [(c.storefront_id, c.field.value, c.before, c.after, bool(c.blocked)) for c in plan.changes]


def test_only_what_differs_is_listed_in_a_fixed_order(shop):
    rows = [shop.pair("b", s=("11", "6")), shop.pair("c"), shop.pair("a", s=("12", "5"))]
    plan = build(shop.scene(), "p", rows)
    assert brief(plan) == [
        ("a", "price", "10", "12", False),
        ("b", "price", "10", "11", False),
        ("b", "cost", "5", "6", False),
    ]
    assert plan.unchanged_rows == 1
    assert plan.calls == {"psa": 6}
    assert plan.eta_seconds == 6
    assert [c.margin_percent for c in plan.changes] == ["58.3", "45.5", "45.5"]
    assert plan == build(shop.scene(), "p", list(reversed(rows)))


def test_chosen_rows_fields_and_direction(shop):
    rows = [shop.pair("a", s=("12", "6")), shop.pair("b", s=("12", "6"))]
    assert brief(build(shop.scene(), "p", rows, ids=["b"], fields=[COST])) == [("b", "cost", "5", "6", False)]
    turned = build(shop.scene(), "p", rows, ids=["b"], fields=[COST], overwrite=Side.STOREFRONT)
    assert brief(turned) == [("b", "cost", "6", "5", True)]
    assert turned.changes[0].target is Side.STOREFRONT
    with pytest.raises(UnknownId):
        build(shop.scene(), "p", rows, ids=["zzz"])


def test_a_field_that_a_side_cannot_read_is_refused_by_name_and_left_out_by_default(shop):
    scene = shop.scene()
    blind = replace(scene.capabilities[Side.STOREFRONT], reads_fields=frozenset({PRICE}))
    scene = replace(scene, capabilities={**scene.capabilities, Side.STOREFRONT: blind})
    rows = [shop.pair("a", s=("12", "6"))]
    assert brief(build(scene, "p", rows)) == [("a", "price", "10", "12", False)]
    with pytest.raises(UsageError, match="market has no cost"):
        build(scene, "p", rows, fields=[COST])


def test_chosen_rows_that_cannot_be_sent_say_why_and_with_which_key(shop):
    row = shop.pair("a", s=("12", "5"))
    rows = [
        replace(row, storefront_id="unmapped", backoffice_id="", backoffice=None),
        replace(row, storefront_id="broken", backoffice=None),
        replace(row, storefront_id="ignored", ignored="later"),
    ]
    plan = build(shop.scene(), "p", rows, ids=["unmapped", "broken", "ignored"], fields=[PRICE])
    assert {(c.storefront_id, c.verb) for c in plan.changes} == {
        ("unmapped", "map"),
        ("broken", "remap"),
        ("ignored", "unignore"),
    }
    assert all(c.blocked for c in plan.changes)
    everything = build(shop.scene(), "p", rows, fields=[PRICE])
    assert [c.storefront_id for c in everything.changes] == ["broken"]


def test_an_unmapped_fee_is_counted_and_says_why(shop):
    plan = build(shop.scene(), "p", [shop.fee(to="")])
    assert [(c.blocked, c.verb) for c in plan.changes] == [("map fee to a back-office product to sync it", "map")]


def test_siblings_that_agree_are_all_listed_and_written_once(shop):
    settings = shop.loose.model_copy(update={"many_to_one": True})
    rows = [shop.pair("a", s=("12", "5"), to="b"), shop.pair("c", s=("12.00", "5"), to="b")]
    plan = build(shop.scene(settings), "p", rows, ids=["a"], fields=[PRICE])
    assert brief(plan) == [("a", "price", "10", "12", False), ("c", "price", "10", "12", False)]
    assert plan.changes[1].reason.startswith("shares the counterpart of a chosen row")
    assert plan.calls == {"psa": 3}


def test_calls_are_counted_by_the_batch_and_by_parent_record_and_quantity(shop):
    able = replace(
        shop.back_capabilities, batch_size=4, calls_per_write=3, calls_per_parent=2, calls_per_record=1,
        calls_per_quantity=1, writes_fields=frozenset(Field),
    )  # fmt: skip
    scene = shop.scene()
    scene = replace(scene, capabilities={**scene.capabilities, Side.BACKOFFICE: able})
    rows = [shop.pair(name, s=("12", "5")) for name in "abcdef"]
    rows = [
        replace(row, backoffice=replace(row.backoffice, parent_id=parent))
        for row, parent in zip(rows, ["", "", "p", "p", "q", ""], strict=True)
    ]
    plan = build(scene, "p", rows, fields=[PRICE])
    assert len(plan.sending) == 6
    assert plan.calls == {"psa": 2 * 3 + 2 * 2 + 6 * 1}  # two batches, two parents, six records
    light = replace(able, rate_per_minute=60.0, record_share=0.25)
    eased = build(
        replace(scene, capabilities={**scene.capabilities, Side.BACKOFFICE: light}), "p", rows, fields=[PRICE]
    )
    assert (eased.calls, eased.eta_seconds) == (plan.calls, 2 * 3 + 2 * 2 + 6 * 0.25)


def test_siblings_that_differ_are_refused_with_both_names(shop):
    settings = shop.loose.model_copy(update={"many_to_one": True})
    rows = [shop.pair("a", s=("12", "5"), to="b"), shop.pair("c", s=("13", "5"), to="b")]
    plan = build(shop.scene(settings), "p", rows, ids=["a"], fields=[PRICE])
    assert all(
        c.blocked == "they share Back b and their prices differ: Item a (a) 12, Item c (c) 13" for c in plan.changes
    )
    assert len(plan.changes) == 2
    equal_to_target = [shop.pair("a", s=("12", "5"), to="b"), shop.pair("c", s=("10", "5"), to="b")]
    plan = build(shop.scene(settings), "p", equal_to_target, fields=[PRICE])
    assert not plan.sending


def test_a_shared_target_is_refused_where_the_integration_does_not_allow_it(shop):
    rows = [shop.pair("a", s=("12", "5"), to="b"), shop.pair("c", s=("12", "5"), to="b")]
    plan = build(shop.scene(), "p", rows, fields=[PRICE])
    assert not plan.sending
    assert "many_to_one" in plan.changes[0].blocked


def test_a_blocked_sibling_blocks_the_others(shop):
    settings = shop.loose.model_copy(update={"many_to_one": True})
    conflict = shop.pair("c", s=("12", "5"), to="b", base={PRICE: ("9", "9")})
    plan = build(shop.scene(settings), "p", [shop.pair("a", s=("12", "5"), to="b"), conflict], fields=[PRICE])
    assert not plan.sending
    assert "which is blocked: both sides moved" in plan.changes[0].blocked


def test_a_field_that_another_integration_writes_is_blocked(shop):
    claims = {(Side.BACKOFFICE, shop.pair().kind, "b-a", PRICE): "other"}
    plan = build(shop.scene(claims=claims), "p", [shop.pair("a", s=("12", "5"))])
    assert plan.changes[0].blocked == "its price is written by the integration other"


def test_guards_look_at_what_the_record_will_be(shop):
    rows = [shop.pair("a", s=("12", "13")), shop.pair("b", s=("4", "3")), shop.pair("c", s=("10", "11"))]
    plan = build(shop.scene(IntegrationSettings()), "p", rows)
    fired = {(c.storefront_id, c.field): c.guards for c in plan.changes if c.guards}
    assert fired == {
        ("a", PRICE): (Guard.BELOW_COST,),
        ("a", COST): (Guard.CHANGE_PERCENT, Guard.BELOW_COST),
        ("b", PRICE): (Guard.CHANGE_PERCENT,),
        ("c", COST): (Guard.CHANGE_PERCENT, Guard.BELOW_COST),
    }
    assert [(hit.guard, hit.rows) for hit in plan.guards] == [(Guard.BELOW_COST, 2), (Guard.CHANGE_PERCENT, 3)]
    assert "Item a" in plan.guards[0].message


def test_a_whole_catalogue_that_changed_is_stopped(shop):
    rows = [shop.pair(f"r{n}", s=("12", "5"), base={PRICE: ("10", "10")}) for n in range(12)]
    plan = build(shop.scene(IntegrationSettings()), "p", rows, fields=[PRICE])
    assert [hit.guard for hit in plan.guards] == [Guard.CATALOGUE_PERCENT, Guard.EVERYTHING_CHANGED]


def test_a_saved_plan_survives_and_an_edited_one_is_refused(shop):
    plan = build(
        shop.scene(IntegrationSettings()),
        "p",
        [shop.pair("a", s=("12", "13"), decide={COST: Decision(value="6")}), shop.fee()],
    )
    text = dump(plan)
    assert load(text) == plan
    document = json.loads(text)
    assert document["totals"]["planned"] == len(document["rows"]) == 3
    assert document["rows"][0]["id"] == "a"
    document["rows"][0]["after"] = "99"
    for broken in (json.dumps(document), "[]", "{", json.dumps({**document, "version": 9})):
        with pytest.raises(UsageError):
            load(broken)


def test_a_plan_is_stale_when_anything_it_saw_moved(shop):
    settings = shop.loose
    row = shop.pair("a", s=("12", "5"))
    plan = build(shop.scene(settings), "p", [row])
    check_fresh(plan, [row], settings, "lineage")
    moved = {
        "moved 12 -> 13": replace(row, storefront=shop.front("a", "13")),
        "moved 10 -> 11": replace(row, backoffice=shop.back("b-a", "11")),
        "is mapped differently": replace(row, backoffice_id="b-z"),
        "is ignored": replace(row, ignored="later"),
        "is gone or inactive": replace(row, backoffice=None),
    }
    for why, now in moved.items():
        with pytest.raises(StalePlan, match=why):
            check_fresh(plan, [now], settings, "lineage")
    with pytest.raises(StalePlan, match="another workspace"):
        check_fresh(plan, [row], settings, "elsewhere")
    with pytest.raises(StalePlan, match="settings"):
        check_fresh(plan, [row], settings.model_copy(update={"guards": Guards()}), "lineage")
    with pytest.raises(StalePlan, match="edited"):
        check_fresh(replace(plan, changes=(replace(plan.changes[0], after="99"),)), [row], settings, "lineage")


prices = st.one_of(st.none(), st.sampled_from(["0", "1", "1.004", "2"]))
row_values = st.lists(st.tuples(prices, prices, st.sampled_from(["x", "y", "z"])), max_size=6)


@given(row_values, st.booleans())
def test_a_plan_sends_only_differences_and_one_value_per_target(shop, values, many):
    settings = shop.loose.model_copy(update={"many_to_one": many})
    rows = [shop.pair(str(n), s=(s, "5"), b=(b, "5"), to=to) for n, (s, b, to) in enumerate(values)]
    by_target = {row.backoffice_id: row.backoffice for row in reversed(rows)}
    rows = [replace(row, backoffice=by_target[row.backoffice_id]) for row in rows]
    plan = build(shop.scene(settings), "p", rows, fields=[PRICE])
    afters: dict[str, set[str]] = {}
    for change in plan.changes:
        assert change.blocked == "" or change.verb
        assert change.status is not Status.IN_SYNC
        if change.sends:
            assert not same(PRICE, change.before, change.after, "USD")
            afters.setdefault(change.target_id, set()).add(change.after)
    assert all(len(found) == 1 for found in afters.values())
    assert len({(c.kind, c.storefront_id, c.field) for c in plan.changes}) == len(plan.changes)
    check_fresh(plan, rows, settings, "lineage")
    assert load(dump(plan)) == plan
