"""SIGKILL of the real program between a store and its accounting: at commits, and before and after every request."""

from __future__ import annotations

import asyncio

import pytest

JOBS = ["sync", "prices", "stock", "product"]


@pytest.mark.faults
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("job", JOBS)
def test_a_kill_at_every_commit(store_lab, matrix, job, when):
    for number in range(1, store_lab.commits(job) + 1):
        code, found = store_lab.killed(job, kill={"commit": number, "when": when})
        if code == -9:  # heartbeats commit by the clock: the last numbers are not reached by every run
            matrix.add(f"killed {when} a commit", f"{job}, commit {number}", found)


@pytest.mark.faults
@pytest.mark.parametrize("kind", ["kill", "kill_after"])
@pytest.mark.parametrize("job", JOBS)
def test_a_kill_at_every_request(store_lab, matrix, job, kind):
    for system, count in asyncio.run(store_lab.requests(job)).items():
        for number in range(1, count + 1):
            code, found = store_lab.killed(job, strike=(system, kind, number))
            assert code == -9
            matrix.add(f"{kind} at a request", f"{job}, {system} request {number}", found)


@pytest.mark.parametrize(
    ("job", "strike"),
    [
        ("sync", ("shop", "kill_after", "/products/batch")),
        ("prices", ("books", "kill_after", "*/batch")),
        ("stock", ("books", "kill_after", "*/inventoryadjustment")),
        ("stock", ("books", "kill_after", "*/tokens/bearer")),
    ],
)
def test_a_kill_around_a_write(store_lab, matrix, job, strike):
    """The few that every run of the suite plays; the last loses the successor of a refresh token."""
    code, found = store_lab.killed(job, strike=strike)
    assert code == -9
    matrix.add("kill_after at a request", f"{job}, {strike}", found)
