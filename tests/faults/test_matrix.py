"""Every fault at every request of a sync and of a creation, over real HTTP; then the program is started again."""

from __future__ import annotations

import pytest

from connectors.sandbox.faults import FaultKind

#: A client that is killed or waits for a test has a file of its own; slow is no fault.
ELSEWHERE = {FaultKind.KILL, FaultKind.KILL_AFTER, FaultKind.HOLD, FaultKind.HOLD_AFTER, FaultKind.SLOW}
KINDS = [kind for kind in FaultKind if kind not in ELSEWHERE]


@pytest.mark.faults
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("job", ["sync", "one row", "product", "customer"])
async def test_every_fault_at_every_request(lab, matrix, job, kind):
    for system, count in (await lab.requests(job)).items():
        for number in range(1, count + 2):
            struck, found = await lab.run(job, [(system, kind, number)])
            if struck:
                matrix.add(kind.value, f"{job}, {system} request {number}", found)


@pytest.mark.parametrize(
    ("job", "system", "at"),
    [("sync", "psa", "PUT"), ("sync", "psa", 8), ("product", "psa", "POST"), ("customer", "market", 2)],
)
async def test_every_fault_at_a_write(lab, matrix, job, system, at):
    """The few that every run of the suite plays: the writes and the middle of a sync, and what creates a record."""
    for kind in KINDS:
        struck, found = await lab.run(job, [(system, kind, at)])
        assert struck
        matrix.add(kind.value, f"{job}, {system} request {at}", found)


async def test_what_is_stored_nowhere_ends_unverified(lab, shop):
    """A system that answers 200 and keeps nothing is believed by its record, not by its answer."""
    path = lab.fresh()
    shop.psa.app.faults.add("no_store", method="PUT", times=0)
    ws = shop.open(path)
    try:
        plan = await ws.plan(None)
        run = await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
        assert run.totals.unverified == len(plan.sending) == run.totals.planned
        assert shop.psa.state.tables["products"] == shop.before["psa"]["products"]
        shop.well_again()
        plan = await ws.plan(None)
        run = await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
        assert run.totals.applied == len(plan.sending) == run.totals.planned
    finally:
        await ws.close()
