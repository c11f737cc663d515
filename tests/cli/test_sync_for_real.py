"""Plan, sync, undo and the rest over real HTTP; what counts is what the simulated system holds afterwards."""

from __future__ import annotations

import json

import pytest

from connectors.sandbox.faults import Fault, FaultKind


@pytest.fixture
def mapped(crosswalk, shop):
    """Five mapped products whose price is 10 in the marketplace and something else in Syncro."""
    chosen = [
        (left, right)
        for left, right in shop.pairs
        if len(prices := shop.marketplace.state.tables["products"][left]["prices"]) == 1
        and prices[0]["model"] == "FLAT"
        and prices[0]["currency"] == "USD"
    ][:5]
    for number, (left, right) in enumerate(chosen):
        assert crosswalk("map", "products", left, right).code == 0
        price = shop.price(right)
        shop.reprice(left, f"{price * 1.1 + number:.2f}")
        state = shop.syncro.state
        state.put("products", right, {**state.tables["products"][right], "price_cost": 0.01})
    assert crosswalk("ignore", "fees", "cancellation-fee", "--reason", "not charged here").code == 0
    assert crosswalk("pull").code == 0
    return chosen


def wanted(shop, left):
    return float(shop.marketplace.state.tables["products"][left]["prices"][0]["amount"])


def test_plan_writes_nothing_and_sync_writes_exactly_it(crosswalk, shop, mapped):
    before = dict(shop.syncro.state.tables["products"])
    plan = crosswalk("plan", "--json").document
    assert shop.syncro.state.tables["products"] == before
    assert plan["totals"]["planned"] == len(plan["rows"]) == 5
    done = crosswalk("sync", "--all", "--yes", "--json")
    assert done.code == 0, done.err
    assert done.document["totals"]["applied"] == 5
    keep = ("kind", "id", "counterpart", "field", "before", "after")
    assert sorted([row[k] for k in keep] for row in done.document["rows"]) == sorted(
        [row[k] for k in keep] for row in plan["rows"]
    )
    after = shop.syncro.state.tables["products"]
    assert {right for right in after if after[right] != before[right]} == {right for _, right in mapped}
    for left, right in mapped:
        assert shop.price(right) == wanted(shop, left)
        assert {**after[right], "price_retail": 0} == {**before[right], "price_retail": 0}
    again = crosswalk("sync", "--all", "--yes", "--json").document
    assert (again["run"], again["totals"]["planned"]) == (None, 0)


def test_only_the_chosen_row_is_written(crosswalk, shop, mapped):
    (left, right), (_, other), *_ = mapped
    before = shop.price(other)
    assert crosswalk("sync", "--ids", left, "--yes").code == 0
    assert shop.price(right) == wanted(shop, left)
    assert shop.price(other) == before


def test_undo_puts_back_what_still_stands_and_names_what_moved(crosswalk, shop, mapped):
    before = {right: shop.price(right) for _, right in mapped}
    run = crosswalk("sync", "--all", "--yes", "--json").document["run"]["id"]
    moved = mapped[0][1]
    state = shop.syncro.state
    state.put("products", moved, {**state.tables["products"][moved], "price_retail": 999.0})
    undone = crosswalk("undo", run, "--yes", "--json")
    assert undone.code == 0, undone.err
    totals = undone.document["totals"]
    assert (totals["applied"], totals["blocked"], totals["planned"]) == (4, 1, 5)
    assert shop.price(moved) == 999.0
    for _, right in mapped[1:]:
        assert shop.price(right) == before[right]
    listed = crosswalk("runs", "--json").document["runs"]
    assert [one["purpose"] for one in listed] == ["undo", "sync"]
    assert listed[0]["undo_of"] == run
    shown = crosswalk("runs", run, "--json").document
    assert len(shown["rows"]) == 5
    assert run in crosswalk("runs").out
    assert "applied" in crosswalk("runs", run).out


def test_every_written_field_is_in_the_log(crosswalk, shop, mapped):
    run = crosswalk("sync", "--all", "--yes", "--json").document["run"]["id"]
    entries = crosswalk("log", "--run", run, "--json").document["entries"]
    assert len(entries) == 5
    assert all(entry["before"] != entry["after"] and entry["field"] == "price" for entry in entries)


def test_a_guard_needs_its_own_word(crosswalk, shop, mapped):
    left, right = mapped[0]
    shop.reprice(left, "100000.00")
    before = shop.price(right)
    stopped = crosswalk("sync", "--ids", left, "--yes", "--json")
    assert stopped.code == 3
    guards = stopped.document["error"]["guards"]
    assert guards == ["change-percent"]
    assert shop.price(right) == before
    assert crosswalk("sync", "--ids", left, "--yes", "--allow", guards[0]).code == 0
    assert shop.price(right) == 100000.0


def test_a_saved_plan_is_refused_once_something_moved(crosswalk, shop, mapped, tmp_path):
    file = tmp_path / "plan.json"
    assert crosswalk("plan", "-o", str(file)).code == 0
    left, right = mapped[0]
    before = shop.price(right)
    shop.reprice(left, "77.77")
    ended = crosswalk("sync", "--plan", str(file), "--yes", "--json")
    assert ended.code == 3
    assert ended.document["error"]["type"] == "StalePlan"
    assert shop.price(right) == before
    document = json.loads(file.read_text())
    document["rows"][0]["after"] = "1"
    file.write_text(json.dumps(document))
    assert crosswalk("sync", "--plan", str(file), "--yes").code == 2


def test_a_saved_plan_that_still_holds_is_what_is_sent(crosswalk, shop, mapped, tmp_path):
    file = tmp_path / "plan.json"
    crosswalk("plan", "--ids", mapped[2][0], "-o", str(file))
    assert crosswalk("sync", "--plan", str(file), "--yes").code == 0
    assert shop.price(mapped[2][1]) == wanted(shop, mapped[2][0])


def test_a_system_that_stores_nothing_ends_unverified(crosswalk, shop, mapped):
    left, right = mapped[0]
    before = shop.price(right)
    shop.syncro.app.faults.add(Fault(FaultKind.NO_STORE, method="PUT"))
    ended = crosswalk("sync", "--ids", left, "--yes", "--json")
    assert ended.code == 4
    assert ended.document["totals"]["unverified"] == 1
    assert shop.price(right) == before
    assert "unverified" in ended.err


def test_a_conflict_is_resolved_and_then_synced(crosswalk, shop, mapped):
    left, right = mapped[0]
    crosswalk("sync", "--all", "--yes")
    shop.reprice(left, "20.00")
    state = shop.syncro.state
    state.put("products", right, {**state.tables["products"][right], "price_retail": 21.0})
    plan = crosswalk("plan", "--json").document
    (row,) = [row for row in plan["rows"] if row["id"] == left]
    assert (row["status"], bool(row["blocked"]), row["verb"]) == ("Conflict", True, "resolve")
    assert crosswalk("resolve", "products", left, "--field", "price").code == 2
    refused = crosswalk("resolve", "products", left, "unknown", "--field", "price", "--keep", "backoffice")
    assert refused.code == 2
    assert "nothing was decided" in refused.err
    assert crosswalk("plan", "--ids", left, "--json").document["rows"][0]["status"] == "Conflict", "all or none"
    assert crosswalk("resolve", "products", left, "--field", "price", "--value", "20.5").code == 0
    done = crosswalk("sync", "--ids", left, "--yes", "--allow", "change-percent", "--allow", "below-cost")
    assert done.code == 0, done.err
    assert shop.price(right) == 20.5


def test_products_are_added_and_mapped_by_that(crosswalk, shop):
    missing = next(i for i in shop.marketplace.state.tables["products"] if i not in shop.world.product_pairs)
    count = len(shop.syncro.state.tables["products"])
    dry = crosswalk("add", "products", missing, "--dry-run", "--json")
    assert (dry.code, len(dry.document["drafts"])) == (0, 1), dry.err
    assert crosswalk("add", "products", missing).code == 2  # nobody there to confirm
    assert len(shop.syncro.state.tables["products"]) == count
    done = crosswalk("add", "products", missing, "--set", "description=By hand", "--yes", "--json")
    assert "Created records are never deleted, not by an undo either" in done.err
    assert "crosswalk undo" not in done.err, "it would take nothing back"
    assert done.code == 0, done.err
    assert len(shop.syncro.state.tables["products"]) == count + 1
    new = list(shop.syncro.state.tables["products"].values())[-1]
    assert new["description"] == "By hand"
    rows = {row["id"]: row for row in crosswalk("list", "products", "--json").document["rows"]}
    assert rows[missing]["backoffice_id"] == str(new["id"])
    assert crosswalk("add", "products", missing, "--set", "colour=red", "--dry-run").code == 2


def test_customers_are_imported_when_their_profile_is_complete(crosswalk, shop):
    overview = crosswalk("import", "customers", "--json")
    assert overview.code == 0
    assert all(one["ready"] == (not one["missing"] and not one["looks_like"]) for one in overview.document["customers"])
    incomplete = next(one for one in overview.document["customers"] if one["missing"])
    count = len(shop.marketplace.state.tables["customers"])
    refused = crosswalk("import", "customers", incomplete["id"], "--yes")
    assert refused.code == 1
    assert incomplete["missing"][0] in refused.out + refused.err
    assert len(shop.marketplace.state.tables["customers"]) == count
    assert crosswalk("import", "customers", "--all").code == 2
    assert (
        crosswalk("integration", "set", "shop", "--set", "customers.country=US", "--set", "customers.language=en").code
        == 0
    )
    overview = crosswalk("import", "customers", "--json").document["customers"]
    known = [one["id"] for one in overview if one["looks_like"] and not one["missing"]]
    refused = crosswalk("import", "customers", known[0], "--yes")
    assert refused.code == 1
    assert "looks like" in refused.err
    assert "--duplicates" in refused.err
    named_there = {row.get("externalId") for row in shop.marketplace.state.tables["customers"].values()}
    known.sort(key=named_there.__contains__)
    for one in known[:2]:  # two that nobody there looks like
        row = next(row for row in shop.syncro.state.tables["customers"].values() if str(row["id"]) == one)
        name = f"Quite Another {one}"
        row.update(business_name=name, business_then_name=name, email=f"hello@quite-another-{one}.example")
        row.update(firstname="Zoe", lastname=f"Zander{one}", phone=f"555 01{one}")
    assert crosswalk("pull").code == 0
    assert crosswalk("suggest", "customers").code == 0
    overview = crosswalk("import", "customers", "--json").document["customers"]
    assert {one["id"] for one in overview if one["ready"]} == set(known[:2])
    done = crosswalk("import", "customers", "--all", "--yes", "--json")
    assert done.code == 0, done.err
    assert len(shop.marketplace.state.tables["customers"]) == count + 2
    made = [row for row in shop.marketplace.state.tables["customers"].values() if row["name"].startswith("Quite")]
    assert sorted(row["externalId"] for row in made) == sorted(known[:2])
    again = crosswalk("import", "customers", known[2], "--duplicates", "--yes", "--json")
    assert again.code == 0, again.err
    assert len(shop.marketplace.state.tables["customers"]) == count + 3


def test_a_product_that_exists_already_is_named_and_not_created_again(crosswalk, shop):
    left = next(i for i in shop.marketplace.state.tables["products"] if i not in shop.world.product_pairs)
    name = "Made once only"
    assert crosswalk("add", "products", left, "--set", f"name={name}", "--yes").code == 0
    twins = [row for row in shop.syncro.state.tables["products"].values() if row["name"] == name]
    assert len(twins) == 1
    again = crosswalk("add", "products", left, "--set", f"name={name}", "--yes", "--json")
    assert again.code == 1
    assert "mapped to" in again.err
    assert [row for row in shop.syncro.state.tables["products"].values() if row["name"] == name] == twins
