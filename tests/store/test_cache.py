"""Generations of what was read: complete or not there, and never a reason to stop."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.errors import WorkspaceError
from engine.model import Customer, Fee, Kind, PriceOption, Product, Record, Sku
from engine.ports import Reading
from engine.store import SqliteRecordCache, cache_file, open_cache
from engine.store.cache_writer import CHUNK

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LATER = datetime(2026, 5, 4, 13, 30, 1, 5, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sub" / "cache.db"


@pytest.fixture
def cache(file: Path) -> Iterator[SqliteRecordCache]:
    opened = open_cache(file)
    yield opened
    opened.close()


def product(n: int, name: str = "Seat") -> Product:
    return Product(id=f"p{n}", name=f"{name} {n}")


def fill(cache: SqliteRecordCache, records: list[Record], connection: str = "shop", at: datetime = NOON) -> int:
    writer = cache.begin(connection, Kind.PRODUCTS)
    writer.add(records)
    return writer.commit(at)


def names(cache: SqliteRecordCache, connection: str = "shop") -> list[str]:
    return [record.name for record in cache.records(connection, Kind.PRODUCTS)]


def test_records_come_back_as_they_were_in_reading_order(cache: SqliteRecordCache) -> None:
    full = Product(
        id="x/1",
        name="Firewall ä \U0001f600",
        prices=(PriceOption(amount=Decimal("10.50"), currency="USD", model="TIER", lower_limit=Decimal(5)),),
        costs=(PriceOption(amount=Decimal("0.0001")),),
        skus=(Sku(value="WX-240", vendor="Acme", id="9"),),
        quantity=Decimal(3),
        parent_id="x",
    )
    fill(cache, [product(2), full, product(1)])
    assert list(cache.records("shop", Kind.PRODUCTS)) == [product(2), full, product(1)]
    assert [(id, name) for id, name, _ in cache.raw("shop", Kind.PRODUCTS)][1] == ("x/1", "Firewall ä \U0001f600")
    assert cache.get("shop", Kind.PRODUCTS, ["x/1", "p1", "gone"]) == {"x/1": full, "p1": product(1)}
    customer, fee = (
        Customer(id="c", name="Contoso", email="a@contoso.com"),
        Fee(id="f", name="Setup", amount=Decimal(5)),
    )
    for kind, record in ((Kind.CUSTOMERS, customer), (Kind.FEES, fee)):
        writer = cache.begin("shop", kind)
        writer.add([record])
        writer.commit(NOON)
        assert list(cache.records("shop", kind)) == [record]


def test_before_the_first_read_there_is_nothing(cache: SqliteRecordCache) -> None:
    assert names(cache) == []
    assert cache.get("shop", Kind.PRODUCTS, ["p1"]) == {}
    assert cache.count("shop", Kind.PRODUCTS) == 0
    assert cache.read_at("shop", Kind.PRODUCTS) is None
    assert cache.generation("shop", Kind.PRODUCTS) == 0
    cache.put("shop", Kind.PRODUCTS, [product(1)])
    assert cache.count("shop", Kind.PRODUCTS) == 0, "one record must not look like a catalogue"


def test_a_generation_is_swapped_in_when_it_is_complete(cache: SqliteRecordCache, file: Path) -> None:
    first = fill(cache, [product(n) for n in range(3)])
    writer = cache.begin("shop", Kind.PRODUCTS)
    writer.add(product(n, "New") for n in range(CHUNK * 2 + 5))
    other = open_cache(file)
    for view in (cache, other):
        assert names(view) == ["Seat 0", "Seat 1", "Seat 2"]
        assert view.generation("shop", Kind.PRODUCTS) == first
        assert view.read_at("shop", Kind.PRODUCTS) == NOON
    second = writer.commit(LATER)
    assert second > first
    for view in (cache, other):
        assert names(view) == [f"New {n}" for n in range(CHUNK * 2 + 5)]
        assert view.count("shop", Kind.PRODUCTS) == CHUNK * 2 + 5
        assert view.generation("shop", Kind.PRODUCTS) == second
        assert view.read_at("shop", Kind.PRODUCTS) == LATER
    other.close()


def test_an_empty_catalogue_is_a_generation_too(cache: SqliteRecordCache) -> None:
    fill(cache, [product(1)])
    fill(cache, [], at=LATER)
    assert names(cache) == []
    assert cache.read_at("shop", Kind.PRODUCTS) == LATER


def test_a_reader_keeps_the_generation_it_began_with(cache: SqliteRecordCache) -> None:
    fill(cache, [product(n, "Old") for n in range(3000)])
    reader = cache.records("shop", Kind.PRODUCTS)
    seen = [next(reader).name]
    fill(cache, [product(1, "New")])
    seen += [record.name for record in reader]
    assert seen == [f"Old {n}" for n in range(3000)]


def test_a_reader_that_is_overtaken_twice_never_gets_a_shorter_catalogue(cache: SqliteRecordCache) -> None:
    fill(cache, [product(n, "Old") for n in range(3000)])
    reader = cache.records("shop", Kind.PRODUCTS)
    next(reader)
    fill(cache, [product(1, "New")])
    fill(cache, [product(1, "Newer")])
    with pytest.raises(WorkspaceError, match=r"only 1000 of 3000 products of shop.*read shop again"):
        list(reader)


def test_reading_pins_nothing(cache: SqliteRecordCache) -> None:
    fill(cache, [product(n) for n in range(3000)])
    reader = cache.records("shop", Kind.PRODUCTS)
    next(reader)
    with sqlite3.connect(cache.path, isolation_level=None) as con:
        cache.put("shop", Kind.PRODUCTS, [product(1)])
        busy, _, _ = con.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
    con.close()
    assert busy == 0, "a pinned snapshot would keep the log from starting again"
    assert len(list(reader)) == 2999


def test_single_records_are_replaced_or_added(cache: SqliteRecordCache) -> None:
    before = fill(cache, [product(1), product(2)])
    cache.put("shop", Kind.PRODUCTS, [product(2, "Changed"), product(3, "Added")])
    assert names(cache) == ["Seat 1", "Changed 2", "Added 3"]
    assert cache.count("shop", Kind.PRODUCTS) == 3
    assert cache.read_at("shop", Kind.PRODUCTS) == NOON
    after = cache.generation("shop", Kind.PRODUCTS)
    assert after > before
    cache.put("shop", Kind.PRODUCTS, [])
    assert cache.generation("shop", Kind.PRODUCTS) == after


def test_single_records_are_dropped_and_come_back_at_the_end(cache: SqliteRecordCache) -> None:
    before = fill(cache, [product(n) for n in range(3)])
    cache.drop("shop", Kind.PRODUCTS, ["p0", "p2", "gone"])
    assert cache.generation("shop", Kind.PRODUCTS) > before
    assert (names(cache), cache.count("shop", Kind.PRODUCTS)) == (["Seat 1"], 1)
    cache.put("shop", Kind.PRODUCTS, [product(2), product(1), product(0)])
    assert (names(cache), cache.count("shop", Kind.PRODUCTS)) == (["Seat 1", "Seat 2", "Seat 0"], 3)
    cache.drop("shop", Kind.PRODUCTS, ["p0", "p1", "p2"])
    cache.put("shop", Kind.PRODUCTS, [product(7)])
    assert names(cache) == ["Seat 7"]


def test_a_reader_may_meet_a_record_that_is_dropped(cache: SqliteRecordCache) -> None:
    fill(cache, [product(n) for n in range(3000)])
    reader = cache.records("shop", Kind.PRODUCTS)
    seen = [next(reader)]
    cache.drop("shop", Kind.PRODUCTS, ["p2999"])
    assert len([*seen, *reader]) == 2999


def test_connections_and_kinds_are_kept_apart(cache: SqliteRecordCache) -> None:
    fill(cache, [product(1)])
    fill(cache, [product(1, "Other")], connection="office")
    cache.forget("shop")
    assert names(cache) == []
    assert cache.read_at("shop", Kind.PRODUCTS) is None
    assert names(cache, "office") == ["Other 1"]


def test_what_an_interrupted_read_left_is_removed_by_the_next(cache: SqliteRecordCache) -> None:
    fill(cache, [product(1)])
    crashed = cache.begin("shop", Kind.PRODUCTS)
    crashed.add(product(n) for n in range(CHUNK * 3))
    session = cache._file.session
    assert session.value("SELECT count(*) FROM records") == CHUNK * 3 + 1
    writer = cache.begin("shop", Kind.PRODUCTS)
    assert session.value("SELECT count(*) FROM records") == 1
    with pytest.raises(WorkspaceError, match="read shop again"):
        crashed.add(product(n) for n in range(CHUNK))
    writer.add([product(7)])
    writer.commit(NOON)
    cache.begin("shop", Kind.PRODUCTS).abandon()
    assert session.fetch("SELECT id FROM records") == [("p7",)]


def test_an_abandoned_generation_leaves_the_current_one(cache: SqliteRecordCache) -> None:
    generation = fill(cache, [product(1)])
    writer = cache.begin("shop", Kind.PRODUCTS)
    writer.add(product(n) for n in range(CHUNK + 1))
    writer.abandon()
    assert names(cache) == ["Seat 1"]
    assert cache.generation("shop", Kind.PRODUCTS) == generation
    assert cache._file.session.value("SELECT count(*) FROM records") == 1
    with pytest.raises(WorkspaceError):
        writer.commit(NOON)


def test_a_reader_process_that_is_killed_leaves_the_old_generation(
    cache: SqliteRecordCache, file: Path, start: Any
) -> None:
    fill(cache, [product(1)])
    child = start("read_into_cache", file)
    assert child.stdout.readline() == "half way\n"
    child.kill()
    child.wait()
    assert names(cache) == ["Seat 1"]
    fill(cache, [product(2)])
    assert names(cache) == ["Seat 2"]


def test_an_id_that_comes_twice_is_named_as_such(cache: SqliteRecordCache) -> None:
    fill(cache, [product(1)])
    writer = cache.begin("shop", Kind.PRODUCTS)
    writer.add([product(2), product(2)])
    with pytest.raises(WorkspaceError, match="shop gave the same product id twice"):
        writer.commit(NOON)
    assert names(cache) == ["Seat 1"]


def test_a_full_disk_leaves_the_old_generation(cache: SqliteRecordCache) -> None:
    fill(cache, [product(1)])
    session = cache._file.session
    session.execute(f"PRAGMA max_page_count={session.value('PRAGMA page_count') + 20}")
    writer = cache.begin("shop", Kind.PRODUCTS)
    with pytest.raises(WorkspaceError, match="disk is full"):
        writer.add(product(n) for n in range(100_000))
    assert names(cache) == ["Seat 1"]


# ------------------------------------------------------------------------------------------------ unusable files
def damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)


def break_everything(file: Path) -> None:
    file.write_bytes(b"this is no database at all" * 500)


def write_by_another_version(file: Path) -> None:
    with sqlite3.connect(file) as con:
        con.execute(f"PRAGMA user_version={cache_file.FINGERPRINT ^ 1}")
    con.close()


def write_by_another_program(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as con:
        con.execute("CREATE TABLE something(id)")
    con.close()


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


@pytest.mark.parametrize(
    "spoil", [damage, break_everything, write_by_another_version, write_by_another_program, truncate]
)
def test_an_unusable_file_is_replaced_by_an_empty_one(file: Path, spoil: Any) -> None:
    first = open_cache(file)
    before = fill(first, [product(n) for n in range(500)])
    first.close()
    spoil(file)
    cache = open_cache(file)
    assert names(cache) == []
    assert cache.count("shop", Kind.PRODUCTS) == 0
    assert fill(cache, [product(1)]) > before, "generation numbers keep growing"
    assert names(cache) == ["Seat 1"]
    cache.close()


def test_damage_is_found_while_it_is_open(cache: SqliteRecordCache, file: Path) -> None:
    fill(cache, [product(n) for n in range(20_000)])
    session = cache._file.session
    session.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    session.execute("PRAGMA cache_size=1")
    content = bytearray(file.read_bytes())
    content[len(content) // 3 :] = b"\xff" * (len(content) - len(content) // 3)
    with file.open("r+b") as target:
        target.write(content)
    with pytest.raises(WorkspaceError, match="read shop again"):
        names(cache)
    assert names(cache) == []
    fill(cache, [product(1)])
    assert names(cache) == ["Seat 1"]


def test_a_file_that_was_removed_or_replaced_is_noticed(cache: SqliteRecordCache, file: Path) -> None:
    fill(cache, [product(1)])
    for found in file.parent.iterdir():
        found.unlink()
    assert names(cache) == []
    fill(cache, [product(2)])
    other = open_cache(file)
    assert names(other) == ["Seat 2"]
    other.close()


def test_records_of_another_shape_are_never_read_back(cache: SqliteRecordCache) -> None:
    fill(cache, [product(1)])
    cache._file.session.execute("UPDATE records SET doc=?", (b'{"id":"p1","name":"x","colour":"red"}',))
    with pytest.raises(WorkspaceError, match=r"another version.*read shop again"):
        names(cache)


def test_threads_share_it(cache: SqliteRecordCache) -> None:
    fill(cache, [product(1)])
    seen: list[list[str]] = []
    thread = threading.Thread(target=lambda: seen.append(names(cache)))
    thread.start()
    thread.join()
    assert seen == [["Seat 1"]]


def test_a_place_that_cannot_have_a_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="cannot be created"):
        open_cache(tmp_path / "file" / "cache.db")


# ------------------------------------------------------------------------------------------------ suggestions
def test_suggestions_are_kept_for_each_list_and_replaced_at_once(cache: SqliteRecordCache, file: Path) -> None:
    found = {"p2": [{"id": "s1", "score": 0.91, "evidence": ["same model WX-240"]}], "p1": [{"id": "s2"}, {"id": "s3"}]}
    cache.save_suggestions("shop", Kind.PRODUCTS, {**found, "none": []})
    cache.save_suggestions("shop", Kind.CUSTOMERS, {"c1": [{"id": "x"}]})
    again = open_cache(file)
    assert again.load_suggestions("shop", Kind.PRODUCTS) == found
    assert list(again.load_suggestions("shop", Kind.PRODUCTS)) == ["p2", "p1"]
    again.save_suggestions("shop", Kind.PRODUCTS, {"p9": [{"id": "s9"}]})
    assert cache.load_suggestions("shop", Kind.PRODUCTS) == {"p9": [{"id": "s9"}]}
    assert cache.load_suggestions("shop", Kind.CUSTOMERS) == {"c1": [{"id": "x"}]}
    assert cache.load_suggestions("other", Kind.PRODUCTS) == {}
    again.close()


def test_an_incremental_read_is_merged_whole_and_says_how_current_it_is(cache: SqliteRecordCache) -> None:
    writer = cache.begin("shop", Kind.PRODUCTS)
    writer.add([product(1), product(2), product(3)])
    writer.commit(NOON, NOON - timedelta(minutes=5))
    first = cache.reading("shop", Kind.PRODUCTS)
    assert first == Reading(NOON, NOON - timedelta(minutes=5), NOON)
    serial = cache.generation("shop", Kind.PRODUCTS)
    cache.merge("shop", Kind.PRODUCTS, {"p1": product(1)}, began=LATER, at=LATER)
    assert cache.generation("shop", Kind.PRODUCTS) == serial, "a change that was told twice changes nothing"
    assert cache.reading("shop", Kind.PRODUCTS) == Reading(LATER, LATER, NOON)
    cache.merge("shop", Kind.PRODUCTS, {"p1": product(1, "New"), "p2": None, "p9": product(9)}, began=LATER, at=LATER)
    assert cache.generation("shop", Kind.PRODUCTS) > serial
    assert names(cache) == ["New 1", "Seat 3", "Seat 9"]
    assert cache.count("shop", Kind.PRODUCTS) == 3
    cache.merge("shop", Kind.CUSTOMERS, {"c": Customer(id="c", name="Contoso")}, began=LATER, at=LATER)
    assert cache.reading("shop", Kind.CUSTOMERS) is None, "changes alone are no catalogue"
    cache.doubt("shop")
    assert cache.reading("shop", Kind.PRODUCTS) == Reading(LATER, LATER, None)
