"""Writing prices, costs and SKUs: one request per product, for all its variants of a batch.

A variant that the store refuses does not keep the others from being written. The answer shows what is stored now; it is
held against what was meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.http import FAILED_WRITE, each, fate
from connectors.shopify import records
from connectors.shopify.api import Api
from connectors.shopify.errors import UserError, user_errors
from connectors.shopify.jobs import Ended, Job, Outcomes, end
from connectors.shopify.merge import differs
from connectors.shopify.operations import UPDATE_VARIANTS
from connectors.shopify.settings import LARGEST
from engine.errors import ConnectorError
from engine.model import Field
from engine.ports import Result

_WIDTH = 3  # products at once
#: The field that the last word of an error's path means.
_FIELDS = {"price": Field.PRICE, "cost": Field.COST, "sku": Field.SKU}


class VariantWriter:
    """Writes variants of one connection."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def send(self, jobs: Sequence[Job], outcomes: Outcomes) -> None:
        """One outcome for every expected field of every job.

        After an error that cannot be one product's own nothing more is begun, what is in flight ends, and it is raised;
        what has no outcome then was not sent.
        """
        groups: dict[str, list[Job]] = {}
        for job in jobs:
            groups.setdefault(job.product, []).append(job)
        parts = [group[start : start + LARGEST] for group in groups.values() for start in range(0, len(group), LARGEST)]
        stopped: list[ConnectorError] = []

        async def one(part: Sequence[Job]) -> None:
            if stopped:
                return
            try:
                await self._product(part, outcomes)
            except ConnectorError as error:  # raised when the others have ended: none may be left half way
                stopped.append(error)

        await each(parts, one, _WIDTH)
        if stopped:
            raise stopped[0]

    async def _product(self, jobs: Sequence[Job], outcomes: Outcomes) -> None:
        variants = [{"id": records.gid("ProductVariant", job.write.id), **job.merged.body} for job in jobs]
        try:
            payload, reply = await self._api.run(UPDATE_VARIANTS, {"product": jobs[0].product, "variants": variants})
        except FAILED_WRITE as error:
            _end_all(outcomes, jobs, Ended(*fate(error)))
            return
        if not isinstance(payload, Mapping):
            why = f"the answer to {UPDATE_VARIANTS.field} is empty; it may have been carried out"
            _end_all(outcomes, jobs, Ended(Result.UNKNOWN, why, "", reply.request_id))
            return
        errors = user_errors(payload, "variants")
        general = next((one for one in errors if one.index is None), None)
        shown = _shown(payload)
        for place, job in enumerate(jobs):
            mine = [one for one in errors if one.index == place]
            for name, expected in job.merged.expected.items():
                how = _outcome(job, name, expected, mine, general, shown.get(job.write.id), reply.request_id)
                end(outcomes, job, name, how)


def _outcome(
    job: Job,
    name: Field,
    expected: str | None,
    mine: Sequence[UserError],
    general: UserError | None,
    row: Mapping[str, Any] | None,
    request_id: str,
) -> Ended:
    """How one field ended: what is said of this variant counts before what is said of the whole product."""
    about = f"{job.write.name} ({job.write.id}), {name.value}"
    own = next((one for one in mine if _FIELDS.get(one.field) is name), None)
    if own is not None:
        return Ended(
            Result.REJECTED, f"{about}: {own.message}; nothing of this variant was written", own.code, request_id
        )
    if mine:
        why = f"{about}: not written, since its {mine[0].field or 'variant'} was refused: {mine[0].message}"
        return Ended(Result.REJECTED, why, mine[0].code, request_id)
    if row is None:
        if general is not None:
            return Ended(Result.REJECTED, f"{about}: {general.message}; it was not written", general.code, request_id)
        return Ended(Result.UNKNOWN, f"{about}: the store's answer leaves it out", "", request_id)
    try:
        found = differs(row, name, expected)
    except ValueError as error:
        return Ended(Result.UNVERIFIED, f"{about}: the answer cannot be read: {error}; look at it", "", request_id)
    if found is None:
        return Ended(Result.APPLIED, "", "", request_id)
    why = f"the store shows {name.value} {found} instead of {expected or 'empty'} after writing; sync again"
    return Ended(Result.UNVERIFIED, why, "", request_id)


def _end_all(outcomes: Outcomes, jobs: Sequence[Job], how: Ended) -> None:
    for job in jobs:
        for name in job.merged.expected:
            end(outcomes, job, name, how)


def _shown(payload: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The variants of the answer, by id."""
    rows = payload.get("productVariants")
    listed = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return {str(row.get("id")).rpartition("/")[2]: row for row in listed}
