"""A workspace that cannot be used is a clear message, and nothing is lost."""
# ruff: noqa: PT012  # what is inside pytest.raises is the transaction under test

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import Busy, WorkspaceError
from engine.store import SqliteStore, open_store
from engine.store.database import SqliteTinyDB


@pytest.fixture
def shared_directory() -> Iterator[Path]:
    """A directory that every user may reach."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory
        directory.chmod(0o755)


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """Be somebody whom permissions bind, also where the tests run as root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield
    if root:
        os.seteuid(0)


def fill(store: SqliteStore) -> int:
    """Limit the file's size and write until it is full; how many documents went in."""
    session = store.db.storage.state.session
    session.execute(f"PRAGMA max_page_count={session.value('PRAGMA page_count') + 20}")
    written = 0
    with pytest.raises(WorkspaceError, match=r"disk is full.*not written.*free some space"):
        while True:
            store.table("mappings").insert({"text": "x" * 3000})
            written += 1
    return written


def test_a_full_disk_is_an_error_and_loses_nothing(store: SqliteStore) -> None:
    store.table("history").insert({"n": 0})
    written = fill(store)
    assert written > 5
    assert len(store.table("mappings")) == written
    with open_store(store.path) as again:
        assert len(again.table("mappings")) == written
        assert again.table("history").all() == [{"n": 0}]
        assert again.table("mappings").insert({"text": "room again"}) == written + 1


def test_a_full_disk_takes_back_the_whole_transaction(store: SqliteStore) -> None:
    fill(store)
    before = store.table("mappings").all()
    with pytest.raises(WorkspaceError, match="disk is full"), store.transaction():
        store.table("alarms").insert({"n": 1})
        store.table("mappings").insert_multiple({"text": "x" * 3000} for _ in range(50))
    assert store.table("mappings").all() == before
    assert store.table("alarms").all() == []
    store.table("mappings").remove(doc_ids=[1, 2, 3])
    store.table("alarms").insert({"n": 1})
    assert len(store.table("alarms")) == 1


def test_a_directory_that_may_not_be_written(shared_directory: Path, ordinary_user: None) -> None:
    with pytest.raises(WorkspaceError, match="cannot be opened or created"):
        open_store(shared_directory / "new.db")
    with pytest.raises(WorkspaceError, match="directory cannot be created"):
        open_store(shared_directory / "sub" / "new.db")
    assert list(shared_directory.iterdir()) == []


def test_a_workspace_that_may_not_be_written(shared_directory: Path) -> None:
    path = shared_directory / "workspace.db"
    with open_store(path) as store:
        store.table("mappings").insert({"n": 1})
    path.chmod(0o444)
    content = path.read_bytes()
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    else:
        shared_directory.chmod(0o555)
    try:
        with pytest.raises(WorkspaceError, match=r"read-only|cannot be opened"):
            open_store(path).table("mappings").insert({"n": 2})
    finally:
        if root:
            os.seteuid(0)
    assert path.read_bytes() == content


def test_a_workspace_that_may_not_be_read(shared_directory: Path) -> None:
    path = shared_directory / "workspace.db"
    open_store(path).close()
    path.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        with pytest.raises(WorkspaceError, match="cannot be opened"):
            open_store(path)
    finally:
        if root:
            os.seteuid(0)


def test_a_file_that_is_no_database(path: Path) -> None:
    path.write_text("price,cost\n" * 1000)
    with pytest.raises(WorkspaceError, match="not a Crosswalk workspace"):
        open_store(path)
    assert path.read_text() == "price,cost\n" * 1000


def test_a_database_of_another_program(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE customers(id)")
    other.close()
    content = path.read_bytes()
    with pytest.raises(WorkspaceError, match="but not a Crosswalk workspace"):
        open_store(path)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_damaged_workspace(path: Path) -> None:
    with open_store(path) as store:
        store.table("mappings").insert_multiple({"text": "x" * 500} for _ in range(200))
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"damaged.*newest backup"), open_store(path) as store:
        list(store.table("mappings"))


def test_a_workspace_that_is_a_directory(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot be opened"):
        open_store(tmp_path)


def test_a_writer_that_never_ends_is_busy(path: Path) -> None:
    with SqliteTinyDB(path, patience=0.05) as db:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy, match="another process kept the workspace locked"):
            db.table("runs").insert({"n": 1})
        assert db.table("runs").all() == []
        other.execute("ROLLBACK")
        other.close()
        assert db.table("runs").insert({"n": 1}) == 1
