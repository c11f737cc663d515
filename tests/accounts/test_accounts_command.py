"""``crosswalk accounts`` as a process of its own: policies set against the org, simulated, run, killed and run again."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import pytest

from connectors.sandbox.faults import Fault, FaultKind
from engine.changes import Purpose
from engine.errors import UsageError
from tests.accounts.conftest import Buyers


async def crosswalk(shop: Buyers, *argv: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr; a negative code is the signal that ended it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui", "--workspace", str(shop.ws.path), *argv,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def document(shop: Buyers, *argv: str, code: int = 0) -> Any:
    ended, out, err = await crosswalk(shop, "--json", *argv)
    assert ended == code, f"{out}\n{err}"
    return json.loads(out)


@pytest.fixture
def far_back(shop: Buyers) -> Buyers:
    """Processes have the real clock: orders are looked at as far back as it goes."""
    shop.ws.set_integration("acme", {"accounts.days": "365", "accounts.with_profile": "ask"})
    return shop


async def test_a_policy_is_set_only_with_a_record_type_that_the_org_offers(far_back: Buyers) -> None:
    told = await document(far_back, "accounts", "policy", "show")
    assert told["person_accounts"]["enabled"] is True
    assert [one["name"] for one in told["person_accounts"]["record_types"]] == ["Person Account"]
    code, _, err = await crosswalk(
        far_back, "accounts", "policy", "set", "--with-profile", "person_account", "--record-type", "Partner"
    )
    assert code == 2
    assert "Partner is no active person-account record type. Active ones: Person Account (" in err
    assert "nothing was saved" in err
    assert far_back.ws.integration("acme").settings.accounts.with_profile == "ask"

    set_ = ("accounts", "policy", "set", "--with-profile", "person_account", "--record-type", "Person Account")
    assert (await document(far_back, *set_))["policy"]["with_profile"] == "person_account"
    assert far_back.ws.integration("acme").settings.accounts.record_type == "Person Account"


@pytest.mark.parametrize(("kind", "stored"), [(FaultKind.KILL, 1), (FaultKind.KILL_AFTER, 2)])
async def test_simulated_then_run_and_a_killed_run_makes_nobody_twice(
    far_back: Buyers, kind: FaultKind, stored: int
) -> None:
    given = ("--with-profile", "person_account", "--record-type", "Person Account")
    simulated = await document(far_back, "accounts", "policy", "simulate", *given)
    await document(far_back, "accounts", "policy", "set", *given)
    shown = await document(far_back, "accounts", "run", "--dry-run")
    assert shown["counts"] == simulated["counts"]
    made = [one for one in shown["buyers"] if one["step"] == "create" and not one["with_order"]]
    before = len(far_back.accounts)
    assert len(made) > 2

    far_back.crm.faults.add(Fault(kind, method="POST", path="*composite*", skip=1))
    code, _, _ = await crosswalk(far_back, "accounts", "run", "--yes")
    assert code == -9
    assert len(far_back.accounts) == before + stored  # the second one's answer was never heard, or it never came
    await crosswalk(far_back, "accounts", "run", "--yes", "--json")
    await document(far_back, "accounts", "run", "--yes")
    assert len(far_back.accounts) == before + len(made)
    again = await document(far_back, "accounts", "run", "--yes")
    assert (again["run"], again["linked"]) == (None, [])


async def test_the_queue_is_listed_and_answered(far_back: Buyers) -> None:
    await document(far_back, "accounts", "run", "--yes")
    waiting = (await document(far_back, "accounts", "queue"))["waiting"]
    one = next(entry for entry in waiting if entry["hits"])
    code, _, err = await crosswalk(far_back, "accounts", "answer", one["order"])
    assert (code, "say one of --use ID, --create FORM, --skip and --ask" in err) == (2, True)
    code, _, err = await crosswalk(far_back, "accounts", "answer", "DEMO-7", "--skip")
    assert (code, "nothing was decided" in err) == (2, True)
    code, out, _ = await crosswalk(far_back, "accounts", "answer", one["order"], "--use", one["hits"][0]["id"])
    assert (code, one["hits"][0]["id"] in out) == (0, True)
    left = (await document(far_back, "accounts", "queue"))["waiting"]
    assert one["key"] not in [entry["key"] for entry in left]
    assert len(left) == len(waiting) - 1


async def test_a_schedule_keeps_buyers_and_says_who_waits(far_back: Buyers) -> None:
    code, out, _ = await crosswalk(far_back, "schedule", "add", "every 30 minutes", "--accounts")
    assert (code, "accounts */30 * * * *" in out) == (0, True)
    (schedule,) = far_back.ws.schedules.all()
    assert schedule.purpose is Purpose.ACCOUNTS
    with pytest.raises(UsageError, match="keeping buyers has no fields"):
        far_back.ws.schedules.add(
            "acme", "daily at 02:30", "UTC", fields=schedule.fields or ["price"], purpose=Purpose.ACCOUNTS
        )
    await far_back.ws.scheduler().run_once(schedule)
    after = far_back.ws.schedules.get(schedule.id)
    assert "linked" in after.last_result
    assert after.last_good is not None
    assert any("wait for a person" in alarm.message for alarm in far_back.ws.alarms())


async def test_systems_without_orders_or_accounts_are_told_so(far_back: Buyers) -> None:
    far_back.ws.add_connection("books", "files", {"customers.path": str(far_back.ws.path / "none.csv")})
    far_back.ws.add_integration("other", "ultracart", "books", {})
    code, _, err = await crosswalk(far_back, "accounts", "run", "--yes", "--integration", "other")
    assert (code, "books has no accounts and contacts" in err) == (2, True)


@pytest.mark.parametrize("shop", [{"people": False}], indirect=True)
async def test_an_org_without_person_accounts_is_told_and_refused_that_policy(far_back: Buyers) -> None:
    code, out, err = await crosswalk(far_back, "accounts", "policy", "show")
    assert code == 0
    assert "the org has no person accounts" in out + err
    code, _, err = await crosswalk(far_back, "accounts", "policy", "set", "--without-profile", "person_account")
    assert code == 2
    assert "this org has no person accounts: choose account_and_contact" in err
    told = await document(far_back, "accounts", "policy", "set", "--with-profile", "account_and_contact")
    assert told["policy"]["with_profile"] == "account_and_contact"
    simulated = await document(far_back, "accounts", "policy", "simulate")
    assert {one["form"] for one in simulated["buyers"] if one["step"] == "create"} == {"account_and_contact"}
