"""Adding a store's products to accounting by command: inventory with a first quantity, in bulk, and through every mishap."""

from __future__ import annotations

import pytest

from tui import compose

ITEM, ADJUSTMENT = "/v3/company/*/item", "/v3/company/*/inventoryadjustment"


@pytest.fixture
def missing(crosswalk, stores):
    """Rows of the store that accounting does not have and whose stock is counted: (id, name, quantity)."""
    skus = {row.get("Sku") for row in stores.books.state.rows("item")}
    names = {row["Name"].casefold() for row in stores.books.state.rows("item")}
    rows = [*stores.shop.state.rows("products"), *stores.shop.state.rows("variations")]
    lacking = {
        str(row["id"]): int(row["stock_quantity"])
        for row in rows
        if row["sku"] and row["sku"] not in skus and (row["stock_quantity"] or 0) > 0 and row["regular_price"]
    }
    listed = crosswalk("list", "products", "--unmapped", "--json").document["rows"]
    found = [
        (row["id"], row["storefront_name"], lacking[row["id"]])
        for row in listed
        if row["id"] in lacking and row["storefront_name"].casefold() not in names and ":" not in row["storefront_name"]
    ]
    assert len(found) >= 3
    return found


def adjustments(stores, item: str) -> list[int]:
    lines = [line for row in stores.books.state.rows("inventoryadjustment") for line in row["Line"]]
    details = [line["ItemAdjustmentLineDetail"] for line in lines]
    return [detail["QtyDiff"] for detail in details if detail["ItemRef"]["value"] == item]


def sold(stores, crosswalk, id: str, units: int) -> str:
    """Somebody buys some of a product, and both systems are read; the order's number."""
    variation = id in stores.shop.state.tables["variations"]
    line = {"variation_id" if variation else "product_id": int(id), "quantity": units}
    number = str(stores.shop.app.sell([line])["number"])
    assert crosswalk("pull").code == 0
    return number


def row_of(crosswalk, id: str):
    return next(row for row in crosswalk("list", "products", "--json").document["rows"] if row["id"] == id)


def test_a_counted_product_becomes_inventory_and_its_stock_an_adjustment(crosswalk, stores, missing):
    id, name, quantity = missing[0]
    shown = crosswalk("add", "products", id, "--dry-run", "--json").document
    (draft,) = shown["drafts"]
    assert (draft["name"], draft["quantity"], dict(draft["details"])["type"]) == (name, str(quantity), "inventory")
    assert not stores.items(name)
    document = crosswalk("add", "products", id, "--yes", "--set=start_date=2026-10-01", "--json").document
    assert document["run"]["totals"]["applied"] == 2
    (item,) = stores.items(name)
    assert (item["Type"], item["InvStartDate"], item["QtyOnHand"]) == ("Inventory", "2026-10-01", quantity)
    assert adjustments(stores, item["Id"]) == [quantity]
    assert row_of(crosswalk, id)["backoffice_id"] == item["Id"]
    assert row_of(crosswalk, id)["status"] == "In sync"


def test_several_by_a_template_with_accounts_by_name(crosswalk, stores, missing):
    ids = [id for id, _, _ in missing[:3]]
    given = ["--set=type=non-inventory", "--set=income_account=Services", "--set=name=Web {name}"]
    refused = crosswalk("add", "products", *ids, "--dry-run", "--set=income_account=Nowhere")
    assert refused.code == 2
    assert "income_account: 'Nowhere' is none of the income accounts: " in refused.err
    known = refused.err.split("income accounts: ")[1].split(";")[0].split(", ")
    given[1] = f"--set=income_account={known[-1]}"
    ended = crosswalk("add", "products", *ids, "--yes", *given)
    assert ended.code == 0, ended.err
    account = next(row for row in stores.books.state.rows("account") if row["FullyQualifiedName"] == known[-1])
    for _, name, _ in missing[:3]:
        (item,) = stores.items(f"Web {name}")
        assert (item["Type"], item["IncomeAccountRef"]["value"], "QtyOnHand" in item) == (
            "NonInventory",
            account["Id"],
            False,
        )
        assert adjustments(stores, item["Id"]) == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("type=kit", "type: 'kit' is none of inventory, non-inventory"),
        ("start_date=soon", "start_date: 'soon' is not a date"),
        ("quantity=-3", "quantity: a quantity must be an amount of zero or more"),
        ("colour=red", "a product has no colour; it has: name"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_created(crosswalk, stores, missing, given, told):
    before = len(stores.books.state.rows("item"))
    ended = crosswalk("add", "products", missing[0][0], "--yes", f"--set={given}")
    assert ended.code in {1, 2}
    assert told in ended.err
    assert len(stores.books.state.rows("item")) == before


def test_a_name_that_an_inactive_item_has_is_seen_before(crosswalk, stores, missing):
    inactive = next(row for row in stores.books.state.rows("item") if not row["Active"])
    ended = crosswalk("add", "products", missing[0][0], "--yes", f"--set=name={inactive['Name']}")
    assert ended.code == 1
    assert f"books has a product of this name: {inactive['Id']}, which is inactive" in ended.err
    assert len(stores.items(inactive["Name"])) == 1


def test_a_parent_of_variants_and_a_second_draft_of_one_sku_are_not_created(crosswalk, stores, missing):
    rows = crosswalk("list", "products", "--json").document["rows"]
    base = next(row["id"] for row in rows if row["status"] == "Base")
    (first, _, _), (second, _, _), *_ = missing
    shown = crosswalk("add", "products", base, first, second, "--dry-run", "--json", "--set=sku=SAME-1").document
    told = {problem["source_id"]: problem["message"] for problem in shown["problems"] if problem["field"] == "sku"}
    assert told == {second: f"books has a product with sku SAME-1: the draft of {first}"}
    assert [draft["source_id"] for draft in shown["drafts"]] == [first]
    assert "add its variants" in crosswalk("add", "products", base, "--dry-run").err


@pytest.mark.parametrize("path", [ITEM, ADJUSTMENT])
@pytest.mark.parametrize("fault", ["timeout_after", "reset_after"])
def test_a_lost_answer_is_settled_by_reading(crosswalk, stores, missing, path, fault):
    id, name, quantity = missing[0]
    stores.books.app.faults.add(fault, method="POST", path=path)
    ended = crosswalk("add", "products", id, "--yes")
    assert ended.code == 0, ended.err
    (item,) = stores.items(name)
    assert item["QtyOnHand"] == quantity
    assert adjustments(stores, item["Id"]) == [quantity]


def test_killed_between_item_and_adjustment_the_rest_is_sent_by_resuming(crosswalk, stores, missing):
    id, name, quantity = missing[0]
    stores.books.app.faults.add("kill_after", method="POST", path=ITEM)
    killed = stores.child("add", "products", id, "--yes")
    assert killed.returncode == -9
    (item,) = stores.items(name)
    assert (item["QtyOnHand"], adjustments(stores, item["Id"])) == (0, [])
    assert crosswalk("pull").code == 0
    row = row_of(crosswalk, id)
    assert (row["backoffice_id"], row["status"]) == (item["Id"], "Out of sync")
    plan = crosswalk("plan", "--ids", id, "--json").document  # accounting is master, but its zero is not an answer
    (change,) = plan["rows"]
    assert (change["field"], change["target"], change["after"]) == ("quantity", "backoffice", str(quantity))
    run = crosswalk("runs", "--json").document["runs"][0]
    assert (run["state"], run["totals"]["applied"], run["totals"]["not_sent"]) == ("interrupted", 1, 1)
    assert crosswalk("resume", run["id"]).code == 0
    assert [one["QtyOnHand"] for one in stores.items(name)] == [quantity]
    assert adjustments(stores, item["Id"]) == [quantity]
    assert row_of(crosswalk, id)["status"] == "In sync"


def test_killed_after_the_adjustment_it_is_not_made_again(crosswalk, stores, missing):
    id, name, quantity = missing[0]
    stores.books.app.faults.add("kill_after", method="POST", path=ADJUSTMENT)
    assert stores.child("add", "products", id, "--yes").returncode == -9
    assert crosswalk("pull").code == 0
    (item,) = stores.items(name)
    assert (item["QtyOnHand"], adjustments(stores, item["Id"])) == (quantity, [quantity])
    run = crosswalk("runs", "--json").document["runs"][0]
    assert (run["totals"]["applied"], run["totals"]["not_sent"]) == (2, 0)
    assert row_of(crosswalk, id)["status"] == "In sync"


def test_in_an_unposted_order_the_first_quantity_waits_until_it_is_posted(crosswalk, stores, missing):
    """Accounting is master, and all the same its zero never empties the store."""
    id, name, quantity = missing[0]
    number = sold(stores, crosswalk, id, 1)
    shown = crosswalk("add", "products", id, "--dry-run")
    assert f"{id}: first quantity later: 1 unit in order {number} is not posted in accounting" in shown.out
    document = crosswalk("add", "products", id, "--yes", "--json").document
    assert (document["run"]["totals"]["applied"], document["run"]["totals"]["blocked"]) == (1, 1)
    (item,) = stores.items(name)
    assert (item["QtyOnHand"], adjustments(stores, item["Id"])) == (0, [])
    assert row_of(crosswalk, id)["status"] == "In orders"
    stores.books.app.sell(item["Id"], 1, number)
    ended = crosswalk("sync", "--ids", id, "--yes", "--json", "--fields", "quantity")
    (row,) = ended.document["rows"]
    assert (row["target"], row["before"], row["after"]) == ("backoffice", "-1", str(quantity - 1))
    (item,) = stores.items(name)
    assert item["QtyOnHand"] == quantity - 1
    assert row_of(crosswalk, id)["status"] == "In sync"


@pytest.mark.parametrize("master", ["backoffice", "storefront"])
def test_compensated_the_first_quantity_counts_what_is_not_posted(crosswalk, stores, missing, master):
    id, name, quantity = missing[0]
    settings = ("--set=orders.policy=compensate", f"--set=masters.quantity={master}")
    assert crosswalk("integration", "set", "store", *settings).code == 0
    number = sold(stores, crosswalk, id, 1)
    shown = crosswalk("add", "products", id, "--dry-run")
    assert f"first quantity {quantity}: {quantity - 1} in the store, 1 in orders not posted" in shown.out
    assert crosswalk("add", "products", id, "--yes").code == 0
    (item,) = stores.items(name)
    assert (item["QtyOnHand"], adjustments(stores, item["Id"])) == (quantity, [quantity])
    assert row_of(crosswalk, id)["status"] == "In sync"
    stores.books.app.sell(item["Id"], 1, number)  # posting takes it off accounting's stock too
    assert crosswalk("pull").code == 0
    assert row_of(crosswalk, id)["status"] == "In sync"
    assert stores.items(name)[0]["QtyOnHand"] == quantity - 1


@pytest.mark.parametrize("policy", ["block", "compensate"])
async def test_an_order_after_the_preview_keeps_the_first_quantity_back(stores, missing, policy):
    """What was shown is not true any more: the item is made, and its quantity is left to a sync that sees both."""
    id, name, _ = missing[0]
    ws = compose.open_workspace(stores.path)
    try:
        ws.set_integration("store", {"orders.policy": policy})
        drafts, problems = ws.draft_products("store", [id])
        assert not problems
        variation = id in stores.shop.state.tables["variations"]
        stores.shop.app.sell([{"variation_id" if variation else "product_id": int(id), "quantity": 1}])
        run = await ws.add_products("store", drafts)
        assert (run.totals.applied, run.totals.blocked, run.totals.adds_up) == (1, 1, True)
        blocked = ws.outcomes(run.id)[0]
        assert "the store has" in blocked.message or "not posted" in blocked.message
    finally:
        await ws.close()
    (item,) = stores.items(name)
    assert adjustments(stores, item["Id"]) == []


def test_a_quantity_that_was_typed_goes_as_it_is(crosswalk, stores, missing):
    id, name, _ = missing[0]
    sold(stores, crosswalk, id, 1)
    assert crosswalk("add", "products", id, "--yes", "--set=quantity=7").code == 0
    (item,) = stores.items(name)
    assert adjustments(stores, item["Id"]) == [7]
