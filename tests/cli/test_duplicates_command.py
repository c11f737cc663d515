"""``crosswalk duplicates``, ``map --accept --exact --dry-run`` and the setting that waits for it, for real."""

from __future__ import annotations


def test_duplicates_are_listed_by_kind_and_side(crosswalk, shop):
    rows = list(shop.marketplace.state.tables["customers"].values())
    crosswalk("pull")
    document = crosswalk("duplicates", "--json").document
    assert document["count"] == len(document["duplicates"])
    assert {row["kind"] for row in document["duplicates"]} <= {"products", "customers"}
    for row in document["duplicates"]:
        assert len(row["records"]) > 1
        assert len({record["id"] for record in row["records"]}) == len(row["records"])
    only = crosswalk("duplicates", "customers", "--json").document["duplicates"]
    assert only == [row for row in document["duplicates"] if row["kind"] == "customers"]
    text = crosswalk("duplicates")
    assert text.code == 0
    assert len(rows) > 2
    assert f"{document['count']} duplicate" in text.err


def test_a_configured_key_that_is_not_unique_says_so_in_the_row(crosswalk, shop):
    assert crosswalk("integration", "set", "shop", "--set", "match.products.primary=name:name").code == 0
    products = shop.marketplace.state.tables["products"]
    (first, counterpart), (second, _), *_ = shop.pairs
    name = shop.syncro.state.tables["products"][counterpart]["name"]
    for one in (first, second):
        shop.marketplace.state.put("products", one, {**products[one], "name": name})
    crosswalk("pull")
    crosswalk("suggest", "products")
    row = next(r for r in crosswalk("list", "products", "--json").document["rows"] if r["id"] == first)
    assert row["status"] == "Ambiguous"
    ids = ", ".join(sorted([first, second]))
    assert row["reason"].startswith(f"name {name} is not unique in the storefront: {ids}")
    found = crosswalk("duplicates", "products", "--json").document["duplicates"]
    (same,) = [one for one in found if (one["side"], one["key"], one["value"]) == ("storefront", "name", name)]
    assert [record["id"] for record in same["records"]] == sorted([first, second])


def test_matches_map_themselves_only_after_the_list_was_seen(crosswalk, shop):
    on = ("integration", "set", "shop", "--set", "match_is_mapping=true")
    refused = crosswalk(*on)
    assert refused.code == 2
    assert "crosswalk map products --accept --exact --dry-run" in refused.err
    seen = crosswalk("map", "products", "--accept", "--exact", "--dry-run", "--json").document["pairs"]
    crosswalk("map", "customers", "--accept", "--exact", "--dry-run")
    assert crosswalk(*on).code == 0
    assert crosswalk("pull").code == 0
    rows = crosswalk("list", "products", "--json").document["rows"]
    mapped = {row["id"]: row["backoffice_id"] for row in rows if row["backoffice_id"]}
    assert mapped == {pair["storefront_id"]: pair["backoffice_id"] for pair in seen}


def test_a_file_of_names_is_imported_and_comes_out_in_our_own_form(crosswalk, shop, tmp_path):
    pairs = shop.pairs[:2]
    names = [shop.syncro.state.tables["products"][right]["name"] for _, right in pairs]
    lines = [f'{left},"{name.replace(chr(34), chr(34) * 2)}"' for (left, _), name in zip(pairs, names, strict=True)]
    file = tmp_path / "names.csv"
    file.write_text("\n".join(["Store Item Identifier,QuickBooks Item Name", *lines]) + "\n")
    assert crosswalk("mappings", "import", str(file), "--dry-run", "--json").document["counts"] == {"map": 2}
    assert crosswalk("mappings", "import", str(file)).code == 0
    out = tmp_path / "out.csv"
    crosswalk("mappings", "export", str(out))
    again = crosswalk("mappings", "import", str(out), "--dry-run", "--json").document
    assert again["counts"] == {"same": 2}
    file.write_text("Store Item Identifier,QuickBooks Item Name\nno such,thing\n")
    wrong = crosswalk("mappings", "import", str(file))
    assert wrong.code == 2
    assert "line 2: column Store Item Identifier: no product has the id, SKU or name 'no such'" in wrong.err
