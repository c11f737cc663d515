"""Any sequence of operations gives the answers that stock TinyDB gives."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tinydb import Query, TinyDB, where
from tinydb.operations import set as operation_set
from tinydb.queries import QueryInstance
from tinydb.storages import MemoryStorage
from tinydb.table import Document

from engine.store.database import SqliteTinyDB

FIELDS = ("kind", "id", "size")
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([2**49, 2**63, -(2**70), 1.0, 0.5, -0.0, 1e300]),
    st.sampled_from(
        ["", "a", "A", "ä", "é", "\0", "a\0b", "1", "true", "null", "\U0001f600", "\ud800", "[1]", "'; --"]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["x", "y.z", ""]), inner, max_size=2)
    ),
    max_leaves=4,
)
documents = st.fixed_dictionaries({}, optional=dict.fromkeys((*FIELDS, "other"), values))
equalities = st.builds(
    lambda field, value: where(field) == value, st.sampled_from([*FIELDS, "other", "missing"]), values
)
nested = st.builds(lambda value: Query().id.x == value, scalars)
others = st.one_of(
    st.builds(lambda field: where(field).exists(), st.sampled_from(FIELDS)),
    st.builds(lambda field, value: where(field) != value, st.sampled_from(FIELDS), scalars),
    st.builds(lambda value: where("id").one_of(value), st.lists(scalars, max_size=3)),
)
queries: st.SearchStrategy[QueryInstance] = st.recursive(
    st.one_of(equalities, nested, others),
    lambda inner: st.one_of(
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
    ),
    max_leaves=4,
)
changes = st.one_of(documents, st.builds(operation_set, st.sampled_from(FIELDS), values))
ids = st.lists(st.integers(0, 6), max_size=4)
operations = st.one_of(
    st.tuples(st.just("insert"), documents),
    st.tuples(st.just("insert_multiple"), st.lists(documents, max_size=3)),
    st.tuples(st.just("search"), queries),
    st.tuples(st.just("count"), queries),
    st.tuples(st.just("contains"), queries),
    st.tuples(st.just("get"), queries),
    st.tuples(st.just("get_id"), st.integers(0, 6)),
    st.tuples(st.just("get_ids"), ids),
    st.tuples(st.just("update"), changes, queries),
    st.tuples(st.just("update_ids"), changes, ids),
    st.tuples(st.just("update_all"), documents),
    st.tuples(st.just("update_multiple"), st.lists(st.tuples(changes, queries), max_size=3)),
    st.tuples(st.just("upsert"), documents, queries),
    st.tuples(st.just("remove"), queries),
    st.tuples(st.just("remove_ids"), ids),
    st.tuples(st.just("truncate")),
    st.tuples(st.just("all")),
    st.tuples(st.just("len")),
    st.tuples(st.just("iter")),
)
keyword_operations = {
    "get_id": lambda table, doc_id: table.get(doc_id=doc_id),
    "get_ids": lambda table, ids: table.get(doc_ids=ids),
    "update_ids": lambda table, doc, ids: table.update(doc, doc_ids=ids),
    "update_all": lambda table, doc: table.update(doc),
    "remove_ids": lambda table, ids: table.remove(doc_ids=list(dict.fromkeys(ids))),
    "len": len,
    "iter": list,
}


def answer(table: Any, operation: tuple[Any, ...]) -> Any:
    name, *args = deepcopy(operation) if operation[0] in {"insert", "insert_multiple"} else operation
    call = keyword_operations.get(name)
    result = call(table, *args) if call else getattr(table, name)(*args)
    return plain(result)


def plain(result: Any) -> Any:
    """Documents with their ids; types told apart (True is not 1, 1 is not 1.0)."""
    if isinstance(result, Document):
        return result.doc_id, repr(dict(result))
    if isinstance(result, list):
        return [plain(item) for item in result]
    return result


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Any:
    file: Path = tmp_path_factory.mktemp("semantics") / "x.db"
    with SqliteTinyDB(file, indexes={"things": ("id", "kind")}) as opened:
        yield opened


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(operations, max_size=12))
def test_answers_are_those_of_stock_tinydb(db: SqliteTinyDB, sequence: list[tuple[Any, ...]]) -> None:
    db.drop_tables()
    stock = TinyDB(storage=MemoryStorage).table("things")
    ours = db.table("things")
    for operation in sequence:
        expected = answer(stock, operation)
        assert answer(ours, operation) == expected, operation
        if operation[0] not in {"search", "all", "iter", "get", "get_id", "get_ids"}:
            assert answer(ours, ("all",)) == answer(stock, ("all",))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 9)), documents), max_size=6))
def test_documents_keep_the_ids_they_come_with(
    db: SqliteTinyDB, batch: list[tuple[int | None, dict[str, Any]]]
) -> None:
    db.drop_tables()
    stock = TinyDB(storage=MemoryStorage).table("things")
    ours = db.table("things")
    for doc_id, doc in batch:
        outcomes = []
        for table in (stock, ours):
            document = deepcopy(doc) if doc_id is None else Document(deepcopy(doc), doc_id)
            try:
                outcomes.append(table.insert(document))
            except ValueError as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]
    assert sorted(answer(ours, ("all",))) == sorted(answer(stock, ("all",)))


def test_what_a_caller_does_to_an_answer_stays_with_the_caller(db: SqliteTinyDB) -> None:
    db.drop_tables()
    table = db.table("things")
    table.insert({"id": "a", "tags": ["x"]})
    for _ in range(3):
        (found,) = table.search(where("id") == "a")
        assert found == {"id": "a", "tags": ["x"]}
        found["tags"].append("spoilt")
        found["id"] = "b"


def test_an_id_is_never_used_twice(db: SqliteTinyDB) -> None:
    db.drop_tables()
    table = db.table("things")
    assert table.insert_multiple([{}, {}]) == [1, 2]
    table.remove(doc_ids=[2])
    with SqliteTinyDB(db.storage.path) as reopened:
        assert reopened.table("things").insert({}) == 3


def test_persist_empty_keeps_what_a_table_has(db: SqliteTinyDB) -> None:
    db.drop_tables()
    db.table("kept").insert({"a": 1})
    with SqliteTinyDB(db.storage.path) as reopened:
        assert reopened.table("kept", persist_empty=True).all() == [{"a": 1}]
        assert reopened.tables() == {"kept"}


def test_tables_with_any_name_are_kept_apart(db: SqliteTinyDB) -> None:
    db.drop_tables()
    names = ["a", "A", "ä", 'x"y', "t_a", "_default", "", "a; DROP TABLE t_a"]
    for name in names:
        db.table(name).insert({"name": name})
    assert db.tables() == set(names)
    assert [db.table(name).all() for name in names] == [[{"name": name}] for name in names]
    db.drop_table("A")
    assert db.tables() == set(names) - {"A"}
    assert db.table("a").all() == [{"name": "a"}]


def test_nothing_that_is_not_json_gets_in(db: SqliteTinyDB) -> None:
    db.drop_tables()
    table = db.table("things")
    for value in (float("nan"), float("inf"), object(), {1, 2}):
        with pytest.raises((ValueError, TypeError)):
            table.insert_multiple([{"fine": 1}, {"bad": value}])
    assert table.all() == []


def test_foreign_code_may_use_the_whole_table_protocol(db: SqliteTinyDB) -> None:
    db.drop_tables()
    table = db.table("things")
    table.insert_multiple([{"n": 1}, {"n": 2}])

    def double(documents: dict[int, Any]) -> None:
        for document in documents.values():
            document["n"] *= 2
        documents[9] = {"n": 9}

    table._update_table(double)
    assert [(doc.doc_id, doc["n"]) for doc in table] == [(1, 2), (2, 4), (9, 9)]
    assert table.insert({}) == 10
