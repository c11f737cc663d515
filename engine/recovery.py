"""Before anything else: settle what a run left open, by reading the system. Never sends anything.

Only who holds the locks of both connections may call this: then no live process can be running one of these runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinydb import where
from tinydb.table import Document

from engine import creation as creations
from engine import push_write, text_write
from engine.changes import Change, Item, Run, RunState
from engine.crm import PushOutcome
from engine.errors import ConnectorError
from engine.events import RowsChanged, RunEnded
from engine.fields import SIDE_NAMES, display
from engine.journal import Journal
from engine.model import Kind, Record, Side
from engine.ports import Result, Store
from engine.run_log import plan as plan_of
from engine.run_log import run_document
from engine.sync_context import SyncContext
from engine.sync_targets import Seen, Target, from_intent, judge
from engine.sync_verify import REREAD_SECONDS
from engine.sync_write import CHUNK
from engine.verdict import Settled, Verdict

INTERRUPTED = "the program ended before the run did; resume it to send the rest"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery did: the runs it touched, and the error that kept it from settling ``open`` intents."""

    runs: tuple[Run, ...] = ()
    open: int = 0
    error: ConnectorError | None = None


def needs_recovery(store: Store) -> dict[str, tuple[str, ...]]:
    """Integrations with open intents or runs that are marked as running, and the runs. Live runs are among them: take the
    locks of an integration's connections before recovering it.
    """
    found: dict[str, dict[str, None]] = {}
    for doc in store.table("intents").search(where("state") == "open"):
        found.setdefault(doc["integration"], {})[doc["run"]] = None
    for doc in store.table("runs").search(where("state") == RunState.RUNNING.value):
        found.setdefault(doc["integration"], {})[doc["id"]] = None
    return {integration: tuple(runs) for integration, runs in found.items()}


async def recover(context: SyncContext) -> Recovered:
    """Settle every open intent of the integration and end its dead runs; they can be resumed afterwards.

    A system that cannot be read leaves its intents open and is returned as ``error``; the rest is settled.
    """
    runs = needs_recovery(context.store).get(context.integration, ())
    touched: list[Run] = []
    left, error = 0, None
    for run_id in runs:
        recovery = _Recovery(context, run_id)
        problem = await recovery.settle_intents()
        error = error or problem
        left += recovery.open
        touched.append(recovery.end())
        context.events.publish(RunEnded(touched[-1]))
    for kind in Kind if touched else ():
        context.events.publish(RowsChanged(context.integration, kind))
    return Recovered(tuple(touched), left, error)


class _Recovery:
    """The recovery of one run."""

    def __init__(self, context: SyncContext, run_id: str) -> None:
        self._context, self._journal = context, Journal(context, run_id)
        self._was = RunState(run_document(context.store, run_id)["state"])
        self.open = 0

    async def settle_intents(self) -> ConnectorError | None:
        docs = self._context.store.table("intents").search(
            (where("run") == self._journal.run_id) & (where("state") == "open")
        )
        problem: ConnectorError | None = None
        for doc in docs:
            if doc["op"] == "create":
                problem = await self._creation(doc) or problem
        pushed = [doc for doc in docs if doc["op"] == "push"]
        for start in range(0, len(pushed), CHUNK):
            problem = await self._pushes(pushed[start : start + CHUNK]) or problem
        for side in Side:
            texts = [doc for doc in docs if doc["op"] == "text" and doc["side"] == side.value]
            for kind in dict.fromkeys(str(doc["kind"]) for doc in texts):
                same = [doc for doc in texts if doc["kind"] == kind]
                for start in range(0, len(same), CHUNK):
                    problem = await self._texts(side, Kind(kind), same[start : start + CHUNK]) or problem
            mine = [doc for doc in docs if doc["op"] == "write" and doc["side"] == side.value]
            for start in range(0, len(mine), CHUNK):
                problem = await self._writes(side, mine[start : start + CHUNK]) or problem
        return problem

    async def _writes(self, side: Side, docs: Sequence[Document]) -> ConnectorError | None:
        targets = [from_intent(doc) for doc in docs]
        settled: list[Settled] = []
        try:
            records = await self._read(side, targets)
        except ConnectorError as error:
            return self._unread([change for target in targets for change in target.changes], len(docs), error)
        for target in targets:
            settled += [(change, self._verdict(change, records.get(target.id))) for change in target.changes]
        self._journal.settle(settled, [doc.doc_id for doc in docs])
        self._context.cache.put(self._context.connections[side], targets[0].kind, records.values())
        return None

    async def _read(self, side: Side, targets: Sequence[Target]) -> dict[str, Record]:
        """Fresh copies; a record that shows neither value is asked for once more (a reading may lag behind)."""
        connector, settings = self._context.connectors[side], self._context.settings
        records: dict[str, Record] = {}
        for kind in dict.fromkeys(target.kind for target in targets):
            records |= await connector.read_some(kind, [target.id for target in targets if target.kind is kind])
        unsure = [
            t for t in targets if any(judge(c, records.get(t.id), settings)[0] is not Seen.AFTER for c in t.changes)
        ]
        if unsure:
            await self._context.clock.sleep(REREAD_SECONDS)
        for target in unsure:
            found = await connector.read_some(target.kind, [target.id])
            records.pop(target.id, None)
            records |= found
        return records

    def _verdict(self, change: Change, record: Record | None) -> Verdict:
        seen, now = judge(change, record, self._context.settings)
        if seen is Seen.AFTER:
            return Verdict(Result.APPLIED, "the program ended before the answer; settled by reading", now=now)
        if seen is Seen.BEFORE:
            return Verdict(Result.NOT_SENT, "the program ended; the old value is still there, nothing was written")
        shown = display(change.field, now, change.currency) if record is not None else "no such record"
        wanted = display(change.field, change.after, change.currency)
        text = f"the program ended while writing {wanted}; {SIDE_NAMES[change.target]} shows {shown}: check the record"
        return Verdict(Result.UNVERIFIED, text, found=now)

    async def _pushes(self, docs: Sequence[Document]) -> ConnectorError | None:
        """Pushes are looked for by their codes; what is not there as it was sent is pushed again, or looked at."""
        pushes = [push_write.from_intent(doc) for doc in docs]
        lost = [
            PushOutcome(push.item.key, Result.UNKNOWN, message="the program ended before the answer") for push in pushes
        ]
        try:
            settled = await push_write.PushJudge(self._context).settle(pushes, lost)
        except ConnectorError as error:
            return self._unread(list(pushes), len(docs), error)
        self._journal.settle(settled, [doc.doc_id for doc in docs])
        return None

    async def _texts(self, side: Side, kind: Kind, docs: Sequence[Document]) -> ConnectorError | None:
        groups = [text_write.from_intent(doc) for doc in docs]
        lost = {key: answer for group in groups for key, answer in text_write.unknown(group).items()}
        try:
            settled = await text_write.settle(self._context, side, kind, groups, lost)
        except ConnectorError as error:
            return self._unread([one for group in groups for one in group], len(docs), error)
        self._journal.settle(settled, [doc.doc_id for doc in docs])
        return None

    def _unread(self, items: Sequence[Item], intents: int, error: ConnectorError) -> ConnectorError:
        """What was sent and cannot be read now stays open; its rows are unverified until it is."""
        self.open += intents
        text = f"sent before the program ended, not read back yet ({error}); it is settled before the next run"
        self._journal.settle([(item, Verdict(Result.UNVERIFIED, text, provisional=True)) for item in items], [])
        return error

    async def _creation(self, doc: Document) -> ConnectorError | None:
        creation = creations.from_intent(doc)
        if not doc["sent"]:
            verdict = Verdict(Result.NOT_SENT, "the program ended before it was sent")
            self._journal.settle([(creation, verdict)], [doc.doc_id])
            return None
        try:
            verdict = await creations.Finder(self._context).find(creation, Verdict(Result.UNVERIFIED))
        except ConnectorError as error:
            self.open += 1
            text = f"sent before the program ended, not looked for yet ({error}); it is settled before the next run"
            self._journal.settle([(creation, Verdict(Result.UNVERIFIED, text, provisional=True))], [])
            return error
        self._journal.settle([(creation, verdict)], [doc.doc_id])
        return None

    def end(self) -> Run:
        """Count what is left as not sent; a run that had ended keeps how it ended."""
        plan = plan_of(self._context.store, self._journal.run_id)
        items = plan.items
        rest: list[Settled] = [
            (item, Verdict(Result.NOT_SENT, INTERRUPTED)) for item in items if self._journal.recorded(item) is None
        ]
        dead = self._was is RunState.RUNNING
        state = RunState.INTERRUPTED if dead else self._was
        message = INTERRUPTED if dead else self._journal.run().message
        return self._journal.finish(state, message, rest, 0)
