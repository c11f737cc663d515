"""The whole way of a new admin, keys only: an empty workspace, the wizard, mapping, a sync, its undo, and out."""

from __future__ import annotations

import asyncio
import importlib.metadata
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from connectors.sandbox.process import SandboxProcess, start_process
from engine.ports import ConnectorType
from engine.workspace import Workspace
from tui import compose
from tui.demo.control import Control
from tui.demo.profiles import MARKETPLACE_SYNCRO
from tui.demo.proof import carried_out, differences

T = TypeVar("T")
CUSTOMERS, PRODUCTS = 8, 40
JUMP = 80  # percent: more than a price may move without its guard being named


@pytest.fixture
def systems() -> Iterator[SandboxProcess]:
    with start_process(("marketplace", "syncro"), customers=CUSTOMERS, products=PRODUCTS, rate=0) as running:
        yield running


def connector_types() -> dict[str, ConnectorType]:
    found = importlib.metadata.entry_points(group="crosswalk.connectors")
    return {one.name: one.load() for one in found}


class Admin:
    """Somebody at the keyboard who looks before the next key."""

    def __init__(self, terminal: Any) -> None:
        self.terminal, self.wait, self.press = terminal, terminal.wait, terminal.press

    # ------------------------------------------------------------------------------------------------ the wizard
    def help(self) -> str:
        """The help of the field that has the cursor: the lines between the form and the buttons."""
        lines = self.terminal.text.split("\n")
        return " ".join(" ".join(line.partition("▌")[0] for line in lines[19:21]).split())  # a toast is not help

    def go_to(self, help: Callable[[], bool], key: str = "tab") -> None:
        """Walk through the form until the help line is that of the field that is wanted."""
        for _ in range(40):
            if help():
                return
            before = self.help()
            self.press(key)
            self.wait(lambda _, before=before: self.help() not in {"", before})
        pytest.fail(f"no field has that help:\n{self.terminal.text}")

    def choose_system(self, kind: ConnectorType, types: list[ConnectorType]) -> None:
        starts = [" ".join(one.description.split())[:40] for one in types]
        self.go_to(lambda: self.help().startswith(tuple(starts)), "shift+tab")
        if kind.title not in line_of(self.terminal.text, "System *"):
            self.press("enter")
            titles = [one.title[:40] for one in types]
            self.wait(lambda text: len(offered(text, titles)) == len(titles))
            there, chosen = offered(self.terminal.text, titles), line_of(self.terminal.text, "System *")
            by = there[kind.title[:40]] - next(line for title, line in there.items() if title in chosen)
            self.press(*["down" if by > 0 else "up"] * abs(by), "enter")
        self.wait(lambda text: kind.title[:40] in line_of(text, "System *"))
        self.wait(lambda _: self.help().startswith(" ".join(kind.description.split())[:40]))

    def connect(self, kind: ConnectorType, options: dict[str, str], types: list[ConnectorType]) -> None:
        self.choose_system(kind, types)
        for option in kind.options:
            value = options.get(option.name, "")
            if value:
                self.go_to(lambda option=option: self.help().startswith(" ".join(option.help.split())[:36]))
                self.terminal.type(value)
                self.wait(value[-30:])
        self.press("ctrl+t")
        self.wait("Account: ", "ok: ")
        self.press("ctrl+s")

    # ------------------------------------------------------------------------------------------------ lists
    def cursor_line(self) -> str:
        return next((line for line in self.terminal.text.split("\n") if line.startswith("›")), "")

    def down_to(self, sign: str) -> None:
        """Move the cursor to the next row that shows this sign."""
        while sign not in self.cursor_line():
            self.down()

    def would_be_mapped(self) -> int:
        """What the preview counts."""
        found = re.search(r"(\d+) rows? of \d+ would be mapped", self.terminal.text)
        return int(found.group(1)) if found else 0

    def allow(self, guards: Iterable[str]) -> None:
        """Type the name of every guard that fired into the question that is shown; Enter after the last agrees."""
        if not (guards := list(guards)):
            self.press("enter")
        for guard in guards:
            self.terminal.type(guard)
            self.wait(re.compile(rf"(?m)│ {guard} +│"))
            self.press("enter")

    def down(self) -> None:
        """Move the cursor and see it move."""
        before = self.cursor_row(), self.cursor_line()  # a row that goes away lets the next one come to its line
        self.press("down")
        self.wait(lambda _: (self.cursor_row(), self.cursor_line()) != before)

    def cursor_row(self) -> int:
        """The screen's line of the cursor."""
        return next((n for n, line in enumerate(self.terminal.text.split("\n")) if line.startswith("›")), -1)

    def row_in_picker(self) -> str:
        """The storefront id that the picker maps: the last word under its title."""
        lines = self.terminal.text.split("\n")
        title = next(n for n, line in enumerate(lines) if "Map " in line)
        return lines[title + 1].strip(" │").split()[-1]

    def unmapped(self) -> int:
        """What the tab strip counts for products."""
        found = re.search(r"2 Products (\d+) unmapped", self.terminal.text)
        return int(found.group(1)) if found else 0

    def until_unmapped(self, count: int) -> None:
        self.wait(lambda _: self.unmapped() == count)


def offered(text: str, titles: list[str]) -> dict[str, int]:
    """The lines on which an open list offers these titles."""
    lines = text.split("\n")
    below = {title: [n for n, line in enumerate(lines) if title in line and "System *" not in line] for title in titles}
    return {title: found[0] for title, found in below.items() if found}


def line_of(text: str, label: str) -> str:
    return next((line for line in text.split("\n") if label in line), "")


async def with_workspace(path: Path, verb: Callable[[Workspace], Awaitable[T]]) -> T:
    """What another process over the same workspace would be told."""
    ws = compose.open_workspace(path, actor="test")
    try:
        return await verb(ws)
    finally:
        await ws.close()


@pytest.mark.timeout(180)
def test_from_an_empty_workspace_to_a_synced_price_list_and_back(
    console: Callable[..., Any], systems: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, secret in systems.env.items():
        monkeypatch.setenv(name, secret)
    terminal = console(**systems.env)
    admin = Admin(terminal)
    wait, press = terminal.wait, terminal.press
    types, workspace = connector_types(), tmp_path / "workspace"
    market, syncro = Control(systems.systems["marketplace"]), Control(systems.systems["syncro"])
    pairs = market.truth()["product_pairs"]

    # The first run is a wizard: both connections, tested, the integration, and reading both sides.
    for step, (name, side) in enumerate((("marketplace", "storefront"), ("syncro", "backoffice")), 1):
        last = admin.help()
        wait(f"step {step} of 4", "System *", lambda _, last=last: admin.help() not in {"", last})
        usable = [one for one in types.values() if side in one.sides]
        admin.connect(types[name], systems.systems[name]["options"], usable)
    wait("step 3 of 4", "Name *", lambda _: admin.help().startswith("How Crosswalk calls this pair"))
    press("ctrl+s")
    wait("step 4 of 4", "main is saved")
    press("enter")
    wait("[2 Products", "marketplace", "syncro", "Unmapped")

    # Products: suggestions come by themselves; one is accepted with a key.
    press("u")
    wait("unmapped only", re.compile(r" = .*Unmapped"))
    unmapped = admin.unmapped()
    admin.down_to(" = ")
    press("a")
    wait("Accepted")
    admin.until_unmapped(unmapped - 1)

    # One through the picker, by typing.
    admin.down_to(" = ")
    press("enter")
    wait("to choose from")
    mine = admin.row_in_picker()
    right = pairs[mine]
    terminal.type(f"{syncro.get('products', right)['name'].split()[0].lower()} {right}")
    wait("1 of ", right)
    press("enter")
    admin.until_unmapped(unmapped - 2)

    # Everything above a score, after a look at it.
    press("A")
    wait("Score of at least", "would be mapped")
    press("slash")
    terminal.gone("Leave out")  # the keys of the list do not act in the input
    press(*["backspace"] * 4)
    wait(re.compile(r"(?m)Score of at least: *$"))
    terminal.type("0.95")
    wait("0.95", lambda _: admin.would_be_mapped() > 5)
    bulk = admin.would_be_mapped()
    press("ctrl+s")
    wait(f"Map {bulk} rows", "The most doubtful ones")
    press("y")
    admin.until_unmapped(unmapped - 2 - bulk)

    # The sync panel: what it plans is what another process plans, and what the systems hold afterwards.
    MARKETPLACE_SYNCRO.reprice(market, mine, JUMP)
    before = {"marketplace": market.tables(), "syncro": syncro.tables()}
    plan = asyncio.run(with_workspace(workspace, lambda ws: ws.plan("main")))
    guards = [hit.guard for hit in plan.guards]
    assert "change-percent" in guards, guards
    press("S")
    wait("Sync mapped · ready")
    press("p")
    wait("Sync mapped · preview", f"{plan.rows} rows", *(f"! {guard}:" for guard in guards))
    press("s")
    wait(f"Sync {plan.rows} rows", f"Type {guards[0]} to go on")
    admin.allow(guards)
    wait("Sync mapped · ended", f"{len(plan.sending)} applied", deadline=90)
    expected = carried_out(before["syncro"], ("products",), plan.sending, MARKETPLACE_SYNCRO.written)
    assert plan.rows > 10
    assert list(differences("syncro", expected, syncro.tables())) == []
    assert list(differences("marketplace", before["marketplace"], market.tables())) == []

    # The undo of the run is a plan like any other, and leaves the back office as it was.
    press("U")
    wait("Undo · preview")
    way_back = asyncio.run(with_workspace(workspace, lambda ws: ws.plan_undo(ws.runs("main")[0].id)))
    press("s")
    wait("Undo now")
    admin.allow(hit.guard for hit in way_back.guards)
    wait("Undo · ended", f"{len(way_back.sending)} applied", deadline=90)
    assert list(differences("syncro", before["syncro"], syncro.tables())) == []

    # Back in the list, the last mapping edit is taken back: all that was accepted together.
    press("escape")
    wait("unmapped only")
    press("ctrl+z")
    wait("Take back an edit of")
    press("y")
    admin.until_unmapped(unmapped - 2)

    # And out: the terminal is as it was.
    press("ctrl+q")
    assert terminal.ended() == 0
    assert terminal.restored()
