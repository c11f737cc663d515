"""The control endpoint: a test looks into a running sandbox and changes it, and leaves no trace in its log."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.syncro import PERMISSIONS, Syncro
from connectors.sandbox.world import World

WORLD = World.make(seed=2, customers=20, products=40)
ID = str(WORLD.syncro_products[20]["id"])


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serve_in_thread(Syncro(WORLD, limit=50)) as served:
        yield served


@pytest.fixture
def control(server: Served) -> Iterator[httpx.Client]:
    server.app.reset()
    with httpx.Client(
        base_url=server.control_url, headers=server.control_headers, trust_env=False, verify=False
    ) as client:
        yield client


@pytest.fixture
def vendor(server: Served) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {server.credentials['token']}"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False, verify=False) as client:
        yield client


def test_the_token_is_demanded(control: httpx.Client) -> None:
    for token in ("", "wrong", "å"):
        assert control.get("", headers={b"X-Control-Token": token.encode()}).status_code == 401
    assert control.get("").json()["name"] == "syncro"


def test_records_are_read_changed_added_and_removed(control: httpx.Client, vendor: httpx.Client) -> None:
    total = control.get("/tables/products").json()["total"]

    control.patch(f"/tables/products/{ID}", json={"price_retail": 99.5})
    assert vendor.get(f"/products/{ID}").json()["product"]["price_retail"] == 99.5
    assert control.get(f"/tables/products/{ID}").json()["price_retail"] == 99.5

    control.delete(f"/tables/products/{ID}")
    assert vendor.get(f"/products/{ID}").status_code == 404
    control.put(f"/tables/products/{ID}", json=WORLD.syncro_products[20])
    assert vendor.get(f"/products/{ID}").json()["product"] == WORLD.syncro_products[20]

    assert control.get("/tables/products?offset=5&limit=3").json()["data"][0]["id"] == WORLD.syncro_products[5]["id"]
    assert control.get("").json()["tables"]["products"] == total


def test_a_table_can_be_emptied_at_once(control: httpx.Client, vendor: httpx.Client) -> None:
    assert control.delete("/tables/products").json() == {"data": [], "ids": [], "total": 0}
    assert vendor.get("/products").json() == {"products": []}


def test_the_log_has_the_vendor_requests_and_not_its_own(control: httpx.Client, vendor: httpx.Client) -> None:
    vendor.get("/products?page=2")
    vendor.put(f"/products/{ID}", json={"name": "n", "description": "d"})
    vendor.get("/products/0")

    log = control.get("/log").json()

    assert log["count"] == 3
    assert [(entry["method"], entry["path"], entry["status"]) for entry in log["data"]] == [
        ("GET", "/products", 200),
        ("PUT", f"/products/{ID}", 200),
        ("GET", "/products/0", 404),
    ]
    assert [entry["changed"] for entry in log["data"]] == [False, True, False]
    assert log["data"][0]["query"] == "page=2"
    assert log["data"][1]["body"] == {"name": "n", "description": "d"}
    assert log["data"][1]["touched"] == [f"products/{ID}"]
    assert [entry["number"] for entry in control.get("/log?since=2").json()["data"]] == [3]
    assert control.delete("/log").json() == {"count": 0}
    vendor.get("/me")
    assert control.get("/log").json()["data"][0]["number"] == 1


def test_control_calls_are_neither_limited_nor_struck(control: httpx.Client, vendor: httpx.Client) -> None:
    control.post("/faults", json={"kind": "error", "times": 0})

    assert {control.get("").status_code for _ in range(60)} == {200}
    assert vendor.get("/me").status_code == 503


def test_faults_are_set_shown_and_cleared(control: httpx.Client, vendor: httpx.Client) -> None:
    control.post("/faults", json=[{"kind": "error", "at": 1}, {"kind": "error", "at": 2, "status": 500}])

    assert [fault["at"] for fault in control.get("/faults").json()["data"]] == [1, 2]
    assert [vendor.get("/me").status_code for _ in range(3)] == [503, 500, 200]
    assert control.delete("/faults").json() == {"data": []}
    refused = control.post("/faults", json={"kind": "explode"})
    assert refused.status_code == 400
    assert "explode" in refused.json()["error"]


def test_permissions_are_read_and_replaced(control: httpx.Client, vendor: httpx.Client) -> None:
    assert set(control.get("/permissions").json()["data"]) == PERMISSIONS
    control.put("/permissions", json=["Vendors - List"])

    assert vendor.get("/vendors").status_code == 200
    assert vendor.get("/products").status_code == 401
    assert control.put("/permissions", json=["Fly"]).json() == {"error": "unknown permissions ['Fly']"}


def test_settings_change_while_it_runs(control: httpx.Client, vendor: httpx.Client) -> None:
    assert control.patch("/settings", json={"limit": 1, "rate": 2}).json()["limit"] == 1
    assert [vendor.get("/me").status_code for _ in range(2)] == [200, 429]
    assert control.patch("/settings", json={"limit": 50, "rate": 1, "latency_ms": 1.5}).json()["latency_ms"] == 1.5
    assert vendor.get("/me").status_code == 200
    assert control.patch("/settings", json={"colour": "red"}).status_code == 400
    control.patch("/settings", json={"latency_ms": 0})


def test_reset_brings_the_seeded_world_back(control: httpx.Client, vendor: httpx.Client) -> None:
    vendor.put(f"/products/{ID}", json={"name": "n", "description": "d"})
    control.put("/permissions", json=[])
    control.post("/faults", json={"kind": "reset", "times": 0})

    overview = control.post("/reset").json()

    assert overview["requests"] == 0
    assert vendor.get(f"/products/{ID}").json()["product"] == WORLD.syncro_products[20]


def test_the_truth_tells_which_records_correspond(control: httpx.Client) -> None:
    truth = control.get("/truth").json()

    assert truth["product_pairs"] == WORLD.product_pairs
    assert truth["seed"] == 2


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/tables/nothing", 404),
        ("GET", "/tables/products/0", 404),
        ("DELETE", "/tables/products/0", 404),
        ("PUT", "/tables/nothing/1", 404),
        ("GET", "/nowhere", 404),
        ("PATCH", "/settings", 200),
        ("POST", "/expire", 200),
        ("POST", "/release", 200),
    ],
)
def test_other_operations(control: httpx.Client, method: str, path: str, status: int) -> None:
    assert control.request(method, path).status_code == status
