"""The WooCommerce sandbox and connector against the store's own index of routes, and the community client as a driver."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from woocommerce import API

from connectors.registry import EntryPointRegistry
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.store_world import StoreWorld
from connectors.sandbox.woocommerce import WooCommerce
from engine.model import Field, Kind, Sku
from engine.ports import ConnectionContext, Draft, FieldWrite, RecordWrite, Result

SPEC = Path(__file__).parents[2].parent / "shared" / "specs" / "woocommerce_v3_index.json"
Json = dict[str, Any]
PRODUCTS = "/wc/v3/products"
VARIATIONS = PRODUCTS + r"/(?P<product_id>[\d]+)/variations"

#: Newer than the index of 2024 that is at hand, with the version of WooCommerce that brought it.
NEWER_ROUTES = {"/wc/v3/variations": "10.3", "/wc/v3/data/currencies/current": "3.5"}
NEWER_ARGUMENTS = {"modified_after": "5.8", "modified_before": "5.8", "dates_are_gmt": "5.8"}
NEWER_FIELDS = {
    "cost_of_goods_sold": "9.5",
    "global_unique_id": "9.2",
    "low_stock_amount": "5.0",
    "grouped_products": "written, but not listed in this index",
    "inventory_delta": "undocumented, since 2.7",
}
#: Every WordPress list takes it.
OF_WORDPRESS = {"_fields"}


@pytest.fixture(scope="session")
def wc_index() -> Json:
    spec: Json = json.loads(SPEC.read_text(encoding="utf-8"))["routes"]
    return spec


@pytest.fixture(scope="session")
def store_world() -> StoreWorld:
    return StoreWorld.make(seed=5, products=60)


@pytest.fixture(scope="session")
def _shop(store_world: StoreWorld) -> Iterator[Served]:
    with serve_in_thread(WooCommerce(store_world, rate=0)) as served:
        yield served


@pytest.fixture
def shop(_shop: Served) -> Served:
    _shop.app.reset()
    return _shop


@pytest.fixture
def client(shop: Served) -> API:
    """The community client; over plain HTTP it signs with OAuth 1.0a."""
    return API(shop.origin, shop.app.consumer_key, shop.app.consumer_secret, version="wc/v3", timeout=10)


def route_of(path: str) -> str:
    """The index's spelling of a path with numbers or ``{names}`` in it."""
    names = re.sub(r"\{(\w+)\}", r"(?P<\1>[\\d]+)", f"/wc/v3{path}")
    names = re.sub(r"/(\d+)/variations", r"/(?P<product_id>[\\d]+)/variations", names)
    return re.sub(r"/(\d+)$", r"/(?P<id>[\\d]+)", names)


def arguments(index: Json, route: str, method: str) -> Json:
    return next(one["args"] for one in index[route]["endpoints"] if method in one["methods"])


# ------------------------------------------------------------------------------------------------ against the index
def test_every_simulated_route_is_in_the_index(wc_index: Json, store_world: StoreWorld) -> None:
    for route in WooCommerce(store_world).routes:
        name = route_of(route.path)
        if name in NEWER_ROUTES:
            assert name not in wc_index
            continue
        assert route.method in wc_index[name]["methods"], name


def test_the_sandboxs_own_index_has_the_documented_arguments(wc_index: Json, shop: Served) -> None:
    own = shop.app._index()["routes"]
    for name in set(own) & set(wc_index):
        for method in own[name]["methods"]:
            documented = set(arguments(wc_index, name, method))
            if method != "GET" and "product" in name:  # the sandbox lists the fields of both kinds for either
                documented |= {
                    *arguments(wc_index, PRODUCTS, "POST"),
                    *arguments(wc_index, f"{VARIATIONS}/batch", "POST"),
                }
            mine = set(arguments(own, name, method))
            assert mine - NEWER_ARGUMENTS.keys() - NEWER_FIELDS.keys() <= documented, (name, method)
    for name in ("status", "type", "orderby"):
        documented = arguments(wc_index, PRODUCTS, "GET")[name]["enum"]
        assert set(documented) <= set(arguments(own, PRODUCTS, "GET")[name]["enum"])


def drive(shop: Served) -> None:
    """Everything the connector does, once."""

    async def all_of_it() -> None:
        secrets = shop.credentials
        options = {**shop.options, **{name: name for name in secrets}, "page_size": "20"}
        connector: Any = (
            EntryPointRegistry().get("woocommerce").open(ConnectionContext("shop", options, secrets.__getitem__))
        )
        await connector.check()
        found = [
            one
            for kind in (Kind.PRODUCTS, Kind.CUSTOMERS)
            async for page in connector.read(kind)
            for one in page.records
        ]
        sold = [one for one in found if getattr(one, "quantity", None) is not None][::5]
        await connector.read_some(Kind.PRODUCTS, [one.id for one in sold])
        await connector.read_some(Kind.CUSTOMERS, ["1"])
        writes = [
            RecordWrite(
                one.id,
                Kind.PRODUCTS,
                one.id,
                one.name,
                (
                    FieldWrite(Field.PRICE, str(one.prices[0].amount), "3210"),
                    FieldWrite(Field.COST, str(one.costs[0].amount), "1.5"),
                    FieldWrite(Field.QUANTITY, str(one.quantity), "5"),
                    FieldWrite(Field.SKU, one.skus[0].value, f"NEW-{one.id}"),
                ),
            )
            for one in sold
        ]
        assert {one.result for one in await connector.write(writes)} <= {Result.APPLIED, Result.UNCHANGED}
        assert [page async for page in connector.read_orders(datetime(2026, 1, 1, tzinfo=UTC))]
        assert [page async for page in connector.read_changes(Kind.PRODUCTS, datetime(2026, 1, 1, tzinfo=UTC))]
        draft = Draft(
            "k",
            Kind.PRODUCTS,
            "s",
            "Made",
            sku=Sku("MADE-1"),
            upc="0123",
            category="Kitchen",
            taxable=False,
            marker="m",
        )
        await connector.create(draft)
        assert await connector.find_marker(Kind.PRODUCTS, "other", "Made") == []
        await connector.close()

    asyncio.run(all_of_it())


def test_the_connector_asks_only_for_documented_things(wc_index: Json, shop: Served) -> None:
    drive(shop)
    assert len(shop.requests) > 20
    for entry in shop.requests:
        route = route_of(entry.path)
        if route in NEWER_ROUTES:
            route = VARIATIONS if "variations" in route else "/wc/v3"
        assert entry.method in wc_index[route]["methods"], route
        asked = {name for name, _ in parse_qsl(entry.query, keep_blank_values=True)}
        assert entry.status in {200, 201}, (entry.path, entry.query)
        if entry.method == "GET":
            known = {*arguments(wc_index, route, "GET"), *NEWER_ARGUMENTS, *OF_WORDPRESS}
            assert asked <= known, (route, asked - known)
            continue
        assert not asked
        known = {*arguments(wc_index, route, "POST"), *NEWER_FIELDS, "id"}
        items = entry.body.get("update", [entry.body])
        assert all(set(item) <= known for item in items), items


def test_a_page_and_a_batch_are_as_large_as_documented(client: API, shop: Served) -> None:
    assert len(client.get("products").json()) == 10
    assert client.get("products", params={"per_page": 101}).status_code == 400
    answer = client.post("products/batch", {"update": [{"id": 1}] * 101})
    assert (answer.status_code, answer.json()["code"]) == (413, "woocommerce_rest_request_entity_too_large")


# ------------------------------------------------------------------------------------------------ the community client
def test_the_client_pages_through_everything(client: API, shop: Served) -> None:
    ids: list[int] = []
    page = 1
    while True:
        answer = client.get("products", params={"per_page": 25, "page": page, "orderby": "id", "order": "asc"})
        ids += [row["id"] for row in answer.json()]
        if page >= int(answer.headers["X-WP-TotalPages"]):
            break
        page += 1
    assert ids == sorted(int(id) for id in shop.state.tables["products"])
    assert int(answer.headers["X-WP-Total"]) == len(ids)


def test_the_client_is_refused_with_a_wrong_secret_or_a_read_only_key(client: API, shop: Served) -> None:
    stranger = API(shop.origin, shop.app.consumer_key, "cs_wrong", version="wc/v3")
    assert stranger.get("products").status_code == 401
    shop.app.permissions.discard("write")
    assert client.get("products").status_code == 200
    refused = client.put("products/100000", {"regular_price": "1"})
    assert (refused.status_code, refused.json()["code"]) == (401, "woocommerce_rest_authentication_error")


def test_the_client_makes_changes_and_sells(client: API, shop: Served) -> None:
    made = client.post(
        "products",
        {
            "name": "Lamp",
            "type": "simple",
            "sku": "L-1",
            "regular_price": "21.99",
            "manage_stock": True,
            "stock_quantity": 9,
        },
    )
    row = made.json()
    assert (made.status_code, row["price"], row["stock_quantity"], row["sku"]) == (201, "21.99", 9, "L-1")
    again = client.post("products", {"name": "Lamp", "sku": "L-1"})
    assert (again.status_code, again.json()["data"]["resource_id"]) == (400, row["id"])
    order = client.post(
        "orders", {"status": "processing", "line_items": [{"product_id": row["id"], "quantity": 2}]}
    ).json()
    assert client.get(f"products/{row['id']}").json()["stock_quantity"] == 7
    assert client.put(f"orders/{order['id']}", {"status": "cancelled"}).json()["status"] == "cancelled"
    assert client.get(f"products/{row['id']}").json()["stock_quantity"] == 9
    assert [one["id"] for one in client.get("products", params={"sku": "L-1"}).json()] == [row["id"]]
    client.delete(f"products/{row['id']}", params={"force": True})
    assert client.get(f"products/{row['id']}").status_code in {200, 404}


def test_the_client_sees_an_error_per_record_inside_a_200(client: API, shop: Served) -> None:
    variation = shop.state.rows("variations")[0]
    path = f"products/{variation['parent_id']}/variations"
    answer = client.put(f"{path}/batch", {"update": [{"id": variation["id"], "regular_price": "4.5"}, {"id": 9}]})
    assert answer.status_code == 200
    good, bad = answer.json()["update"]
    assert good["regular_price"] == "4.5"
    assert bad["error"]["code"] == "woocommerce_rest_product_variation_invalid_id"
    assert bad["error"]["data"]["status"] == 400
    assert client.get(f"{path}/{variation['id']}").json()["price"] == "4.5"
    assert (
        client.get("customers", params={"role": "all", "email": shop.state.get("customers", "1")["email"]}).json()[0][
            "id"
        ]
        == 1
    )
