"""The UltraCart sandbox, and what the connector sends to it, against UltraCart's API description and documented shapes.

The description was derived from UltraCart's own SDK: names, types, enumerations and lengths are the vendor's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import jsonschema
import pytest

from connectors.registry import EntryPointRegistry
from connectors.sandbox.crm_world import CrmWorld
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.ultracart import UltraCart
from connectors.ultracart import items, people
from connectors.ultracart.settings import BASE_URL, SALES, SCOPE, VERSION
from engine.crm import TextValue, TextWrite
from engine.model import Field, Kind, canonical
from engine.ports import ConnectionContext, FieldWrite, LoginEnd, RecordWrite, Result

SPECS = Path(__file__).parents[2].parent / "shared" / "specs"
Json = dict[str, Any]


@pytest.fixture(scope="session")
def spec() -> Json:
    found: Json = json.loads((SPECS / "ultracart_rest_v2.subset.openapi.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def shapes() -> Json:
    found: Json = json.loads((SPECS / "ultracart_salesforce_shapes.json").read_text(encoding="utf-8"))["ultracart"]
    return found


@pytest.fixture(scope="session")
def crm_world() -> CrmWorld:
    return CrmWorld.make(seed=6, items=40)


@pytest.fixture(scope="session")
def _accounts(crm_world: CrmWorld) -> Iterator[dict[bool, Served]]:
    with (
        serve_in_thread(UltraCart(crm_world, rate=0, interval=0.01)) as plain,
        serve_in_thread(UltraCart(crm_world, rate=0, nulls=True)) as nulls,
    ):
        yield {False: plain, True: nulls}


@pytest.fixture
def account(_accounts: dict[bool, Served]) -> Callable[..., Served]:
    def start(*, nulls: bool = False) -> Served:
        _accounts[nulls].app.reset()
        return _accounts[nulls]

    return start


@pytest.fixture
def client(account, shapes) -> Iterator[Callable[[Served], httpx.Client]]:
    """A client that sends the documented headers."""
    made: list[httpx.Client] = []

    def start(served: Served) -> httpx.Client:
        known = {"x-ultracart-simple-key": served.credentials["simple_key"]}
        headers = {name: known.get(name, value) for name, value in shapes["headers"].items()}
        made.append(httpx.Client(base_url=served.url, headers=headers, trust_env=False, verify=False))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def conforms(spec: Json) -> Callable[[str, Any], None]:
    """``conforms("ItemsResponse", answer)``: strictly, no name is invented. (The description refers to itself in circles.)"""
    schemas = {
        name: {**schema, "additionalProperties": False} if schema.get("properties") else schema
        for name, schema in spec["components"]["schemas"].items()
    }

    def check(name: str, value: Any) -> None:
        whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        jsonschema.Draft7Validator(whole).validate(value)

    return check


@pytest.fixture
def has_shape(differences) -> Callable[..., list[str]]:
    """Where an answer lacks something of a documented example; further names are the API description's."""

    def missing(shape: Any, answer: Any) -> list[str]:
        return [text for text in differences(shape, answer) if "is invented" not in text]

    return missing


class TestAnswers:
    @pytest.mark.parametrize(
        ("path", "params", "schema"),
        [
            ("/item/items", {"_expand": items.EXPAND, "_limit": "100"}, "ItemsResponse"),
            ("/item/items", {}, "ItemsResponse"),
            ("/item/items/{item}", {"_expand": items.EXPAND}, "ItemResponse"),
            ("/item/items/merchant_item_id/{code}", {"_expand": "pricing"}, "ItemResponse"),
            ("/customer/customers", {"_expand": people.CUSTOMER_EXPAND}, "CustomersResponse"),
            ("/customer/customers/{customer}", {"_expand": people.CUSTOMER_EXPAND}, "CustomerResponse"),
            ("/order/orders/{order}", {"_expand": people.ORDER_EXPAND}, "OrderResponse"),
        ],
    )  # fmt: skip
    def test_of_reads(self, account, client, crm_world, conforms, path, params, schema) -> None:
        ids = {
            "item": crm_world.items[0].oid, "code": crm_world.items[0].code,
            "customer": crm_world.customers[0].oid, "order": crm_world.orders[0].id,
        }  # fmt: skip
        answer = client(account()).get(path.format(**ids), params=params)
        assert answer.status_code == 200
        conforms(schema, answer.json())

    def test_of_the_query_for_orders(self, account, client, conforms) -> None:
        body = {"creation_date_begin": "2020-01-01T00:00:00Z"}
        conforms("OrderQuery", body)
        answer = client(account()).post("/order/orders/query", params={"_expand": people.ORDER_EXPAND}, json=body)
        conforms("OrdersResponse", answer.json())
        assert answer.json()["orders"]

    def test_of_updates(self, account, client, crm_world, conforms, shapes) -> None:
        http, oid = client(account()), crm_world.items[0].oid
        params = {"_expand": items.EXPAND}
        read = http.get(f"/item/items/{oid}", params=params).json()["item"]
        conforms("ItemResponse", http.put(f"/item/items/{oid}", params=params, json=read).json())
        batch = shapes["items_batch_update"]["body"]
        entry = {**batch["items"][0], "merchant_item_oid": oid, "merchant_item_id": read["merchant_item_id"]}
        conforms("ItemsRequest", {"items": [entry]})
        answer = http.put("/item/items/batch", params={"_expand": "pricing"}, json={"items": [entry]}).json()
        conforms("ItemsResponse", answer)
        assert answer["items"][0]["pricing"]["cost"] == entry["pricing"]["cost"]

    def test_of_the_login(self, account, client, conforms, shapes, differences) -> None:
        served = account()
        http = client(served)
        form = {"client_id": "crosswalk-app", "scope": SCOPE}
        device = http.post("/oauth/device/authorize", data=form, headers={"Content-Type": FORM}).json()
        conforms("OauthDeviceAuthorizationResponse", {**device, "interval": 5})
        assert differences(shapes["oauth_device"]["response"], device) == []
        served.app.oauth.decide(device["user_code"], granted=True)
        form = {"client_id": "crosswalk-app", "grant_type": DEVICE, "device_code": device["device_code"]}
        token = http.post("/oauth/token", data=form, headers={"Content-Type": FORM}).json()
        conforms("OauthTokenResponse", token)
        documented = {"access_token", "refresh_token", "expires_in", "scope", "token_type", "merchant_id"}
        assert token.keys() == documented

    @pytest.mark.parametrize("limit", [1, 100])
    def test_that_a_page_says_where_it_stands(self, account, client, shapes, crm_world, differences, limit) -> None:
        result = client(account(nulls=True)).get("/item/items", params={"_limit": limit}).json()["metadata"]
        documented = shapes["items_list"]["response"]["metadata"]
        assert differences(documented, result) == []
        assert result["result_set"]["total_records"] == len(crm_world.items)

    def test_that_examples_have_the_same_names_and_types(self, account, client, shapes, has_shape, row) -> None:
        """With nulls, as the documentation's examples have them."""
        http = client(account(nulls=True))
        expand = "pricing,pricing.tiers,salesforce,identifiers,accounting"
        listed = http.get("/item/items", params={"_expand": expand}).json()
        (example,) = shapes["items_list"]["response"]["items"]
        assert all(has_shape(example, one) == [] for one in listed["items"])
        tiered = [one["pricing"]["tiers"] for one in listed["items"] if one["pricing"]["tiers"]]
        assert tiered
        assert all(has_shape(example["pricing"]["tiers"], one) == [] for one in tiered)
        customers = http.get("/customer/customers", params={"_expand": "billing,shipping,properties"}).json()
        record = {**shapes["customer"]["record"]}
        for address in record["billing"]:
            address.pop("day_phone_e164", None)
        assert all(has_shape(record, one) == [] for one in customers["customers"])
        query = shapes["order"]["request"].partition("?")[2]
        orders = http.post(f"/order/orders/query?{query}", json={}).json()
        (line,) = shapes["order"]["record"]["items"]
        bought = {**line, "cost": line["cost"]}
        del bought["total_cost_with_discount"]
        for one in orders["orders"]:
            assert has_shape(bought, one["items"][0]) == []
            assert has_shape({k: v for k, v in shapes["order"]["record"].items() if k in TOLD}, one) == []


#: What the connector reads of an order; lines are compared by themselves.
TOLD = {"order_id", "current_stage", "creation_dts", "currency_code", "salesforce"}
FORM = "application/x-www-form-urlencoded"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def row(crm_world: CrmWorld) -> Json:
    """An item whose stock is tracked, as the store holds it."""
    item = next(one for one in crm_world.items if one.quantity is not None and one.active)
    return {"oid": item.oid, "price": item.price, "cogs": item.cogs, "quantity": item.quantity}


class TestErrors:
    def test_a_limit_that_was_reached(self, account, client, shapes, conforms, has_shape) -> None:
        served = account()
        served.app.faults.add("rate_limit")
        answer = client(served).get("/item/items")
        documented = shapes["error_429"]
        assert answer.status_code == documented["status"]
        assert has_shape(documented["body"], answer.json()) == []
        assert answer.headers["UC-REST-ERROR"] == answer.json()["error"]["user_message"]
        assert answer.headers["UC-REST-ERROR-MERCHANT-ID"] == "DEMO"
        assert "retry-after" not in answer.headers

    def test_a_refusal(self, account, client, shapes, differences, conforms) -> None:
        http = client(account(nulls=True))
        for answer in (http.get("/item/items/5"), http.get("/item/items", params={"_limit": "2001"})):
            documented = {name: value for name, value in shapes["error_full"]["body"].items() if name != "warning"}
            assert differences(documented, answer.json()) == []
            said = {name: value for name, value in answer.json()["error"].items() if value is not None}
            conforms("ErrorResponse", {**answer.json(), "error": said})
            assert answer.headers["UC-REST-ERROR"] == said["user_message"]

    def test_the_lengths_are_the_descriptions(self, account, client, spec, row) -> None:
        http = client(account())
        item = http.get(f"/item/items/{row['oid']}").json()["item"]
        for name in ("merchant_item_id", "description"):
            most = spec["components"]["schemas"]["Item"]["properties"][name]["maxLength"]
            for length, status in ((most, 200), (most + 1, 400)):
                body = {**item, name: "x" * length}
                assert http.put(f"/item/items/{row['oid']}", json=body).status_code == status, (name, length)


class TestWhatTheConnectorSends:
    @pytest.fixture
    async def sent(self, account, crm_world, row, tmp_path) -> list[Any]:
        """The requests of everything the connector does."""
        served = account()
        context = ConnectionContext(
            "uc", {**served.options, "client_id": "crosswalk-app", "mirror_links": "true"}, str, tmp_path / "uc.json"
        )
        connector = EntryPointRegistry().get("ultracart").open(context)
        login = await connector.start_login()
        served.app.oauth.decide(login.code.user_code, granted=True)
        assert (await login.wait(asyncio.Event())).end is LoginEnd.GRANTED
        served.app.oauth.expire()
        assert (await connector.check()).ok
        for kind in (Kind.PRODUCTS, Kind.CUSTOMERS):
            assert [page async for page in connector.read(kind)]
            assert [page async for page in connector.read_changes(kind, crm_world.orders[0].at)]
        assert [page async for page in connector.read_orders(crm_world.orders[0].at)]
        fields = (
            FieldWrite(Field.PRICE, canonical(row["price"]), "12.34"),
            FieldWrite(Field.COST, canonical(row["cogs"]), "5.5"),
            FieldWrite(Field.QUANTITY, str(row["quantity"]), "77"),
        )
        write = RecordWrite("k", Kind.PRODUCTS, str(row["oid"]), "an item", fields)
        assert {one.result for one in await connector.write([write])} == {Result.APPLIED}
        (known,) = (await connector.read_some(Kind.PRODUCTS, [str(row["oid"])])).values()
        text = TextValue("description", "Another text", known.description)
        assert (await connector.write_texts([TextWrite("k", known.id, (text,))]))[0].result == "applied"
        bare = next(one for one in served.state.rows("items") if not one["salesforce"]["sfdc_product_id"])
        linked = await connector.set_external_id(Kind.PRODUCTS, str(bare["merchant_item_oid"]), "01t5g000001AbCdEAF")
        assert linked.result is Result.APPLIED
        await connector.close()
        return served.requests

    async def test_is_described(self, sent, spec) -> None:
        """Paths, methods and the names of arguments are the description's."""
        used = set()
        for entry in sent:
            path, operation = _operation(spec, entry.method, entry.path)
            used.add((entry.method, path))
            known = {one["name"] for one in operation.get("parameters", ())}
            assert {name for name, _ in parse_qsl(entry.query)} <= known, entry.path
        assert used == {
            ("GET", "/item/items"), ("GET", "/item/items/{merchant_item_oid}"), ("PUT", "/item/items/batch"),
            ("GET", "/customer/customers"), ("POST", "/order/orders/query"),
            ("POST", "/oauth/device/authorize"), ("POST", "/oauth/token"),
        } | (used & {("GET", "/item/items/merchant_item_id/{merchant_item_id}")})  # fmt: skip

    async def test_has_bodies_that_are_described(self, sent, conforms) -> None:
        updates = [entry.body for entry in sent if entry.path == "/item/items/batch"]
        assert len(updates) == 4, "the check's, and one for each kind of write"
        for body in updates:
            conforms("ItemsRequest", _without_nulls(body))
        queries = [entry.body for entry in sent if entry.path == "/order/orders/query"]
        assert any(query.get("creation_date_begin") for query in queries)
        for query in queries:
            conforms("OrderQuery", query)

    async def test_has_forms_with_the_described_names(self, sent, spec) -> None:
        forms = [(entry.path, dict(parse_qsl(entry.body))) for entry in sent if entry.path.startswith("/oauth/")]
        assert {form.get("grant_type", "") for _, form in forms} == {"", DEVICE, "refresh_token"}
        for path, form in forms:
            described = spec["paths"][path]["post"]["requestBody"]["content"][FORM]["schema"]
            assert set(described["required"]) <= form.keys() <= described["properties"].keys()


class TestConstants:
    def test_the_address_and_the_version_are_the_documented_ones(self, shapes, spec) -> None:
        assert shapes["base_url"] == BASE_URL == spec["servers"][0]["url"]
        assert VERSION.items() <= shapes["headers"].items()

    def test_every_stage_that_counts_as_a_sale_exists(self, spec) -> None:
        known = spec["components"]["schemas"]["Order"]["properties"]["current_stage"]["enum"]
        stages = set(SALES.split(","))
        assert stages <= set(known)
        assert {"Quote Request", "Quote Sent", "Rejected", "Unknown"} == set(known) - stages


def _operation(spec: Json, method: str, path: str) -> tuple[str, Json]:
    """The described path that a request's path means, the one without parameters first."""
    parts = path.split("/")
    for known in sorted(spec["paths"], key=lambda one: one.count("{")):
        named = known.split("/")
        if len(named) == len(parts) and all(a == b or a[:1] == "{" for a, b in zip(named, parts, strict=True)):
            return known, spec["paths"][known][method.lower()]
    raise AssertionError(f"{method} {path} is not described")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value
