"""A store with orders and the CRM that keeps their buyers, on loopback, and a workspace between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.registry import EntryPointRegistry
from connectors.sandbox.launcher import describe
from connectors.sandbox.salesforce import Salesforce
from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.systems import make as make_systems
from connectors.sandbox.ultracart import UltraCart
from connectors.sandbox.world import World
from connectors.secrets import resolve
from engine.workspace import Workspace

#: Some weeks after the sandbox's first order.
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
SETTINGS = {
    "accounts.with_profile": "person_account",
    "accounts.without_profile": "account_and_contact",
    "accounts.days": "60",
    "guards.max_percent_of_catalogue": "",
    "guards.everything_changed": "false",
}


class Clock:
    """The calendar stands still; waiting takes no time."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return NOW.timestamp()

    async def sleep(self, seconds: float) -> None:
        return


@dataclass
class Buyers:
    """The workspace ``ws`` (integration ``acme``) between the store and the CRM."""

    ws: Workspace
    store: UltraCart
    crm: Salesforce

    def reopen(self) -> Workspace:
        """Another process on the same workspace."""
        return Workspace.open(self.ws.path, EntryPointRegistry(), actor="bob", clock=Clock(), secret=resolve)

    async def record_type(self) -> str:
        """The name of the org's first person-account record type, chosen in the settings."""
        name = (await self.ws.account_org("acme")).record_types[0].name
        self.ws.set_integration("acme", {"accounts.record_type": name})
        return name

    @property
    def accounts(self) -> list[dict[str, Any]]:
        return self.crm.state.rows("Account")

    @property
    def contacts(self) -> list[dict[str, Any]]:
        return self.crm.state.rows("Contact")

    def sent(self) -> list[Any]:
        """The requests that may have changed something in the CRM."""
        return [one for one in self.crm.log.since() if one.method != "GET" and "oauth" not in one.path]


@pytest.fixture
async def shop(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> AsyncIterator[Buyers]:
    """A store whose buyers the CRM knows, half knows, or does not know; both sides are read.

    Parametrized indirectly, the arguments of another ``Salesforce``.
    """
    world = World.make(seed=3, customers=20, products=150)
    boxes = make_systems(["ultracart", "salesforce"], world, rate=0)
    if hasattr(request, "param"):
        boxes["salesforce"] = Salesforce(world, rate=0, **request.param)
    with ExitStack() as running:
        served = {name: running.enter_context(serve_in_thread(box)) for name, box in boxes.items()}
        for one in served.values():
            for name, secret in describe(one)["env"].items():
                monkeypatch.setenv(name, secret)
        ws = Workspace.open(tmp_path / "ws", EntryPointRegistry(), actor="ada", clock=Clock(), secret=resolve)
        for name, one in served.items():
            ws.add_connection(name, name, describe(one)["options"])
        ws.add_integration("acme", "ultracart", "salesforce", SETTINGS)
        await ws.pull("acme")
        try:
            yield Buyers(ws, boxes["ultracart"], boxes["salesforce"])  # type: ignore[arg-type]
        finally:
            await ws.close()
