"""Serving: in a thread that always ends, and in a process that ends with whoever started it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading

import httpx
import psutil
import pytest

from connectors.sandbox.process import SandboxFailed, start_process
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.syncro import Syncro
from connectors.sandbox.world import World

WORLD = World.make(seed=1, customers=5, products=10)


def get(system: dict[str, object], path: str) -> httpx.Response:
    headers = {"X-Control-Token": str(system["control_token"])}
    return httpx.get(f"{system['control_url']}{path}", headers=headers, trust_env=False, verify=False)


def test_a_request_that_hangs_does_not_keep_the_server_from_stopping() -> None:
    failures: list[Exception] = []
    before = set(threading.enumerate())

    def ask(served: Served) -> None:
        try:
            httpx.get(f"{served.url}/me", trust_env=False, verify=False, timeout=60)
        except httpx.TransportError as problem:
            failures.append(problem)

    with serve_in_thread(Syncro(WORLD)) as served:
        served.app.faults.add("timeout", times=0)
        threads = [threading.Thread(target=ask, args=(served,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        served.wait_for(lambda log: len(log) == 3)

    for thread in threads:
        thread.join(20)
    assert len(failures) == 3
    left = set(threading.enumerate()) - before
    assert not [thread for thread in left if thread.name == "sandbox-syncro"]


def test_a_port_that_is_taken_is_an_error_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"), serve_in_thread(Syncro(WORLD), port):
            pytest.fail("it started on a port that is taken")


def test_one_sandbox_can_be_served_again() -> None:
    box = Syncro(WORLD)
    for expected in (1, 2):
        with serve_in_thread(box) as served:
            assert httpx.get(f"{served.url}/me", trust_env=False, verify=False).status_code == 401
            assert box.log.count == expected


def test_a_process_announces_where_everything_is_and_stops() -> None:
    with start_process(customers=5, products=10, seed=9, rate=60) as running:
        assert running.announced["seed"] == 9
        assert set(running.systems) == {"marketplace", "syncro"}
        syncro = running.systems["syncro"]
        assert syncro["options"] == {
            "base_url": syncro["base_url"],
            "rate_per_minute": "9000",
            "token": "env:CROSSWALK_SANDBOX_SYNCRO_TOKEN",
        }
        marketplace = running.systems["marketplace"]["options"]
        assert set(marketplace) == {
            "base_url",
            "username",
            "password",
            "subscription_key",
            "marketplace",
            "page_size",
            "rate_per_minute",
        }
        assert running.env["CROSSWALK_SANDBOX_SYNCRO_TOKEN"] == syncro["credentials"]["token"]
        secrets = set(running.env.values())
        assert not secrets & set(marketplace.values())
        assert get(syncro, "").json()["name"] == "syncro"
        assert get(running.systems["marketplace"], "").json()["tables"]["products"] == 10
        pid = running.pid
    assert not psutil.pid_exists(pid)
    running.stop()


def test_ports_may_be_chosen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with start_process(["syncro"], customers=1, products=1, port_base=port) as running:
        assert running.systems["syncro"]["base_url"] == f"http://127.0.0.1:{port}/api/v1"


@pytest.mark.parametrize("systems", [["abacus"], []])
def test_a_start_that_fails_says_why(systems: list[str]) -> None:
    with pytest.raises(SandboxFailed, match="there are marketplace, syncro"):
        start_process(systems)


PARENT = """
import json, sys
from connectors.sandbox.process import start_process
running = start_process(["syncro"], customers=1, products=1)
print(json.dumps({"pid": running.pid}), flush=True)
sys.stdin.read()
"""


def test_servers_end_when_the_process_that_started_them_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        server = psutil.Process(json.loads(parent.stdout.readline())["pid"])

        parent.kill()

        assert server.wait(20) is None or not server.is_running()


@pytest.mark.parametrize("stop", ["terminate", "interrupt"])
def test_a_signal_ends_the_launcher_in_order(stop: str) -> None:
    arguments = json.dumps({"systems": ["syncro"], "customers": 1, "products": 1})
    command = [sys.executable, "-m", "connectors.sandbox.launcher", arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as launcher:
        assert launcher.stdout is not None
        assert json.loads(launcher.stdout.readline())["systems"]
        launcher.send_signal(signal.SIGTERM if stop == "terminate" else signal.SIGINT)
        assert launcher.wait(20) == 0
