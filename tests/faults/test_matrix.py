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
