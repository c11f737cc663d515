"""Customers of a store and of accounting: two-step matching, suggestions, inactive and sub-customers, CSV."""

from __future__ import annotations

import csv


def rows(crosswalk):
    return {row["id"]: row for row in crosswalk("list", "customers", "--json").document["rows"]}


def put(served, table, id, **columns):
    row = served.state.get(table, id)
    served.state.put(table, str(row.get("Id") or row["id"]), {**row, **columns})


def same_in_both(stores):
    """(store id, accounting id) of shoppers that accounting knows."""
    return [(str(one.id), str(one.accounting_id)) for one in stores.world.shoppers if one.accounting_id]


def test_by_name_first_and_by_address_where_the_name_is_blank(crosswalk, stores):
    (first, one), (second, two), *_ = same_in_both(stores)
    shopper = stores.shop.state.get("customers", second)
    put(stores.books, "customer", one, DisplayName=f"{rows(crosswalk)[first]['storefront_name']}")
    put(stores.shop, "customers", second, first_name="", last_name="", username="",
        billing={**shopper["billing"], "company": "", "first_name": "", "last_name": ""})  # fmt: skip
    assert crosswalk("pull").code == 0
    pairs = crosswalk("map", "customers", "--accept", "--exact", "--dry-run", "--json").document["pairs"]
    exact = {pair["storefront_id"]: (pair["backoffice_id"], pair["evidence"][0]) for pair in pairs}
    assert exact[first][0] == one
    assert exact[first][1].startswith("first and last name = name ")
    assert exact[second] == (two, f"same e-mail {shopper['email']}")
    assert rows(crosswalk)[second]["storefront_name"] == shopper["email"], (
        "a store names a nameless shopper by something"
    )
    assert crosswalk("map", "customers", "--accept", "--exact").code == 0
    assert rows(crosswalk)[first]["backoffice_id"] == one


def test_inactive_and_sub_customers(crosswalk, stores):
    (first, one), (_, two), *_ = same_in_both(stores)
    name = rows(crosswalk)[first]["storefront_name"]
    put(stores.books, "customer", one, DisplayName=name)
    put(stores.books, "customer", two, DisplayName=name, Job=True, ParentRef={"value": one})
    crosswalk("pull")
    crosswalk("suggest", "customers")
    row = rows(crosswalk)[first]
    assert row["status"] == "Ambiguous"
    assert row["reason"] == f"name {name} is not unique in the back office: {', '.join(sorted([one, two]))}"
    assert crosswalk("duplicates", "customers", "--json").document["duplicates"][0]["value"] == name
    put(stores.books, "customer", two, Active=False)
    crosswalk("pull")
    crosswalk("suggest", "customers")
    assert rows(crosswalk)[first]["status"] == "Unmapped"
    assert crosswalk("map", "customers", first, one).code == 0
    put(stores.books, "customer", one, Active=False)
    crosswalk("pull")
    broken = rows(crosswalk)[first]
    assert (broken["status"], broken["reason"]) == ("Broken", f"{name} ({one}) is inactive in the back office")


def test_suggestions_by_hand_and_the_way_through_a_file(crosswalk, stores, tmp_path):
    for left, right in same_in_both(stores)[:3]:
        assert crosswalk("map", "customers", left, right).code == 0
    file = tmp_path / "customers.csv"
    crosswalk("mappings", "export", str(file))
    with file.open(encoding="utf-8") as lines:
        kept = [row for row in csv.DictReader(lines) if row["kind"] == "customers"]
    assert [(row["storefront_id"], row["backoffice_id"]) for row in kept] == sorted(same_in_both(stores)[:3])
    crosswalk("unmap", "customers", *[left for left, _ in same_in_both(stores)[:3]])
    assert crosswalk("mappings", "import", str(file)).code == 0
    assert sum(bool(row["backoffice_id"]) for row in rows(crosswalk).values()) == 3
    guesses = crosswalk("suggest", "customers", "--json").document["rows"]
    assert all(guess["evidence"] for row in guesses for guess in row["suggestions"])
