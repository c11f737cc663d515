"""Creating records, once and only once: intent, durable "sent" mark, create, read back, and the mapping with the outcome.

A create is never sent again blindly. One whose answer was lost is looked for by the marker stored with it; if it cannot be
found it is reported, for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from tinydb import where

from engine.changes import Change, Creation, Plan, Purpose
from engine.errors import ConnectorError, UsageError
from engine.events import OutcomeRecorded, RowsChanged
from engine.fields import SIDE_NAMES
from engine.first_quantity import First
from engine.journal import Journal
from engine.model import Field, Kind, Record, Side, Status, canonical, utc_text
from engine.order_buyers import is_guest, link_of
from engine.plan import Scene, finished
from engine.ports import Draft, Result, WriteOutcome
from engine.row_rules import with_unposted
from engine.sync_context import NewMapping, SyncContext
from engine.sync_control import Control, Progress
from engine.sync_verify import REREAD_SECONDS
from engine.verdict import Verdict

#: Seconds to wait between looks for a marker: a vendor's search may lag behind its writes.
LOOKS = (0.0, 2.0, 5.0)

_CREATION = TypeAdapter(Creation)


def plan_creations(
    scene: Scene, id: str, drafts: Sequence[Draft], target: Side, firsts: Mapping[str, First] | None = None
) -> Plan:
    """The plan that creates records on ``target``; every draft gets the marker it is found by again. ``firsts`` say what
    becomes of first quantities, by source id (``engine.first_quantity``); without them they go as drafted.

    Raises ``UsageError`` where the system cannot create such records.
    """
    system = scene.capabilities[target]
    able = system.creates | ({Kind.CUSTOMERS} if system.makes_accounts else set())
    for draft in drafts:
        if _record_kind(draft, target) not in able:
            name = scene.connections[target]
            raise UsageError(f"{name} cannot create {_record_kind(draft, target)}; nothing was created")
    creations = tuple(Creation(_marked(draft, scene.lineage), target) for draft in drafts)
    counted = [one.draft for one in creations if one.draft.quantity and target is Side.BACKOFFICE]
    changes = tuple(_first_quantity(draft, (firsts or {}).get(draft.source_id)) for draft in counted)
    plan = Plan(
        id, scene.integration, Purpose.CREATE, scene.at, scene.actor, scene.lineage, "", changes=changes,
        creations=creations,
    )  # fmt: skip
    return finished(plan, scene, ())


def _first_quantity(draft: Draft, first: First | None) -> Change:
    """The write that follows a creation in the back office: the record is made with nothing in stock."""
    assert draft.quantity is not None
    text = canonical(draft.quantity)
    first = first or First(text, text)
    reason = ", ".join(filter(None, ("its first quantity, once it was created", first.reason)))
    return Change(
        draft.kind, draft.source_id, "", draft.name, Field.QUANTITY, Side.BACKOFFICE, "0", first.after, first.source,
        reason, Status.FIRST_SYNC, blocked=first.blocked, verb="re-check" if first.blocked else "",
        rule_version=with_unposted("", draft.unposted),
    )  # fmt: skip


def placed(
    context: SyncContext, journal: Journal, creations: Iterable[Creation], changes: Iterable[Change]
) -> tuple[list[Change], list[tuple[Change, Verdict]]]:
    """The changes that follow creations, with the ids of what was made; and those that have nothing to follow.

    A creation that was not sent leaves its change to be sent later, with it.
    """
    made = {(one.draft.kind, one.draft.source_id): one for one in creations}
    ready: list[Change] = []
    lost: list[tuple[Change, Verdict]] = []
    for change in changes:
        creation = made[change.kind, change.storefront_id]
        result, other = journal.recorded(creation), mapped_to(context, creation)
        if result is Result.APPLIED and other is not None and other == journal.made(creation):
            ready.append(replace(change, backoffice_id=other))
        elif result not in {None, Result.NOT_SENT}:
            text = f"not written: {change.name} was not created and mapped by this run; see its outcome"
            lost.append((change, Verdict(Result.BLOCKED, text)))
    return ready, lost


def _marked(draft: Draft, lineage: str) -> Draft:
    return draft if draft.marker else replace(draft, marker=f"crosswalk:{lineage[:8]}:{draft.key}")


def _record_kind(draft: Draft, target: Side) -> Kind:
    """The kind of the record that is made: a fee's counterpart is a product."""
    return draft.kind.counterpart if target is Side.BACKOFFICE else draft.kind


class Creator:
    """Carries out the creations of one run, one after another."""

    def __init__(self, context: SyncContext, journal: Journal, control: Control, progress: Progress) -> None:
        self._context, self._journal, self._control, self._progress = context, journal, control, progress
        self._finder = Finder(context)

    async def create(self, creations: Iterable[Creation]) -> None:
        """Until all are settled or the run is stopped."""
        for creation in creations:
            if self._control.stopped():
                return
            verdict = self._mapped_already(creation)
            intent = 0
            if verdict is None:
                (intent,) = self._journal.open([self._intent(creation)])
                verdict = await self._one(creation, intent)
            keep_open = verdict.provisional or not intent
            outcomes = self._journal.settle([(creation, verdict)], [] if keep_open else [intent])
            self._progress.advance(1, "creating")
            for outcome in outcomes:
                self._context.events.publish(OutcomeRecorded(outcome))
            self._context.events.publish(RowsChanged(self._context.integration, creation.draft.kind))

    async def _one(self, creation: Creation, intent: int) -> Verdict:
        self._journal.mark_sent(intent)
        side, draft = creation.target, creation.draft
        try:
            answer = await self._context.connectors[side].create(replace(draft, kind=_record_kind(draft, side)))
        except Exception as error:  # noqa: BLE001 - a connector's own fault too is an outcome
            got = self._control.trouble(error)
            answer = WriteOutcome(draft.key, None, got.result, got.message, got.code, got.request_id)
        try:
            return await self._settle(creation, answer)
        except ConnectorError as error:
            self._control.fail(error)
            text = f"sent, but not read back yet ({error}); it is settled before the next run"
            return Verdict(Result.UNVERIFIED, text, answer.code, answer.request_id, provisional=True)

    async def _settle(self, creation: Creation, answer: WriteOutcome) -> Verdict:
        tail = Verdict(answer.result, answer.message, answer.code, answer.request_id, answer.found)
        if answer.result in {Result.APPLIED, Result.UNCHANGED} and answer.id:
            record = await self._read(creation, answer.id)
            if record is None:
                where_ = SIDE_NAMES[creation.target]
                text = f"{where_} said it was created as {answer.id}, but has no such record; look there before adding it again"
                return replace(tail, result=Result.UNVERIFIED, message=text)
            return self._finder.made(creation, record, tail)
        if answer.result in {Result.APPLIED, Result.UNKNOWN, Result.UNCHANGED, Result.UNVERIFIED}:
            return await self._finder.find(creation, tail)
        return replace(tail, result=Result.REJECTED) if answer.result is Result.STALE else tail

    async def _read(self, creation: Creation, record_id: str) -> Record | None:
        """The new record, asked for once more a moment later if it is not there at once."""
        connector, kind = self._context.connectors[creation.target], _record_kind(creation.draft, creation.target)
        found = await connector.read_some(kind, [record_id])
        if record_id not in found:
            await self._context.clock.sleep(REREAD_SECONDS)
            found = await connector.read_some(kind, [record_id])
        return found.get(record_id)

    def _mapped_already(self, creation: Creation) -> Verdict | None:
        """A row that was mapped since the preview is not created: that would be a duplicate."""
        other = mapped_to(self._context, creation)
        if other is None:
            return None
        return Verdict(Result.STALE, f"was mapped to {other} since the preview; nothing was created", found=other)

    def _intent(self, creation: Creation) -> dict[str, Any]:
        return {
            "run": self._journal.run_id,
            "integration": self._context.integration,
            "state": "open",
            "op": "create",
            "connection": self._context.connections[creation.target],
            "side": creation.target.value,
            "kind": _record_kind(creation.draft, creation.target).value,
            "id": "",
            "name": creation.draft.name,
            "at": utc_text(self._context.clock.now()),
            "sent": False,
            "creation": _CREATION.dump_python(creation, mode="json"),
        }


class Finder:
    """Finds a created record by its marker and makes the mapping of it; used by a run and by recovery."""

    def __init__(self, context: SyncContext) -> None:
        self._context = context

    async def find(self, creation: Creation, tail: Verdict) -> Verdict:
        """The verdict on a create that may have been carried out. Raises ``ConnectorError`` if it cannot be asked."""
        side, draft = creation.target, creation.draft
        kind, where_ = _record_kind(draft, side), SIDE_NAMES[side]
        found: list[Record] = []
        if self._context.capabilities(side).finds_marker and draft.marker:
            for seconds in LOOKS:
                if seconds:
                    await self._context.clock.sleep(seconds)
                found = await self._context.connectors[side].find_marker(kind, draft.marker, draft.name)
                if found:
                    break
        if len(found) == 1:
            return self.made(creation, found[0], replace(tail, message="the answer was lost; found by its marker"))
        if found:
            ids = ", ".join(record.id for record in found)
            text = f"{len(found)} records of {where_} carry the marker {draft.marker}: {ids}; keep one, map it by hand"
        else:
            text = (
                f"it is not known whether {where_} created it: no record carries the marker {draft.marker or '(none)'}; "
                "look there, then map it or add it again"
            )
        return replace(tail, result=Result.UNVERIFIED, message=text)

    def made(self, creation: Creation, record: Record, tail: Verdict) -> Verdict:
        """Created: the mapping goes with the outcome, unless the row was mapped to something else meanwhile."""
        self._context.cache.put(
            self._context.connections[creation.target], _record_kind(creation.draft, creation.target), [record]
        )
        other = mapped_to(self._context, creation)
        if other is not None and other != record.id:
            text = f"created as {record.id}, but the row was mapped to {other} meanwhile; disable one of them by hand"
            return replace(tail, result=Result.APPLIED, message=text, found=record.id)
        backward = creation.target is Side.STOREFRONT
        names = (record.name, creation.draft.name) if backward else (creation.draft.name, record.name)
        source = creation.draft.source_id
        ids = (record.id, source) if backward else (source, record.id)
        mapping = None
        if other is None:
            mapping = NewMapping(self._context.integration, creation.draft.kind, *ids, *names)
        return replace(tail, result=Result.APPLIED, found=record.id, mapping=mapping)


def mapped_to(context: SyncContext, creation: Creation) -> str | None:
    """What the source of a creation is mapped to now, or None."""
    if creation.draft.kind is Kind.CUSTOMERS and is_guest(creation.draft.source_id):
        return link_of(context.store, context.integration, creation.draft.source_id)
    mine, other = ("storefront_id", "backoffice_id")
    if creation.target is Side.STOREFRONT:
        mine, other = other, mine
    row = (where("integration") == context.integration) & (where("kind") == creation.draft.kind.value)
    docs = context.store.table("mappings").search(row & (where(mine) == creation.draft.source_id))
    return docs[0][other] if docs else None


def from_intent(doc: Mapping[str, Any]) -> Creation:
    """The creation that an intent's document is about."""
    return _CREATION.validate_python(doc["creation"])
