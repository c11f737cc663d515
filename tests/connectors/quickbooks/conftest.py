"""A QuickBooks company on loopback, and connections to it with a token file of their own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import stamina

from connectors.quickbooks import CONNECTOR
from connectors.quickbooks.connector import QuickBooksConnector
from connectors.sandbox.quickbooks import QuickBooks
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.store_world import StoreWorld
from engine.model import Field, Kind, canonical
from engine.ports import ConnectionContext, FieldWrite, RecordWrite

COMPANY = "/v3/company/*"


@pytest.fixture(scope="session")
def world() -> StoreWorld:
    return StoreWorld.make(seed=5, products=40)


@pytest.fixture(autouse=True)
def _no_waiting_between_attempts() -> Iterator[None]:
    """Attempts follow each other at once; waits that a system asks for (429) stay."""
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


@pytest.fixture(scope="session")
def _servers() -> Iterator[Callable[..., Served]]:
    with contextlib.ExitStack() as stack:
        known: dict[str, Served] = {}

        def start(world: StoreWorld, **settings: Any) -> Served:
            key = repr(settings)
            if key not in known:
                known[key] = stack.enter_context(serve_in_thread(QuickBooks(world, **settings)))
            return known[key]

        yield start


@pytest.fixture
def company(_servers: Callable[..., Served], world: StoreWorld) -> Callable[..., Served]:
    """``company(mild=True)``: one as just started."""

    def start(**settings: Any) -> Served:
        served = _servers(world, **{"rate": 0, **settings})
        served.app.reset()
        return served

    return start


Connect = Callable[..., QuickBooksConnector]


@pytest.fixture
async def connect(tmp_path: Path) -> AsyncIterator[Connect]:
    """``connect(served, page_size="5")``; ``secrets`` replaces what the references lead to, ``file`` the token file."""
    opened: list[Any] = []

    def open_one(served: Served, *, secrets: Any = None, file: Path | None = None, **options: str) -> Any:
        known = secrets if secrets is not None else dict(served.credentials)
        references = {name: f"ref:{name}" for name in ("client_secret", "refresh_token")}
        context = ConnectionContext(
            "books",
            {**served.options, **references, **options},
            lambda reference: known[reference.removeprefix("ref:")],
            file or tmp_path / "tokens" / "books.json",
        )
        connector = CONNECTOR.open(context)
        opened.append(connector)
        return connector

    yield open_one
    for connector in opened:
        await connector.close()


@pytest.fixture
def everything() -> Callable[..., Awaitable[list[Any]]]:
    """All records of a kind."""

    async def all_of(connector: Any, kind: Kind) -> list[Any]:
        return [record async for page in connector.read(kind) for record in page.records]

    return all_of


def _stocked(served: Served) -> dict[str, Any]:
    return next(row for row in served.state.rows("item") if row["Type"] == "Inventory" and row["Active"])


@pytest.fixture
def stocked() -> Callable[[Served], dict[str, Any]]:
    """An active item whose quantity is counted, as it is now."""
    return _stocked


@pytest.fixture
def write_of() -> Callable[..., RecordWrite]:
    """``write_of(row, price="9")``: a write of fields whose ``before`` is what the row holds (``before=`` replaces it)."""
    columns = {"price": "UnitPrice", "cost": "PurchaseCost", "quantity": "QtyOnHand", "sku": "Sku"}

    def make(row: dict[str, Any], key: str = "", before: str | None = None, **after: str) -> RecordWrite:
        fields = []
        for name, value in after.items():
            now = row.get(columns[name])
            text = now if name == "sku" or now is None else canonical(Decimal(str(now)))
            fields.append(FieldWrite(Field(name), before or text, value))
        return RecordWrite(key or f"run:{row['Id']}", Kind.PRODUCTS, row["Id"], row["Name"], tuple(fields))

    return make
