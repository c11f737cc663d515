"""A command line in this process over a scripted workspace: what is asked of it is recorded, what it answers is set."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.launcher import describe
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.systems import make as make_systems
from connectors.sandbox.world import World
from engine.changes import Change, GuardHit, Outcome, Plan, Purpose, Run, RunState, Totals
from engine.events import Events, RunStarted
from engine.model import Field, Kind, Side, Status
from engine.ports import Result
from tui import compose
from tui.cli import main

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def change(row: str = "p1", **values: Any) -> Change:
    return Change(
        **{
            "kind": Kind.PRODUCTS,
            "storefront_id": row,
            "backoffice_id": f"b-{row}",
            "name": f"Product {row}",
            "field": Field.PRICE,
            "target": Side.BACKOFFICE,
            "before": "10",
            "after": "12",
            "source": "12",
            "reason": "the storefront is master of price",
            "status": Status.OUT_OF_SYNC,
            "currency": "USD",
            **values,
        }
    )


def plan(*changes: Change, guards: tuple[GuardHit, ...] = (), **values: Any) -> Plan:
    return Plan(
        **{
            "id": "plan-1",
            "integration": "shop",
            "purpose": Purpose.SYNC,
            "at": NOW,
            "actor": "ann",
            "lineage": "lineage-1",
            "fingerprint": "a-b",
            "fields": (Field.PRICE,),
            "changes": changes,
            "guards": guards,
            "calls": {"psa": 3},
            "eta_seconds": 1.2,
            **values,
        }
    )


def outcome(of: Change, result: Result = Result.APPLIED, **values: Any) -> Outcome:
    return Outcome(
        **{
            "run": "run-1",
            "kind": of.kind,
            "storefront_id": of.storefront_id,
            "backoffice_id": of.backoffice_id,
            "name": of.name,
            "field": of.field,
            "target": of.target,
            "result": result,
            "before": of.before,
            "after": of.after,
            **values,
        }
    )


def run_of(outcomes: list[Outcome], state: RunState = RunState.DONE, **values: Any) -> Run:
    totals = Totals.of(len(outcomes), [one.result for one in outcomes])
    base = Run("run-1", "shop", Purpose.SYNC, state, NOW, NOW, "ann", "plan-1", totals)
    return replace(base, **values)


@dataclass
class Scripted:
    """Stands in for ``Workspace``. Any other verb fails loudly; an exception among the answers is raised."""

    path: Path
    events: Events = field(default_factory=Events)
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    closed: int = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self.answers:
            raise AttributeError(f"the command asked for {name}, which this test does not expect")

        def answer(*args: Any, **kwargs: Any) -> Any:
            self.asked.append((name, args, kwargs))
            value = self.answers[name]
            if isinstance(value, BaseException):
                raise value
            return value(*args, **kwargs) if callable(value) else value

        return answer

    def verbs(self) -> list[str]:
        return [name for name, _, _ in self.asked]

    async def recover(self) -> list[Run]:
        self.asked.append(("recover", (), {}))
        return list(self.answers.get("recovered", ()))

    async def close(self) -> None:
        self.closed += 1

    def scripted_sync(self, outcomes: list[Outcome], run: Run | None = None) -> None:
        """``plan`` answers are set by the test; ``sync`` ends like this."""
        ended = run or run_of(outcomes)

        async def sync(_plan: Plan, **_options: Any) -> Run:
            self.events.publish(RunStarted(ended))
            return ended

        self.answers |= {"sync": sync, "outcomes": outcomes}

    def scripted_plan(self, made: Plan) -> None:
        async def answer(*_args: Any, **_options: Any) -> Plan:
            return made

        self.answers |= {"plan": answer, "plan_undo": answer, "connections": []}


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scripted:
    scripted = Scripted(tmp_path / "workspace")
    monkeypatch.setattr(compose, "open_workspace", lambda _path=None, _actor="": scripted)
    monkeypatch.setenv("CROSSWALK_WORKSPACE", str(tmp_path / "workspace"))
    return scripted


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """stdout, which must be exactly one JSON document."""
        return json.loads(self.out)


@pytest.fixture
def crosswalk(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """``crosswalk("list", "products")``: runs the command in this process."""

    def run(*argv: str) -> Ended:
        code = main(argv)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run


class Examples:
    """Builders of engine values, for tests that cannot import this file."""

    change = staticmethod(change)
    plan = staticmethod(plan)
    outcome = staticmethod(outcome)
    run = staticmethod(run_of)


@pytest.fixture
def make() -> Examples:
    return Examples()


# ------------------------------------------------------------------------------------------ real systems on loopback
@dataclass(frozen=True)
class Shop:
    """A real workspace between two simulated systems; every command goes through real HTTP."""

    path: Path
    marketplace: Served
    syncro: Served
    world: World

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """True product pairs whose counterpart is active."""
        products = self.syncro.state.tables["products"]
        return [(left, right) for left, right in self.world.product_pairs.items() if not products[right]["disabled"]]

    def price(self, product: str) -> float:
        """What Syncro holds now."""
        return float(self.syncro.state.tables["products"][product]["price_retail"])

    def reprice(self, product: str, amount: str) -> None:
        """Somebody changes the first price in the marketplace."""
        state = self.marketplace.state
        record = state.tables["products"][product]
        first, *rest = record["prices"]
        state.put("products", product, {**record, "prices": [{**first, "amount": amount}, *rest]})


@pytest.fixture(scope="session")
def world() -> World:
    return World.make(seed=3, customers=12, products=30)


@pytest.fixture(scope="session")
def served(world: World) -> Iterator[dict[str, Served]]:
    """Both simulated systems, without a rate limit; their secrets are in the environment."""
    boxes = make_systems(["marketplace", "syncro"], world, rate=0)
    with ExitStack() as running, pytest.MonkeyPatch.context() as environment:
        systems = {name: running.enter_context(serve_in_thread(box)) for name, box in boxes.items()}
        for one in systems.values():
            for name, secret in describe(one)["env"].items():
                environment.setenv(name, secret)
        yield systems


@pytest.fixture
def systems(served: dict[str, Served]) -> Iterator[dict[str, Served]]:
    """The simulated systems as they were seeded."""
    yield served
    for one in served.values():
        one.app.reset()


@pytest.fixture(scope="session")
def pulled(served: dict[str, Served], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace connected, integrated and pulled by commands alone; prices only, so that plans stay short."""
    path = tmp_path_factory.mktemp("pulled") / "workspace"

    def run(*argv: str) -> None:
        assert main(["--workspace", str(path), *argv]) == 0

    for name, one in served.items():
        run(
            "connection",
            "add",
            name,
            name,
            *(f"--set={key}={value}" for key, value in describe(one)["options"].items()),
        )
    run(
        "integration",
        "add",
        "shop",
        "marketplace",
        "syncro",
        "--set=fields=price",
        "--set=guards.max_percent_of_catalogue=100",
    )
    run("pull")
    return path


@pytest.fixture
def shop(
    systems: dict[str, Served], world: World, pulled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shop:
    """A copy of the pulled workspace; commands find it by themselves."""
    path = tmp_path / "workspace"
    shutil.copytree(pulled, path)
    monkeypatch.setenv("CROSSWALK_WORKSPACE", str(path))
    return Shop(path, systems["marketplace"], systems["syncro"], world)
