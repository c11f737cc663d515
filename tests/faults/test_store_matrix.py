"""The fault matrix between a store and its accounting: every fault at every request, over real HTTP, then started again.

Beside the kinds of the other matrix: faults inside a status of 200, and an app that is disconnected (``permission`` of
QuickBooks: its refresh token is refused as ``invalid_grant`` until an admin connects it again).
"""

from __future__ import annotations

import pytest

from connectors.sandbox.faults import FaultKind

ELSEWHERE = {FaultKind.KILL, FaultKind.KILL_AFTER, FaultKind.HOLD, FaultKind.HOLD_AFTER, FaultKind.SLOW}
KINDS = [*(kind.value for kind in FaultKind if kind not in ELSEWHERE), "error/200", "error_after/200", "error/500"]

#: What every run of the suite plays at the writes; ``-m faults`` plays all of them at every request.
SAMPLED = ["rate_limit", "timeout_after", "html_after", "error_after/200", "no_store", "permission"]


@pytest.mark.faults
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("job", ["sync", "one row", "prices", "stock", "product"])
async def test_every_fault_at_every_request(store_lab, matrix, job, kind):
    for system, count in (await store_lab.requests(job)).items():
        for number in range(1, count + 2):
            struck, found = await store_lab.run(job, [(system, kind, number)])
            if struck:
                matrix.add(kind, f"{job}, {system} request {number}", found)


@pytest.mark.parametrize(
    ("job", "system", "at"),
    [
        ("sync", "shop", "/products/batch"),
        ("one row", "shop", "/products/*/variations/batch"),
        ("prices", "books", "*/batch"),
        ("stock", "books", "*/inventoryadjustment"),
        ("product", "books", "*/item"),
    ],
)
async def test_every_fault_at_a_write(store_lab, matrix, job, system, at):
    """The few that every run of the suite plays: what writes in either direction, and what creates an item."""
    for kind in SAMPLED:
        struck, found = await store_lab.run(job, [(system, kind, at)])
        assert struck
        matrix.add(kind, f"{job}, {system} {at}", found)
