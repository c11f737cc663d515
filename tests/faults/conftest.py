"""A small shop over real HTTP, the life of a program that fails and is started again, and what must hold afterwards.

The systems themselves are the judges: their tables and their request logs are compared with what the runs say.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import stamina

from connectors.registry import EntryPointRegistry
from connectors.sandbox.log import LogEntry
from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.systems import make
from connectors.sandbox.world import World
from connectors.secrets import resolve
from engine import run_log
from engine.changes import Change, Outcome, Purpose, Run, RunState, Totals
from engine.clock import SystemClock
from engine.errors import CrosswalkError
from engine.model import Field, Kind, Side
from engine.workspace import Workspace
from tui.demo.proof import carried_out, differences
from tui.demo.profiles import MARKETPLACE_SYNCRO

ROOT = Path(__file__).parents[2]
STARTER = Path(__file__).parent / "children" / "starter.py"
MAPPED = ("310001", "310003", "310005", "310007")
NEW_PRODUCT, NEW_CUSTOMER = "310009", "21400"
COLUMNS = {"price_retail": Field.PRICE, "price_cost": Field.COST, "upc_code": Field.SKU}
SECRETS = (("market", ("password", "subscription_key")), ("psa", ("token",)))
REGISTRY = EntryPointRegistry()
LIVES = 8
REFUSED = {429, 401, 403}
#: What can make a system not hold what it said it holds, or not show it.
DOUBTFUL = {"no_store", "stale_read", "short_page"}


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
class Shop:
    """Both systems, a prepared workspace to copy, and the tables before anything was written."""

    market: Any
    psa: Any
    template: Path
    before: dict[str, Tables] = field(default_factory=dict)

    def reset(self) -> None:
        """Both systems as seeded, without faults and log; sessions are kept, so that requests count the same."""
        for box in (self.market.app, self.psa.app):
            box.state.reset()
            box.faults.clear()
            box.log.clear()
            box.permissions = set(box.all_permissions)
            box.release()
        self.market.app.forget_sessions()

    def well_again(self) -> None:
        """The fault has passed: what an admin or the vendor does about it."""
        for box in (self.market.app, self.psa.app):
            box.faults.clear()
            box.permissions = set(box.all_permissions)
            box.release()

    def workspace(self, directory: Path) -> Path:
        """A fresh copy of the prepared workspace."""
        path = directory / "workspace"
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self.template, path)
        return path

    def open(self, path: Path) -> Workspace:
        return Workspace.open(path, REGISTRY, actor="tester", secret=resolve, clock=QuickClock())

    def log(self, name: str) -> list[LogEntry]:
        found: list[LogEntry] = getattr(self, name).requests
        return found

    def wanted(self, id: str, column: str) -> Any:
        """What the back office must hold of a mapped product in the end."""
        left = next(left for left in MAPPED if self.market.app.truth["product_pairs"][left] == id)
        row = self.market.state.tables["products"][left]
        if column == "upc_code":
            return row["mpn"]
        return float(row["prices" if column == "price_retail" else "costs"][0]["amount"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Iterator[Shop]:
    boxes = make(["marketplace", "syncro"], small_world(), rate=0)
    with (
        pytest.MonkeyPatch.context() as patch,
        serve_in_thread(boxes["marketplace"]) as market,
        serve_in_thread(boxes["syncro"]) as psa,
    ):
        # A 429 is waited for without costing the tests its seconds; the waiting itself is tested with the client.
        patch.setattr("connectors.http.pace._LONGEST_PAUSE", 0.01)
        made = Shop(market, psa, tmp_path_factory.mktemp("template") / "workspace")
        options = {}
        for name, secrets in SECRETS:
            served = getattr(made, name)
            for secret in secrets:
                patch.setenv(f"FAULTS_{name}_{secret}".upper(), served.credentials[secret])
            references = {secret: "env:" + f"FAULTS_{name}_{secret}".upper() for secret in secrets}
            options[name] = {**served.options, **references, "rate_per_minute": "600000", "backoff_seconds": "0.01"}
            options[name]["timeout_seconds"] = "0.75"  # what a request that is never answered costs a test
        options["market"]["page_size"] = "2"
        asyncio.run(_prepare(made, options))
        shutil.rmtree(made.template / "tokens", ignore_errors=True)
        shutil.rmtree(made.template / "locks", ignore_errors=True)
        made.before = {name: dict(getattr(made, name).state.tables) for name, _ in SECRETS}
        with stamina.set_testing(True, attempts=10, cap=True):
            yield made


async def _prepare(shop: Shop, options: dict[str, dict[str, str]]) -> None:
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

    async def start(self, ws: Workspace) -> None:
        """From nothing to a run. Raises whatever keeps it from that."""
        if self.name == "product":
            drafts, problems = ws.draft_products(None, [NEW_PRODUCT])
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


async def live(shop: Shop, path: Path, job: Job) -> list[str]:
    """The program fails and is started again, until the job is over; the errors an admin saw. Raises if it never ends."""
    seen: list[str] = []
    for _ in range(LIVES):
        ws = shop.open(path)
        try:
            await ws.recover()
            what, run_id = job.step(ws)
            if what == "over" and not _open_intents(ws):
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
        if any(shop_box.permissions != shop_box.all_permissions for shop_box in (shop.market.app, shop.psa.app)):
            shop.well_again()
    raise AssertionError(f"never ended: {seen}")


def _open_intents(ws: Workspace) -> list[Any]:
    return list(ws.store.table("intents").all())


# ---------------------------------------------------------------------------------------------- what must hold
async def problems(shop: Shop, path: Path, job: Job, fault: str = "") -> list[str]:
    """Everything that is not as it must be, in words: right after the job, and after one more sync has put it right."""
    found: list[str] = []
    ws = shop.open(path)
    try:
        found += _bookkeeping(ws)
        if job.purpose is Purpose.CREATE:
            found += _created(shop, ws, job, fault)
        else:
            found += _written(shop, ws, fault)
            found += _sent_twice(shop)
            found += await _put_right(shop, ws, job)
            found += _bookkeeping(ws)
    except CrosswalkError as error:
        found.append(f"could not be put right: {type(error).__name__}: {error}")
    finally:
        await ws.close()
    return found


def _bookkeeping(ws: Workspace) -> Iterator[str]:
    """The workspace by itself: every run over, one outcome per row and field, totals counted, history kept."""
    if intents := _open_intents(ws):
        yield f"{len(intents)} intents left open"
    if beats := ws.store.table("heartbeats").all():
        yield f"{len(beats)} heartbeats of runs that are over"
    for run in ws.runs():
        outcomes = ws.outcomes(run.id)
        if run.state is RunState.RUNNING:
            yield f"run {run.id} is still running"
        if len({(o.kind, o.storefront_id, o.field, o.target) for o in outcomes}) != len(outcomes):
            yield "an outcome twice"
        counted = Totals.of(run.totals.planned, (outcome.result for outcome in outcomes))
        if counted != run.totals or not run.totals.adds_up or len(outcomes) != run.totals.planned:
            yield f"totals {run.totals}, counted {counted} of {len(outcomes)}"
        entries = Counter(
            (entry.storefront_id, entry.field) for entry in ws.history(run=run.id) if entry.outcome == "applied"
        )
        applied = Counter((o.storefront_id, o.field) for o in outcomes if o.result == "applied")
        if entries != applied:
            yield f"the history has applied {dict(entries)}, the outcomes {dict(applied)}"


def _written(shop: Shop, ws: Workspace, fault: str) -> Iterator[str]:
    """The back office holds what it held and what the outcomes say was applied; its log has each of those writes once."""
    changes = {}
    results: dict[tuple[str, Field | None], list[Outcome]] = {}
    for run in ws.runs():
        for change in run_log.plan(ws.store, run.id).sending:
            changes[change.backoffice_id, change.field] = change
        for outcome in ws.outcomes(run.id):
            results.setdefault((outcome.backoffice_id, outcome.field), []).append(outcome)
    applied: list[Change] = []
    unsure: set[tuple[str, Field | None]] = set()
    for key, outcomes in results.items():
        kinds = {outcome.result.value for outcome in outcomes}
        if "unverified" in kinds:
            unsure.add(key)
            if fault not in DOUBTFUL:
                yield f"{key} is unverified: {[o.message for o in outcomes]}"
        elif kinds & {"applied", "unchanged"}:
            applied.append(changes[key])
        if kinds == {"unchanged"}:
            yield f"{key} is called unchanged, although only we write here"
    profile = MARKETPLACE_SYNCRO
    expected = carried_out(shop.before["psa"], "products", applied, profile.written)
    for mismatch in differences("psa", expected, shop.psa.state.tables):
        if (mismatch.id, COLUMNS.get(mismatch.column)) not in unsure:
            yield f"{mismatch}"
    for mismatch in differences("market", shop.before["market"], shop.market.state.tables):
        yield f"{mismatch}"
    logged = _writes_in_log(shop)
    wanted = {(change.backoffice_id, change.field) for change in applied}
    if not wanted <= logged.keys() <= wanted | unsure or set(logged.values()) - {1}:
        yield f"the log has written {dict(logged)}, the runs say {wanted}, unsure {unsure}"


def _writes_in_log(shop: Shop) -> Counter[tuple[str, Field]]:
    """How often each column of each product was changed, from the requests that changed anything."""
    found: Counter[tuple[str, Field]] = Counter()
    holds = {id: dict(row) for id, row in shop.before["psa"]["products"].items()}
    for entry in shop.log("psa"):
        for touched in entry.touched if entry.method == "PUT" else ():
            row = holds[touched.partition("/")[2]]
            for column, name in COLUMNS.items():
                if column in entry.body and entry.body[column] != row[column]:
                    row[column] = entry.body[column]
                    found[str(row["id"]), name] += 1
    return found


def _sent_twice(shop: Shop) -> Iterator[str]:
    """A write may go out again only after the record was read again, and only as the same absolute values."""
    last: dict[str, tuple[Any, bool]] = {}
    for entry in shop.log("psa"):
        id = entry.path.rpartition("/")[2]
        if entry.method == "GET" and entry.path.startswith("/products"):
            for known in (id,) if id in last else tuple(last) if entry.path == "/products" else ():
                last[known] = (last[known][0], True)
        elif entry.method == "PUT":
            values = {column: entry.body.get(column) for column in COLUMNS}
            if id in last and last[id] != (values, True):
                yield f"PUT {id} again, read between: {last[id][1]}, before {last[id][0]}, now {values}"
            last[id] = (values, entry.status in REFUSED)
        elif entry.method != "GET":
            yield f"{entry.method} {entry.path} in a sync"


def _created(shop: Shop, ws: Workspace, job: Job, fault: str) -> Iterator[str]:
    """Made at most once, mapped if and only if it is known to be made, and nothing else touched."""
    name, table, source = ("psa", "products", NEW_PRODUCT) if job.name == "product" else ("market", "customers", NEW_CUSTOMER)
    now, before = getattr(shop, name).state.tables[table], shop.before[name][table]
    made = sorted(now.keys() - before.keys())
    posts = [e for e in shop.log(name) if e.method == "POST" and e.path == f"/{table}" and e.status not in REFUSED]
    if len(made) > 1:
        yield f"DUPLICATE: {made}"
    if len(posts) > 1:
        yield f"sent {len(posts)} times: {posts}"
    untouched = {id: row for id, row in now.items() if id in before}
    yield from (str(m) for m in differences(name, {table: before}, {table: untouched}))
    mine, other = ("storefront_id", "backoffice_id") if job.name == "product" else ("backoffice_id", "storefront_id")
    kind = Kind.PRODUCTS if job.name == "product" else Kind.CUSTOMERS
    mapped = [doc[other] for doc in ws.store.table("mappings").all() if doc["kind"] == kind and doc[mine] == source]
    outcomes = [o for run in ws.runs() if run.purpose is Purpose.CREATE for o in ws.outcomes(run.id)]
    results = [outcome.result.value for outcome in outcomes]
    if (results.count("applied") == 1) != bool(mapped) or (mapped and mapped != made):
        yield f"outcomes {results}, made {made}, mapped {mapped}"
    if made and "applied" not in results and "unverified" not in results:
        yield f"made {made} and nobody knows: {results}"
    if not made and "applied" in results:
        yield "called applied and not made"
    if made and "applied" not in results and fault not in DOUBTFUL:
        yield f"made {made} and not found again: {[o.message for o in outcomes]}"


async def _put_right(shop: Shop, ws: Workspace, job: Job) -> list[str]:
    """With no fault left, one more plan and sync bring every chosen field to its after-value, and then none is left."""
    plan = await ws.plan(None, kinds=[Kind.PRODUCTS], ids=job.rows)
    found = [f"blocked for good: {c.storefront_id} {c.field} {c.blocked}" for c in plan.blocked]
    if plan.sending:
        run = await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
        if run.totals.applied + run.totals.unchanged != len(plan.sending):
            found.append(f"the sync that puts it right ended {run}")
    chosen = [shop.market.app.truth["product_pairs"][left] for left in job.rows or MAPPED]
    for id in chosen:
        row = shop.psa.state.tables["products"][id]
        found += [
            f"{id} {column} is {row[column]}, not {shop.wanted(id, column)}"
            for column in COLUMNS
            if row[column] != shop.wanted(id, column)
        ]
    left = (await ws.plan(None, kinds=[Kind.PRODUCTS], ids=job.rows)).sending
    return [*found, *(f"left to sync: {change}" for change in left)]


# ---------------------------------------------------------------------------------------------- scenarios
class Lab:
    """Plays one job in a fresh shop and looks at what it left."""

    def __init__(self, shop: Shop, directory: Path, request: pytest.FixtureRequest) -> None:
        self.shop, self._directory, self._request = shop, directory, request
        self._clean: dict[str, dict[str, int]] = {}

    async def requests(self, job: str) -> dict[str, int]:
        """How many requests of each system the job takes when nothing goes wrong."""
        if job not in self._clean:
            self.shop.reset()
            path = self.shop.workspace(self._directory)
            await live(self.shop, path, JOBS[job])
            self._clean[job] = {name: len(self.shop.log(name)) for name, _ in SECRETS}
            assert await problems(self.shop, path, JOBS[job]) == []
        return self._clean[job]

    async def run(self, job: str, strikes: Sequence[tuple[str, str, int]]) -> tuple[bool, list[str]]:
        """The job with faults ``(system, kind, request number)``; whether all struck, and what is wrong afterwards."""
        self.shop.reset()
        faults = [getattr(self.shop, system).app.faults.add(kind, at=at) for system, kind, at in strikes]
        path = self.shop.workspace(self._directory)
        try:
            seen = await live(self.shop, path, JOBS[job])
        except AssertionError as error:
            return True, [str(error)]
        self.shop.well_again()
        found = await problems(self.shop, path, JOBS[job], strikes[0][1] if strikes else "")
        return all(fault.struck for fault in faults), [*found, *(seen if found else ())]


    # ------------------------------------------------------------------------------------ real processes
    def commits(self, job: str) -> int:
        """How often the command commits when nothing goes wrong."""
        self.shop.reset()
        path = self.shop.workspace(self._directory)
        ended = self.starter.run(path, *JOBS[job].command)
        assert ended.code == 0, ended.said
        assert asyncio.run(problems(self.shop, path, JOBS[job])) == []
        return ended.commits

    def killed(
        self, job: str, *, kill: dict[str, Any] | None = None, strike: tuple[str, str, int] | None = None
    ) -> tuple[int, list[str]]:
        """The job's command, killed at a commit or a request, then commands until it is over: exit code, what is wrong."""
        self.shop.reset()
        path = self.shop.workspace(self._directory)
        if strike:
            system, kind, at = strike
            getattr(self.shop, system).app.faults.add(kind, at=at)
        first = self.starter.run(path, *JOBS[job].command, kill=kill)
        try:
            lives = live_in_processes(self.shop, self.starter, path, JOBS[job])
        except AssertionError as error:
            return first.code, [str(error)]
        found = asyncio.run(problems(self.shop, path, JOBS[job]))
        return first.code, [*found, *(f"{life.code}: {life.said}" for life in lives if found)]

    def problems(self, path: Path, job: str) -> list[str]:
        """All that is wrong with a workspace and the systems after a job."""
        return asyncio.run(problems(self.shop, path, JOBS[job]))

    def go_on(self, path: Path, job: str) -> None:
        """Commands, as an admin would give them, until the job is over."""
        live_in_processes(self.shop, self.starter, path, JOBS[job])

    def fresh(self) -> Path:
        """Both systems as seeded and a fresh workspace."""
        self.shop.reset()
        return self.shop.workspace(self._directory)

    @property
    def starter(self) -> Starter:
        started: Starter = self._request.getfixturevalue("starter")
        return started


@pytest.fixture
def lab(shop, tmp_path, request) -> Lab:
    return Lab(shop, tmp_path, request)


# ---------------------------------------------------------------------------------------------- real processes
@dataclass(frozen=True)
class Ended:
    """A process that is over: its exit code (-9: killed), all it said, and how often it committed."""

    code: int
    said: str
    commits: int


class Starter:
    """Starts the real command line in processes of their own (see ``children/starter.py``)."""

    def __init__(self, child: subprocess.Popen[str], directory: Path) -> None:
        self._child, self._directory = child, directory

    def start(self, path: Path, *argv: str, **order: Any) -> int:
        """Start one and return its process id; ``wait`` must follow."""
        line = {"argv": ["--workspace", str(path), *argv], "out": str(self._directory / "out"), **order}
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps({**line, "count": str(self._directory / "count")}) + "\n")
        self._child.stdin.flush()
        return int(self._answer()["pid"])

    def wait(self) -> Ended:
        code = int(self._answer()["code"])
        count = self._directory / "count"
        return Ended(code, (self._directory / "out").read_text(), int(count.read_text()) if count.exists() else 0)

    def said(self) -> str:
        """What the running process has said so far."""
        return (self._directory / "out").read_text()

    def run(self, path: Path, *argv: str, **order: Any) -> Ended:
        self.start(path, *argv, **order)
        return self.wait()

    def _answer(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        answer: dict[str, Any] = json.loads(self._child.stdout.readline())
        return answer


@contextmanager
def starting(directory: Path) -> Iterator[Starter]:
    child = subprocess.Popen(
        [sys.executable, str(STARTER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with child:
        yield Starter(child, directory)
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(20) == 0


@pytest.fixture(scope="module")
def starter(shop, tmp_path_factory) -> Iterator[Starter]:
    """After ``shop``: the process inherits the secrets from this one's environment."""
    with starting(tmp_path_factory.mktemp("first")) as made:
        yield made


@pytest.fixture(scope="module")
def second(shop, tmp_path_factory) -> Iterator[Starter]:
    """For a process beside the one that ``starter`` runs."""
    with starting(tmp_path_factory.mktemp("second")) as made:
        yield made


def live_in_processes(shop: Shop, starter: Starter, path: Path, job: Job) -> list[Ended]:
    """As ``live``, but every life is a process of its own and every step a command."""
    lives: list[Ended] = []
    for _ in range(LIVES):
        ws = shop.open(path)
        what, run_id = job.step(ws)
        unsettled = _open_intents(ws) or any(run.state is RunState.RUNNING for run in ws.runs())
        asyncio.run(ws.close())
        if what == "over" and not unsettled:
            return lives
        # any command settles what is left open before it does its own work
        command = job.command if what == "start" else ("resume", run_id) if what == "resume" else ("pull",)
        if unsettled:
            command = ("pull",)
        lives.append(starter.run(path, *command))
    raise AssertionError(f"never ended: {lives}")


# ---------------------------------------------------------------------------------------------- counting
class Matrix:
    """Scenarios of one test, by class, and the bad ones; the whole suite's count is in the terminal's summary."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.bad: dict[str, list[str]] = {}

    def add(self, name: str, scenario: str, found: Sequence[str]) -> None:
        self.count[name] += 1
        if found:
            self.bad[f"{name}: {scenario}"] = list(found)


@pytest.fixture
def matrix(record_property) -> Iterator[Matrix]:
    """Printed, told to the summary, and held to be without a bad scenario when the test is over."""
    made = Matrix()
    yield made
    record_property("fault matrix", {"count": dict(made.count), "bad": len(made.bad)})
    print(f"\nfault matrix: {made.count.total()} scenarios, {len(made.bad)} bad: {dict(made.count)}")
    assert made.count
    assert made.bad == {}
