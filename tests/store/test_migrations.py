"""Older workspaces move forward, with a backup; newer ones are refused."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from engine.errors import WorkspaceError
from engine.store import open_store
from engine.store.database import SqliteTinyDB
from engine.store.migrations import MIGRATIONS, Migration


def rename_field(db: SqliteTinyDB) -> None:
    def rename(doc: dict[str, object]) -> None:
        doc["note"] = doc.pop("reason", "")

    db.table("ignored").update(rename)  # type: ignore[arg-type]


def fail(db: SqliteTinyDB) -> None:
    db.table("ignored").truncate()
    raise WorkspaceError("cannot be moved")


RENAME = Migration(2, "a reason is a note", rename_field)
TOMORROW = (*MIGRATIONS, RENAME)


def make_old(path: Path) -> str:
    with open_store(path) as store:
        store.table("ignored").insert_multiple([{"reason": "a"}, {"reason": "b"}])
        return store.lineage


def test_the_list_is_in_order_and_without_gaps() -> None:
    assert [migration.version for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_a_new_workspace_has_the_newest_format_and_an_identity(path: Path) -> None:
    with open_store(path) as store:
        (identity,) = store.table("schema").all()
        assert identity["version"] == MIGRATIONS[-1].version
        assert identity["lineage"] == store.lineage
        assert len(store.lineage) == 32
        assert store.migration_backup is None
        lineage = store.lineage
    with open_store(path) as store:
        assert store.lineage == lineage
    with open_store(path.with_name("other.db")) as other:
        assert other.lineage != lineage


def test_an_older_workspace_moves_forward_and_leaves_a_backup(path: Path) -> None:
    lineage = make_old(path)
    with open_store(path, migrations=TOMORROW) as store:
        assert store.table("ignored").all() == [{"note": "a"}, {"note": "b"}]
        assert store.table("schema").all()[0]["version"] == 2
        assert store.lineage == lineage
        backup = store.migration_backup
    assert backup is not None
    assert backup.name.startswith("workspace.db.format1-")
    with open_store(backup) as old:
        assert old.table("ignored").all() == [{"reason": "a"}, {"reason": "b"}]
    with open_store(path, migrations=TOMORROW) as store:
        assert store.migration_backup is None


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    make_old(path)
    with pytest.raises(WorkspaceError, match="cannot be moved"):
        open_store(path, migrations=(*MIGRATIONS, RENAME, Migration(3, "fails", fail)))
    with open_store(path) as store:
        assert store.table("ignored").all() == [{"reason": "a"}, {"reason": "b"}]


def test_without_room_for_a_backup_nothing_is_moved(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_old(path)

    def full(*_: object) -> None:
        raise WorkspaceError("the disk is full")

    monkeypatch.setattr("engine.store.migrations.back_up", full)
    with pytest.raises(WorkspaceError, match="disk is full"):
        open_store(path, migrations=TOMORROW)
    monkeypatch.undo()
    with open_store(path) as store:
        assert store.table("ignored").all() == [{"reason": "a"}, {"reason": "b"}]


def test_a_newer_workspace_is_refused_untouched(path: Path) -> None:
    make_old(path)
    open_store(path, migrations=TOMORROW).close()
    content = path.read_bytes()
    with pytest.raises(WorkspaceError, match=r"newer version of Crosswalk.*Nothing was changed; upgrade"):
        open_store(path)
    assert path.read_bytes() == content


def test_a_program_that_was_open_during_the_move_writes_nothing_more(path: Path) -> None:
    make_old(path)
    with open_store(path) as old:
        assert len(old.table("ignored")) == 2
        with open_store(path, migrations=TOMORROW) as new:
            with pytest.raises(WorkspaceError, match=r"upgraded the workspace from format 1 to 2.*restart"):
                old.table("ignored").insert({"reason": "c"})
            new.table("ignored").insert({"note": "c"})
            assert [doc["note"] for doc in new.table("ignored")] == ["a", "b", "c"]


def test_two_programs_that_open_at_once_move_it_once(path: Path) -> None:
    make_old(path)
    barrier = threading.Barrier(4)
    seen: list[object] = []

    def race() -> None:
        barrier.wait()
        with open_store(path, migrations=TOMORROW) as store:
            seen.append((store.lineage, store.table("ignored").all()))

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert seen.count(seen[0]) == 4


def test_two_programs_that_create_at_once_agree(path: Path) -> None:
    barrier = threading.Barrier(4)
    lineages: list[str] = []

    def race() -> None:
        barrier.wait()
        with open_store(path) as store:
            lineages.append(store.lineage)

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lineages) == 4
    assert len(set(lineages)) == 1


def test_an_index_declared_later_is_made_at_the_next_opening(path: Path) -> None:
    make_old(path)
    with SqliteTinyDB(path, indexes={"ignored": ("reason",)}) as db:
        db.storage.complete(["ignored"])
        names = [row[0] for row in db.storage.state.session.fetch("SELECT name FROM sqlite_master")]
    assert "t_ignored.reason" in names


def test_a_backup_is_complete_and_never_overwrites(path: Path) -> None:
    make_old(path)
    copy = path.with_name("copy.db")
    with open_store(path) as store:
        store.backup(copy)
        with pytest.raises(WorkspaceError, match="exists already"):
            store.backup(copy)
        with pytest.raises(WorkspaceError, match="cannot be opened"):
            store.backup(path.parent / "nowhere" / "copy.db")
        with open_store(copy) as other:
            assert other.table("ignored").all() == store.table("ignored").all()
            assert other.lineage == store.lineage
