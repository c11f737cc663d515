"""Every operation of the Shopify connector against the vendor's own schema, and what none of them may ever ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    DirectiveNode,
    FieldNode,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    assert_input_type,
    build_schema,
    parse,
    validate,
    visit,
)
from graphql.utilities import coerce_input_value

from connectors.shopify import operations
from connectors.shopify.jobs import Job
from connectors.shopify.merge import merge
from connectors.shopify.operations import ALL, Operation
from connectors.shopify.quantities import quantities_input
from engine.model import Field, Kind
from engine.ports import FieldWrite, RecordWrite

SPECS = Path(__file__).parents[2].parent / "shared" / "specs"
TEXTS = {"title", "descriptionHtml", "bodyHtml", "handle", "vendor", "productType", "tags", "options", "optionValues"}
each_operation = pytest.mark.parametrize("operation", ALL, ids=[one.name for one in ALL])


@pytest.fixture(scope="session")
def schema() -> GraphQLSchema:
    return build_schema((SPECS / "shopify_admin_2026-07.subset.graphql").read_text(encoding="utf-8"))


def definitions(operation: Operation) -> list[OperationDefinitionNode]:
    return [one for one in parse(operation.text).definitions if isinstance(one, OperationDefinitionNode)]


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for key in node.keys:
        value = getattr(node, key, None)
        for inner in value if isinstance(value, tuple | list) else (value,):
            if isinstance(inner, Node):
                yield from nodes(inner)


@each_operation
def test_it_is_valid(schema: GraphQLSchema, operation: Operation) -> None:
    assert [str(error) for error in validate(schema, parse(operation.text))] == []


@each_operation
def test_it_asks_for_one_root_field_that_is_not_deprecated(schema: GraphQLSchema, operation: Operation) -> None:
    (definition,) = definitions(operation)
    (root,) = definition.selection_set.selections
    assert isinstance(root, FieldNode)
    assert (definition.name and definition.name.value, root.name.value) == (operation.name, operation.field)
    assert (definition.operation.value == "mutation") is operation.writes
    info, deprecated = TypeInfo(schema), []

    class Look(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            found = info.get_field_def()
            if found is not None and found.deprecation_reason:
                deprecated.append(node.name.value)

    visit(parse(operation.text), TypeInfoVisitor(info, Look()))
    assert deprecated == []


def test_every_operation_is_listed() -> None:
    made = {value for value in vars(operations).values() if isinstance(value, Operation)}
    assert made == set(ALL)
    assert len({one.name for one in ALL}) == len(ALL)


def test_quantities_are_set_with_a_key_and_nothing_else_is(schema: GraphQLSchema) -> None:
    marked = {
        operation.name
        for operation in ALL
        for node in nodes(parse(operation.text))
        if isinstance(node, DirectiveNode) and node.name.value == "idempotent"
    }
    assert marked == {"SetQuantities"}


@pytest.mark.parametrize("operation", [one for one in ALL if one.writes], ids=[one.name for one in ALL if one.writes])
def test_no_mutation_can_say_a_name_or_a_description(schema: GraphQLSchema, operation: Operation) -> None:
    """Values are in variables only, so what the inputs of the connector's schema allow is all that can be sent."""
    (definition,) = definitions(operation)
    (root,) = definition.selection_set.selections
    assert isinstance(root, FieldNode)
    written = {argument.name.value for argument in root.arguments}
    assert not written & TEXTS
    literals = [node for node in nodes(root) if node.kind in {"string_value", "object_value", "object_field"}]
    assert literals == []


def changes(**after: str) -> RecordWrite:
    held = {"price": "12.5", "cost": "4.5", "quantity": "7", "sku": "S-1"}
    fields = tuple(FieldWrite(Field(name), held[name], value) for name, value in after.items())
    return RecordWrite("run-1:storefront:products:20", Kind.PRODUCTS, "20", "Shirt", fields)


VARIANT = {
    "id": "gid://shopify/ProductVariant/20",
    "title": "Default Title",
    "sku": "S-1",
    "price": "12.50",
    "product": {"id": "gid://shopify/Product/10", "title": "Shirt"},
    "inventoryItem": {
        "id": "gid://shopify/InventoryItem/30",
        "tracked": True,
        "unitCost": {"amount": "4.5", "currencyCode": "CAD"},
        "inventoryLevel": {"isActive": True, "quantities": [{"name": "available", "quantity": 7}]},
    },
}


def test_a_product_sync_sends_prices_costs_skus_and_quantities_only(schema: GraphQLSchema) -> None:
    """The largest input that can be made is taken by the schema, and has no other field at all."""
    merged = merge(VARIANT, changes(price="13", cost="5.25", quantity="3", sku="S-2"), "available", counts=True)
    variant = {"id": VARIANT["id"], **merged.body}
    assert set(variant) == {"id", "price", "inventoryItem"}
    assert set(variant["inventoryItem"]) == {"cost", "sku"}
    job = Job(0, changes(), "gid://shopify/Product/10", merged)
    location = "gid://shopify/Location/1"
    quantities = quantities_input([job], location, "available")
    assert quantities["quantities"] == [
        {
            "inventoryItemId": "gid://shopify/InventoryItem/30",
            "locationId": location,
            "quantity": 3,
            "changeFromQuantity": 7,
        }
    ]
    for name, value in (("ProductVariantsBulkInput", variant), ("InventorySetQuantitiesInput", quantities)):
        assert coerce_input_value(value, assert_input_type(schema.get_type(name))) == value
