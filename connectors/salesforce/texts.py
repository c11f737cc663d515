"""Names, descriptions, codes, the active flag and custom fields of products, and custom fields of contacts and person accounts:
written by a reconciliation, never by a sync.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.comparing import moved
from connectors.salesforce.api import Api, Row
from connectors.salesforce.meta import ACCOUNT, CONTACT, PRODUCT, Described, Meta
from connectors.salesforce.reading import Reader
from connectors.salesforce.sending import Sent, raise_if_nothing_sent, record, store
from connectors.salesforce.values import WrongValue, api_name, held, same, to_json
from engine.crm import TextOutcome, TextValue, TextWrite
from engine.errors import ConnectorError
from engine.model import Kind
from engine.ports import Result


@dataclass(slots=True)
class Change:
    """One record's texts on their way: what is known of each value, and the body to send for the rest."""

    write: TextWrite
    outcomes: dict[str, TextOutcome] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)

    def settle(self, name: str, sent: Sent, found: str | None = None) -> None:
        self.outcomes[name] = TextOutcome(
            self.write.key, name, sent.result, sent.message, sent.code, sent.request_id, found
        )

    @property
    def entity(self) -> str:
        """Whose fields they are; an id says by its first letters what it is of."""
        if self.write.kind is Kind.PRODUCTS:
            return PRODUCT
        return ACCOUNT if self.write.id.startswith("001") else CONTACT

    @property
    def open(self) -> list[TextValue]:
        return [one for one in self.write.values if one.name not in self.outcomes]

    def finish(self, sent: Sent) -> None:
        """How the record ended: all of its values were stored, or none."""
        for one in self.open:
            named = not sent.fields or api_name(one.name) in sent.fields or sent.result is not Result.REJECTED
            other = Sent(
                Result.REJECTED, f"not written: Salesforce refused {', '.join(sent.fields)}", sent.code, sent.request_id
            )
            self.settle(one.name, sent if named else other)


class TextWriter:
    """Writes texts of one org's products, contacts and person accounts."""

    def __init__(self, api: Api, meta: Meta, reader: Reader) -> None:
        self._api, self._meta, self._reader = api, meta, reader

    async def write(self, writes: Sequence[TextWrite]) -> list[TextOutcome]:
        """One outcome per value, in order. Raises only when nothing of it was sent."""
        changes = [Change(one) for one in writes]
        await self._compare(changes)
        # a request may change from one object to another a few times only
        sending = sorted((one for one in changes if one.body), key=lambda one: one.entity)
        by_id = {one.write.id: one for one in sending}

        async def still(locked: Sequence[Row]) -> list[Sent | None]:
            return await self._look([by_id[str(row["id"])] for row in locked])

        sent = await store(
            self._api, "PATCH", [record(one.entity, one.body, one.write.id) for one in sending], still=still
        )
        if not any(outcome.result is not Result.NOT_SENT for one in changes for outcome in one.outcomes.values()):
            raise_if_nothing_sent(sent)
        for change, one in zip(sending, sent, strict=True):
            change.finish(one)
        return [change.outcomes[value.name] for change in changes for value in change.write.values]

    async def _compare(self, changes: Sequence[Change]) -> None:
        for entity in dict.fromkeys(change.entity for change in changes):
            mine = [change for change in changes if change.entity == entity]
            described = await self._meta.of(entity)
            names = [api_name(one.name) for change in mine for one in change.write.values]
            wanted = described.only(tuple(dict.fromkeys([*names, "IsArchived"])))
            rows = await self._reader.rows_of(entity, [change.write.id for change in mine], wanted)
            for change in mine:
                compare(change, rows.get(change.write.id), described)

    async def _look(self, changes: Sequence[Change]) -> list[Sent | None]:
        """Whether locked products may be written again: not when whoever held them changed what we write."""
        fresh = [Change(change.write) for change in changes]
        try:
            await self._compare(fresh)
        except ConnectorError as error:
            return [Sent(Result.REJECTED, f"it was locked, and then: {error}", error.code)] * len(changes)
        out: list[Sent | None] = []
        for change, again in zip(changes, fresh, strict=True):
            if again.body == change.body:
                out.append(None)
                continue
            moved_now = next((one for one in again.outcomes.values() if one.result is Result.STALE), None)
            why = moved_now.message if moved_now else "it changed while it was locked; nothing of it was written"
            out.append(Sent(Result.STALE, why))
        return out


def compare(change: Change, row: Row | None, described: Described) -> None:
    """Settle what is known of each value already; collect the body for the rest."""
    write = change.write
    if row is None or row.get("IsArchived") is True:
        what = "is archived in" if row else "is not in"
        for one in write.values:
            change.settle(
                one.name,
                Sent(
                    Result.REJECTED,
                    f"{write.kind.singular} {write.id} {what} Salesforce any more; nothing was written",
                    "ENTITY_IS_DELETED",
                ),
            )
        return
    for one in write.values:
        info = described.fields.get(api_name(one.name))
        now = held(row, one.name)
        try:
            value = to_json(info, one.name, one.after, creating=False)
        except WrongValue as error:
            change.settle(one.name, Sent(Result.REJECTED, f"{error}; not written", "WRONG_VALUE"))
            continue
        assert info is not None
        if same(info, now, one.after):
            change.settle(one.name, Sent(Result.UNCHANGED), now)
        elif one.before is not None and not same(info, now, one.before):
            change.settle(one.name, Sent(Result.STALE, moved(one.name, one.before, now)), now)
        else:
            change.body[api_name(one.name)] = value
    if any(one.result is Result.STALE for one in change.outcomes.values()):
        change.body = {}
        for one in change.open:
            change.settle(one.name, Sent(Result.NOT_SENT, "not sent: another value of this product moved"))
