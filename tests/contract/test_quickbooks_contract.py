"""The QuickBooks sandbox, and what the connector sends to it, against Intuit's own schema: names and types.

The schema has no customers (they are in a file of Intuit's that is not at hand) and no envelopes; those follow Intuit's pages
and are checked by the community clients. JSON spells a ``ReferenceType`` as ``{"value": ..., "name": ...}``.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.quickbooks import CONNECTOR
from connectors.sandbox.quickbooks import QuickBooks
from connectors.sandbox.quickbooks_objects import ITEM_FIELDS
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.store_world import StoreWorld
from engine.model import Field, Kind, Sku, canonical
from engine.ports import ConnectionContext, Draft, FieldWrite, RecordWrite, Result

SPECS = Path(__file__).parents[2].parent / "shared" / "specs"
XS = "{http://www.w3.org/2001/XMLSchema}"
#: JSON's own way to write a simple type's text.
PLAIN: dict[str, tuple[type, ...]] = {
    "xs:string": (str,),
    "id": (str,),
    "xs:boolean": (bool,),
    "xs:decimal": (int, float),
    "xs:int": (int,),
    "xs:integer": (int,),
    "xs:positiveInteger": (int,),
    "xs:date": (str,),
    "xs:dateTime": (str,),
}


class Schema:
    """Types of the two files, with what they inherit."""

    def __init__(self) -> None:
        self.types: dict[str, ET.Element] = {}
        self.enums: dict[str, set[str]] = {}
        for name in ("quickbooks_Finance.xsd", "quickbooks_IntuitBaseTypes.xsd"):
            for node in ET.parse(SPECS / name).getroot():
                if node.tag == f"{XS}complexType":
                    self.types[node.get("name", "")] = node
                elif node.tag == f"{XS}simpleType":
                    values = {one.get("value", "") for one in node.iter(f"{XS}enumeration")}
                    self.enums[node.get("name", "")] = values

    def fields(self, name: str) -> dict[str, str]:
        node = self.types.get(name.rpartition(":")[2])
        if node is None:
            return {}
        extension = node.find(f"{XS}complexContent/{XS}extension")
        found = {} if extension is None else self.fields(extension.get("base", ""))
        for part in (*node.iter(f"{XS}element"), *node.iter(f"{XS}attribute")):
            found[part.get("name") or part.get("ref", "").rpartition(":")[2]] = part.get("type", "")
        return found

    def problems(self, kind: str, value: Any, at: str = "$") -> Iterator[str]:
        """Where a JSON value is not what the schema says."""
        if isinstance(value, list):
            for index, one in enumerate(value):
                yield from self.problems(kind, one, f"{at}[{index}]")
        elif kind == "ReferenceType":
            if not isinstance(value, dict) or not set(value) <= {"value", "name", "type"} or "value" not in value:
                yield f"{at} is no reference: {value!r}"
        elif kind in self.types and kind != "id":
            known = self.fields(kind)
            for name, part in value.items():
                if name not in known:
                    yield f"{at}.{name} is not in {kind}"
                else:
                    yield from self.problems(known[name], part, f"{at}.{name}")
        elif self.enums.get(kind):
            if value not in self.enums[kind]:
                yield f"{at} is {value!r}, not one of {kind}"
        elif kind in PLAIN:
            right = isinstance(value, PLAIN[kind]) and (kind == "xs:boolean") == isinstance(value, bool)
            if not right:
                yield f"{at} is {value!r}, not {kind}"
            elif kind in {"xs:date", "xs:dateTime"}:
                (date if kind == "xs:date" else datetime).fromisoformat(value)


@pytest.fixture(scope="session")
def schema() -> Schema:
    return Schema()


@pytest.fixture(scope="session")
def company() -> Iterator[Served]:
    with serve_in_thread(QuickBooks(StoreWorld.make(seed=21, products=80), rate=0)) as served:
        yield served


@pytest.fixture
def written(company: Served, tmp_path: Path) -> Callable[..., Any]:
    """Open a connector on the company as just started; what it sends is in the company's log."""
    company.app.reset()
    secrets = company.credentials

    def open_one(**options: str) -> Any:
        references = {name: f"ref:{name}" for name in secrets}
        known = {**company.options, **references, **options}
        file = tmp_path / "books.json"
        return CONNECTOR.open(ConnectionContext("books", known, lambda one: secrets[one.removeprefix("ref:")], file))

    return open_one


def sent(company: Served, path: str) -> list[Any]:
    return [entry.body for entry in company.requests if entry.method == "POST" and entry.path.endswith(path)]


def test_the_fields_of_an_item_are_exactly_the_schemas(schema: Schema) -> None:
    assert set(schema.fields("Item")) == ITEM_FIELDS


@pytest.mark.parametrize("entity", ["Item", "Account", "Invoice", "SalesReceipt"])
def test_seeded_records_have_the_schemas_names_and_types(schema: Schema, company: Served, entity: str) -> None:
    company.app.reset()
    rows = company.state.rows(entity.lower())
    assert rows
    assert [problem for row in rows for problem in schema.problems(entity, row)] == []


def test_the_checker_sees_what_is_wrong(schema: Schema) -> None:
    wrong = {"Id": 7, "Nmae": "x", "Type": "Thing", "Active": 1, "UnitPrice": "12", "ParentRef": "3"}
    found = list(schema.problems("Item", wrong))
    assert [text.partition(" ")[0] for text in found] == [
        "$.Id",
        "$.Nmae",
        "$.Type",
        "$.Active",
        "$.UnitPrice",
        "$.ParentRef",
    ]


async def test_what_the_connector_writes_and_what_comes_of_it(
    schema: Schema, company: Served, written: Callable[..., Any]
) -> None:
    connector = written()
    rows = [row for row in company.state.rows("item") if row["Type"] == "Inventory" and row["Active"]][:3]

    def write(row: Any, key: str, *fields: tuple[Field, str, str]) -> RecordWrite:
        changes = tuple(FieldWrite(field, canonical(Decimal(str(row[column]))), to) for field, column, to in fields)
        return RecordWrite(f"{key}:{row['Id']}", Kind.PRODUCTS, row["Id"], row["Name"], changes)

    prices = [write(row, "p", (Field.PRICE, "UnitPrice", "7.125"), (Field.COST, "PurchaseCost", "3")) for row in rows]
    quantities = [write(row, "q", (Field.QUANTITY, "QtyOnHand", "500.5")) for row in rows]
    draft = Draft("k", Kind.PRODUCTS, "1", "A new thing", price=Decimal("1.10"), sku=Sku("N-1"), maintain_stock=True)
    outcomes = [*await connector.write(prices), *await connector.write(quantities), await connector.create(draft)]
    assert {outcome.result for outcome in outcomes} == {Result.APPLIED}
    now = company.state.get("item", rows[0]["Id"])
    back = FieldWrite(Field.QUANTITY, "500.5", canonical(Decimal(str(rows[0]["QtyOnHand"]))), outcomes[6].id)
    (undone,) = await connector.write([RecordWrite("u", Kind.PRODUCTS, now["Id"], now["Name"], (back,))])
    assert undone.result is Result.APPLIED
    await connector.close()

    items = [
        *sent(company, "/item"),
        *(entry["Item"] for one in sent(company, "/batch") for entry in one["BatchItemRequest"]),
    ]
    adjustments = sent(company, "/inventoryadjustment")
    assert (len(items), len(adjustments)) == (4, 4)
    problems = [problem for body in items for problem in schema.problems("Item", body)]
    problems += [problem for body in adjustments for problem in schema.problems("InventoryAdjustment", body)]
    problems += [text for row in company.state.rows("item") for text in schema.problems("Item", row)]
    problems += [
        text
        for row in company.state.rows("inventoryadjustment")
        for text in schema.problems("InventoryAdjustment", row)
    ]
    assert problems == []


async def test_an_absolute_quantity_has_the_schemas_names_too(
    schema: Schema, company: Served, written: Callable[..., Any]
) -> None:
    connector = written(quantity_by="item")
    row = next(row for row in company.state.rows("item") if row["Type"] == "Inventory" and row["Active"])
    change = FieldWrite(Field.QUANTITY, canonical(Decimal(row["QtyOnHand"])), "12")
    await connector.write([RecordWrite("k", Kind.PRODUCTS, row["Id"], row["Name"], (change,))])
    await connector.close()
    (body,) = sent(company, "/item")
    assert list(schema.problems("Item", body)) == []


def test_deleted_records_carry_the_schemas_word(schema: Schema) -> None:
    assert "Deleted" in schema.enums["EntityStatusEnum"]
