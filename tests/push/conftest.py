"""A store and the CRM it is pushed into, as simulated systems on loopback, and a workspace between them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
from engine.changes import Plan, Run
from engine.model import Kind
from engine.workspace import Workspace
from tui.demo.ultracart_salesforce import ULTRACART_SALESFORCE

SETTINGS = {**ULTRACART_SALESFORCE.settings, "guards.max_percent_of_catalogue": "", "guards.max_rows": ""}
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = "2026-06-01T09:00:00.000+0000"  # when people change things, as both systems say it


@dataclass
class Clock:
    """The calendar is the test's; waiting takes no time."""

    at: datetime = START
    ticks: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


@dataclass
class Shop:
    """The workspace ``ws`` (integration ``acme``) between the store and the CRM."""

    ws: Workspace
    store: UltraCart
    crm: Salesforce
    clock: Clock

    async def push(self, ids: list[str] | None = None) -> tuple[Plan, Run]:
        plan = await self.ws.plan_push("acme", ids)
        return plan, await self.ws.sync(plan, allow=[hit.guard for hit in plan.guards])

    # ------------------------------------------------------------------------------------------- what the systems hold
    @property
    def items(self) -> dict[str, Any]:
        return self.store.state.tables["items"]

    @property
    def products(self) -> dict[str, Any]:
        return self.crm.state.tables["Product2"]

    @property
    def codes(self) -> Counter[str]:
        """How many products have each code."""
        return Counter(str(row["ProductCode"]) for row in self.products.values())

    def product(self, item: str) -> dict[str, Any]:
        """The product an item is mapped to."""
        found: dict[str, Any] = self.products[self.mapped[item]]
        return found

    def price(self, item: str, book: str = "Standard Price Book") -> float | None:
        """The active price of an item's product in a book."""
        books = {row["Name"]: row["Id"] for row in self.crm.state.tables["Pricebook2"].values()}
        return next(
            (row["UnitPrice"] for row in self.crm.state.tables["PricebookEntry"].values()
             if row["Product2Id"] == self.mapped.get(item) and row["Pricebook2Id"] == books[book] and row["IsActive"]),
            None,
        )  # fmt: skip

    def entry(self, item: str, book: str = "Standard Price Book") -> dict[str, Any]:
        books = {row["Name"]: row["Id"] for row in self.crm.state.tables["Pricebook2"].values()}
        return next(row for row in self.crm.state.tables["PricebookEntry"].values()
                    if row["Product2Id"] == self.mapped[item] and row["Pricebook2Id"] == books[book])  # fmt: skip

    @property
    def mapped(self) -> dict[str, str]:
        rows = self.ws.snapshot("acme", Kind.PRODUCTS).rows
        return {row.id: row.right_id for row in rows if row.side == "storefront" and row.right_id}

    def status(self, item: str) -> str:
        return next(row.status for row in self.ws.snapshot("acme", Kind.PRODUCTS).rows if row.id == item)

    # ------------------------------------------------------------------------------------------- what people do
    def sell(self, item: str, **values: Any) -> None:
        """Somebody edits an item in the store (its price is ``cost``)."""
        row = self.items[item]
        pricing = {
            **row["pricing"],
            **{name: values.pop(name) for name in ("cost", "sale_cost", "currency_code") if name in values},
        }
        changed = {**values, "pricing": pricing, "last_modified_dts": LATER}
        self.store.state.put("items", item, {**row, **changed})

    def add(self, id: str, code: str, cost: float = 20.0) -> str:
        """A new item in the store."""
        template = next(row for row in self.items.values() if not row["inactive"])
        fresh = {"merchant_item_oid": int(id), "merchant_item_id": code, "description": f"New thing {code}",
                 "salesforce": {"sfdc_pricebook_id": None, "sfdc_product_id": None}}  # fmt: skip
        fresh["last_modified_dts"] = LATER
        plain = {**template["pricing"], "cost": cost, "sale_cost": None, "manufacturer_suggested_retail_price": None}
        self.store.state.put("items", id, {**template, **fresh, "pricing": plain})
        return id

    def edit(self, item: str, **values: Any) -> None:
        """Somebody edits a product in the CRM."""
        product = self.product(item)
        self.crm.state.put("Product2", product["Id"], {**product, **values, "SystemModstamp": LATER})

    def reprice(self, item: str, amount: float) -> None:
        """Somebody edits a standard price in the CRM."""
        entry = self.entry(item)
        self.crm.state.put("PricebookEntry", entry["Id"], {**entry, "UnitPrice": amount, "SystemModstamp": LATER})


@pytest.fixture
async def shop(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """40 items and a CRM with every kind of counterpart for them; nothing is mapped or pushed yet.

    Parametrized indirectly, the arguments of another ``Salesforce``.
    """
    world = World.make(seed=3, customers=4, products=40)
    boxes = make_systems(["ultracart", "salesforce"], world, rate=0)
    if hasattr(request, "param"):
        boxes["salesforce"] = Salesforce(world, rate=0, **request.param)
    clock = Clock()
    with ExitStack() as running:
        served = {name: running.enter_context(serve_in_thread(box)) for name, box in boxes.items()}
        for one in served.values():
            for name, secret in describe(one)["env"].items():
                monkeypatch.setenv(name, secret)
        ws = Workspace.open(tmp_path / "ws", EntryPointRegistry(), actor="ada", clock=clock, secret=resolve)
        for name, one in served.items():
            ws.add_connection(name, name, describe(one)["options"])
        ws.add_integration("acme", "ultracart", "salesforce", SETTINGS)
        try:
            yield Shop(ws, boxes["ultracart"], boxes["salesforce"], clock)  # type: ignore[arg-type]
        finally:
            await ws.close()
