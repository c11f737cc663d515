"""A workspace between a WooCommerce store and a QuickBooks company, both simulated on loopback; commands run for real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import stamina

from connectors.sandbox.launcher import describe
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.store_world import StoreWorld
from connectors.sandbox.systems import make as make_systems
from tui.cli import main

NAMES = {"woocommerce": "shop", "quickbooks": "books"}


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Stores:
    """The workspace's directory, both systems and what is true of them."""

    path: Path
    shop: Served
    books: Served
    world: StoreWorld

    def items(self, name: str) -> list[dict[str, Any]]:
        """The company's items of a name."""
        return [row for row in self.books.state.rows("item") if row["Name"] == name]

    def child(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """A command in a process of its own, which a fault may kill."""
        command = [sys.executable, "-m", "tui", "--workspace", str(self.path), *argv]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=dict(os.environ))


@pytest.fixture(autouse=True)
def _no_waiting_between_attempts() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


@pytest.fixture(scope="session")
def world() -> StoreWorld:
    return StoreWorld.make(seed=5, products=40)


@pytest.fixture(scope="session")
def served(world: StoreWorld) -> Iterator[dict[str, Served]]:
    boxes = make_systems(list(NAMES), world, rate=0)  # type: ignore[arg-type]
    with ExitStack() as running, pytest.MonkeyPatch.context() as environment:
        systems = {name: running.enter_context(serve_in_thread(box)) for name, box in boxes.items()}
        for one in systems.values():
            for name, secret in describe(one)["env"].items():
                environment.setenv(name, secret)
        yield systems


@pytest.fixture
def stores(served: dict[str, Served], world: StoreWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stores:
    """Connected, integrated and read; products match by the store's SKU against the item's SKU."""
    path = tmp_path / "workspace"
    for one in served.values():
        one.app.reset()
        for name, secret in describe(one)["env"].items():
            monkeypatch.setenv(name, secret)
    monkeypatch.setenv("CROSSWALK_WORKSPACE", str(path))

    def run(*argv: str) -> None:
        assert main(argv) == 0

    for type, name in NAMES.items():
        options = {**describe(served[type])["options"], "timeout_seconds": "2"}
        run("connection", "add", name, type, *(f"--set={key}={value}" for key, value in options.items()))
    settings = {
        "fields": "price,quantity",
        "masters.price": "backoffice",
        "masters.quantity": "backoffice",
        "match.products.primary": "sku:sku",
        "match.customers.primary": "person:name",
        "match.customers.secondary": "email:email",
    }
    run("integration", "add", "store", "shop", "books", *(f"--set={key}={value}" for key, value in settings.items()))
    run("pull")
    return Stores(path, served["woocommerce"], served["quickbooks"], world)


@pytest.fixture
def crosswalk(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """``crosswalk("list", "products")``: runs the command in this process."""

    def run(*argv: str) -> Ended:
        capsys.readouterr()
        code = main(argv)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run
