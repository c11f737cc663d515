"""A connection is used by one run at a time, in this process and in others."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Busy, WorkspaceError
from engine.store.locks import ConnectionLocks


@pytest.fixture
def locks(tmp_path: Path) -> ConnectionLocks:
    return ConnectionLocks(tmp_path / "locks")


def in_a_thread(work: Any) -> Any:
    """Run ``work`` as another run of this process would: outside this one's hold."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return results[0]


def hold_for_a_moment(locks: ConnectionLocks, *names: str, wait: float | None = 0.0) -> str:
    with locks.hold(names, "another run", wait=wait):
        return "held"


def test_another_process_is_kept_out_and_told_by_whom(locks: ConnectionLocks, start: Any) -> None:
    child = start("hold_a_lock", locks.directory, "syncro", "sync of shop")
    assert child.stdout.readline() == "held\n"
    holder = locks.holder("syncro")
    assert holder is not None
    assert (holder.pid, holder.purpose) == (child.pid, "sync of shop")
    with pytest.raises(
        Busy, match=rf"connection 'syncro' is in use: sync of shop, by .+ \(process {child.pid}\) since"
    ):
        hold_for_a_moment(locks, "syncro")
    assert hold_for_a_moment(locks, "market") == "held"
    child.communicate("")
    assert locks.holder("syncro") is None
    assert hold_for_a_moment(locks, "syncro") == "held"


def test_the_lock_goes_with_a_killed_process(locks: ConnectionLocks, start: Any) -> None:
    child = start("hold_a_lock", locks.directory, "syncro", "sync of shop")
    assert child.stdout.readline() == "held\n"
    child.kill()
    child.wait()
    assert locks.holder("syncro") is None
    assert hold_for_a_moment(locks, "syncro") == "held"


async def test_waiting_for_another_process_leaves_the_loop_free(locks: ConnectionLocks, start: Any) -> None:
    child = start("hold_a_lock", locks.directory, "syncro", "pull")
    assert child.stdout.readline() == "held\n"
    told: list[str] = []

    def on_wait(text: str) -> None:
        told.append(text)
        child.stdin.close()  # lets it go

    async with locks.holding(["syncro"], "sync", wait=None, on_wait=on_wait):
        holder = locks.holder("syncro")
        assert holder is not None
        assert holder.pid == os.getpid()
    assert len(told) == 1
    assert "pull, by" in told[0]


def test_two_runs_of_one_process_exclude_each_other(locks: ConnectionLocks) -> None:
    with locks.hold(["a"], "first run"):
        error = in_a_thread(lambda: hold_for_a_moment(ConnectionLocks(locks.directory), "a"))
        assert isinstance(error, Busy)
        assert "first run" in str(error)
    assert in_a_thread(lambda: hold_for_a_moment(locks, "a")) == "held"


async def test_two_tasks_exclude_each_other(locks: ConnectionLocks) -> None:
    inside, finish = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with locks.holding(["a"], "first run"):
            inside.set()
            await finish.wait()

    task = asyncio.create_task(first())
    await inside.wait()
    with pytest.raises(Busy, match="first run"):
        async with locks.holding(["a"], "second run"):
            pass
    with pytest.raises(Busy, match="first run"):
        async with locks.holding(["b", "a"], "second run", wait=0.01):
            pass
    assert locks.holder("b") is None
    finish.set()
    await task
    async with locks.holding(["a", "b"], "second run"):
        pass


async def test_what_runs_inside_a_hold_may_hold_again(locks: ConnectionLocks) -> None:
    async def inner() -> None:
        async with locks.holding(["b", "a"], "reading"):
            pass
        with locks.hold(["a"], "reading"):
            pass

    async with locks.holding(["a"], "sync"):
        await inner()
        await asyncio.create_task(inner())
        assert isinstance(in_a_thread(lambda: hold_for_a_moment(locks, "a")), Busy)
        holder = locks.holder("a")
        assert holder is not None
        assert holder.purpose == "sync"
    assert in_a_thread(lambda: hold_for_a_moment(locks, "a", "b")) == "held"


async def test_a_task_that_outlives_the_hold_has_to_ask_again(locks: ConnectionLocks) -> None:
    go = asyncio.Event()

    async def late() -> None:
        await go.wait()
        async with locks.holding(["a"], "late"):
            pass

    async with locks.holding(["a"], "sync"):
        task = asyncio.create_task(late())
    with locks.hold(["a"], "somebody else"):
        go.set()
        with pytest.raises(Busy, match="somebody else"):
            await task


async def test_a_cancelled_wait_holds_nothing(locks: ConnectionLocks, start: Any) -> None:
    child = start("hold_a_lock", locks.directory, "b", "pull")
    assert child.stdout.readline() == "held\n"
    waiting = asyncio.Event()

    async def wait() -> None:
        async with locks.holding(["a", "b"], "sync", wait=None, on_wait=lambda _: waiting.set()):
            pass

    task = asyncio.create_task(wait())
    await waiting.wait()
    assert locks.holder("a") is not None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert locks.holder("a") is None
    assert hold_for_a_moment(locks, "a") == "held"


def test_locks_are_taken_in_sorted_order_so_that_nobody_deadlocks(locks: ConnectionLocks) -> None:
    orders = [("a", "b", "c"), ("c", "b", "a"), ("b", "c", "a")]
    done: list[int] = []

    def work(names: tuple[str, ...]) -> None:
        for _ in range(5):
            with locks.hold(names, "run", wait=None):
                done.append(1)

    threads = [threading.Thread(target=work, args=(names,)) for names in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 15


@pytest.mark.parametrize("name", ["shop", "../shop", "a/b", "Ünïcode", "a b", "x" * 60, "."])
def test_any_name_has_a_lock_of_its_own(locks: ConnectionLocks, name: str) -> None:
    with locks.hold([name], "run"):
        assert isinstance(in_a_thread(lambda: hold_for_a_moment(locks, name)), Busy)
        assert hold_for_a_moment(locks, name + "2") == "held"
        assert all(file.parent == locks.directory for file in locks.directory.rglob("*"))


def test_a_place_that_cannot_have_locks(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="cannot be taken"):
        hold_for_a_moment(ConnectionLocks(tmp_path / "file"), "a")


def test_a_note_that_nobody_can_read_is_nobody(locks: ConnectionLocks) -> None:
    assert locks.holder("a") is None
    locks.directory.mkdir()
    for text in ("", "{", "[]", '{"pid": "x"}', '{"pid": 1, "user": "u", "purpose": "p", "since": "yesterday"}'):
        (locks.directory / "a.holder").write_text(text)
        assert locks.holder("a") is None
