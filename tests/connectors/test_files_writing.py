"""Writing files: only the cells that were meant change, only while they hold what was seen, atomically or not at all."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files import CONNECTOR
from connectors.files.csv_format import CsvFormat
from connectors.files.rows import apply
from engine.model import Customer, Field, Kind, Sku
from engine.ports import ConnectionContext, Draft, FieldWrite, RecordWrite, Result

TEXT = 'id,name,price,cost,quantity,sku,"own, note"\r\n1,"Seat ""A""","$1,299.00",900,5,S-1, as is \r\n2,B,10,,,,"x\r\ny"\r\n'


def writable(path: Path, **options: str):
    named = {"products.path": str(path), "writable": "true"} | {k.replace("__", "."): v for k, v in options.items()}
    return CONNECTOR.open(ConnectionContext("shop", named, lambda reference: reference))


def change(id: str, *fields: tuple[Field, str | None, str], **more: str) -> RecordWrite:
    return RecordWrite(f"key-{id}", Kind.PRODUCTS, id, id, tuple(FieldWrite(*one) for one in fields), **more)


def results(outcomes) -> list[tuple[str, Field | None, Result]]:
    return [(o.key, o.field, o.result) for o in outcomes]


async def test_only_the_changed_cells_change_and_keep_their_spelling(tmp_path):
    path = tmp_path / "items.csv"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    path.chmod(0o640)
    connector = writable(path)
    outcomes = await connector.write(
        [
            change("1", (Field.PRICE, "1299", "1399.5"), (Field.QUANTITY, "5", "4"), (Field.SKU, "S-1", "S,2")),
            change("2", (Field.PRICE, "10", "10"), (Field.COST, None, "7.125")),
        ]
    )
    assert results(outcomes) == [
        ("key-1", Field.PRICE, Result.APPLIED),
        ("key-1", Field.QUANTITY, Result.APPLIED),
        ("key-1", Field.SKU, Result.APPLIED),
        ("key-2", Field.PRICE, Result.UNCHANGED),
        ("key-2", Field.COST, Result.APPLIED),
    ]
    expected = TEXT.replace('"$1,299.00",900,5,S-1', '"$1399.50",900,4,"S,2"').replace("2,B,10,,", "2,B,10,7.125,")
    assert path.read_bytes() == b"\xef\xbb\xbf" + expected.encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]
    found = await connector.read_some(Kind.PRODUCTS, ["1", "2"])
    assert found["1"].prices[0].amount == Decimal("1399.50")
    assert found["2"].costs[0].amount == Decimal("7.125")


async def test_a_value_that_moved_is_stale_and_its_row_is_left_alone(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("id,name,price,cost\n1,A,12,5\n2,B,3,1\n")
    outcomes = await writable(path).write(
        [
            change("1", (Field.PRICE, "11", "13"), (Field.COST, "5", "6")),
            change("2", (Field.PRICE, "3", "4")),
            change("9", (Field.PRICE, "3", "4")),
        ]
    )
    assert results(outcomes) == [
        ("key-1", Field.PRICE, Result.STALE),
        ("key-1", Field.COST, Result.STALE),
        ("key-2", Field.PRICE, Result.APPLIED),
        ("key-9", Field.PRICE, Result.REJECTED),
    ]
    assert outcomes[0].found == "12"
    assert outcomes[0].message == "the file has 12, not 11"
    assert "has no product '9'" in outcomes[3].message
    assert path.read_text() == "id,name,price,cost\n1,A,12,5\n2,B,4,1\n"


async def test_json_keeps_its_layout_and_its_kinds_of_values(tmp_path):
    path = tmp_path / "items.json"
    text = '{\n  "at": 1.50,\n  "products": [\n    {"id": 1, "name": "A", "price": 10.10, "more": {"x": [1]}},\n    {"id": 2, "name": "B", "price": "5"}\n  ]\n}\n'
    path.write_text(text)
    outcomes = await writable(path).write(
        [change("1", (Field.PRICE, "10.1", "11.2")), change("2", (Field.PRICE, "5", "6"))]
    )
    assert {o.result for o in outcomes} == {Result.APPLIED}
    assert path.read_text() == text.replace("10.10", "11.2").replace('"5"', '"6"')


async def test_a_key_that_a_json_record_lacks_is_added_to_it(tmp_path):
    path = tmp_path / "items.jsonl"
    path.write_text('{"id": 1, "name": "A", "sku": "x", "cost": 1}\n{"id": 2, "name": "B"}\n')
    outcomes = await writable(path).write([change("2", (Field.SKU, None, "é"), (Field.COST, None, "2.5"))])
    assert {o.result for o in outcomes} == {Result.APPLIED}
    assert (
        path.read_text()
        == '{"id": 1, "name": "A", "sku": "x", "cost": 1}\n{"id": 2, "name": "B", "sku": "é", "cost": 2.5}\n'
    )


async def test_what_the_file_has_no_column_for_is_rejected_naming_the_option(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("id,name,price,mpn\n1,A,12,M\n")
    outcomes = await writable(path).write(
        [
            change("1", (Field.COST, None, "13"), (Field.SKU, "M", "N"), sku_slot="mpn"),
        ]
    )
    assert results(outcomes) == [("key-1", Field.COST, Result.REJECTED), ("key-1", Field.SKU, Result.APPLIED)]
    assert "products.columns.cost" in outcomes[0].message
    vendor = await writable(path).write([change("1", (Field.SKU, "N", "O"), sku_slot="vendor:Contoso")])
    assert vendor[0].result is Result.REJECTED


async def test_another_currency_is_never_written_over(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("id,name,price,currency\n1,A,12,EUR\n")
    outcomes = await writable(path).write([change("1", (Field.PRICE, "12", "13"), currency="USD")])
    assert results(outcomes) == [("key-1", Field.PRICE, Result.REJECTED)]
    assert path.read_text() == "id,name,price,currency\n1,A,12,EUR\n"


async def test_a_read_only_connection_writes_nothing(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("id,name,price\n1,A,12\n")
    connector = writable(path, writable="false")
    assert (await connector.write([change("1", (Field.PRICE, "12", "13"))]))[0].result is Result.REJECTED
    created = await connector.create(Draft("k", Kind.PRODUCTS, "s", "N"))
    assert created.result is Result.REJECTED
    assert path.read_text() == "id,name,price\n1,A,12\n"


async def test_a_malformed_file_is_not_written(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("id,name,price\n1,A,12\n2,B\n")
    outcomes = await writable(path).write([change("1", (Field.PRICE, "12", "13"))])
    assert outcomes[0].result is Result.REJECTED
    assert "line 3" in outcomes[0].message
    assert path.read_text() == "id,name,price\n1,A,12\n2,B\n"


async def test_a_sign_that_the_encoding_lacks_is_rejected(tmp_path):
    path = tmp_path / "items.csv"
    path.write_bytes("id,name,sku\n1,Café,a\n".encode("cp1252"))
    connector = writable(path, products__encoding="cp1252")
    outcomes = await connector.write([change("1", (Field.SKU, "a", "Ω"))])
    assert (outcomes[0].result, outcomes[0].code) == (Result.REJECTED, "encoding")
    assert path.read_bytes() == "id,name,sku\n1,Café,a\n".encode("cp1252")


async def test_a_full_disk_and_a_file_changed_meanwhile_leave_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "items.csv"
    path.write_text("id,name,price\n1,A,12\n")
    real = tempfile.mkstemp

    def touched(*args, **kwargs):
        with path.open("a") as file:
            file.write("2,B,3\n")
        return real(*args, **kwargs)

    monkeypatch.setattr(tempfile, "mkstemp", touched)
    outcomes = await writable(path).write([change("1", (Field.PRICE, "12", "13"))])
    assert outcomes[0].result is Result.REJECTED
    assert "changed by another program" in outcomes[0].message

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    outcomes = await writable(path).write([change("1", (Field.PRICE, "12", "13"))])
    assert outcomes[0].result is Result.REJECTED
    assert "No space left on device; the file is as it was" in outcomes[0].message
    assert path.read_text() == "id,name,price\n1,A,12\n2,B,3\n"
    assert list(tmp_path.iterdir()) == [path]


async def test_cancelling_a_write_waits_for_the_file_to_be_whole(tmp_path, monkeypatch):
    path = tmp_path / "items.csv"
    path.write_text("id,name,price\n1,A,12\n")
    begun, go_on = threading.Event(), threading.Event()
    real = tempfile.mkstemp

    def slow(*args, **kwargs):
        begun.set()
        assert go_on.wait(10)
        return real(*args, **kwargs)

    monkeypatch.setattr(tempfile, "mkstemp", slow)
    writing = asyncio.ensure_future(writable(path).write([change("1", (Field.PRICE, "12", "13"))]))
    await asyncio.to_thread(begun.wait, 10)
    writing.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert path.read_text() == "id,name,price\n1,A,13\n"
    assert list(tmp_path.iterdir()) == [path]


async def test_a_linked_file_is_replaced_where_it_really_is(tmp_path):
    (tmp_path / "real").mkdir()
    path = tmp_path / "real" / "items.csv"
    path.write_text("id,name,price\n1,A,12\n")
    (tmp_path / "link.csv").symlink_to(path)
    await writable(tmp_path / "link.csv").write([change("1", (Field.PRICE, "12", "13"))])
    assert (tmp_path / "link.csv").is_symlink()
    assert path.read_text() == "id,name,price\n1,A,13\n"


@pytest.mark.parametrize(
    ("name", "text", "after"),
    [
        ("a.csv", "id,name,price,sku,notes\n7,A,1,,\n", "id,name,price,sku,notes\n7,A,1,,\n8,New,2.5,S,mark\n"),
        ("a.csv", "id,name,price,sku\r\nx,A,1,", "id,name,price,sku\r\nx,A,1,\r\nnew-{},New,2.5,S\r\n"),
        ("a.json", '[{"id": 7, "name": "A", "price": 1, "sku": ""}]', '[{"id": 7, "name": "A", "price": 1, "sku": ""}, {"id": "new-{}", "name": "New", "price": 2.5, "sku": "S"}]'),
        ("a.jsonl", '{"id": "7", "name": "A", "price": 1, "sku": ""}', '{"id": "7", "name": "A", "price": 1, "sku": ""}\n{"id": "new-{}", "name": "New", "price": 2.5, "sku": "S"}\n'),
    ],
)  # fmt: skip
async def test_a_new_record_is_appended_and_found_again_by_its_marker(tmp_path, name, text, after):
    path = tmp_path / name
    path.write_bytes(text.encode())
    connector = writable(path)
    draft = Draft("k", Kind.PRODUCTS, "s", "New", price=Decimal("2.5"), sku=Sku("S"), marker="mark")
    created = await connector.create(draft)
    assert created.result is Result.APPLIED
    assert path.read_bytes().decode() == after.replace("{}", created.id.removeprefix("new-"))
    assert [r.id for r in await connector.find_marker(Kind.PRODUCTS, "mark", "New")] == [created.id]
    assert await connector.find_marker(Kind.PRODUCTS, "other", "New") == []


async def test_a_draft_with_more_than_the_file_can_hold_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,name\n1,A\n")
    created = await writable(path).create(Draft("k", Kind.PRODUCTS, "s", "New", price=Decimal(2)))
    assert created.result is Result.REJECTED
    assert created.message == "a.csv has no column for price; nothing was written"


async def test_a_customer_is_created_from_a_profile_and_an_external_id_is_never_overwritten(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("id,name,email,external_id\n")
    options = {"customers.path": str(path), "writable": "true"}
    connector = CONNECTOR.open(ConnectionContext("shop", options, lambda reference: reference))
    customer = Customer("b1", "Contoso", email="it@contoso.com")
    draft = Draft("k", Kind.CUSTOMERS, "b1", "Contoso", customer=customer, external_id="b1", marker="m")
    created = await connector.create(draft)
    assert path.read_text() == f"id,name,email,external_id\n{created.id},Contoso,it@contoso.com,b1\n"
    assert (await connector.set_external_id(Kind.CUSTOMERS, created.id, "b2")).result is Result.REJECTED
    path.write_text("id,name,email,external_id\nc9,Contoso,,\n")
    assert (await connector.set_external_id(Kind.CUSTOMERS, "c9", "b2")).result is Result.APPLIED
    assert path.read_text() == "id,name,email,external_id\nc9,Contoso,,b2\n"


cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@given(
    rows=st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=6),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    row=st.integers(0, 5),
    column=st.sampled_from(["a", "b", "c"]),
    new=cells,
)
def test_any_csv_is_read_back_and_one_cell_changes_alone(rows, delimiter, newline, row, column, new):
    form = CsvFormat(delimiter)
    text = delimiter.join("abc") + newline
    for values in rows:  # the first cell is never bare and empty, so that no line is blank
        text = form.append(text, dict(zip("abc", ((f"x{value}", False) for value in values), strict=True)))
    read = list(form.rows(text))
    assert [[cell.value for cell in one.cells.values()] for one in read] == [
        [f"x{v}" for v in values] for values in rows
    ]
    at = row % len(rows)
    changed = apply(text, [form.change(read[at], column, new, number=False)])
    expected = [[f"x{v}" for v in values] for values in rows]
    expected[at]["abc".index(column)] = new
    assert [[cell.value for cell in one.cells.values()] for one in form.rows(changed)] == expected
