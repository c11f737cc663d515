"""The parts of a batch on their way, and how each field ends: shared by the writers of quantities and of variants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.shopify.merge import Merge
from engine.model import Field
from engine.ports import RecordWrite, Result, WriteOutcome

Outcomes = dict[tuple[int, Field], WriteOutcome]


@dataclass(frozen=True, slots=True)
class Job:
    """One write of the batch, its place in it, the product its variant belongs to, and what it came to."""

    at: int
    write: RecordWrite
    product: str  # global id
    merged: Merge


@dataclass(frozen=True, slots=True)
class Ended:
    """How one field of a request ended."""

    result: Result
    message: str = ""
    code: str = ""
    request_id: str = ""
    found: str | None = None


def end(outcomes: Outcomes, job: Job, field: Field, how: Ended) -> None:
    outcomes[job.at, field] = WriteOutcome(
        job.write.key, field, how.result, how.message, how.code, how.request_id, how.found
    )


def end_rest(
    outcomes: Outcomes, at: int, write: RecordWrite, how: Ended, fields: Iterable[Field] | None = None
) -> None:
    """End what has no outcome yet: those of ``fields``, or all of the write."""
    for change in write.fields:
        if fields is None or change.field in set(fields):
            outcomes.setdefault(
                (at, change.field),
                WriteOutcome(write.key, change.field, how.result, how.message, how.code, how.request_id, how.found),
            )


def fill(outcomes: Outcomes, writes: Sequence[RecordWrite], how: Ended) -> None:
    for at, write in enumerate(writes):
        end_rest(outcomes, at, write, how)
