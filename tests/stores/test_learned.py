"""What a store says of itself is remembered: a command that only looks at what was read knows whether there are costs."""

from __future__ import annotations

from typing import Any


def test_costs_out_of_sync_are_listed_without_talking_to_the_store(stores: Any, crosswalk: Any) -> None:
    settings = ("--set=fields=price,cost", "--set=masters.cost=backoffice")
    assert crosswalk("integration", "set", "store", *settings).code == 0
    products, items = stores.shop.state.tables["products"], stores.books.state.tables["item"]
    left, right = next(
        (str(left), str(right))
        for left, right in stores.world.pairs.items()
        if str(left) in products
        and items[str(right)]["Active"]
        and float(products[str(left)]["cogs"]) != items[str(right)]["PurchaseCost"]
    )
    assert crosswalk("map", "products", left, right).code == 0
    stores.shop.app.log.clear()
    rows = crosswalk("list", "products", "--view", "cost-out", "--json").document["rows"]
    assert [row["id"] for row in rows] == [left]
    assert stores.shop.requests == []
    assert crosswalk("connection", "set", "shop", "--set=cost=none").code == 0  # and forgotten with its options
    assert crosswalk("list", "products", "--view", "cost-out", "--json").document["rows"] == []
