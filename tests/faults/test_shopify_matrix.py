"""The fault matrix of a Shopify store: every fault at every request of a sync that writes it, over real HTTP, then put right.

Quantities are compared and set by the store itself, and a request counts once: whatever becomes of an answer, no unit may
be set twice, none lost, and what is called applied must be there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import stamina
from fault_checks import DOUBTFUL, bookkeeping
from fault_stores import PAIRS, small_store

from connectors.registry import EntryPointRegistry
from connectors.sandbox.faults import Fault, FaultKind
from connectors.sandbox.launcher import describe
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.shopify_seed import MAIN, level_id
from connectors.sandbox.systems import make
from connectors.secrets import resolve
from engine.errors import CrosswalkError
from engine.model import Field, Kind
from engine.workspace import Workspace

ELSEWHERE = {FaultKind.KILL, FaultKind.KILL_AFTER, FaultKind.HOLD, FaultKind.HOLD_AFTER, FaultKind.SLOW}
KINDS = [kind for kind in FaultKind if kind not in ELSEWHERE]
SAMPLED = [
    FaultKind.RATE_LIMIT,
    FaultKind.TIMEOUT_AFTER,
    FaultKind.ERROR_AFTER,
    FaultKind.NO_STORE,
    FaultKind.PERMISSION,
]
WRITES = ["/inventorySetQuantities", "/productVariantsBulkUpdate"]
SETTINGS = {
    "fields": "price,cost,quantity",
    **{f"masters.{name}": "backoffice" for name in ("price", "cost", "quantity")},
    "sku.storefront": "sku",
    "guards.max_percent_of_catalogue": "",
    "guards.everything_changed": "false",
    "orders.policy": "ignore",
}


@dataclass
class Lab:
    """Both systems, and a workspace for each scenario."""

    shop: Served
    books: Served
    folder: Path
    played: int = 0

    async def prepared(self) -> Workspace:
        """As just set up: read, mapped, everything differs."""
        self.shop.app.reset()
        self.books.app.reset()
        self.played += 1
        ws = Workspace.open(self.folder / str(self.played), EntryPointRegistry(), actor="ada", secret=resolve)
        for name, one in (("shop", self.shop), ("books", self.books)):
            options = {**describe(one)["options"], "timeout_seconds": "0.75"}
            ws.add_connection(name, one.app.name, options)
        ws.add_integration("store", "shop", "books", SETTINGS)
        report = await ws.pull()
        assert not report.errors, report.errors
        ws.map(None, Kind.PRODUCTS, list(PAIRS.items()))
        return ws

    def held(self, id: str) -> dict[Field, Decimal]:
        """What the store has of one variant."""
        tables = self.shop.state.tables
        row = tables["variants"][id]
        level = tables["levels"][level_id(row["item"], MAIN)]
        cost = Decimal(tables["items"][row["item"]]["cost"])
        return {Field.PRICE: Decimal(row["price"]), Field.COST: cost, Field.QUANTITY: Decimal(level["available"])}

    def wanted(self, id: str) -> dict[Field, Decimal]:
        """What accounting has of its item."""
        row = self.books.state.tables["item"][PAIRS[id]]
        names = {Field.PRICE: "UnitPrice", Field.COST: "PurchaseCost", Field.QUANTITY: "QtyOnHand"}
        return {field: Decimal(str(row[name])) for field, name in names.items()}

    async def play(self, fault: Fault) -> tuple[bool, list[str]]:
        """Whether the fault struck, and everything that is not as it must be, in words."""
        ws = await self.prepared()
        try:
            before = {id: self.held(id) for id in PAIRS}
            others = {id: row for id, row in self.shop.state.tables["variants"].items() if id not in PAIRS}
            plan = await ws.plan(None, kinds=[Kind.PRODUCTS])
            self.shop.app.log.clear()
            self.shop.app.faults.add(fault)
            with suppress(CrosswalkError):  # said to the admin; what it left is looked at below
                await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
            struck = fault.struck > 0
            self.shop.app.faults.clear()  # what an admin or the vendor does about it
            self.shop.app.permissions = set(self.shop.app.all_permissions)
            await ws.recover()
            found = [*bookkeeping(ws), *self._as_told(ws, before, fault.kind)]
            found += await self._put_right(ws)
            if {id: row for id, row in self.shop.state.tables["variants"].items() if id not in PAIRS} != others:
                found.append("a bystander was touched")
            return struck, found
        finally:
            await ws.close()

    def _as_told(self, ws: Workspace, before: dict[str, dict[Field, Decimal]], kind: FaultKind) -> Iterator[str]:
        """Applied is there, anything else is as it was; only where nobody can know may a row be unverified."""
        for run in ws.runs():
            for outcome in ws.outcomes(run.id):
                assert outcome.field is not None
                now, wanted = self.held(outcome.storefront_id)[outcome.field], Decimal(outcome.after or "0")
                if outcome.result.value == "unverified":
                    if kind.value not in DOUBTFUL:
                        yield f"{outcome.storefront_id} {outcome.field} is unverified: {outcome.message}"
                elif outcome.result.value in {"applied", "unchanged"}:
                    if now != wanted:
                        yield f"{outcome.storefront_id} {outcome.field} is called {outcome.result}, and is {now}"
                elif now != before[outcome.storefront_id][outcome.field]:
                    yield f"{outcome.storefront_id} {outcome.field} is called {outcome.result}, and was written"

    async def _put_right(self, ws: Workspace) -> list[str]:
        """With no fault left, one more sync makes both sides equal, and then nothing is left."""
        plan = await ws.plan(None, kinds=[Kind.PRODUCTS])
        found = [f"blocked for good: {c.storefront_id} {c.field} {c.blocked}" for c in plan.blocked]
        if plan.sending:
            run = await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
            if run.totals.applied + run.totals.unchanged != len(plan.sending):
                found.append(f"the sync that puts it right ended {run}")
        found += [f"{id}: {self.held(id)} != {self.wanted(id)}" for id in PAIRS if self.held(id) != self.wanted(id)]
        left = (await ws.plan(None, kinds=[Kind.PRODUCTS])).sending
        return [*found, *(f"left to sync: {change}" for change in left)]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    boxes: dict[str, Any] = make(["shopify", "quickbooks"], small_store(), rate=0)  # type: ignore[arg-type]
    with ExitStack() as running, stamina.set_testing(True, attempts=3, cap=True):
        served = {name: running.enter_context(serve_in_thread(box)) for name, box in boxes.items()}
        for one in served.values():
            for name, secret in describe(one)["env"].items():
                monkeypatch.setenv(name, secret)
        yield Lab(served["shopify"], served["quickbooks"], tmp_path)


async def test_without_a_fault_everything_is_written_once(lab: Lab) -> None:
    struck, found = await lab.play(Fault(FaultKind.SLOW, path="/nothing"))
    assert (struck, found) == (False, [])


@pytest.mark.parametrize("path", WRITES)
async def test_every_fault_at_a_write(lab: Lab, matrix: Any, path: str) -> None:
    for kind in SAMPLED:
        struck, found = await lab.play(Fault(kind, method="POST", path=path))
        assert struck
        matrix.add(kind.value, f"shopify {path}", found)


@pytest.mark.faults
@pytest.mark.parametrize("kind", KINDS, ids=[kind.value for kind in KINDS])
async def test_every_fault_at_every_request(lab: Lab, matrix: Any, kind: FaultKind) -> None:
    for number in range(40):
        struck, found = await lab.play(Fault(kind, skip=number))
        if not struck:
            break
        matrix.add(kind.value, f"shopify request {number + 1}", found)
