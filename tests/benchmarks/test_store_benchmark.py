"""The store against raw sqlite3 and against stock TinyDB, as ratios measured in one run.

Run with ``pytest -n0 -m benchmark tests/benchmarks/test_store_benchmark.py``; CROSSWALK_BENCHMARK_LARGE=1 adds 100,000
documents. Everything is durable on both sides (WAL with synchronous=FULL; stock TinyDB's fsync).
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB, where

from engine.model import Kind, PriceOption, Product, Sku
from engine.store import open_cache, open_store
from engine.store.naming import expression
from engine.store.schema import INDEXES

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

SIZES = [10_000, *([100_000] if os.environ.get("CROSSWALK_BENCHMARK_LARGE") else [])]
BULK = 1000


def document(n: int) -> dict[str, Any]:
    """17 fields, about 390 bytes."""
    return {
        "integration": "shop",
        "kind": "products",
        "storefront_id": f"P{n:06d}",
        "backoffice_id": f"{700_000 + n}",
        "how": "by hand",
        "who": "admin",
        "at": "2026-05-04T12:00:00.000000+00:00",
        "price": "12.50",
        "cost": "9.75",
        "quantity": str(n % 50),
        "sku": f"WX-{n}",
        "note": "x" * 40,
        "active": True,
        "rule": None,
        "version": n % 7,
        "counterpart": f"Firewall appliance {n}",
        "run": "r17",
    }


class Raw:
    """What one would write by hand: the same file layout, indexes and durability, nothing around them."""

    def __init__(self, path: Path, size: int) -> None:
        self.con = sqlite3.connect(path, isolation_level=None)
        self.con.execute("PRAGMA journal_mode=WAL")
        self.con.execute("PRAGMA synchronous=FULL")
        self.con.execute("CREATE TABLE mappings(id INTEGER PRIMARY KEY, doc TEXT NOT NULL)")
        for field in INDEXES["mappings"]:
            self.con.execute(f'CREATE INDEX "{field}" ON mappings({expression(field)})')
        self.con.execute("BEGIN")
        rows = ((n + 1, json.dumps(document(n))) for n in range(size))
        self.con.executemany("INSERT INTO mappings VALUES(?,?)", rows)
        self.con.execute("COMMIT")

    def insert(self, n: int) -> None:
        self.con.execute("INSERT INTO mappings(doc) VALUES(?)", (json.dumps(document(n)),))

    def update(self, doc_id: int, n: int) -> None:
        self.con.execute("BEGIN IMMEDIATE")
        self._update(doc_id, n)
        self.con.execute("COMMIT")

    def _update(self, doc_id: int, n: int) -> None:
        (raw,) = self.con.execute("SELECT doc FROM mappings WHERE id=?", (doc_id,)).fetchone()
        raw = json.dumps(json.loads(raw) | {"price": str(n)})
        self.con.execute("UPDATE mappings SET doc=? WHERE id=?", (raw, doc_id))

    def search(self, id: str) -> list[dict[str, Any]]:
        sql = f"SELECT doc FROM mappings WHERE {expression('storefront_id')} IS ?"
        return [json.loads(raw) for (raw,) in self.con.execute(sql, (id,))]

    def bulk(self, n: int) -> None:
        self.con.execute("BEGIN IMMEDIATE")
        for doc_id in range(1, BULK + 1):
            self._update(doc_id, n)
        self.con.execute("COMMIT")

    def scan(self) -> int:
        return len([json.loads(raw) for (raw,) in self.con.execute("SELECT doc FROM mappings")])


class Tiny:
    """The same through TinyDB's API, stock or ours."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def insert(self, n: int) -> None:
        self.table.insert(document(n))

    def update(self, doc_id: int, n: int) -> None:
        self.table.update({"price": str(n)}, doc_ids=[doc_id])

    def search(self, id: str) -> list[dict[str, Any]]:
        return self.table.search(where("storefront_id") == id)

    def bulk(self, n: int) -> None:
        self.table.update({"price": str(n)}, doc_ids=range(1, BULK + 1))

    def scan(self) -> int:
        return len(self.table.all())


def seconds(works: dict[str, Callable[[int], object]], repeat: int) -> dict[str, float]:
    """The time of one call on each side: the sides take turns, so that a slow moment of the disk meets all of them,
    and the lower quartile counts, because what is slower than that was somebody else's work. Stock runs three times.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    for n in range(repeat):
        for name, work in works.items():
            if name != "stock" or n < 3:
                begun = time.perf_counter()
                work(n)
                times[name].append(time.perf_counter() - begun)
    return {name: sorted(taken)[len(taken) // 4] for name, taken in times.items()}


@pytest.fixture(params=SIZES, ids=lambda size: f"{size} documents")
def contestants(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    size = request.param
    documents = [document(n) for n in range(size)]
    with open_store(tmp_path / "ours.db") as store, TinyDB(tmp_path / "stock.json") as stock:
        for table in (store.table("mappings"), stock.table("mappings")):
            table.insert_multiple(documents)
        raw = Raw(tmp_path / "raw.db", size)
        yield size, {"ours": Tiny(store.table("mappings")), "raw": raw, "stock": Tiny(stock.table("mappings"))}
        raw.con.close()


def test_store_ratios(contestants: tuple[int, dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    size, sides = contestants
    works: dict[str, tuple[Callable[[Any], Callable[[int], object]], int, float]] = {
        # name: (what to do, how often, how many times raw sqlite3 it may cost)
        "insert 1": (lambda side: lambda n: side.insert(size + n), 300, 3),
        "update 1 by id": (lambda side: lambda n: side.update(n + 1, n), 300, 3),
        "indexed search": (lambda side: lambda n: side.search(f"P{n:06d}"), 1000, 10),
        "bulk update 1k": (lambda side: side.bulk, 7, 2),
        "full scan": (lambda side: lambda _: side.scan(), 5, 2.5),
    }
    lines, too_slow = [], []
    for name, (work, repeat, limit) in works.items():
        spent = seconds({side: work(contestant) for side, contestant in sides.items()}, repeat)
        ours, raw, stock = spent["ours"], spent["raw"], spent["stock"]
        lines.append(f"{name:>16}: {ours * 1000:9.3f} ms   ours/raw {ours / raw:5.2f}   stock/ours {stock / ours:9.1f}")
        if ours / raw > limit:
            too_slow.append(f"{name}: {ours / raw:.2f} x raw sqlite3, at most {limit}")
    with capsys.disabled():
        print(f"\n{size} documents\n" + "\n".join(lines))
    assert not too_slow


def product(n: int) -> Product:
    return Product(
        id=f"P{n:06d}",
        name=f"Business Premium seat {n} annual",
        description="Cloud productivity for small teams, per seat and month",
        brand="Contoso",
        mpn=f"CFQ7TTC0{n:05d}",
        category="Licences",
        prices=(PriceOption(amount=Decimal("12.34"), currency="USD"),),
        costs=(PriceOption(amount=Decimal("10.50"), currency="USD"),),
        skus=(Sku(value=f"SKU{n}"),),
        version="2026-05-04T12:00:00Z",
    )


def test_loading_a_hundred_thousand_cached_products(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size = 100_000
    cache = open_cache(tmp_path / "cache.db")
    spent: dict[str, float] = {}

    def measure(name: str, work: Callable[[], object]) -> None:
        begun = time.perf_counter()
        work()
        spent[name] = time.perf_counter() - begun

    def write() -> None:
        writer = cache.begin("shop", Kind.PRODUCTS)
        for page in range(0, size, 1000):
            writer.add([product(n) for n in range(page, page + 1000)])
        writer.commit(datetime.now(UTC))

    def query() -> None:
        con = sqlite3.connect(cache.path)
        assert len(con.execute("SELECT id, name, doc FROM records ORDER BY key").fetchall()) == size
        con.close()

    measure("build and write a generation", write)
    measure("raw sqlite3 fetchall", query)
    measure("raw()", lambda: sum(1 for _ in cache.raw("shop", Kind.PRODUCTS)))
    measure("records()", lambda: sum(1 for _ in cache.records("shop", Kind.PRODUCTS)))
    base = spent["raw sqlite3 fetchall"]
    with capsys.disabled():
        print(f"\n{size} cached products")
        for name, took in spent.items():
            print(f"{name:>29}: {took:6.2f} s   {took / base:6.1f} x raw sqlite3")
    cache.close()
    assert spent["raw()"] < 4 * base
