"""The Syncro sandbox against Syncro's own API description, driven by plain HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import jsonschema
import pytest

from connectors.sandbox.server import Served
from connectors.sandbox.syncro import Syncro
from connectors.sandbox.world import World

Json = dict[str, Any]
Differences = Callable[..., list[str]]

#: The ids a path's parameters stand for, and a query where an operation needs one.
OPERATIONS = [
    ("GET", "/me"),
    ("GET", "/customers"),
    ("POST", "/customers"),
    ("GET", "/customers/autocomplete"),
    ("GET", "/customers/{id}"),
    ("PUT", "/customers/{id}"),
    ("DELETE", "/customers/{id}"),
    ("GET", "/products"),
    ("POST", "/products"),
    ("GET", "/products/barcode"),
    ("GET", "/products/categories"),
    ("GET", "/products/{id}"),
    ("PUT", "/products/{id}"),
    ("GET", "/products/{product_id}/product_skus"),
    ("POST", "/products/{product_id}/product_skus"),
    ("PUT", "/products/{product_id}/product_skus/{id}"),
    ("GET", "/vendors"),
    ("POST", "/vendors"),
    ("GET", "/vendors/{id}"),
    ("PUT", "/vendors/{id}"),
]
WRITES = [(method, path) for method, path in OPERATIONS if method in {"POST", "PUT"}]


def operation(spec: Json, method: str, path: str) -> Json:
    found: Json = spec["paths"][path][method.lower()]
    return found


def documented_body(spec: Json, method: str, path: str) -> Json:
    """The schema of an operation's request body."""
    body: Json = operation(spec, method, path)["requestBody"]
    if "$ref" in body:
        body = spec["components"]["requestBodies"][body["$ref"].rpartition("/")[2]]
    schema: Json = body["content"]["application/json"]["schema"]
    return schema


def with_known_values(body: Json, world: World) -> Json:
    """A sample body, with addresses that are addresses and references that exist."""
    known = {
        "email": "someone@quill.example",
        "category_ids": [world.syncro_categories[3]["id"]],
        "vendor_ids": [world.syncro_vendors[0]["id"]],
        "vendor_id": world.syncro_vendors[0]["id"],
        "product_skus_attributes": [{"vendor_id": world.syncro_vendors[0]["id"], "value": "S-1"}],
    }
    return {name: known.get(name, value) for name, value in body.items()}


def real_path(path: str, world: World) -> str:
    product = next(row for row in world.syncro_products if row["product_skus"])
    if "product_id" in path:
        sku = product["product_skus"][0]["id"]
        return path.replace("{product_id}", str(product["id"])).replace("{id}", str(sku))
    first = {
        "customers": world.syncro_customers[0],
        "products": product,
        "vendors": world.syncro_vendors[0],
    }
    return path.replace("{id}", str(first[path.split("/")[1]]["id"])) if "{id}" in path else path


def ask(
    client: httpx.Client, spec: Json, method: str, path: str, world: World, sample: Callable[[Json], Any]
) -> httpx.Response:
    """Carry out a documented operation with documented parameters and a documented body."""
    params: Json = {}
    if path == "/products/barcode":
        params["barcode"] = next(row["upc_code"] for row in world.syncro_products if row["upc_code"])
    body = None
    if method in {"POST", "PUT"}:
        schema = documented_body(spec, method, path)
        body = with_known_values(sample(schema), world)
        if (method, path) != ("POST", "/products/{product_id}/product_skus"):  # its vendor_id is documented as a string
            jsonschema.validate(body, schema)
    return client.request(method, real_path(path, world), params=params, json=body)


def test_exactly_the_described_operations_are_simulated(syncro_spec: Json) -> None:
    described = {(method.upper(), path) for path, methods in syncro_spec["paths"].items() for method in methods}

    assert set(OPERATIONS) == described
    simulated = {(route.method, route.path) for route in Syncro(World.make(1, 1, 1)).routes}
    assert simulated == described


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_an_answer_has_the_documented_shape(
    method: str,
    path: str,
    syncro_spec: Json,
    syncro_client: httpx.Client,
    world: World,
    sample: Callable[[Json], Any],
    differences: Differences,
    json_schema: Callable[..., Json],
) -> None:
    reply = ask(syncro_client, syncro_spec, method, path, world, sample)

    assert reply.status_code == 200, reply.text
    content = operation(syncro_spec, method, path)["responses"]["200"]["content"]
    described = next(iter(content.values()))
    if "example" in described:
        assert differences(described["example"], reply.json()) == []
    else:
        jsonschema.validate(
            {key: _without_nulls(value) for key, value in reply.json().items()},
            json_schema(syncro_spec, described["schema"]),
        )


def _without_nulls(value: Any) -> Any:
    """The description's one vendor schema declares a single field nullable; its example shows more."""
    if isinstance(value, dict):
        return {name: item for name, item in value.items() if item is not None}
    return value


def test_every_record_of_every_list_has_the_documented_shape(
    syncro_spec: Json, syncro_client: httpx.Client, differences: Differences
) -> None:
    for path, name in (("/customers", "customers"), ("/products", "products"), ("/vendors", "vendors")):
        example = operation(syncro_spec, "GET", path)["responses"]["200"]["content"]["application/json"]["example"]
        page, seen = 1, 0
        while True:
            answer = syncro_client.get(path, params={"page": page, "include_disabled": "true"}).json()
            assert differences(example, answer) == []
            if not answer[name]:
                break
            seen, page = seen + len(answer[name]), page + 1
        assert seen > 20


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_what_a_documented_body_says_is_stored(
    method: str, path: str, syncro_spec: Json, syncro_client: httpx.Client, world: World, sample: Callable[[Json], Any]
) -> None:
    sent = with_known_values(sample(documented_body(syncro_spec, method, path)), world)
    reply = ask(syncro_client, syncro_spec, method, path, world, sample)
    answered = next(iter(reply.json().values()))

    expected = {"sku": sent["value"]} if "product_skus" in path else sent
    through_other_names = {"product_category", "vendor_ids"}  # category_ids and SKU vendors decide these
    for name in expected.keys() & answered.keys() - through_other_names:
        assert answered[name] == expected[name], name
    if "category_ids" in sent:
        assert answered["product_category"] == world.syncro_categories[3]["name"]


@pytest.mark.parametrize(
    ("method", "path", "status", "sent"),
    [
        ("POST", "/customers", "422", None),
        ("PUT", "/customers/{id}", "422", {"email": "not an email"}),
        ("POST", "/products", "422", None),
        ("PUT", "/products/{id}", "422", {"name": "", "description": "d"}),
        ("POST", "/products/{product_id}/product_skus", "400", {}),
        ("PUT", "/products/{product_id}/product_skus/{id}", "400", {}),
        ("POST", "/vendors", "422", None),
        ("PUT", "/vendors/{id}", "422", {"email": "broken_emailmail.com"}),
    ],
)
def test_a_refusal_is_the_documented_example_to_the_letter(
    method: str,
    path: str,
    status: str,
    sent: Json | None,
    syncro_spec: Json,
    syncro_client: httpx.Client,
    world: World,
) -> None:
    documented = operation(syncro_spec, method, path)["responses"][status]["content"]["application/json"]["example"]
    body = documented["params"] if sent is None else sent

    reply = syncro_client.request(method, real_path(path, world), json=body)

    assert (str(reply.status_code), reply.json()) == (status, documented)


@pytest.mark.parametrize(("method", "path"), [op for op in OPERATIONS if "{" in op[1] and "product_skus" not in op[1]])
def test_an_unknown_id_is_a_404(method: str, path: str, syncro_spec: Json, syncro_client: httpx.Client) -> None:
    reply = syncro_client.request(method, path.replace("{id}", "4"), json={"name": "n", "description": "d"})

    assert reply.status_code == 404
    assert method == "PUT" or "404" in operation(syncro_spec, method, path)["responses"]


def test_each_operation_needs_the_documented_permission(syncro_spec: Json) -> None:
    for route in Syncro(World.make(1, 1, 1)).routes:
        text = operation(syncro_spec, route.method, route.path).get("description") or ""
        named = re.search(r"Required permission: (.+?)(?: Single-Customer|$)", text.replace("\n", " ").strip())
        assert route.permission == (named.group(1).strip() if named else ""), (route.method, route.path)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_without_the_bearer_token_nothing_is_answered(
    method: str, path: str, syncro: Served, syncro_spec: Json, world: World
) -> None:
    scheme = syncro_spec["components"]["securitySchemes"]["bearerAuth"]
    assert (scheme["in"], scheme["name"], scheme["scheme"]) == ("header", "Authorization", "bearer")

    with httpx.Client(base_url=syncro.url, trust_env=False, verify=False) as stranger:
        assert stranger.request(method, real_path(path, world)).status_code == 401


@pytest.mark.parametrize(("path", "name"), [("/customers", "customers"), ("/products", "products")])
def test_a_page_has_the_documented_length(path: str, name: str, syncro_spec: Json, syncro_client: httpx.Client) -> None:
    assert len(syncro_client.get(path).json()[name]) == documented_page(syncro_spec, path)


def test_vendors_come_by_the_documented_hundred(syncro: Served, syncro_spec: Json, syncro_client: httpx.Client) -> None:
    vendor = syncro.state.rows("vendors")[0]
    for id in range(10_001, 10_151):
        syncro.state.put("vendors", str(id), {**vendor, "id": id})

    assert len(syncro_client.get("/vendors").json()["vendors"]) == documented_page(syncro_spec, "/vendors") == 100


def documented_page(spec: Json, path: str) -> int:
    texts = [item["description"] for item in operation(spec, "GET", path)["parameters"] if item["name"] == "page"]
    found = re.search(r"contains (\d+) result", texts[0])
    assert found is not None
    return int(found.group(1))


def test_the_rate_limit_is_the_documented_one(syncro_spec: Json) -> None:
    assert (
        f"rate limit of {Syncro.vendor_limit} requests per minute per IP address" in syncro_spec["info"]["description"]
    )


@pytest.mark.parametrize("path", ["/customers", "/products"])
def test_every_documented_filter_narrows_or_orders(
    path: str, syncro_spec: Json, syncro_client: httpx.Client, world: World
) -> None:
    name = path.strip("/")
    rows = [row for row in getattr(world, f"syncro_{name}") if not row["disabled"]]
    row = next(row for row in rows if row.get("product_skus") and row["upc_code"]) if name == "products" else rows[3]
    category = next((item for item in world.syncro_categories if item["name"] == row.get("product_category")), {})
    by_hand: Json = {
        "query": str(row.get("name") or row.get("business_then_name")),
        "sku": row.get("product_skus", [{"sku": ""}])[0]["sku"],
        "category_id": category.get("id"),
        "include_disabled": "true",
        "sort": "id DESC",
    }
    excluding = {"id_not", "not_id"}
    for parameter in operation(syncro_spec, "GET", path)["parameters"]:
        key = parameter["name"]
        if key == "page":
            continue
        value = by_hand.get(key, row["id"] if key in {"id", *excluding} else row.get(key))
        array = parameter["schema"]["type"] == "array"
        found = syncro_client.get(path, params={f"{key}[]" if array else key: value}).json()[name]
        ids = [item["id"] for item in found]
        if key in excluding:
            assert row["id"] not in ids
        elif key == "sort":
            assert ids == sorted(ids, reverse=True)
        elif key == "include_disabled":
            assert len(ids) == 25
        else:
            assert row["id"] in ids, key
