"""What changed since a moment, by change data capture (CDC): at most 1,000 objects, at most 30 days back, no pages.

Whether a sale changes its item's LastUpdatedTime is not documented, so CDC of items alone might miss quantities: the same
request asks for every transaction that moves stock, and the items of their lines are read again. A transaction that
was deleted no longer says which items it had: then all must be read. (A line taken out of a transaction that stays is noticed
by the next full read only.)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.quickbooks.api import AT_ONCE, Api, Row
from connectors.values import text
from engine.errors import IncompleteRead

MOST = 1000
LOOK_BACK = timedelta(days=30)
OVERLAP = timedelta(minutes=5)  # for clocks that differ, and for changes that were under way
ADJUSTMENT = "InventoryAdjustment"
MOVEMENTS = (
    "Invoice",
    "SalesReceipt",
    "RefundReceipt",
    "CreditMemo",
    "Bill",
    "VendorCredit",
    "Purchase",
    ADJUSTMENT,
)


async def changed(api: Api, entity: str, since: datetime, now: datetime) -> AsyncIterator[tuple[list[Row], list[str]]]:
    """Fresh rows of what changed, and ids that are gone, in pages. Raises ``IncompleteRead``: then read all."""
    found = await documents(api, (entity, *(MOVEMENTS if entity == "Item" else ())), since, now)
    ids: dict[str, None] = {}
    gone: list[str] = []
    for name, rows in found.items():
        for row in rows:
            deleted = text(row.get("status")).casefold() == "deleted"
            if name == entity and deleted:
                gone.append(text(row.get("Id")))
            elif name == entity:
                ids[text(row.get("Id"))] = None
            elif deleted:
                raise _incomplete(
                    api, entity, f"{name} {text(row.get('Id'))} was deleted: its items are not known any more"
                )
            else:
                ids |= dict.fromkeys(_items(row))
    wanted = [id for id in ids if id not in gone]
    if gone:
        yield [], gone
    for at in range(0, len(wanted), AT_ONCE):
        rows = list((await api.some(entity, wanted[at : at + AT_ONCE])).values())
        yield rows, []


async def moved(api: Api, since: datetime) -> dict[tuple[str, ...], frozenset[str]]:
    """What was bought and sold since then: the ids of its items by (entity, id, SyncToken); of a deleted one they are
    unknown (``{""}``). Adjustments are left out: writing an item's own number makes one. Raises ``IncompleteRead``.
    """
    found = await documents(api, [name for name in MOVEMENTS if name != ADJUSTMENT], since, since)
    items: dict[tuple[str, ...], frozenset[str]] = {}
    for name, rows in found.items():
        for row in rows:
            deleted = text(row.get("status")).casefold() == "deleted"
            key = (name, text(row.get("Id")), "deleted" if deleted else text(row.get("SyncToken")))
            items[key] = frozenset({""} if deleted else _items(row))
    return items


async def documents(api: Api, entities: Sequence[str], since: datetime, now: datetime) -> dict[str, list[Row]]:
    """The objects of these entities that changed since then. Raises ``IncompleteRead``: then read all."""
    start = since.astimezone(UTC) - OVERLAP
    if now - start >= LOOK_BACK:
        raise _incomplete(api, entities[0], "QuickBooks tells the changes of the last 30 days only")
    asked = ("entities", ",".join(entities))
    reply = await api.get("/cdc", asked, ("changedSince", start.isoformat(timespec="seconds")))
    found = _objects(api, reply.data, reply.request_id)
    if sum(len(rows) for rows in found.values()) >= MOST:
        raise _incomplete(api, entities[0], f"QuickBooks tells at most {MOST} changes, and there are as many")
    return found


def _objects(api: Api, data: Any, request_id: str) -> dict[str, list[Row]]:
    """The changed objects by entity; an entity without changes is absent."""
    answers = data.get("CDCResponse") if isinstance(data, dict) else None
    if not isinstance(answers, list):
        raise api.client.protocol_error("the answer to a CDC request holds no CDCResponse", request_id)
    found: dict[str, list[Row]] = {}
    for answer in answers:
        responses = answer.get("QueryResponse") if isinstance(answer, dict) else None
        for part in responses if isinstance(responses, list) else []:
            for name, rows in part.items():
                if isinstance(rows, list):
                    found.setdefault(name, []).extend(row for row in rows if isinstance(row, dict))
    return found


def _items(value: Any) -> Iterator[str]:
    """The ids of all items that a transaction names, wherever: line types differ in where they keep ``ItemRef``."""
    if isinstance(value, list):
        for part in value:
            yield from _items(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name in {"ItemRef", "GroupItemRef"} and isinstance(part, dict):
                yield text(part.get("value"))
            else:
                yield from _items(part)


def _incomplete(api: Api, entity: str, why: str) -> IncompleteRead:
    return IncompleteRead(
        f"the changes of {entity} are incomplete: {why}. Nothing was changed. Read all",
        connection=api.client.connection,
    )
