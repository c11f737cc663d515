"""Writing texts (names, descriptions, activity, custom fields): journalled, compared right before, read back.

Only a reconciliation and its undo write texts; a product sync never does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from pydantic import TypeAdapter

from engine.changes import TextChange
from engine.crm import TextOutcome, TextValue, TextWrite, WritesTexts
from engine.errors import ConnectorError
from engine.events import OutcomeRecorded, RowsChanged
from engine.fields import SIDE_NAMES
from engine.journal import Journal
from engine.model import Customer, Kind, Product, Side, utc_text
from engine.ports import Result
from engine.push_write import text_of
from engine.sync_context import SyncContext
from engine.sync_control import Control, Progress
from engine.sync_verify import REREAD_SECONDS
from engine.verdict import Settled, Verdict

_CHANGES = TypeAdapter(tuple[TextChange, ...])
Group = tuple[TextChange, ...]  # all changes of one record


class TextWriter:
    """Carries out the text changes of one run, batch by batch and side by side."""

    def __init__(self, context: SyncContext, journal: Journal, control: Control, progress: Progress) -> None:
        self._context, self._journal, self._control, self._progress = context, journal, control, progress

    async def write(self, changes: Sequence[TextChange]) -> None:
        """Until all are settled or the run is stopped."""
        for side in Side:
            size = max(1, self._context.capabilities(side).batch_size)
            for kind in dict.fromkeys(change.kind for change in changes if change.target is side):
                groups = grouped([change for change in changes if change.target is side and change.kind is kind])
                for start in range(0, len(groups), size):
                    if self._control.stopped():
                        return
                    await self._batch(side, kind, groups[start : start + size])

    async def _batch(self, side: Side, kind: Kind, groups: Sequence[Group]) -> None:
        intents = self._journal.open([self._intent(side, group) for group in groups])
        answers = await self._send(side, groups)
        try:
            settled = await settle(self._context, side, kind, groups, answers)
        except ConnectorError as error:
            self._control.fail(error)
            text = f"sent, but not read back yet ({error}); it is settled before the next run"
            settled = [(one, Verdict(Result.UNVERIFIED, text, provisional=True)) for group in groups for one in group]
            intents = []
        for outcome in self._journal.settle(settled, intents):
            self._context.events.publish(OutcomeRecorded(outcome))
        self._progress.advance(len(settled), "writing texts")
        self._context.events.publish(RowsChanged(self._context.integration, kind))

    async def _send(self, side: Side, groups: Sequence[Group]) -> dict[tuple[str, str], TextOutcome]:
        writes = [
            TextWrite(
                f"{self._journal.run_id}:text:{group[0].target_id}", group[0].target_id,
                tuple(TextValue(one.attribute, one.after, one.before) for one in group), group[0].kind,
            )
            for group in groups
        ]  # fmt: skip
        try:
            outcomes = await cast("WritesTexts", self._context.connectors[side]).write_texts(writes)
            self._control.answered(refused=False)
            ids = {write.key: write.id for write in writes}
            return {(ids[one.key], one.name): one for one in outcomes}
        except Exception as error:  # noqa: BLE001 - a connector's own fault too is an outcome
            got = self._control.trouble(error)
        return {
            (write.id, value.name): TextOutcome(
                write.key, value.name, got.result, got.message, got.code, got.request_id
            )
            for write in writes
            for value in write.values
        }

    def _intent(self, side: Side, group: Group) -> dict[str, Any]:
        return {
            "run": self._journal.run_id,
            "integration": self._context.integration,
            "state": "open",
            "op": "text",
            "connection": self._context.connections[side],
            "side": side.value,
            "kind": group[0].kind.value,
            "id": group[0].target_id,
            "name": group[0].name,
            "at": utc_text(self._context.clock.now()),
            "sent": True,
            "texts": _CHANGES.dump_python(group, mode="json"),
        }


async def settle(
    context: SyncContext,
    side: Side,
    kind: Kind,
    groups: Sequence[Group],
    answers: Mapping[tuple[str, str], TextOutcome],
) -> list[Settled]:
    """The verdict of every change, from what the system holds now; also used by recovery (every answer ``unknown``).

    Raises ``ConnectorError`` if it cannot be read.
    """
    connector, name = context.connectors[side], context.connections[side]
    found = await connector.read_some(kind, [group[0].target_id for group in groups])
    behind = [
        group[0].target_id
        for group in groups
        if any(
            answers[one.target_id, one.attribute].result in {Result.APPLIED, Result.UNKNOWN}
            and _now(found.get(one.target_id), one) != one.after
            for one in group
        )
    ]
    if behind:  # a reading may lag behind a write: asked once more, a moment later
        await context.clock.sleep(REREAD_SECONDS)
        found |= await connector.read_some(kind, behind)
    context.cache.put(name, kind, found.values())
    return [
        (one, _verdict(one, answers[one.target_id, one.attribute], _now(found.get(one.target_id), one)))
        for group in groups
        for one in group
    ]


def _verdict(change: TextChange, answer: TextOutcome, now: str | None) -> Verdict:
    made = Verdict(answer.result, answer.message, answer.code, answer.request_id, answer.found)
    if answer.result is Result.UNCHANGED or (answer.result is Result.STALE and answer.found == change.after):
        return replace(made, result=Result.UNCHANGED, found=None)
    if answer.result not in {Result.APPLIED, Result.UNKNOWN, Result.UNVERIFIED}:
        return made
    if now == change.after:
        note = "the answer was lost; settled by reading" if answer.result is Result.UNKNOWN else answer.message
        return replace(made, result=Result.APPLIED, message=note)
    where = SIDE_NAMES[change.target]
    if answer.result is Result.UNKNOWN and now == change.before:
        return replace(made, result=Result.NOT_SENT, message=f"{where} still shows the old text: nothing was written")
    shown = "no such record" if now is None else repr(now)
    text = f"{where} shows {shown} instead of {change.after!r}; check the record, then reconcile again"
    return replace(made, result=Result.UNVERIFIED, message=text, found=now)


def _now(record: object, change: TextChange) -> str | None:
    return text_of(record, change.attribute) if isinstance(record, Product | Customer) else None


def grouped(changes: Sequence[TextChange]) -> list[Group]:
    """The changes of each record together, in the order of the plan."""
    groups: dict[str, list[TextChange]] = {}
    for change in changes:
        groups.setdefault(change.target_id, []).append(change)
    return [tuple(group) for group in groups.values()]


def from_intent(doc: Mapping[str, Any]) -> Group:
    """The changes that an intent's document is about."""
    return _CHANGES.validate_python(doc["texts"])


def unknown(group: Group) -> dict[tuple[str, str], TextOutcome]:
    """Answers that say nothing: what a crash leaves."""
    return {(one.target_id, one.attribute): TextOutcome("", one.attribute, Result.UNKNOWN) for one in group}
