"""The pure parts: query texts, faults, and what a write means for an item."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.quickbooks import query
from connectors.quickbooks.adjust import document_number
from connectors.quickbooks.faults import explain, failed, meant
from connectors.quickbooks.merge import body, merge
from connectors.quickbooks.settings import QuantityBy
from connectors.sandbox.quickbooks_query import parse, run
from connectors.sandbox.quickbooks_shapes import Faulted
from engine.model import Field, Kind, canonical
from engine.ports import FieldWrite, RecordWrite, Result

DAY = date(2026, 11, 22)
AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=4).map(canonical)


def item(**columns) -> dict:
    base = {"Id": "5", "SyncToken": "2", "Name": "Kettle", "Type": "Inventory", "Active": True, "TrackQtyOnHand": True}
    return {**base, "Description": "as it was", "UnitPrice": Decimal(10), "QtyOnHand": Decimal(4), **columns}


def write(*fields: FieldWrite) -> RecordWrite:
    return RecordWrite("run:5", Kind.PRODUCTS, "5", "Kettle", fields)


class TestQueries:
    @given(st.text(st.characters(codec="utf-8", exclude_characters="\x00")))
    def test_any_text_survives_its_quoting(self, text: str) -> None:
        parsed = parse(query.select("Item", f"Name = {query.quoted(text)}"))
        assert parsed.conditions == [("Name", "=", [text]), ("Active", "in", ["true", "false"])]

    @given(st.lists(st.text(st.sampled_from("ab'\\,() \n"), min_size=1), min_size=1))
    def test_so_do_lists_of_them(self, texts: list[str]) -> None:
        parsed = parse(query.count("Invoice", query.among("DocNumber", texts)))
        assert parsed.counts
        assert parsed.conditions == [("DocNumber", "in", texts)]

    def test_the_texts(self) -> None:
        assert query.select("Item", start=11, size=10) == (
            "SELECT *, Sku FROM Item WHERE Active IN (true, false) ORDERBY Id STARTPOSITION 11 MAXRESULTS 10"
        )
        assert query.select("Invoice", "DocNumber = '1'") == (
            "SELECT * FROM Invoice WHERE DocNumber = '1' ORDERBY Id STARTPOSITION 1 MAXRESULTS 1000"
        )
        assert query.count("Invoice") == "SELECT COUNT(*) FROM Invoice"

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("SELECT * FORM Item", "4000"),
            ("SELECT * FROM Item WHERE", "4000"),
            ("SELECT * FROM Item WHERE Name != 'x'", "4000"),
            ("SELECT * FROM Item WHERE Name = 'x' OR Name = 'y'", "4000"),
            ("SELECT * FROM Item MAXRESULTS 1001", "4001"),
            ("SELECT * FROM Item STARTPOSITION 0", "4001"),
        ],
    )
    def test_the_sandbox_knows_no_more_than_quickbooks(self, text: str, code: str) -> None:
        with pytest.raises(Faulted) as caught:
            parse(text)
        assert caught.value.fault["Error"][0]["code"] == code

    def test_the_sandbox_hides_what_quickbooks_hides(self) -> None:
        rows = [item(Sku="A"), item(Id="6", Active=False, Sku="B")]
        (shown,) = run(parse("select * from Item"), rows)["Item"]
        assert "Sku" not in shown
        both = run(parse("select *, Sku from Item where Active in (true, false) order by Id desc"), rows)["Item"]
        assert [row["Sku"] for row in both] == ["B", "A"]
        assert run(parse("select * from Item where Name like 'Pan%'"), rows) == {}


class TestFaults:
    @pytest.mark.parametrize(
        ("document", "status", "code"),
        [
            ({"Fault": {"type": "ValidationFault", "Error": [{"Message": "m", "code": "6240"}]}}, 422, "6240"),
            ({"Fault": {"type": "ValidationFault", "Error": [{"Message": "m", "code": "610"}]}}, 404, "610"),
            ({"fault": {"type": "AUTHENTICATION", "error": [{"message": "m", "code": "3200"}]}}, 401, "3200"),
            ({"fault": {"type": "AuthorizationFault", "error": [{"message": "m", "code": "3100"}]}}, 403, "3100"),
            ({"Fault": {"type": "SystemFault", "Error": [{"Message": "m", "code": "10000"}]}}, 500, "10000"),
            ({"Fault": {"type": "THROTTLE", "Error": {"Message": "m", "code": "003001"}}}, 429, "003001"),
        ],
    )
    def test_a_fault_says_which_status_it_means(self, document: dict, status: int, code: str) -> None:
        assert failed(document)
        assert (meant(document), explain(document).code) == (status, code)
        assert explain(document).message.startswith("m")

    @pytest.mark.parametrize("document", [None, [], "x", {}, {"QueryResponse": {}}, {"Fault": None}, {"Fault": "x"}])
    def test_anything_else_is_no_fault(self, document: object) -> None:
        assert not failed(document)

    def test_message_and_detail_are_said_once_each_with_what_to_do(self) -> None:
        error = {"Message": "Duplicate", "Detail": "Duplicate", "code": "6240"}
        said = explain({"Fault": {"type": "ValidationFault", "Error": [error, error]}})
        assert said.message == "Duplicate; An item with this name exists, maybe an inactive one: map it instead"


class TestMerging:
    @given(AMOUNTS, AMOUNTS)
    def test_a_difference_leads_exactly_to_the_new_quantity(self, before: str, after: str) -> None:
        row = item(QtyOnHand=Decimal(before))
        plan = merge(row, write(FieldWrite(Field.QUANTITY, before, after)), QuantityBy.ADJUSTMENT, DAY)
        assert not plan.columns
        if plan.difference is None:
            assert plan.settled[Field.QUANTITY][0] is Result.UNCHANGED
            assert before == after
        else:
            assert Decimal(before) + plan.difference == Decimal(after)

    @given(st.sets(st.sampled_from(list(Field))), AMOUNTS, st.sampled_from(list(QuantityBy)))
    def test_no_write_ever_changes_a_name_or_a_description(self, fields: set, after: str, by: QuantityBy) -> None:
        changes = [
            FieldWrite(field, {"price": "10", "quantity": "4"}.get(field.value), after) for field in sorted(fields)
        ]
        plan = merge(item(), write(*changes), by, DAY)
        assert set(plan.columns) <= {"UnitPrice", "PurchaseCost", "Sku", "QtyOnHand", "InvStartDate"}
        sent = body(item(), plan.columns)
        assert (sent["Name"], sent["Type"], sent["sparse"]) == ("Kettle", "Inventory", True)
        assert "Description" not in sent
        assert (
            set(plan.settled) | set(plan.by_item) | ({Field.QUANTITY} if plan.difference is not None else set())
            == fields
        )

    @given(*[st.sampled_from(["0", "9.95", "10"])] * 3)  # few, so that they are often equal
    def test_what_moved_is_never_overwritten(self, now: str, before: str, after: str) -> None:
        change = FieldWrite(Field.PRICE, before, after)
        plan = merge(item(UnitPrice=Decimal(now)), write(change), QuantityBy.ADJUSTMENT, DAY)
        assert bool(plan.columns) == (now == before != after)
        assert plan.stale == (now not in {before, after})

    def test_a_missing_price_can_be_written(self) -> None:
        row = {name: value for name, value in item().items() if name != "UnitPrice"}
        plan = merge(row, write(FieldWrite(Field.PRICE, None, "3")), QuantityBy.ADJUSTMENT, DAY)
        assert plan.columns == {"UnitPrice": Decimal(3)}

    def test_a_row_with_nonsense_in_it_raises(self) -> None:
        with pytest.raises(ValueError, match="is no amount"):
            merge(item(UnitPrice=[]), write(FieldWrite(Field.PRICE, "1", "2")), QuantityBy.ADJUSTMENT, DAY)

    def test_a_value_that_is_no_amount_is_rejected(self) -> None:
        plan = merge(item(), write(FieldWrite(Field.PRICE, "10", "ten")), QuantityBy.ADJUSTMENT, DAY)
        assert plan.settled[Field.PRICE][0] is Result.REJECTED


def test_a_document_number_is_of_the_write_and_its_values() -> None:
    one = write(FieldWrite(Field.QUANTITY, "4", "9"))
    assert document_number(one) == document_number(one)
    assert len(document_number(one)) == 21
    assert document_number(one) != document_number(write(FieldWrite(Field.QUANTITY, "4", "8")))
