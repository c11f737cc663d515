"""The seeded worlds: reproducible, consistent with their own ground truth, and as untidy as real lists."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import pytest

from connectors.sandbox.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return World.make(seed=7, customers=400, products=2000)


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    first, again, other = (World.make(seed=seed, customers=40, products=120) for seed in (3, 3, 4))

    assert json.dumps(first.syncro_products) == json.dumps(again.syncro_products)
    assert first == again
    assert first.marketplace_products != other.marketplace_products
    assert first.customer_pairs != other.customer_pairs or first.syncro_customers != other.syncro_customers


@pytest.mark.parametrize(("customers", "products"), [(0, 0), (1, 1), (37, 411), (20_000, 0), (0, 30_000)])
def test_it_has_exactly_the_numbers_asked_for(customers: int, products: int) -> None:
    world = World.make(seed=1, customers=customers, products=products)

    assert len(world.marketplace_customers) == customers
    assert len(world.marketplace_products) == products
    assert (
        len({row["contactPersons"][0]["email"].partition("@")[2] for row in world.marketplace_customers}) == customers
    )


def test_ids_are_unique_on_every_side(world: World) -> None:
    for rows in (
        world.marketplace_customers,
        world.marketplace_products,
        world.syncro_customers,
        world.syncro_products,
        world.syncro_vendors,
        world.syncro_categories,
    ):
        assert len({row["id"] for row in rows}) == len(rows)
    skus = [sku["id"] for row in world.syncro_products for sku in row["product_skus"]]
    assert len(set(skus)) == len(skus)


def test_the_truth_names_records_that_exist_one_to_one(world: World) -> None:
    marketplace = {row["id"] for row in world.marketplace_products}
    syncro = {str(row["id"]) for row in world.syncro_products}

    assert set(world.product_pairs) <= marketplace
    assert set(world.product_pairs.values()) <= syncro
    assert len(set(world.product_pairs.values())) == len(world.product_pairs)
    assert not set(world.shared_products) & set(world.product_pairs)
    assert set(world.shared_products.values()) <= set(world.product_pairs.values())
    assert {str(row["id"]) for row in world.syncro_customers} >= set(world.customer_pairs.values())
    assert {row["id"] for row in world.marketplace_customers} >= set(world.customer_pairs)


def test_the_named_differences_are_the_real_ones(world: World) -> None:
    marketplace = {row["id"]: row for row in world.marketplace_products}
    syncro = {str(row["id"]): row for row in world.syncro_products}

    for mine, theirs in world.product_pairs.items():
        row, product = marketplace[mine], syncro[theirs]
        seen = []
        if Decimal(row["prices"][0]["amount"]) != Decimal(str(product["price_retail"])):
            seen.append("price")
        if Decimal(row["costs"][0]["amount"]) != Decimal(str(product["price_cost"])):
            seen.append("cost")
        if [sku["sku"] for sku in product["product_skus"]] != [row["mpn"]]:
            seen.append("sku")
        assert tuple(seen) == world.differences.get(mine, ()), mine


def test_some_of_everything_an_admin_meets_is_in_it(world: World) -> None:
    products = world.marketplace_products
    mpns = Counter(row["mpn"] for row in products)
    kinds = Counter(price["type"] for row in products for price in row["prices"])
    share = len(world.product_pairs) / len(products)

    assert max(mpns.values()) > 1  # one MPN in several periods
    assert {"recurring", "setup", "overuse"} <= set(kinds)
    assert any(price["model"] == "TIERED" for row in products for price in row["prices"])
    assert any(price["currency"] == "EUR" for row in products for price in row["prices"])
    assert any(len(price["amount"].partition(".")[2]) > 2 for row in products for price in row["prices"])
    assert 0.7 < share < 0.95
    assert 0.2 < len(world.differences) / len(world.product_pairs) < 0.5
    assert any(row["disabled"] for row in world.syncro_products)
    assert any(row["maintain_stock"] for row in world.syncro_products)
    assert any(row["upc_code"] for row in world.syncro_products)
    assert {"Cancellation Fee", "Setup Fee"} <= {row["name"] for row in world.syncro_products}


def test_customers_are_spelled_differently_doubled_disabled_and_incomplete(world: World) -> None:
    syncro = {str(row["id"]): row for row in world.syncro_customers}
    spelled = [
        (row["name"], syncro[world.customer_pairs[row["id"]]]["business_name"])
        for row in world.marketplace_customers
        if row["id"] in world.customer_pairs
    ]
    paired = set(world.customer_pairs.values())
    alone = [row for id, row in syncro.items() if id not in paired]

    assert sum(mine != theirs for mine, theirs in spelled) > len(spelled) / 2
    assert any(row["disabled"] for row in syncro.values())
    assert any(row["business_name"] is None for row in syncro.values())
    assert any(all(row[name] for name in ("email", "phone", "address", "city", "zip")) for row in alone)
    assert any(not row["email"] or not row["phone"] or not row["address"] for row in alone)
    assert any(row["externalId"] in paired for row in world.marketplace_customers)
    assert {row["status"] for row in world.marketplace_customers} >= {"active", "cancelled"}


def test_names_and_addresses_are_invented(world: World) -> None:
    mails = [person["email"] for row in world.marketplace_customers for person in row["contactPersons"]]

    assert all(mail.endswith(".example") for mail in mails)
    for row in world.syncro_customers:
        mail = row["email"] or ""
        assert not mail or mail.endswith(".example") or mail.startswith("sandbox."), mail
