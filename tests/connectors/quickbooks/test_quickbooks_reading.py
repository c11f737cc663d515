"""Reading a company: complete or an error; changes, postings, accounts, and faults in every shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from engine.errors import (
    AuthenticationError,
    IncompleteRead,
    PermissionMissing,
    ProtocolError,
    RateLimited,
    Rejected,
    Unreachable,
    UsageError,
)
from engine.model import Kind, PriceOption, Product, Sku

QUERY = "/v3/company/*/query"


def query_texts(served) -> list[str]:
    return [entry.query for entry in served.requests if entry.path.endswith("/query")]


class TestRecords:
    async def test_all_items_in_pages_inactive_ones_and_skus_included(
        self, company, connect, everything, world
    ) -> None:
        served = company()
        items = await everything(connect(served, page_size="7"), Kind.PRODUCTS)
        assert sorted(int(one.id) for one in items) == [one.id for one in world.items]
        by_id = {int(one.id): one for one in items}
        for row in world.items:
            one = by_id[row.id]
            assert isinstance(one, Product)
            assert (one.name, one.active, one.skus) == (row.name, row.active, (Sku(row.sku),) if row.sku else ())
            assert one.is_base == (row.type in {"Category", "Group"})
            assert one.quantity == (None if row.quantity is None else Decimal(row.quantity))
            if not one.is_base:
                assert one.prices == (PriceOption(row.price),)
                assert one.costs == (PriceOption(row.cost),)
            assert one.version == "0"

    async def test_customers(self, company, connect, everything, world) -> None:
        customers = await everything(connect(company()), Kind.CUSTOMERS)
        known = [one for one in world.shoppers if one.accounting_id]
        assert [(one.id, one.email, one.first_name, one.city) for one in customers] == [
            (str(one.accounting_id), one.email, one.first_name, one.city) for one in known
        ]
        assert all(one.complete for one in customers)

    async def test_some_are_read_fresh_and_unknown_ones_left_out(self, company, connect, stocked) -> None:
        served = company()
        row = stocked(served)
        served.state.put("item", row["Id"], {**row, "UnitPrice": 3.333, "Active": False})
        found = await connect(served).read_some(Kind.PRODUCTS, [row["Id"], "999999", "no number"])
        assert list(found) == [row["Id"]]
        assert found[row["Id"]].prices[0].amount == Decimal("3.333")
        assert not found[row["Id"]].active

    async def test_more_than_fifty_ids_are_asked_for_in_parts(self, company, connect, world) -> None:
        served = company()
        ids = [str(item.id) for item in world.items]
        assert len(ids) > 50
        assert list(await connect(served).read_some(Kind.PRODUCTS, ids)) == ids
        assert len(query_texts(served)) == -(-len(ids) // 50)

    async def test_every_request_names_the_minor_version(self, company, connect, everything) -> None:
        served = company()
        await everything(connect(served), Kind.PRODUCTS)
        asked = [entry for entry in served.requests if entry.path.startswith("/v3/")]
        assert asked
        assert all("minorversion=75" in entry.query for entry in asked)

    async def test_fees_have_no_list(self, company, connect, everything) -> None:
        with pytest.raises(UsageError, match="a fee's counterpart is an item"):
            await everything(connect(company()), Kind.FEES)

    async def test_choices_are_of_the_fitting_type(self, company, connect) -> None:
        connector = connect(company())
        assert await connector.choices("income accounts") == ["Sales of Product Income"]
        assert await connector.choices("asset accounts") == ["Inventory Asset"]
        assert "Inventory Shrinkage" in await connector.choices("adjustment accounts")
        assert "Checking" not in await connector.choices("adjustment accounts")
        assert "Kitchen" in await connector.choices("categories")
        assert await connector.choices("vendors") == []


class TestCompleteness:
    async def test_a_repeated_page(self, company, connect, everything) -> None:
        served = company()
        served.app.faults.add("repeat_page", path=QUERY, method="GET", skip=2)
        with pytest.raises(IncompleteRead, match="answered from 1 on"):
            await everything(connect(served, page_size="10"), Kind.PRODUCTS)

    async def test_a_short_page(self, company, connect, everything) -> None:
        served = company()
        served.app.faults.add("short_page", path=QUERY, skip=1)
        with pytest.raises(IncompleteRead, match=r"it sent .* of"):
            await everything(connect(served), Kind.PRODUCTS)

    async def test_an_item_added_in_the_middle_starts_the_read_over_once(
        self, company, connect, everything, stocked
    ) -> None:
        served = company()
        connector = connect(served, page_size="10")
        pages = connector.read(Kind.PRODUCTS)
        first = await anext(pages)
        row = stocked(served)
        served.state.put("item", "9001", {**row, "Id": "9001", "Name": "Added while reading"})
        rest = [record async for page in pages for record in page.records]
        ids = [record.id for record in (*first.records, *rest)]
        assert "9001" in ids
        assert len(ids) == len(set(ids)) == len(served.state.rows("item"))

    async def test_an_empty_company_is_empty_and_not_an_error(self, company, connect, everything) -> None:
        served = company()
        for id in list(served.state.tables["customer"]):
            served.state.remove("customer", id)
        assert await everything(connect(served), Kind.CUSTOMERS) == []

    @pytest.mark.parametrize(("fault", "error"), [("html", ProtocolError), ("cut_after", Unreachable)])
    async def test_what_is_no_answer_is_no_catalogue(self, company, connect, everything, fault, error) -> None:
        served = company()
        served.app.faults.add(fault, path=QUERY, times=0)
        with pytest.raises(error):
            await everything(connect(served), Kind.PRODUCTS)

    async def test_an_amount_that_is_none_names_its_item(self, company, connect, everything, stocked) -> None:
        served = company()
        row = stocked(served)
        served.state.put("item", row["Id"], {**row, "UnitPrice": "twelve"})
        with pytest.raises(ProtocolError, match=rf"item {row['Id']} cannot be read: 'twelve' is no amount"):
            await everything(connect(served), Kind.PRODUCTS)


class TestFaults:
    async def test_a_401_is_answered_with_a_new_token(self, company, connect, everything) -> None:
        served = company()
        connector = connect(served)
        await everything(connector, Kind.CUSTOMERS)
        served.app.oauth.expire()
        assert await everything(connector, Kind.CUSTOMERS)

    async def test_a_5xx_is_tried_again(self, company, connect, everything) -> None:
        served = company()
        served.app.faults.add("error", path=QUERY, times=2)
        assert await everything(connect(served), Kind.CUSTOMERS)

    async def test_a_429_waits_and_goes_on(self, company, connect, everything) -> None:
        served = company()
        served.app.faults.add("rate_limit", path=QUERY)
        connector = connect(served, backoff_seconds="0.01")
        assert await everything(connector, Kind.CUSTOMERS)
        assert connector.budget().throttled == 1

    async def test_a_429_for_ever_is_an_error_with_its_code(self, company, connect, everything) -> None:
        served = company()
        served.app.faults.add("rate_limit", path=QUERY, times=0)
        with pytest.raises(RateLimited) as caught:
            await everything(connect(served, backoff_seconds="0.01"), Kind.CUSTOMERS)
        assert caught.value.code == "3001"

    async def test_the_request_id_is_intuits(self, company, connect, everything) -> None:
        served = company()
        served.app.faults.add("error", path=QUERY, times=0)
        with pytest.raises(Unreachable, match="request 1-sbx-") as caught:
            await everything(connect(served), Kind.CUSTOMERS)
        assert caught.value.request_id.startswith("1-sbx-")

    async def test_the_app_without_its_scope(self, company, connect, everything) -> None:
        served = company()
        served.app.permissions.clear()
        with pytest.raises(PermissionMissing, match=r"com\.intuit\.quickbooks\.accounting for this company"):
            await everything(connect(served), Kind.CUSTOMERS)

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ({"Fault": {"type": "ValidationFault", "Error": [{"Message": "No", "code": "4001"}]}}, Rejected),
            ({"fault": {"type": "AUTHENTICATION", "error": [{"message": "No", "code": "3200"}]}}, AuthenticationError),
            ({"Fault": {"type": "SystemFault", "Error": [{"Message": "No", "code": "10000"}]}}, Unreachable),
            ({"Fault": {"type": "AuthorizatonFault", "Error": [{"Message": "No", "code": "120"}]}}, PermissionMissing),
            ({"Fault": {"type": "ServiceFault", "Error": [{"Message": "No", "code": "003001"}]}}, RateLimited),
        ],
    )
    async def test_a_fault_with_status_200_is_what_it_says(
        self, company, connect, everything, monkeypatch, fault, error
    ) -> None:
        served = company()
        routes = served.app.routes
        reply = type(served.app.too_many(None, 0))(200, json.dumps(fault).encode())
        altered = [
            type(one)(one.method, one.path, (lambda _call: reply) if one.path.endswith("/query") else one.handler)
            for one in routes
        ]
        monkeypatch.setattr(served.app, "routes", altered)
        with pytest.raises(error, match="No"):
            await everything(connect(served, backoff_seconds="0.01"), Kind.CUSTOMERS)


class TestPostings:
    async def test_by_document_number(self, company, connect, world) -> None:
        posted = {order.number for order in world.orders if order.posted}
        numbers = [order.number for order in world.orders] + ["9999", "it's", ""]
        assert posted
        assert len(posted) < len(world.orders)
        assert await connect(company()).posted(numbers) == posted

    async def test_nothing_to_ask_asks_nothing(self, company, connect) -> None:
        served = company()
        assert await connect(served).posted([]) == set()
        assert served.requests == []

    async def test_by_another_field_and_by_a_custom_field(self, company, connect, world) -> None:
        served = company()
        order = next(order for order in world.orders if order.posted == "invoice")
        row = served.state.get("invoice", str(order.id))
        custom = [{"DefinitionId": "1", "Name": "Web order", "Type": "StringType", "StringValue": "W-77"}]
        recent = {"MetaData": {**row["MetaData"], "LastUpdatedTime": datetime.now(UTC).isoformat()}}
        served.state.put("invoice", row["Id"], {**row, **recent, "DocNumber": "INV-1", "CustomField": custom})
        assert await connect(served, posted_field="Web order").posted(["W-77", "W-78"]) == {"W-77"}
        note = f"Order {order.number}"
        assert await connect(served, posted_field="PrivateNote").posted([note, "Order 0"]) == {note}
        assert await connect(served).posted([order.number]) == set()


class TestChanges:
    async def test_items_that_changed_and_items_that_were_sold(self, company, connect, stocked, world) -> None:
        served = company()
        since = datetime.now(UTC)
        rows = [row for row in served.state.rows("item") if row["Type"] == "Inventory" and row["Active"]]
        objects = served.app.objects
        objects.save("Item", {"sparse": True, "Id": rows[0]["Id"], "SyncToken": "0", "UnitPrice": 1.5})
        detail = {"ItemRef": {"value": rows[1]["Id"]}, "Qty": 2}
        line = {"DetailType": "SalesItemLineDetail", "Amount": 2, "SalesItemLineDetail": detail}
        objects.save("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line]})
        assert served.state.get("item", rows[1]["Id"])["SyncToken"] == "0"  # the sale left no mark on its item
        found = [page async for page in connect(served).read_changes(Kind.PRODUCTS, since)]
        records = {record.id: record for page in found for record in page.records}
        assert set(records) == {rows[0]["Id"], rows[1]["Id"]}
        assert records[rows[1]["Id"]].quantity == rows[1]["QtyOnHand"] - 2
        assert records[rows[0]["Id"]].skus  # CDC itself leaves SKUs out
        assert not any(page.gone for page in found)

    async def test_nothing_changed_reads_one_request(self, company, connect) -> None:
        served = company()
        since = datetime.now(UTC) + timedelta(minutes=10)
        assert [page async for page in connect(served).read_changes(Kind.CUSTOMERS, since)] == []
        assert sum(entry.path.startswith("/v3/") for entry in served.requests) == 1

    async def test_thirty_days_are_the_most(self, company, connect) -> None:
        served = company()
        with pytest.raises(IncompleteRead, match="last 30 days only"):
            await anext(connect(served).read_changes(Kind.PRODUCTS, datetime.now(UTC) - timedelta(days=30)))
        assert served.requests == []

    async def test_a_thousand_changes_are_too_many(self, company, connect, stocked) -> None:
        served = company()
        row = stocked(served)
        recent = {"MetaData": {**row["MetaData"], "LastUpdatedTime": datetime.now(UTC).isoformat()}}
        for number in range(1000):
            served.state.put("item", str(20_000 + number), {**row, **recent, "Id": str(20_000 + number)})
        with pytest.raises(IncompleteRead, match="at most 1000 changes"):
            await anext(connect(served).read_changes(Kind.PRODUCTS, datetime.now(UTC) - timedelta(hours=1)))

    async def test_a_deleted_transaction_cannot_say_whose_stock_it_moved(self, company, connect, stocked) -> None:
        served = company()
        row = stocked(served)
        detail = {"ItemRef": {"value": row["Id"]}, "QtyDiff": 1}
        line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}
        made = served.app.objects.save("InventoryAdjustment", {"AdjustAccountRef": {"value": "91"}, "Line": [line]})
        served.app.objects.delete("InventoryAdjustment", made)
        with pytest.raises(IncompleteRead, match=r"InventoryAdjustment \d+ was deleted"):
            await anext(connect(served).read_changes(Kind.PRODUCTS, datetime.now(UTC)))


class TestChecking:
    async def test_a_good_company(self, company, connect) -> None:
        report = await connect(company()).check()
        assert report.ok
        assert all(item.ok for item in report.items)
        assert report.account == "Sandbox Company_US_1 (4620816365001234)"

    async def test_what_is_missing_is_named(self, company, connect) -> None:
        report = await connect(company(), adjustment_account="Nowhere", income_account="Nothing").check()
        assert report.ok
        failed = {item.name: item.message for item in report.items if not item.ok}
        assert 'no active account named "Nowhere"' in failed["quantity by adjustments"]
        assert "Nothing" in failed["income_account"]

    async def test_an_edition_without_adjustments_points_to_the_other_way(self, company, connect) -> None:
        report = await connect(company(adjusts=False)).check()
        failed = {item.name: item.message for item in report.items if not item.ok}
        assert "set quantity_by=item" in failed["quantity by adjustments"]
