"""The admin's command for alarms: told once, as JSON on stdin, without a shell; what goes wrong with it hurts no run."""

from __future__ import annotations

import json
import sys
import threading
from datetime import UTC, datetime

import pytest

from engine.alarm_hook import AlarmHook, read_hook
from engine.alarms import Alarms
from engine.errors import UsageError
from engine.events import Events
from engine.store import open_store

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FixedClock:
    def now(self):
        return AT


def write(directory, text):
    path = directory / "crosswalk.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def python(code, *words):
    return "on_alarm = " + json.dumps([sys.executable, "-c", code, *words]) + "\n"


@pytest.fixture
def store(tmp_path):
    made = open_store(tmp_path / "workspace.db")
    yield made
    made.close()


@pytest.fixture
def alarms(tmp_path, store):
    return Alarms(store, FixedClock(), Events(), "tester", AlarmHook(tmp_path))


KEEP = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"


def test_every_alarm_is_told_once_in_order_as_json(tmp_path, alarms):
    out = tmp_path / "told; echo $HOME"  # no shell looks at it
    write(tmp_path, python(KEEP, str(out)))
    alarms.raise_("shop", "the nightly sync\ndid not run")
    alarms.raise_("shop", "the nightly sync\ndid not run")
    alarms.raise_("books", "second", "warning")
    alarms.close()
    first, second = [json.loads(line) for line in out.read_text().splitlines()]
    assert first == {
        "id": 1,
        "at": "2026-01-01T12:00:00.000000+00:00",
        "integration": "shop",
        "severity": "error",
        "message": "the nightly sync\ndid not run",
        "workspace": str(tmp_path),
    }
    assert (second["id"], second["integration"], second["severity"]) == (2, "books", "warning")
    assert next((one.id, one.told, one.text) for one in alarms.all(open_only=True)) == (2, "told", "second")


def test_two_processes_tell_an_alarm_once(tmp_path, store, alarms):
    out = tmp_path / "told"
    write(tmp_path, python(KEEP, str(out)))
    other = Alarms(store, FixedClock(), Events(), "somebody else", AlarmHook(tmp_path))
    alarms.raise_("shop", "the same")
    other.raise_("shop", "the same")
    alarms.close()
    other.close()
    assert len(out.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (python("import sys; sys.exit('the pager is out of paper')"), "ended with 1: the pager is out of paper"),
        ('on_alarm = ["/no/such/program"]', "/no/such/program cannot be run"),
        (python("import time; time.sleep(60)") + "on_alarm_seconds = 0.2", "took longer than 0.2 s and was stopped"),
        ('on_alarm = "mail admin"', "on_alarm is a list of words"),
        ('on_alarm = ["", "x"]', "on_alarm is a list of words"),
        ("on_alarm = [", "cannot be used"),
        ('on_alarms = ["mail"]', "unknown on_alarms"),
        ('on_alarm = ["mail"]\non_alarm_seconds = 1e9', "a number up to 300"),
    ],
)
def test_a_command_that_fails_is_recorded_with_the_alarm_and_disturbs_nothing(tmp_path, alarms, text, reason):
    write(tmp_path, text)
    alarms.raise_("shop", "the nightly sync did not run")
    alarms.close()
    (one,) = alarms.all(open_only=True)
    assert one.told.startswith("on_alarm failed: ")
    assert reason in one.told
    assert one.text == f"the nightly sync did not run ({one.told})"


def test_a_command_that_does_not_read_is_told_all_the_same(tmp_path, alarms):
    write(tmp_path, python("pass"))
    alarms.raise_("shop", "x" * 1_000_000)
    alarms.close()
    assert alarms.all(open_only=True)[0].told == "told"


def test_raising_an_alarm_does_not_wait_for_the_command(tmp_path, alarms):
    gate = tmp_path / "gate"
    code = "import os, sys\nwhile not os.path.exists(sys.argv[1]): pass"
    write(tmp_path, python(code, str(gate)))
    alarms.raise_("shop", "one")
    assert alarms.all(open_only=True)[0].told == "", "the command still runs"
    closing = threading.Thread(target=alarms.close)
    closing.start()
    gate.touch()
    closing.join()
    assert alarms.all(open_only=True)[0].told == "told"


def test_without_a_file_or_a_command_nobody_is_told(tmp_path, alarms):
    alarms.raise_("shop", "one")
    write(tmp_path, "on_alarm = []")
    alarms.raise_("shop", "two")
    alarms.close()
    assert {one.told for one in alarms.all(open_only=True)} == {""}


def test_a_file_that_others_can_write_names_no_command(tmp_path):
    path = write(tmp_path, 'on_alarm = ["mail"]')
    assert read_hook(tmp_path).argv == ("mail",)
    path.chmod(0o666)
    with pytest.raises(UsageError, match="chmod go-w"):
        read_hook(tmp_path)
