"""What became of objects and fields between two retrievals, and which field mappings that breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SystemClock
from engine.crm import SchemaField, SchemaObject
from engine.errors import UnknownId
from engine.schema import Drift, SchemaChange, Schemas, compare
from engine.store import SqliteStore, open_store

NAMES = ("A", "B", "C", "D")
FIELDS = st.dictionaries(
    st.sampled_from(NAMES), st.builds(
        SchemaField, name=st.just(""), label=st.just(""), type=st.sampled_from(["string", "double"]),
        length=st.sampled_from([0, 10]), updateable=st.booleans(),
    ), max_size=4,
)  # fmt: skip
SCHEMA = st.dictionaries(st.sampled_from(("Item", "Extra__c")), FIELDS, max_size=2)


def objects(drawn: dict[str, dict[str, SchemaField]]) -> list[SchemaObject]:
    return [
        SchemaObject(name, name, name.endswith("__c"), tuple(replace(field, name=key) for key, field in fields.items()))
        for name, fields in drawn.items()
    ]


@given(SCHEMA, SCHEMA)
def test_every_difference_is_found_once_and_nothing_else(before: dict, after: dict) -> None:
    changes = compare(objects(before), objects(after))
    seen = {(change.object, change.field): change.what for change in changes}
    assert len(seen) == len(changes)
    for name in {*before, *after}:
        if (name in before) != (name in after):
            assert seen.pop((name, "")) is (Drift.ADDED if name in after else Drift.GONE)
            continue
        old, new = before[name], after[name]
        for field in {*old, *new}:
            what = seen.pop((name, field), None)
            if field not in old:
                assert what is Drift.ADDED
            elif field not in new:
                assert what is Drift.GONE
            elif old[field].type != new[field].type:
                assert what is Drift.RETYPED
            else:
                assert what is (Drift.CHANGED if old[field] != new[field] else None)
    assert not seen


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with open_store(tmp_path / "workspace.db") as opened:
        yield opened


def test_a_retrieval_replaces_the_one_before_and_remembers_what_it_changed(store: SqliteStore) -> None:
    schemas = Schemas(store, SystemClock())
    color = SchemaField("Color__c", "Color", "string", length=10, updateable=True)
    first = schemas.replace("sf", [SchemaObject("Product2", "Product", custom=False, fields=(color,))], {})
    assert first.changes == ()  # nothing was known before
    second = schemas.replace(
        "sf",
        [SchemaObject("Product2", "Product", custom=False, fields=())],
        {("Product2", "Color__c"): ["Product2.Color__c"]},
    )
    lost = SchemaChange("Product2", "Color__c", Drift.GONE, before="string(10)", breaks=("Product2.Color__c",))
    assert second.changes == (lost,)
    again = schemas.state("sf")
    assert again.changes == (lost,)
    assert again.at == second.at
    assert again.object("product2").fields == ()
    assert schemas.state("other").at is None
    with pytest.raises(UnknownId, match="Product2"):
        again.object("Nope")
