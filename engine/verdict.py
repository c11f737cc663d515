"""What became of one change of a run, before it is an outcome in the store."""

from __future__ import annotations

from dataclasses import dataclass

from engine.changes import Item
from engine.ports import Result
from engine.sync_context import NewMapping

GOOD = frozenset({Result.APPLIED, Result.UNCHANGED})
#: Outcomes that something was tried for: they are in the history.
TRIED = GOOD | {Result.STALE, Result.REJECTED, Result.UNVERIFIED}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one change (or creation): the outcome's own part. ``now`` is the target's value as read last."""

    result: Result
    message: str = ""
    code: str = ""
    request_id: str = ""
    found: str | None = None
    now: str | None = None
    mapping: NewMapping | None = None
    provisional: bool = False  # sent but not read back: the intent stays open
    doubted: bool = False  # the record shows the value, and it may be wrong all the same
    movement: str = ""  # the stock movement that was made for a quantity
    price: tuple[str, str] | None = None  # both sides' equal prices after a push: the baseline of the next sync


Settled = tuple[Item, Verdict]
