"""A WooCommerce store and a Shopify store with one accounting company between them, at the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.launcher import describe
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.shopify_seed import MAIN, level_id
from connectors.sandbox.store_world import StoreWorld
from connectors.sandbox.systems import make as make_systems
from tui.cli import main

NAMES = {"woocommerce": "web", "shopify": "shop", "quickbooks": "books"}
ALLOW = [
    word for guard in ("change-percent", "below-cost", "row-count", "catalogue-percent") for word in ("--allow", guard)
]
SETTINGS = {
    "fields": "price,quantity",
    "masters.price": "backoffice",
    "masters.quantity": "backoffice",
    "orders.days": "365",
}


@pytest.fixture(scope="module")
def three(world: StoreWorld) -> Iterator[dict[str, Served]]:
    boxes = make_systems(list(NAMES), world, rate=0)  # type: ignore[arg-type]
    with ExitStack() as running:
        yield {name: running.enter_context(serve_in_thread(box)) for name, box in boxes.items()}


class Trade:
    """One item of the company, and what both stores ask for it. ``web`` and ``shop`` are its ids there."""

    def __init__(self, three: dict[str, Served]) -> None:
        self.stores, self.books = three, three["quickbooks"]
        web, shop = (
            {item: id for id, item in three[name].app.truth["product_pairs"].items()}
            for name in ("woocommerce", "shopify")
        )
        items, goods = self.books.state.tables["item"], three["shopify"].state.tables["variants"]
        ordered = {line["variant"] for one in three["shopify"].state.rows("orders") for line in one["lines"]}
        self.item = next(
            id
            for id in web.keys() & shop.keys()
            if items[id]["Active"] and "QtyOnHand" in items[id]
            if goods[shop[id]]["options"][0][0] == "Title" and shop[id] not in ordered
            if web[id] in three["woocommerce"].state.tables["products"]
        )
        self.web, self.shop = web[self.item], shop[self.item]

    def held(self) -> dict[str, tuple[float, int]]:
        """Price and units everywhere."""
        web = self.stores["woocommerce"].state.tables["products"][self.web]
        shop = self.stores["shopify"].state
        variant, item = shop.tables["variants"][self.shop], self.books.state.tables["item"][self.item]
        units = shop.tables["levels"][level_id(variant["item"], MAIN)]["available"]
        return {
            "web": (float(web["regular_price"]), int(web["stock_quantity"])),
            "shop": (float(variant["price"]), int(units)),
            "books": (float(item["UnitPrice"]), int(item["QtyOnHand"])),
        }


@pytest.fixture
def trade(three: dict[str, Served], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trade:
    monkeypatch.setenv("CROSSWALK_WORKSPACE", str(tmp_path / "workspace"))
    for type, name in NAMES.items():
        three[type].app.reset()
        told = describe(three[type])
        for variable, secret in told["env"].items():
            monkeypatch.setenv(variable, secret)
        assert main(["connection", "add", name, type, *(f"--set={k}={v}" for k, v in told["options"].items())]) == 0
    made = Trade(three)
    for store, id in (("web", made.web), ("shop", made.shop)):
        settings = [f"--set={key}={value}" for key, value in SETTINGS.items()]
        assert main(["integration", "add", f"{store}-books", store, "books", *settings]) == 0
        assert main(["pull", "--integration", f"{store}-books"]) == 0
        assert main(["map", "products", id, made.item, "--integration", f"{store}-books"]) == 0
    return made


def sync(crosswalk: Any, store: str, id: str) -> Any:
    return crosswalk("sync", "--integration", f"{store}-books", "--ids", id, "--yes", *ALLOW, "--json")


def test_both_stores_follow_one_company_and_the_sale_of_one_holds_up_that_one_alone(trade: Trade, crosswalk) -> None:
    item = trade.books.state.tables["item"][trade.item]
    trade.books.state.put("item", trade.item, {**item, "UnitPrice": 20.5, "QtyOnHand": 33, "SyncToken": "9"})
    assert crosswalk("integration", "set", "web-books", "--set", "orders.policy=ignore").code == 0
    for store, id in (("web", trade.web), ("shop", trade.shop)):
        done = sync(crosswalk, store, id)
        assert done.code == 0, done.err
    assert trade.held() == dict.fromkeys(("web", "shop", "books"), (20.5, 33))

    trade.stores["shopify"].app.events.sell([{"variant": trade.shop, "quantity": 3}])
    trade.books.state.put("item", trade.item, {**trade.books.state.tables["item"][trade.item], "QtyOnHand": 40})
    for store, status in (("shop", "In orders"), ("web", "Out of sync")):
        assert crosswalk("pull", "--integration", f"{store}-books").code == 0
        rows = crosswalk("list", "products", "--integration", f"{store}-books", "--json").document["rows"]
        assert {row["status"] for row in rows if row["id"] in {trade.web, trade.shop}} == {status}, store
    assert sync(crosswalk, "web", trade.web).code == 0
    assert trade.held() == {"web": (20.5, 40), "shop": (20.5, 30), "books": (20.5, 40)}
