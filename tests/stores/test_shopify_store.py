"""A Shopify store and its accounting at the command line: written, undone, and carried on after a crash, for real."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sandbox.launcher import describe
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.shopify_seed import MAIN, level_id
from connectors.sandbox.store_world import StoreWorld
from connectors.sandbox.systems import make as make_systems
from engine.changes import Outcome, Run
from engine.model import Field
from engine.ports import Result
from tui import compose
from tui.cli import main

NAMES = {"shopify": "shop", "quickbooks": "books"}
ALLOW = [
    word for guard in ("change-percent", "below-cost", "row-count", "catalogue-percent") for word in ("--allow", guard)
]


@pytest.fixture(scope="module")
def both(world: StoreWorld) -> Iterator[dict[str, Served]]:
    boxes = make_systems(list(NAMES), world, rate=0)  # type: ignore[arg-type]
    with ExitStack() as running:
        yield {name: running.enter_context(serve_in_thread(box)) for name, box in boxes.items()}


class Shop:
    """The workspace between both, with one plain variant and one choice mapped, and accounting as the master."""

    def __init__(self, path: Path, both: dict[str, Served], world: StoreWorld) -> None:
        self.path, self.shop, self.books = path, both["shopify"], both["quickbooks"]
        variants, items = self.shop.state.tables["variants"], self.books.state.tables["item"]
        pairs = [
            (str(left), str(right))
            for left, right in world.pairs.items()
            if str(left) in variants and items[str(right)]["Active"] and items[str(right)].get("QtyOnHand") is not None
        ]
        plain = next(pair for pair in pairs if variants[pair[0]]["options"][0][0] == "Title")
        choice = next(pair for pair in pairs if variants[pair[0]]["options"][0][0] != "Title")
        self.pairs = [plain, choice]

    @property
    def ids(self) -> list[str]:
        return [left for left, _ in self.pairs]

    def held(self) -> list[tuple[str, int]]:
        """Price and units of both, in the store."""
        state = self.shop.state
        rows = [state.tables["variants"][id] for id in self.ids]
        return [(row["price"], state.tables["levels"][level_id(row["item"], MAIN)]["available"]) for row in rows]

    def wanted(self) -> list[tuple[str, int]]:
        """What the books have, and the store shall have."""
        items = [self.books.state.tables["item"][right] for _, right in self.pairs]
        return [(f"{item['UnitPrice']:.2f}", int(item["QtyOnHand"])) for item in items]


@pytest.fixture
def shop(both: dict[str, Served], world: StoreWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    path = tmp_path / "workspace"
    monkeypatch.setenv("CROSSWALK_WORKSPACE", str(path))
    for one in both.values():
        one.app.reset()
        for name, secret in describe(one)["env"].items():
            monkeypatch.setenv(name, secret)
    for type, name in NAMES.items():
        options = {**describe(both[type])["options"], "timeout_seconds": "2"}
        assert main(["connection", "add", name, type, *(f"--set={k}={v}" for k, v in options.items())]) == 0
    settings = {
        "fields": "price,quantity",
        "masters.price": "backoffice",
        "masters.quantity": "backoffice",
        "orders.policy": "ignore",
    }
    assert main(["integration", "add", "store", "shop", "books", *(f"--set={k}={v}" for k, v in settings.items())]) == 0
    assert main(["pull"]) == 0
    made = Shop(path, both, world)
    for at, (left, right) in enumerate(made.pairs):
        item = made.books.state.tables["item"][right]
        made.books.state.put("item", right, {**item, "UnitPrice": 20.5 + at, "QtyOnHand": 33 + at, "SyncToken": "9"})
        assert main(["map", "products", left, right]) == 0
    return made


def sync(crosswalk: Callable[..., Any], shop: Shop) -> Any:
    return crosswalk("sync", "--ids", ",".join(shop.ids), "--yes", *ALLOW, "--json")


def test_what_was_written_is_undone_by_compare_and_set(shop, crosswalk) -> None:
    before = shop.held()
    done = sync(crosswalk, shop)
    assert done.code == 0, done.err
    assert shop.held() == shop.wanted() != before
    run = done.document["run"]["id"]
    undone = crosswalk("undo", str(run), "--yes", *ALLOW, "--json")
    assert undone.code == 0, undone.err
    assert shop.held() == before


def test_what_was_sold_since_is_not_undone(shop, crosswalk) -> None:
    before, run = shop.held(), sync(crosswalk, shop).document["run"]["id"]
    shop.shop.app.events.sell([{"variant": shop.ids[0], "quantity": 2}])
    undone = crosswalk("undo", str(run), "--yes", *ALLOW, "--json")
    (price, units), second = shop.held()
    assert (price, second) == (before[0][0], before[1])
    assert units == shop.wanted()[0][1] - 2, "the sale stands"
    assert undone.code in {0, 4}


def test_what_is_in_an_order_that_is_not_posted_waits(shop, crosswalk) -> None:
    """Accounting holds an order by the number that Shopify shows with a ``#`` before it."""
    assert (
        crosswalk("integration", "set", "store", "--set", "orders.policy=block", "--set", "orders.days=365").code == 0
    )
    sold, other = shop.ids
    order = shop.shop.app.events.sell([{"variant": sold, "quantity": 2}])
    assert crosswalk("pull").code == 0
    rows = {row["id"]: row for row in crosswalk("list", "products", "--json").document["rows"]}
    assert rows[sold]["status"] == "In orders"
    template = next(iter(shop.books.state.tables["invoice"].values()))
    for number in {order["name"].removeprefix("#"), *_numbers(shop, sold), *_numbers(shop, other)}:
        shop.books.state.put("invoice", f"9{number}", {**template, "Id": f"9{number}", "DocNumber": number})
    assert crosswalk("pull").code == 0
    rows = {row["id"]: row for row in crosswalk("list", "products", "--json").document["rows"]}
    assert {rows[sold]["status"], rows[other]["status"]} <= {"Out of sync", "First sync", "Conflict"}


async def raced(shop: Shop, *, held: bool) -> tuple[Run, list[Outcome]]:
    """Units of the first variant are sold after the plan, or while its quantity is held on its way into the store."""

    def sell() -> None:
        lines = {"lines": [{"variant": shop.ids[0], "quantity": 3}]}
        url, headers = f"{shop.shop.control_url}/sell", shop.shop.control_headers
        assert httpx.post(url, json=lines, headers=headers, trust_env=False).status_code == 200

    ws = compose.open_workspace(shop.path)
    try:
        plan = await ws.plan("store", ids=shop.ids)
        assert {change.after for change in plan.sending} == {"33", "34", "20.5", "21.5"}
        if held:
            shop.shop.app.faults.add("hold", method="POST", path="/inventorySetQuantities")
        else:
            await asyncio.to_thread(sell)
        syncing = asyncio.ensure_future(ws.sync(plan, allow=[hit.guard for hit in plan.guards]))
        if held:
            await asyncio.to_thread(shop.shop.wait_for, lambda log: any(entry.fault == "hold" for entry in log))
            await asyncio.to_thread(sell)
            shop.shop.app.release()
        run = await syncing
        return run, ws.outcomes(run.id)
    finally:
        await ws.close()


@pytest.mark.parametrize("held", [False, True], ids=["between plan and apply", "between reading and writing"])
def test_a_sale_meanwhile_keeps_its_row_from_being_written_and_no_other(shop, held) -> None:
    """The store compares and refuses: the sale is never lost, its row waits for a new plan, the other one goes through."""
    (price, units), _ = shop.held()
    _, second = shop.wanted()
    run, outcomes = asyncio.run(raced(shop, held=held))
    assert shop.held() == [(price, units - 3), second]
    assert run.totals.adds_up
    said = {(one.storefront_id, one.field): (one.result, one.found or "") for one in outcomes}
    assert {key: result for key, (result, _) in said.items()} == {
        (shop.ids[0], Field.PRICE): Result.STALE,
        (shop.ids[0], Field.QUANTITY): Result.STALE,
        (shop.ids[1], Field.PRICE): Result.APPLIED,
        (shop.ids[1], Field.QUANTITY): Result.APPLIED,
    }
    assert said[shop.ids[0], Field.QUANTITY][1] == str(units - 3), "what there is now is shown"


def _numbers(shop: Shop, variant: str) -> list[str]:
    """The numbers of all orders of a variant, without their sign."""
    orders = shop.shop.state.rows("orders")
    return [one["name"].removeprefix("#") for one in orders if variant in {line["variant"] for line in one["lines"]}]


@pytest.mark.parametrize("fault", ["kill", "kill_after"])
@pytest.mark.parametrize("path", ["/inventorySetQuantities", "/productVariantsBulkUpdate"])
def test_a_process_that_dies_while_writing_is_carried_on_and_nothing_is_done_twice(
    shop, crosswalk, child, fault, path
) -> None:
    shop.shop.app.faults.add(fault, method="POST", path=path)
    ended = child(shop.path, "sync", "--ids", ",".join(shop.ids), "--yes", *ALLOW)
    assert ended.returncode == -signal.SIGKILL
    (run,) = [one["id"] for one in crosswalk("runs", "--json").document["runs"]]
    resumed = crosswalk("resume", str(run), "--json")
    assert resumed.code == 0, resumed.err
    assert shop.held() == shop.wanted()
    assert len(shop.shop.state.tables["keys"]) == 1, "one correction of stock, however often it was asked for"


@pytest.fixture
def child() -> Callable[..., Any]:
    """A command in a process of its own, which a fault may kill."""
    import subprocess
    import sys

    def run(path: Path, *argv: str) -> Any:
        command = [sys.executable, "-m", "tui", "--workspace", str(path), *argv]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=dict(os.environ))

    return run
