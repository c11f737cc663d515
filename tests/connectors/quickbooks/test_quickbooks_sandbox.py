"""The simulated company by itself: its limits, its XML, its switches; and the store world behind it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from connectors.sandbox.quickbooks_oauth import TOKEN_PATH
from connectors.sandbox.server import Served
from connectors.sandbox.store_world import StoreWorld
from connectors.sandbox.world import World


@pytest.fixture
def http(company) -> Iterator[tuple[Served, httpx.Client]]:
    """A signed client at the company's address."""
    served = company(rate=1)
    with httpx.Client(trust_env=False, verify=False) as client:
        auth = (served.options["client_id"], served.credentials["client_secret"])
        form = {"grant_type": "refresh_token", "refresh_token": served.credentials["refresh_token"]}
        token = client.post(served.origin + TOKEN_PATH, data=form, auth=auth).json()["access_token"]
        client.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
        client.base_url = f"{served.origin}/v3/company/{served.options['realm_id']}"
        yield served, client


def test_ten_requests_a_second_and_forty_batches_a_minute(http) -> None:
    served, client = http
    answers = [client.get("/item/1").status_code for _ in range(12)]
    assert answers == [200] * 10 + [429] * 2
    served.app.limiter.clear()
    second, batches = served.app._narrow[1]
    statuses = []
    for _ in range(42):
        second.clear()
        statuses.append(client.post("/batch", json={"BatchItemRequest": []}).status_code)
    assert statuses == [200] * 40 + [429] * 2
    batches.clear()
    second.clear()
    refused = client.get("/item/1")
    assert refused.status_code == 200
    assert refused.headers["intuit_tid"]


def test_thirty_one_entries_are_too_many(http) -> None:
    _, client = http
    entries = [{"bId": str(number), "Query": "select * from Item"} for number in range(31)]
    answer = client.post("/batch", json={"BatchItemRequest": entries})
    assert (answer.status_code, answer.json()["Fault"]["type"]) == (400, "ValidationFault")


def test_without_asking_for_json_it_is_xml(http) -> None:
    _, client = http
    assert client.get("/item/1", headers={"Accept": "*/*"}).headers["content-type"].startswith("application/xml")


def test_a_full_update_empties_what_it_leaves_out(http, stocked) -> None:
    served, client = http
    row = stocked(served)
    body = {"Id": row["Id"], "SyncToken": "0", "Name": row["Name"], "Type": "Inventory", "Active": True}
    after = client.post("/item", json=body).json()["Item"]
    assert "UnitPrice" not in after
    assert after["QtyOnHand"] == row["QtyOnHand"]


def test_a_mild_company_faults_with_200(company, connect) -> None:
    served = company(mild=True)
    with httpx.Client(trust_env=False, verify=False) as client:
        served.app.oauth._access["known"] = float("inf")
        url = f"{served.origin}/v3/company/{served.options['realm_id']}/item/999999"
        answer = client.get(url, headers={"Authorization": "Bearer known", "Accept": "application/json"})
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (200, "610")


async def test_a_mild_companys_refusals_are_refusals(company, connect, stocked, write_of) -> None:
    served = company(mild=True)
    (outcome,) = await connect(served).write([write_of(stocked(served), sku="x" * 101)])
    assert (outcome.result.value, outcome.code) == ("rejected", "2050")


class TestStoreWorld:
    def test_the_same_seed_is_the_same_world(self) -> None:
        assert StoreWorld.make(3, 30) == StoreWorld.make(3, 30)
        assert StoreWorld.make(3, 30) != StoreWorld.make(4, 30)
        assert StoreWorld.of(World.make(seed=3, customers=4, products=30)) == StoreWorld.make(3, 30)

    def test_it_holds_what_it_says(self) -> None:
        world = StoreWorld.make(5, 60)
        main, second = world.catalogues
        variants = {variant.id: variant for _, variant in main.variants()}
        items = {item.id: item for item in world.items}
        assert len(variants) == len(list(main.variants()))
        assert any(article.is_base for article in main.articles)
        for store, item in world.pairs.items():
            one, other = variants[store], items[item]
            assert one.sku == other.sku
            differing = {
                name
                for name in ("price", "cost", "quantity")
                if getattr(one, name) != getattr(other, name) and getattr(other, name) is not None
            }
            assert differing == set(world.differences.get(store, ()))
        skus = [item.sku for item in world.items if item.sku] + [variant.sku for variant in variants.values()]
        assert all(skus.count(sku) > 2 for sku in world.duplicates)
        assert {order.posted for order in world.orders} == {"", "invoice", "salesreceipt"}
        assert {item.type for item in world.items} == {"Inventory", "NonInventory", "Service", "Group", "Category"}
        assert not {id for _, variant in second.variants() for id in [variant.id]} & set(variants)
        assert len({item.name for item in world.items}) == len(world.items)
