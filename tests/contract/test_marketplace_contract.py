"""The marketplace sandbox against both descriptions of the API: SimpleAPI 1.15 and Marketplace API 1.1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import jsonschema
import pytest

from connectors.sandbox.marketplace import Marketplace
from connectors.sandbox.server import Served
from connectors.sandbox.world import World

Json = dict[str, Any]
Schema = Callable[..., Json]

SIMULATED = {
    ("POST", "/token"),
    ("GET", "/customers"),
    ("POST", "/customers"),
    ("GET", "/customers/{id}"),
    ("PATCH", "/customers/{id}"),
    ("GET", "/products"),
    ("GET", "/plans"),
    ("GET", "/plans/{id}"),
}
#: What Crosswalk has no use for: ordering, reporting, and acting for other resellers.
NOT_SIMULATED = {"orders", "subscriptions", "reports", "resellers", "validation"}

LISTS = [("/customers", "Customer"), ("/products", "Product"), ("/plans", "ServicePlan")]


def operations(spec: Json) -> set[tuple[str, str]]:
    verbs = {"get", "post", "put", "patch", "delete"}
    return {(verb.upper(), path) for path, item in spec["paths"].items() for verb in verbs & item.keys()}


def every_row(client: httpx.Client, path: str) -> list[Json]:
    rows: list[Json] = []
    while True:
        page = client.get(path, params={"offset": len(rows), "limit": 100}).json()
        rows += page["data"]
        if len(rows) >= page["pagination"]["total"]:
            return rows


def test_the_simulated_operations_are_described_and_the_rest_is_known(simpleapi_spec: Json) -> None:
    described = operations(simpleapi_spec)

    assert {(route.method, route.path) for route in Marketplace(World.make(1, 1, 1)).routes} == SIMULATED
    assert described >= SIMULATED
    assert {path.split("/")[1] for _, path in described - SIMULATED} == NOT_SIMULATED


def test_the_older_description_has_nothing_simulated_otherwise(marketplace_spec: Json) -> None:
    newer = {("PATCH", "/customers/{id}"), ("GET", "/plans"), ("GET", "/plans/{id}")}

    assert operations(marketplace_spec) >= SIMULATED - newer


def test_a_token_is_as_described_by_both(
    marketplace: Served,
    marketplace_client: httpx.Client,
    simpleapi_spec: Json,
    marketplace_spec: Json,
    json_schema: Schema,
) -> None:
    basic = (marketplace.options["username"], marketplace.credentials["password"])
    answer = marketplace_client.post("/token", auth=basic, json={"marketplace": "us"}).json()

    for spec, name in ((simpleapi_spec, "TokenInfo"), (marketplace_spec, "authTokenDetails")):
        jsonschema.validate(answer, json_schema(spec, spec["components"]["schemas"][name]))
    assert len(answer["token"].split(".")) == 3
    documented = simpleapi_spec["components"]["schemas"]["TokenInfo"]["properties"]["expiresInSeconds"]["example"]
    assert answer["expiresInSeconds"] == documented


@pytest.mark.parametrize(("path", "name"), LISTS)
def test_every_listed_record_is_as_described(
    path: str, name: str, marketplace_client: httpx.Client, simpleapi_spec: Json, json_schema: Schema
) -> None:
    schema = json_schema(simpleapi_spec, simpleapi_spec["components"]["schemas"][name])
    if path == "/customers":  # the documented example of the list is thin
        schema["required"] = ["id", "name"]
    validator = jsonschema.Draft202012Validator(schema)

    rows = every_row(marketplace_client, path)

    assert len(rows) > 5
    for row in rows:
        validator.validate(row)


def test_a_page_is_wrapped_as_described(
    marketplace_client: httpx.Client, simpleapi_spec: Json, json_schema: Schema
) -> None:
    for path in ("/products", "/plans"):
        described = simpleapi_spec["paths"][path]["get"]["responses"]["default"]["content"]["application/json"]
        jsonschema.validate(marketplace_client.get(path).json(), json_schema(simpleapi_spec, described["schema"]))


def test_products_and_customers_are_as_the_older_description_has_them(
    marketplace_client: httpx.Client, marketplace_spec: Json, json_schema: Schema
) -> None:
    """Read without strictness: 1.15 has fields and values that 1.1 did not know yet."""
    product = json_schema(marketplace_spec, marketplace_spec["components"]["schemas"]["product"], strict=False)
    customer = json_schema(marketplace_spec, marketplace_spec["components"]["schemas"]["customer"], strict=False)

    for path, schema in (("/products", product), ("/customers", customer)):
        validator = jsonschema.Draft202012Validator(schema)
        for row in every_row(marketplace_client, path):
            validator.validate(row)


def test_a_whole_customer_is_as_described_by_both(
    marketplace_client: httpx.Client,
    simpleapi_spec: Json,
    marketplace_spec: Json,
    json_schema: Schema,
    world: World,
) -> None:
    new = json_schema(simpleapi_spec, simpleapi_spec["components"]["schemas"]["Customer"])
    old = json_schema(marketplace_spec, marketplace_spec["components"]["schemas"]["getCustomerDetails"], strict=False)
    validators = [jsonschema.Draft202012Validator(schema) for schema in (new, old)]

    for row in world.marketplace_customers:
        answer = marketplace_client.get(f"/customers/{row['id']}").json()
        for validator in validators:
            validator.validate(answer)


def test_a_plan_is_as_described(
    marketplace_client: httpx.Client, simpleapi_spec: Json, json_schema: Schema, world: World
) -> None:
    schema = json_schema(simpleapi_spec, simpleapi_spec["components"]["schemas"]["ServicePlanDetailed"])

    for row in world.marketplace_plans:
        jsonschema.validate(marketplace_client.get(f"/plans/{row['id']}").json(), schema)


def test_a_described_customer_can_be_created(
    marketplace_client: httpx.Client, simpleapi_spec: Json, json_schema: Schema, sample: Callable[[Json], Any]
) -> None:
    schema = json_schema(simpleapi_spec, simpleapi_spec["components"]["schemas"]["Customer"])
    body = sample(schema)
    jsonschema.validate(body, schema)

    answer = marketplace_client.post("/customers", json=body)

    assert answer.status_code == 200
    jsonschema.validate(answer.json(), schema)
    secret = {"login", "password"}
    people = [{key: value for key, value in one.items() if key not in secret} for one in body["contactPersons"]]
    for name in ("name", "externalId", "address", "language", "taxRegId"):
        assert answer.json()[name] == body[name]
    assert answer.json()["contactPersons"] == people


def test_a_described_change_is_stored(
    marketplace_client: httpx.Client,
    simpleapi_spec: Json,
    json_schema: Schema,
    sample: Callable[[Json], Any],
    world: World,
) -> None:
    update = json_schema(simpleapi_spec, simpleapi_spec["components"]["schemas"]["CustomerUpdate"])
    whole = json_schema(simpleapi_spec, simpleapi_spec["components"]["schemas"]["Customer"])
    path = f"/customers/{world.marketplace_customers[0]['id']}"
    body = sample(update)
    jsonschema.validate(body, update)

    answer = marketplace_client.patch(path, json=body).json()

    jsonschema.validate(answer, whole)
    assert (answer["id"], answer["status"], answer["externalId"]) == (path.split("/")[2], "pending", body["externalId"])
    assert marketplace_client.get(path).json() == answer


@pytest.mark.parametrize(("path", "method"), [("/customers", "get"), ("/products", "get"), ("/plans", "get")])
def test_described_paging_defaults_hold(
    path: str, method: str, marketplace_client: httpx.Client, simpleapi_spec: Json
) -> None:
    parameters = {item["name"]: item["schema"] for item in simpleapi_spec["paths"][path][method]["parameters"]}

    pagination = marketplace_client.get(path).json()["pagination"]

    assert pagination["offset"] == parameters["offset"]["default"]
    assert pagination["limit"] == parameters["limit"]["default"]
    below = parameters["limit"]["minimum"] - 1
    assert marketplace_client.get(path, params={"limit": below}).status_code == 400


def test_errors_are_as_the_older_description_has_them(
    marketplace: Served, marketplace_client: httpx.Client, marketplace_spec: Json, json_schema: Schema
) -> None:
    schema = json_schema(marketplace_spec, marketplace_spec["components"]["schemas"]["errorMessage"])
    stranger = {"Authorization": "Bearer nobody"}
    replies = {
        400: marketplace_client.post("/customers", json={}),
        401: marketplace_client.get("/products", headers=stranger),
        404: marketplace_client.get("/customers/1"),
    }
    marketplace.app.faults.add("error", status=500)
    replies[500] = marketplace_client.get("/products")
    marketplace.app.permissions.discard("products.read")
    replies[403] = marketplace_client.get("/products")

    for status, reply in replies.items():
        assert reply.status_code == status
        jsonschema.validate(reply.json(), schema)
        assert reply.json()["correlationId"] == reply.headers["X-Correlation-ID"]
        assert reply.json()["status"] == status


@pytest.mark.parametrize(("method", "path"), sorted(SIMULATED))
def test_every_call_needs_the_described_headers(
    method: str, path: str, marketplace: Served, simpleapi_spec: Json
) -> None:
    described = simpleapi_spec["paths"][path][method.lower()]
    needed = [item["name"] for item in described["parameters"] if item["in"] == "header" and item.get("required")]
    assert needed == ["X-Subscription-Key"]
    assert described["security"] == ([{"BasicAuth": []}] if path == "/token" else [{"BearerAuth": []}])

    with httpx.Client(base_url=marketplace.url, trust_env=False, verify=False) as client:
        key = {"X-Subscription-Key": marketplace.credentials["subscription_key"]}
        for headers in ({}, key):
            reply = client.request(method, path.replace("{id}", "1"), headers=headers, json={})
            assert reply.status_code == 401


def test_every_answer_carries_a_correlation_id(marketplace_client: httpx.Client, simpleapi_spec: Json) -> None:
    for path, _ in LISTS:
        headers = simpleapi_spec["paths"][path]["get"]["responses"]["default"]["headers"]
        reply = marketplace_client.get(path)
        assert all(name in reply.headers for name in headers), path
