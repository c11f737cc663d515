"""A workspace goes out to a stock TinyDB file and comes back the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB, where
from tinydb.table import Document

from engine.errors import WorkspaceError
from engine.store import SqliteStore, open_store
from engine.store.exchange import export_workspace, import_workspace


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "workspace.json"


def fill(store: SqliteStore) -> None:
    store.table("mappings").insert_multiple({"storefront_id": f"s{n}", "price": "12.50", "n": n} for n in range(700))
    store.table("mappings").remove(where("n") == 699)
    store.table("ignored").insert(Document({"reason": 'odd "quotes", ä, \U0001f600, \ud800', "until": None}, 40))
    store.table("history").insert({"nested": {"a": [1, 2.5, True, None]}, "big": 2**70})


def everything(store: SqliteStore) -> dict[str, Any]:
    return {name: [(doc.doc_id, doc) for doc in store.table(name).all()] for name in sorted(store.db.tables())}


def test_the_round_trip_loses_nothing(store: SqliteStore, file: Path) -> None:
    fill(store)
    exported = export_workspace(store, file)
    assert exported.counts["mappings"] == 699
    assert exported.total == 702
    with open_store(file.with_name("second.db")) as second:
        imported = import_workspace(second, file)
        assert imported.counts == exported.counts
        assert everything(second) == everything(store)
        assert second.lineage == store.lineage
        assert second.table("mappings").insert({}) == store.table("mappings").insert({}) == 701
        assert second.table("mappings").search(where("storefront_id") == "s5")[0]["n"] == 5
        assert second.changes()["mappings"] >= 1


def test_plain_tinydb_opens_an_export(store: SqliteStore, file: Path) -> None:
    fill(store)
    export_workspace(store, file)
    with TinyDB(file) as stock:
        assert stock.tables() == store.db.tables()
        assert stock.table("mappings").all() == store.table("mappings").all()
        assert stock.table("ignored").get(doc_id=40) == store.table("ignored").get(doc_id=40)
        stock.table("mappings").update({"price": "13"}, where("n") == 5)
    with open_store(file.with_name("second.db")) as second:
        import_workspace(second, file)
        assert second.table("mappings").get(where("n") == 5)["price"] == "13"


def test_an_export_is_of_one_instant_and_hinders_nobody(store: SqliteStore, file: Path) -> None:
    fill(store)
    session = store.db.storage.state.session
    with session.snapshot():
        before = len(store.table("mappings"))
        with open_store(store.path) as other:
            other.table("mappings").insert({})
        assert len(store.table("mappings")) == before
        export_workspace(store, file)
    assert len(json.loads(file.read_text())["mappings"]) == before


def test_only_an_empty_workspace_takes_an_import(store: SqliteStore, file: Path) -> None:
    export_workspace(store, file)
    store.table("mappings").insert({"n": 1})
    before = everything(store)
    with pytest.raises(WorkspaceError, match=r"not empty \(mappings\).*Nothing was changed"):
        import_workspace(store, file)
    assert everything(store) == before


def test_an_export_never_overwrites(store: SqliteStore, file: Path) -> None:
    file.write_text("precious")
    with pytest.raises(WorkspaceError, match="exists already"):
        export_workspace(store, file)
    assert file.read_text() == "precious"
    with pytest.raises(WorkspaceError, match="could not be written"):
        export_workspace(store, file.parent / "nowhere" / "x.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "not a TinyDB file"),
        ('{"a": 1}', "not a TinyDB file"),
        ('{"a": {"x": {}}}', "a/x is not a TinyDB document"),
        ('{"a": {"1": 2}}', "a/1 is not a TinyDB document"),
        ('{"a": {"1": {}}}', "not an export of a Crosswalk workspace"),
        ('{"schema": {"1": {"version": "1", "lineage": "x"}}}', "not an export of a Crosswalk workspace"),
        ('{"schema": {"1": {"version": 99, "lineage": "x"}}}', "newer version"),
    ],
)
def test_any_other_file_is_refused(store: SqliteStore, file: Path, text: str, message: str) -> None:
    file.write_text(text)
    before = everything(store)
    with pytest.raises(WorkspaceError, match=message):
        import_workspace(store, file)
    assert everything(store) == before


def test_a_missing_file_is_named(store: SqliteStore, file: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"workspace\.json cannot be read"):
        import_workspace(store, file)
