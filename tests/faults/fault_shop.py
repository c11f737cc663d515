"""The small shop of the fault matrix: two systems over real HTTP, the jobs an admin does there, and a program that fails."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from connectors.registry import EntryPointRegistry
from connectors.sandbox.log import LogEntry
from connectors.sandbox.world import World
from connectors.secrets import resolve
from engine.changes import Purpose, RunState
from engine.clock import SystemClock
from engine.errors import CrosswalkError
from engine.model import Kind
from engine.workspace import Workspace

MAPPED = ("310001", "310003", "310005", "310007")
NEW_PRODUCT, NEW_CUSTOMER = "310009", "21400"
SECRETS = (("market", ("password", "subscription_key")), ("psa", ("token",)))
REGISTRY = EntryPointRegistry()
LIVES = 8


class QuickClock(SystemClock):
    """Waiting for a lagging system takes no time here: the simulated ones lag by requests, not by seconds."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


def small_world() -> World:
    """Four pairs whose price, cost and SKU all differ, a product and a customer only one side has, and bystanders."""
    world = World.make(7, 6, 16)
    market = {row["id"]: row for row in world.marketplace_products}
    psa = {str(row["id"]): row for row in world.syncro_products}
    pairs = {id: world.product_pairs[id] for id in MAPPED}
    off = [
        {
            **psa[right],
            "price_retail": round(float(market[left]["prices"][0]["amount"]) * 0.9 + 0.5, 2),
            "price_cost": round(float(market[left]["costs"][0]["amount"]) * 0.9, 2),
            "upc_code": f"OLD-{right}",
            "disabled": False,
        }
        for left, right in pairs.items()
    ]
    complete = {"firstname": "Greta", "lastname": "Kettle", "email": "greta@kettle.example", "phone": "+1 301 555 0123"}
    place = {"address": "1 Mill Lane", "city": "Oakmere", "state": "TX", "zip": "75201", "disabled": False}
    customers = [{**row, **complete, **place} for row in world.syncro_customers[:2]]
    assert str(customers[0]["id"]) == NEW_CUSTOMER
    return replace(
        world,
        marketplace_products=[market[id] for id in (*MAPPED, NEW_PRODUCT)],
        marketplace_customers=world.marketplace_customers[:1],
        syncro_products=[*off, psa["88001"]],
        syncro_customers=customers,
        product_pairs=pairs,
        customer_pairs={},
        shared_products={},
    )


Tables = dict[str, dict[str, dict[str, Any]]]


@dataclass
class Bench:
    """Two systems by their connections' names, prepared workspaces to copy, and the tables before anything was written."""

    systems: dict[str, Any]
    template: Path
    jobs: Mapping[str, Job] = field(default_factory=dict)
    before: dict[str, Tables] = field(default_factory=dict)
    starter: str = "starter"  # the fixture that starts processes which know the secrets

    async def problems(self, path: Path, job: Job, fault: str = "") -> list[str]:
        """Everything that is not as it must be after a job, in words."""
        raise NotImplementedError

    @property
    def boxes(self) -> list[Any]:
        return [served.app for served in self.systems.values()]

    def reset(self) -> None:
        """Both systems as seeded, without faults and log; sessions are kept, so that requests count the same."""
        for box in self.boxes:
            box.state.reset()
            box.faults.clear()
            box.log.clear()
            box.permissions = set(box.all_permissions)
            box.release()

    def well_again(self) -> None:
        """The fault has passed: what an admin or the vendor does about it."""
        for box in self.boxes:
            box.faults.clear()
            box.permissions = set(box.all_permissions)
            box.release()

    def hurt(self) -> bool:
        """Whether something stays wrong until somebody does something about it."""
        return any(box.permissions != box.all_permissions for box in self.boxes)

    def workspace(self, directory: Path, job: Job) -> Path:
        """A fresh copy of the workspace prepared for the job."""
        path = directory / "workspace"
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self.template.with_name(job.template) if job.template else self.template, path)
        return path

    def open(self, path: Path) -> Workspace:
        return Workspace.open(path, REGISTRY, actor="tester", secret=resolve, clock=QuickClock())

    def log(self, name: str) -> list[LogEntry]:
        found: list[LogEntry] = self.systems[name].requests
        return found


@dataclass
class Shop(Bench):
    """A marketplace and a PSA."""

    @property
    def market(self) -> Any:
        return self.systems["market"]

    @property
    def psa(self) -> Any:
        return self.systems["psa"]

    async def problems(self, path: Path, job: Job, fault: str = "") -> list[str]:
        from fault_checks import problems  # which needs this module

        return await problems(self, path, job, fault)

    def reset(self) -> None:
        super().reset()
        self.market.app.forget_sessions()

    def wanted(self, id: str, column: str) -> Any:
        """What the back office must hold of a mapped product in the end."""
        left = next(left for left in MAPPED if self.market.app.truth["product_pairs"][left] == id)
        row = self.market.state.tables["products"][left]
        if column == "upc_code":
            return row["mpn"]
        return float(row["prices" if column == "price_retail" else "costs"][0]["amount"])


async def prepare(shop: Shop, options: dict[str, dict[str, str]]) -> None:
    ws = shop.open(shop.template)
    ws.add_connection("market", "marketplace", options["market"])
    ws.add_connection("psa", "syncro", options["psa"])
    settings = {"guards.max_percent_of_catalogue": "100", "customers.country": "US", "sku.backoffice": "upc"}
    ws.add_integration("resale", "market", "psa", settings)
    await ws.pull()
    ws.map(None, Kind.PRODUCTS, [(left, shop.market.app.truth["product_pairs"][left]) for left in MAPPED])
    ws.ignore(None, Kind.FEES, ["cancellation-fee"], "not charged here")
    await ws.close()


# ---------------------------------------------------------------------------------------------- jobs
@dataclass(frozen=True)
class Job:
    """One thing an admin wants done: how to start it in this process and on the command line, and what it is known by."""

    name: str
    purpose: Purpose
    command: tuple[str, ...]
    rows: tuple[str, ...] | None = None
    template: str = ""
    new: str = NEW_PRODUCT

    async def start(self, ws: Workspace) -> None:
        """From nothing to a run. Raises whatever keeps it from that."""
        if self.name == "product":
            drafts, problems = ws.draft_products(None, [self.new])
            assert not problems, problems
            await ws.add_products(None, drafts)
        elif self.name == "customer":
            await ws.import_customers(None, [NEW_CUSTOMER])
        else:
            plan = await ws.plan(None, kinds=[Kind.PRODUCTS], ids=self.rows)
            await ws.sync(plan, allow=[hit.guard for hit in plan.guards])

    def step(self, ws: Workspace) -> tuple[str, str]:
        """What is to be done next: ``("start" | "resume" | "over", run)``."""
        runs = [run for run in ws.runs() if run.purpose is self.purpose]
        if not runs:
            return "start", ""
        if runs[0].state is not RunState.DONE and runs[0].totals.not_sent:
            return "resume", runs[0].id
        return "over", runs[0].id


ALLOW = ("--allow", "everything-changed", "--allow", "change-percent", "--allow", "below-cost")
JOBS = {
    job.name: job
    for job in (
        Job("sync", Purpose.SYNC, ("sync", "--all", "--yes", *ALLOW)),
        Job("one row", Purpose.SYNC, ("sync", "--ids", MAPPED[0], "--yes", *ALLOW), MAPPED[:1]),
        Job("product", Purpose.CREATE, ("add", "products", NEW_PRODUCT, "--yes")),
        Job("customer", Purpose.CREATE, ("import", "customers", NEW_CUSTOMER, "--yes")),
    )
}


async def live(shop: Bench, path: Path, job: Job) -> list[str]:
    """The program fails and is started again, until the job is over; the errors an admin saw. Raises if it never ends."""
    seen: list[str] = []
    for _ in range(LIVES):
        ws = shop.open(path)
        try:
            await ws.recover()
            what, run_id = job.step(ws)
            if what == "over" and not open_intents(ws):
                return seen
            if what == "start":
                await job.start(ws)
            elif what == "resume":
                await ws.resume(run_id)
        except CrosswalkError as error:
            seen.append(f"{type(error).__name__}: {error}")
            shop.well_again()
        finally:
            await ws.close()
        if shop.hurt():
            shop.well_again()
    raise AssertionError(f"never ended: {seen}")


def open_intents(ws: Workspace) -> list[Any]:
    return list(ws.store.table("intents").all())
