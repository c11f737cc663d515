"""What writing does to the text of a file: pure, from the text just read to the new text and the outcomes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connectors.files.amounts import respell
from connectors.files.file import Content, RecordFile
from connectors.files.records import NUMBERS, Columns, Reader
from connectors.files.rows import Edit, Row, apply
from connectors.files.spec import FIELDS
from engine.errors import Rejected
from engine.model import Customer, Field, Kind, canonical
from engine.ports import Draft, FieldWrite, RecordWrite, Result, WriteOutcome

#: Where an SKU may live in a file.
SKU_SLOTS = ("sku", "upc", "mpn")


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The new text (None: nothing changes) and one outcome per write and field, in order."""

    text: str | None
    outcomes: list[WriteOutcome]


def rewrite(file: RecordFile, content: Content, writes: Sequence[RecordWrite]) -> Rewrite:
    """Check every ``before`` against the file and change the cells of the rows that still hold it.

    A row with one value that moved is left alone as a whole. Raises ``IncompleteRead`` when the file is malformed.
    """
    columns = file.columns(content)
    wanted = {write.id for write in writes}
    found = {id: (row, reader) for id, row, reader in file.rows(content) if id in wanted}
    outcomes: list[WriteOutcome] = []
    edits: list[Edit] = []
    done: set[str] = set()
    for write in writes:
        if write.id in done:
            outcomes += _all(write, Result.REJECTED, "the same row is written twice at once; plan again", "twice")
            continue
        done.add(write.id)
        place = found.get(write.id)
        if place is None:
            outcomes += _all(write, Result.REJECTED, f"{file.spec.path.name} has no {write.kind.singular} {write.id!r}")
            continue
        own, answers = _row(file, columns, *place, write)
        edits += own
        outcomes += answers
    return Rewrite(apply(content.text, edits) if edits else None, outcomes)


def _row(
    file: RecordFile, columns: Columns, row: Row, reader: Reader, write: RecordWrite
) -> tuple[list[Edit], list[WriteOutcome]]:
    edits: list[Edit] = []
    outcomes: list[WriteOutcome] = []
    for one in write.fields:
        name = write.sku_slot if one.field is Field.SKU else one.field.value
        column = columns.of.get(name) if name in FIELDS[write.kind] else None
        if column is None or (one.field is Field.SKU and name not in SKU_SLOTS):
            message = f"{file.spec.path.name} has no column for {name}: set {file.spec.option(f'columns.{name}')}"
            outcomes.append(WriteOutcome(write.key, one.field, Result.REJECTED, message, "no-column"))
            continue
        now, currency = _now(file, row, reader, name)
        if now == one.after:
            outcomes.append(WriteOutcome(write.key, one.field, Result.UNCHANGED, found=now))
        elif now != one.before:
            message = f"the file has {now or 'nothing'}, not {one.before or 'nothing'}"
            outcomes.append(WriteOutcome(write.key, one.field, Result.STALE, message, found=now))
        elif one.field.is_money and currency and write.currency and currency != write.currency:
            message = f"the row is in {currency}, the new {one.field} in {write.currency}"
            outcomes.append(WriteOutcome(write.key, one.field, Result.REJECTED, message, "currency"))
        else:
            edits.append(file.format.change(row, column, _spell(file, row, column, one), number=name in NUMBERS))
            outcomes.append(WriteOutcome(write.key, one.field, Result.APPLIED, found=now))
    if any(outcome.result is Result.STALE for outcome in outcomes):
        note = "another value of this row moved; nothing of it was written"
        return [], [
            WriteOutcome(write.key, o.field, Result.STALE, note, found=o.found) if o.result is Result.APPLIED else o
            for o in outcomes
        ]
    return edits, outcomes


def _now(file: RecordFile, row: Row, reader: Reader, name: str) -> tuple[str | None, str]:
    """(canonical value, currency) of a field as the file has it."""
    if name not in NUMBERS:
        return reader.text(row, name) or None, ""
    file.record(row, reader)  # a malformed value anywhere in the row is said, not written over
    amount, currency = reader.money(row, name) if name != "quantity" else reader.amount(row, name)
    return (None if amount is None else canonical(amount)), currency


def _spell(file: RecordFile, row: Row, column: str, one: FieldWrite) -> str:
    if one.field is Field.SKU:
        return one.after
    cell = row.cells.get(column)
    if cell is not None and isinstance(cell.value, str):
        return respell(Decimal(one.after), cell.text, file.spec.decimal)
    return one.after if file.spec.format != "csv" else respell(Decimal(one.after), "", file.spec.decimal)


def _all(write: RecordWrite, result: Result, message: str, code: str = "") -> list[WriteOutcome]:
    return [WriteOutcome(write.key, one.field, result, message, code) for one in write.fields]


def rejected(writes: Sequence[RecordWrite], message: str, code: str) -> list[WriteOutcome]:
    """Every field of every write refused for one reason."""
    return [outcome for write in writes for outcome in _all(write, Result.REJECTED, message, code)]


# ------------------------------------------------------------------------------------------------ new records
def made_id(marker: str) -> str:
    """The id that a record gets of its marker, so that it can be found again."""
    return f"new-{hashlib.sha256(marker.encode()).hexdigest()[:12]}"


def appended(file: RecordFile, content: Content, draft: Draft) -> tuple[str, str]:
    """(new text, id of the new record). Raises ``IncompleteRead`` when the file is malformed.

    The id is the next number where all ids are numbers and a ``notes`` column holds the marker; else it is made of the
    marker. Either way ``find_marker`` finds the record.
    """
    columns = file.columns(content)
    taken = [id for id, _, _ in file.rows(content)]
    id = made_id(draft.marker or draft.key)
    if "notes" in columns.of and taken and all(one.isascii() and one.isdigit() for one in taken):
        id = str(max(map(int, taken)) + 1)
    if id in taken:
        raise Rejected(f"{file.spec.path.name} already has the record {id!r}; nothing was written", code="exists")
    values: dict[str, tuple[str, bool]] = {}
    header = file.format.header(content.text)
    for field, column in sorted(columns.of.items(), key=lambda pair: header.index(pair[1])):
        text = id if field == "id" else _field(draft, field)
        if not text:
            continue
        is_number = field in NUMBERS
        if is_number and file.spec.format == "csv":
            text = respell(Decimal(text), "", file.spec.decimal)
        values[column] = (text, is_number)
    return file.format.append(content.text, values), id


def lost_fields(columns: Columns, draft: Draft) -> list[str]:
    """Values of a draft that the file has no column for: a record is not created with less than was shown."""
    return [
        field
        for field in ("price", "cost", "sku", "upc", "category")
        if _field(draft, field) and field not in columns.of
    ]


def _field(draft: Draft, field: str) -> str:
    """One field of a draft as canonical text; empty where it has none."""
    customer: Customer | None = draft.customer
    if draft.kind is Kind.CUSTOMERS and customer is not None and field not in {"external_id", "active"}:
        return str(getattr(customer, field, ""))
    values: Mapping[str, str] = {
        "name": draft.name,
        "description": draft.description,
        "price": "" if draft.price is None else canonical(draft.price),
        "cost": "" if draft.cost is None else canonical(draft.cost),
        "currency": draft.currency,
        "sku": draft.sku.value if draft.sku else "",
        "upc": draft.upc,
        "category": draft.category,
        "notes": draft.marker,
        "external_id": draft.external_id,
        "active": "true",
    }
    return values.get(field, "")
