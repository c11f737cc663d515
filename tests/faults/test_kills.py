"""SIGKILL of the real program before and after every commit and at every request; then it is started again."""

from __future__ import annotations

import asyncio
import random

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


def test_a_kill_around_the_middle_of_a_sync(lab, matrix):
    """The few that every run of the suite plays."""
    for number in (8, 10):
        for when in ("before", "after"):
            _, found = lab.killed("sync", kill={"commit": number, "when": when})
            matrix.add(f"killed {when} a commit", f"sync, commit {number}", found)
    for kind in ("kill", "kill_after"):
        code, found = lab.killed("sync", strike=("psa", kind, 8))
        assert code == -9
        matrix.add(f"{kind} at a request", "sync, psa request 8", found)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(10))
def test_fifty_random_kills_and_kills_of_the_recovery(lab, matrix, seed):
    """Five hundred in all: at a random commit or request, and half of them killed again while they recover."""
    dice = random.Random(seed)
    for _ in range(50):
        job = dice.choice(JOBS)

        def commit():
            return {"commit": dice.randint(1, 14), "when": dice.choice(["before", "after"])}

        later = [commit() for _ in range(dice.randint(0, 2))]
        if dice.random() < 0.5:
            how = {"kill": commit()}
        else:
            count = asyncio.run(lab.requests(job))
            system = dice.choice([name for name in count if count[name]])
            how = {"strike": (system, dice.choice(["kill", "kill_after"]), dice.randint(1, count[system]))}
        _, found = lab.killed(job, **how, later=later)
        matrix.add("random kill", f"{job} {how} {later}", found)
