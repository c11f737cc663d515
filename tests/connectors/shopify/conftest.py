"""A Shopify store on loopback, and connections to it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import stamina

from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.shopify import Shopify
from connectors.sandbox.shopify_seed import MAIN, level_id
from connectors.sandbox.store_world import StoreWorld
from connectors.shopify import CONNECTOR
from engine.model import Field, Kind
from engine.ports import ConnectionContext, Connector, FieldWrite, RecordWrite

RUN = "run-7"


@pytest.fixture(scope="session")
def shop_world() -> StoreWorld:
    """Forty articles, about a third with variants; shared, since sandboxes never change it."""
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
                known[key] = stack.enter_context(serve_in_thread(Shopify(world, **{"rate": 0, **settings})))
            return known[key]

        yield start


@pytest.fixture
def store(_stores: Callable[..., Served], shop_world: StoreWorld) -> Callable[..., Served]:
    """``store(points=500.0, rate=1)``: one as just started."""

    def start(**settings: Any) -> Served:
        served = _stores(shop_world, **settings)
        served.app.reset()
        return served

    return start


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Connector]]:
    """``connect(served, page_size="10")`` opens a connection with the store's own token."""
    opened: list[Connector] = []

    def open_one(served: Served, **options: str) -> Connector:
        secrets = {name: options.pop(name, secret) for name, secret in served.credentials.items()}
        known = {**served.options, **{name: f"ref:{name}" for name in secrets}, **options}
        context = ConnectionContext("shop", known, lambda reference: secrets[reference.removeprefix("ref:")])
        opened.append(CONNECTOR.open(context))
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


class Goods:
    """What a store holds of its variants, and writes of them."""

    def __init__(self, served: Served) -> None:
        self.served = served

    def row(self, id: str) -> dict[str, Any]:
        return self.served.state.tables["variants"][id]

    def ids(self, *, choices: bool | None = None) -> list[str]:
        """Variants that are sold and counted: of products with options, without, or all."""
        state = self.served.state
        return [
            row["id"]
            for row in state.rows("variants")
            if state.tables["products"][row["product"]]["status"] == "ACTIVE"
            and state.tables["items"][row["item"]]["tracked"]
            and not row["requiresComponents"]
            and (choices is None or (row["options"][0][0] != "Title") is choices)
        ]

    def cost(self, id: str) -> str | None:
        cost: str | None = self.served.state.tables["items"][self.row(id)["item"]]["cost"]
        return cost

    def units(self, id: str, location: str = MAIN, name: str = "available") -> int:
        row = self.served.state.tables["levels"][level_id(self.row(id)["item"], location)]
        return int(row["available"] + (row["committed"] if name == "on_hand" else 0))

    def write(self, id: str, **after: str) -> RecordWrite:
        """A write of these fields whose ``before`` is what the store holds; its key is that of a run's intent."""
        row = self.row(id)
        held = {"price": row["price"], "cost": self.cost(id), "sku": row["sku"]}
        if "quantity" in after:
            held["quantity"] = str(self.units(id))
        fields = tuple(FieldWrite(Field(name), held[name], value) for name, value in after.items())
        name = self.served.state.tables["products"][row["product"]]["title"]
        return RecordWrite(f"{RUN}:storefront:products:{id}", Kind.PRODUCTS, id, name, fields)

    def asked(self, field: str) -> list[dict[str, Any]]:
        """The variables of every request for a root field."""
        return [entry.body["variables"] for entry in self.served.requests if entry.path == f"/{field}"]

    def posts(self) -> list[str]:
        return [entry.path for entry in self.served.requests if entry.method == "POST"]


@pytest.fixture
def goods() -> Callable[[Served], Goods]:
    return Goods
