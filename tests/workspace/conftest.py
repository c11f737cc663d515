"""A real workspace over the two sandboxes, served in threads of this process."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import pytest_asyncio

from connectors.registry import EntryPointRegistry
from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.systems import make
from connectors.sandbox.world import World
from connectors.secrets import resolve
from engine.workspace import Workspace

SEED = 7


@pytest.fixture
def systems(monkeypatch):
    """``.market`` and ``.psa`` are the served sandboxes, ``.world`` what is true of them."""
    world = World.make(SEED, 30, 80)
    boxes = make(["marketplace", "syncro"], world, rate=0)
    with serve_in_thread(boxes["marketplace"]) as market, serve_in_thread(boxes["syncro"]) as psa:
        for served, names in ((market, ("password", "subscription_key")), (psa, ("token",))):
            for name in names:
                monkeypatch.setenv(f"TEST_{served.app.name}_{name}".upper(), served.credentials[name])
        yield SimpleNamespace(market=market, psa=psa, world=world)


def options(served, *secrets):
    references = {name: f"env:{f'TEST_{served.app.name}_{name}'.upper()}" for name in secrets}
    return {**served.options, **references, "rate_per_minute": "60000"}


@pytest_asyncio.fixture
async def ws(tmp_path, systems):
    made = Workspace.open(tmp_path / "workspace", EntryPointRegistry(), actor="tester", secret=resolve)
    made.add_connection("market", "marketplace", options(systems.market, "password", "subscription_key"))
    made.add_connection("psa", "syncro", options(systems.psa, "token"))
    made.add_integration("resale", "market", "psa", {"guards.max_percent_of_catalogue": "100"})
    await made.pull()
    yield made
    await made.close()
