"""What the two vendors do that a client has to survive: rate limits, expiring tokens, permissions, odd writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from connectors.sandbox.jwt import Tokens
from connectors.sandbox.limits import RateLimit
from connectors.sandbox.marketplace import Marketplace
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.syncro import Syncro
from connectors.sandbox.systems import SYSTEMS, make
from connectors.sandbox.world import World

WORLD = World.make(seed=11, customers=70, products=130)


@pytest.fixture(scope="module")
def syncro_server() -> Iterator[Served]:
    with serve_in_thread(Syncro(WORLD, rate=0)) as served:
        yield served


@pytest.fixture(scope="module")
def marketplace_server() -> Iterator[Served]:
    with serve_in_thread(Marketplace(WORLD, rate=0)) as served:
        yield served


@pytest.fixture
def syncro(syncro_server: Served) -> Iterator[httpx.Client]:
    syncro_server.app.reset()
    headers = {"Authorization": f"Bearer {syncro_server.credentials['token']}"}
    with httpx.Client(base_url=syncro_server.url, headers=headers, trust_env=False, verify=False) as client:
        yield client


@pytest.fixture
def marketplace(marketplace_server: Served) -> Iterator[httpx.Client]:
    marketplace_server.app.reset()
    with httpx.Client(base_url=marketplace_server.url, trust_env=False, verify=False) as client:
        client.headers["X-Subscription-Key"] = marketplace_server.credentials["subscription_key"]
        client.headers["Authorization"] = f"Bearer {token(marketplace_server, client)}"
        yield client


def token(server: Served, client: httpx.Client) -> str:
    basic = (server.options["username"], server.credentials["password"])
    return str(client.post("/token", auth=basic, json={"marketplace": "us"}).json()["token"])


# ------------------------------------------------------------------------------------------------ both
def test_systems_are_made_by_name_and_an_unknown_name_names_the_known() -> None:
    assert {"marketplace", "syncro", "quickbooks"} <= set(make(SYSTEMS, WORLD))
    with pytest.raises(ValueError, match=r"unknown systems \['abacus'\]; there are marketplace, syncro"):
        make(["syncro", "abacus"], WORLD)


def test_a_limit_lets_so_many_through_in_any_window_and_a_rate_shortens_the_window() -> None:
    now = [0.0]
    limit = RateLimit(3, rate=60, clock=lambda: now[0])

    assert [limit.wait("a") for _ in range(4)] == [0, 0, 0, 1.0]
    assert limit.wait("b") == 0  # another address
    now[0] = 0.75
    assert limit.wait("a") == 0.25
    now[0] = 1.0
    assert [limit.wait("a") for _ in range(4)] == [0, 0, 0, 1.0]
    assert limit.per_minute == 180
    assert RateLimit(1, rate=0).wait("a") == RateLimit(1, rate=0).wait("a") == 0


def test_syncro_refuses_the_request_over_its_limit_and_says_nothing_about_when() -> None:
    with (
        serve_in_thread(Syncro(WORLD, limit=3)) as server,
        httpx.Client(base_url=server.url, trust_env=False, verify=False) as client,
    ):
        replies = [client.get("/me") for _ in range(4)]

        assert [reply.status_code for reply in replies] == [401, 401, 401, 429]
        assert "retry-after" not in replies[-1].headers
        assert server.requests[-1].status == 429


def test_the_marketplace_says_when_to_come_back() -> None:
    with (
        serve_in_thread(Marketplace(WORLD, limit=1)) as server,
        httpx.Client(base_url=server.url, trust_env=False, verify=False) as client,
    ):
        assert client.get("/products").status_code == 401
        refused = client.get("/products")

        assert refused.status_code == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.json()["statusCode"] == 429


def test_options_keep_a_margin_below_the_limit() -> None:
    with serve_in_thread(Syncro(WORLD)) as served:
        assert served.options == {"base_url": served.url, "rate_per_minute": "150"}


# ------------------------------------------------------------------------------------------------ Syncro
def any_product(client: httpx.Client, **wanted: Any) -> dict[str, Any]:
    pages = (client.get("/products", params={"page": page}).json()["products"] for page in range(1, 9))
    found: dict[str, Any] = next(
        row for page in pages for row in page if all(row[name] == value for name, value in wanted.items())
    )
    return found


def test_a_put_without_maintain_stock_resets_it(syncro: httpx.Client) -> None:
    product = any_product(syncro, maintain_stock=True)
    path = f"/products/{product['id']}"
    body = {"name": product["name"], "description": product["description"], "price_retail": 12.34}

    syncro.put(path, json=body)
    after = syncro.get(path).json()["product"]

    assert (after["price_retail"], after["maintain_stock"]) == (12.34, False)
    assert after["taxable"] == product["taxable"]
    syncro.put(path, json={**body, "maintain_stock": True})
    assert syncro.get(path).json()["product"]["maintain_stock"] is True


@pytest.mark.parametrize("missing", ["name", "description"])
def test_name_and_description_are_demanded_by_every_write(syncro: httpx.Client, missing: str) -> None:
    product = any_product(syncro)
    body = {name: product[name] for name in ("name", "description", "price_cost") if name != missing}

    put, post = syncro.put(f"/products/{product['id']}", json=body), syncro.post("/products", json=body)

    assert put.status_code == post.status_code == 422
    assert put.json() == {"success": False, "message": [f"{missing.capitalize()} can't be blank"]}
    assert post.json()["params"] == body


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("price_retail", "12.34", "Price retail is not a number"),
        ("taxable", "yes", "Taxable is not included in the list"),
        ("quantity", 1.5, "Quantity must be an integer"),
    ],
)
def test_values_of_the_wrong_type_are_refused(syncro: httpx.Client, field: str, value: Any, message: str) -> None:
    reply = syncro.post("/products", json={"name": "n", "description": "d", field: value})

    assert reply.status_code == 422
    assert reply.json()["message"] == [message]


def test_prices_are_floats_in_json_and_kept_as_sent(syncro: httpx.Client) -> None:
    reply = syncro.post("/products", json={"name": "n", "description": "d", "price_retail": 0.0125, "price_cost": 7})
    id = reply.json()["product"]["id"]

    text = syncro.get(f"/products/{id}").text

    assert '"price_retail":0.0125' in text
    assert '"price_cost":7.0' in text
    assert "product_skus" not in reply.json()["product"]


def test_a_sku_belongs_to_a_vendor_and_is_changed_in_place(syncro: httpx.Client) -> None:
    vendor = syncro.get("/vendors").json()["vendors"][1]
    product = any_product(syncro, product_skus=[])
    path = f"/products/{product['id']}/product_skus"

    refused = syncro.post(path, json={})
    made = syncro.post(path, json={"vendor_id": str(vendor["id"]), "value": "NEW-1"}).json()["product_sku"]
    changed = syncro.put(f"{path}/{made['id']}", json={"vendor_id": vendor["id"], "value": "NEW-2"}).json()

    assert (refused.status_code, refused.json()) == (400, {"message": ["Vendor is blank", "Value is blank"]})
    assert changed["product_sku"] == {"id": made["id"], "vendor_name": vendor["name"], "sku": "NEW-2"}
    assert syncro.get(path).json() == {"product_skus": [changed["product_sku"]]}
    assert vendor["id"] in syncro.get(f"/products/{product['id']}").json()["product"]["vendor_ids"]


def test_skus_come_with_a_new_product(syncro: httpx.Client) -> None:
    vendor = syncro.get("/vendors").json()["vendors"][0]
    categories = syncro.get("/products/categories").json()["categories"]
    body = {
        "name": "n",
        "description": "d",
        "product_skus_attributes": [{"vendor_id": vendor["id"], "value": "A-1"}],
        "category_ids": [categories[2]["id"]],
    }

    id = syncro.post("/products", json=body).json()["product"]["id"]
    product = syncro.get(f"/products/{id}").json()["product"]

    assert [sku["sku"] for sku in product["product_skus"]] == ["A-1"]
    assert product["product_category"] == categories[2]["name"]
    assert syncro.get("/products?sku=A-1").json()["products"][0]["id"] == id


def test_lists_are_paged_by_25_and_only_customers_say_how_many(syncro: httpx.Client) -> None:
    customers, products = syncro.get("/customers").json(), syncro.get("/products").json()
    pages = customers["meta"]["total_pages"]
    active = [row for row in WORLD.syncro_customers if not row["disabled"]]

    assert len(products["products"]) == len(customers["customers"]) == 25
    assert "meta" not in products
    assert customers["meta"] == {"total_pages": pages, "total_entries": len(active), "per_page": 25, "page": 1}
    assert syncro.get(f"/customers?page={pages + 1}").json()["customers"] == []
    everybody = syncro.get("/customers?include_disabled=true").json()["meta"]["total_entries"]
    assert everybody == len(WORLD.syncro_customers)


@pytest.mark.parametrize(("meta", "shown"), [("always", True), ("never", False)])
def test_totals_can_be_shown_always_or_never(meta: Any, shown: bool) -> None:
    with (
        serve_in_thread(Syncro(WORLD, rate=0, meta=meta)) as served,
        httpx.Client(base_url=served.url, trust_env=False, verify=False) as client,
    ):
        client.headers["Authorization"] = f"Bearer {served.credentials['token']}"
        assert {("meta" in client.get(path).json()) for path in ("/customers", "/products", "/vendors")} == {shown}


def test_lists_are_searched_and_sorted(syncro: httpx.Client) -> None:
    product = WORLD.syncro_products[30]

    by_name = syncro.get("/products", params={"name": product["name"].upper()}).json()["products"]
    by_query = syncro.get("/products", params={"query": product["name"]}).json()["products"]
    by_id = syncro.get("/products", params={"id[]": [product["id"]]}).json()["products"]
    dear = syncro.get("/products", params={"sort": "price_retail DESC"}).json()["products"]

    assert product["id"] in [row["id"] for row in by_name]
    assert product["id"] in [row["id"] for row in by_query]
    assert [row["id"] for row in by_id] == [product["id"]]
    assert dear[0]["price_retail"] == max(row["price_retail"] for row in WORLD.syncro_products)


def test_nothing_is_ever_deleted_but_customers(syncro: httpx.Client) -> None:
    assert syncro.delete(f"/products/{WORLD.syncro_products[0]['id']}").status_code == 404
    path = f"/customers/{WORLD.syncro_customers[0]['id']}"
    assert syncro.delete(path).json() == {"message": "Customer was deleted from the system."}
    gone = syncro.get(path)
    assert (gone.status_code, gone.content) == (404, b"")


def test_a_missing_permission_and_a_wrong_token_are_answered_alike(syncro_server: Served, syncro: httpx.Client) -> None:
    syncro_server.app.permissions.discard("Products - Edit")
    product = WORLD.syncro_products[0]

    denied = syncro.put(f"/products/{product['id']}", json={"name": "n", "description": "d"})
    strange = syncro.get("/me", headers={"Authorization": "Bearer nonsense"})

    assert denied.status_code == strange.status_code == 401
    assert denied.json() == strange.json()
    assert denied.json() == {
        "error": "Not authorized. Please ask account admin to update your group permissions.",
    }
    assert syncro.get(f"/products/{product['id']}").status_code == 200
    assert syncro.get("/me").json()["user_token"] == syncro_server.credentials["token"]


def test_a_person_without_a_business_name_is_shown_by_name(syncro: httpx.Client) -> None:
    made = syncro.post("/customers", json={"firstname": "Ada", "lastname": "Crumb"}).json()["customer"]

    assert (made["business_name"], made["business_then_name"]) == (None, "Ada Crumb")
    bad = syncro.post("/customers", json={"email": "nobody"})
    assert bad.status_code == 422
    assert "Email is not an email" in bad.json()["message"]


def test_a_body_that_is_no_json_object_is_refused(syncro: httpx.Client, marketplace: httpx.Client) -> None:
    for client, path in ((syncro, "/products"), (marketplace, "/customers")):
        assert client.post(path, content=b"{not json").status_code == 400
        assert client.post(path, content=b"[1]").status_code == 400


# ------------------------------------------------------------------------------------------------ marketplace
def test_tokens_expire_and_are_refused_when_forged_or_revoked() -> None:
    now = [0.0]
    tokens = Tokens(10, clock=lambda: now[0])
    good = tokens.issue("somebody")
    head, payload, signature = good.split(".")

    assert tokens.problem(good) == ""
    assert tokens.problem(f"{head}.{payload[:-2]}AA.{signature}") == "Invalid JWT token"
    assert tokens.problem("nonsense") == "Invalid JWT token"
    now[0] = 10.0
    assert tokens.problem(good) == "Expired JWT token"
    now[0] = 0.0
    tokens.revoke()
    assert tokens.problem(good) == "Invalid JWT token"


def test_an_expired_session_needs_a_new_token(marketplace_server: Served, marketplace: httpx.Client) -> None:
    assert marketplace.get("/products").status_code == 200
    marketplace_server.app.forget_sessions()

    refused = marketplace.get("/products")

    assert refused.status_code == 401
    assert refused.json()["correlationId"] == refused.headers["X-Correlation-ID"]
    fresh = token(marketplace_server, marketplace)
    assert marketplace.get("/products", headers={"Authorization": f"Bearer {fresh}"}).status_code == 200


def test_every_call_needs_the_subscription_key_and_the_token_needs_the_password(
    marketplace_server: Served, marketplace: httpx.Client
) -> None:
    user, password = marketplace_server.options["username"], marketplace_server.credentials["password"]

    wrong = marketplace.post("/token", auth=(user, "wrong"), json={"marketplace": "us"})
    elsewhere = marketplace.post("/token", auth=(user, password), json={"marketplace": "mars"})
    no_key = marketplace.get("/products", headers={"X-Subscription-Key": "no"})

    assert [reply.status_code for reply in (wrong, elsewhere, no_key)] == [401, 401, 401]
    assert no_key.json()["statusCode"] == 401


def test_the_customer_list_is_thin_and_the_record_is_not(marketplace: httpx.Client) -> None:
    listed = marketplace.get("/customers?limit=3").json()
    one = marketplace.get(f"/customers/{listed['data'][0]['id']}").json()

    assert [set(row) for row in listed["data"]] == [{"id", "externalId", "name", "status"}] * 3
    assert listed["pagination"] == {"offset": 0, "limit": 3, "total": 70}
    assert one["contactPersons"][0]["email"]
    assert one["address"]["countryCode"] == "US"


def test_pages_follow_offset_and_limit_to_the_total(marketplace: httpx.Client) -> None:
    ids: list[str] = []
    while True:
        page = marketplace.get("/products", params={"offset": len(ids), "limit": 50}).json()
        ids += [row["id"] for row in page["data"]]
        if len(ids) >= page["pagination"]["total"]:
            break

    assert ids == [row["id"] for row in WORLD.marketplace_products]
    assert len(marketplace.get("/products").json()["data"]) == 10
    for bad in ("limit=0", "offset=-1", "limit=many", "limit=5000"):
        assert marketplace.get(f"/products?{bad}").status_code == 400, bad


def test_a_repeated_page_repeats_by_offset(marketplace_server: Served, marketplace: httpx.Client) -> None:
    marketplace_server.app.faults.add("repeat_page", path="/products", skip=1)

    first, repeated, second = (
        marketplace.get("/products", params={"offset": offset, "limit": 20}).json()["data"] for offset in (0, 20, 20)
    )

    assert first == repeated != second


def test_products_are_filtered(marketplace: httpx.Client) -> None:
    row = WORLD.marketplace_products[17]

    for field in ("name", "mpn", "vendor", "serviceName"):
        found = marketplace.get("/products", params={field: row[field], "limit": 1000}).json()
        assert row["id"] in [other["id"] for other in found["data"]]
        assert found["pagination"]["total"] < len(WORLD.marketplace_products)


def test_an_external_id_is_set_by_patch_and_nothing_else_changes(marketplace: httpx.Client) -> None:
    path = f"/customers/{WORLD.marketplace_customers[5]['id']}"
    before = marketplace.get(path).json()

    reply = marketplace.patch(path, json={"externalId": "21404"})

    assert reply.json() == {**before, "externalId": "21404"}
    assert marketplace.get("/customers?externalId=21404").json()["data"][0]["id"] == before["id"]
    assert marketplace.patch("/customers/1", json={"externalId": "x"}).status_code == 404


def test_a_customer_is_created_whole_or_refused_with_every_gap_named(marketplace: httpx.Client) -> None:
    person = {
        "type": "admin",
        "firstName": "Ada",
        "lastName": "Crumb",
        "email": "ada@quill.example",
        "phoneNumber": "1#201#5550100#",
        "login": "ada",
        "password": "not shown again",
    }
    address = {"streetAddress": "1 Mill Lane", "postalCode": "92612", "city": "Springvale", "countryCode": "US"}
    body = {"name": "Quillwick Legal", "language": "en_US", "address": address, "contactPersons": [person]}

    made = marketplace.post("/customers", json=body).json()
    gaps = marketplace.post("/customers", json={"name": "x", "address": {"city": "y"}, "contactPersons": [{}]})

    assert made["status"] == "active"
    assert not {"login", "password"} & set(made["contactPersons"][0])
    assert marketplace.get(f"/customers/{made['id']}").json() == made
    assert gaps.status_code == 400
    for gap in ("language", "address.postalCode", "contactPersons.email", "contactPersons.type"):
        assert gap in gaps.json()["message"]


def test_permissions_are_forbidden_one_by_one(marketplace_server: Served, marketplace: httpx.Client) -> None:
    marketplace_server.app.permissions.discard("products.read")

    assert marketplace.get("/products").status_code == 403
    assert marketplace.get("/customers").status_code == 200


def test_errors_can_be_spelled_as_newer_clients_read_them() -> None:
    box = Marketplace(WORLD, errors="2025")
    with serve_in_thread(box) as served, httpx.Client(base_url=served.url, trust_env=False, verify=False) as client:
        client.headers["X-Subscription-Key"] = served.credentials["subscription_key"]
        body = client.get("/products").json()

    assert {"timestamp", "status", "error", "path", "correlationId"} == set(body)
    assert body["path"] == "/marketplace/products"


def test_plans_are_listed_and_shown(marketplace: httpx.Client) -> None:
    plan = marketplace.get("/plans").json()["data"][0]

    assert "planSwitches" in marketplace.get(f"/plans/{plan['id']}").json()
    assert marketplace.get("/plans/0").status_code == 404
