"""Mapping edits: map, unmap, ignore, reject, and the undo of each. One edit is one transaction over any number of rows.

What one row has is its *state*: the mapping document or None, and the ignore document or None. Every edit replaces
states and writes one history entry per row with the state before, so that any edit can be undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tinydb import Query

from engine.errors import UsageError
from engine.history import History, entry
from engine.integrations import Integration
from engine.model import Kind, utc_text
from engine.ports import Clock, Store
from engine.views import Edit

Q = Query()
#: The mapping and the ignore document of one row, None where it has none.
RowDocuments = tuple[dict[str, str] | None, dict[str, str] | None]


@dataclass(frozen=True, slots=True)
class RowMapping:
    """One durable pair, with who made it, when and how."""

    storefront_id: str
    backoffice_id: str
    how: str
    actor: str
    at: str
    storefront_name: str = ""
    backoffice_name: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A row that is left alone, with the reason; ``until`` (ISO date) is the first day it is back in the list."""

    storefront_id: str
    reason: str
    actor: str
    at: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class RowEdit:
    """What an edit wants for one row: the new mapping and the new ignore entry (None: none)."""

    storefront_id: str
    name: str
    mapping: RowMapping | None
    ignored: Ignored | None


class Mappings:
    """The tables ``mappings``, ``ignored`` and ``rejected_pairs`` of a workspace."""

    def __init__(self, store: Store, history: History, clock: Clock, actor: str) -> None:
        self._store, self._history, self._clock, self._actor = store, history, clock, actor

    # ------------------------------------------------------------------------------------------------ reading
    def mapped(self, integration: str, kind: Kind) -> dict[str, RowMapping]:
        """Storefront id -> mapping."""
        docs = self._store.table("mappings").search((Q.integration == integration) & (Q.kind == kind))
        return {doc["storefront_id"]: _mapping(doc) for doc in docs}

    def holders(self, integration: str, kind: Kind) -> dict[str, str]:
        """back-office id -> name of what is mapped to it, over all kinds that share the counterpart (products and fees)."""
        return {
            mapping.backoffice_id: mapping.storefront_name or mapping.storefront_id
            for other in Kind
            if other.counterpart is kind.counterpart
            for mapping in self.mapped(integration, other).values()
        }

    def ignored(self, integration: str, kind: Kind) -> dict[str, Ignored]:
        """Storefront id -> ignore entry that is in force today."""
        today = self._clock.now().date().isoformat()
        docs = self._store.table("ignored").search((Q.integration == integration) & (Q.kind == kind))
        return {doc["storefront_id"]: _ignored(doc) for doc in docs if not doc["until"] or doc["until"] > today}

    def rejected(self, integration: str, kind: Kind) -> frozenset[tuple[str, str]]:
        docs = self._store.table("rejected_pairs").search((Q.integration == integration) & (Q.kind == kind))
        return frozenset((doc["storefront_id"], doc["backoffice_id"]) for doc in docs)

    # ------------------------------------------------------------------------------------------------ editing
    def map(
        self,
        integration: Integration,
        kind: Kind,
        pairs: Sequence[tuple[str, str]],
        names: Mapping[str, str],
        counterpart_names: Mapping[str, str],
        how: str,
    ) -> Edit:
        """Map rows; an already mapped row is mapped anew. A target that is taken is refused (unless many-to-one)."""
        now = utc_text(self._clock.now())
        edits = [
            RowEdit(
                sid,
                names.get(sid, sid),
                RowMapping(sid, bid, how, self._actor, now, names.get(sid, ""), counterpart_names.get(bid, "")),
                None,
            )
            for sid, bid in dict(pairs).items()
        ]
        if len(edits) != len(set(pairs)):
            twice = sorted({sid for sid, _ in pairs if sum(sid == other for other, _ in set(pairs)) > 1})
            raise UsageError(f"{', '.join(twice[:5])}: given two counterparts in one edit; nothing was mapped")
        return self._edit(integration, kind, "map", edits, how)

    def unmap(self, integration: Integration, kind: Kind, ids: Collection[str]) -> Edit:
        """Forget counterparts; rows that have none are named as skipped."""
        current = self.mapped(integration.name, kind)
        kept = self.ignored(integration.name, kind)
        edits = [RowEdit(i, current[i].storefront_name, None, kept.get(i)) for i in dict.fromkeys(ids) if i in current]
        skipped = tuple((i, "is not mapped") for i in dict.fromkeys(ids) if i not in current)
        return self._edit(integration, kind, "unmap", edits, "by hand", skipped)

    def ignore(
        self, integration: Integration, kind: Kind, names: Mapping[str, str], reason: str, until: date | None
    ) -> Edit:
        """Leave rows alone; a mapped row keeps its mapping and is not synced while ignored."""
        now = self._clock.now()
        if until is not None and until <= now.date():
            raise UsageError(f"the expiry {until} is not in the future; nothing was ignored")
        if not reason.strip():
            raise UsageError("say why: a row is ignored with a reason; nothing was ignored")
        current = self.mapped(integration.name, kind)
        edits = [
            RowEdit(
                sid,
                name,
                current.get(sid),
                Ignored(sid, reason.strip(), self._actor, utc_text(now), until.isoformat() if until else ""),
            )
            for sid, name in names.items()
        ]
        return self._edit(integration, kind, "ignore", edits, reason.strip())

    def unignore(self, integration: Integration, kind: Kind, ids: Collection[str]) -> Edit:
        current, ignored = self.mapped(integration.name, kind), self.ignored(integration.name, kind)
        edits = [RowEdit(i, i, current.get(i), None) for i in dict.fromkeys(ids) if i in ignored]
        skipped = tuple((i, "is not ignored") for i in dict.fromkeys(ids) if i not in ignored)
        return self._edit(integration, kind, "unignore", edits, "by hand", skipped)

    def apply(
        self, integration: Integration, kind: Kind, edits: Iterable[RowEdit], how: str, *, group: int = 0
    ) -> Edit:
        """Any mixture of row states in one edit (the import of a mapping file); ``group`` joins it to an earlier one."""
        return self._edit(integration, kind, "import", list(edits), how, group=group)

    def reject(self, integration: Integration, kind: Kind, storefront_id: str, backoffice_id: str) -> Edit:
        """Remember that a pair is not the same thing: it is never suggested again."""
        pair = {
            "integration": integration.name,
            "kind": kind,
            "storefront_id": storefront_id,
            "backoffice_id": backoffice_id,
        }
        with self._store.transaction():
            known = self._store.table("rejected_pairs").contains(Q.fragment(pair))
            if not known:
                now = self._clock.now()
                self._store.table("rejected_pairs").insert({**pair, "actor": self._actor, "at": utc_text(now)})
            edit_id = self._store.last_id("history") + 1
            self._history.append(
                [
                    entry(
                        self._clock.now(),
                        self._actor,
                        "reject",
                        integration.name,
                        kind=kind,
                        storefront_id=storefront_id,
                        backoffice_id=backoffice_id,
                        run=f"edit:{edit_id}",
                        how="by hand",
                        undo={"rejected": known},
                        undone=False,
                    )
                ]
            )
        return Edit(edit_id, "reject", 1, f"{storefront_id} and {backoffice_id} are not suggested to each other again")

    # ------------------------------------------------------------------------------------------------ undo
    def undo(self, integration: Integration) -> Edit:
        """Take back the newest edit of the integration that is not undone; rows edited since are skipped and named."""
        with self._store.transaction():
            newest = self._newest_edit(integration.name)
            if newest is None:
                raise UsageError(f"{integration.name}: there is no mapping edit to undo")
            group = newest["run"]
            docs = self._store.table("history").search(Q.run == group)
            skipped: list[tuple[str, str]] = []
            edits: dict[Kind, list[RowEdit]] = {}
            rejections = 0
            for doc in docs:
                kind, sid, undo = Kind(doc["kind"]), doc["storefront_id"], doc["undo"]
                mine = edits.setdefault(kind, [])
                if doc["action"] == "reject":
                    rejections += 1
                    if not undo["rejected"]:
                        pair = (Q.storefront_id == sid) & (Q.backoffice_id == doc["backoffice_id"])
                        row = (Q.integration == integration.name) & (Q.kind == kind)
                        self._store.table("rejected_pairs").remove(row & pair)
                elif self._state(integration.name, kind, sid) != (undo["mapping_after"], undo["ignored_after"]):
                    skipped.append((sid, "was edited again since"))
                else:
                    mapping, ignored = undo["mapping"], undo["ignored"]
                    before = (mapping and RowMapping(**mapping), ignored and Ignored(**ignored))
                    mine.append(RowEdit(sid, doc["name"], *before))
            self._store.table("history").update({"undone": True}, Q.run == group)
            action = f"undo {newest['action']}"
            done = [self._edit(integration, kind, action, mine, f"undo of {group}") for kind, mine in edits.items()]
        count = sum(edit.count for edit in done) + rejections
        left = f"; {len(skipped)} left, edited again since" if skipped else ""
        gone = {sid for sid, _why in skipped}
        told = _edited([doc for doc in docs if doc["storefront_id"] not in gone]) if count else _rows(0)
        text = f"undone: {newest['action']} of {told}{left}"
        return Edit(done[-1].id if done else 0, action, count, text, tuple(skipped))

    def undoable(self, integration: Integration) -> Edit | None:
        """The edit that ``undo`` would take back, told as "map of 91 products by anna, 2026-11-26 16:23 UTC"."""
        newest = self._newest_edit(integration.name)
        if newest is None:
            return None
        docs = self._store.table("history").search(Q.run == newest["run"])
        at = datetime.fromisoformat(newest["at"]).astimezone(UTC)
        text = f"{newest['action']} of {_edited(docs)} by {newest['actor']}, {at:%Y-%m-%d %H:%M} UTC"
        return Edit(0, newest["action"], len(docs), text)

    def _newest_edit(self, integration: str) -> Mapping[str, Any] | None:
        last = self._store.last_id("history")
        while last > 0:
            first = max(1, last - 499)
            page = self._store.table("history").get(doc_ids=list(range(first, last + 1)))
            for doc in reversed(page if isinstance(page, list) else []):
                undoable = doc.get("undone") is False and not str(doc["action"]).startswith("undo ")
                if undoable and doc["integration"] == integration:
                    return doc
            last = first - 1
        return None

    # ------------------------------------------------------------------------------------------------ the one writer
    def _edit(
        self,
        integration: Integration,
        kind: Kind,
        action: str,
        edits: Sequence[RowEdit],
        how: str,
        skipped: tuple[tuple[str, str], ...] = (),
        group: int = 0,
    ) -> Edit:
        with self._store.transaction():
            edit_id = group or self._store.last_id("history") + 1
            now = self._clock.now()
            entries: list[dict[str, Any]] = []
            for edit in edits:
                before = self._state(integration.name, kind, edit.storefront_id)
                after = (_plain(edit.mapping) if edit.mapping else None, _plain(edit.ignored) if edit.ignored else None)
                if before == after:
                    continue
                self._replace(integration.name, kind, edit.storefront_id, before, after)
                old_mapping, new_mapping = before[0], after[0]
                entries.append(
                    entry(
                        now,
                        self._actor,
                        action,
                        integration.name,
                        kind=kind,
                        storefront_id=edit.storefront_id,
                        backoffice_id=(new_mapping or old_mapping or {}).get("backoffice_id", ""),
                        name=edit.name,
                        before=_text(before),
                        after=_text(after),
                        run=f"edit:{edit_id}",
                        how=how,
                        undo={
                            "mapping": old_mapping,
                            "ignored": before[1],
                            "mapping_after": new_mapping,
                            "ignored_after": after[1],
                        },
                        undone=False,
                    )
                )
            self._refuse_shared_targets(integration, kind, [e.mapping for e in edits if e.mapping is not None])
            self._history.append(entries)
        skipped_text = f"; {len(skipped)} skipped" if skipped else ""
        return Edit(
            edit_id if entries else 0, action, len(entries), f"{action}: {_rows(len(entries))}{skipped_text}", skipped
        )

    def _replace(
        self, integration: str, kind: Kind, storefront_id: str, before: RowDocuments, after: RowDocuments
    ) -> None:
        """Put one row's new state in the place of the old one; inside a transaction."""
        row = (Q.integration == integration) & (Q.kind == kind) & (Q.storefront_id == storefront_id)
        for name, old, new in zip(("mappings", "ignored"), before, after, strict=True):
            if old == new:
                continue
            self._store.table(name).remove(row)
            if new is not None:
                self._store.table(name).insert({"integration": integration, "kind": kind, **new})
        if (before[0] or {}).get("backoffice_id") != (after[0] or {}).get("backoffice_id"):
            # What was agreed with one counterpart says nothing about another: the next sync is a first sync.
            self._store.table("baselines").remove(row)
            self._store.table("decisions").remove(row)

    def _refuse_shared_targets(self, integration: Integration, kind: Kind, new: Sequence[RowMapping]) -> None:
        """The one-to-one rule, checked inside the transaction so that two processes cannot both pass it."""
        if integration.settings.many_to_one:
            return
        related = [k for k in Kind if k.counterpart is kind.counterpart]
        for mapping in new:
            target = (Q.integration == integration.name) & (Q.backoffice_id == mapping.backoffice_id)
            holders = [
                doc
                for other in related
                for doc in self._store.table("mappings").search(target & (Q.kind == other))
                if (doc["kind"], doc["storefront_id"]) != (kind, mapping.storefront_id)
            ]
            if holders:
                names = ", ".join(_named(doc["storefront_name"], doc["storefront_id"]) for doc in holders)
                raise UsageError(
                    f"{_named(mapping.storefront_name, mapping.storefront_id)}: "
                    f"{_named(mapping.backoffice_name, mapping.backoffice_id)} is "
                    f"mapped to {names} already; unmap that first, or allow several rows per counterpart (setting "
                    f"many_to_one); nothing was mapped"
                )

    def _state(self, integration: str, kind: Kind, sid: str) -> RowDocuments:
        row = (Q.integration == integration) & (Q.kind == kind) & (Q.storefront_id == sid)
        mapping, ignored = self._store.table("mappings").get(row), self._store.table("ignored").get(row)
        return (
            None if mapping is None or isinstance(mapping, list) else _plain(_mapping(mapping)),
            None if ignored is None or isinstance(ignored, list) else _plain(_ignored(ignored)),
        )


def _mapping(doc: Mapping[str, Any]) -> RowMapping:
    return RowMapping(**{name: doc.get(name, "") for name in RowMapping.__slots__})


def _ignored(doc: Mapping[str, Any]) -> Ignored:
    return Ignored(**{name: doc.get(name, "") for name in Ignored.__slots__})


def _plain(value: RowMapping | Ignored) -> dict[str, str]:
    return {name: getattr(value, name) for name in value.__slots__}


def _text(state: RowDocuments) -> str | None:
    mapping, ignored = state
    parts = []
    if mapping:
        parts.append(f"{mapping['backoffice_name'] or mapping['backoffice_id']} ({mapping['backoffice_id']})")
    if ignored:
        parts.append(f"ignored: {ignored['reason']}" + (f" until {ignored['until']}" if ignored["until"] else ""))
    return "; ".join(parts) or None


def _named(name: str, id: str) -> str:
    return f"{name} ({id})" if name and name != id else id


def _edited(docs: Sequence[Mapping[str, Any]]) -> str:
    """What an edit was about: its only row by name, or how many of each kind: ``2 products and 1 fee``."""
    if len(docs) == 1:
        return f"the {docs[0]['kind'].removesuffix('s')} {_named(docs[0]['name'], docs[0]['storefront_id'])}"
    counts = Counter(doc["kind"] for doc in docs)
    return " and ".join(
        f"{count:,} {kind if count > 1 else kind.removesuffix('s')}" for kind, count in sorted(counts.items())
    )


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"
