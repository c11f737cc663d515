"""The schema that the Shopify sandbox serves is a part of the vendor's own: nothing in it is invented."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_introspection_type,
)

from connectors.sandbox.shopify_schema import schema as served

SPECS = Path(__file__).parents[2].parent / "shared" / "specs"
NAMES = sorted(name for name, one in served().type_map.items() if not is_introspection_type(one))


@pytest.fixture(scope="session")
def vendor() -> GraphQLSchema:
    return build_schema((SPECS / "shopify_admin_2026-07.subset.graphql").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_a_type_has_the_vendors_fields_arguments_and_values(vendor: GraphQLSchema, name: str) -> None:
    mine: GraphQLNamedType = served().type_map[name]
    theirs = vendor.type_map[name]
    assert type(mine) is type(theirs)
    if isinstance(mine, GraphQLEnumType):
        assert isinstance(theirs, GraphQLEnumType)
        assert set(mine.values) <= set(theirs.values)
    elif isinstance(mine, GraphQLInputObjectType):
        assert isinstance(theirs, GraphQLInputObjectType)
        assert {key: str(field.type) for key, field in mine.fields.items()}.items() <= {
            key: str(field.type) for key, field in theirs.fields.items()
        }.items()
    elif isinstance(mine, GraphQLObjectType):
        assert isinstance(theirs, GraphQLObjectType)
        for key, field in mine.fields.items():
            assert str(field.type) == str(theirs.fields[key].type), key
            known = theirs.fields[key].args
            for argument, how in field.args.items():
                assert (str(how.type), how.default_value) == (
                    str(known[argument].type),
                    known[argument].default_value,
                ), f"{key}({argument})"


def test_what_a_client_must_give_there_it_must_give_here(vendor: GraphQLSchema) -> None:
    for name, mine in served().type_map.items():
        theirs = vendor.type_map[name]
        if isinstance(mine, GraphQLInputObjectType) and isinstance(theirs, GraphQLInputObjectType):
            needed = {key for key, field in theirs.fields.items() if str(field.type).endswith("!")}
            assert needed <= set(mine.fields), name


def test_the_directive_is_the_vendors(vendor: GraphQLSchema) -> None:
    mine, theirs = served().get_directive("idempotent"), vendor.get_directive("idempotent")
    assert mine is not None
    assert theirs is not None
    assert mine.locations == theirs.locations
    assert {key: str(one.type) for key, one in mine.args.items()} == {"key": "String!"}
