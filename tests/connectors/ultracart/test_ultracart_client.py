"""The sandbox driven by a client not written here: ``ultracart-rest-sdk``, UltraCart's own, which checks types and names."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own imports, not ours
    from ultracart import ApiClient, ApiException, Configuration
    from ultracart.api.customer_api import CustomerApi
    from ultracart.api.item_api import ItemApi
    from ultracart.api.oauth_api import OauthApi
    from ultracart.api.order_api import OrderApi
    from ultracart.exceptions import ForbiddenException, NotFoundException, UnauthorizedException
    from ultracart.models import Item, ItemPricing, ItemsRequest, OrderQuery

from connectors.sandbox.server import Served
from connectors.ultracart.items import EXPAND

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
VERSION = {"header_name": "X-UltraCart-Api-Version", "header_value": "2017-03-01"}


@pytest.fixture
def client() -> Callable[..., ApiClient]:
    """``client(served)`` signs with the simple key, ``client(served, token)`` with an access token."""

    def make(served: Served, token: str = "", key: str = "") -> ApiClient:
        configuration = Configuration(host=served.url)
        if token:
            configuration.access_token = token
        else:
            configuration.api_key["ultraCartSimpleApiKey"] = key or served.credentials["simple_key"]
        return ApiClient(configuration, **VERSION)

    return make


def told(error: ApiException) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(error.body)["error"]
    return said


def test_all_items_are_paged_by_the_result_set(account, client, crm_world) -> None:
    served = account()
    api, found, offset = ItemApi(client(served)), [], 0
    while True:
        page = api.get_items(limit=7, offset=offset, expand="pricing,salesforce,identifiers")
        found += page["items"]
        result = page.metadata.result_set
        assert (result.limit, result.offset, result.count) == (7, offset, len(page["items"]))
        if not result.more:
            break
        offset = result.next_offset
    known = {item.oid: item for item in crm_world.items}
    assert len(found) == len(known) == result.total_records
    for one in found:
        item = known[one.merchant_item_oid]
        assert (one.merchant_item_id, one.description, one.inactive) == (item.code, item.description, not item.active)
        assert (str(one.pricing.cost), str(one.pricing.cogs)) == (f"{float(item.price)}", f"{float(item.cogs)}")
        assert one.salesforce.get("sfdc_product_id") == (item.product_id or None)


def test_only_what_is_expanded_is_there(account, client, crm_world) -> None:
    api = ItemApi(client(account()))
    oid = crm_world.items[0].oid
    bare, whole = api.get_item(oid).item, api.get_item(oid, expand=EXPAND).item
    assert "pricing" not in bare.to_dict()
    assert {name.partition(".")[0] for name in EXPAND.split(",")} <= whole.to_dict().keys()
    by_code = api.get_item_by_merchant_item_id(crm_world.items[0].code, expand=EXPAND).item
    assert by_code.to_dict() == whole.to_dict()


def test_an_item_read_and_written_with_one_expand_loses_nothing(account, client, row_of) -> None:
    served = account()
    row = row_of(served)
    api = ItemApi(client(served))
    item = api.get_item(row["merchant_item_oid"], expand=EXPAND).item
    item.pricing.cost = 77.25
    answer = api.update_item(row["merchant_item_oid"], item, expand=EXPAND).item
    after = served.state.get("items", str(row["merchant_item_oid"]))
    assert answer.pricing.cost == after["pricing"]["cost"] == 77.25
    changed = {**after, "pricing": {**after["pricing"], "cost": row["pricing"]["cost"]}}
    assert {**changed, "last_modified_dts": row["last_modified_dts"]} == row


def test_an_item_written_with_another_expand_than_it_was_read_with_loses_data(account, client, row_of) -> None:
    served = account()
    row = row_of(served)
    api = ItemApi(client(served))
    item = api.get_item(row["merchant_item_oid"], expand="pricing").item
    api.update_item(row["merchant_item_oid"], item, expand="pricing,content")
    content = served.state.get("items", str(row["merchant_item_oid"]))["content"]
    assert row["content"]["extended_description"]
    assert content["extended_description"] is None


def test_a_batch_takes_twenty_and_no_more(account, client, crm_world) -> None:
    served = account()
    api = ItemApi(client(served))
    items = [Item(merchant_item_oid=one.oid, pricing=ItemPricing(cost=1.5)) for one in crm_world.items[:21]]
    with pytest.raises(ApiException) as caught:
        api.update_items(ItemsRequest(items=items), expand="pricing")
    assert (caught.value.status, "maximum of 20" in told(caught.value)["user_message"]) == (400, True)
    answer = api.update_items(ItemsRequest(items=items[:20]), expand="pricing")
    assert [one.pricing.cost for one in answer["items"]] == [1.5] * 20


def test_customers_are_listed_since_a_moment_and_read_one_by_one(account, client, crm_world) -> None:
    api = CustomerApi(client(account()))
    known = {one.oid: one for one in crm_world.customers}
    every = api.get_customers(limit=200, expand="billing,shipping,properties").customers
    assert {one.customer_profile_oid: one.email for one in every} == {oid: one.email for oid, one in known.items()}
    assert api.get_customers(since="2099-01-01T00:00:00Z").customers == []
    one = api.get_customer(every[0].customer_profile_oid, expand="billing").customer
    assert one.billing[0].city == known[one.customer_profile_oid].billing.city


def test_orders_are_asked_for_by_their_dates(account, client, crm_world) -> None:
    api = OrderApi(client(account()))
    some = sorted(crm_world.orders, key=lambda one: one.at)[2:5]
    query = OrderQuery(creation_date_begin=some[0].at.isoformat(), creation_date_end=some[-1].at.isoformat())
    found = api.get_orders_by_query(query, expand="billing,item,payment,customer_profile,summary").orders
    assert {one.order_id for one in found} == {one.id for one in some}
    for one in found:
        known = next(order for order in some if order.id == one.order_id)
        lines = [(line.merchant_item_id, line.quantity, line.cost.value) for line in one["items"]]
        assert lines == [(line.code, line.quantity, float(line.price)) for line in known.lines]
        assert (one.payment.payment_status == "Processed") is known.paid
    paid = api.get_orders_by_query(OrderQuery(payment_date_begin="2020-01-01T00:00:00Z")).orders
    assert {one.order_id for one in paid} == {one.id for one in crm_world.orders if one.paid}


class TestErrors:
    def test_a_missing_record_and_a_wrong_key(self, account, client) -> None:
        served = account()
        with pytest.raises(NotFoundException) as missing:
            ItemApi(client(served)).get_item(12345)
        assert (told(missing.value)["object_id"], missing.value.headers["UC-REST-ERROR"]) == (
            "12345",
            "Item not found.",
        )
        with pytest.raises(UnauthorizedException):
            ItemApi(client(served, key="wrong")).get_items()

    def test_a_missing_permission(self, account, client, row_of) -> None:
        served = account()
        served.app.permissions -= {"item_write"}
        item = ItemApi(client(served)).get_item(row_of(served)["merchant_item_oid"]).item
        with pytest.raises(ForbiddenException, match="item_write"):
            ItemApi(client(served)).update_item(item.merchant_item_oid, item)

    def test_too_many_requests_have_no_retry_after(self, account, client) -> None:
        served = account(rate=1, limit=3)
        api = ItemApi(client(served))
        for _ in range(3):
            api.get_items(limit=1)
        with pytest.raises(ApiException) as caught:
            api.get_items(limit=1)
        words = "rate of 3 per 3600 second(s) exceeded."
        assert (caught.value.status, told(caught.value)["user_message"]) == (429, words)
        assert caught.value.headers["UC-REST-ERROR"] == words
        assert "Retry-After" not in caught.value.headers

    def test_the_version_is_demanded(self, account, client) -> None:
        served = account()
        bare = client(served)
        bare.default_headers.clear()
        with pytest.raises(ApiException, match="X-UltraCart-Api-Version"):
            ItemApi(bare).get_items()


class TestOAuth:
    def token(self, api: Any, **form: str) -> Any:
        return api.oauth_access_token("crosswalk-app", form.pop("grant_type"), **form)

    def test_a_device_is_granted_and_its_token_renewed(self, account, client) -> None:
        served = account(interval=1)
        api = OauthApi(client(served))
        device = api.oauth_device_authorize("crosswalk-app", "item_read item_write")
        assert (device.expires_in, device.verification_uri) == (600, f"{served.origin}/device")
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": device.device_code}
        with pytest.raises(ApiException) as waiting:
            self.token(api, **form)
        assert json.loads(waiting.value.body)["error"] == "authorization_pending"
        served.app.oauth.decide(device.user_code, granted=True)
        served.app.oauth.waiting[device.device_code].polled = 0.0
        granted = self.token(api, **form)
        assert (granted.merchant_id, granted.token_type) == ("DEMO", "bearer")
        assert ItemApi(client(served, granted.access_token)).get_items(limit=1)["items"]
        renewed = self.token(api, grant_type="refresh_token", refresh_token=granted.refresh_token)
        assert renewed.refresh_token != granted.refresh_token
        with pytest.raises(ApiException) as dead:
            self.token(api, grant_type="refresh_token", refresh_token=granted.refresh_token)
        assert json.loads(dead.value.body)["error"] == "invalid_grant"
        assert api.oauth_revoke("crosswalk-app", renewed.refresh_token).successful
        with pytest.raises(ApiException):
            self.token(api, grant_type="refresh_token", refresh_token=renewed.refresh_token)

    def test_a_device_asks_too_often_is_denied_or_too_late(self, account, client, monkeypatch) -> None:
        served = account(interval=5, device_seconds=30)
        api, oauth, now = OauthApi(client(served)), served.app.oauth, [1000.0]
        monkeypatch.setattr(oauth, "_clock", lambda: now[0])

        def ask(device: Any) -> str:
            form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": device.device_code}
            with pytest.raises(ApiException) as caught:
                self.token(api, **form)
            said: str = json.loads(caught.value.body)["error"]
            return said

        first = api.oauth_device_authorize("crosswalk-app", "item_read")
        assert [ask(first), ask(first)] == ["authorization_pending", "slow_down"]
        now[0] += 10
        assert ask(first) == "authorization_pending"
        now[0] += 30
        assert ask(first) == "expired_token"
        second = api.oauth_device_authorize("crosswalk-app", "item_read")
        oauth.decide(second.user_code, granted=False)
        assert ask(second) == "access_denied"
        with pytest.raises(UnauthorizedException):
            api.oauth_device_authorize("another", "item_read")
