"""Entries of price books for pushed products: the standard book first, then each other one, in collections of 200."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.comparing import moved
from connectors.salesforce.api import Api, Row
from connectors.salesforce.meta import CURRENCY, ENTRY, Meta
from connectors.salesforce.reading import Reader
from connectors.salesforce.sending import Sent, record, store
from connectors.values import amount, text
from engine.crm import BookPrice, PushItem
from engine.errors import ConnectorError
from engine.model import canonical
from engine.ports import Result


@dataclass(slots=True)
class Line:
    """One price of one item in one book, and how it ended. A ``fresh`` product has no entries yet."""

    item: PushItem
    price: BookPrice
    product_id: str
    fresh: bool
    sent: Sent = field(default_factory=lambda: Sent(Result.NOT_SENT))
    entry_id: str = ""


class PriceBooks:
    """Writes entries of any book of one org."""

    def __init__(self, api: Api, meta: Meta, reader: Reader) -> None:
        self._api, self._meta, self._reader = api, meta, reader

    async def write(self, lines: Sequence[Line]) -> list[Sent]:
        """Settle every line; all that was sent. Never raises: products may have been sent before."""
        if not lines:
            return []
        try:
            standard = await self._meta.standard()
            several = await self._meta.multicurrency()
            there = list(dict.fromkeys(line.product_id for line in lines if not line.fresh))
            known = await self._reader.entries_of(there, every_book=True)
        except ConnectorError as error:
            return _all(lines, Sent(Result.NOT_SENT, str(error), error.code, error.request_id, error=error))
        out: list[Sent] = []
        for book, active in _order(lines, standard.id):
            here = [line for line in lines if (line.price.book_id, line.price.active) == (book, active)]
            failed = next((one for one in out if one.error is not None), None)
            out += _all(here, failed) if failed else await self._book(here, known, several)
        return out

    async def _book(self, lines: Sequence[Line], known: dict[str, list[Row]], several: bool) -> list[Sent]:
        creates: list[Line] = []
        updates: list[tuple[Line, Row]] = []
        for line in lines:
            entry = _entry(line, known.get(line.product_id, []), several)
            if entry is None and not line.price.active:
                line.sent = Sent(Result.UNCHANGED)
            elif entry is None and line.price.before is not None:
                line.sent = Sent(Result.STALE, moved("price", canonical(line.price.before), None))
            elif entry is None:
                creates.append(line)
            elif (settled := _compared(line, entry)) is not None:
                line.sent, line.entry_id = settled, str(entry["Id"])
            else:
                updates.append((line, entry))
        made = await store(self._api, "POST", [_new(line, several) for line in creates]) if creates else []
        for line, one in zip(creates, made, strict=True):
            line.sent, line.entry_id = one, one.id
        failed = next((one for one in made if one.error is not None), None)
        rows = [
            record(ENTRY, {"UnitPrice": line.price.amount, "IsActive": line.price.active}, str(entry["Id"]))
            for line, entry in updates
        ]
        sent = [failed] * len(updates) if failed else await store(self._api, "PATCH", rows)
        for (line, entry), one in zip(updates, sent, strict=True):
            line.sent, line.entry_id = one, str(entry["Id"])
        return made + sent


def _order(lines: Sequence[Line], standard: str) -> list[tuple[str, bool]]:
    """Books with what is active in them first, the standard one before the others; then what ends, the standard one last."""
    books = dict.fromkeys((line.price.book_id, line.price.active) for line in lines)
    return sorted(books, key=lambda one: (not one[1], (one[0] != standard) is one[1], one[0]))


def _entry(line: Line, rows: Sequence[Row], several: bool) -> Row | None:
    """The entry of the line's product, book and currency."""
    wanted = line.price.currency if several else ""
    for row in rows:
        if row.get("Pricebook2Id") == line.price.book_id and (not wanted or text(row.get(CURRENCY)) == wanted):
            return row
    return None


def _compared(line: Line, entry: Row) -> Sent | None:
    """What is known of an entry without sending anything; None when it is to be sent."""
    try:
        current = amount(entry.get("UnitPrice"))
    except ValueError as error:
        return Sent(Result.REJECTED, f"price entry {entry['Id']} cannot be read: {error}; it was not written")
    if current == line.price.amount and (entry.get("IsActive") is True) is line.price.active:
        return Sent(Result.UNCHANGED)
    before = line.price.before
    seen = before is not None or bool(line.price.entry_id)
    if current != line.price.amount and (not seen or current != before):
        told = None if before is None else canonical(before)
        return Sent(Result.STALE, moved("price", told, None if current is None else canonical(current)))
    return None


def _new(line: Line, several: bool) -> Row:
    price = line.price
    currency = {CURRENCY: price.currency} if several and price.currency else {}
    fields = {"Pricebook2Id": price.book_id, "Product2Id": line.product_id, "UnitPrice": price.amount, "IsActive": True}
    return record(ENTRY, {**fields, **currency})


def _all(lines: Sequence[Line], sent: Sent) -> list[Sent]:
    for line in lines:
        line.sent = sent
    return [sent] * len(lines)
