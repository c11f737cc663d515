"""``crosswalk rules`` and the settings of masters through the real command line, over files."""

from __future__ import annotations

import csv
import json

import pytest

from tui.cli import main

SHOP = "id,name,sku,price,cost,quantity\ns1,Lamp,L-1,10,5,7\ns2,Chair,C-1,20,9,3\n"
BOOKS = "id,name,sku,price,cost,quantity\nb1,Lamp,L-1,10,5,10\nb2,Chair,C-1,20,9,4\n"


@pytest.fixture
def at(tmp_path, capsys):
    """The arguments of a workspace with ``shop`` and ``books``, both rows mapped; the books are master."""
    args = ["--workspace", str(tmp_path / "workspace")]
    for name, text in (("shop", SHOP), ("books", BOOKS)):
        path = tmp_path / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        options = ("products.path=" + str(path), "writable=true", "currency=USD")
        assert main([*args, "connection", "add", name, "files", *(x for o in options for x in ("--set", o))]) == 0
    settings = ("fields=price,quantity", "masters.price=backoffice", "guards.max_percent_of_catalogue=")
    assert (
        main([*args, "integration", "add", "main", "shop", "books", *(x for o in settings for x in ("--set", o))]) == 0
    )
    said = capsys.readouterr()
    assert "not chosen yet for quantity" in said.err
    assert "--set masters.quantity=backoffice" in said.err
    assert main([*args, "integration", "set", "main", "--set", "masters.quantity=backoffice"]) == 0
    assert "not chosen" not in capsys.readouterr().err
    assert main([*args, "pull"]) == 0
    for pair in (("s1", "b1"), ("s2", "b2")):
        assert main([*args, "map", "products", *pair]) == 0
    capsys.readouterr()
    return args


def document(at, capsys, *words, code=0):
    assert main([*at, *words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def quantities(tmp_path):
    with (tmp_path / "shop.csv").open(encoding="utf-8", newline="") as file:
        return [row["quantity"] for row in csv.DictReader(file)]


def test_a_rule_is_tried_saved_synced_and_removed(at, capsys, tmp_path):
    tried = document(at, capsys, "rules", "simulate", "quantity.minus=1", "price.percent=10")["simulation"]
    assert (tried["rows"], tried["changed"], tried["writes"]) == (2, 2, 2)
    assert [(one["field"], one["rows"], one["least"]) for one in tried["fields"]] == [
        ("price", 2, "1"),
        ("quantity", 2, "-1"),
    ]
    assert tried["largest"][0]["percent"] == "-25.00"
    assert document(at, capsys, "rules", "set", "quantity.minus=1", "--dry-run")["simulation"]["changed"] == 2
    assert document(at, capsys, "rules", "show")["rules"][0]["words"] == "", "neither saves"

    assert main([*at, "rules", "set", "quantity.minus=1"]) == 0
    assert "store-wide: quantity: less 1" in capsys.readouterr().out
    assert main([*at, "rules", "set", "quantity.cap=5", "--item", "s1"]) == 0
    capsys.readouterr()
    shown = document(at, capsys, "rules", "show", "--item", "s1")["rule"]
    assert (shown["name"], shown["settings"]["quantity.cap"]) == ("Lamp", "5")
    plan = document(at, capsys, "plan", "--fields", "quantity", "--kinds", "products")
    assert [(row["id"], row["before"], row["after"], row["source"], row["rule"]) for row in plan["rows"]] == [
        ("s1", "7", "5", "10", "at most 5"),
    ]
    assert main([*at, "sync", "--all", "--fields", "quantity", "--yes"]) == 0
    assert quantities(tmp_path) == ["5", "3"]
    assert main([*at, "rules", "remove", "--item", "s1"]) == 0
    capsys.readouterr()
    plan = document(at, capsys, "plan", "--fields", "quantity", "--kinds", "products")
    assert [(row["after"], row["reason"]) for row in plan["rows"]] == [("9", "the rule changed")]


def test_simulation_for_people_names_the_largest_and_the_guards(at, capsys):
    assert main([*at, "rules", "simulate", "price.percent=80"]) == 0
    said = capsys.readouterr().out
    assert "2 of 2 mapped rows would change" in said
    assert "price: 2 rows, by +8 to +16, middle +12" in said
    assert "guard change-percent: 2 rows would change by more than 50 %" in said
    assert "The largest changes:" in said
    assert "Chair" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["set", "quantity.minus=-1"], "quantity.minus"),
        (["set", "quantity.nope=1"], "no setting 'quantity.nope'"),
        (["set"], "say what to set"),
        (["set", "minus"], "write NAME=VALUE"),
        (["set", "quantity.minus=1", "--item", "zzz"], "no product 'zzz'"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_saved(at, capsys, words, said):
    assert main([*at, "rules", *words]) == 2
    assert said in capsys.readouterr().err
    assert not document(at, capsys, "rules", "show")["rules"][0]["words"]


@pytest.mark.parametrize("spelling", ["overwrite-master", "overwrite_master"])
def test_the_master_is_overwritten_only_with_its_permission(at, capsys, tmp_path, spelling):
    sync = ["sync", "--all", "--fields", "quantity", "--overwrite", "backoffice", "--yes"]
    assert main([*at, *sync]) == 3
    assert "overwrite-master" in capsys.readouterr().err
    assert main([*at, *sync, "--allow", spelling]) == 0
    assert "7" in (tmp_path / "books.csv").read_text(encoding="utf-8").splitlines()[1].split(",")
