"""``crosswalk connection login``: the code on stderr, how it ended on stdout, and an exit code that says it too."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.crm_world import CrmWorld
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.ultracart import UltraCart
from engine.events import LoginWaiting
from engine.ports import LoginCode, LoginEnd, LoginResult

CODE = LoginCode("BCDF-GHJK", "https://example.com/device", 600, "https://example.com/device?user_code=BCDF-GHJK")


@pytest.fixture
def ending(ws) -> Callable[..., None]:
    """``ending("denied")``: the code is shown, and that is how it ends."""

    def script(end: str, code: LoginCode = CODE, account: str = "") -> None:
        async def log_in(name: str) -> LoginResult:
            ws.events.publish(LoginWaiting(name, code, datetime(2026, 3, 1, 12, 10, tzinfo=UTC)))
            return LoginResult(LoginEnd(end), account)

        ws.answers["log_in"] = log_in

    return script


@pytest.fixture(scope="module")
def account() -> Iterator[Served]:
    world = CrmWorld.make(seed=3, items=12)
    with serve_in_thread(UltraCart(world, rate=0, interval=0.01, auto_grant=True)) as served:
        yield served


@pytest.fixture
def connected(account, crosswalk, tmp_path, monkeypatch) -> Path:
    """A workspace with one UltraCart connection that nobody has logged in to, and one of files."""
    account.app.reset()
    account.app.oauth.auto, account.app.oauth.interval = True, 0.01
    path = tmp_path / "workspace"
    monkeypatch.setenv("CROSSWALK_WORKSPACE", str(path))
    options = {**account.options, "client_id": "crosswalk-app"}
    assert crosswalk("connection", "add", "uc", "ultracart", *(f"--set={k}={v}" for k, v in options.items())).code == 0
    assert crosswalk("connection", "add", "books", "files", "--set=products.path=books.csv").code == 0
    return path


def test_the_person_is_told_what_to_do(crosswalk, ending) -> None:
    ending("granted", account="DEMO")
    ended = crosswalk("connection", "login", "uc")
    assert ended.err.splitlines() == [
        "Open on any device:  https://example.com/device",
        "and type the code:   BCDF-GHJK",
        "or open:             https://example.com/device?user_code=BCDF-GHJK",
        "Waiting until 12:10:00 UTC; Ctrl-C stops waiting.",
    ]
    assert ended.out == "uc: logged in (account DEMO). Test it: crosswalk connection check uc\n"
    assert ended.code == 0


@pytest.mark.parametrize(("end", "words"), [("denied", "was denied"), ("expired", "code ended")])
def test_a_login_that_is_not_granted_fails_and_says_why(crosswalk, ending, end, words) -> None:
    ending(end)
    ended = crosswalk("connection", "login", "uc")
    assert (ended.code, ended.out) == (1, "")
    assert words in ended.err
    assert ended.err.endswith("Nothing changed. Try again: crosswalk connection login uc\n")
    told = crosswalk("connection", "login", "uc", "--json")
    assert (told.code, told.document) == (1, {"connection": "uc", "outcome": end, "account": ""})


def test_what_a_system_calls_a_code_is_never_obeyed_by_the_terminal(crosswalk, ending) -> None:
    ending("granted", LoginCode("\x1b[31mX", "https://example.com/\x07", 60), account="\x1b]0;x")
    ended = crosswalk("connection", "login", "uc")
    assert "\x1b" not in ended.err + ended.out
    assert "\x07" not in ended.err


def test_a_login_over_real_http_makes_the_connection_work(crosswalk, connected, account) -> None:
    before = crosswalk("connection", "check", "uc", "--json")
    assert (before.code, before.document["items"][0]["name"]) == (1, "Login")
    assert "crosswalk connection login uc" in before.document["items"][0]["message"]
    (state,) = [one for one in crosswalk("connection", "list", "--json").document["connections"] if one["name"] == "uc"]
    assert (state["state"], state["logs_in"]) == ("reconnect needed", True)

    ended = crosswalk("connection", "login", "uc", "--json")

    assert (ended.code, ended.document) == (0, {"connection": "uc", "outcome": "granted", "account": "DEMO"})
    (waited,) = [line for line in ended.err.splitlines() if "type the code" in line]
    assert len(waited.split()[-1]) == len("BCDF-GHJK")
    assert crosswalk("connection", "check", "uc").code == 0
    kept = json.loads((connected / "tokens" / "uc.json").read_text())
    assert kept["refresh_token"] == account.app.oauth.refresh_token
    database = (connected / "workspace.db").read_bytes()
    assert all(kept[name].encode() not in database for name in ("refresh_token", "access_token"))


def test_a_revoked_login_says_reconnect_where_it_is_looked_at(crosswalk, connected, account) -> None:
    assert crosswalk("connection", "login", "uc").code == 0
    account.app.oauth.restart()
    assert crosswalk("connection", "check", "uc").code == 1
    (state,) = [one for one in crosswalk("connection", "list", "--json").document["connections"] if one["name"] == "uc"]
    assert state["state"] == "reconnect needed"
    assert "Log in: crosswalk connection login uc" in state["message"]


def test_a_connection_without_a_login_says_what_to_do_instead(crosswalk, connected) -> None:
    ended = crosswalk("connection", "login", "books", "--json")
    assert ended.code == 2
    assert ended.document["error"]["message"] == (
        "books (Files) has no login with a code. Files need no credentials. Nothing was sent"
    )
    assert crosswalk("connection", "login", "nobody").code == 2


def test_every_system_without_a_login_says_how_it_gets_new_credentials() -> None:
    from connectors.registry import EntryPointRegistry

    kinds = [kind for kind in EntryPointRegistry().types() if kind.name not in {"files", "ultracart"}]
    assert len(kinds) >= 6
    for kind in kinds:
        assert "test the connection" in kind.reconnect, kind.name
        assert not kind.logs_in({option.name: "x" for option in kind.options}), kind.name


def test_ctrl_c_stops_waiting_and_changes_nothing(connected, account) -> None:
    account.app.oauth.auto, account.app.oauth.interval = False, 600
    command = [sys.executable, "-m", "tui", "connection", "login", "uc"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            shown: list[str] = []
            while not any("Ctrl-C" in line for line in shown):
                shown.append(_line(child))
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=30)
        finally:
            child.kill()
    assert (child.returncode, out, err) == (130, "", "crosswalk: interrupted\n")
    assert not (connected / "tokens" / "uc.json").exists()


def _line(child: Any) -> str:
    line: str = child.stderr.readline()
    assert line, "it ended by itself"
    return line
