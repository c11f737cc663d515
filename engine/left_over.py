"""Pure: the rows that an automatic run leaves to a person, in words: they must not wait unseen behind green runs."""

from __future__ import annotations

from collections import Counter

from engine.changes import Plan
from engine.model import Status

#: Statuses that go away by nothing but a person, worst first, and what that person does.
_NEEDED = {
    Status.UNVERIFIED: "unverified",
    Status.BROKEN: "with a counterpart that is gone",
    Status.CONFLICT: "in conflict",
    Status.NEEDS_CHOICE: "with a choice to be made",
    Status.AMBIGUOUS: "ambiguous",
    Status.FIRST_SYNC: "never synced before (preview them and sync by hand once)",
}


def left_to_people(plan: Plan) -> Counter[str]:
    """How many rows of each kind the plan blocks until a person decides; a row counts once, by its worst status."""
    worst: dict[tuple[str, str], Status] = {}
    order = list(_NEEDED)
    for change in plan.changes:
        if change.blocked and change.status in _NEEDED:
            key = (change.kind.value, change.storefront_id)
            worst[key] = min(worst.get(key, change.status), change.status, key=order.index)
    found = Counter(worst.values())
    return Counter({_NEEDED[status]: found[status] for status in order if found[status]})


def sentence(left: Counter[str]) -> str:
    """``3 rows wait for a person: 2 in conflict, 1 unverified``."""
    count = left.total()
    parts = ", ".join(f"{number:,} {what}" for what, number in left.items())
    return f"{count:,} {'row waits' if count == 1 else 'rows wait'} for a person: {parts}"
