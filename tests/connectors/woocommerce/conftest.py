"""A WooCommerce store on loopback, and connections to it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import stamina

from connectors.registry import EntryPointRegistry
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.store_world import StoreWorld
from connectors.sandbox.woocommerce import WooCommerce
from engine.model import Field, Kind
from engine.ports import ConnectionContext, Connector, FieldWrite, RecordWrite


@pytest.fixture(scope="session")
def shop_world() -> StoreWorld:
    """Forty articles, about a third with variations; shared, since sandboxes never change it."""
    return StoreWorld.make(seed=3, products=40)


@pytest.fixture(autouse=True)
def _no_waiting_between_attempts() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture(scope="session")
def _stores() -> Iterator[Callable[..., Served]]:
    with contextlib.ExitStack() as stack:
        known: dict[str, Served] = {}

        def start(world: StoreWorld, **settings: Any) -> Served:
            key = repr(settings)
            if key not in known:
                known[key] = stack.enter_context(serve_in_thread(WooCommerce(world, rate=0, **settings)))
            return known[key]

        yield start


@pytest.fixture
def store(_stores: Callable[..., Served], shop_world: StoreWorld) -> Callable[..., Served]:
    """``store(cogs=False)``: one as just started."""

    def start(**settings: Any) -> Served:
        served = _stores(shop_world, **settings)
        served.app.reset()
        return served

    return start


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Connector]]:
    """``connect(served, page_size="10")`` opens a connection with the store's own key."""
    opened: list[Connector] = []

    def open_one(served: Served, **options: str) -> Connector:
        secrets = {name: options.pop(name, secret) for name, secret in served.credentials.items()}
        known = {**served.options, **{name: f"ref:{name}" for name in secrets}, **options}
        context = ConnectionContext("shop", known, lambda reference: secrets[reference.removeprefix("ref:")])
        opened.append(EntryPointRegistry().get("woocommerce").open(context))
        return opened[-1]

    yield open_one
    for connector in opened:
        await connector.close()


@pytest.fixture
def gather() -> Callable[..., Awaitable[list[Any]]]:
    """All records of a kind."""

    async def all_of(connector: Connector, kind: Kind = Kind.PRODUCTS) -> list[Any]:
        return [record async for page in connector.read(kind) for record in page.records]

    return all_of


@pytest.fixture
def write_of() -> Callable[..., RecordWrite]:
    """``write_of(row, price="9")``: a write of these fields whose ``before`` is what the store's row holds."""

    def make(row: dict[str, Any], key: str = "k", **after: str) -> RecordWrite:
        held = {
            "price": row["regular_price"] or None,
            "cost": None if row["cogs"] is None else str(row["cogs"]),
            "quantity": None if row["stock_quantity"] is None else str(row["stock_quantity"]),
            "sku": row["sku"] or None,
        }
        fields = tuple(FieldWrite(Field(name), held[name], value) for name, value in after.items())
        return RecordWrite(key, Kind.PRODUCTS, str(row["id"]), row.get("name") or "?", fields)

    return make


@pytest.fixture
def row_of() -> Callable[..., dict[str, Any]]:
    """``row_of(served, "variation")``: the first row of a type that counts its stock (or of that type at all)."""

    def find(served: Served, type: str = "simple", nth: int = 0) -> dict[str, Any]:
        rows = served.state.rows("variations" if type == "variation" else "products")
        found = [row for row in rows if row["type"] == type and not row["on_sale"] and row["status"] == "publish"]
        return found[nth]

    return find


@pytest.fixture
def posts() -> Callable[[Served], list[Any]]:
    """The requests that may have changed something."""
    return lambda served: [entry for entry in served.requests if entry.method != "GET"]
