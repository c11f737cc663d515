"""``crosswalk schedule``, ``health`` and ``watch`` through the real command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tui.cli import main


@pytest.fixture
def at(tmp_path):
    return ["--workspace", str(tmp_path / "workspace")]


@pytest.mark.parametrize(
    ("rhythm", "code", "words"),
    [
        ("*/10 * * * *", 2, "the minimum is 15 minutes"),
        ("0 3 * * *", 0, "daily at 03:00"),
        ("0 0 31 2 *", 2, "never fires"),
        ("every 25 minutes", 2, "must divide an hour"),
        ("every 30 minutes", 0, "30 to 30 minutes apart"),
    ],
)
def test_check_says_whether_a_rhythm_is_allowed_and_why_not(at, capsys, rhythm, code, words):
    assert main([*at, "schedule", "check", rhythm]) == code
    said = capsys.readouterr()
    assert words in said.out + said.err


def test_check_names_the_next_fires_in_the_zone(at, capsys):
    assert main([*at, "schedule", "check", "daily at 02:30", "--timezone", "Asia/Tokyo", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["expression"] == "30 2 * * *"
    assert [fire[11:16] for fire in found["next"]] == ["17:30"] * 3  # 02:30 in Tokyo, in UTC
    assert main([*at, "schedule", "check", "hourly", "--timezone", "Asia/Nowhere"]) == 2


def test_unknown_schedules_and_missing_integrations_are_named(at, capsys):
    assert main([*at, "schedule", "remove", "nope"]) == 2
    assert "no schedule 'nope'" in capsys.readouterr().err
    assert main([*at, "schedule", "add", "hourly"]) == 2
    assert "no integration yet" in capsys.readouterr().err


def test_a_schedule_is_added_listed_paused_and_removed(at, capsys, tmp_path):
    for name in ("shop", "books"):
        (tmp_path / f"{name}.csv").write_text("id,name,price\n1,Chair,10\n")
        assert main([*at, "connection", "add", name, "files", "--set", f"products.path={tmp_path}/{name}.csv"]) == 0
    assert main([*at, "integration", "add", "trial", "shop", "books"]) == 0
    capsys.readouterr()
    assert main([*at, "schedule", "add", "every 2 hours", "--fields", "price", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)["schedule"]
    assert (made["expression"], made["fields"], made["integration"]) == ("0 */2 * * *", ["price"], "trial")
    assert main([*at, "health"]) == 1
    assert "no scheduler is running" in capsys.readouterr().out
    assert main([*at, "schedule", "run", made["id"]]) == 0
    assert main([*at, "schedule", "pause", made["id"]]) == 0
    assert main([*at, "health", "--json"]) == 0
    capsys.readouterr()
    assert main([*at, "schedule", "list"]) == 0
    assert "every 2 hours" in (listed := capsys.readouterr().out)
    assert "paused" in listed
    assert main([*at, "schedule", "continue", made["id"]]) == 0
    assert main([*at, "schedule", "remove", made["id"]]) == 0
    capsys.readouterr()
    assert main([*at, "schedule", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schedules": []}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_watch_ends_in_order(at, number):
    command = [sys.executable, "-m", "tui", *at, "watch"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as watching:
        assert watching.stderr is not None
        assert "Watching 0 schedules" in watching.stderr.readline()
        watching.send_signal(number)
        assert "Stopped in order" in watching.stderr.read()
        assert watching.wait() == 0
