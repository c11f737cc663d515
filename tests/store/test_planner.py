"""SQL may only narrow: it lets through at least what the Python query accepts, and uses the declared index."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinydb import Query, where

from engine.model import Kind
from engine.store import SqliteStore
from engine.store.naming import expression, table_name
from engine.store.planner import plan
from engine.store.schema import INDEXES

INDEXED = ("storefront_id", "integration")


def test_equality_and_and_become_sql_with_the_most_selective_index_first() -> None:
    query = (where("integration") == "shop") & (where("how") == "by hand") & (where("storefront_id") == "7")
    sql, args = plan(query, INDEXED)
    assert sql == (
        " WHERE json_extract(doc,'$.storefront_id') IS ? AND +json_extract(doc,'$.integration') IS ?"
        " AND +json_extract(doc,'$.how') IS ?"
    )
    assert args == ["7", "shop", "by hand"]


@pytest.mark.parametrize("value", [1.0, Decimal(1), 2**49, "a\0", "\ud800", ["x"], {"x": 1}])
def test_what_sqlite_may_compare_otherwise_is_left_to_python(value: Any) -> None:
    assert plan(where("storefront_id") == value, INDEXED) == ("", [])


@pytest.mark.parametrize(
    "query",
    [
        where("a") != 1,
        (where("a") == 1) | (where("b") == 1),
        ~(where("a") == 1),
        where("a").map(len) == 1,
        where("a.b") == 1,
        where("x-y") == 1,
        where("ä") == 1,
        where("a").test(bool),
        lambda _: True,
        None,
    ],
)
def test_any_other_query_scans(query: Any) -> None:
    assert plan(query, INDEXED) == ("", [])


class Loud(str):
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.upper() == other.upper()

    __hash__ = str.__hash__


def test_a_word_of_an_enumeration_is_planned_as_its_text() -> None:
    sql, args = plan(where("kind") == Kind.PRODUCTS, ())
    assert (sql, args, type(args[0])) == (" WHERE json_extract(doc,'$.kind') IS ?", ["products"], str)
    assert plan(where("kind") == Loud("products"), ()) == ("", [])


def test_nested_fields_are_planned() -> None:
    assert plan(Query().source.id == 3, ()) == (" WHERE json_extract(doc,'$.source.id') IS ?", [3])


@given(st.text())
def test_a_value_is_never_part_of_the_statement(value: str) -> None:
    sql, args = plan(where("id") == value, ())
    assert sql in {"", " WHERE json_extract(doc,'$.id') IS ?"}
    assert args in ([], [value])


@pytest.mark.parametrize("field", ["a b", "a'", "a.", "", "1a", "ä"])
def test_a_field_that_cannot_be_spelled_is_refused_as_an_index(field: str) -> None:
    with pytest.raises(ValueError, match="cannot index"):
        expression(field)


@pytest.mark.parametrize("table", sorted(name for name in INDEXES if INDEXES[name]))
def test_sqlite_uses_every_declared_index(store: SqliteStore, table: str) -> None:
    for field in INDEXES[table]:
        sql, args = plan(where(field) == "x", INDEXES[table])
        steps = store.db.storage.state.session.fetch(
            f"EXPLAIN QUERY PLAN SELECT id, doc FROM {table_name(table)}{sql} ORDER BY id", args
        )
        assert f"USING INDEX t_{table}.{field}" in steps[0][3]


def test_a_query_on_several_indexed_fields_takes_the_first_declared(store: SqliteStore) -> None:
    fields = INDEXES["mappings"]
    query = where(fields[-1]) == "x"
    for field in fields[:-1]:
        query &= where(field) == "x"
    sql, args = plan(query, fields)
    steps = store.db.storage.state.session.fetch(f"EXPLAIN QUERY PLAN SELECT id FROM t_mappings{sql}", args)
    assert f"USING INDEX t_mappings.{fields[0]}" in steps[0][3]
