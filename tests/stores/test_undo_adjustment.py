"""The undo of a quantity in accounting, at the command line: the adjustment is deleted, no second one stands in the books."""

from __future__ import annotations

from typing import Any

import pytest

SYNC = ("--yes", "--json", "--allow", "change-percent", "--allow", "overwrite-master")


@pytest.fixture
def adjusted(stores: Any, crosswalk: Any) -> tuple[Any, str, float, str]:
    """A quantity that a sync wrote into QuickBooks. (stores, item, what it had before, run)"""
    products, items = stores.shop.state.tables["products"], stores.books.state.tables["item"]
    left, right = next(
        (str(left), str(right))
        for left, right in stores.world.pairs.items()
        if str(left) in products and items[str(right)]["Active"] and items[str(right)].get("QtyOnHand") is not None
    )
    stores.shop.state.put("products", left, {**products[left], "stock_quantity": 77})
    before = items[right]["QtyOnHand"]
    assert crosswalk("map", "products", left, right).code == 0
    done = crosswalk("sync", "--ids", left, "--fields", "quantity", "--overwrite", "backoffice", *SYNC)
    assert done.code == 0, done.err
    assert stores.books.state.tables["item"][right]["QtyOnHand"] == 77
    assert len(stores.books.state.tables["inventoryadjustment"]) == 1
    return stores, right, before, done.document["run"]["id"]


def test_the_adjustment_is_deleted(adjusted: Any, crosswalk: Any) -> None:
    stores, right, before, run = adjusted
    undone = crosswalk("undo", run, *SYNC)
    assert undone.code == 0, undone.err
    assert [row["outcome"] for row in undone.document["rows"]] == ["applied"]
    assert stores.books.state.tables["item"][right]["QtyOnHand"] == before
    assert not stores.books.state.tables["inventoryadjustment"]


def test_the_undo_of_an_undo_adjusts_again(adjusted: Any, crosswalk: Any) -> None:
    stores, right, _, run = adjusted
    back = crosswalk("undo", run, *SYNC).document["run"]["id"]
    again = crosswalk("undo", back, *SYNC)
    assert again.code == 0, again.err
    assert stores.books.state.tables["item"][right]["QtyOnHand"] == 77
    assert len(stores.books.state.tables["inventoryadjustment"]) == 1


def test_what_was_sold_since_stays_sold(adjusted: Any, crosswalk: Any) -> None:
    stores, right, _, run = adjusted
    stores.books.app.sell(right, 2, "9009")
    undone = crosswalk("undo", run, *SYNC)
    assert undone.code == 0, undone.err
    (row,) = undone.document["rows"]
    assert "moved since: it is 75 now" in row["blocked"]
    assert len(stores.books.state.tables["inventoryadjustment"]) == 1
