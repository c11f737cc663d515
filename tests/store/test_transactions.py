"""What is written together is kept together, on any thread."""
# ruff: noqa: PT012  # what is inside pytest.raises is the transaction under test

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
from tinydb import where

from engine.errors import WorkspaceError
from engine.store import SqliteStore, open_store


def test_several_tables_change_together_or_not_at_all(store: SqliteStore) -> None:
    mappings, history = store.table("mappings"), store.table("history")
    mappings.insert({"storefront_id": "1", "backoffice_id": "a"})
    with pytest.raises(RuntimeError, match="no"), store.transaction():
        mappings.update({"backoffice_id": "b"}, where("storefront_id") == "1")
        mappings.insert({"storefront_id": "2"})
        history.insert({"storefront_id": "1"})
        assert mappings.get(where("storefront_id") == "1")["backoffice_id"] == "b"
        raise RuntimeError("no")
    assert mappings.all() == [{"storefront_id": "1", "backoffice_id": "a"}]
    assert history.all() == []
    with store.transaction():
        mappings.insert({"storefront_id": "2"})
        history.insert({"storefront_id": "2"})
    assert len(mappings) == 2
    assert len(history) == 1


def test_a_rollback_is_forgotten_by_the_query_cache(store: SqliteStore) -> None:
    table = store.table("mappings")
    query = where("storefront_id") == "1"
    with pytest.raises(RuntimeError), store.transaction():
        table.insert({"storefront_id": "1"})
        assert len(table.search(query)) == 1
        raise RuntimeError
    assert table.search(query) == []


def test_a_failing_inner_step_takes_back_only_itself(store: SqliteStore) -> None:
    table = store.table("mappings")
    with store.transaction():
        table.insert({"n": 1})
        with pytest.raises(ValueError, match="not JSON compliant"):
            table.insert_multiple([{"n": 2}, {"n": float("nan")}])
        with pytest.raises(RuntimeError), store.transaction():
            table.insert({"n": 3})
            raise RuntimeError
        assert table.insert({"n": 4}) == 2
    assert [(doc.doc_id, doc["n"]) for doc in table] == [(1, 1), (2, 4)]


def test_an_update_that_raises_changes_nothing(store: SqliteStore) -> None:
    table = store.table("runs")
    table.insert_multiple([{"n": 1}, {"n": 2}, {"m": 3}])
    with pytest.raises(KeyError):
        table.update(lambda doc: doc.update(n=doc["n"] + 1))
    assert table.all() == [{"n": 1}, {"n": 2}, {"m": 3}]


def test_threads_have_their_own_connections_and_see_each_other(store: SqliteStore) -> None:
    table = store.table("mappings")
    query = where("storefront_id") == "1"
    assert table.search(query) == []
    seen: list[object] = []

    def work() -> None:
        seen.append(store.db.storage.state.session)
        table.insert({"storefront_id": "1"})

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen[0] is not store.db.storage.state.session
    assert len(table.search(query)) == 1


def test_a_threads_connection_closes_with_its_thread(store: SqliteStore) -> None:
    open_files = []
    for _ in range(6):
        thread = threading.Thread(target=store.changes)
        thread.start()
        thread.join()
        open_files.append(len(list(Path("/proc/self/fd").iterdir())))
    assert open_files[-1] == open_files[0]  # SQLite keeps one descriptor for its next connection


def test_threads_that_count_lose_nothing(store: SqliteStore) -> None:
    table = store.table("runs")
    table.insert({"n": 0})

    def count() -> None:
        for _ in range(50):
            with store.transaction():
                table.update({"n": table.get(doc_id=1)["n"] + 1}, doc_ids=[1])

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert table.get(doc_id=1)["n"] == 200


async def test_awaiting_inside_a_transaction_is_found_out(store: SqliteStore) -> None:
    inside, finish = asyncio.Event(), asyncio.Event()

    async def careless() -> None:
        with store.transaction():
            store.table("runs").insert({"n": 1})
            inside.set()
            await finish.wait()

    task = asyncio.create_task(careless())
    await inside.wait()
    with pytest.raises(RuntimeError, match="awaited inside"):
        store.table("runs").insert({"n": 2})
    finish.set()
    await task
    assert store.table("runs").all() == [{"n": 1}]


def test_a_connection_is_not_carried_over_a_fork(store: SqliteStore) -> None:
    store.table("runs").insert({"n": 1})
    child = os.fork()
    if child == 0:
        try:
            store.table("runs").all()
        except WorkspaceError as error:
            os._exit(0 if "forked" in str(error) else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert store.table("runs").all() == [{"n": 1}]


def test_a_long_iteration_lets_others_write_and_pins_nothing(store: SqliteStore) -> None:
    table = store.table("mappings")
    table.insert_multiple({"n": n} for n in range(1500))
    seen = []
    for document in table:
        seen.append(document["n"])
        if document["n"] == 10:
            table.remove(where("n") == 1499)
            table.insert({"n": 2000})
    assert seen == [*range(1499), 2000]


def test_a_closed_store_says_so(path: Path) -> None:
    store = open_store(path)
    store.close()
    with pytest.raises(WorkspaceError, match="closed"):
        store.table("runs").all()
