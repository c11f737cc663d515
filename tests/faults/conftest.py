"""Fixtures of the fault matrix: the shop, a lab that plays scenarios in it, starters of real processes, the count."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import stamina

from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.systems import make

sys.path.insert(0, str(Path(__file__).parent))  # the parts of this fixture file are modules beside it

from fault_processes import Starter, live_in_processes, starting
from fault_shop import JOBS, SECRETS, Bench, Job, Shop, live, prepare, small_world
from fault_stores import Stores, prepare_stores, serve_stores


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test of the whole matrix plays dozens of scenarios, some of which wait for answers that never come."""
    for item in items:
        if item.get_closest_marker("faults") is not None and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(900))


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
        made = Shop({"market": market, "psa": psa}, tmp_path_factory.mktemp("template") / "workspace", JOBS)
        options = {}
        for name, secrets in SECRETS:
            served = getattr(made, name)
            for secret in secrets:
                patch.setenv(f"FAULTS_{name}_{secret}".upper(), served.credentials[secret])
            references = {secret: "env:" + f"FAULTS_{name}_{secret}".upper() for secret in secrets}
            options[name] = {**served.options, **references, "rate_per_minute": "600000", "backoff_seconds": "0.01"}
            options[name]["timeout_seconds"] = "0.75"  # what a request that is never answered costs a test
        options["market"]["page_size"] = "2"
        asyncio.run(prepare(made, options))
        shutil.rmtree(made.template / "tokens", ignore_errors=True)
        shutil.rmtree(made.template / "locks", ignore_errors=True)
        made.before = {name: dict(getattr(made, name).state.tables) for name, _ in SECRETS}
        with stamina.set_testing(True, attempts=10, cap=True):
            yield made


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> Iterator[Stores]:
    """A WooCommerce store and a QuickBooks company."""
    with pytest.MonkeyPatch.context() as patch, serve_stores(tmp_path_factory.mktemp("stores")) as made:
        patch.setattr("connectors.http.pace._LONGEST_PAUSE", 0.01)
        with stamina.set_testing(True, attempts=10, cap=True):
            asyncio.run(prepare_stores(made))
            yield made


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


class Lab:
    """Plays one job in a fresh shop and looks at what it left."""

    def __init__(self, shop: Bench, directory: Path, request: pytest.FixtureRequest) -> None:
        self.shop, self._directory, self._request = shop, directory, request
        self._clean: dict[str, dict[str, int]] = {}

    async def requests(self, job: str) -> dict[str, int]:
        """How many requests of each system the job takes when nothing goes wrong."""
        if job not in self._clean:
            self.shop.reset()
            path = self.fresh_for(job)
            await live(self.shop, path, self.job(job))
            self._clean[job] = {name: len(self.shop.log(name)) for name in self.shop.systems}
            assert await self.shop.problems(path, self.job(job)) == []
        return self._clean[job]

    def job(self, name: str) -> Job:
        return self.shop.jobs[name]

    def fresh_for(self, job: str) -> Path:
        return self.shop.workspace(self._directory, self.job(job))

    async def run(self, job: str, strikes: Sequence[tuple[str, str, int | str]]) -> tuple[bool, list[str]]:
        """The job with faults ``(system, kind, request number or method or path)``, a kind perhaps with a status
        (``error/200``); whether all struck, and what is wrong afterwards.
        """
        self.shop.reset()
        faults = [_strike(self.shop.systems[system].app, kind, at) for system, kind, at in strikes]
        path = self.fresh_for(job)
        try:
            seen = await live(self.shop, path, self.job(job))
        except AssertionError as error:
            return True, [str(error)]
        self.shop.well_again()
        found = await self.shop.problems(path, self.job(job), strikes[0][1] if strikes else "")
        return all(fault.struck for fault in faults), [*found, *(seen if found else ())]

    # ------------------------------------------------------------------------------------ real processes
    def commits(self, job: str) -> int:
        """How often the command commits when nothing goes wrong."""
        self.shop.reset()
        path = self.fresh_for(job)
        ended = self.starter.run(path, *self.job(job).command)
        assert ended.code == 0, ended.said
        assert asyncio.run(self.shop.problems(path, self.job(job))) == []
        return ended.commits

    def killed(
        self,
        job: str,
        *,
        kill: dict[str, Any] | None = None,
        strike: tuple[str, str, int | str] | None = None,
        later: Sequence[dict[str, Any]] = (),
    ) -> tuple[int, list[str]]:
        """The job's command, killed at a commit or a request, then commands until it is over: exit code, what is wrong.

        ``later`` are the kills of the lives after the first.
        """
        self.shop.reset()
        path = self.fresh_for(job)
        if strike:
            system, kind, at = strike
            _strike(self.shop.systems[system].app, kind, at)
        first = self.starter.run(path, *self.job(job).command, kill=kill)
        try:
            lives = live_in_processes(self.shop, self.starter, path, self.job(job), later)
        except AssertionError as error:
            return first.code, [str(error)]
        found = asyncio.run(self.shop.problems(path, self.job(job)))
        return first.code, [*found, *(f"{life.code}: {life.said}" for life in lives if found)]

    def problems(self, path: Path, job: str) -> list[str]:
        """All that is wrong with a workspace and the systems after a job."""
        return asyncio.run(self.shop.problems(path, self.job(job)))

    def go_on(self, path: Path, job: str) -> None:
        """Commands, as an admin would give them, until the job is over."""
        live_in_processes(self.shop, self.starter, path, self.job(job))

    def fresh(self) -> Path:
        """Both systems as seeded and a fresh workspace, whose connections wait long for a request that a test holds."""
        self.shop.reset()
        path = self.fresh_for("sync")
        ws = self.shop.open(path)
        for name in self.shop.systems:
            ws.set_connection(name, {"timeout_seconds": "60"})
        ws.store.close()
        ws.cache.close()
        return path

    @property
    def starter(self) -> Starter:
        started: Starter = self._request.getfixturevalue(self.shop.starter)
        return started


def _strike(box: Any, kind: str, at: int | str) -> Any:
    kind, _, status = kind.partition("/")
    which = "at" if isinstance(at, int) else "path" if at.startswith(("/", "*")) else "method"
    return box.faults.add(kind, **{which: at}, **({"status": int(status)} if status else {}))


@pytest.fixture
def lab(shop, tmp_path, request) -> Lab:
    return Lab(shop, tmp_path, request)


@pytest.fixture(scope="module")
def store_starter(stores, tmp_path_factory) -> Iterator[Starter]:
    with starting(tmp_path_factory.mktemp("stores first")) as made:
        yield made


@pytest.fixture
def store_lab(stores, tmp_path, request) -> Lab:
    return Lab(stores, tmp_path, request)


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
