"""An UltraCart account on loopback, and connections to it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina

from connectors.registry import EntryPointRegistry
from connectors.sandbox.crm_world import CrmWorld
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.ultracart import UltraCart
from engine.model import Field, Kind
from engine.ports import ConnectionContext, FieldWrite, RecordWrite


@pytest.fixture(scope="session")
def crm_world() -> CrmWorld:
    """Forty items, with every defect; shared, since sandboxes never change it."""
    return CrmWorld.make(seed=3, items=40)


@pytest.fixture(autouse=True)
def _no_waiting_between_attempts() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture(scope="session")
def _accounts() -> Iterator[Callable[..., Served]]:
    with contextlib.ExitStack() as stack:
        known: dict[str, Served] = {}

        def start(world: CrmWorld, **settings: Any) -> Served:
            key = repr(settings)
            if key not in known:
                known[key] = stack.enter_context(serve_in_thread(UltraCart(world, **{"rate": 0, **settings})))
            return known[key]

        yield start


@pytest.fixture
def account(_accounts: Callable[..., Served], crm_world: CrmWorld) -> Callable[..., Served]:
    """``account(totals=False)``: one as just started."""

    def start(**settings: Any) -> Served:
        served = _accounts(crm_world, **settings)
        served.app.reset()
        return served

    return start


@pytest.fixture
async def connect(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """``connect(served, page_size="10")`` opens a connection with the account's simple key, or with ``client_id``."""
    opened: list[Any] = []

    def open_one(served: Served, **options: str) -> Any:
        secrets = {} if "client_id" in options else {"simple_key": served.credentials["simple_key"]}
        secrets |= {name: options.pop(name) for name in ("simple_key",) if name in options}
        known = {**served.options, **{name: f"ref:{name}" for name in secrets}, "backoff_seconds": "0.01", **options}
        context = ConnectionContext(
            "uc",
            known,
            lambda reference: secrets[reference.removeprefix("ref:")],
            tmp_path / "uc.token",
            tmp_path / "images",
        )
        opened.append(EntryPointRegistry().get("ultracart").open(context))
        return opened[-1]

    yield open_one
    for connector in opened:
        await connector.close()


@pytest.fixture
def gather() -> Callable[..., Awaitable[list[Any]]]:
    """All records of a kind."""

    async def all_of(connector: Any, kind: Kind = Kind.PRODUCTS) -> list[Any]:
        return [record async for page in connector.read(kind) for record in page.records]

    return all_of


@pytest.fixture
def write_of() -> Callable[..., RecordWrite]:
    """``write_of(row, price="9")``: a write of these fields whose ``before`` is what the store's row holds."""

    def make(row: dict[str, Any], key: str = "k", **after: str) -> RecordWrite:
        centers = row["shipping"]["distribution_centers"]
        held = {
            "price": row["pricing"]["cost"],
            "cost": row["pricing"]["cogs"],
            "quantity": centers[0]["inventory_level"] if centers else None,
            "sku": row["merchant_item_id"],
        }
        fields = tuple(
            FieldWrite(Field(name), None if held[name] is None else str(held[name]), value)
            for name, value in after.items()
        )
        return RecordWrite(key, Kind.PRODUCTS, str(row["merchant_item_oid"]), row["description"], fields)

    return make


@pytest.fixture
def row_of() -> Callable[..., dict[str, Any]]:
    """``row_of(served, nth)``: the nth item that has tiers, properties or whatever it likes, and tracks its stock."""

    def find(served: Served, nth: int = 0) -> dict[str, Any]:
        return [row for row in served.state.rows("items") if row["shipping"]["track_inventory"]][nth]

    return find


@pytest.fixture
def puts() -> Callable[[Served], list[Any]]:
    """The requests that may have changed something."""
    return lambda served: [entry for entry in served.requests if entry.method == "PUT"]
