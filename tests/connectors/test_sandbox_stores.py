"""A WooCommerce store and a Shopify store that sell from one accounting company, and what of it is odd."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.base import Sandbox
from connectors.sandbox.shopify import Shopify
from connectors.sandbox.shopify_oddities import COSTLESS, DRAFT, NAMELESS, RETIRED, TWINS
from connectors.sandbox.shopify_seed import FLOOR, ITEM
from connectors.sandbox.store_world import StoreWorld
from connectors.sandbox.systems import make

Json = dict[str, Any]


@pytest.fixture(scope="module")
def world() -> StoreWorld:
    return StoreWorld.make(seed=5, products=60)


@pytest.fixture(scope="module")
def three(world: StoreWorld) -> dict[str, Sandbox]:
    return make(["woocommerce", "shopify", "quickbooks"], world, rate=0)  # type: ignore[arg-type]


def test_the_second_store_that_is_asked_for_has_goods_of_its_own_with_the_same_skus(three, world) -> None:
    goods = three["shopify"].state.tables["variants"]
    assert set(three["woocommerce"].truth["product_pairs"]).isdisjoint(goods)
    items = {row["Id"]: row for row in three["quickbooks"].state.rows("item")}
    shared = three["shopify"].truth["product_pairs"]
    assert len(shared) > 20
    assert {goods[id]["sku"] for id in shared} == {items[item]["Sku"] for item in shared.values()}
    assert set(shared.values()) <= set(three["woocommerce"].truth["product_pairs"].values())
    alone = make(["quickbooks", "shopify"], world)["shopify"]  # type: ignore[arg-type]
    assert alone.truth == three["woocommerce"].truth


def test_what_the_truth_says_differs_differs_and_nothing_else(three) -> None:
    state, truth = three["shopify"].state, three["shopify"].truth
    items = {row["Id"]: row for row in three["quickbooks"].state.rows("item")}

    def differs(id: str, item: Json) -> tuple[str, ...]:
        variant = state.tables["variants"][id]
        units = state.tables["levels"][f"{variant['item']}-70001"]["available"]
        said = {
            "price": float(variant["price"]) != item["UnitPrice"],
            "cost": float(state.tables["items"][variant["item"]]["cost"]) != item["PurchaseCost"],
            "quantity": "QtyOnHand" in item and item["QtyOnHand"] != units,
        }
        return tuple(name for name, holds in said.items() if holds)

    found = {id: differs(id, items[item]) for id, item in truth["product_pairs"].items()}
    assert {id: fields for id, fields in found.items() if fields} == {
        id: tuple(fields) for id, fields in truth["differences"].items()
    }


def test_orders_of_the_second_store_are_its_own_and_accounting_holds_none_of_them(three) -> None:
    shop, web, books = (three[name].state for name in ("shopify", "woocommerce", "quickbooks"))
    orders = shop.rows("orders")
    assert orders
    numbers = {one["name"].removeprefix("#") for one in orders}
    assert numbers == set(three["shopify"].truth["orders"])
    assert numbers.isdisjoint(one["number"] for one in web.rows("orders"))
    assert numbers.isdisjoint(one["DocNumber"] for table in ("invoice", "salesreceipt") for one in books.rows(table))
    assert all(line["variant"] in shop.tables["variants"] for one in orders for line in one["lines"])
    promised = sum(row["committed"] for row in shop.rows("levels"))
    waiting = [one for one in orders if one["displayFulfillmentStatus"] == "UNFULFILLED"]
    assert promised == sum(line["quantity"] for one in waiting for line in one["lines"]) > 0


def test_every_store_has_what_fits_no_rule(world: StoreWorld) -> None:
    state = Shopify(world).state
    variants, items, products = (state.tables[name] for name in ("variants", "items", "products"))
    assert variants[str(NAMELESS)]["sku"] is None
    assert items[str(NAMELESS + ITEM)]["tracked"]
    assert items[str(COSTLESS + ITEM)]["cost"] is None
    assert products[str(RETIRED + 1)]["status"] == "ARCHIVED"
    assert [one.active for one in world.items if one.sku == variants[str(RETIRED)]["sku"]] == [False]
    assert (products[str(DRAFT + 1)]["status"], variants[str(DRAFT)]["price"]) == ("DRAFT", "0.00")
    twins = [variants[id] for id in products[str(TWINS + 1)]["variants"]]
    assert [(one["sku"], one["title"]) for one in twins] == [("TEE-1", "S"), ("TEE-1", "M")]
    assert any(len(one["variants"]) > 1 for one in products.values())
    assert any(row["location"] == FLOOR and row["available"] for row in state.rows("levels"))
    assert len({*variants, *products}) == len(variants) + len(products)


def test_an_odd_listing_never_has_the_number_of_a_real_one() -> None:
    large = StoreWorld.make(seed=1, products=20_000)
    sold = [variant for catalogue in large.catalogues for _, variant in catalogue.variants()]
    assert max(one.id for one in sold) < NAMELESS - 10_000
