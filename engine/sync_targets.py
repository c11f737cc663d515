"""Pure: the records a run writes, as intents and as requests, and what a reading of one says about its changes.

Several changes (fields, and rows that share a counterpart) make one write of one record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import TypeAdapter

from engine.changes import Change
from engine.fields import read, same
from engine.model import Field, Kind, Record, Side
from engine.ports import FieldWrite, RecordWrite
from engine.settings import IntegrationSettings

_CHANGES = TypeAdapter(tuple[Change, ...])


@dataclass(frozen=True, slots=True)
class Target:
    """One record to write, and every change that hangs on it. ``kind`` is the record's, not the row's."""

    side: Side
    kind: Kind
    id: str
    changes: tuple[Change, ...]

    def request(self, run: str, currency: str) -> RecordWrite:
        """What the connector is asked; its key is the same on every attempt of this run."""
        fields: dict[Field, FieldWrite] = {}
        slot = "sku"
        for change in self.changes:
            assert change.after is not None
            fields.setdefault(change.field, FieldWrite(change.field, change.before, change.after, change.takes_back))
            slot = change.sku_slot if change.field is Field.SKU else slot
        first = self.changes[0]
        key = f"{run}:{self.side}:{self.kind}:{self.id}"
        return RecordWrite(key, self.kind, self.id, first.name, tuple(fields.values()), first.version, slot, currency)


def targets(changes: Iterable[Change]) -> list[Target]:
    """One per record, in the order of the plan."""
    groups: dict[tuple[Side, Kind, str], list[Change]] = {}
    for change in changes:
        kind = change.kind.counterpart if change.target is Side.BACKOFFICE else change.kind
        groups.setdefault((change.target, kind, change.target_id), []).append(change)
    return [Target(*key, tuple(found)) for key, found in groups.items()]


class Seen(Enum):
    """What a reading shows of one change."""

    AFTER = "after"
    BEFORE = "before"
    OTHER = "other"


def judge(change: Change, record: Record | None, settings: IntegrationSettings) -> tuple[Seen, str | None]:
    """Whether the record holds the change's new value, still its old one, or something else; and the value."""
    if record is None:
        return Seen.OTHER, None
    now = read(record, change.field, change.target, settings)
    if not now.problem:
        if same(change.field, now.text, change.after, settings.currency):
            return Seen.AFTER, now.text
        if same(change.field, now.text, change.before, settings.currency):
            return Seen.BEFORE, now.text
    return Seen.OTHER, now.text


def intent(target: Target, run: str, integration: str, connection: str, at: str) -> dict[str, Any]:
    """The document of a write that is about to be sent: enough to settle it without the plan."""
    return {
        "run": run,
        "integration": integration,
        "state": "open",
        "op": "write",
        "connection": connection,
        "side": target.side.value,
        "kind": target.kind.value,
        "id": target.id,
        "name": target.changes[0].name,
        "at": at,
        "sent": True,
        "changes": _CHANGES.dump_python(target.changes, mode="json"),
    }


def from_intent(doc: Mapping[str, Any]) -> Target:
    """The target that an intent's document is about."""
    return Target(Side(doc["side"]), Kind(doc["kind"]), doc["id"], _CHANGES.validate_python(doc["changes"]))
