"""A store and its accounting, mapped and synced once, whose request logs begin after that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import pytest_asyncio
import stamina

from connectors.registry import EntryPointRegistry
from connectors.sandbox.quickbooks import QuickBooks
from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.store_world import StoreWorld
from connectors.sandbox.woocommerce import WooCommerce
from connectors.secrets import resolve
from engine.model import Kind
from engine.workspace import Workspace


class OurClock:
    """The real time, moved on by the test."""

    def __init__(self):
        self.ahead = timedelta(0)

    def now(self):
        return datetime.now(UTC) + self.ahead

    def monotonic(self):
        return self.now().timestamp()

    async def sleep(self, seconds):
        raise AssertionError("nothing here sleeps")


@pytest.fixture(autouse=True)
def _no_waiting_between_attempts():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture(scope="module")
def served():
    world = StoreWorld.make(seed=3, products=40)
    with serve_in_thread(WooCommerce(world, rate=0)) as shop, serve_in_thread(QuickBooks(world, rate=0)) as books:
        yield SimpleNamespace(shop=shop, books=books, world=world)


@pytest_asyncio.fixture
async def it(tmp_path, served):
    """A mapped workspace whose first sync is done, and logs that begin after it."""
    clock = OurClock()
    ws = Workspace.open(tmp_path / "workspace", EntryPointRegistry(), actor="tester", secret=resolve, clock=clock)
    for name, one in (("shop", served.shop), ("books", served.books)):
        one.app.reset()
        references = {}
        for secret, value in one.credentials.items():
            kept = tmp_path / f"{name}.{secret}"
            kept.write_text(value)
            kept.chmod(0o600)
            references[secret] = f"file:{kept}"
        ws.add_connection(name, one.app.name, {**one.options, **references})
    limits = {"guards.max_rows": "", "guards.max_percent_of_catalogue": "", "guards.max_change_percent": ""}
    ws.add_integration("trial", "shop", "books", {"fields": "price", "masters.price": "storefront", **limits})
    await ws.pull()
    active = {row["Id"] for row in served.books.state.rows("item") if row["Active"] and row["Type"] != "Group"}
    ws.map(None, Kind.PRODUCTS, [(str(a), str(b)) for a, b in served.world.pairs.items() if str(b) in active])
    plan = await ws.plan(None, kinds=(Kind.PRODUCTS,))
    await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
    await ws.plan(None, kinds=(Kind.PRODUCTS,), unattended=True)  # what our own sync changed is read once more
    for one in (served.shop, served.books):
        one.app.log.clear()
    yield SimpleNamespace(ws=ws, clock=clock, shop=served.shop, books=served.books)
    await ws.close()
