"""A host for one dialog, panel or screen at a time, over a fake bridge; and goldens that are plain text."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.signal import Signal
from textual.widget import Widget

from engine.changes import Change, Outcome, Plan, Purpose, Run, RunState, Totals
from engine.integrations import Integration
from engine.model import Field, Kind, Side, Status
from engine.ports import Budget, Result
from engine.settings import IntegrationSettings
from engine.views import ConnectionView, Row
from tests import waiting

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = "[/bar] [red]x[/] [@click=app.quit]q[/] \x1b[31m\u202eRTL 漢字 e\u0301 \U0001f600"


class Bridge:
    """Runs verbs at once in the test's own loop; ``gate`` (when set) holds them back until it is opened."""

    def __init__(self, workspace: Any) -> None:
        self.workspace = workspace
        self.gate: asyncio.Event | None = None
        self.stopping = False
        self.calls = 0

    async def call(self, fn: Callable[..., Any], *args: Any) -> Any:
        self.calls += 1
        if self.gate is not None:
            await self.gate.wait()
        result = fn(self.workspace, *args)
        return await result if inspect.isawaitable(result) else result


class Host(App[None]):
    """The smallest console: a bridge, the name of the current integration, and one widget."""

    CSS = "Screen { layout: vertical; }"

    def __init__(self, workspace: Any = None, widget: Callable[[], Widget] | None = None) -> None:
        super().__init__()
        self.bridge = Bridge(workspace)
        self.integration = "acme"
        self.updates: Signal[Any] = Signal(self, "updates")
        self.make = widget
        self.result: Any = None
        self.finished = asyncio.Event()

    def compose(self) -> ComposeResult:
        if self.make is not None:
            yield self.make()

    def report(self, error: BaseException, title: str) -> None:
        """What no page explains itself ends the test."""
        raise AssertionError(f"{title}: {error!r}") from error

    def tell(self, **update: Any) -> None:
        """What the engine would say over the real bridge."""
        from tui.slot import Update

        self.updates.publish(Update(**update))

    def open(self, screen: Screen[Any]) -> None:
        """Show a dialog; what it returns is in ``result`` once ``finished`` is set."""

        def ended(result: Any) -> None:
            self.result = result
            self.finished.set()

        self.finished.clear()
        self.push_screen(screen, ended)


@pytest.fixture
def host() -> type[Host]:
    return Host


@pytest.fixture
def hostile() -> str:
    return HOSTILE


@pytest.fixture
def painted() -> Callable[[App[Any]], str]:
    return waiting.painted


@pytest.fixture
def golden() -> Callable[[str, App[Any]], None]:
    """Compare the screen with ``golden/NAME.txt``; ``CROSSWALK_GOLDEN=write`` writes it instead."""

    def compare(name: str, app: App[Any]) -> None:
        path = GOLDEN / f"{name}.txt"
        text = waiting.painted(app)
        if os.environ.get("CROSSWALK_GOLDEN") == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def eventually() -> Callable[..., Any]:
    return waiting.eventually


# ------------------------------------------------------------------------------------------------ a fake workspace
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def a_change(id: str = "p1", name: str = "Backup 1 TB", field: str = "price", **more: Any) -> Change:
    values: dict[str, Any] = {
        "kind": Kind.PRODUCTS,
        "storefront_id": id,
        "backoffice_id": f"b-{id}",
        "name": name,
        "field": Field(field),
        "target": Side.BACKOFFICE,
        "before": "10",
        "after": "12.5",
        "source": "12.5",
        "reason": "storefront moved 10 -> 12.5",
        "status": Status.OUT_OF_SYNC,
        "currency": "USD",
        "margin_percent": "20.0",
    }
    return Change(**{**values, **more})


def a_plan(*changes: Change, **more: Any) -> Plan:
    values: dict[str, Any] = {
        "id": "plan-1",
        "integration": "acme",
        "purpose": Purpose.SYNC,
        "at": AT,
        "actor": "ada",
        "lineage": "w",
        "fingerprint": "f",
        "changes": changes,
        "unchanged_rows": 7,
        "calls": {"syncro": 40},
        "eta_seconds": 16.0,
    }
    return Plan(**{**values, **more})


def a_run(id: str = "r1", state: str = "done", **more: Any) -> Run:
    values: dict[str, Any] = {
        "id": id,
        "integration": "acme",
        "purpose": Purpose.SYNC,
        "state": RunState(state),
        "started": AT,
        "ended": None if state == "running" else AT,
        "actor": "ada",
        "plan": "plan-1",
        "totals": Totals(planned=1, applied=1),
    }
    return Run(**{**values, **more})


def an_outcome(id: str = "p1", result: str = "applied", run: str = "r1", **more: Any) -> Outcome:
    values: dict[str, Any] = {
        "run": run,
        "kind": Kind.PRODUCTS,
        "storefront_id": id,
        "backoffice_id": f"b-{id}",
        "name": f"Product {id}",
        "field": Field.PRICE,
        "target": Side.BACKOFFICE,
        "result": Result(result),
        "before": "10",
        "after": "12.5",
        "at": AT,
    }
    return Outcome(**{**values, **more})


def a_row(id: str, status: str = "Out of sync", side: Side = Side.STOREFRONT) -> Row:
    name = f"Product {id}"
    return Row(id, side, name, id, f"B {name}", f"b-{id}", "", Status(status), "", name.casefold())


class FakeWorkspace:
    """The verbs that panels and screens use; what they ask is in ``asked``, what they get is set by the test."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.next_plan = a_plan(a_change())
        self.next_run = a_run()
        self.all_runs: list[Run] = []
        self.all_outcomes: list[Outcome] = [an_outcome()]
        self.errors: dict[str, Exception] = {}
        self.gate: asyncio.Event | None = None
        self.settings = IntegrationSettings()
        self.views: list[ConnectionView] = [a_view("market"), a_view("syncro")]

    def _take(self, verb: str, *what: Any) -> None:
        self.asked.append((verb, *what))
        if verb in self.errors:
            raise self.errors[verb]

    def asked_for(self, verb: str) -> list[tuple[Any, ...]]:
        return [what for what in self.asked if what[0] == verb]

    async def plan(self, integration, *, kinds, fields, ids=None, overwrite=None):
        self._take("plan", tuple(kinds), tuple(fields), ids, overwrite)
        return self.next_plan

    async def sync(self, plan, *, allow=()):
        self._take("sync", plan.id, tuple(allow))
        if self.gate is not None:
            await self.gate.wait()
        self.all_runs = [self.next_run]
        return self.next_run

    async def resume(self, run_id):
        self._take("resume", run_id)
        self.all_runs = [self.next_run]
        return self.next_run

    async def plan_undo(self, run_id):
        self._take("plan_undo", run_id)
        return self.next_plan

    def cancel(self, run_id):
        self._take("cancel", run_id)

    def runs(self, integration=None, limit=50):
        return self.all_runs[:limit]

    def run(self, run_id):
        self._take("run", run_id)
        return next((run for run in self.all_runs if run.id == run_id), self.next_run)

    def outcomes(self, run_id):
        return self.all_outcomes

    def connections(self):
        return self.views

    def connection_types(self):
        return []

    def integration(self, name=None):
        return Integration(name or "acme", "market", "syncro", self.settings)

    def integrations(self):
        return [self.integration()]

    def resolve(self, integration, kind, id, field, *, keep=None, value=None):
        self._take("resolve", kind, id, field, keep, value)

    def unignore(self, integration, kind, ids):
        self._take("unignore", kind, tuple(ids))


def a_view(name: str, state: str = "ok", **more: Any) -> ConnectionView:
    values: dict[str, Any] = {
        "name": name,
        "type": name,
        "title": name.title(),
        "options": {"base_url": f"https://{name}.example"},
        "state": state,
        "message": "",
        "checked_at": AT,
        "budget": Budget(limit=150, used=3, requests=40),
    }
    return ConnectionView(**{**values, **more})


class Make:
    """Builders of engine values for tests, each with sensible defaults."""

    at = AT
    change = staticmethod(a_change)
    plan = staticmethod(a_plan)
    run = staticmethod(a_run)
    outcome = staticmethod(an_outcome)
    row = staticmethod(a_row)
    view = staticmethod(a_view)


@pytest.fixture
def make() -> type[Make]:
    return Make


@pytest.fixture
def workspace() -> FakeWorkspace:
    return FakeWorkspace()


# ------------------------------------------------------------------------------------------------ a real workspace
SHOP = """id,name,mpn,price,cost,currency
p1,Backup 1 TB,BK-1,12.50,8,USD
p2,Seat Basic,ST-1,3.20,2,USD
p3,Firewall WX-240,WX-240,480,350,USD
p4,Mailbox 50 GB,MB-50,4,2,USD
"""
ERP = """id,name,sku,price,cost,currency
b1,Backup one TB,BK-1,10,8,USD
b2,Seat basic,ST-1,3.20,2,USD
b3,Firewall WX-240,WX-240,500,350,USD
"""
ERP_CUSTOMERS = """id,name,email,phone,first_name,last_name,street,city,postal_code,country
k2,Northwind,hello@northwind.example,1,Ann,Bee,Main St 1,Town,12345,US
k3,Tailspin,,,,,,,,
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A directory with a shop's and a back office's files."""
    for name, text in (("shop", SHOP), ("erp", ERP), ("erpc", ERP_CUSTOMERS)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "shopc.csv").write_text("id,name,email\nc1,Contoso Ltd,info@contoso.example\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
async def real(files: Path) -> AsyncIterator[Any]:
    """A new workspace over files; nothing is set up in it."""
    from connectors.registry import EntryPointRegistry
    from engine.workspace import Workspace

    workspace = Workspace.open(files / "workspace", EntryPointRegistry(), actor="ada")
    try:
        yield workspace
    finally:
        await workspace.close()


@pytest.fixture
async def connected(real: Any, files: Path) -> Any:
    """The workspace with both connections, one integration, and everything read."""
    real.add_connection(
        "shop",
        "files",
        {"products.path": str(files / "shop.csv"), "customers.path": str(files / "shopc.csv"), "writable": "true"},
    )
    real.add_connection(
        "erp",
        "files",
        {"products.path": str(files / "erp.csv"), "customers.path": str(files / "erpc.csv"), "writable": "true"},
    )
    real.add_integration("acme", "shop", "erp", {"fields": "price,cost,sku"})
    await real.pull("acme")
    return real


class Real:
    """The real console over a real workspace, in its own engine thread: press keys, wait for words on the screen."""

    def __init__(self, console: Any, pilot: Any, heard: waiting.Heard) -> None:
        self.console, self.pilot, self.heard = console, pilot, heard

    @property
    def text(self) -> str:
        return waiting.painted(self.console)

    async def until(self, condition: Callable[[], Any]) -> None:
        await waiting.eventually(self.pilot, condition)

    async def sees(self, *words: str) -> None:
        """Wait until all these words are on the screen."""
        await self.until(lambda: all(word in self.text for word in words))

    async def press(self, *keys: str, sees: str = "", at: str = "") -> None:
        """Press keys, then wait for what they bring: words that are not there yet, or the screen of this class."""
        before = self.text if sees else ""
        assert not sees or sees not in before, f"{sees!r} is there before {keys} are pressed:\n{before}"
        await self.pilot.press(*keys)
        await self.pilot.pause()
        if at:
            await self.until(lambda: type(self.console.screen).__name__ == at)
        if sees:
            await self.sees(sees)

    async def ask(self, verb: Callable[[Any], Any]) -> Any:
        """Run something in the engine's thread."""
        return await self.console.bridge.call(verb)


@pytest.fixture
def console_over() -> Callable[..., Any]:
    """``async with console_over(open, tab=..., size=...) as it``: a console over a workspace that ``open`` opens."""

    @asynccontextmanager
    async def start(open: Callable[[], Any], tab: str, size: tuple[int, int]) -> AsyncIterator[Real]:
        from tui.app import Console

        console = Console(open, first_tab=tab, poll=0.05)
        try:
            heard = waiting.Heard()
            async with console.run_test(size=size, notifications=True, message_hook=heard) as pilot:
                it = Real(console, pilot, heard)
                await it.until(lambda: len(console.live.snapshots) == 3)
                yield it
        finally:
            assert await asyncio.to_thread(console.bridge.close, waiting.DEADLINE)

    return start


@pytest.fixture
def real_console(connected: Any, files: Path, console_over: Any) -> Callable[..., Any]:
    """``async with real_console(tab=..., size=...) as it``: three products mapped, everything read."""

    @asynccontextmanager
    async def start(
        tab: str = "products", size: tuple[int, int] = (80, 24), mapped: bool = True
    ) -> AsyncIterator[Real]:
        from connectors.registry import EntryPointRegistry
        from engine.workspace import Workspace

        if mapped:
            connected.map("acme", Kind.PRODUCTS, [("p1", "b1"), ("p2", "b2"), ("p3", "b3")])
        await connected.suggest("acme", Kind.PRODUCTS)
        path = connected.path
        async with console_over(lambda: Workspace.open(path, EntryPointRegistry(), actor="ada"), tab, size) as it:
            yield it

    return start


@pytest.fixture
async def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """A workspace between a store of 40 items and its CRM, everything read; and the CRM's simulator."""
    from connectors.sandbox.launcher import describe
    from connectors.sandbox.server import serve_in_thread
    from connectors.sandbox.systems import make as make_systems
    from connectors.sandbox.world import World
    from tui import compose
    from tui.demo.ultracart_salesforce import ULTRACART_SALESFORCE

    boxes = make_systems(["ultracart", "salesforce"], World.make(seed=3, customers=4, products=40), rate=0)
    with ExitStack() as running:
        served = {name: running.enter_context(serve_in_thread(box)) for name, box in boxes.items()}
        for one in served.values():
            for name, secret in describe(one)["env"].items():
                monkeypatch.setenv(name, secret)
        settings = {**ULTRACART_SALESFORCE.settings, "guards.max_percent_of_catalogue": "100"}
        ws = compose.open_workspace(tmp_path / "ws", actor="ada")
        for name, one in served.items():
            ws.add_connection(name, name, describe(one)["options"])
        ws.add_integration("acme", "ultracart", "salesforce", settings)
        await ws.pull("acme")
        try:
            yield ws, boxes["salesforce"]
        finally:
            await ws.close()
