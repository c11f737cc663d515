"""Setting quantities: the store compares and sets in one step, and takes the same request twice for once.

A request is carried out as a whole or not at all. Each of its units names what it is changed from: where that does not
hold, the store refuses the request and says which units are meant; the others are sent again without them.

The idempotency key is made from the intents (the writes' own keys, which are the same on every attempt of a run) and their
values. So a request whose answer was lost is sent once more as it was, now or after a crash, and counts once.
See https://shopify.dev/docs/api/usage/implementing-idempotency.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.http import Reply
from connectors.shopify import records
from connectors.shopify.api import Api
from connectors.shopify.errors import UserError, user_errors
from connectors.shopify.jobs import Ended, Job, Outcomes, end
from connectors.shopify.merge import Units
from connectors.shopify.operations import SET_QUANTITIES
from connectors.shopify.reading import Reader
from connectors.shopify.settings import LARGEST
from engine.errors import ConnectorError, ProtocolError, Rejected, Unreachable
from engine.model import Field
from engine.ports import Result

_KEYS = uuid.UUID("6f0a3c52-5f0c-5d4e-9a86-0c6b0a5f7d11")
_STALE = frozenset({"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"})
_BUSY, _FAILED = "IDEMPOTENCY_CONCURRENT_REQUEST", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
_PATIENCE = 8  # askings for one request: while the store is busy with it, and under a new key where the last one failed
_BUSY_SECONDS = 1.0


class QuantityWriter:
    """Sets quantities at the location of one connection."""

    def __init__(self, api: Api, reader: Reader) -> None:
        self._api, self._reader = api, reader

    async def send(self, jobs: Sequence[Job], location: str, outcomes: Outcomes) -> None:
        """One outcome for the quantity of every job (each has ``units``). Raises when nothing of them can have been sent."""
        for start in range(0, len(jobs), LARGEST):
            await self._send(list(jobs[start : start + LARGEST]), location, outcomes)
        await self._look(jobs, outcomes)

    async def _send(self, jobs: list[Job], location: str, outcomes: Outcomes) -> None:
        """Send some; those the store refuses by name end, the others are sent again, halved where it names none."""
        while jobs:
            try:
                payload, reply = await self._once(jobs, location)
            except Rejected as error:
                for job in jobs:
                    end(outcomes, job, Field.QUANTITY, Ended(Result.REJECTED, str(error), error.code, error.request_id))
                return
            except (Unreachable, ProtocolError) as error:
                if not error.maybe_sent:
                    raise
                for job in jobs:
                    end(outcomes, job, Field.QUANTITY, Ended(Result.UNKNOWN, str(error), error.code, error.request_id))
                return
            errors = user_errors(payload, "quantities")
            if not errors or payload.get("inventoryAdjustmentGroup"):
                self._carried_out(jobs, payload, errors, reply.request_id, outcomes)
                return
            named = {one.index: one for one in reversed(errors) if one.index is not None and one.index < len(jobs)}
            if not named and len(jobs) > 1:
                half = len(jobs) // 2
                await self._send(jobs[:half], location, outcomes)
                jobs = jobs[half:]
                continue
            for place, job in enumerate(jobs):
                if (said := named.get(place) or (None if named else errors[0])) is not None:
                    end(outcomes, job, Field.QUANTITY, _refused(job, said, reply.request_id))
            jobs = [job for place, job in enumerate(jobs) if place not in named] if named else []

    async def _once(self, jobs: Sequence[Job], location: str) -> tuple[Mapping[str, Any], Reply]:
        """Send one request until the store says what became of it; a lost answer is asked for once more."""
        attempt, lost = 1, False
        for _ in range(_PATIENCE):
            variables = {
                "input": quantities_input(jobs, location, self._api.settings.quantity),
                "key": key_of(jobs, location, attempt),
            }
            try:
                payload, reply = await self._api.run(SET_QUANTITIES, variables)
            except (Unreachable, ProtocolError) as error:
                if not error.maybe_sent or lost:
                    raise
                lost = True
                continue
            except ConnectorError as error:
                if not lost:
                    raise
                raise self._unknown(f"the answer was lost, and asking again ended with: {error}") from error
            if not isinstance(payload, Mapping):
                raise self._unknown(f"the answer to {SET_QUANTITIES.field} is empty (request {reply.request_id})")
            codes = {one.code for one in user_errors(payload, "quantities")}
            if _BUSY in codes:
                self._api.pace.pause(_BUSY_SECONDS, "the store is still busy with the same request")
            elif _FAILED in codes:
                attempt += 1  # nothing came of it: the same intent may be tried under another key
            else:
                return payload, reply
        raise self._unknown("the store is still busy with the same request")

    def _unknown(self, why: str) -> Unreachable:
        unknown = Unreachable(f"{why}. It may have been carried out", connection=self._api.client.connection)
        unknown.maybe_sent = True
        return unknown

    def _carried_out(
        self,
        jobs: Sequence[Job],
        payload: Mapping[str, Any],
        errors: Sequence[UserError],
        request_id: str,
        outcomes: Outcomes,
    ) -> None:
        """The store says that it did it. What it shows as the new number is held against what was meant."""
        named = {one.index: one for one in reversed(errors) if one.index is not None}
        shown = _after(payload, self._api.settings.quantity)
        for place, job in enumerate(jobs):
            units = _units(job)
            found = shown.get(units.item)
            if place in named:
                how = _refused(job, named[place], request_id)
            elif errors and units.item not in shown:
                why = f"the store said: {errors[0].message}; whether this one was written is settled by reading"
                how = Ended(Result.UNKNOWN, why, errors[0].code, request_id)
            elif found is not None and found != units.after:
                why = f"the store shows quantity {found} instead of {units.after} after writing; sync again"
                how = Ended(Result.UNVERIFIED, why, "", request_id)
            else:
                how = Ended(Result.APPLIED, "", "", request_id)
            end(outcomes, job, Field.QUANTITY, how)

    async def _look(self, jobs: Sequence[Job], outcomes: Outcomes) -> None:
        """What those hold now that moved between reading and writing: equal to what was meant is as good as written."""
        moved = [job for job in jobs if outcomes[job.at, Field.QUANTITY].result is Result.STALE]
        if not moved:
            return
        try:
            rows = await self._reader.rows([job.write.id for job in moved])
        except ConnectorError:
            return  # that it moved is known, and nothing was written; what it is now shows at the next reading
        for job in moved:
            row, told = rows.get(job.write.id), outcomes[job.at, Field.QUANTITY]
            now = records.quantity_of(row, self._api.settings.quantity) if row is not None else None
            if now is None:
                continue
            units = _units(job)
            if now == units.after:
                end(outcomes, job, Field.QUANTITY, Ended(Result.UNCHANGED, "", "", told.request_id, str(now)))
                continue
            what = f"quantity was expected to be {units.before} and is {now} now"
            why = f"{what}; the store refused to change it"
            end(outcomes, job, Field.QUANTITY, Ended(Result.STALE, why, told.code, told.request_id, str(now)))


def key_of(jobs: Sequence[Job], location: str, attempt: int = 1) -> str:
    """The idempotency key of a request: the same for the same intents with the same values, different for any other."""
    lines = [f"{job.write.key} {units.item} {units.before} {units.after}" for job in jobs for units in (_units(job),)]
    return str(uuid.uuid5(_KEYS, "\n".join([location, str(attempt), *lines])))


def quantities_input(jobs: Sequence[Job], location: str, name: str) -> dict[str, Any]:
    """The ``InventorySetQuantitiesInput``; the run it belongs to shows in Shopify's history of the inventory."""
    run = jobs[0].write.key.partition(":")[0]
    quantities = [
        {
            "inventoryItemId": units.item,
            "locationId": location,
            "quantity": units.after,
            "changeFromQuantity": units.before,
        }
        for units in map(_units, jobs)
    ]
    document = f"gid://crosswalk/Run/{quote(run, safe='') or '0'}"
    return {"name": name, "reason": "correction", "referenceDocumentUri": document, "quantities": quantities}


def _units(job: Job) -> Units:
    assert job.merged.units is not None
    return job.merged.units


def _refused(job: Job, error: UserError, request_id: str) -> Ended:
    if error.code in _STALE:
        why = "quantity is not what it was any more: the store refused to change it"
        return Ended(Result.STALE, why, error.code, request_id)
    why = f"{job.write.name} ({job.write.id}), quantity: {error.message}; its quantity was not written"
    return Ended(Result.REJECTED, why, error.code, request_id)


def _after(payload: Mapping[str, Any], name: str) -> dict[str, int | None]:
    """The new numbers that the store tells, by inventory item; None where it tells of a change and no number."""
    group = payload.get("inventoryAdjustmentGroup")
    changes = group.get("changes") if isinstance(group, Mapping) else None
    found: dict[str, int | None] = {}
    for change in changes if isinstance(changes, list) else ():
        item = change.get("item") if isinstance(change, Mapping) else None
        if isinstance(item, Mapping) and change.get("name") == name:
            after = change.get("quantityAfterChange")
            found[str(item.get("id"))] = after if isinstance(after, int) else None
    return found
