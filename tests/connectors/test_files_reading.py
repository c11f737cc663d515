"""Reading files: what is taken, what is refused, and how the refusal is worded."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from connectors.files import CONNECTOR
from engine.errors import IncompleteRead, Rejected, Unreachable, UsageError
from engine.model import Customer, Fee, Field, Kind, PriceOption, Product, Sku
from engine.ports import ConnectionContext


def open_files(**options: str):
    named = {name.replace("__", "."): value for name, value in options.items()}
    return CONNECTOR.open(ConnectionContext("shop", named, lambda reference: reference))


async def read(connector, kind: Kind = Kind.PRODUCTS):
    return [record async for page in connector.read(kind) for record in page.records]


def products(tmp_path: Path, text: str | bytes, name: str = "items.csv", **options: str):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_files(products__path=str(path), **{f"products__{key}": value for key, value in options.items()})


async def refusal(connector, kind: Kind = Kind.PRODUCTS) -> str:
    with pytest.raises(IncompleteRead) as caught:
        await read(connector, kind)
    return str(caught.value)


async def test_a_csv_with_our_own_names_needs_no_mapping(tmp_path):
    connector = products(
        tmp_path,
        "id,name,description,brand,mpn,sku,upc,category,price,cost,quantity,currency,active,External ID\n"
        'a1,"Seat, annual",text,Contoso,M-1,S-1,0123,Seats,"$1,299.00",900,7,usd,yes,77\n',
    )
    assert await read(connector) == [
        Product(
            id="a1", name="Seat, annual", description="text", brand="Contoso", mpn="M-1", upc="0123", category="Seats",
            external_id="77", prices=(PriceOption(Decimal("1299.00"), "USD"),), costs=(PriceOption(Decimal(900), "USD"),),
            skus=(Sku("S-1"),), quantity=Decimal(7),
        )
    ]  # fmt: skip


async def test_columns_are_mapped_and_equal_names_taken_by_themselves(tmp_path):
    connector = products(
        tmp_path, "nr;title;modelno;Price\n7;Router;X-1;49,90\n",
        delimiter=";", decimal=",", columns__id="nr", columns__name="title", columns__sku="modelno",
    )  # fmt: skip
    assert await read(connector) == [
        Product(id="7", name="Router", skus=(Sku("X-1"),), prices=(PriceOption(Decimal("49.90")),))
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "items.json",
            '[{"id": 1, "name": "A", "price": 10.10, "tags": ["x"]}, {"id": "2", "name": "B", "price": null}]',
        ),
        ("items.json", '{"at": "now", "products": [{"id":1,"name":"A","price":"10.10"},{"id":2,"name":"B"}]}'),
        ("items.jsonl", '{"id": 1, "name": "A", "price": 10.10}\n\n{"id": 2, "name": "B"}\n'),
    ],
)
async def test_json_in_its_three_shapes_keeps_decimals_exact(tmp_path, name, text):
    read_back = await read(products(tmp_path, text, name))
    assert [(r.id, r.name, [str(p.amount) for p in r.prices]) for r in read_back] == [
        ("1", "A", ["10.10"]),
        ("2", "B", []),
    ]


async def test_customers_and_fees_come_from_their_own_files(tmp_path):
    (tmp_path / "c.csv").write_text("id,name,email,Postal Code,active\nc1,Contoso,it@contoso.com,98052,no\n")
    (tmp_path / "f.csv").write_text("id,name,type,amount,currency\nf1,Setup Fee,setup,25.00,EUR\n")
    connector = open_files(customers__path=str(tmp_path / "c.csv"), fees__path=str(tmp_path / "f.csv"))
    assert connector.capabilities.reads == {Kind.CUSTOMERS, Kind.FEES}
    assert await read(connector, Kind.CUSTOMERS) == [
        Customer(id="c1", name="Contoso", email="it@contoso.com", postal_code="98052", active=False)
    ]
    assert await read(connector, Kind.FEES) == [Fee("f1", "Setup Fee", "setup", Decimal("25.00"), "EUR")]
    with pytest.raises(Rejected, match=r"products\.path"):
        await read(connector, Kind.PRODUCTS)


async def test_pages_are_complete_and_an_emptied_file_is_an_empty_complete_read(tmp_path):
    lines = "".join(f"{n},Item {n}\n" for n in range(1201))
    connector = products(tmp_path, "id,name\n" + lines)
    sizes = [len(page.records) async for page in connector.read(Kind.PRODUCTS)]
    assert sizes == [500, 500, 201]
    (tmp_path / "items.csv").write_text("id,name\n")
    assert await read(connector) == []
    assert await connector.read_some(Kind.PRODUCTS, ["5"]) == {}


async def test_some_records_are_read_by_id(tmp_path):
    connector = products(tmp_path, "id,name\n1,A\n2,B\n3,C\n")
    found = await connector.read_some(Kind.PRODUCTS, ["3", "1", "gone"])
    assert {id: record.name for id, record in found.items()} == {"1": "A", "3": "C"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,name,price\n1,A,10\n2,B\n", "line 3, column 'price': 2 cells, the header has 3"),
        ("id,name\n1,A,x\n", "line 2, column 'name': 3 cells, the header has 2"),
        ("id,name,price\n1,A,call us\n", "line 2, column 'price': 'call us' is not an amount"),
        ("id,name,price\n1,A,\"1,299\"\n", "line 2, column 'price': '1,299' is ambiguous: set the option 'products.decimal'"),
        ("id,name,price\n1,A,\"1.299,00\"\n", "seems to have a decimal comma"),
        ("id,name,price,currency\n1,A,€5,USD\n", "line 2, column 'price': '€5' is in EUR, the row's currency is USD"),
        ("id,name,currency\n1,A,dollar\n", "column 'currency': 'DOLLAR' is not a currency of three letters"),
        ("id,name,active\n1,A,maybe\n", "line 2, column 'active': 'maybe' is neither true nor false"),
        ("id,name\n1,A\n\n1,B\n", "line 4, column 'id': the id '1' is already on line 2"),
        ("id,name\n,A\n", "line 2, column 'id': the id is empty"),
        ("name,price\nA,1\n", "no column is the id: set products.columns.id; the columns are 'name', 'price'"),
        ("id;name\n1;A\n", "if the columns are not parted by ',', set products.delimiter"),
        ("id,name,name\n1,A,B\n", "the header has two columns 'name'"),
        ('id,name\n1,"A\n2,B\n', "line 2: a quote is opened and never closed"),
        ('id,name\n1,"A" x\n', "line 2, column 'no. 2': text after the closing quote: ' x'"),
        ("", "the file is empty: it has no header line"),
    ],
)  # fmt: skip
async def test_a_malformed_csv_is_refused_as_a_whole_naming_line_and_column(tmp_path, text, said):
    message = await refusal(products(tmp_path, text))
    assert said in message
    assert str(tmp_path / "items.csv") in message
    assert "nothing of the file was taken" in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"id": 1, "name": "A"}, {"id": 2, "na', "line 1: not JSON"),
        ('[{"id": 1, "name": "A"}', "not JSON"),
        ('[{"id": 1, "name": "A"},\n {"id": 1, "name": "B"}]', "line 2, column 'id': the id '1' is already on line 1"),
        ('[{"id": 1, "id": 2, "name": "A"}]', "given twice"),
        ('[{"id": 1, "name": "A", "price": NaN}]', "NaN is not a value of JSON"),
        ('[{"id": 1, "name": "A", "price": [1]}]', "column 'price': a list or an object"),
        ('[{"id": 1, "name": "A", "price": true}]', "column 'price': 'true' is not an amount"),
        ('[{"id": 1, "name": "A"}] []', "text after the end"),
        ('{"items": []}', "neither a list of objects nor an object with a list 'products'"),
        ("[1, 2]", "'{' is expected"),
    ],
)  # fmt: skip
async def test_a_malformed_json_is_refused(tmp_path, text, said):
    assert said in await refusal(products(tmp_path, text, "items.json"))


async def test_a_wrong_encoding_names_the_byte_and_the_option_that_mends_it(tmp_path):
    raw = "id,name\n1,Café\n".encode("cp1252")
    message = await refusal(products(tmp_path, raw))
    assert "line 2: byte 0xe9 (byte 14 of the file) is not utf-8; set products.encoding, cp1252 is usual" in message
    assert [r.name for r in await read(products(tmp_path, raw, encoding="cp1252"))] == ["Café"]
    marked = b"\xef\xbb\xbf" + "id,name\n1,Café\n".encode()
    assert [r.name for r in await read(products(tmp_path, marked))] == ["Café"]


async def test_a_missing_file_is_unreachable_and_the_check_says_so(tmp_path):
    connector = open_files(products__path=str(tmp_path / "none.csv"))
    with pytest.raises(Unreachable, match="No such file"):
        await read(connector)
    report = await connector.check()
    assert not report.ok
    assert "none.csv" in report.items[0].message


async def test_the_check_counts_rows_and_shows_the_columns(tmp_path):
    connector = products(tmp_path, "id,title,price\n1,A,2\n2,B,3\n", columns__name="title")
    report = await connector.check()
    assert report.ok
    assert report.items[0].message.endswith("items.csv: 2 rows; id, name = title, price")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "no file is set"),
        ({"products.path": "a.csv", "products.colums.id": "x"}, "no option 'products.colums.id'"),
        ({"products.path": "a.csv", "products.columns.colour": "x"}, "products have no field 'colour'"),
        ({"products.path": "a.xls"}, "option products.format"),
        ({"products.path": "a.csv", "products.encoding": "utf9"}, "no encoding 'utf9'"),
        ({"products.path": "a.csv", "products.delimiter": ";;"}, "is not one sign"),
        ({"products.path": "a.csv", "products.decimal": "x"}, "neither '.' nor ','"),
        ({"products.path": "a.csv", "writable": "perhaps"}, "neither true nor false"),
        ({"products.path": "a.csv", "currency": "dollars"}, "is not three letters"),
    ],
)
def test_options_that_make_no_sense_are_refused_when_the_connection_is_made(options, said):
    with pytest.raises(UsageError, match=said.replace(".", r"\.")):
        CONNECTOR.open(ConnectionContext("shop", options, lambda reference: reference))


def test_a_connection_is_read_only_until_it_is_made_writable(tmp_path):
    closed = open_files(products__path=str(tmp_path / "a.csv"))
    opened = open_files(products__path=str(tmp_path / "a.csv"), writable="true")
    assert not closed.capabilities.writes_fields
    assert not closed.capabilities.creates
    assert opened.capabilities.writes_fields == set(Field)
    assert opened.capabilities.creates == {Kind.PRODUCTS}
