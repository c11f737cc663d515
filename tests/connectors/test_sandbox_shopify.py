"""The Shopify sandbox as a plain GraphQL client sees it: paging, search, points, compare-and-set, one request once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from graphql import build_client_schema, get_introspection_query, print_schema

from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.shopify import Shopify
from connectors.sandbox.shopify_cost import Bucket
from connectors.sandbox.shopify_schema import schema
from connectors.sandbox.shopify_search import filtered
from connectors.sandbox.shopify_seed import BUNDLE, FLOOR, GIFT, ITEM, MAIN, level_id
from connectors.sandbox.store_world import StoreWorld

Json = dict[str, Any]
Ask = Callable[..., Json]
VARIANTS = """query V($after: String, $q: String, $n: Int!) {
  productVariants(first: $n, after: $after, query: $q, sortKey: ID) {
    nodes { id sku price product { id title } inventoryItem { unitCost { amount currencyCode } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
SET = """mutation Q($i: InventorySetQuantitiesInput!, $k: String!) {
  inventorySetQuantities(input: $i) @idempotent(key: $k) {
    inventoryAdjustmentGroup { id changes { name delta quantityAfterChange item { id } } }
    userErrors { field message code }
  }
}"""
UPDATE = """mutation U($p: ID!, $v: [ProductVariantsBulkInput!]!, $some: Boolean!) {
  productVariantsBulkUpdate(productId: $p, variants: $v, allowPartialUpdates: $some) {
    productVariants { id price } userErrors { field message code }
  }
}"""


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serve_in_thread(Shopify(StoreWorld.make(seed=3, products=40), rate=0)) as served:
        yield served


@pytest.fixture
def ask(server: Served) -> Iterator[Ask]:
    """``ask(text, **variables)``: the whole answer."""
    server.app.reset()
    headers = {"X-Shopify-Access-Token": server.credentials["access_token"]}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False, verify=False) as client:

        def send(query: str, operationName: str | None = None, **variables: Any) -> Json:
            asked = {"query": query, "variables": variables, "operationName": operationName}
            reply = client.post("/graphql.json", json=asked)
            assert reply.status_code == 200, reply.text
            answer: Json = reply.json()
            return answer

        yield send


def stocked(server: Served, nth: int = 0) -> Json:
    """A variant that is counted at the main location."""
    rows = [row for row in server.state.rows("variants") if not row["requiresComponents"]]
    return [row for row in rows if server.state.get("levels", level_id(row["item"], MAIN))][nth]


def units(server: Served, row: Json) -> int:
    found = server.state.get("levels", level_id(row["item"], MAIN))
    assert found is not None
    return int(found["available"])


def quantities(row: Json, to: int, before: int | None) -> Json:
    one = {
        "inventoryItemId": f"gid://shopify/InventoryItem/{row['item']}",
        "locationId": f"gid://shopify/Location/{MAIN}",
        "quantity": to,
        "changeFromQuantity": before,
    }
    return {"name": "available", "reason": "correction", "quantities": [one]}


def codes(payload: Json) -> list[str]:
    return [one["code"] for one in payload["userErrors"]]


# ------------------------------------------------------------------------------------------------ reading
def test_a_list_is_paged_to_its_end_with_every_record_once(server: Served, ask: Ask) -> None:
    after, seen = None, list[str]()
    while True:
        found = ask(VARIANTS, n=7, after=after)["data"]["productVariants"]
        seen += [node["id"] for node in found["nodes"]]
        if not found["pageInfo"]["hasNextPage"]:
            break
        after = found["pageInfo"]["endCursor"]
    assert seen == sorted(set(seen), key=lambda gid: int(gid.rpartition("/")[2]))
    assert len(seen) == len(server.state.rows("variants"))


def test_orders_are_found_by_where_they_stand(server: Served, ask: Ask) -> None:
    row = stocked(server)
    open_one, cancelled = (server.app.events.sell([{"variant": row["id"]}])["id"] for _ in range(2))
    server.state.put(
        "orders", cancelled, {**server.state.tables["orders"][cancelled], "cancelledAt": "2026-11-26T00:00:00Z"}
    )

    def found(query: str) -> set[str]:
        told = ask("query O($q: String) { orders(first: 250, query: $q) { nodes { id } } }", q=query)
        return {one["id"].rpartition("/")[2] for one in told["data"]["orders"]["nodes"]}

    rows = server.state.tables["orders"]
    waiting = {id for id, one in rows.items() if one["displayFulfillmentStatus"] == "UNFULFILLED"} - {cancelled}
    assert open_one in waiting
    assert found("fulfillment_status:unfulfilled AND status:open") == waiting
    assert found("status:cancelled") == {cancelled}
    assert found("status:any") == set(rows)


def test_a_page_goes_on_behind_a_record_that_is_gone(server: Served, ask: Ask) -> None:
    first = ask(VARIANTS, n=3)["data"]["productVariants"]
    server.app.events.meanwhile(delete=[first["nodes"][-1]["id"].rpartition("/")[2]])
    second = ask(VARIANTS, n=3, after=first["pageInfo"]["endCursor"])["data"]["productVariants"]
    rest = sorted(int(row["id"]) for row in server.state.rows("variants"))
    assert int(second["nodes"][0]["id"].rpartition("/")[2]) == rest[2]


def test_a_search_finds_by_number_moment_and_text_and_tells_what_it_does_not_know(ask: Ask) -> None:
    rows = [
        {"id": "1", "sku": "A-1", "at": "2026-09-01T10:00:00Z"},
        {"id": "12", "sku": None, "at": "2026-09-02T10:00:00Z"},
        {"id": "30", "sku": "0012", "at": "2026-09-03T10:00:00Z"},
    ]
    columns = {"id": "id", "sku": "sku", "updated_at": "at"}

    def found(text: str) -> list[str]:
        return [row["id"] for row in filtered(rows, text, columns)[0]]

    assert found("id:1") == ["1"]
    assert found("id:1 OR id:12") == ["1", "12"]
    assert found("id:>=2") == ["12", "30"]
    assert found("(id:1 OR id:30) AND -sku:A-1") == ["30"]
    assert found("NOT (id:1 OR id:30)") == ["12"]
    assert found("id:1 OR id:30 sku:a*") == ["1"]
    assert (found("sku:a*"), found("sku:*"), found("sku:12")) == (["1"], ["1", "30"], [])
    assert (found("001"), found("'001' id:1")) == (["30"], [])
    assert found("sku:a-1 updated_at:<'2026-09-01T12:00:00+00:00'") == ["1"]
    assert found("sku:a-1 id:12") == []
    told = ask(VARIANTS, n=1, q="colour:red")
    assert told["extensions"]["search"][0]["warnings"][0]["field"] == "colour"


def test_introspection_shows_the_schema_that_is_served(ask: Ask) -> None:
    told = build_client_schema(ask(get_introspection_query(directive_is_repeatable=False))["data"])
    assert print_schema(told) == print_schema(schema())


def test_a_wrong_token_an_unknown_field_and_a_missing_scope_are_refused(server: Served, ask: Ask) -> None:
    wrong = httpx.post(
        f"{server.url}/graphql.json",
        json={"query": "{shop{name}}"},
        headers={"X-Shopify-Access-Token": "x"},
        verify=False,
    )
    assert (wrong.status_code, "Invalid API key" in wrong.text) == (401, True)
    assert "Cannot query field 'colour'" in ask("{ shop { colour } }")["errors"][0]["message"]

    server.app.permissions.discard("read_orders")
    denied = ask("{ orders(first: 1) { nodes { id } } }")
    assert denied["data"] is None
    assert denied["errors"][0]["extensions"] == {
        "code": "ACCESS_DENIED",
        "requiredAccess": "`read_orders` access scope.",
    }
    several = ask("{ shop { name } orders(first: 1) { nodes { id } } }")
    assert (several["data"], several["errors"][0]["path"]) == (None, ["orders"])
    server.app.permissions |= {"read_orders"}
    server.app.permissions.discard("read_customers")
    partly = ask("{ orders(first: 1) { nodes { id customer { id } } } }")
    assert partly["data"]["orders"]["nodes"][0]["customer"] is None
    assert partly["errors"][0]["path"] == ["orders", "nodes", 0, "customer"]


def test_an_app_exchanges_its_id_and_secret_for_a_token(server: Served, ask: Ask) -> None:
    del ask
    site, app = server.url.partition("/admin")[0], server.app.apps
    form = {"grant_type": "client_credentials", "client_id": app.client_id, "client_secret": app.client_secret}
    with httpx.Client(base_url=site, trust_env=False, verify=False) as client:
        refused = client.post("/admin/oauth/access_token", data={**form, "client_secret": "x"})
        assert (refused.status_code, refused.json()["error"]) == (400, "application_cannot_be_found")
        granted = client.post("/admin/oauth/access_token", data=form).json()
        assert set(granted["scope"].split(",")) == Shopify.all_permissions
        token = granted["access_token"]
        reply = client.post(
            "/admin/api/2026-07/graphql.json", json={"query": "{shop{name}}"}, headers={"X-Shopify-Access-Token": token}
        )
        assert reply.json()["data"] == {"shop": {"name": "Sandbox store"}}


# ------------------------------------------------------------------------------------------------ points
def test_a_query_costs_what_it_may_bring_and_what_it_did_not_bring_is_given_back(ask: Ask) -> None:
    one = ask(VARIANTS, n=10, q="id:0")["extensions"]["cost"]
    assert (one["requestedQueryCost"], one["actualQueryCost"]) == (2 + 10 * 4, 2)
    assert ask(SET, i=quantities({"item": "0"}, 1, None), k="k")["extensions"]["cost"]["requestedQueryCost"] == 10
    mixed = """query Other { shop { id } } query Mixed { productVariants(first: 10) { ...All }}
      fragment All on ProductVariantConnection { some: edges { one: node { ... on ProductVariant { product { id } } } } }"""
    several = ask(mixed, operationName="Mixed")["extensions"]["cost"]
    assert (several["requestedQueryCost"], several["actualQueryCost"]) == (2 + 10 * 2, 2 + 10 * 2)
    counted = """{ productVariants(first: 20) { nodes { inventoryItem { inventoryLevels(first: 2) { nodes {
      quantities(names: ["available", "on_hand", "committed"]) { quantity } } } } } } }"""
    dear = ask(counted)["extensions"]["cost"]
    assert dear["requestedQueryCost"] == 2 + 20 * (1 + 1 + 2 + 2 * 2)
    assert dear["actualQueryCost"] < dear["requestedQueryCost"], "never more than what was asked for beforehand"
    wrong = ask(VARIANTS, n="ten")
    assert "Int cannot represent" in wrong["errors"][0]["message"]
    dear = ask(VARIANTS, n=250)
    assert dear["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_points_come_back_with_time_and_a_query_that_does_not_fit_is_not_carried_out() -> None:
    now = [0.0]
    bucket = Bucket(10, clock=lambda: now[0])
    assert bucket.take(200)
    assert not bucket.take(1)
    now[0] = 0.5
    assert (bucket.available, bucket.take(6), bucket.take(5)) == (5, False, True)
    with (
        serve_in_thread(Shopify(StoreWorld.make(seed=3, products=4), points=1e-6)) as tight,
        httpx.Client(trust_env=False, verify=False) as client,
    ):
        token = {"X-Shopify-Access-Token": tight.credentials["access_token"]}
        body = {"query": UPDATE, "variables": {"p": "gid://shopify/Product/1", "v": [], "some": True}}
        told = client.post(f"{tight.url}/graphql.json", json=body, headers=token).json()
    assert "data" not in told
    assert told["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert told["extensions"]["cost"]["actualQueryCost"] is None


# ------------------------------------------------------------------------------------------------ quantities
def test_a_quantity_is_set_only_from_what_it_is(server: Served, ask: Ask) -> None:
    row = stocked(server)
    before = units(server, row)
    payload = ask(SET, i=quantities(row, before + 5, before), k="a")["data"]["inventorySetQuantities"]
    assert payload["userErrors"] == []
    told = {one["name"]: one for one in payload["inventoryAdjustmentGroup"]["changes"]}
    assert (told["available"]["delta"], told["available"]["quantityAfterChange"]) == (5, before + 5)
    stale = ask(SET, i=quantities(row, 1, before), k="b")["data"]["inventorySetQuantities"]
    assert codes(stale) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert stale["userErrors"][0]["field"] == ["input", "quantities", "0", "changeFromQuantity"]
    assert units(server, row) == before + 5


def test_the_same_request_counts_once_and_its_key_is_for_nothing_else(server: Served, ask: Ask) -> None:
    row = stocked(server)
    before = units(server, row)
    asked = quantities(row, before + 2, before)
    first, again = (ask(SET, i=asked, k="same")["data"]["inventorySetQuantities"] for _ in range(2))
    assert first == again
    assert units(server, row) == before + 2
    other = ask(SET, i=quantities(row, 0, None), k="same")["data"]["inventorySetQuantities"]
    assert codes(other) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert units(server, row) == before + 2
    without = ask(SET.replace(" @idempotent(key: $k)", "").replace(", $k: String!", ""), i=asked)
    assert "@idempotent" in without["errors"][0]["message"]


def test_one_refused_quantity_keeps_the_whole_request_from_being_carried_out(server: Served, ask: Ask) -> None:
    good, unstocked = stocked(server), {"item": str(GIFT + ITEM)}
    before = units(server, good)
    both = quantities(good, before + 1, before)
    both["quantities"] += quantities(unstocked, 1, None)["quantities"]
    assert codes(ask(SET, i=both, k="a")["data"]["inventorySetQuantities"]) == ["ITEM_NOT_STOCKED_AT_LOCATION"]
    bundle = quantities({"item": str(BUNDLE + ITEM)}, 1, None)
    assert codes(ask(SET, i=bundle, k="b")["data"]["inventorySetQuantities"]) == ["NON_MUTABLE_INVENTORY_ITEM"]
    negative = quantities(good, -1, before)
    assert codes(ask(SET, i=negative, k="c")["data"]["inventorySetQuantities"]) == ["INVALID_QUANTITY_NEGATIVE"]
    assert units(server, good) == before


def test_a_sale_takes_units_where_they_are_sold_and_shows_as_a_change_of_the_product(server: Served, ask: Ask) -> None:
    row = stocked(server)
    before = units(server, row)
    server.app.events.sell([{"variant": row["id"], "quantity": 2}])
    assert units(server, row) == before - 2
    found = ask("{ products(first: 5, query: \"updated_at:>'2026-10-01T00:00:00Z'\") { nodes { id } } }")
    assert [node["id"] for node in found["data"]["products"]["nodes"]] == [f"gid://shopify/Product/{row['product']}"]
    level = """query L($i: ID!, $l: ID!) { inventoryItem(id: $i) { inventoryLevel(locationId: $l) {
      quantities(names: ["available", "on_hand", "committed"]) { name quantity } } } }"""
    item = f"gid://shopify/InventoryItem/{row['item']}"
    told = ask(level, i=item, l=f"gid://shopify/Location/{MAIN}")["data"]["inventoryItem"]["inventoryLevel"]
    numbers = {one["name"]: one["quantity"] for one in told["quantities"]}
    assert numbers["available"] == before - 2
    assert numbers["on_hand"] == numbers["available"] + numbers["committed"]
    assert ask(level, i=item, l="gid://shopify/Location/1")["data"]["inventoryItem"]["inventoryLevel"] is None
    assert any(one["location"] == FLOOR for one in server.state.rows("levels"))


def test_a_unit_is_sold_from_outside_between_two_requests(server: Served, ask: Ask) -> None:
    row = stocked(server)
    before = units(server, row)
    with httpx.Client(headers={"X-Control-Token": server.control_token}, trust_env=False, verify=False) as world:
        event = {"method": "POST", "path": "/inventorySetQuantities", "sell": {row["id"]: 1}}
        assert world.post(f"{server.control_url}/meanwhile", json=event).json() == {"waiting": 1}
        stale = ask(SET, i=quantities(row, 50, before), k="a")["data"]["inventorySetQuantities"]
        assert codes(stale) == ["CHANGE_FROM_QUANTITY_STALE"]
        assert units(server, row) == before - 1
        placed = world.post(f"{server.control_url}/sell", json={"lines": [{"variant": row["id"], "quantity": 2}]})
    assert server.state.tables["orders"][placed.json()["id"]]["lines"][0]["quantity"] == 2
    assert units(server, row) == before - 3


# ------------------------------------------------------------------------------------------------ variants
def test_a_refused_variant_is_named_and_the_others_are_written_only_where_that_is_asked_for(
    server: Served, ask: Ask
) -> None:
    product = next(row for row in server.state.rows("products") if len(row["variants"]) > 1)
    first, second = (f"gid://shopify/ProductVariant/{id}" for id in product["variants"][:2])
    given = [{"id": first, "price": "-1"}, {"id": second, "price": "7.5", "inventoryItem": {"cost": "3", "sku": "S"}}]
    asked = {"p": f"gid://shopify/Product/{product['id']}", "v": given}

    whole = ask(UPDATE, **asked, some=False)["data"]["productVariantsBulkUpdate"]
    assert (codes(whole), whole["productVariants"]) == (["NEGATIVE_PRICE_VALUE"], None)
    assert whole["userErrors"][0]["field"] == ["variants", "0", "price"]
    assert server.state.get("variants", product["variants"][1])["price"] != "7.50"

    partly = ask(UPDATE, **asked, some=True)["data"]["productVariantsBulkUpdate"]
    assert partly["productVariants"] == [{"id": second, "price": "7.50"}]
    written = server.state.get("variants", product["variants"][1])
    assert (written["price"], written["sku"]) == ("7.50", "S")
    ask(UPDATE, p=asked["p"], v=[{"id": second, "price": "7.125"}], some=True)
    assert server.state.get("variants", product["variants"][1])["price"] == "7.13"
    assert server.state.get("items", written["item"])["cost"] == "3.00"


def test_the_log_and_the_faults_know_an_operation_by_its_root_field(server: Served, ask: Ask) -> None:
    ask(VARIANTS, n=1)
    ask(SET, i=quantities({"item": "0"}, 1, None), k="k")
    assert [(one.method, one.path) for one in server.requests] == [
        ("GET", "/productVariants"),
        ("POST", "/inventorySetQuantities"),
    ]
