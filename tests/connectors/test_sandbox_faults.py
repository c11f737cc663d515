"""Each fault does what it says, over real HTTP; what was carried out is in the state and in the log."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from connectors.sandbox.faults import Fault, FaultKind, Faults
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.syncro import Syncro
from connectors.sandbox.wire import Call
from connectors.sandbox.world import World

WORLD = World.make(seed=5, customers=60, products=120)
ID = str(WORLD.syncro_products[40]["id"])
PATH = f"/products/{ID}"
BEFORE = WORLD.syncro_products[40]["price_retail"]
AFTER = 4321.5
WRITE = {"name": "Renamed", "description": "d", "price_retail": AFTER, "maintain_stock": False}


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serve_in_thread(Syncro(WORLD, rate=0)) as served:
        yield served


@pytest.fixture
def box(server: Served) -> Served:
    server.app.reset()
    return server


@pytest.fixture
def client(box: Served) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {box.credentials['token']}"}
    with httpx.Client(base_url=box.url, headers=headers, trust_env=False, verify=False, timeout=20) as made:
        yield made


def price(box: Served) -> Any:
    product = box.state.get("products", ID)
    assert product is not None
    return product["price_retail"]


@pytest.mark.parametrize(
    ("kind", "status", "applied"),
    [
        ("rate_limit", 429, False),
        ("error", 503, False),
        ("error_after", 503, True),
        ("html", 200, False),
        ("html_after", 200, True),
        ("no_store", 200, False),
        ("slow", 200, True),
    ],
)
def test_a_write_that_is_answered(box: Served, client: httpx.Client, kind: str, status: int, applied: bool) -> None:
    box.app.faults.add(kind, method="PUT")

    reply = client.put(PATH, json=WRITE)

    entry = box.requests[-1]
    assert reply.status_code == status
    assert price(box) == (AFTER if applied else BEFORE)
    assert (entry.fault, entry.status, entry.changed) == (kind, status, applied)
    assert entry.touched == ([f"products/{ID}"] if applied else [])
    assert client.put(PATH, json=WRITE).status_code == 200  # once only
    assert price(box) == AFTER


@pytest.mark.parametrize(
    ("kind", "applied"),
    [("timeout", False), ("timeout_after", True), ("reset", False), ("reset_after", True), ("cut_after", True)],
)
def test_a_write_that_is_not_answered(box: Served, client: httpx.Client, kind: str, applied: bool) -> None:
    box.app.faults.add(kind, method="PUT")
    timeout = httpx.Timeout(20, read=0.2) if "timeout" in kind else httpx.Timeout(20)
    expected = httpx.ReadTimeout if "timeout" in kind else (httpx.ReadError, httpx.RemoteProtocolError)

    with pytest.raises(expected):
        client.put(PATH, json=WRITE, timeout=timeout)

    box.wait_for(lambda log: log[-1].fault == kind and log[-1].changed == applied)
    assert price(box) == (AFTER if applied else BEFORE)
    assert box.requests[-1].status == (200 if kind == "cut_after" else 0)


def test_a_reset_is_a_reset_and_not_an_orderly_end(box: Served, client: httpx.Client) -> None:
    box.app.faults.add("reset")

    with pytest.raises(httpx.ReadError, match="reset by peer"):
        client.get("/me")


def test_error_answers_with_the_status_asked_for(box: Served, client: httpx.Client) -> None:
    box.app.faults.add("error", status=502)

    reply = client.get(PATH)

    assert reply.status_code == 502
    assert reply.json()["error"] == "Internal Server Error"


def test_a_page_of_html_is_no_json(box: Served, client: httpx.Client) -> None:
    box.app.faults.add("html")

    reply = client.get("/products")

    assert reply.headers["content-type"].startswith("text/html")
    with pytest.raises(ValueError):
        reply.json()


def test_no_store_answers_what_a_store_would_have_answered(box: Served, client: httpx.Client) -> None:
    box.app.faults.add("no_store")
    promised = client.post("/products", json=WRITE).json()["product"]

    assert promised["price_retail"] == AFTER
    assert client.get(f"/products/{promised['id']}").status_code == 404
    assert client.post("/products", json=WRITE).json()["product"]["id"] > promised["id"]


def test_a_stale_read_shows_each_record_one_version_back(box: Served, client: httpx.Client) -> None:
    client.put(PATH, json=WRITE)
    client.put(PATH, json={**WRITE, "price_retail": 1.0})
    created = client.post("/products", json=WRITE).json()["product"]["id"]
    box.app.faults.add("stale_read", times=3)

    assert client.get(PATH).json()["product"]["price_retail"] == AFTER
    assert client.get(f"/products/{created}").status_code == 404
    assert client.get(f"/products?id[]={created}").json() == {"products": []}
    assert client.get(PATH).json()["product"]["price_retail"] == 1.0
    assert client.get(f"/products/{created}").status_code == 200
    assert box.requests[-1].changed is False


def test_a_stale_read_leaves_writes_alone(box: Served, client: httpx.Client) -> None:
    box.app.faults.add("stale_read", times=0)

    client.put(PATH, json=WRITE)

    assert price(box) == AFTER
    assert client.get(PATH).json()["product"]["price_retail"] == BEFORE


def test_a_repeated_page_is_the_page_before(box: Served, client: httpx.Client) -> None:
    box.app.faults.add("repeat_page", at=2)

    first, second, third = (client.get(f"/products?page={page}").json()["products"] for page in (1, 2, 3))

    assert first == second != third


def test_a_short_page_leaves_a_record_out(box: Served, client: httpx.Client) -> None:
    box.app.faults.add("short_page", path="/customers")

    short, whole = client.get("/customers").json(), client.get("/customers").json()

    assert len(short["customers"]) == len(whole["customers"]) - 1
    assert short["meta"] == whole["meta"]


def test_a_lost_permission_stays_lost(box: Served, client: httpx.Client) -> None:
    box.app.faults.add("permission", at=2)

    assert [client.put(PATH, json=WRITE).status_code for _ in range(3)] == [200, 401, 401]
    assert client.get(PATH).status_code == 200
    box.app.reset()
    assert client.put(PATH, json=WRITE).status_code == 200


@pytest.mark.parametrize(("kind", "applied_while_held"), [("hold", False), ("hold_after", True)])
def test_a_held_request_waits_to_be_released(
    box: Served, client: httpx.Client, kind: str, applied_while_held: bool
) -> None:
    box.app.faults.add(kind, method="PUT")
    replies: list[httpx.Response] = []
    writer = threading.Thread(target=lambda: replies.append(client.put(PATH, json=WRITE)))

    writer.start()
    box.wait_for(lambda log: any(entry.fault == kind and (entry.changed or not applied_while_held) for entry in log))
    held = price(box)
    box.app.release()
    writer.join(10)

    assert held == (AFTER if applied_while_held else BEFORE)
    assert [reply.status_code for reply in replies] == [200]
    assert price(box) == AFTER


CHILD = """
import json, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for price in (1.0, 2.0, 3.0):
    body = json.dumps({"name": "n", "description": "d", "price_retail": price}).encode()
    headers = {"Authorization": sys.argv[2], "Content-Type": "application/json"}
    opener.open(urllib.request.Request(sys.argv[1], data=body, method="PUT", headers=headers)).read()
print("survived")
"""


@pytest.mark.parametrize(("kind", "applied"), [("kill", False), ("kill_after", True)])
@pytest.mark.parametrize("named", [False, True], ids=["whoever asks", "a named process"])
def test_the_client_is_killed_at_a_request(box: Served, kind: str, applied: bool, named: bool) -> None:
    token = f"Bearer {box.credentials['token']}"
    victim = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) if named else None
    box.app.faults.add(kind, at=2, pid=victim.pid if victim else 0)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, box.url + PATH, token], capture_output=True, timeout=60, check=False
    )
    if victim:
        with victim:
            assert victim.wait(20) == -9
        assert child.returncode == 1  # its connection was reset, itself it lived on
    else:
        assert child.returncode == -9
    assert b"survived" not in child.stdout
    assert price(box) == (2.0 if applied else 1.0)
    assert [(entry.status, entry.changed) for entry in box.requests] == [(200, True), (0, applied)]


def test_the_process_of_the_sandbox_itself_is_never_killed(box: Served, client: httpx.Client) -> None:
    box.app.faults.add("kill")

    assert client.get("/me").status_code == 500
    assert client.get("/me").status_code == 200


def test_faults_strike_by_number_or_by_match_and_count() -> None:
    faults = Faults()
    faults.add("reset", at=3)
    faults.add("error", method="PUT", path="/products/*", skip=1, times=2)
    put, get = Call("PUT", "/products/1"), Call("GET", "/products/1")

    struck = [faults.take(number, call) for number, call in enumerate([put, get, get, put, put, put], 1)]

    assert [fault.kind.value if fault else "" for fault in struck] == ["", "", "reset", "error", "error", ""]


def test_a_fault_says_what_is_wrong_with_it() -> None:
    with pytest.raises(ValueError, match="no kind"):
        Fault.from_json({"at": 1})
    with pytest.raises(ValueError, match="'explode' is not a valid FaultKind"):
        Fault.from_json({"kind": "explode"})
    with pytest.raises(ValueError, match="unknown fields \\['when'\\]"):
        Fault.from_json({"kind": "reset", "when": 3})


def test_every_kind_is_carried_out_without_an_error_of_the_sandbox(box: Served, client: httpx.Client) -> None:
    silent = {kind for kind in FaultKind if kind.value.split("_")[0] in {"timeout", "reset", "cut", "kill", "hold"}}
    for kind in FaultKind:
        if kind in silent:
            continue
        box.app.reset()
        box.app.faults.add(kind)
        status = client.get("/customers").status_code
        assert status in {200, 401, 429, 503}, kind
