"""The counters that tell a console what has changed."""
# ruff: noqa: PT012  # what is inside pytest.raises is the transaction under test

from __future__ import annotations

import pytest

from engine.store import SqliteStore, open_store


def grown(store: SqliteStore, before: dict[str, int]) -> dict[str, int]:
    return {name: n - before.get(name, 0) for name, n in store.changes().items() if n != before.get(name, 0)}


def test_a_commit_counts_once_for_every_table_it_changed(store: SqliteStore) -> None:
    before = store.changes()
    with store.transaction():
        store.table("mappings").insert({"a": 1})
        store.table("mappings").insert({"a": 2})
        store.table("history").insert({"a": 1})
    assert grown(store, before) == {"mappings": 1, "history": 1}


def test_what_changes_nothing_counts_for_nothing(store: SqliteStore) -> None:
    store.table("mappings").insert({"a": 1})
    before = store.changes()
    store.table("mappings").update({"a": 1})
    store.table("mappings").remove(doc_ids=[7])
    store.table("mappings").insert_multiple([])
    store.table("mappings").all()
    with pytest.raises(RuntimeError), store.transaction():
        store.table("mappings").insert({"a": 2})
        raise RuntimeError
    assert grown(store, before) == {}
    store.table("mappings").update({"a": 2})
    store.table("mappings").remove(doc_ids=[1])
    assert grown(store, before) == {"mappings": 2}


def test_the_last_id_is_known_inside_and_outside_of_a_transaction(store: SqliteStore) -> None:
    assert store.last_id("history") == store.last_id("never used") == 0
    with store.transaction():
        store.table("history").insert_multiple([{}, {}])
        assert store.last_id("history") == 2
    store.table("history").remove(doc_ids=[2])
    assert store.last_id("history") == 2
    with pytest.raises(RuntimeError), store.transaction():
        store.table("history").insert({})
        raise RuntimeError
    assert store.last_id("history") == 2


def test_heartbeats_wake_nobody(store: SqliteStore) -> None:
    before = store.changes()
    store.table("heartbeats").insert({"run": "r1", "at": "2026-01-01"})
    store.table("heartbeats").update({"at": "2026-01-02"})
    assert grown(store, before) == {}
    assert store.table("heartbeats").all() == [{"run": "r1", "at": "2026-01-02"}]


def test_counters_outlive_the_process_and_the_table(store: SqliteStore) -> None:
    store.table("extra").insert({"a": 1})
    store.db.drop_table("extra")
    store.table("extra").insert({"a": 1})
    with open_store(store.path) as again:
        assert again.changes()["extra"] == 3
        assert again.changes() == store.changes()


def test_a_process_notices_its_own_commits_too(store: SqliteStore) -> None:
    before = store.changes()
    store.table("alarms").insert({"a": 1})
    assert grown(store, before) == {"alarms": 1}
