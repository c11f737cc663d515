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
    said = json.loads(capsys.readouterr().out)
    made = said["schedule"]
    assert said["recommended"]["words"] == "every 15 minutes"
    assert said["warning"] == ""
    assert (made["expression"], made["fields"], made["integration"]) == ("0 */2 * * *", ["price"], "trial")
    assert main([*at, "health"]) == 1
    assert "no scheduler is running" in capsys.readouterr().out
    assert main([*at, "schedule", "recommend"]) == 0
    assert "every 15 minutes is recommended: shop 0 rows" in capsys.readouterr().out
    assert main([*at, "schedule", "run", made["id"]]) == 0
    assert main([*at, "schedule", "pause", made["id"]]) == 0
    capsys.readouterr()
    assert main([*at, "health", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["healthy"], document["problems"], document["alarms"]) == (True, [], [])
    assert [one["id"] for one in document["schedules"]] == [made["id"]]
    assert {one["name"] for one in document["connections"]} == {"shop", "books"}
    assert main([*at, "schedule", "list"]) == 0
    assert "every 2 hours" in (listed := capsys.readouterr().out)
    assert "paused" in listed
    assert main([*at, "schedule", "continue", made["id"]]) == 0
    assert main([*at, "schedule", "remove", made["id"]]) == 0
    capsys.readouterr()
    assert main([*at, "schedule", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schedules": []}


def test_a_schedule_is_changed_and_what_is_left_out_stays(at, capsys, tmp_path):
    for name in ("shop", "books"):
        (tmp_path / f"{name}.csv").write_text("id,name,price\n1,Chair,10\n")
        assert main([*at, "connection", "add", name, "files", "--set", f"products.path={tmp_path}/{name}.csv"]) == 0
    assert main([*at, "integration", "add", "trial", "shop", "books"]) == 0
    capsys.readouterr()
    add = ["schedule", "add", "every 2 hours", "--fields", "price", "--ids", "1", "--overwrite", "backoffice", "--json"]
    assert main([*at, *add]) == 0
    id = json.loads(capsys.readouterr().out)["schedule"]["id"]

    def change(*argv):
        code = main([*at, "schedule", "change", id, *argv, "--json"])
        told = capsys.readouterr()
        return (json.loads(told.out)["schedule"] if code == 0 else told.err), code

    now, _ = change("daily at 02:30", "--timezone", "Europe/Berlin")
    assert (now["expression"], now["timezone"], now["fields"], now["ids"]) == (
        "30 2 * * *",
        "Europe/Berlin",
        ["price"],
        ["1"],
    )
    assert now["overwrite"] == "backoffice"
    now, _ = change("--fields", "all", "--ids", "all", "--overwrite", "masters", "--kinds", "products")
    assert (now["expression"], now["fields"], now["ids"], now["overwrite"]) == ("30 2 * * *", [], [], None)
    assert now["kinds"] == ["products"]
    for wrong, words in (
        ("every 5 minutes", "minimum"),
        ("--overwrite=nobody", "choose from"),
        ("--fields=colour", "colour"),
    ):
        said, code = change(wrong)
        assert code == 2
        assert words in said
    assert main([*at, "schedule", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schedules"][0]["schedule"] == now


def test_an_automatic_sync_that_accounting_would_always_refuse_is_not_saved(at, capsys):
    grant = ("realm_id=1", "client_id=app", "client_secret=env:APP", "refresh_token=env:TOKEN")
    store = ("base_url=https://shop.example", "consumer_key=env:CK", "consumer_secret=env:CS")
    for name, type, options in (("shop", "woocommerce", store), ("books", "quickbooks", grant)):
        assert main([*at, "connection", "add", name, type, *(f"--set={one}" for one in options)]) == 0
    masters = ("--set=masters.price=backoffice", "--set=masters.quantity=backoffice", "--set=fields=price,quantity")
    assert main([*at, "integration", "add", "trial", "shop", "books", *masters]) == 0
    both = ("schedule", "add", "hourly", "--fields", "price,quantity")
    assert main([*at, *both]) == 0, "the store takes either or both"
    capsys.readouterr()
    assert main([*at, *both, "--overwrite", "backoffice"]) == 2
    assert "books takes price or quantity in one sync" in capsys.readouterr().err
    assert (
        main(
            [*at, "integration", "set", "trial", "--set=masters.price=storefront", "--set=masters.quantity=storefront"]
        )
        == 0
    )
    assert main([*at, *both]) == 2
    assert main([*at, "schedule", "add", "hourly", "--fields", "price", "--overwrite", "backoffice"]) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_watch_ends_in_order(at, number):
    command = [sys.executable, "-m", "tui", *at, "watch"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as watching:
        assert watching.stderr is not None
        assert "Watching 0 schedules" in watching.stderr.readline()
        watching.send_signal(number)
        assert "Stopped in order" in watching.stderr.read()
        assert watching.wait() == 0


def test_sighup_reads_everything_anew_and_says_what_is_wrong(at, tmp_path):
    hook = tmp_path / "workspace" / "crosswalk.toml"
    command = [sys.executable, "-m", "tui", *at, "watch"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as watching:
        assert watching.stderr is not None
        assert "alarms go to" not in watching.stderr.readline()
        hook.write_text('on_alarm = ["pager"]')
        hook.chmod(0o600)
        watching.send_signal(signal.SIGHUP)
        assert watching.stderr.readline().startswith("Read anew: 0 schedules, alarms go to pager")
        hook.write_text("on_alarm = 5")
        watching.send_signal(signal.SIGHUP)
        assert "on_alarm is a list of words" in watching.stderr.readline()
        watching.send_signal(signal.SIGTERM)
        assert watching.wait() == 0


def test_the_command_for_alarms_can_be_tried(at, tmp_path, capsys):
    assert main([*at, "alarms", "--test"]) == 2
    assert "no on_alarm in" in capsys.readouterr().err
    out = tmp_path / "told"
    hook = tmp_path / "workspace" / "crosswalk.toml"
    code = "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())"
    hook.write_text(f"on_alarm = {json.dumps([sys.executable, '-c', code, str(out)])}")
    hook.chmod(0o600)
    assert main([*at, "alarms", "--test"]) == 0
    assert json.loads(out.read_text())["message"].startswith("This is a test")
    hook.write_text('on_alarm = ["/no/such/program"]')
    assert main([*at, "alarms", "--test", "--json"]) == 1
    assert "cannot be run" in json.loads(capsys.readouterr().out.partition("\n")[2])["result"]


def test_a_one_shot_command_tells_of_the_alarm_it_raises(at, tmp_path, capsys):
    """A scheduled sync that cannot read raises an alarm; ``schedule run`` waits for the command that is told of it."""
    for name in ("shop", "books"):
        (tmp_path / f"{name}.csv").write_text("id,name,price\n1,Chair,10\n")
        assert main([*at, "connection", "add", name, "files", "--set", f"products.path={tmp_path}/{name}.csv"]) == 0
    assert main([*at, "integration", "add", "trial", "shop", "books"]) == 0
    out, hook = tmp_path / "told", tmp_path / "workspace" / "crosswalk.toml"
    code = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"
    hook.write_text(f"on_alarm = {json.dumps([sys.executable, '-c', code, str(out)])}")
    hook.chmod(0o600)
    capsys.readouterr()
    assert main([*at, "schedule", "add", "hourly", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)["schedule"]["id"]
    (tmp_path / "shop.csv").unlink()
    assert main([*at, "schedule", "run", made]) == 1
    assert main([*at, "schedule", "run", made]) == 1
    (told,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert (told["integration"], told["severity"]) == ("trial", "error")
    assert "shop.csv" in told["message"]
    capsys.readouterr()
    assert main([*at, "health"]) == 1
    assert "alarm of trial" in capsys.readouterr().out


def test_a_push_is_scheduled_where_the_back_office_has_price_books_and_refused_elsewhere(at, capsys, tmp_path):
    for name in ("shop", "erp"):
        assert main([*at, "connection", "add", name, "files", f"--set=products.path={tmp_path / name}.csv"]) == 0
    assert main([*at, "connection", "add", "cart", "ultracart", "--set=simple_key=env:KEY"]) == 0
    crm = ("--set=base_url=https://acme.my.salesforce.com", "--set=client_id=me", "--set=client_secret=env:SECRET")
    assert main([*at, "connection", "add", "crm", "salesforce", *crm]) == 0
    assert main([*at, "integration", "add", "files", "shop", "erp"]) == 0
    assert main([*at, "integration", "add", "main", "cart", "crm"]) == 0
    capsys.readouterr()
    assert main([*at, "schedule", "add", "hourly", "--push", "--integration", "files"]) == 2
    assert "erp has no price books to push products into" in capsys.readouterr().err
    for wrong in (["--fields", "price"], ["--overwrite", "backoffice"], ["--kinds", "fees"]):
        assert main([*at, "schedule", "add", "hourly", "--push", "--integration", "main", *wrong]) == 2
        assert "nothing was saved" in capsys.readouterr().err
    assert main([*at, "schedule", "add", "every 30 minutes", "--push", "--integration", "main", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schedule"]["purpose"] == "push"
    assert main([*at, "schedule", "list", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["schedules"]
    assert (one["schedule"]["purpose"], one["schedule"]["expression"]) == ("push", "*/30 * * * *")
