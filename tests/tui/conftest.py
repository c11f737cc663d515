"""A fake workspace with rows of every status, a console over it, and goldens that are plain text.

Nothing here sleeps: tests wait until the app and the engine's thread have nothing left to do.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.clock import SystemClock
from engine.errors import UsageError
from engine.events import Events, RowsChanged
from engine.integrations import Integration
from engine.model import Customer, Fee, Field, Kind, Side, Status
from engine.monitor import Pulse
from engine.ports import Budget
from engine.schema import SchemaState
from engine.settings import IntegrationSettings
from engine.views import (
    Alarm,
    Choice,
    ConnectionView,
    CustomerReadiness,
    Detail,
    Difference,
    Edit,
    FieldView,
    HistoryEntry,
    PullReport,
    Row,
    Snapshot,
    Suggestion,
)
from tests import waiting
from tui.app import Console
from tui.screens.tab import TabScreen

HOSTILE = "[/bar] [red]x[/] [@click=app.quit]q[/] \x1b[31m\u202eRTL 漢字 e\u0301 \U0001f600"
AT = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
STATUSES = (
    Status.UNMAPPED,
    Status.IN_SYNC,
    Status.OUT_OF_SYNC,
    Status.CONFLICT,
    Status.AMBIGUOUS,
    Status.IGNORED,
    Status.BASE,
    Status.BROKEN,
    Status.NEEDS_CHOICE,
    Status.FIRST_SYNC,
)


DIFFERS = {
    Status.OUT_OF_SYNC: (
        Difference(Field.PRICE, "12.00", "10.00", Side.BACKOFFICE, "+2.00 +20.0%", "the storefront moved", ""),
    ),
    Status.CONFLICT: (
        Difference(Field.PRICE, "12.00", "9.00", Side.BACKOFFICE, "+3.00 +33.3%", "both moved", "both sides moved"),
        Difference(Field.QUANTITY, "7", "5", Side.STOREFRONT, "-2", "the back office wins", ""),
    ),
}


def make_rows(kind: Kind, count: int, backoffice: int = 3) -> list[Row]:
    """Storefront rows that cycle through all statuses, then back-office rows that nothing is mapped to."""
    names = ("Backup Basic", "Firewall WX-240", "Mailbox 50 GB", "Endpoint seat", "Contoso Ltd")
    rows = []
    for n in range(count):
        status = STATUSES[n % len(STATUSES)]
        left, linked = (
            f"{names[n % len(names)]} {n:04}",
            status not in {Status.UNMAPPED, Status.AMBIGUOUS, Status.BASE, Status.IGNORED},
        )
        right = f"{names[n % len(names)].upper()} {n:04}" if linked else ""
        detail = {
            Status.OUT_OF_SYNC: "price 10.00 → 12.00 +20.0%",
            Status.UNMAPPED: f"0.93 {left.upper()} · same model",
            Status.AMBIGUOUS: "? two have the same SKU",
            Status.CONFLICT: "price 9.00 → 12.00 +33.3%",
        }.get(status, "")
        reason = {Status.IGNORED: "test data", Status.CONFLICT: "both sides moved", Status.BROKEN: "gone there"}.get(
            status, ""
        )
        rows.append(
            Row(
                f"S{n}",
                Side.STOREFRONT,
                left,
                f"S{n}",
                right,
                f"B{n}" if linked else "",
                detail,
                status,
                reason,
                f"{left} s{n}".casefold(),
                DIFFERS.get(status, ()),
            )
        )
    for n in range(backoffice):
        name = f"Only there {n}"
        rows.append(
            Row(f"X{n}", Side.BACKOFFICE, "", "", name, f"X{n}", "", Status.UNMAPPED, "", f"{name} x{n}".casefold())
        )
    return rows


class IdleScheduler:
    """No schedule is ever due."""

    async def run(self) -> None:
        await asyncio.Event().wait()


class NoSchedules:
    """No automatic sync, unless the test puts one into ``made``."""

    def __init__(self) -> None:
        self.made: list[Any] = []

    def all(self) -> list[Any]:
        return list(self.made)

    def alive(self) -> list[str]:
        return []


class StillMonitor:
    """Nothing runs by itself; ``now`` is what it tells instead."""

    def __init__(self) -> None:
        self.now = Pulse()

    def pulse(self, schedules: Any, runs: Any, connections: Any) -> Pulse:
        return self.now


class FakeWorkspace:
    """The verbs the list tabs use, over plain lists; ``calls`` records every verb with its arguments."""

    def __init__(self, rows: int = 40, *, integrations: tuple[str, ...] = ("acme",), hostile: bool = False) -> None:
        self.events = Events()
        self.calls: list[tuple[Any, ...]] = []
        self.rows: dict[Kind, list[Row]] = {
            Kind.CUSTOMERS: make_rows(Kind.CUSTOMERS, rows),
            Kind.PRODUCTS: make_rows(Kind.PRODUCTS, rows),
            Kind.FEES: make_rows(Kind.FEES, 4, 0),
        }
        if hostile:
            first = self.rows[Kind.PRODUCTS][0]
            self.rows[Kind.PRODUCTS][0] = first._replace(left=HOSTILE, detail=HOSTILE, search=HOSTILE.casefold())
        self.names = list(integrations)
        self.version = dict.fromkeys(Kind, 1)
        self.counters = {"mappings": 1}
        self.alarm_list: list[Alarm] = []
        self.run_list: list[Any] = []
        self.fail: dict[str, Exception] = {}
        self.closed = False
        self.nothing_suggested_yet = False
        self.thread = ""
        self.path = Path("/nonexistent")
        self.gate: asyncio.Event | None = None
        self.schedules, self.monitor, self.clock = NoSchedules(), StillMonitor(), SystemClock()

    def _called(self, name: str, *args: Any) -> None:
        self.thread = threading.current_thread().name
        self.calls.append((name, *args))
        if name in self.fail:
            raise self.fail[name]

    def verbs(self, *names: str) -> list[tuple[Any, ...]]:
        """The calls of these verbs, in order."""
        return [call for call in self.calls if call[0] in names]

    # life
    async def close(self) -> None:
        self.closed = True

    async def recover(self) -> list[Any]:
        self._called("recover")
        return []

    def scheduler(self, where: str = "") -> Any:
        return IdleScheduler()

    def changes(self) -> dict[str, int]:
        return dict(self.counters)

    # what the status line shows
    def integrations(self) -> list[Integration]:
        return [Integration(name, "market", "syncro", IntegrationSettings()) for name in self.names]

    def integration(self, name: str | None = None) -> Integration:
        return next(one for one in self.integrations() if one.name == (name or self.names[0]))

    def connections(self) -> list[ConnectionView]:
        return [
            ConnectionView("market", "marketplace", "Marketplace", {}, "ok", "", AT, Budget(limit=600, used=12)),
            ConnectionView("syncro", "syncro", "Syncro", {}, "ok", "", AT, Budget(limit=150, used=148)),
        ]

    def alarms(self, *, open_only: bool = True) -> list[Alarm]:
        return list(self.alarm_list)

    def runs(self, integration: str | None = None, limit: int = 50) -> list[Any]:
        return list(self.run_list)

    def cancel(self, run_id: str) -> None:
        self._called("cancel", run_id)

    def cancel_login(self, name: str = "") -> bool:
        self._called("cancel_login", name)
        return False

    # lists
    def snapshot(self, integration: str, kind: Kind) -> Snapshot:
        rows = tuple(self.rows[kind])
        counts = Counter(row.status for row in rows if row.side is Side.STOREFRONT)
        there = sum(row.side is Side.BACKOFFICE for row in rows)
        return Snapshot(integration, kind, self.version[kind], rows, dict(counts), there, AT, AT)

    def change(self, kind: Kind, id: str, **values: Any) -> None:
        """Another state of a row; the console is told."""
        self.rows[kind] = [row._replace(**values) if row.id == id else row for row in self.rows[kind]]
        self.touched(kind)

    def touched(self, kind: Kind) -> None:
        self.version[kind] += 1
        self.events.publish(RowsChanged(self.names[0], kind))

    def detail(self, integration: str, kind: Kind, row_id: str, side: Side = Side.STOREFRONT) -> Detail:
        self._called("detail", row_id)
        row = next(row for row in self.rows[kind] if row.id == row_id and row.side == side)
        field = FieldView(
            "price", "12.00 USD", "10.00 USD", "10.00 USD", "10.00 USD", row.status, row.reason, Side.STOREFRONT,
            keeps=("12.00 USD", "10.00 USD"),
        )  # fmt: skip
        entry = HistoryEntry(
            1, AT, "anna", "map", integration, kind, row_id, "B1", row.left, None, None, None, "", "by hand"
        )
        lines = (("name", row.left, row.right), ("sku", "WX-240", "WX-240"))
        return Detail(
            row,
            lines,
            (field,),
            self.suggestions(integration, kind, row_id),
            (entry,),
            "by hand, anna",
            ((Side.STOREFRONT, "https://shop.example/1"),),
        )

    def choices_for(self, integration: str, kind: Kind) -> list[Choice]:
        self._called("choices_for")
        return [
            Choice(
                f"B{n}",
                f"Counterpart {n}",
                f"SKU-{n}",
                f"counterpart {n} b{n} sku-{n}",
                "Someone else" if n == 7 else "",
            )
            for n in range(500)
        ]

    def suggestions(self, integration: str, kind: Kind, storefront_id: str) -> tuple[Suggestion, ...]:
        row = next((row for row in self.rows[kind] if row.id == storefront_id), None)
        if row is None or row.status not in {Status.UNMAPPED, Status.AMBIGUOUS}:
            return ()
        return (
            Suggestion(storefront_id, "B1", 0.93, ("same model WX-240", "same brand"), backoffice_name="Counterpart 1"),
            Suggestion(storefront_id, "B2", 0.41, ("similar name",), backoffice_name="Counterpart 2"),
        )

    def acceptable(self, integration: str, kind: Kind, score: float, ids: Any = None) -> tuple[Suggestion, ...]:
        self._called("acceptable", kind, score, tuple(ids))
        best = [found[0] for id in ids if (found := self.suggestions(integration, kind, id))]
        return tuple(one for one in best if one.score >= score)

    def matches_shown(self, integration: str, kind: Kind, shown: Any) -> bool:
        self._called("matches_shown", kind, tuple(one.storefront_id for one in shown))
        return True

    def history(self, *, limit: int = 50) -> list[Any]:
        return []

    def connection_types(self) -> list[Any]:
        return []

    def schema(self, integration: str, side: Side) -> SchemaState:
        return SchemaState(str(side), ())

    def schema_sides(self, integration: str) -> list[Side]:
        return []

    def field_mappings(self, integration: str) -> list[Any]:
        return []

    def customer_readiness(self, integration: str, ids: Any = None) -> list[CustomerReadiness]:
        self._called("customer_readiness", ids if ids is None else tuple(ids))
        rows = [row for row in self.rows[Kind.CUSTOMERS] if row.side is Side.BACKOFFICE]
        chosen = [row for row in rows if ids is None or row.id in ids]
        return [CustomerReadiness(Customer(row.id, row.right), () if row.id != "X1" else ("email",)) for row in chosen]

    def all_suggestions(self, integration: str, kind: Kind) -> dict[str, tuple[Suggestion, ...]]:
        return {} if self.nothing_suggested_yet else {"S0": self.suggestions(integration, kind, "S0")}

    async def suggest(self, integration: str, kind: Kind) -> int:
        self._called("suggest", kind)
        return 4

    async def pull(self, integration: str) -> PullReport:
        self._called("pull", integration)
        if self.gate is not None:
            await self.gate.wait()
        return PullReport({"market": {Kind.PRODUCTS: 40}, "syncro": {Kind.PRODUCTS: 38}}, (), 2.0)

    # edits
    def map(self, integration: str, kind: Kind, pairs: Any, *, how: str = "by hand") -> Edit:
        self._called("map", integration, kind, tuple(pairs), how)
        for left, right in pairs:
            self.rows[kind] = [
                row._replace(right=f"Counterpart {right}", right_id=right, status=Status.MAPPED, detail="")
                if row.id == left
                else row
                for row in self.rows[kind]
            ]
        self.touched(kind)
        return Edit(1, "map", len(pairs), f"{len(pairs)} mapped")

    def _to(self, verb: str, kind: Kind, ids: Any, status: Status) -> Edit:
        chosen = set(ids)
        self.rows[kind] = [row._replace(status=status) if row.id in chosen else row for row in self.rows[kind]]
        self.touched(kind)
        return Edit(2, verb, len(chosen), f"{len(chosen)} rows: {verb}")

    def unmap(self, integration: str, kind: Kind, ids: Any) -> Edit:
        self._called("unmap", kind, tuple(ids))
        return self._to("unmap", kind, ids, Status.UNMAPPED)

    def ignore(self, integration: str, kind: Kind, ids: Any, reason: str, until: Any = None) -> Edit:
        self._called("ignore", kind, tuple(ids), reason, until)
        return self._to("ignore", kind, ids, Status.IGNORED)

    def unignore(self, integration: str, kind: Kind, ids: Any) -> Edit:
        self._called("unignore", kind, tuple(ids))
        return self._to("unignore", kind, ids, Status.UNMAPPED)

    def reject(self, integration: str, kind: Kind, storefront_id: str, backoffice_id: str) -> Edit:
        self._called("reject", kind, storefront_id, backoffice_id)
        return Edit(3, "reject", 1, "never suggested again")

    def undoable_edit(self, integration: str) -> Edit | None:
        edits = [call for call in self.verbs("map", "unmap", "ignore", "unignore", "reject") if len(call) > 2]
        if not edits:
            return None
        count = max((len(part) for part in edits[-1] if isinstance(part, tuple)), default=1)
        return Edit(0, edits[-1][0], count, f"{edits[-1][0]} of {count} products by anna, 2030-01-02 03:04 UTC")

    def undo_edit(self, integration: str) -> Edit:
        self._called("undo_edit", integration)
        if not self.verbs("map", "unmap", "ignore", "unignore", "reject"):
            raise UsageError("there is no mapping edit to take back; nothing was changed")
        return Edit(4, "undo", 1, "taken back")

    def resolve(
        self, integration: str, kind: Kind, id: str, field: Any, *, keep: Any = None, value: Any = None
    ) -> Edit:
        self._called("resolve", kind, id, field, keep, value)
        return Edit(5, "resolve", 1, "decided")

    def fees(self, integration: str) -> list[Fee]:
        return [Fee(row.id, row.left) for row in self.rows[Kind.FEES]]

    def remove_fee(self, integration: str, fee_id: str) -> None:
        self._called("remove_fee", fee_id)


class Driver:
    """One running console: press keys, wait until nothing is left to do, read the screen."""

    def __init__(self, console: Console, workspace: Any, pilot: Any, heard: waiting.Heard) -> None:
        self.console, self.ws, self.pilot, self._heard = console, workspace, pilot, heard

    @property
    def idle(self) -> bool:
        """Whether nothing is asked of the engine and no worker runs; actions may wait for an answer in a dialog."""
        at_work = [one for one in self.console.workers if one.is_running and not one.group.startswith("act")]
        return not self.console.bridge.busy and not at_work

    async def settle(self, until: Callable[[], bool] = lambda: True) -> None:
        """Wait until ``until()`` holds and both threads are idle; fails with the screen when that never happens."""
        await self.pilot.pause()
        await waiting.until(self._rests(until), turn=self.pilot.pause, shown=lambda: self.text)

    def _rests(self, until: Callable[[], bool]) -> Callable[[], bool]:
        """Whether it was idle at two looks in a row: what the engine answered at the first is painted by the second."""
        before = False

        def rests() -> bool:
            nonlocal before
            was, before = before, self.idle
            return was and before and until()

        return rests

    async def press(self, *keys: str, until: Callable[[], bool] = lambda: True) -> None:
        await self.pilot.press(*keys)
        await self.settle(until)

    async def type(self, text: str) -> None:
        await self.pilot.press(*("space" if letter == " " else letter for letter in text))
        await self.settle()

    @property
    def screen(self) -> Any:
        """The tab, whatever dialog is over it."""
        return self.console.tab

    @property
    def table(self) -> Any:
        return self.console.tab.table  # type: ignore[union-attr]

    @property
    def top(self) -> str:
        """The class of the topmost screen."""
        return type(self.console.screen).__name__

    @property
    def toasts(self) -> list[str]:
        """All that was ever told, though it is shown for some seconds only."""
        return [f"{n.title}: {n.message}" for n in self._heard.notes]

    @property
    def text(self) -> str:
        """What is on the screen, without trailing blanks."""
        return waiting.painted(self.console)


@asynccontextmanager
async def running(workspace: Any, *, size: tuple[int, int] = (80, 24), tab: str = "products") -> AsyncIterator[Driver]:
    """A console over a workspace (or over what opens one), opened and settled."""
    opener = workspace if callable(workspace) else lambda: workspace
    console = Console(opener, first_tab=tab, poll=0.02)
    try:
        heard = waiting.Heard()
        async with console.run_test(size=size, notifications=True, message_hook=heard) as pilot:
            driver = Driver(console, workspace, pilot, heard)
            await driver.settle(lambda: console.overview is not None)
            if getattr(workspace, "names", True):
                await driver.settle(lambda: isinstance(console.tab, TabScreen) and len(console.live.snapshots) == 3)
            yield driver
    finally:
        console.guard.over()
        assert await asyncio.to_thread(console.bridge.close, waiting.DEADLINE)


@pytest.fixture
def open_console() -> Callable[..., Any]:
    """``async with open_console(workspace, size=..., tab=...) as driver``."""
    return running


@pytest.fixture
def fake() -> type[FakeWorkspace]:
    return FakeWorkspace


@pytest.fixture
def rows_of() -> Callable[..., list[Row]]:
    return make_rows


@pytest.fixture
def text_golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare text with ``golden/NAME.txt`` beside the test; ``CROSSWALK_GOLDEN=write`` writes it instead."""

    def compare(name: str, text: str) -> None:
        path = Path(request.fspath).parent / "golden" / f"{name}.txt"
        if os.environ.get("CROSSWALK_GOLDEN") == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
