"""Which of a store's orders accounting holds: invoices and sales receipts that carry the order number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.quickbooks import changes
from connectors.quickbooks.api import AT_ONCE, Api, Row
from connectors.quickbooks.query import among, quoted
from connectors.values import text
from engine.errors import IncompleteRead

ENTITIES = ("Invoice", "SalesReceipt")
DOCUMENT_NUMBER = "DocNumber"


async def posted(api: Api, numbers: Sequence[str], now: datetime) -> set[str]:
    """Those of the numbers that the configured field of an invoice or sales receipt equals.

    DocNumber is asked for directly. No other field can be asked for, so for those all documents changed within
    ``posted_days`` are read: an older posting is not found, and its order counts as not posted (the safe side).
    """
    wanted = list(dict.fromkeys(number for number in numbers if number))
    if not wanted:
        return set()
    if api.settings.posted_field.casefold() == DOCUMENT_NUMBER.casefold():
        return await _by_number(api, wanted)
    since = (now - timedelta(days=api.settings.posted_days)).isoformat(timespec="seconds")
    found: set[str] = set()
    for entity in ENTITIES:
        async for rows, _ in api.pages(entity, f"MetaData.LastUpdatedTime >= {quoted(since)}"):
            found.update(value for row in rows for value in values(row, api.settings.posted_field))
    return found.intersection(wanted)


async def posted_since(api: Api, since: datetime, now: datetime) -> set[str]:
    """What the configured field of the documents made or changed since then holds. Raises ``IncompleteRead`` where CDC does
    not reach that far, and where a document was deleted: its order may not be posted any more.
    """
    found: set[str] = set()
    for entity, rows in (await changes.documents(api, ENTITIES, since, now)).items():
        for row in rows:
            if text(row.get("status")).casefold() == "deleted":
                raise IncompleteRead(
                    f"{entity} {text(row.get('Id'))} was deleted: its order may not be posted any more. Read all",
                    connection=api.client.connection,
                )
            found |= values(row, api.settings.posted_field)
    return found


async def _by_number(api: Api, wanted: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for entity in ENTITIES:
        for at in range(0, len(wanted), AT_ONCE):
            async for rows, _ in api.pages(entity, among(DOCUMENT_NUMBER, wanted[at : at + AT_ONCE])):
                found.update(text(row.get(DOCUMENT_NUMBER)) for row in rows)
    return found.intersection(wanted)


def values(row: Row, field: str) -> set[str]:
    """What a field of a document holds: its own (PrivateNote, CustomerMemo ...) or a custom field of this name."""
    found = {_plain(row.get(field))}
    for custom in row.get("CustomField") or []:
        if isinstance(custom, dict) and text(custom.get("Name")).casefold() == field.casefold():
            found.add(text(custom.get("StringValue")).strip())
    return found - {""}


def _plain(value: Any) -> str:
    """``CustomerMemo`` is an object around its text."""
    return text(value.get("value") if isinstance(value, dict) else value).strip()
