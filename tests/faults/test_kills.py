"""SIGKILL of the real program before and after every commit and at every request; then it is started again."""

from __future__ import annotations

import asyncio

import pytest

JOBS = ["sync", "product", "customer"]


@pytest.mark.faults
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("job", JOBS)
def test_a_kill_at_every_commit(lab, matrix, job, when):
    for number in range(1, lab.commits(job) + 1):
        code, found = lab.killed(job, kill={"commit": number, "when": when})
        if code == -9:  # heartbeats commit by the clock: the last numbers are not reached by every run
            matrix.add(f"killed {when} a commit", f"{job}, commit {number}", found)


@pytest.mark.faults
@pytest.mark.parametrize("kind", ["kill", "kill_after"])
@pytest.mark.parametrize("job", JOBS)
def test_a_kill_at_every_request(lab, matrix, job, kind):
    for system, count in asyncio.run(lab.requests(job)).items():
        for number in range(1, count + 1):
            code, found = lab.killed(job, strike=(system, kind, number))
            assert code == -9
            matrix.add(f"{kind} at a request", f"{job}, {system} request {number}", found)
