"""Wrong credentials, wrong address, no right, no disk, no terminal, a newer workspace: a clear word, and nothing lost."""

from __future__ import annotations

import os
import pty
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from connectors.sandbox.faults import FaultKind

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "tui"]
NOBODY = 65534


def rows(crosswalk):
    return crosswalk("list", "products", "--json").document["rows"]


def files(path):
    return {one.name: one.read_bytes() for one in path.iterdir() if one.is_file() and one.suffix == ".db"}


# ---------------------------------------------------------------------------------------------- the systems outside
def test_wrong_credentials_are_said_and_lose_nothing(crosswalk, shop, monkeypatch):
    monkeypatch.setenv("CROSSWALK_SANDBOX_SYNCRO_TOKEN", "wrong")
    before = rows(crosswalk)
    checked = crosswalk("connection", "check", "syncro")
    assert checked.code == 1
    assert "syncro" in checked.err
    assert "wrong" not in checked.err.split()  # never the secret itself
    pulled = crosswalk("pull", "--json")
    assert pulled.code in {1, 4}
    assert rows(crosswalk) == before
    listed = crosswalk("connection", "list", "--json").document["connections"]
    assert next(one for one in listed if one["name"] == "syncro")["state"] != "ok"


def test_a_secret_that_is_not_there_names_its_reference(crosswalk, shop, monkeypatch):
    monkeypatch.delenv("CROSSWALK_SANDBOX_SYNCRO_TOKEN")
    ended = crosswalk("connection", "check", "syncro")
    assert ended.code == 1
    assert "CROSSWALK_SANDBOX_SYNCRO_TOKEN" in ended.out
    pulled = crosswalk("pull")
    assert pulled.code in {1, 2, 4}
    assert "CROSSWALK_SANDBOX_SYNCRO_TOKEN" in pulled.err


def test_nobody_listens_at_the_address(crosswalk, shop):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert crosswalk("connection", "set", "syncro", "--set", f"base_url=http://127.0.0.1:{port}").code == 0
    with stamina.set_testing(True, attempts=4, cap=True):  # at once, one after the other
        ended = crosswalk("connection", "check", "syncro", "--json")
        pulled = crosswalk("pull")
    assert ended.code == 1
    assert ended.document["ok"] is False
    (failed,) = (item for item in ended.document["items"] if not item["ok"])
    assert "syncro" in failed["message"]
    assert pulled.code in {1, 4}
    assert "syncro" in pulled.err


def test_the_address_is_something_else(crosswalk, shop):
    wrong = f"base_url={shop.marketplace.origin}/nothing"
    assert crosswalk("connection", "set", "syncro", "--set", wrong).code == 0
    ended = crosswalk("connection", "check", "syncro")
    assert ended.code == 1
    assert "syncro" in ended.out + ended.err


def test_a_missing_right_is_named(crosswalk, shop):
    box = shop.syncro.app
    box.permissions = {one for one in box.permissions if "Products" not in one or "List" not in one}
    ended = crosswalk("connection", "check", "syncro", "--json")
    assert ended.code == 1
    missing = [item["name"] + item["message"] for item in ended.document["items"] if not item["ok"]]
    assert any("Products - List" in text for text in missing), missing
    pulled = crosswalk("pull")
    assert pulled.code in {1, 4}
    assert "permission" in pulled.err.lower()


def test_an_incomplete_read_keeps_what_was_known(crosswalk, shop):
    before = rows(crosswalk)
    shop.marketplace.app.faults.add(FaultKind.SHORT_PAGE, path="/products*", times=0)
    pulled = crosswalk("pull")
    assert pulled.code in {1, 4}
    assert crosswalk("plan").code == 1
    assert rows(crosswalk) == before


# ---------------------------------------------------------------------------------------------- the workspace
def test_a_damaged_workspace_is_left_as_it_is(crosswalk, shop):
    database = shop.path / "workspace.db"
    database.write_bytes(b"this is no database " * 500)
    for argv in (["list", "products"], ["pull"], ["doctor"]):
        ended = crosswalk(*argv)
        assert ended.code == 1
        assert str(shop.path) in ended.err
        assert "bug" not in ended.err
    assert database.read_bytes().startswith(b"this is no database")


def test_somebody_elses_database_is_left_alone(crosswalk, shop):
    database = shop.path / "workspace.db"
    for one in shop.path.glob("workspace.db*"):
        one.unlink()
    with sqlite3.connect(database) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = files(shop.path)
    assert crosswalk("list", "products").code == 1
    assert files(shop.path) == before


def test_a_file_in_place_of_the_directory(crosswalk, tmp_path):
    place = tmp_path / "file"
    place.write_text("mine")
    ended = crosswalk("--workspace", str(place), "connection", "list")
    assert ended.code == 1
    assert str(place) in ended.err
    assert place.read_text() == "mine"


def test_a_newer_workspace_is_refused_and_not_touched(crosswalk, shop):
    with sqlite3.connect(shop.path / "workspace.db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    before = files(shop.path)
    ended = crosswalk("list", "products", "--json")
    assert ended.code == 1
    assert "newer version" in ended.document["error"]["message"]
    assert files(shop.path) == before


@pytest.fixture
def unwritable(crosswalk, tmp_path) -> Iterator[Path]:
    """A directory that the command's user may read but not write, also where the tests run as root."""
    crosswalk("--workspace", str(tmp_path / "other"), "connection", "list")  # everything is imported by now
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o555)
        if root:
            os.seteuid(NOBODY)
        yield path
        if root:
            os.seteuid(0)
        path.chmod(0o755)


@pytest.mark.parametrize("inside", ["", "deeper/workspace"])
def test_a_read_only_directory_is_said(crosswalk, unwritable, inside):
    place = unwritable / inside
    ended = crosswalk("--workspace", str(place), "connection", "list", "--json")
    assert ended.code == 1, ended.err
    assert str(place) in ended.err
    assert "bug" not in ended.err
    assert list(unwritable.iterdir()) == []


def test_a_full_disk_is_said(shop):
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*PROGRAM, "list", "products"], stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT
        )
    assert ended.returncode == 1
    assert "No space left" in ended.stderr
    assert "Traceback" not in ended.stderr


# ---------------------------------------------------------------------------------------------- the terminal
def test_the_console_without_a_terminal_names_what_works():
    for argv in ([], ["demo"]):
        ended = subprocess.run(
            [*PROGRAM, *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd=ROOT
        )
        assert ended.returncode == 2
        assert "--headless" in ended.stderr
        assert ended.stdout == ""


def in_a_terminal(*argv, term="xterm-256color"):
    """Run on a pseudo-terminal of its own; (exit code, everything it showed)."""
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [*PROGRAM, *argv], stdin=slave, stdout=slave, stderr=slave, cwd=ROOT, env={**os.environ, "TERM": term}
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(master)
    return child.wait(30), shown.decode()


def test_a_dumb_terminal_gets_words_instead_of_a_screen(shop):
    code, shown = in_a_terminal(term="dumb")
    assert code == 2
    assert "TERM" in shown
    assert "\x1b" not in shown
    code, shown = in_a_terminal("pull", term="dumb")
    assert code == 0
    assert "\x1b" not in shown
    assert "reading" not in shown  # no line that is written over and over


def test_commands_fit_a_real_terminal(shop):
    code, shown = in_a_terminal("list", "products")
    assert code == 0
    table = [line for line in shown.replace("\r\n", "\n").split("\n") if line.startswith(("ID", "3100"))]
    assert len(table) == 31
    assert all(len(line) <= 80 for line in table)


# ---------------------------------------------------------------------------------------------- a real signal
def test_a_terminated_sync_settles_says_how_to_go_on_and_can_be_resumed(crosswalk, shop):
    for left, right in shop.pairs:
        crosswalk("map", "products", left, right)
        shop.reprice(left, f"{shop.price(right) * 1.05 + 1:.2f}")
    writes = crosswalk("plan", "--json").document["totals"]["not_sent"]
    assert writes > 1
    shop.syncro.app.faults.add(FaultKind.HOLD, method="PUT", times=0)
    child = subprocess.Popen(
        [*PROGRAM, "sync", "--all", "--yes", "--allow", "change-percent", "--allow", "below-cost"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    shop.syncro.wait_for(lambda log: any(entry.method == "PUT" for entry in log), timeout=60)
    child.send_signal(signal.SIGTERM)
    assert child.stderr is not None
    said = ""
    while "Stopping" not in said:
        said += child.stderr.readline()
    shop.syncro.app.faults.clear()
    shop.syncro.app.release()
    _, rest = child.communicate(timeout=60)
    assert child.returncode == 4, said + rest
    assert "crosswalk resume" in rest
    run = crosswalk("runs", "--json").document["runs"][0]
    assert run["state"] == "cancelled"
    assert run["totals"]["applied"] + run["totals"]["not_sent"] + run["totals"]["blocked"] == run["totals"]["planned"]
    resumed = crosswalk("resume", run["id"], "--json")
    assert resumed.code == 0, resumed.err
    assert crosswalk("plan", "--json").document["totals"]["not_sent"] == 0
