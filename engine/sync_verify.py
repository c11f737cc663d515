"""Settling a write by reading it back: an answer is only an answer, the record is what counts.

Applied but not seen, or seen and doubted by the connector -> unverified. Unknown and seen -> applied. Unknown and still the
old value -> written once more (an absolute value, so sending it twice does no harm), then not sent. Anything else ->
unverified, for a person to look at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from engine.changes import Change
from engine.errors import ConnectorError
from engine.fields import SIDE_NAMES, display, same
from engine.model import Field, Record, Side
from engine.ports import RecordWrite, Result, WriteOutcome
from engine.settings import IntegrationSettings
from engine.sync_context import SyncContext
from engine.sync_control import Control
from engine.sync_targets import Seen, Target, judge
from engine.verdict import Verdict

REREAD_SECONDS = 0.5  # before a reading that does not show what was written is asked for once more

Answers = dict[Field, WriteOutcome]
Verdicts = dict[Field, Verdict]
Ask = Callable[[Side, Sequence[RecordWrite]], Awaitable[list[Answers]]]
Read = Callable[[Side, Sequence[Target]], Awaitable[dict[str, Record]]]

_READ = frozenset({Result.APPLIED, Result.UNKNOWN, Result.UNVERIFIED})
#: Answers to a second attempt that say nothing of what became of the first.
_REFUSED = frozenset({Result.STALE, Result.REJECTED, Result.NOT_SENT, Result.BLOCKED})


def verdict(
    change: Change, answer: WriteOutcome, record: Record | None, settings: IntegrationSettings, *, again: bool = False
) -> Verdict | None:
    """What became of one change; None: certainly not written although it may have been sent.

    ``again`` says that this run has sent it before: then an equal value is ours, and None is not returned.
    """
    movement = answer.id if change.field is Field.QUANTITY else ""
    made = Verdict(answer.result, answer.message, answer.code, answer.request_id, answer.found, movement=movement)
    equal = answer.result is Result.STALE and answer.found is not None
    if answer.result is Result.UNCHANGED or (
        equal and same(change.field, answer.found, change.after, settings.currency)
    ):
        return replace(made, result=Result.APPLIED if again else Result.UNCHANGED, found=None, now=change.after)
    seen, now = judge(change, record, settings)
    if again and answer.result in _REFUSED and seen is Seen.AFTER:
        return replace(made, result=Result.APPLIED, message="the first answer was lost; settled by reading", now=now)
    if answer.result is Result.BLOCKED:
        return replace(made, result=Result.REJECTED)
    if answer.result not in _READ:
        return made
    if seen is Seen.AFTER and answer.doubt:
        return replace(made, result=Result.UNVERIFIED, message=answer.doubt, found=now, now=now, doubted=True)
    if seen is Seen.AFTER:
        note = "the answer was lost; settled by reading" if answer.result is Result.UNKNOWN else ""
        return replace(made, result=Result.APPLIED, message=note, now=now)
    shown = display(change.field, now, change.currency) if record is not None else "no such record"
    where = SIDE_NAMES[change.target]
    if seen is Seen.BEFORE and answer.result is Result.UNKNOWN:
        if not again:
            return None
        text = f"{where} gave no answer twice and still shows {shown}: nothing was written; resume the run to try again"
        return replace(made, result=Result.NOT_SENT, message=text, found=now)
    said = "gave no answer" if answer.result is Result.UNKNOWN else "said it was written"
    text = f"{where} {said}, but shows {shown} instead of {display(change.field, change.after, change.currency)}"
    return replace(made, result=Result.UNVERIFIED, message=f"{text}; check the record, then sync it again", found=now)


class Verifier:
    """Reads back what a chunk wrote. ``ask`` sends, ``read`` reads: both are the writer's, with its limits."""

    def __init__(self, context: SyncContext, run: str, control: Control, ask: Ask, read: Read) -> None:
        self._context, self._run, self._control, self._ask, self._read = context, run, control, ask, read

    async def settle(
        self, side: Side, chunk: Sequence[Target], answers: Sequence[Answers]
    ) -> tuple[list[Verdicts], dict[str, Record]]:
        """The verdict of every target and field, in the chunk's order, and the records as read last."""
        records: dict[str, Record] = {}
        try:
            await self._read_until_seen(side, list(zip(chunk, answers, strict=True)), records)
        except ConnectorError as error:
            self._control.fail(error)
            return [self._unread(t, a, error) for t, a in zip(chunk, answers, strict=True)], records
        return [
            await self._one(side, target, answer, records) for target, answer in zip(chunk, answers, strict=True)
        ], records

    async def _read_until_seen(
        self,
        side: Side,
        asked: Sequence[tuple[Target, Answers]],
        records: dict[str, Record],
        *,
        again: bool = False,
    ) -> None:
        """Read all at once; what does not show the new value is read once more by itself, a moment later."""
        pending = [(t, a) for t, a in asked if any(_must_be_read(one, again) for one in a.values())]
        if not pending:
            return
        records |= await self._read(side, [target for target, _ in pending])
        unseen = [
            target for target, answer in pending if not self._shows(target, answer, records.get(target.id), again)
        ]
        if unseen:
            await self._context.clock.sleep(REREAD_SECONDS)
        for target in unseen:
            found = await self._read(side, [target])
            if target.id in found:
                records[target.id] = found[target.id]
            else:
                records.pop(target.id, None)

    def _shows(self, target: Target, answers: Answers, record: Record | None, again: bool) -> bool:
        return all(
            judge(change, record, self._context.settings)[0] is Seen.AFTER
            for change in target.changes
            if _must_be_read(answers[change.field], again)
        )

    async def _one(self, side: Side, target: Target, answers: Answers, records: dict[str, Record]) -> Verdicts:
        fates = self._verdicts(target, answers, records, again=False)
        results = {answer.result for answer in answers.values()}
        lost = [field for field, fate in fates.items() if fate is None]
        if Result.UNKNOWN in results:
            # What a connector did not send because the answer before it was lost, is sent with the second attempt.
            lost += [field for field, answer in answers.items() if answer.result is Result.NOT_SENT]
        if Result.STALE in results:
            fates |= {f: replace(v, result=Result.STALE) for f, v in fates.items() if v and v.result is Result.NOT_SENT}
        if lost:
            fates |= await self._write_again(side, target, lost, records)
        return {field: fate for field, fate in fates.items() if fate is not None}

    def _verdicts(
        self, target: Target, answers: Answers, records: Mapping[str, Record], *, again: bool
    ) -> dict[Field, Verdict | None]:
        return {
            change.field: verdict(
                change, answers[change.field], records.get(target.id), self._context.settings, again=again
            )
            for change in target.changes
            if change.field in answers
        }

    async def _write_again(
        self, side: Side, target: Target, lost: Sequence[Field], records: dict[str, Record]
    ) -> Mapping[Field, Verdict | None]:
        """The second and last attempt of fields that were certainly not written by the first."""
        if self._control.stopped():
            text = f"gave no answer and still shows the old value: nothing was written; {self._control.message}"
            return {field: Verdict(Result.NOT_SENT, f"{SIDE_NAMES[side]} {text}") for field in lost}
        rest = Target(side, target.kind, target.id, tuple(c for c in target.changes if c.field in lost))
        version = getattr(records.get(target.id), "version", "")
        request = replace(rest.request(self._run, self._context.settings.currency), version=version)
        (answers,) = await self._ask(side, [request])
        try:
            await self._read_until_seen(side, [(rest, answers)], records, again=True)
        except ConnectorError as error:
            self._control.fail(error)
            return dict(self._unread(rest, answers, error, again=True))
        return self._verdicts(rest, answers, records, again=True)

    def _unread(self, target: Target, answers: Answers, error: ConnectorError, *, again: bool = False) -> Verdicts:
        """Sent, but the system cannot be read now: unverified for the moment, and the intent stays open."""
        fates: Verdicts = {}
        for change in target.changes:
            answer = answers[change.field]
            if _must_be_read(answer, again):
                text = f"sent, but not read back yet ({error}); it is settled before the next run"
                fates[change.field] = Verdict(Result.UNVERIFIED, text, answer.code, answer.request_id, provisional=True)
            else:
                fate = verdict(change, answer, None, self._context.settings)
                assert fate is not None
                fates[change.field] = fate
        return fates


def _must_be_read(answer: WriteOutcome, again: bool) -> bool:
    """Whether only the record can tell: after a second attempt that is so unless the value was there already."""
    return answer.result in _READ or (again and answer.result in _REFUSED)
