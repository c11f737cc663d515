"""A reconciliation as a spreadsheet, as CSV and as JSON: one row per finding, with what was done about it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from engine.csv_cells import safe_cell
from engine.findings import Code, Compared, Reconciliation, Resolution, Resolved

#: Excel takes so many characters in a cell, and so many links in a sheet.
CELL, LINKS = 32_767, 60_000
#: Fields whose values are numbers in the spreadsheet.
_NUMBERS = frozenset({"price", "cost", "quantity"})
_PRICE_CODES = frozenset({Code.ENTRY_MISSING, Code.ENTRY_INACTIVE, Code.PRICE_MISMATCH})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the report: its title, width in characters, and whether it may hold a number, a time or a link."""

    title: str
    width: int
    kind: str = "text"


COLUMNS = (
    Column("code", 24), Column("severity", 9), Column("kind", 10),
    Column("storefront id", 16), Column("storefront name", 34), Column("back-office id", 20),
    Column("back-office name", 34), Column("field", 18), Column("storefront value", 18, "value"),
    Column("back-office value", 18, "value"), Column("difference", 14), Column("owner", 11),
    Column("proposed action", 34), Column("why", 44), Column("action taken", 34), Column("result", 11),
    Column("error code", 14), Column("message", 44), Column("approved by", 14), Column("at", 19, "time"),
    Column("run", 24), Column("storefront link", 30, "link"), Column("back-office link", 30, "link"),
)  # fmt: skip


def cells(one: Resolved) -> tuple[Any, ...]:
    """One finding as the cells of ``COLUMNS``: text, or an aware time, or None."""
    found = one.finding
    return (
        found.code.value, found.severity.value, found.kind.value, found.storefront_id, found.storefront_name,
        found.backoffice_id, found.backoffice_name, found.field, found.storefront, found.backoffice, found.difference,
        found.owner.value if found.owner else "", found.proposal, found.why, one.action_taken, one.result.value,
        one.code, one.message, one.actor, one.at, one.run, found.storefront_url, found.backoffice_url,
    )  # fmt: skip


def summary(made: Reconciliation, found: Sequence[Resolved], compared: Compared | None = None) -> list[tuple[str, Any]]:
    """The lines of the summary sheet: label and value."""
    lines: list[tuple[str, Any]] = [
        ("Integration", made.integration), ("Reconciled at (UTC)", made.at), ("By", made.actor), ("Reconciliation", made.id),
        *((f"Records read: {name}", count) for name, count in made.records.items()),
        *((f"API calls used: {name}", count) for name, count in made.calls.items()),
        ("Findings", len(found)),
        *((f"  {result.value}", count) for result, count in _results(found).items()),
    ]  # fmt: skip
    if compared is not None:
        lines += [
            ("New since the one before", len(compared.new)),
            ("Gone", len(compared.gone)),
            ("Still there", len(compared.still)),
        ]
    return lines


def by_code(found: Sequence[Resolved]) -> list[tuple[str, dict[Resolution, int]]]:
    """Findings per code and result, in the codes' order."""
    counts = Counter((one.finding.code, one.result) for one in found)
    return [
        (code.value, {result: counts[code, result] for result in Resolution})
        for code in Code
        if any(counts[code, result] for result in Resolution)
    ]


def write_csv(out: IO[str], found: Sequence[Resolved]) -> None:
    """Header and one line per finding; text that looks like a formula gets an apostrophe."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.title for column in COLUMNS])
    for one in found:
        writer.writerow([_safe(cell) for cell in cells(one)])


def as_json(made: Reconciliation, found: Sequence[Resolved]) -> dict[str, Any]:
    """One document: what ``reconcile --json`` prints and a ``.json`` report holds."""
    names = [column.title.replace(" ", "_").replace("-", "") for column in COLUMNS]
    rows = []
    for one in found:
        row = {
            name: cell.isoformat() if isinstance(cell, datetime) else cell
            for name, cell in zip(names, cells(one), strict=True)
        }
        rows.append({"key": one.finding.key, **row})
    return {
        "reconciliation": made.id, "integration": made.integration, "at": made.at.isoformat(), "actor": made.actor,
        "records": made.records, "calls": made.calls, "counts": made.counts, "results": {k.value: n for k, n in _results(found).items()},
        "findings": rows,
    }  # fmt: skip


def xlsx(made: Reconciliation, found: Sequence[Resolved], compared: Compared | None = None) -> bytes:
    """A workbook: a summary sheet, and the findings with filters and a frozen header. Text is never run as a formula."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    styles = {
        "head": book.add_format({"bold": True, "bg_color": "#DDE6F0", "bottom": 1}),
        "bold": book.add_format({"bold": True}),
        "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        "number": book.add_format({"num_format": "#,##0.00######"}),
        "link": book.get_default_url_format(),
    }
    _summary_sheet(book.add_worksheet("Summary"), styles, made, found, compared)
    _findings_sheet(book.add_worksheet("Findings"), styles, found)
    if compared is not None:
        now = {one.finding.key: one for one in found}
        for title, part, known in (("New", compared.new, now), ("Gone", compared.gone, compared.ended)):
            _findings_sheet(book.add_worksheet(title), styles, [known.get(one.key, Resolved(one)) for one in part])
    book.close()
    return buffer.getvalue()


def _summary_sheet(
    sheet: Any, styles: dict[str, Any], made: Reconciliation, found: Sequence[Resolved], compared: Compared | None
) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, len(Resolution) + 1, 20)
    row = 0
    for label, value in summary(made, found, compared):
        sheet.write_string(row, 0, label, styles["bold"])
        _write(sheet, row, 1, value, styles)
        row += 1
    row += 1
    for at, title in enumerate(("Code", *(result.value for result in Resolution))):
        sheet.write_string(row, at, title, styles["head"])
    for code, results in by_code(found):
        row += 1
        sheet.write_string(row, 0, code)
        for at, count in enumerate(results.values(), 1):
            sheet.write_number(row, at, count)


def _findings_sheet(sheet: Any, styles: dict[str, Any], found: Sequence[Resolved]) -> None:
    for at, column in enumerate(COLUMNS):
        sheet.set_column(at, at, column.width)
        sheet.write_string(0, at, column.title, styles["head"])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(found)), len(COLUMNS) - 1)
    links = 0
    for row, one in enumerate(found, 1):
        numeric = one.finding.field in _NUMBERS or one.finding.code in _PRICE_CODES
        for at, (column, cell) in enumerate(zip(COLUMNS, cells(one), strict=True)):
            if (
                column.kind == "link"
                and cell.startswith(("https://", "http://"))
                and links < LINKS
                and len(cell) < 2_000
            ):
                sheet.write_url(row, at, cell, styles["link"])
                links += 1
            elif column.kind == "value" and numeric and (number := _number(cell)) is not None:
                sheet.write_number(row, at, number, styles["number"])
            elif cell not in {None, ""}:
                _write(sheet, row, at, cell, styles)


def _write(sheet: Any, row: int, at: int, value: Any, styles: dict[str, Any]) -> None:
    """One typed cell. A time is written in UTC without its zone: Excel knows none."""
    if isinstance(value, datetime):
        sheet.write_datetime(row, at, value.astimezone(UTC).replace(tzinfo=None), styles["time"])
    elif isinstance(value, int | float):
        sheet.write_number(row, at, value)
    else:
        sheet.write_string(row, at, str(value)[:CELL])


def _number(text: str) -> float | None:
    try:
        return float(Decimal(text))
    except (InvalidOperation, TypeError):
        return None


def _safe(cell: object) -> str:
    text = "" if cell is None else cell.isoformat() if isinstance(cell, datetime) else str(cell)
    return safe_cell(text)


def _results(found: Sequence[Resolved]) -> dict[Resolution, int]:
    counts = Counter(one.result for one in found)
    return {result: counts[result] for result in Resolution if counts[result]}


def lines(found: Sequence[Resolved]) -> Iterator[tuple[str, ...]]:
    """Short lines for a terminal: code, what, both values, proposal, result."""
    for one in found:
        it = one.finding
        name = it.storefront_name or it.backoffice_name or it.storefront_id or it.backoffice_id
        yield (
            it.code.value,
            name,
            it.field,
            it.storefront,
            it.backoffice,
            it.proposal,
            one.result.value,
            one.message or it.why,
        )
