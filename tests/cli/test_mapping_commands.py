"""The mapping job on the command line, against a real workspace and real HTTP."""

from __future__ import annotations

import csv
import json

import pytest


def rows(crosswalk, *argv):
    return {row["id"]: row for row in crosswalk("list", "products", "--json", *argv).document["rows"]}


def test_pull_reads_both_sides_completely(crosswalk, shop):
    document = crosswalk("pull", "--json").document
    assert document["errors"] == []
    for name, served in (("marketplace", shop.marketplace), ("syncro", shop.syncro)):
        for kind in ("customers", "products"):
            assert document["read"][name][kind] == len(served.state.tables[kind])


def test_map_and_unmap_and_take_it_back(crosswalk, shop):
    (left, right), *_ = shop.pairs
    before = rows(crosswalk)
    assert before[left]["status"] in {"Unmapped", "Ambiguous"}
    preview = crosswalk("map", "products", left, right, "--dry-run", "--json")
    assert preview.document["pairs"] == [{"storefront_id": left, "backoffice_id": right}]
    assert rows(crosswalk) == before
    assert crosswalk("map", "products", left, right).code == 0
    assert rows(crosswalk)[left]["backoffice_id"] == right
    assert crosswalk("unmap", "products", left).code == 0
    assert rows(crosswalk)[left]["backoffice_id"] == ""
    assert crosswalk("undo-edit").code == 0
    assert rows(crosswalk)[left]["backoffice_id"] == right
    actions = [entry["action"] for entry in crosswalk("log", "--json", "--id", left).document["entries"]]
    assert actions == ["undo unmap", "unmap", "map"]


def test_a_taken_counterpart_is_refused_with_its_name(crosswalk, shop):
    (left, right), (other, _), *_ = shop.pairs
    crosswalk("map", "products", left, right)
    ended = crosswalk("map", "products", other, right)
    assert ended.code == 2
    assert left in ended.err
    assert rows(crosswalk)[other]["backoffice_id"] == ""


@pytest.mark.parametrize(
    "argv",
    [
        ("map", "products", "no-such", "88001"),
        ("map", "products", "310001", "no-such"),
        ("map", "products", "310001", "no-such", "--dry-run"),
        ("ignore", "products", "no-such", "--reason", "x"),
        ("show", "products", "no-such"),
        ("runs", "no-such"),
        ("resume", "no-such"),
        ("undo", "no-such", "--yes"),
        ("cancel", "no-such"),
        ("fees", "set", "no-such", "--amount", "5"),
        ("fees", "remove", "no-such"),
        ("connection", "check", "no-such"),
        ("connection", "set", "no-such", "--set", "base_url=http://x"),
        ("connection", "remove", "no-such"),
        ("connection", "add", "x", "no-such"),
        ("integration", "show", "no-such"),
        ("integration", "set", "shop", "--set", "no.such=1"),
        ("list", "products", "--integration", "no-such"),
        ("add", "products", "no-such", "--dry-run"),
        ("import", "customers", "no-such", "--yes"),
        ("plan", "--ids", "no-such"),
        ("map", "fees", "no-such", "1"),
        ("sync", "--all", "--yes", "--allow", "no-such"),
        ("alarms", "--acknowledge", "77"),
    ],
    ids=" ".join,
)
def test_an_unknown_id_is_named_and_nothing_is_changed(crosswalk, shop, argv):
    exported = shop.path.parent / "before.csv"
    crosswalk("mappings", "export", str(exported))
    ended = crosswalk(*argv, "--json")
    assert ended.code == 2, ended.err
    assert ended.document["error"]["message"]
    assert any(word in ended.err for word in ("no-such", "no.such", "77"))
    again = shop.path.parent / "after.csv"
    crosswalk("mappings", "export", str(again))
    assert again.read_text() == exported.read_text()


def test_ignored_rows_are_no_longer_unmapped_until_their_day(crosswalk, shop):
    (left, _), *_ = shop.pairs
    wrong = crosswalk("ignore", "products", left, "--reason", "bundle", "--until", "soon")
    assert wrong.code == 2
    past = crosswalk("ignore", "products", left, "--reason", "bundle", "--until", "2001-01-01")
    assert past.code == 2
    assert crosswalk("ignore", "products", left, "--reason", "bundle", "--until", "2999-01-01").code == 0
    row = rows(crosswalk, "--status", "ignored")[left]
    assert "bundle" in row["reason"]
    assert left not in rows(crosswalk, "--unmapped")
    assert crosswalk("unignore", "products", left).code == 0
    assert left in rows(crosswalk, "--unmapped")
    assert crosswalk("unignore", "products", left).code == 1


def test_suggestions_are_shown_with_reasons_and_accepted_only_when_asked(crosswalk, shop):
    document = crosswalk("suggest", "products", "--json", "--top", "2", "--min-score", "0.3").document
    assert document["with_suggestions"] == len(document["rows"]) > 5
    for row in document["rows"]:
        assert 1 <= len(row["suggestions"]) <= 2
        assert all(guess["score"] >= 0.3 and guess["evidence"] for guess in row["suggestions"])
    assert crosswalk("map", "products", "--accept").code == 2
    dry = crosswalk("map", "products", "--accept", "--min-score", "0.5", "--dry-run", "--json").document
    assert dry["count"] == len(dry["pairs"]) > 0
    assert not [row for row in rows(crosswalk).values() if row["backoffice_id"]]
    done = crosswalk("map", "products", "--accept", "--min-score", "0.5", "--json").document
    assert done["count"] == dry["count"]
    mapped = {key: row["backoffice_id"] for key, row in rows(crosswalk).items() if row["backoffice_id"]}
    assert mapped == {pair["storefront_id"]: pair["backoffice_id"] for pair in dry["pairs"]}
    crosswalk("undo-edit")
    assert not [row for row in rows(crosswalk).values() if row["backoffice_id"]]


def test_accepting_exact_keys_only(crosswalk, shop):
    done = crosswalk("map", "products", "--accept", "--exact", "--json").document
    assert done["count"] > 0
    assert all(pair["exact"] for pair in done["pairs"])
    truth = shop.world.product_pairs
    assert all(truth.get(pair["storefront_id"]) == pair["backoffice_id"] for pair in done["pairs"])


def test_a_rejected_pair_is_not_suggested_again(crosswalk, shop):
    crosswalk("suggest", "products")
    found = crosswalk("suggest", "products", "--json").document["rows"][0]
    top = found["suggestions"][0]["backoffice_id"]
    assert crosswalk("reject", "products", found["id"], top).code == 0
    again = crosswalk("suggest", "products", "--json").document["rows"]
    left = next((row["suggestions"] for row in again if row["id"] == found["id"]), [])
    assert top not in [guess["backoffice_id"] for guess in left]


def test_customers_are_suggested_and_mapped_too(crosswalk, shop):
    crosswalk("suggest", "customers")
    done = crosswalk("map", "customers", "--accept", "--min-score", "0.6", "--json").document
    truth = shop.world.customer_pairs
    right = sum(truth.get(pair["storefront_id"]) == pair["backoffice_id"] for pair in done["pairs"])
    assert right / done["count"] > 0.8


def test_mappings_go_out_and_in_as_csv_without_loss(crosswalk, shop, tmp_path):
    for left, right in shop.pairs[:5]:
        crosswalk("map", "products", left, right)
    crosswalk("ignore", "products", shop.pairs[6][0], "--reason", "own, bundle", "--until", "2999-05-01")
    file, other = tmp_path / "m.csv", tmp_path / "again.csv"
    assert crosswalk("mappings", "export", str(file)).code == 0
    before = rows(crosswalk)
    with file.open() as stream:
        assert len(list(csv.DictReader(stream))) == 6
    crosswalk("unmap", "products", *(left for left, _ in shop.pairs[:5]))
    crosswalk("unignore", "products", shop.pairs[6][0])
    dry = crosswalk("mappings", "import", str(file), "--dry-run", "--json").document
    assert dry["counts"] == {"map": 5, "ignore": 1}
    assert rows(crosswalk) != before
    assert crosswalk("mappings", "import", str(file)).code == 0
    assert rows(crosswalk) == before
    crosswalk("mappings", "export", str(other))
    with file.open() as one, other.open() as two:
        keep = ("kind", "storefront_id", "backoffice_id", "status", "reason", "until")
        assert [[r[k] for k in keep] for r in csv.DictReader(one)] == [
            [r[k] for k in keep] for r in csv.DictReader(two)
        ]
    printed = crosswalk("mappings", "export", "-")
    assert printed.out == other.read_text()


BAD_FILES = {
    "no header": ("310001,88001\n", ["kind"]),
    "empty": ("", ["line 1", "header"]),
    "unknown kind": ("kind,storefront_id,backoffice_id\ngadgets,310001,88018\n", ["line 2", "kind"]),
    "unknown storefront id": ("kind,storefront_id,backoffice_id\nproducts,nope,88018\n", ["line 2", "storefront_id"]),
    "unknown back-office id": ("kind,storefront_id,backoffice_id\nproducts,310001,nope\n", ["line 2", "backoffice_id"]),
    "no counterpart": ("kind,storefront_id,backoffice_id\nproducts,310001,\n", ["line 2", "backoffice_id"]),
    "twice": (
        "kind,storefront_id,backoffice_id\nproducts,310001,88018\nproducts,310001,88019\n",
        ["line 3", "line 2"],
    ),
    "bad date": (
        "kind,storefront_id,backoffice_id,status,reason,until\nproducts,310001,,ignored,x,tomorrow\n",
        ["line 2", "until"],
    ),
}


@pytest.mark.parametrize(("text", "words"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_malformed_file_names_row_and_column_and_changes_nothing(crosswalk, shop, tmp_path, text, words):
    before = rows(crosswalk)
    file = tmp_path / "bad.csv"
    file.write_text(text)
    ended = crosswalk("mappings", "import", str(file))
    assert ended.code == 2
    for word in words:
        assert word in ended.err.lower(), ended.err
    assert rows(crosswalk) == before
    assert crosswalk("mappings", "import", str(file), "--json").code == 2


def test_a_file_that_is_not_text_or_not_there_is_said(crosswalk, shop, tmp_path):
    file = tmp_path / "m.csv"
    assert crosswalk("mappings", "import", str(file)).code == 2
    file.write_bytes(b"kind,storefront_id,backoffice_id\nproducts,\xff\xfe,1\n")
    ended = crosswalk("mappings", "import", str(file))
    assert (ended.code, "line 2" in ended.err) == (2, True)
    assert crosswalk("mappings", "export", str(tmp_path / "no" / "where.csv")).code == 2


def test_fees_are_kept_mapped_and_counted(crosswalk, shop):
    listed = crosswalk("fees", "list", "--json").document["fees"]
    assert [one["fee"]["name"] for one in listed] == ["Cancellation Fee"]
    assert listed[0]["status"] == "Unmapped"
    made = crosswalk("fees", "add", "Onboarding", "--type", "setup", "--amount", "75", "--json").document["fee"]
    assert crosswalk("fees", "set", made["id"], "--amount", "80.50").code == 0
    assert crosswalk("fees", "set", made["id"]).code == 2
    assert crosswalk("fees", "set", made["id"], "--amount", "lots").code == 2
    assert crosswalk("fees", "add", "Onboarding").code == 2
    target = next(i for i, row in shop.syncro.state.tables["products"].items() if row["name"] == "Setup Fee")
    assert crosswalk("map", "fees", made["id"], target).code == 0
    listed = crosswalk("fees", "list", "--json").document["fees"]
    assert (listed[1]["fee"]["amount"], listed[1]["counterpart"]) == ("80.5", target)
    assert "Onboarding" in crosswalk("fees", "list").out
    assert crosswalk("fees", "remove", "cancellation-fee").code == 2
    assert crosswalk("fees", "remove", made["id"]).code == 0


def test_one_row_is_shown_with_both_records_and_its_history(crosswalk, shop):
    (left, right), *_ = shop.pairs
    crosswalk("map", "products", left, right)
    text = crosswalk("show", "products", left).out
    assert shop.marketplace.state.tables["products"][left]["name"] in text
    assert "price" in text
    document = crosswalk("show", "products", left, "--json").document
    assert document["row"]["backoffice_id"] == right
    assert [field["field"] for field in document["fields"]] == ["price"]
    assert crosswalk("show", "products", right, "--side", "backoffice").code == 2  # mapped: it is in the other row


def test_settings_are_shown_as_they_are_set(crosswalk, shop):
    settings = crosswalk("integration", "show", "--json").document["settings"]
    given = [f"--set={name}={value}" for name, value in settings.items()]
    assert crosswalk("integration", "set", "shop", *given).code == 0
    assert crosswalk("integration", "show", "--json").document["settings"] == settings
    assert crosswalk("integration", "set", "shop", "--set", "guards.max_rows=none").code in {0, 2}
    wrong = crosswalk("integration", "set", "shop", "--set", "currency=dollars")
    assert (wrong.code, "currency" in wrong.err) == (2, True)
    assert "shop" in crosswalk("integration", "list").out


def test_connections_keep_references_and_never_secrets(crosswalk, shop):
    secret = shop.syncro.credentials["token"]
    refused = crosswalk("connection", "set", "syncro", "--set", f"token={secret}")
    assert refused.code == 2
    listed = crosswalk("connection", "list", "--json")
    assert secret not in listed.out + refused.out + refused.err
    assert crosswalk("connection", "remove", "syncro").code == 2
    types = crosswalk("connection", "types", "--json").document["types"]
    assert {"marketplace", "syncro"} <= {one["name"] for one in types}
    assert "syncro" in crosswalk("connection", "types").out


def test_a_workspace_goes_out_and_in_as_one_tinydb_file(crosswalk, shop, tmp_path):
    from tinydb import TinyDB

    (left, right), *_ = shop.pairs
    crosswalk("map", "products", left, right)
    file = tmp_path / "all.json"
    assert crosswalk("workspace", "export", str(file)).code == 0
    with TinyDB(file) as plain:
        assert len(plain.table("mappings")) == 1
    assert crosswalk("workspace", "export", str(file)).code == 1  # never over an existing file
    assert crosswalk("workspace", "import", str(file)).code == 1  # never into a filled workspace
    new = str(tmp_path / "new")
    done = crosswalk("--workspace", new, "workspace", "import", str(file), "--json")
    assert (done.code, done.document["tables"]["mappings"]) == (0, 1)
    assert [
        one["name"] for one in crosswalk("integration", "list", "--json", "--workspace", new).document["integrations"]
    ] == ["shop"]
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps({"mappings": 7}))
    assert crosswalk("--workspace", str(tmp_path / "third"), "workspace", "import", str(broken)).code == 1


def test_doctor_looks_over_the_workspace(crosswalk, shop):
    assert crosswalk("doctor", "--json").document["ok"] is True
    assert "disk" in crosswalk("doctor").out


def test_the_out_of_sync_view_lists_rows_whose_field_differs_with_both_values(crosswalk, shop):
    (left, right), (equal, counterpart), *_ = shop.pairs
    for pair in ((left, right), (equal, counterpart)):
        crosswalk("map", "products", *pair)
    crosswalk("integration", "set", "resale", "--set", "fields=price")
    shop.reprice(left, "987.65")
    shop.reprice(equal, str(shop.price(counterpart)))
    crosswalk("pull")
    seen = rows(crosswalk, "--view", "price-out")
    assert list(seen) == [left]
    (price,) = seen[left]["differs"]
    assert (price["field"], price["storefront"], price["target"]) == ("price", "987.65", "backoffice")
    assert price["backoffice"] == f"{shop.price(right):.2f}"
    assert rows(crosswalk, "--view", "sku-out") == {}
    text = crosswalk("list", "products", "--view", "price-out").out
    assert "987.65" in text
    assert "->" in text
