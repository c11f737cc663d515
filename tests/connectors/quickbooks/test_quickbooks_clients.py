"""The sandbox driven by two clients not written here: ``intuit-oauth`` (Intuit's own) and ``python-quickbooks``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # their own imports, not ours
    from intuitlib.client import AuthClient
    from intuitlib.exceptions import AuthClientError
    from quickbooks import QuickBooks
    from quickbooks.batch import batch_update
    from quickbooks.cdc import change_data_capture
    from quickbooks.exceptions import AuthorizationException, QuickbooksException
    from quickbooks.objects import Account, Customer, Invoice, Item, SalesReceipt
    from quickbooks.objects.base import Ref

from connectors.sandbox.server import Served

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture
def auth(company, monkeypatch) -> Callable[..., Any]:
    """``auth(served)``: Intuit's client, led to the sandbox by its discovery document."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def make(served: Served) -> Any:
        client = AuthClient(
            served.options["client_id"],
            served.credentials["client_secret"],
            "http://localhost/callback",
            f"{served.origin}/.well-known/openid_sandbox_configuration/",
            refresh_token=served.credentials["refresh_token"],
        )
        client.environment = "sandbox"  # what the other client asks to choose its address
        return client

    return make


@pytest.fixture
def books(company, auth, monkeypatch) -> tuple[Served, Any]:
    served = company()
    monkeypatch.setattr(QuickBooks, "sandbox_api_url_v3", f"{served.origin}/v3")
    credentials = served.credentials
    client = QuickBooks(
        auth_client=auth(served),
        refresh_token=credentials["refresh_token"],
        company_id=served.options["realm_id"],
        minorversion=75,
    )
    return served, client


def test_intuits_client_refreshes_and_the_old_token_is_dead(company, auth) -> None:
    served = company()
    client = auth(served)
    first = client.refresh_token
    client.refresh()
    assert client.refresh_token == served.app.oauth.refresh_token != first
    assert (client.expires_in, client.x_refresh_token_expires_in) == (3600, 8_640_000)
    with pytest.raises(AuthClientError) as caught:
        client.refresh(refresh_token=first)
    assert (caught.value.status_code, "invalid_grant" in str(caught.value.content)) == (400, True)
    client.revoke(client.refresh_token)
    with pytest.raises(AuthClientError):
        client.refresh()


def test_lists_counts_and_single_records(books, world) -> None:
    _, client = books
    items = Item.all(max_results=1000, qb=client)
    active = [item for item in world.items if item.active]
    assert {(int(one.Id), one.Name, one.Sku or "") for one in items} == {
        (item.id, item.name, item.sku) for item in active
    }
    assert Item.count(qb=client) == len(active)
    assert Item.count("Active IN (true, false)", qb=client) == len(world.items)
    assert len(Customer.all(qb=client)) == Customer.count(qb=client)
    assert Account.get(91, qb=client).Name == "Inventory Shrinkage"
    posted = next(order for order in world.orders if order.posted == "invoice")
    (invoice,) = Invoice.filter(DocNumber=posted.number, qb=client)
    assert invoice.Line[0].SalesItemLineDetail.Qty == posted.lines[0].quantity
    assert SalesReceipt.count(qb=client) == sum(order.posted == "salesreceipt" for order in world.orders)


def test_pages_in_order(books) -> None:
    _, client = books
    first = Item.where("Active IN (true, false)", order_by="Id", start_position=1, max_results=5, qb=client)
    second = Item.where("Active IN (true, false)", order_by="Id", start_position=6, max_results=5, qb=client)
    assert [int(one.Id) for one in (*first, *second)] == list(range(1, 11))


def test_an_item_is_created_and_updated_whole(books) -> None:
    served, client = books
    item = Item()
    item.Name, item.Type, item.TrackQtyOnHand, item.QtyOnHand = "Brass Hook", "Inventory", True, 4
    item.InvStartDate, item.UnitPrice, item.Sku = "2026-01-01", 8.5, "HOK-1"
    for name, id in (("IncomeAccountRef", 79), ("ExpenseAccountRef", 80), ("AssetAccountRef", 81)):
        reference = Ref()
        reference.value = str(id)
        setattr(item, name, reference)
    item.save(qb=client)
    again = Item.get(item.Id, qb=client)
    assert (again.QtyOnHand, again.SyncToken) == (4, "0")
    again.UnitPrice = 9.25
    again.save(qb=client)
    row = served.state.get("item", item.Id)
    assert (row["UnitPrice"], row["QtyOnHand"], row["SyncToken"]) == (9.25, 4, "1")
    again.SyncToken = "0"
    with pytest.raises(QuickbooksException) as caught:
        again.save(qb=client)
    assert caught.value.error_code == 5010


def test_faults_carry_their_codes(books) -> None:
    _, client = books
    with pytest.raises(QuickbooksException) as caught:
        Item.get(999_999, qb=client)
    assert caught.value.error_code == 610
    with pytest.raises(QuickbooksException) as caught:
        Item.query("SELECT * FORM Item", qb=client)
    assert caught.value.error_code == 4000
    twin = Item()
    twin.Name, twin.Type = "Kitchen", "Category"
    with pytest.raises(QuickbooksException) as caught:
        twin.save(qb=client)
    assert caught.value.error_code == 6240


def test_a_token_that_ended_and_a_company_that_is_not_ours(books) -> None:
    served, client = books
    client.company_id = "1"
    with pytest.raises(QuickbooksException):
        Item.count(qb=client)
    client.company_id = served.options["realm_id"]
    served.app.oauth.expire()
    with pytest.raises(AuthorizationException):
        Item.count(qb=client)


def test_a_batch_succeeds_and_fails_entry_by_entry(books) -> None:
    _, client = books
    customers = Customer.all(max_results=3, qb=client)
    for one in customers:
        one.CompanyName = f"Batch {one.Id}"
    customers[1].SyncToken = "9"
    answer = batch_update(customers, qb=client)
    assert [one.CompanyName for one in answer.successes] == [f"Batch {customers[0].Id}", f"Batch {customers[2].Id}"]
    (fault,) = answer.faults
    assert fault.Error[0].code == "5010"


def test_changes_are_captured(books) -> None:
    _, client = books
    since = datetime.now(UTC) - timedelta(minutes=1)
    customer = Customer.all(max_results=1, qb=client)[0]
    customer.CompanyName = "Changed"
    customer.save(qb=client)
    captured = change_data_capture([Item, Customer, Invoice], since.isoformat(), qb=client)
    assert [one.Id for one in captured.Customer] == [customer.Id]
    assert not hasattr(captured, "Item")


def test_an_invoice_moves_stock_and_a_deleted_one_moves_it_back(books, stocked) -> None:
    served, client = books
    row = stocked(served)
    line = {
        "Amount": 10,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": row["Id"]}, "Qty": 2},
    }
    invoice = Invoice.from_json({"CustomerRef": {"value": "1"}, "DocNumber": "W-1", "Line": [line]})
    invoice.save(qb=client)
    assert served.state.get("item", row["Id"])["QtyOnHand"] == row["QtyOnHand"] - 2
    invoice.SyncToken = "0"
    invoice.delete(qb=client)
    assert served.state.get("item", row["Id"])["QtyOnHand"] == row["QtyOnHand"]


def test_the_same_request_id_is_carried_out_once(books) -> None:
    served, client = books
    customer = Customer()
    customer.DisplayName = "Once Only"
    customer.save(qb=client, request_id="one-of-a-kind")
    twin = Customer()
    twin.DisplayName = "Once Only"
    twin.save(qb=client, request_id="one-of-a-kind")
    assert twin.Id == customer.Id
    assert sum(row["DisplayName"] == "Once Only" for row in served.state.rows("customer")) == 1
