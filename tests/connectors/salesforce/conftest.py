"""A Salesforce org on loopback, and connections to it with files of their own."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import stamina

from connectors.registry import EntryPointRegistry
from connectors.salesforce.connector import SalesforceConnector
from connectors.sandbox.crm_world import CrmWorld
from connectors.sandbox.salesforce import Salesforce
from connectors.sandbox.server import Served, serve_in_thread
from engine.model import Field, Kind, canonical
from engine.ports import ConnectionContext, FieldWrite, RecordWrite

DATA = "/services/data/v67.0"


@pytest.fixture(scope="session")
def crm_world() -> CrmWorld:
    return CrmWorld.make(seed=4, items=80)


@pytest.fixture(autouse=True)
def _no_waiting_between_attempts() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture(scope="session")
def _orgs() -> Iterator[Callable[..., Served]]:
    with contextlib.ExitStack() as stack:
        known: dict[str, Served] = {}

        def start(world: CrmWorld, **settings: Any) -> Served:
            key = repr(settings)
            if key not in known:
                known[key] = stack.enter_context(serve_in_thread(Salesforce(world, **settings)))
            return known[key]

        yield start


@pytest.fixture
def org(_orgs: Callable[..., Served], crm_world: CrmWorld) -> Callable[..., Served]:
    """``org(people=False)``: one as just started."""

    def start(**settings: Any) -> Served:
        served = _orgs(crm_world, **{"rate": 0, **settings})
        served.app.reset()
        return served

    return start


@pytest.fixture
async def connect(tmp_path: Path) -> AsyncIterator[Callable[..., SalesforceConnector]]:
    """``connect(served, price_book="Web sale")``; ``secrets`` is what the references lead to, ``file`` the token file."""
    opened: list[Any] = []

    def open_one(served: Served, *, secrets: Any = None, file: Path | None = None, **options: str) -> Any:
        known = secrets if secrets is not None else dict(served.credentials)
        references = {name: f"ref:{name}" for name in known}
        context = ConnectionContext(
            "crm",
            {**served.options, **references, **options},
            lambda reference: known[reference.removeprefix("ref:")],
            file or tmp_path / "tokens" / "crm.json",
        )
        opened.append(EntryPointRegistry().get("salesforce").open(context))
        return opened[-1]

    yield open_one
    for connector in opened:
        await connector.close()


@pytest.fixture
def everything() -> Callable[..., Awaitable[list[Any]]]:
    """All records of a kind."""

    async def all_of(connector: Any, kind: Kind = Kind.PRODUCTS) -> list[Any]:
        return [record async for page in connector.read(kind) for record in page.records]

    return all_of


@pytest.fixture
def row_of() -> Callable[..., dict[str, Any]]:
    """``row_of(served, nth)``: an active product with an active standard entry."""

    def find(served: Served, nth: int = 0) -> dict[str, Any]:
        standard = next(book["Id"] for book in served.state.rows("Pricebook2") if book["IsStandard"])
        good = {
            entry["Product2Id"]
            for entry in served.state.rows("PricebookEntry")
            if entry["IsActive"] and entry["Pricebook2Id"] == standard
        }
        return [row for row in served.state.rows("Product2") if row["IsActive"] and row["Id"] in good][nth]

    return find


@pytest.fixture
def entry_of() -> Callable[..., dict[str, Any] | None]:
    """``entry_of(served, product_id, book)``: the entry of a product in the book of that name."""

    def find(served: Served, product_id: str, book: str = "Standard Price Book") -> dict[str, Any] | None:
        ids = {row["Id"] for row in served.state.rows("Pricebook2") if row["Name"] == book}
        found = [
            entry
            for entry in served.state.rows("PricebookEntry")
            if entry["Product2Id"] == product_id and entry["Pricebook2Id"] in ids
        ]
        return found[0] if found else None

    return find


@pytest.fixture
def write_of(entry_of) -> Callable[..., RecordWrite]:
    """``write_of(served, row, price="9")``: a write whose ``before`` is what the org holds (``before=`` replaces it)."""

    def make(
        served: Served, row: dict[str, Any], key: str = "", before: str | None = None, **after: str
    ) -> RecordWrite:
        entry = entry_of(served, row["Id"])
        held = {
            "price": canonical(Decimal(str(entry["UnitPrice"]))) if entry and entry["IsActive"] else None,
            "sku": row["ProductCode"],
        }
        fields = tuple(FieldWrite(Field(name), before or held.get(name), value) for name, value in after.items())
        return RecordWrite(key or f"run:{row['Id']}", Kind.PRODUCTS, row["Id"], row["Name"], fields)

    return make


@pytest.fixture
def whole() -> Callable[[Served], dict[str, Any]]:
    """Everything an org holds, without the times of change."""

    def copied(served: Served) -> dict[str, Any]:
        noise = {"SystemModstamp", "LastModifiedDate"}
        tables = copy.deepcopy(served.state.tables)
        return {
            name: {id: {key: value for key, value in row.items() if key not in noise} for id, row in rows.items()}
            for name, rows in tables.items()
        }

    return copied


@pytest.fixture
def changes() -> Callable[[Served], list[Any]]:
    """The requests that may have changed something."""
    return lambda served: [entry for entry in served.requests if entry.method != "GET" and "/oauth2/" not in entry.path]
