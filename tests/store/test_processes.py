"""Several processes on one workspace."""

from __future__ import annotations

from typing import Any

import pytest
from tinydb import where

from engine.store import SqliteStore


def begin(start: Any, *args: object) -> Any:
    process = start("write_steadily", *args)
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: Any) -> None:
    process.stdin.write("\n")
    process.stdin.flush()


def finish(process: Any) -> list[int]:
    """What the process said was written."""
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return [int(line) for line in output.split()]


def kill_after(process: Any, lines: int) -> list[int]:
    """Kill it hard while it writes; what it had said was written by then."""
    said = [int(process.stdout.readline()) for _ in range(lines)]
    process.kill()
    rest = process.stdout.read()  # not communicate(): it would pass over what readline() has buffered
    process.wait()
    return said + [int(line) for line in rest.split("\n")[:-1]]


def check_history(store: SqliteStore, name: str, acknowledged: list[int]) -> int:
    """Everything acknowledged is there, in order, and at most the one write that was under way besides."""
    written = [doc["n"] for doc in store.table("history").search(where("run") == name)]
    assert written[: len(acknowledged)] == acknowledged == list(range(len(acknowledged)))
    assert len(written) - len(acknowledged) in {0, 1}
    return len(written)


def test_two_processes_that_write_at_once_lose_nothing(store: SqliteStore, start: Any) -> None:
    store.table("runs").insert({"id": "total", "n": 0})
    writers = {name: begin(start, store.path, name, 200) for name in ("a", "b")}
    for writer in writers.values():
        go(writer)
    for name, writer in writers.items():
        assert finish(writer) == list(range(200))
        assert check_history(store, name, list(range(200))) == 200
    assert store.table("runs").get(where("id") == "total")["n"] == 400
    assert [doc.doc_id for doc in store.table("history")] == list(range(1, 401))


def kill_repeatedly(store: SqliteStore, start: Any, kills: int) -> None:
    store.table("runs").insert({"id": "total", "n": 0})
    witness = begin(start, store.path, "witness", 40 * kills)
    go(witness)
    total = 0
    for n in range(kills):
        victim = begin(start, store.path, f"victim {n}", 1_000_000)
        go(victim)
        acknowledged = kill_after(victim, 1 + n * 7 % 50)
        total += check_history(store, f"victim {n}", acknowledged)
    total += len(finish(witness))
    assert store.table("runs").get(where("id") == "total")["n"] == total == len(store.table("history"))
    assert store.db.storage.state.session.value("PRAGMA integrity_check") == "ok"


def test_a_killed_writer_loses_nothing_it_acknowledged(store: SqliteStore, start: Any) -> None:
    kill_repeatedly(store, start, 5)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_and_twenty_kills_lose_nothing(store: SqliteStore, start: Any) -> None:
    kill_repeatedly(store, start, 120)


def test_the_commits_of_another_process_are_noticed(store: SqliteStore, start: Any) -> None:
    store.table("runs").insert({"id": "total", "n": 0})
    query = where("run") == "other"
    assert store.table("history").search(query) == []
    before, version = store.changes(), store.data_version()
    assert (store.changes(), store.data_version()) == (before, version)
    other = begin(start, store.path, "other", 3)
    go(other)
    finish(other)
    after = store.changes()
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert grown == {"history": 3, "runs": 3}
    assert store.data_version() != version
    assert len(store.table("history").search(query)) == 3


def test_closing_while_other_threads_read_refuses_them_and_takes_no_memory_away(start: Any, path: Any) -> None:
    closing = start("close_under_readers", path.parent, 40)
    output, _ = closing.communicate(timeout=60)
    assert (closing.returncode, output) == (0, "closed 40 times\n")  # a reader's memory taken away ends it with SIGSEGV
