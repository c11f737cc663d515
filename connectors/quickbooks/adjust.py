"""Quantities by inventory adjustments: a difference, so a sale in between is never lost; deletable, so it can be undone.

An adjustment is sent alone, under a ``requestid`` of its own. Its DocNumber is made from the write's key and values, its
PrivateNote names the key: before one is sent, the ones that exist are looked up, so it is never made twice, not
even by another process after a crash. (That DocNumber can be asked for is documented for transactions in general; where a company
refuses it, the ``requestid`` alone protects.)
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from connectors.quickbooks.accounts import Accounts
from connectors.quickbooks.api import AT_ONCE, Api, Row
from connectors.quickbooks.faults import DUPLICATE_NUMBER, STALE
from connectors.quickbooks.query import among
from connectors.quickbooks.sending import Sent, request_id, send
from connectors.values import text
from engine.errors import Rejected
from engine.model import Field
from engine.ports import RecordWrite, Result

log = logging.getLogger("crosswalk.quickbooks")
ENTITY = "InventoryAdjustment"
DETAIL = "ItemAdjustmentLineDetail"
_NOTE = "Crosswalk "


def document_number(write: RecordWrite) -> str:
    """The DocNumber of a write's adjustment: 21 characters, the most there may be."""
    change = next(one for one in write.fields if one.field is Field.QUANTITY)
    told = "\0".join((write.key, change.before or "", change.after))
    return "CW" + hashlib.sha256(told.encode()).hexdigest()[:19].upper()


class Adjuster:
    """Makes, finds and deletes adjustments of one company."""

    def __init__(self, api: Api, accounts: Accounts) -> None:
        self._api, self._accounts = api, accounts

    async def made(self, writes: Iterable[RecordWrite]) -> dict[str, Sent]:
        """Adjustments that exist for these writes already, by the writes' keys."""
        numbers = {document_number(write): write.key for write in writes}
        found: dict[str, Sent] = {}
        wanted = list(numbers)
        for at in range(0, len(wanted), AT_ONCE):
            try:
                rows = await self._api.rows(ENTITY, among("DocNumber", wanted[at : at + AT_ONCE]))
            except Rejected as error:
                log.warning("%s: adjustments cannot be looked up by DocNumber: %s", self._api.client.connection, error)
                return {}
            for row in rows:
                key = numbers.get(text(row.get("DocNumber")), "")
                if key and key in text(row.get("PrivateNote")):
                    found[key] = _of(row)
        return found

    async def account(self) -> tuple[str, str]:
        """The id of the adjustment account, or what is wrong with the setting."""
        name = self._api.settings.adjustment_account
        if not name:
            return "", "set the option adjustment_account to the account that inventory adjustments are booked to"
        id = await self._accounts.id_of(name)
        return id or "", "" if id else f'QuickBooks has no active account named "{name}" (option adjustment_account)'

    async def adjust(self, write: RecordWrite, item: Row, difference: Decimal, account: str) -> Sent:
        """One adjustment of one item. Raises only when it certainly was not made."""
        number = document_number(write)
        body: Mapping[str, Any] = {
            "DocNumber": number,
            "PrivateNote": f"{_NOTE}{write.key}",
            "AdjustAccountRef": {"value": account},
            "Line": [
                {"DetailType": DETAIL, DETAIL: {"ItemRef": {"value": str(item["Id"])}, "QtyDiff": difference}},
            ],
        }
        sent = await send(self._api, ENTITY, body, request_id("adjust", number))
        if sent.code == DUPLICATE_NUMBER:
            return (await self.made([write])).get(write.key, sent)
        return sent

    async def take_back(self, id: str, item: Row, difference: Decimal) -> Sent | None:
        """Delete the adjustment ``id``: QuickBooks takes its difference back, and no second one stands in the books.

        None: nothing was sent, because it is not (any more) the one line for this item that ``difference`` undoes. One
        that is gone is ``stale``: it was taken back already. Raises only when it certainly was not deleted.
        """
        row = await self._api.record(ENTITY, id)
        if row is None:
            return Sent(Result.STALE, f"adjustment {id} is not in QuickBooks any more; nothing was written")
        details = [line[DETAIL] for line in row.get("Line", ()) if DETAIL in line]
        if [_moved(one) for one in details] != [(str(item["Id"]), -difference)]:
            return None
        now = text(row.get("SyncToken"))
        body = {"Id": id, "SyncToken": now}
        sent = await send(self._api, ENTITY, body, request_id("delete", id, now), ("operation", "delete"))
        # somebody else was quicker: the stock is what counts, and it is read again
        return None if sent.code == STALE else replace(sent, id="")


def _moved(detail: Row) -> tuple[str, Decimal]:
    """The item of an adjustment's line, and by how much it moves its stock."""
    return text(detail.get("ItemRef", {}).get("value")), Decimal(str(detail.get("QtyDiff", 0)))


def _of(row: Row) -> Sent:
    return Sent(Result.APPLIED, "the adjustment of this write exists already", id=str(row["Id"]),
                version=text(row.get("SyncToken")))  # fmt: skip
