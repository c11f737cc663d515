"""The private names of TinyDB that the store is built on: a release that renames one fails here, not in a workspace."""

from __future__ import annotations

import tinydb
from tinydb import where
from tinydb.table import Table


def test_the_pinned_series_is_installed() -> None:
    assert tinydb.__version__.startswith("4.9.")


def test_a_query_has_a_structural_hash() -> None:
    query = (where("a") == 1) & (where("b") == "x")
    assert query._hash == ("and", frozenset({("==", ("a",), 1), ("==", ("b",), "x")}))
    assert (where("a").map(len) == 1)._hash is None
    assert (where("a") == 1).is_cacheable()


def test_a_table_has_the_methods_that_are_replaced() -> None:
    for name in ("_get_next_id", "_read_table", "_update_table", "clear_cache", "upsert"):
        assert callable(getattr(Table, name))
    table = tinydb.TinyDB(storage=tinydb.storages.MemoryStorage).table("x")
    for name in ("_storage", "_name", "_query_cache", "_next_id"):
        assert hasattr(table, name)
